"""A route at work: reads the request, runs its document through the pipeline, and answers with the resource."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from graphql import ExecutionResult
from starlette.requests import Request
from starlette.responses import Response

from barberpro.graph.execute import encoded

from ..answers import answered, tagged
from ..call import Call
from ..headers import first
from ..pipeline import Pipeline
from ..present import coded
from ..problems import Code, Refusal
from ..receive import NUL, holds_nul, json_object
from .problems import problem, refused
from .reading import explained, pointer_of, variables
from .routes import IN_PATH, Route

STANDARD = frozenset({"__typename", "code", "message", "field"})
"""Members of every failure; the others are its facts."""


class Endpoint:
    """Answers one route."""

    def __init__(self, route: Route, pipeline: Pipeline) -> None:
        self._route = route
        self._pipeline = pipeline

    async def __call__(self, request: Request) -> Response:
        """The resource, or a problem document."""
        return await self._pipeline.framed(request, self._answered, refused)

    async def _answered(self, call: Call) -> Response:
        route, pipeline, request = self._route, self._pipeline, call.request
        body, sent = await self._received(call)
        principal = await pipeline.identified(call, sent)
        given = variables(
            route, request.path_params, request.scope["query_string"], request.headers, body
        )
        call.told.update(operation=route.document.name, document=route.document.id)
        try:
            document = route.document
            admitted = pipeline.allowed(document.plan, document.id, given, principal)
        except Refusal as refusal:
            if refusal.code is Code.BAD_USER_INPUT:
                refusal.errors = explained(route, given) or None
                if refusal.errors:
                    refusal.message = refusal.errors[0]["detail"]
            raise
        result = await pipeline.executed(call, admitted)
        return _presented(route, result, call)

    async def _received(self, call: Call) -> tuple[dict[str, Any], bytes]:
        """The body, where the route takes one and there is one."""
        request, limit = call.request, self._pipeline.platform.settings.max_body_bytes
        body, sent = {}, b""
        if self._route.method != "GET" and not _is_bare(request):
            body, sent = await json_object(request, max_body=limit)
        self._pipeline.begin(call)
        if "\0" in "".join(request.path_params.values()) or (NUL in sent and holds_nul(body)):
            raise Refusal(Code.BAD_REQUEST, 400, "Text with a NUL character cannot be stored.")
        return body, sent


def _is_bare(request: Request) -> bool:
    """Whether a request says that it has no body (RFC 9112 section 6.3)."""
    length = first(request, b"content-length")
    return first(request, b"transfer-encoding") is None and (length or "0") == "0"


def _presented(route: Route, result: ExecutionResult, call: Call) -> Response:
    charged = call.charge.headers if call.charge else {}
    if result.errors:
        return _faulty(result, call, charged)
    data: Any = result.data
    failures = _at(data, route.at[:1]).get("errors") if route.writes else None
    if failures:
        return _failed(route, failures, call, charged)
    if _at(data, route.found) in (None, {}):
        return problem(404, Code.NOT_FOUND, "There is no such thing.", call.id, headers=charged)
    resource = _at(data, route.at)
    headers = {**charged, **_links(route, resource, data, call.request)}
    content = encoded(resource)
    sent = answered(content, "application/json", route.status, call.id, headers)
    return tagged(sent, call.request, content) if route.method == "GET" else sent


def _at(data: Any, way: tuple[str, ...]) -> Any:
    for step in way:
        if data is None:
            return None
        data = data[step]
    return data


def _faulty(result: ExecutionResult, call: Call, charged: Mapping[str, str]) -> Response:
    """A fault at any place of the resource: there is no half an answer."""
    told: set[int] = set()
    errors = [coded(error, call.id, told) for error in result.errors or ()]
    ours = [e for e in errors if e["extensions"]["code"] != Code.BAD_USER_INPUT]
    status, shown = (500, ours[0]) if ours else (400, errors[0])
    code = shown["extensions"]["code"]
    return problem(status, code, shown["message"], call.id, headers=charged)


def _failed(
    route: Route, failures: list[dict[str, Any]], call: Call, charged: Mapping[str, str]
) -> Response:
    """What the domain foresaw: the first failure is the problem, with its facts as members of it."""
    shown = failures[0]
    facts = {name: value for name, value in shown.items() if name not in STANDARD}
    return problem(
        route.failures[shown["code"]],
        shown["code"],
        shown["message"],
        call.id,
        errors=[pointer_of(route, each["field"] or [], each["message"]) for each in failures],
        facts=facts,
        headers=charged,
    )


def _links(route: Route, resource: Any, data: Any, request: Request) -> dict[str, str]:
    """Where what was made stands, and where the next page of a list does (RFC 8288)."""
    if route.location is not None:
        return {"location": IN_PATH.sub(lambda name: quote(resource[name[1]]), route.location)}
    for held in (resource, *(data.values() if not route.at else ())):
        page = held.get("pageInfo") if isinstance(held, dict) else None
        if page and page["hasNextPage"]:
            kept = [pair for pair in request.query_params.multi_items() if pair[0] != "after"]
            query = urlencode([*kept, ("after", page["endCursor"])])
            return {"link": f'<{request.url.path}?{query}>; rel="next"'}
    return {}
