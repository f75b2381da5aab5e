"""How soon what was believed is believed no more: at once here, five seconds elsewhere, one with Redis."""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from barberpro.domains.identity import clients
from barberpro.gateway.identify import Identify
from barberpro.gateway.oauth.tokens import issue
from barberpro.gateway.problems import Refusal
from barberpro.platform import ids, revocations, rotation
from barberpro.platform.revocations import VERSION, Revocations, forget_old, revoke

from ..gateway.test_identify import change
from ..showing import Knock, knocking

HOUR = timedelta(hours=1)


@pytest.fixture
def process(platform: Any) -> Any:
    """`process()` is another process on the same database, and what it knows of revocations."""

    def start(redis_url: str | None = None) -> tuple[Knock, Revocations]:
        known = Revocations(platform.database, platform.clock, redis_url)
        return knocking(Identify(replace(platform, revocations=known))), known

    return start


@pytest.fixture
async def caller(platform: Any, registering: Any, clock: Any) -> Any:
    """A client, and the header with a token of one of its grants."""
    row, _ = await registering()
    grant = ids.new("gnt")
    token = issue(platform.keys, platform.settings, clock(), row, row.scopes, grant=grant)
    return row, grant, token.jti, {"authorization": f"Bearer {token.text}"}


async def refused(knock: Knock, headers: dict[str, str]) -> None:
    with pytest.raises(Refusal) as raised:
        await knock(headers)
    assert raised.value.status == 401


@pytest.mark.parametrize("which", ["client", "grant", "jti"])
async def test_without_redis_it_is_felt_within_five_seconds(
    process: Any, caller: Any, opening: Any, clock: Any, which: str
) -> None:
    row, grant, jti, headers = caller
    knock, _ = process()
    await knock(headers)
    clock.forward(seconds=0.5)
    async with opening() as tx:
        await revoke(tx, {"client": row.id, "grant": grant, "jti": jti}[which], clock() + HOUR)
    clock.forward(seconds=3.4)
    await knock(headers)  # it has not looked again, and is not asked to for every request
    clock.forward(seconds=0.1)
    await refused(knock, headers)


async def test_here_it_is_felt_at_once(process: Any, caller: Any, opening: Any, clock: Any) -> None:
    _, grant, _, headers = caller
    knock, known = process()
    await knock(headers)
    async with opening() as tx:
        await revoke(tx, grant, clock() + HOUR)
    await known.announce()
    await refused(knock, headers)


async def test_what_was_rolled_back_is_not_revoked(
    process: Any, caller: Any, opening: Any, clock: Any
) -> None:
    _, grant, _, headers = caller
    with pytest.raises(ZeroDivisionError):
        async with opening() as tx:
            await revoke(tx, grant, clock() + HOUR)
            raise ZeroDivisionError
    knock, _ = process()
    await knock(headers)


async def test_another_grant_of_the_same_client_lives_on(
    process: Any, caller: Any, opening: Any, clock: Any
) -> None:
    *_, headers = caller
    async with opening() as tx:
        await revoke(tx, ids.new("gnt"), clock() + HOUR)
    knock, _ = process()
    await knock(headers)


@pytest.mark.parametrize("claim", ["jti", "gid"])
async def test_a_token_from_a_clock_that_is_ahead_is_void_with_its_id(
    process: Any, forger: Any, opening: Any, clock: Any, claim: str
) -> None:
    subject = ids.new("gnt")
    claims = forger.claims(iat=forger.now + 20, **{claim: subject})
    headers = {"authorization": f"Bearer {forger.token(claims=claims)}"}
    knock, known = process()
    await knock(headers)
    async with opening() as tx:
        await revoke(tx, subject, clock() + HOUR)
    await known.announce()
    await refused(knock, headers)


async def test_a_revocation_by_a_clock_that_is_behind_takes_nothing_back(
    opening: Any, clock: Any, database: Any
) -> None:
    subject, now = ids.new("usr"), clock().timestamp()
    async with opening() as tx:
        await revoke(tx, subject, clock() + HOUR)
    clock.forward(seconds=-30)
    async with opening() as tx:
        await revoke(tx, subject, clock() + HOUR / 2)
    clock.forward(seconds=30 + 45 * 60)
    known = Revocations(database, clock)
    await known.refresh()
    assert known.voids(now, subject)


async def test_what_is_issued_afterwards_is_good(
    platform: Any, process: Any, caller: Any, opening: Any, clock: Any
) -> None:
    row, *_, headers = caller
    async with opening() as tx:
        await revoke(tx, row.id, clock() + HOUR)
    clock.forward(seconds=1)
    later = issue(platform.keys, platform.settings, clock(), row, row.scopes)
    knock, _ = process()
    await refused(knock, headers)
    assert (await knock({"authorization": f"Bearer {later.text}"})).client == row.id


async def test_a_second_revocation_voids_what_came_between(
    platform: Any, process: Any, caller: Any, opening: Any, clock: Any
) -> None:
    row, *_ = caller
    for _ in range(2):
        token = issue(platform.keys, platform.settings, clock(), row, row.scopes)
        async with opening() as tx:
            await revoke(tx, row.id, clock() + HOUR)
        knock, _known = process()
        await refused(knock, {"authorization": f"Bearer {token.text}"})
        clock.forward(seconds=2)


