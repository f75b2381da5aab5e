"""What let someone in is dropped when its time is over, in every tenant, and not a moment before."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from barberpro.domains.identity.grants import codes, pushed, refreshing
from barberpro.domains.identity.grants.families import LONGEST, Allowed
from barberpro.domains.identity.grants.tables import (
    authorization_codes,
    grants,
    pushed_requests,
    refresh_tokens,
)
from barberpro.domains.identity.retention import DAY, KEPT
from barberpro.domains.identity.users import invitations as links
from barberpro.domains.identity.users import sessions as visits
from barberpro.domains.identity.users.tables import invitations, sessions
from barberpro.platform import retention
from barberpro.platform.retention import forget

from ..security.signing_in import a_user

MOMENT = timedelta(microseconds=1)
ENDS = {
    pushed_requests: pushed.LIFE,
    sessions: visits.IDLE,
    authorization_codes: codes.LIFE + DAY,
    invitations: links.LIFE,
    refresh_tokens: refreshing.IDLE,
    grants: LONGEST + DAY,
}
"""How long after it was made a row of each table goes."""


@pytest.fixture
def left(opening: Any) -> Any:
    """`await left(who)` is how many rows a tenant has in each of the tables."""

    async def count(who: Any) -> list[int]:
        async with opening(who) as tx:
            return [
                (await tx.execute(select(func.count()).select_from(table))).scalar_one()
                for table in ENDS
            ]

    return count


async def let_in(opening: Any, who: Any, client: str) -> None:
    """One row in each table."""

    def opened() -> Any:
        return opening(who)

    user = await a_user(opened, who)
    async with opened() as tx:
        allowed = Allowed(client, user, "ses_1", ["bookings:read"], tx.now, ["pwd"])
        code = await codes.make(tx, allowed, redirect_uri="https://a.example", challenge="c" * 43)
        assert code
        grant = (await tx.rows(select(grants)))[0]
        await refreshing.begin(tx, grant)
        await pushed.push(tx, client, {"scope": "bookings:read"})
        await visits.begin(tx, user, ("pwd",))
        await links.make(tx, user)


async def test_each_goes_when_its_time_is_over_in_every_tenant(
    database: Any,
    clock: Any,
    opening: Any,
    registering: Any,
    principal: Any,
    stranger: Any,
    left: Any,
) -> None:
    client, _ = await registering()
    for who in (principal, stranger):
        await let_in(opening, who, client.id)
    begun, there = clock(), [1] * len(ENDS)
    for place, span in enumerate(ENDS.values()):
        clock.time = begun + span - MOMENT
        await forget(database, clock, KEPT)
        assert await left(principal) == await left(stranger) == there
        clock.time = begun + span
        await forget(database, clock, KEPT)
        there[place] = 0
        assert await left(principal) == await left(stranger) == there


async def test_a_session_in_use_goes_after_twelve_hours_all_the_same(
    database: Any, clock: Any, opening: Any, principal: Any
) -> None:
    user = await a_user(opening, principal)
    async with opening() as tx:
        session, _ = await visits.begin(tx, user, ("pwd",))
    for hours in range(1, 13):
        clock.forward(hours=1)
        async with opening() as tx:
            await visits.note(tx, session)
        await forget(database, clock, KEPT)
        async with opening() as tx:
            assert len(await tx.rows(select(sessions.c.id))) == (hours < 12)


async def test_more_than_a_batch_goes_in_several(
    database: Any,
    clock: Any,
    opening: Any,
    registering: Any,
    left: Any,
    principal: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await forget(database, clock, KEPT)
    monkeypatch.setattr(retention, "BATCH", 3)
    client, _ = await registering()
    async with opening() as tx:
        for _ in range(7):
            await pushed.push(tx, client.id, {})
    clock.forward(hours=1)
    rule = retention.Kept(pushed_requests.c.expires_at)
    assert await forget(database, clock, [rule]) >= 7
    assert await left(principal) == [0] * len(ENDS)
