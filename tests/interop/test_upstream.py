"""A field that a subgraph of Apollo's own library owns: asked over HTTP, lost under load, and found again."""

import asyncio
import socket
import time
from collections import Counter
from dataclasses import replace
from typing import Any

import httpx
import pytest

from barberpro.graph.upstreams.pinned import in_one_form, sdl_of
from barberpro.platform.principal import worker
from barberpro.platform.settings import Upstream
from barberpro.platform.upstreams.breaker import REST
from barberpro.platform.upstreams.identity import Identity
from barberpro.platform.upstreams.service import Upstreams

from ..conftest import PUBLIC_URL
from ..served import Serving
from .conftest import Running

pytestmark = pytest.mark.long

DOCUMENT = """
    query($first: Int!) { customers { nodes { name loyalty { ...of } } } }
    fragment of on CustomerLoyalty { points tier lately: entries(first: $first) { points earnedAt } }
"""
ASKED = {"query": DOCUMENT, "variables": {"first": 1}}
LOYALTY = {
    "points": 42,
    "tier": "BRONZE",
    "lately": [{"points": 7, "earnedAt": "2026-11-22T13:00:00Z"}],
}
CALLERS = 8
LOAD_SECONDS = 1.0


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago: the service comes back where it was."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
async def platform(platform: Any, port: int) -> Any:
    at = Upstream(name="loyalty", url=f"http://127.0.0.1:{port}/graphql")
    identity = Identity(PUBLIC_URL, platform.keys, platform.clock)
    upstreams = Upstreams([at], identity)
    yield replace(platform, upstreams=upstreams)
    await upstreams.aclose()


async def test_it_answers_is_killed_under_load_and_is_found_again(
    platform: Any, served: Serving, running: Running, registering: Any, chain: Any, port: int
) -> None:
    told = {"port": port, "sdl": sdl_of("loyalty"), "points": {chain.carla.id: 42}}
    client, secret = await registering()
    async with served() as url, httpx.AsyncClient(base_url=url, timeout=20) as http:
        form = {"grant_type": "client_credentials"}
        token = (await http.post("/oauth/token", data=form, auth=(client.id, secret))).json()
        http.headers["authorization"] = f"Bearer {token['access_token']}"
        statuses: Counter[int] = Counter()

        async def asked() -> tuple[Any, list[Any]]:
            answer = await http.post("/graphql", json=ASKED)
            statuses[answer.status_code] += 1
            (carla,) = answer.json()["data"]["customers"]["nodes"]
            assert carla["name"] == "Carla"
            return carla["loyalty"], answer.json().get("errors", [])

        async def load(until: float, into: list[tuple[Any, list[Any]]]) -> None:
            while time.monotonic() < until:
                into.append(await asked())

        async with running("upstream.mjs", told) as program:
            assert await program.hear() == {"port": port}
            service = platform.upstreams.service("loyalty")
            said = await service.ask({"query": "{ _service { sdl } }"}, worker(""), [])
            assert in_one_form(said["data"]["_service"]["sdl"]) == in_one_form(sdl_of("loyalty"))
            assert await asked() == (LOYALTY, [])
            answers: list[tuple[Any, list[Any]]] = []
            until = time.monotonic() + 2 * LOAD_SECONDS
            callers = [asyncio.create_task(load(until, answers)) for _ in range(CALLERS)]
            await asyncio.sleep(LOAD_SECONDS)
        await asyncio.gather(*callers)  # and from the middle on, nobody was there
        whole = [a for a in answers if a == (LOYALTY, [])]
        partial = [a for a in answers if a[0] is None]
        assert whole and partial and len(whole) + len(partial) == len(answers)
        for _, (error,) in partial:
            assert error["path"] == ["customers", "nodes", 0, "loyalty"]
            assert error["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
        async with running("upstream.mjs", told) as program:
            await program.hear()
            await asyncio.sleep(REST)
            assert await asked() == (LOYALTY, [])
        assert statuses.keys() == {200}
