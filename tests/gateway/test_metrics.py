"""What an operator scrapes: only with the token that was set, and counts that are true."""

import os
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from barberpro.gateway.app import create_app

TOKEN = "of-the-operator-and-nobody-else"


@pytest.fixture
async def scraper(platform, state: dict[str, Any]) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(platform.settings.model_copy(update={"metrics_token": SecretStr(TOKEN)}))

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"state": dict(state)}, receive, send)

    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield client


def counted(text: str) -> dict[str, int]:
    """Counts by name and labels, without the process's own."""
    here = f'process="{os.getpid()}"'
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(here in line for line in lines)
    pairs = (line.rsplit(" ", 1) for line in lines)
    return {name.replace(here, "").replace("{,", "{"): int(count) for name, count in pairs}


async def test_operations_are_counted_by_who_answered_them(scraper, http, bearer):
    headers = await bearer()
    mine = {"authorization": f"Bearer {TOKEN}"}
    before = counted((await scraper.get("/metrics", headers=mine)).text)
    for query in ("{ viewer { __typename } }", "{ viewer { __typename } }", "{ __typename }"):
        assert (await http.post("/graphql", json={"query": query}, headers=headers)).is_success
    told = await scraper.get("/metrics", headers=mine)
    after = counted(told.text)
    assert told.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE graphql_operations_total counter" in told.text
    answered = 'graphql_operations_total{executor="compiled",reason=""}'
    assert after[answered] - before.get(answered, 0) == 3
    hits, misses = (f'graphql_plans_total{{event="{event}"}}' for event in ("hit", "miss"))
    assert after[hits] - before.get(hits, 0) == 1
    assert after[misses] - before.get(misses, 0) == 2
    assert after["graphql_plans_kept{}"] - before["graphql_plans_kept{}"] == 2


@pytest.mark.parametrize("shown", [None, "Bearer of-somebody-else", f"Basic {TOKEN}", "Bearer ñ"])
async def test_without_the_token_nothing_is_told(scraper, shown):
    headers = {} if shown is None else {"authorization": shown.encode("latin-1")}
    told = await scraper.get("/metrics", headers=headers)
    assert (told.status_code, told.text) == (401, "")
    assert told.headers["www-authenticate"] == "Bearer"


async def test_where_no_token_was_set_there_is_no_such_path(http):
    told = await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert told.status_code == 404
