"""Presents an answer or a refusal as GraphQL over HTTP has it: media type, status, coded errors, the request's id.

Under `application/graphql-response+json` a refused operation has its own status; under `application/json` it has 200,
for old clients read the body only then. What a defect said is never shown: the caller gets the request's id, the log
gets the rest.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError
from starlette.responses import Response

from barberpro.graph.errors import code_of
from barberpro.graph.execute import encoded

from .call import Call
from .negotiation import MediaType
from .problems import Code, Refusal

log = structlog.get_logger(__name__)

MASKED = "Something went wrong on our side. Quote the request id when you report it."
HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "vary": "Accept, Authorization, Accept-Language",
}

STANDARD = {
    media: [
        (name.encode(), value.encode())
        for name, value in {**HEADERS, "content-type": f"{media}; charset=utf-8"}.items()
    ]
    for media in MediaType
}


def present(result: ExecutionResult, media: MediaType, call: Call) -> Response:
    """The answer of an executed operation, with what it was charged."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        told: set[int] = set()
        body = {"errors": [coded(error, call.id, told) for error in result.errors], **body}
    # Executed, if only in part: 200. Null data under the newer media type means that nothing could be answered.
    failed = result.data is None and media is MediaType.GRAPHQL_RESPONSE
    headers = _charged(body, call)
    return answer(body, media, _status(body) if failed else 200, call.id, headers)


def present_refusal(refusal: Refusal, media: MediaType, call: Call) -> Response:
    """A refusal, told in the shape of a GraphQL answer without `data`."""
    shared = {"requestId": call.id, **refusal.facts}
    errors = refusal.errors or [{"message": refusal.message, "extensions": {"code": refusal.code}}]
    told = [{**e, "extensions": {**e["extensions"], **shared}} for e in errors]
    body: dict[str, Any] = {"errors": told}
    headers = {**_charged(body, call), **refusal.headers}
    lenient = refusal.of_operation and media is MediaType.JSON
    return answer(body, media, 200 if lenient else refusal.status, call.id, headers)


def _charged(body: dict[str, Any], call: Call) -> dict[str, str]:
    """Say in the body what was charged; the headers that say it too. Nothing, where nobody was."""
    if call.charge is None:
        return {}
    body["extensions"] = {"cost": call.charge.extension}
    return call.charge.headers


class Answer(Response):
    """A response whose parts are ready: Starlette would look at each header again."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = headers


def answer(
    body: Any,
    media: MediaType,
    status: int,
    request_id: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """JSON bytes with the headers every answer has."""
    content = encoded(body)
    own = {"content-length": str(len(content)), "x-request-id": request_id, **(headers or {})}
    told = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in own.items()]
    return Answer(content, status, STANDARD[media] + told)


def coded(error: GraphQLError, request_id: str, told: set[int]) -> dict[str, Any]:
    """An error as the caller sees it: coded where we foresaw it, masked where we did not.

    One fault may stand at a thousand paths; `told` are those that the log has already.
    """
    shown = dict(error.formatted)
    code = code_of(error)
    if code is None:
        fault = error.original_error or error
        if id(fault) not in told:
            told.add(id(fault))
            log.error("defect", path=error.path, exc_info=fault)
        code, shown["message"] = Code.INTERNAL_SERVER_ERROR, MASKED
    shown["extensions"] = {"code": code, "requestId": request_id}
    return shown


def _status(body: dict[str, Any]) -> int:
    """Whose fault it is that there is no data: the caller's where every error says so, else ours."""
    codes = {e["extensions"]["code"] for e in body.get("errors", ())}
    return 400 if codes == {Code.BAD_USER_INPUT} else 500
