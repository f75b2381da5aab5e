"""The service's application: a GraphQL subgraph that answers `_entities` for all customers with one statement."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any

import orjson
from graphql import (
    GraphQLError,
    GraphQLSchema,
    build_ast_schema,
    execute,
    parse,
    validate,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .callers import Caller, Callers, Refused
from .ledger import Ledger
from .standing import standing

SDL = files("barberpro.demo.loyalty").joinpath("schema.graphql").read_text("utf-8")
MACHINERY = """
scalar _Any
union _Entity = Customer
type _Service { sdl: String! }
type Query { _service: _Service!  _entities(representations: [_Any!]!): [_Entity]! }
"""
MOST_BYTES = 262_144


def subgraph() -> GraphQLSchema:
    """The schema with the fields that federation asks for."""
    return build_ast_schema(parse(SDL + MACHINERY), assume_valid_sdl=True)


def create_app(ledger: Ledger, callers: Callers, now: Callable[[], datetime]) -> Starlette:
    """The service over this ledger."""
    schema = subgraph()

    async def graphql(request: Request) -> Response:
        try:
            caller = await callers.identified(request.headers.get("authorization"))
        except Refused as why:
            return _told({"errors": [{"message": f"Unauthorized: {why}"}]}, 401)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return _told({"errors": [{"message": "The body is too large."}]}, 413)
        try:
            asked = orjson.loads(body)
            document = parse(asked["query"], max_tokens=2_000)
        except (ValueError, KeyError, TypeError, GraphQLError):
            return _told({"errors": [{"message": "This is no GraphQL request."}]}, 400)
        faults = validate(schema, document, max_errors=5)
        if faults:
            return _told({"errors": [{"message": f.message} for f in faults]}, 400)
        root = _Root(ledger, caller, now())
        done = execute(
            schema,
            document,
            root,
            variable_values=asked.get("variables"),
        )
        result: Any = await done if asyncio.iscoroutine(done) else done
        return _told(result.formatted)

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])


class _Root:
    """The roots' values; the members are named as the fields."""

    def __init__(self, ledger: Ledger, caller: Caller, now: datetime) -> None:
        self._ledger, self._caller, self._now = ledger, caller, now
        self._service = {"sdl": SDL}

    async def _entities(
        self, _info: Any, representations: list[dict[str, Any]]
    ) -> list[dict[str, Any] | None]:
        asked = [str(r.get("id")) for r in representations]
        caller = self._caller
        found = await asyncio.to_thread(self._ledger.of, caller.tenant, asked, caller.locations)
        return [
            {
                "__typename": "Customer",
                "id": customer,
                "loyalty": standing(found.get(customer, []), self._now),
            }
            for customer in asked
        ]


def _told(answer: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(answer), status, media_type="application/json")
