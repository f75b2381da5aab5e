"""How long a walk-in waits, as a shop asks for it."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from barberpro.domains.bookings import service as bookings

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday, 10:00 in Buenos Aires
WAIT = """query Wait($input: WalkInWaitInput!) { walkInWait(input: $input) {
  p50Minutes p90Minutes servedTodayBps timedVisits refusals { code location { id } }
} }"""


async def waits(ask: Any, chain: Any, **given: Any) -> dict[str, Any]:
    asked = {"locationId": chain.centro.id, "serviceId": chain.cut.id, "providerId": chain.ana.id}
    answer = await ask(WAIT, input=asked | given)
    assert answer.errors == []
    return answer.data["walkInWait"]


async def test_an_empty_agenda_has_no_wait(ask: Any, chain: Any) -> None:
    assert await waits(ask, chain) == {
        "p50Minutes": 0,
        "p90Minutes": 0,
        "servedTodayBps": 10_000,
        "timedVisits": 0,
        "refusals": [],
    }


async def test_who_comes_while_a_visit_is_under_way_waits_for_its_end(
    ask: Any, chain: Any, done: Any
) -> None:
    await done(lambda tx: bookings.create(tx, **chain.asks(starts_at=NOW)))
    found = await waits(ask, chain)
    assert 40 <= found["p50Minutes"] <= found["p90Minutes"] <= 80  # 30 minutes and 10 of sweeping
    assert found == await waits(ask, chain)  # the same minute


async def test_nobody_is_served_after_the_shop_closed(ask: Any, chain: Any, clock: Any) -> None:
    clock.time = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # 23:30
    found = await waits(ask, chain)
    assert (found["p50Minutes"], found["servedTodayBps"]) == (None, 0)


async def test_what_is_unknown_is_told(ask: Any, chain: Any) -> None:
    found = await waits(ask, chain, locationId="loc_none", providerId="prv_none")
    assert [each["code"] for each in found["refusals"]] == [
        "LOCATION_NOT_FOUND",
        "PROVIDER_NOT_FOUND",
    ]
    assert found["p90Minutes"] is None


async def test_timed_visits_teach_the_spread(ask: Any, chain: Any, clock: Any, done: Any) -> None:
    for n in range(3):
        clock.time = NOW + n * 60 * MINUTE
        made = await done(lambda tx: bookings.create(tx, **chain.asks(starts_at=clock.time)))
        await done(partial(bookings.check_in, booking_id=made.id))
        clock.time += 25 * MINUTE
        await done(partial(bookings.complete, booking_id=made.id))
    clock.time += 60 * MINUTE
    assert (await waits(ask, chain))["timedVisits"] == 3
