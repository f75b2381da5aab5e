"""Reads a request to the token endpoint by the letter: one form, each parameter once, one client.

Parameters in the URL are never looked at: URLs end up in logs.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import ClientDisconnect, Request

from ..unread import dropped

LONGEST_BODY = 8_192  # bytes
MOST_PARAMETERS = 32
REPEATABLE = {"resource"}  # RFC 8707 section 2
TOO_LONG = f"The body may have {LONGEST_BODY} bytes."
FORM = "application/x-www-form-urlencoded"


class Malformed(Exception):
    """The request cannot be read; the message says what is wrong, and repeats nothing of it."""

    def __init__(
        self, message: str, status: int = 400, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.headers = headers


@dataclass(frozen=True)
class Basic:
    """The client's id and secret from the Authorization header, not yet believed."""

    client: str
    secret: str

    def __repr__(self) -> str:
        return f"Basic({self.client!r})"


async def form(request: Request) -> list[tuple[str, str]]:
    """The parameters in the body; without a value they count as left out (RFC 6749 section 3.2)."""
    media, _, _ = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() != FORM:
        raise Malformed(f"Send the parameters as {FORM}.")
    try:
        text = (await body_of(request)).decode("ascii")
        pairs = parse_qsl(text, max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError:
        raise Malformed("The body is not a form.") from None
    names = [name for name, _ in pairs if name not in REPEATABLE]
    if len(names) != len(set(names)):
        raise Malformed("Send each parameter once.")
    return pairs


def basic(request: Request) -> Basic | None:
    """Who the request says it comes from, or None where no credentials can be read."""
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        raise Malformed("Send one Authorization header.")
    scheme, _, encoded = headers[0].partition(" ") if headers else ("", "", "")
    if scheme.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(encoded.strip(" "), validate=True).decode()
        client, _, secret = pair.partition(":")
        # RFC 6749 section 2.3.1: both are form-encoded before they are joined.
        return Basic(unquote_plus(client, errors="strict"), unquote_plus(secret, errors="strict"))
    except ValueError:
        return None


async def body_of(request: Request) -> bytes:
    """The body, cut off as soon as it is too long."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                await dropped(request)
                # What may still be unread cannot be told from the next request.
                raise Malformed(TOO_LONG, 413, {"Connection": "close"})
    except ClientDisconnect:
        raise Malformed("The body ended too soon.") from None
    return body
