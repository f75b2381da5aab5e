"""Receives a request: reads no more of it than it may hold, and finds what it asks for.

A `GET` asks in its URL, which is read by the same rules. Each check is cheaper than what the next one would cost: the
size before the bytes, the nesting before JSON, the shape before anyone looks at the operation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import accumulate
from typing import Any, TypeVar

import orjson
from starlette.requests import Request

from .headers import first
from .in_url import in_url, opened
from .problems import Code, Refusal

DEEPEST = 50
"""Levels of brackets in a body. What comes behind the decoder recurses over variables, and Python stops at 1,000."""
LONGEST_DOCUMENT_ID = 128
DOCUMENT_IDS = ("documentId", "doc_id", "id")
"""Where a request names a registered document, the first that is there: GraphQL over HTTP's name, then Relay's two.

Beside a text only the first counts: some clients number their requests by an `id`.
"""

OPENS, CLOSES = b"[{", b"]}"
STEPS = bytes.maketrans(OPENS + CLOSES, b"\x01\x01\xff\xff")
OTHER_BYTES = bytes(set(range(256)) - set(OPENS + CLOSES))
NUL = rb"\u0000"
"""How U+0000 stands in JSON, which has it in no other form."""
SHA_256 = re.compile(r"[0-9a-f]{64}")
NOTHING: Mapping[str, str] = {}
KINDS: dict[type, str] = {str: "a string", dict: "an object"}

T = TypeVar("T", str, dict[str, Any])


@dataclass(slots=True)
class Received:
    """What a request asks for. At least one of `query` and `document_id` is there."""

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any]
    hashed: str | None = None
    """What `query` hashes to, as its sender says, who is not believed."""
    client: str | None = None
    """Whose document it is, where the path says so, by the client's name."""
    body: bytes = field(default=b"", repr=False, compare=False)
    """What came, byte by byte: a signature may cover it."""


async def receive(request: Request, *, max_body: int) -> Received:
    """What a request's body says, or the URL of a GET. Refusal where it is too large, of another type, or senseless."""
    path = request.scope.get("path_params") or {}
    if request.method != "POST":
        parameters = in_url(request)
        given = parameters.get("variables", "").encode()
        return asked(
            opened(parameters, partial(decoded, what="A member of the URL")), given, path=path
        )
    found, body = await json_object(request, max_body=max_body)
    return asked(found, body, body, path=path)


async def json_object(request: Request, *, max_body: int) -> tuple[dict[str, Any], bytes]:
    """The JSON object that is the body, and its bytes. Refusal where it is none, or too large."""
    if not _is_json(first(request, b"content-type") or ""):
        raise Refusal(Code.BAD_REQUEST, 415, "Send the request as application/json in UTF-8.")
    if (first(request, b"content-encoding") or "identity").lower() != "identity":
        raise Refusal(Code.BAD_REQUEST, 415, "Send the request without a content encoding.")
    body = await _body(request, max_body)
    return decoded(body), body


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    """Whether a Content-Type says JSON, in UTF-8 where it says how."""
    media, *parameters = content_type.lower().split(";")
    charsets = {
        value.strip().strip('"')
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.strip() == "charset"
    }
    return media.strip() == "application/json" and charsets <= {"utf-8"}


async def _body(request: Request, most: int) -> bytes:
    declared = first(request, b"content-length") or ""
    if len(declared) > 15 or (declared.isdecimal() and int(declared) > most):
        raise _too_large(most)
    body = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise _senseless("The connection ended before the body did.")
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(most: int) -> Refusal:
    # The rest of the body is not read, so the connection cannot carry another request.
    message = f"The body is too large: at most {most} bytes."
    return Refusal(Code.BAD_REQUEST, 413, message, {"connection": "close"})


def decoded(body: bytes, what: str = "The body") -> dict[str, Any]:
    """The JSON object that the bytes are. Refusal where they are none, or nested too deeply."""
    if body.count(b"[") + body.count(b"{") > DEEPEST and _nesting(body) > DEEPEST:
        raise _senseless(f"{what} is nested too deeply: at most {DEEPEST} levels.")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _senseless(f"{what} is not JSON in UTF-8, from {where} on.") from None
    if isinstance(found, list):
        raise _senseless("Send one operation a request: batches are not answered.")
    if not isinstance(found, dict):
        raise _senseless(f"{what} must be a JSON object.")
    return found


def _nesting(body: bytes) -> int:
    """How deep brackets nest outside of strings. In what is not JSON, any number: decoding will tell."""
    # Without escapes, every quote begins or ends a string.
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"")
    outside = b"".join(bare.split(b'"')[::2])
    steps = memoryview(outside.translate(STEPS, OTHER_BYTES)).cast("b")
    return max(accumulate(steps), default=0)


def asked(
    given: dict[str, Any], text: bytes, body: bytes = b"", *, path: Mapping[str, str] = NOTHING
) -> Received:
    """What an object asks for; `text` is where its variables stand in JSON.

    A `path` that names a document, and whose it is, stands for what could name one in the object.
    """
    if path:
        named = [name for name in ("query", *DOCUMENT_IDS[:2]) if given.get(name)]
        if named:
            raise _senseless(f"The path says which document: leave `{named[0]}` out.")
        given = given | {DOCUMENT_IDS[0]: path["id"]}
    extensions = _member(given, "extensions", dict) or {}
    query = _member(given, "query", str)
    document_id = _document_id(given, DOCUMENT_IDS if query is None else DOCUMENT_IDS[:1])
    hashed = _persisted_query(extensions)
    if query is None:  # with the text beside it, a hash only says what the text is
        document_id, hashed = document_id or hashed, None
    if query is None and document_id is None:
        raise _senseless("Send a document as `query`, or name a registered one by `documentId`.")
    variables = _member(given, "variables", dict) or {}
    if NUL in text and holds_nul(variables):
        raise _senseless("Text with a NUL character cannot be stored.")
    operation = _member(given, "operationName", str)
    return Received(query, document_id, operation, variables, hashed, path.get("client"), body)


def _document_id(given: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The id a registered document is called by, with its prefix where it came as the bare SHA-256."""
    for name in names:
        found = _member(given, name, str)
        if found is None:
            continue
        if not 1 <= len(found) <= LONGEST_DOCUMENT_ID:
            raise _senseless(f"`{name}` has 1 to {LONGEST_DOCUMENT_ID} characters.")
        return f"sha256:{found}" if SHA_256.fullmatch(found) else found
    return None


def holds_nul(value: Any) -> bool:
    """Whether U+0000 stands anywhere in decoded JSON; PostgreSQL stores no such text."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or holds_nul(member) for key, member in value.items())
    return isinstance(value, list) and any(map(holds_nul, value))


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
