"""Receives a request: lets it in, reads no more of it than it may hold, and finds what it asks for.

Only `POST` comes here; the route sees to that. Each check is cheaper than what the next one would cost: the size before
the bytes, the nesting before JSON, the shape before anyone looks at the operation.
"""

import enum
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import accumulate
from typing import Any, TypeVar

import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from barberpro.platform.limits import Limiter, Rate

from .problems import Code, Refusal

DEEPEST = 50
"""Levels of brackets in a body. What comes behind the decoder recurses over variables, and Python stops at 1,000."""
LONGEST_ACCEPT = 1_000
LONGEST_DOCUMENT_ID = 128

OPENS, CLOSES = b"[{", b"]}"
STEPS = bytes.maketrans(OPENS + CLOSES, b"\x01\x01\xff\xff")
OTHER_BYTES = bytes(set(range(256)) - set(OPENS + CLOSES))
WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)
SHA_256 = re.compile(r"[0-9a-f]{64}")
KINDS: dict[type, str] = {str: "a string", dict: "an object"}

T = TypeVar("T", str, dict[str, Any])


class MediaType(enum.StrEnum):
    """What answers can be, the one we prefer first."""

    GRAPHQL_RESPONSE = "application/graphql-response+json"
    JSON = "application/json"


@dataclass(frozen=True)
class Received:
    """What a request asks for. At least one of `query` and `document_id` is there."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any]
    body: bytes = field(default=b"", repr=False, compare=False)
    """What came, byte by byte: a signature may cover it."""


async def receive(request: Request, *, max_body: int) -> Received:
    """What the request's body says. Refusal where it is too large, of another type, or makes no sense."""
    _check_type(request.headers)
    body = await _body(request, max_body)
    return replace(_asked(_decoded(body)), body=body)


@lru_cache(maxsize=256)
def negotiated(accept: str | None) -> MediaType:
    """The media type to answer in, by the caller's Accept header. Refusal 406 where the caller takes neither.

    Of two that weigh the same, one that is named wins over one that a wildcard covers: who writes
    `application/json, */*` reads the old statuses.
    """
    if accept is None or not accept.strip():
        return MediaType.GRAPHQL_RESPONSE
    weights = _weights(accept) if len(accept) <= LONGEST_ACCEPT else {}

    def preference(media: MediaType) -> tuple[float, bool]:
        ranges = (media, "application/*", "*/*")
        applies = next((r for r in ranges if r in weights), None)
        return (weights[applies], applies == media) if applies else (0.0, False)

    best = max(MediaType, key=preference)
    if preference(best)[0] == 0:
        raise Refusal(Code.BAD_REQUEST, 406, f"Answers come as {' or '.join(MediaType)}.")
    return best


def _weights(accept: str) -> dict[str, float]:
    """Media range → its weight. A range whose weight cannot be read is left out."""
    found: dict[str, float] = {}
    for item in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = next((p[2:].strip() for p in parameters if p.startswith("q=")), "1")
        if WEIGHT.fullmatch(weight):
            found[media_range] = max(float(weight), found.get(media_range, 0.0))
    return found


def _check_type(headers: Headers) -> None:
    media, *parameters = headers.get("content-type", "").lower().split(";")
    charsets = {
        value.strip().strip('"')
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.strip() == "charset"
    }
    if media.strip() != "application/json" or not charsets <= {"utf-8"}:
        raise Refusal(Code.BAD_REQUEST, 415, "Send the request as application/json in UTF-8.")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Refusal(Code.BAD_REQUEST, 415, "Send the request without a content encoding.")


async def _body(request: Request, most: int) -> bytes:
    declared = request.headers.get("content-length", "")
    if len(declared) > 15 or (declared.isdecimal() and int(declared) > most):
        raise _too_large(most)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise _too_large(most)
    except ClientDisconnect:
        raise _senseless("The connection ended before the body did.") from None
    return bytes(body)


def _too_large(most: int) -> Refusal:
    # The rest of the body is not read, so the connection cannot carry another request.
    message = f"The body is too large: at most {most} bytes."
    return Refusal(Code.BAD_REQUEST, 413, message, {"connection": "close"})


