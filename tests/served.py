"""The whole gateway at a port of this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from barberpro.gateway.app import create_app, serving
from barberpro.gateway.connection import Connection
from barberpro.gateway.draining import Draining
from barberpro.gateway.subscriptions.socket import LARGEST_MESSAGE
from barberpro.graph.schema import build_subgraph

Serving = Callable[..., AbstractAsyncContextManager[str]]


@pytest.fixture
def draining() -> Draining:
    """Whether the gateway is on its way out."""
    return Draining()


@pytest.fixture
def served(platform: Any, graph: Any, draining: Draining) -> Serving:
    """`async with served() as url:` is the gateway over HTTP; what is given changes its settings."""

    @asynccontextmanager
    async def serve(**changes: Any) -> AsyncIterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            settings = platform.settings.model_copy(update={"public_url": url, **changes})
            app = create_app(settings)
            app.state.ready = True
            shown = build_subgraph(settings.subgraph) if settings.subgraph else graph
            state = serving(replace(platform, settings=settings), shown, draining)

            async def application(scope: Any, receive: Any, send: Any) -> None:
                await app(scope | {"state": dict(state)}, receive, send)

            config = uvicorn.Config(
                application,
                http=Connection,
                log_level="warning",
                lifespan="off",
                ws_max_size=LARGEST_MESSAGE,
                ws_per_message_deflate=False,
            )
            server = uvicorn.Server(config)
            running = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield url
            finally:
                server.should_exit = True
                await running

    return serve
