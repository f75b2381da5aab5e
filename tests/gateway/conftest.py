"""The whole gateway over HTTP, without a network."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from barberpro.gateway.app import create_app, serving
from barberpro.gateway.documents import Registered
from barberpro.graph.schema import Graph
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal

NEWER = {"accept": "application/graphql-response+json"}
"""Under this media type a refused operation has a status of its own."""


@dataclass(frozen=True)
class Always:
    """Takes every request for this caller's: all is real but the credential."""

    who: Principal

    async def staying(self, _shown: Any) -> tuple[Principal, None]:
        return self.who, None


@pytest.fixture
def state(platform: Platform, graph: Graph) -> dict[str, Any]:
    return serving(platform, graph)


@pytest.fixture
async def http(platform: Platform, state: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    """A caller who has not said who they are."""
    app = create_app(platform.settings)
    app.state.ready = True

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"state": dict(state)}, receive, send)

    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://gateway.test", headers=NEWER
    ) as client:
        yield client


Token = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def bearer(http: httpx.AsyncClient, registering: Any, state: dict[str, Any]) -> Token:
    """`await bearer(scopes=…)` registers a client and gives its headers.

    `documents` are the names of the frontend's registered documents that it may call too.
    """

    async def headers(documents: tuple[str, ...] = (), **changes: Any) -> dict[str, str]:
        client, secret = await registering(**changes)
        registered: dict[Any, Registered] = state["pipeline"].documents.registered
        for (folder, id_), document in list(registered.items()):
            if folder == "frontend" and document.name in documents:
                registered[client.name, id_] = replace(document, client=client.name)
        answer = await http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client.id, secret)
        )
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['access_token']}"}

    return headers


@pytest.fixture
def ids(state: dict[str, Any]) -> dict[str, str]:
    """The ids of the frontend's registered documents, by name."""
    registered = state["pipeline"].documents.registered
    return {d.name: d.id for (folder, _), d in registered.items() if folder == "frontend"}


@pytest.fixture
def statements(platform: Platform) -> Any:
    """`with statements() as sent:` collects every statement that the process sends meanwhile."""

    @contextmanager
    def listening() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith("BEGIN"):
                sent.append(statement)

        sound = platform.database.direct.rows

        async def noted(statement: Any, values: Any, tenant: str) -> Any:
            sent.append(str(statement))
            return await sound(statement, values, tenant)

        platform.database.direct.rows = noted  # type: ignore[method-assign]
        engines = {platform.database.reader.sync_engine, platform.database.writer.sync_engine}
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            platform.database.direct.rows = sound  # type: ignore[method-assign]
            for engine in engines:
                event.remove(engine, "before_cursor_execute", note)

    return listening
