"""Signing keys change under load, in several processes, and no request fails for it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from barberpro.gateway.identify import Identify
from barberpro.gateway.oauth.tokens import issue
from barberpro.gateway.problems import Refusal
from barberpro.platform.keys import KeyRing, signing_keys
from barberpro.platform.revocations import Revocations
from barberpro.platform.rotation import keep_rotated, rotate

from ..showing import Knock, knocking

PROCESSES = 4


@pytest.fixture(autouse=True)
async def no_keys_of_other_tests(database: Any) -> None:
    """Tests share a database, and some leave keys that sign in a future of theirs."""
    async with database.writer.begin() as connection:
        await connection.execute(delete(signing_keys))


async def started(platform: Any) -> tuple[Any, Knock]:
    """Another process on the same database."""
    ring = await KeyRing.load(platform.database, platform.sealer, platform.clock)
    known = Revocations(platform.database, platform.clock)
    own = replace(platform, keys=ring, revocations=known)
    return own, knocking(Identify(own))


@pytest.mark.parametrize("requests", [400, pytest.param(10_000, marks=pytest.mark.long)])
async def test_no_request_fails_while_keys_change(
    platform: Any, registering: Any, clock: Any, database: Any, requests: int
) -> None:
    """Tokens of every process meet every other, from before the change until after the old key has gone."""
    row, _ = await registering()
    processes = [await started(platform) for _ in range(PROCESSES)]
    settings = platform.settings
    step = timedelta(hours=30) / (requests // 20)
    last_token_of_a_process: list[str] = [""] * PROCESSES
    kids: set[str] = set()
    for batch in range(requests // 20):
        if batch == 2:
            await rotate(database, platform.sealer, clock, timedelta(0))
        if batch % 5 == 4:
            await keep_rotated(database, platform.sealer, settings, clock)
        for number, (own, _) in enumerate(processes):
            token = issue(own.keys, settings, clock(), row, row.scopes)
            kids.add(token.text.partition(".")[0])
            last_token_of_a_process[number] = token.text
        knocks = [
            processes[(number + batch) % PROCESSES][1](
                {"authorization": f"Bearer {last_token_of_a_process[number % PROCESSES]}"}
            )
            for number in range(20)
        ]
        await asyncio.gather(*knocks)  # one refusal fails the test
        clock.forward(seconds=step.total_seconds())
    assert len(kids) == 2


async def test_a_token_of_a_key_that_is_gone_is_refused(
    platform: Any, registering: Any, clock: Any, database: Any
) -> None:
    own, knock = await started(platform)
    row, _ = await registering()
    token = {
        "authorization": f"Bearer {issue(own.keys, own.settings, clock(), row, row.scopes).text}"
    }
    await knock(token)
    async with database.writer.begin() as connection:
        await connection.execute(delete(signing_keys))
    await KeyRing.load(database, platform.sealer, clock)
    clock.forward(minutes=6)
    with pytest.raises(Refusal):
        await knock(token)
