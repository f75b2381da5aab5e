"""The usual way: Strawberry with resolvers, SQLAlchemy's ORM behind aiodataloader, as their documentations show it.

Nothing in it is made slow, and nothing is tuned.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL

from .door import Tokens, Unknown, tell
from .notes import Notes
from .rows import NEEDS, SIZE
from .usual_loads import Loads, Sessions
from .usual_types import schema

EVERYTHING = frozenset[str]().union(*NEEDS.values())


class Graph(GraphQL[Any, None]):
    """Strawberry's own endpoint, behind the door."""

    def __init__(self, tokens: Tokens, sessions: Sessions) -> None:
        super().__init__(schema, graphql_ide=None)
        self._tokens = tokens
        self._sessions = sessions
        self._notes = Notes()

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        return {"loads": Loads(self._sessions, request.state.caller, self._notes)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        request = Request(scope)
        try:
            caller = self._tokens.caller(request.headers.get("authorization", ""), EVERYTHING)
        except Unknown:
            await Response(b'{"error":"UNAUTHENTICATED"}', 401)(scope, receive, send)
            return
        request.state.caller = caller
        await super().__call__(scope, receive, send)
        tell("graphql", caller, began)


def application() -> Starlette:
    """The endpoint over a pool of connections."""
    engine = create_async_engine(
        os.environ["BARBERPRO_DATABASE_URL"],
        pool_size=SIZE,
        max_overflow=0,
        connect_args={"server_settings": {"timezone": "UTC"}},
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    return Starlette(lifespan=lifespan, routes=[Route("/graphql", Graph(Tokens(), sessions))])
