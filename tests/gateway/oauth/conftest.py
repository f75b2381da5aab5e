"""The authorization server over HTTP, without a network."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from barberpro.gateway import oauth
from barberpro.gateway.identify import Identify


@pytest.fixture
async def http(platform: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the authorization server; the address it uses is not the public one."""
    app = Starlette(routes=oauth.routes())
    state = {"platform": platform, "identify": Identify(platform)}

    async def serving(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"state": dict(state)}, receive, send)

    transport = httpx.ASGITransport(serving)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.7") as client:
        yield client
