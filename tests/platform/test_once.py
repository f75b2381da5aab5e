"""What may be used one time only, in the table and in Redis, by many processes at once."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from barberpro.platform import ids
from barberpro.platform import once as module
from barberpro.platform.binding import across_tenants
from barberpro.platform.once import Once, forget_old, used_once

MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["table", "redis", "redis is gone"])
async def processes(
    request: Any, database: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Once]]:
    monkeypatch.setattr(module, "PATIENCE", 10)  # the machine may be busy
    url = None
    if request.param == "redis":
        url = os.environ.get("BARBERPRO_TEST_REDIS_URL")
        if not url:
            pytest.fail("no Redis: run scripts/test.py, or set BARBERPRO_TEST_REDIS_URL")
    elif request.param != "table":
        url = "redis://127.0.0.1:1/0"
    started = [Once(database, clock, url) for _ in range(5)]
    yield started
    for one in started:
        await one.close()


async def test_the_first_use_is_the_only_one(processes: list[Once], clock: Any) -> None:
    what = ids.new("use")
    uses = [await one.first(what, clock() + MINUTE) for one in processes]
    assert uses == [True, False, False, False, False]
    assert await processes[0].first(what + "x", clock() + MINUTE)


async def test_of_many_at_once_one_is_the_first(processes: list[Once], clock: Any) -> None:
    for _ in range(5):
        what = ids.new("use")
        uses = await asyncio.gather(*[one.first(what, clock() + MINUTE) for one in processes * 4])
        assert sum(uses) == 1


async def test_what_is_over_may_be_used_again_and_is_swept_up(
    database: Any, clock: Any, opening: Any
) -> None:
    once, what = Once(database, clock), ids.new("use")
    assert await once.first(what, clock() + MINUTE)
    clock.forward(seconds=59.999)
    assert not await once.first(what, clock() + MINUTE)
    clock.forward(seconds=0.001)
    assert await once.first(what, clock() + MINUTE)
    clock.forward(seconds=61)
    async with opening() as tx:
        await forget_old(tx)
        left = select(func.count()).where(used_once.c.until < clock())
        assert (await tx.rows(across_tenants(left, "a test counts")))[0][0] == 0
