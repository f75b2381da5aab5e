"""Tells what went wrong as problem+json (RFC 9457), whatever it was: the same codes as GraphQL, the status of HTTP."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from barberpro.graph.execute import encoded

from ..answers import answered
from ..call import Call
from ..problems import Code, Refusal

MEDIA = "application/problem+json"
TITLES = {
    400: "The request makes no sense",
    401: "Who calls was not shown",
    403: "Not allowed",
    404: "Not found",
    405: "Not by this method",
    408: "Too slow",
    409: "Not as things stand",
    413: "Too large",
    415: "Of another type",
    422: "It cannot be done so",
    429: "Too much at once",
    500: "A fault of ours",
    503: "Not now",
}
"""HTTP status → the problem's title."""


def documented(code: str) -> str:
    """Where a problem of this code is explained: a URI relative to the API's own."""
    return f"/docs#problem-{code}"


def problem(
    status: int,
    code: str,
    detail: str,
    request_id: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document; `facts` are its further members."""
    body = {
        **(facts or {}),
        "type": documented(code),
        "title": TITLES.get(status, TITLES[500]),
        "status": status,
        "detail": detail,
        "code": code,
        "requestId": request_id,
    }
    if errors:
        body["errors"] = errors
    return answered(encoded(body), MEDIA, status, request_id, headers)


def refused(refusal: Refusal, call: Call) -> Response:
    """A refusal of the pipeline's."""
    charged = call.charge.headers if call.charge else {}
    return problem(
        refusal.status,
        refusal.code,
        refusal.message,
        call.id,
        errors=[_shown(error) for error in refusal.errors or ()],
        facts=refusal.facts,
        headers={**charged, **refusal.headers},
    )


def _shown(error: Mapping[str, Any]) -> dict[str, Any]:
    return {"detail": error["message"]} if "message" in error else dict(error)


def not_here(status: int, detail: str, request_id: str, headers: Any = None) -> Response:
    """No route at this path, or not by this method."""
    code = Code.METHOD_NOT_ALLOWED if status == 405 else Code.NOT_FOUND
    return problem(status, code, detail, request_id, headers=headers)