def _decoded(body: bytes) -> dict[str, Any]:
    if body.count(b"[") + body.count(b"{") > DEEPEST and _nesting(body) > DEEPEST:
        raise _senseless(f"The body is nested too deeply: at most {DEEPEST} levels.")
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _senseless(f"The body is not JSON in UTF-8, from {where} on.") from None
    if isinstance(decoded, list):
        raise _senseless("Send one operation a request: batches are not answered.")
    if not isinstance(decoded, dict):
        raise _senseless("The body must be a JSON object.")
    return decoded


def _nesting(body: bytes) -> int:
    """How deep brackets nest outside of strings. In what is not JSON, any number: decoding will tell."""
    # Without escapes, every quote begins or ends a string.
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"")
    outside = b"".join(bare.split(b'"')[::2])
    steps = memoryview(outside.translate(STEPS, OTHER_BYTES)).cast("b")
    return max(accumulate(steps), default=0)


def _asked(body: dict[str, Any]) -> Received:
    extensions = _member(body, "extensions", dict) or {}
    query = _member(body, "query", str)
    document_id = _member(body, "documentId", str)
    hashed = _persisted_query(extensions)
    if (
        document_id is None and query is None
    ):  # with the text beside it, a hash only says what the text is
        document_id = hashed
    if document_id is not None and not 1 <= len(document_id) <= LONGEST_DOCUMENT_ID:
        raise _senseless(f"`documentId` has 1 to {LONGEST_DOCUMENT_ID} characters.")
    if query is None and document_id is None:
        raise _senseless("Send a document as `query`, or name a registered one by `documentId`.")
    variables = _member(body, "variables", dict) or {}
    if _holds_nul(variables):
        raise _senseless("Text with a NUL character cannot be stored.")
    return Received(query, document_id, _member(body, "operationName", str), variables)


def _holds_nul(value: Any) -> bool:
    """Whether U+0000 stands anywhere in decoded JSON; PostgreSQL stores no such text."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _holds_nul(member) for key, member in value.items())
    return isinstance(value, list) and any(map(_holds_nul, value))


def _member(body: dict[str, Any], name: str, kind: type[T]) -> T | None:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise _senseless(f"`{name}` must be {KINDS[kind]}.")
    return value


def _persisted_query(extensions: dict[str, Any]) -> str | None:
    """The document's id as Apollo's clients send it: the hash alone."""
    named = _member(extensions, "persistedQuery", dict)
    if named is None:
        return None
    digest = named.get("sha256Hash")
    if named.get("version") != 1 or not isinstance(digest, str) or not SHA_256.fullmatch(digest):
        raise _senseless(
            "`extensions.persistedQuery` has `version` 1 and a `sha256Hash` of 64 small hexadecimal digits."
        )
    return f"sha256:{digest}"


def _senseless(message: str) -> Refusal:
    return Refusal(Code.BAD_REQUEST, 400, message)


class Gate:
    """How many requests are in work at once, and how many come from one address.

    The address is the connection's. `X-Forwarded-For` is not read here, since anyone can write it: behind a proxy,
    uvicorn's `--proxy-headers` with `--forwarded-allow-ips` (the proxies, never `*`) puts the caller's in its place.
    """

    def __init__(
        self, limiter: Limiter, *, requests_per_address: int, max_concurrency: int
    ) -> None:
        self._limiter = limiter
        self._rate = Rate(requests_per_address, requests_per_address / 60)
        self._most = max_concurrency
        self._in_work = 0

    @asynccontextmanager
    async def admit(self, address: str) -> AsyncIterator[None]:
        """Hold a place while the request is worked on.

        Refusal 503 where no place is free, 429 where the address is over its rate.
        """
        if self._in_work >= self._most:
            raise _come_back(503, "Too many requests are in work. Try again in a moment.", 1)
        self._in_work += 1
        try:
            verdict = await self._limiter.take(f"address:{network_of(address)}", self._rate)
            if not verdict.admitted:
                wait = max(1, math.ceil(verdict.retry_after))
                raise _come_back(429, "Too many requests come from this address.", wait)
            yield
        finally:
            self._in_work -= 1


def _come_back(status: int, message: str, seconds: int) -> Refusal:
    headers, facts = {"retry-after": str(seconds)}, {"retryAfter": seconds}
    return Refusal(Code.THROTTLED, status, message, headers, facts)


def network_of(address: str) -> str:
    """What one subscriber holds: an IPv4 address, or the /64 of an IPv6 one. Whatever is no address is one place."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else f"{found.packed[:8].hex()}/64"
    return str(found)
