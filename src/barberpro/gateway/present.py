"""Presents an answer or a refusal as GraphQL over HTTP has it: media type, status, coded errors, the request's id.

Under `application/graphql-response+json` a refused operation has its own status; under `application/json` it has 200,
for old clients read the body only then. What a defect said is never shown: the caller gets the request's id, the log
gets the rest.
"""

from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError
from starlette.responses import Response

from barberpro.graph.errors import code_of
from barberpro.graph.execute import encoded

from .answers import answered, tagged
from .call import Call
from .negotiation import MediaType
from .problems import Code, Refusal

log = structlog.get_logger(__name__)

MASKED = "Something went wrong on our side. Quote the request id when you report it."


def present(
    result: ExecutionResult, media: MediaType, call: Call, *, tag: bool = False
) -> Response:
    """The answer of an executed operation, with what it was charged; with a tag of its data, where that is asked."""
    errors = b""
    status = 200
    if result.errors:
        seen: set[int] = set()
        told = [coded(error, call.id, seen) for error in result.errors]
        errors = b'"errors":%s,' % encoded(told)
        # Executed, if only in part: 200. Null data under the newer media type means that nothing could be answered.
        if result.data is None and media is MediaType.GRAPHQL_RESPONSE:
            status = _status(told)
    data, (cost, headers) = encoded(result.data), _charged(call)
    content = b'{%s"data":%s%s}' % (errors, data, cost and b',"extensions":' + cost)
    sent = answered(content, _typed(media), status, call.id, headers)
    return tagged(sent, call.request, data) if tag and not errors else sent


def present_refusal(refusal: Refusal, media: MediaType, call: Call) -> Response:
    """A refusal, told in the shape of a GraphQL answer without `data`."""
    shared = {"requestId": call.id, **refusal.facts}
    errors = refusal.errors or [{"message": refusal.message, "extensions": {"code": refusal.code}}]
    told = encoded([{**e, "extensions": {**e["extensions"], **shared}} for e in errors])
    cost, headers = _charged(call)
    content = b'{"errors":%s%s}' % (told, cost and b',"extensions":' + cost)
    lenient = refusal.of_operation and media is MediaType.JSON
    status = 200 if lenient else refusal.status
    return answered(content, _typed(media), status, call.id, {**headers, **refusal.headers})


def _charged(call: Call) -> tuple[bytes, dict[str, str]]:
    """What was charged, in JSON for `extensions` and in headers. Nothing, where nobody was."""
    if call.charge is None:
        return b"", {}
    return encoded({"cost": call.charge.extension}), call.charge.headers


def _typed(media: MediaType) -> str:
    return f"{media}; charset=utf-8"


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


def _status(errors: list[dict[str, Any]]) -> int:
    """Whose fault it is that there is no data: the caller's where every error says so, else ours."""
    codes = {e["extensions"]["code"] for e in errors}
    return 400 if codes == {Code.BAD_USER_INPUT} else 500