async def test_a_process_that_was_blind_for_an_hour_sees_what_it_missed(
    process: Any, caller: Any, opening: Any, clock: Any, platform: Any
) -> None:
    row, *_ = caller
    knock, known = process()
    await known.refresh()
    clock.forward(seconds=3_600)
    token = issue(platform.keys, platform.settings, clock(), row, row.scopes)
    async with opening() as tx:
        await revoke(tx, token.jti, clock() + HOUR)
    await refused(knock, {"authorization": f"Bearer {token.text}"})


async def test_what_has_ended_by_itself_is_swept_up(
    caller: Any, opening: Any, clock: Any, database: Any
) -> None:
    _, grant, jti, _ = caller
    async with opening() as tx:
        await revoke(tx, grant, clock() + timedelta(seconds=10))
        await revoke(tx, jti, clock() + HOUR)
    clock.forward(seconds=11)
    async with opening() as tx:
        await forget_old(tx)
    known = Revocations(database, clock)
    await known.refresh()
    assert (known.voids(0, grant), known.voids(0, jti)) == (False, True)


@pytest.fixture
def redis_url(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(revocations, "PATIENCE", 10)  # the machine may be busy
    url = os.environ.get("BARBERPRO_TEST_REDIS_URL")
    if not url:
        pytest.fail("no Redis: run scripts/test.py, or set BARBERPRO_TEST_REDIS_URL")
    return url


async def test_with_redis_it_is_felt_within_a_second(
    process: Any, caller: Any, opening: Any, clock: Any, redis_url: str
) -> None:
    _, grant, _, headers = caller
    (here, near), (there, far) = process(redis_url), process(redis_url)
    try:
        await here(headers)
        await there(headers)
        async with opening() as tx:
            await revoke(tx, grant, clock() + HOUR)
        await near.announce()
        await refused(here, headers)
        clock.forward(seconds=0.5)
        await refused(there, headers)
    finally:
        await near.close()
        await far.close()


async def test_a_suspended_client_is_felt_where_its_standing_was_just_read(
    process: Any, caller: Any, opening: Any, clock: Any
) -> None:
    """What is remembered of the client is good for five seconds; the revocation does not wait for them."""
    row, *_, headers = caller
    knock, _ = process()
    await knock(headers)
    clock.forward(seconds=3)
    async with opening() as tx:
        await clients.suspend_client(tx, row.id)
        assert tx.revoked
    clock.forward(seconds=1)
    await refused(knock, headers)


@pytest.mark.parametrize("signed_later", [0, 20])
async def test_what_a_revoked_key_signed_is_void_whenever_it_says_that_was(
    platform: Any, process: Any, forger: Any, clock: Any, signed_later: int
) -> None:
    claims = forger.claims(iat=forger.now + signed_later, exp=forger.now + 10**9)
    headers = {"authorization": f"Bearer {forger.token(claims=claims)}"}
    knock, known = process()
    elsewhere, _ = process()
    await knock(headers)
    await elsewhere(headers)
    await rotation.revoke(platform.database, platform.sealer, clock, forger.kid)
    await known.announce()
    await refused(knock, headers)
    clock.forward(seconds=4)
    await refused(elsewhere, headers)
    clock.forward(seconds=3_600 * 24 * 40)  # the revocation is forgotten; so is the key
    for again in (knock, elsewhere, process()[0]):
        await refused(again, headers)


async def test_with_redis_a_suspended_client_is_felt_within_a_second(
    process: Any, caller: Any, database: Any, clock: Any, redis_url: str
) -> None:
    row, *_, headers = caller
    (_, near), (there, far) = process(redis_url), process(redis_url)
    try:
        await there(headers)
        await change(database, row.id, is_active=False)
        await near.announce()
        clock.forward(seconds=0.5)
        await refused(there, headers)
    finally:
        await near.close()
        await far.close()


async def test_a_redis_that_was_started_anew_makes_everyone_look(
    process: Any, caller: Any, opening: Any, clock: Any, redis_url: str
) -> None:
    from redis.asyncio import Redis

    _, grant, _, headers = caller
    (there, far), (_, near) = process(redis_url), process(redis_url)
    async with Redis.from_url(redis_url) as redis:
        await near.announce()
        await there(headers)
        async with opening() as tx:
            await revoke(tx, grant, clock() + HOUR)
        await redis.delete(VERSION)  # the announcement was lost with it
    try:
        clock.forward(seconds=0.5)
        await refused(there, headers)
    finally:
        await near.close()
        await far.close()


async def test_a_redis_that_is_gone_makes_it_five_seconds(
    process: Any, caller: Any, opening: Any, clock: Any
) -> None:
    _, grant, _, headers = caller
    there, far = process("redis://127.0.0.1:1/0")
    try:
        await there(headers)
        async with opening() as tx:
            await revoke(tx, grant, clock() + HOUR)
        await far.announce()
        clock.forward(seconds=4)
        await refused(there, headers)
    finally:
        await far.close()
