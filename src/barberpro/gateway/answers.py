"""Answers in bytes: the headers that every one has, and tags by which callers know what they have already."""

import base64
import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from .headers import first

HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "vary": "Accept, Authorization, Accept-Language",
}
STANDARD = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
OF_CONTENT = (b"content-type", b"content-length")
ASK_AGAIN = (b"cache-control", b"private, no-cache")
"""Keep it, and ask each time whether it still holds: what a caller may see can end at any moment."""
LONGEST_TAGS = 4_096
TAG_BYTES = 18


class Answer(Response):
    """A response whose parts are ready: Starlette would look at each header again."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = headers


def answered(
    content: bytes,
    media: str,
    status: int,
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An answer with these bytes."""
    told = [
        *STANDARD,
        (b"content-type", media.encode("latin-1")),
        (b"content-length", b"%d" % len(content)),
        (b"x-request-id", request_id.encode("latin-1")),
    ]
    if headers:
        told += [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
        ]
    return Answer(content, status, told)


def tagged(answer: Answer, request: Request, shown: bytes) -> Answer:
    """The answer with a tag of what it shows (RFC 9110 section 8.8.3); 304 where the caller has just that.

    `shown` is the part of the body that makes two answers the same: what they cost and when they were made does not.
    """
    media = dict(answer.raw_headers)[b"content-type"]
    digest = hashlib.sha256(media + b"\0" + shown).digest()[:TAG_BYTES]
    tag = b'"%s"' % base64.urlsafe_b64encode(digest)
    kept = [h for h in answer.raw_headers if h[0] != b"cache-control"]
    headers = [*kept, ASK_AGAIN, (b"etag", tag)]
    if not _names(first(request, b"if-none-match"), tag.decode()):
        return Answer(answer.body, answer.status_code, headers)
    return Answer(b"", 304, [h for h in headers if h[0] not in OF_CONTENT])


def _names(given: str | None, tag: str) -> bool:
    """Whether If-None-Match names a tag, weak or strong (RFC 9110 section 13.1.2)."""
    if given is None or len(given) > LONGEST_TAGS:
        return False
    return given.strip() == "*" or tag in (
        each.strip().removeprefix("W/") for each in given.split(",")
    )
