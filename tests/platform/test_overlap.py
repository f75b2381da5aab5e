"""That nobody is booked twice is the database's own rule: raw rows, no service between."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from barberpro.domains.bookings.tables import bookings
from barberpro.platform import ids
from barberpro.platform.database import Database, violated

CHAIR, PROVIDER = "bookings_chair_overlap", "bookings_provider_overlap"


class Agenda:
    """One provider and two chairs of a shop, on a day without bookings."""

    def __init__(self, world: Any, connection: AsyncConnection) -> None:
        self.connection = connection
        self.model = dict(world.ours.rows["bookings"][0])
        self.chairs = [r["id"] for r in world.ours.rows["chairs"][:2]]
        self.providers = [r["id"] for r in world.ours.rows["providers"][:2]]

    async def book(
        self,
        start: int,
        end: int,
        *,
        taken: int | None = None,
        free: int | None = None,
        chair: int = 0,
        provider: int = 0,
        status: str = "CONFIRMED",
        gap: tuple[int, int] | None = None,
    ) -> str:
        """A row from minute to minute of the day; refused overlaps leave the rest in place."""
        row = self.model | {
            "id": ids.new("bkg"),
            "chair_id": self.chairs[chair],
            "provider_id": self.providers[provider],
            "status": status,
            "taken_from": minute(start if taken is None else taken),
            "starts_at": minute(start),
            "ends_at": minute(end),
            "free_at": minute(end if free is None else free),
            "gap_starts_at": minute(gap[0]) if gap else None,
            "gap_ends_at": minute(gap[1]) if gap else None,
        }
        async with self.connection.begin_nested():
            await self.connection.execute(insert(bookings).values(row))
        return row["id"]

    async def change(self, booking: str, **values: Any) -> None:
        async with self.connection.begin_nested():
            await self.connection.execute(
                update(bookings).where(bookings.c.id == booking).values(values)
            )

    async def spans(self) -> set[tuple[str, int, int]]:
        c = bookings.c
        rows = await self.connection.execute(
            select(c.status, c.starts_at, c.free_at).where(
                c.starts_at >= minute(0),
                c.starts_at < minute(1440),
                c.organization_id == self.model["organization_id"],
            )
        )
        return {(r.status, at(r.starts_at), at(r.free_at)) for r in rows}


DAY = datetime.fromisoformat("2027-03-01T00:00:00Z")


def minute(number: int) -> datetime:
    return DAY + timedelta(minutes=number)


def at(moment: datetime) -> int:
    return int((moment - DAY).total_seconds()) // 60


@pytest.fixture
async def agenda(world: Any, database: Database) -> Any:
    async with database.housekeeping() as connection:
        yield Agenda(world, connection)
        await connection.rollback()


async def refused(work: Any) -> str:
    with pytest.raises(DBAPIError) as caught:
        await work
    return violated(caught.value)


@pytest.mark.parametrize(
    ("start", "end"),
    [(600, 630), (590, 601), (629, 640), (610, 620), (590, 640)],
    ids=["same", "into its start", "into its end", "within", "around"],
)
async def test_a_chair_and_a_provider_are_taken_once(agenda: Agenda, start: int, end: int) -> None:
    await agenda.book(600, 630)
    assert await refused(agenda.book(start, end, provider=1)) == CHAIR
    assert await refused(agenda.book(start, end, chair=1)) == PROVIDER
    await agenda.book(start, end, chair=1, provider=1)  # someone else, elsewhere
    assert await agenda.spans() == {("CONFIRMED", 600, 630), ("CONFIRMED", start, end)}


async def test_spans_that_touch_do_not_overlap(agenda: Agenda) -> None:
    await agenda.book(600, 630)
    await agenda.book(630, 660)
    await agenda.book(570, 600)
    assert len(await agenda.spans()) == 3


async def test_the_buffer_after_a_service_counts(agenda: Agenda) -> None:
    await agenda.book(600, 630, free=640)
    assert await refused(agenda.book(635, 660, provider=1)) == CHAIR
    await agenda.book(640, 660)
    assert await refused(agenda.book(570, 599, free=601, chair=1)) == PROVIDER


async def test_the_buffer_before_a_service_counts(agenda: Agenda) -> None:
    await agenda.book(600, 630, taken=590)
    assert await refused(agenda.book(560, 580, free=591, provider=1)) == CHAIR
    assert await refused(agenda.book(560, 591, chair=1)) == PROVIDER
    await agenda.book(560, 580, free=590)
    assert await refused(agenda.book(640, 660, taken=629, provider=1)) == CHAIR
    assert await refused(agenda.book(640, 660, taken=629, chair=1)) == PROVIDER
    assert await refused(agenda.book(640, 660, taken=530, chair=1)) == PROVIDER
    await agenda.book(640, 660, taken=630)


async def test_a_longer_buffer_into_the_one_before_is_refused(agenda: Agenda) -> None:
    later = await agenda.book(640, 670, provider=1)
    await agenda.book(600, 630)
    assert await refused(agenda.change(later, taken_from=minute(629))) == CHAIR
    await agenda.change(later, taken_from=minute(630))


async def test_what_is_taken_from_after_the_start_is_refused(agenda: Agenda) -> None:
    with pytest.raises(DBAPIError, match="ck_bookings_span"):
        await agenda.book(600, 630, taken=601)


async def test_a_long_booking_before_many_free_ones_is_seen(agenda: Agenda) -> None:
    """The last to begin before is not the neighbour in the index: cancelled ones stand between."""
    await agenda.book(480, 720)
    for start in (490, 500, 510):
        await agenda.book(start, start + 5, status="CANCELLED")
    assert await refused(agenda.book(715, 730, provider=1)) == CHAIR


@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW"])
async def test_a_booking_that_is_off_holds_nothing(agenda: Agenda, status: str) -> None:
    await agenda.book(600, 630, status=status)
    await agenda.book(600, 630)
    await agenda.book(610, 620, status=status)
    assert len(await agenda.spans()) == 3


@pytest.mark.parametrize("status", ["CHECKED_IN", "COMPLETED"])
async def test_a_booking_that_took_place_holds(agenda: Agenda, status: str) -> None:
    await agenda.book(600, 630, status=status)
    assert await refused(agenda.book(610, 640, provider=1)) == CHAIR


async def test_a_move_into_another_is_refused(agenda: Agenda) -> None:
    await agenda.book(600, 630)
    moving = await agenda.book(700, 730)
    before = await agenda.spans()
    earlier = dict.fromkeys(("taken_from", "starts_at"), minute(615))
    earlier |= dict.fromkeys(("ends_at", "free_at"), minute(645))
    assert await refused(agenda.change(moving, **earlier, provider_id=agenda.providers[1])) == CHAIR
    assert await refused(agenda.change(moving, **earlier, chair_id=agenda.chairs[1])) == PROVIDER
    assert await agenda.spans() == before


async def test_a_longer_buffer_into_the_next_is_refused(agenda: Agenda) -> None:
    first = await agenda.book(600, 630)
    await agenda.book(640, 670, provider=1)
    assert await refused(agenda.change(first, free_at=minute(641))) == CHAIR
    await agenda.change(first, free_at=minute(640))


async def test_another_chair_or_provider_must_be_free(agenda: Agenda) -> None:
    await agenda.book(600, 630)
    other = await agenda.book(610, 640, chair=1, provider=1)
    assert await refused(agenda.change(other, chair_id=agenda.chairs[0])) == CHAIR
    assert await refused(agenda.change(other, provider_id=agenda.providers[0])) == PROVIDER


async def test_a_cancelled_one_cannot_come_back_into_a_taken_slot(agenda: Agenda) -> None:
    cancelled = await agenda.book(600, 630, status="CANCELLED")
    await agenda.book(610, 640, provider=1)
    assert await refused(agenda.change(cancelled, status="CONFIRMED")) == CHAIR
    assert ("CANCELLED", 600, 630) in await agenda.spans()


async def test_a_booking_does_not_stand_in_its_own_way(agenda: Agenda) -> None:
    moving = await agenda.book(600, 630)
    begins, ends = minute(610), minute(640)
    times = {"taken_from": begins, "starts_at": begins, "ends_at": ends, "free_at": ends}
    await agenda.change(moving, **times, status="CHECKED_IN")
    assert await agenda.spans() == {("CHECKED_IN", 610, 640)}


COLOUR: Any = {"start": 600, "end": 690, "free": 700, "gap": (630, 670)}


@pytest.mark.parametrize(
    ("start", "free", "gap"),
    [(630, 670, None), (640, 650, None), (630, 710, (670, 700)), (560, 670, (590, 640))],
    ids=["all of the gap", "within it", "a part after", "a part before"],
)
async def test_in_a_gap_the_provider_is_free_and_the_chair_is_not(
    agenda: Agenda, start: int, free: int, gap: tuple[int, int] | None
) -> None:
    await agenda.book(**COLOUR)
    assert await refused(agenda.book(start, free, gap=gap, provider=1)) == CHAIR
    await agenda.book(start, free, gap=gap, chair=1)
    assert ("CONFIRMED", start, free) in await agenda.spans()


async def test_two_with_gaps_may_interlock(agenda: Agenda) -> None:
    await agenda.book(**COLOUR)
    later = await agenda.book(630, 760, gap=(665, 700), chair=1)
    assert await refused(agenda.change(later, gap_starts_at=minute(671))) == PROVIDER
    assert await refused(agenda.change(later, gap_ends_at=minute(699))) == PROVIDER
    assert await refused(agenda.change(later, gap_starts_at=None, gap_ends_at=None)) == PROVIDER
    assert await agenda.spans() == {("CONFIRMED", 600, 700), ("CONFIRMED", 630, 760)}


async def test_what_was_begun_before_one_in_its_gap_is_seen(agenda: Agenda) -> None:
    """The last to begin before is over, and the one around it is not."""
    await agenda.book(**COLOUR)
    await agenda.book(640, 650, chair=1)
    assert await refused(agenda.book(660, 680, chair=1)) == PROVIDER
    await agenda.book(650, 670, chair=1)


@pytest.mark.parametrize(
    "gap",
    [(600, 670), (630, 630), (650, 640), (630, 690)],
    ids=["from the start", "empty", "backwards", "to the end"],
)
async def test_a_gap_has_work_before_and_after_it(agenda: Agenda, gap: tuple[int, int]) -> None:
    with pytest.raises(DBAPIError, match="ck_bookings_gap"):
        await agenda.book(**COLOUR | {"gap": gap})
    assert await agenda.spans() == set()


@pytest.mark.parametrize("seed", range(4))
async def test_of_any_shapes_those_are_taken_that_meet_nothing(agenda: Agenda, seed: int) -> None:
    """Against sets of minutes: bookings are made and moved by chance, and refused just where a minute is taken."""
    random = Random(seed)
    kept: dict[str, tuple[int, int, set[int], set[int]]] = {}
    outcomes = {"": 0, CHAIR: 0, PROVIDER: 0}
    for _ in range(120):
        edges = sorted(random.sample(range(40), 6))
        taken, start, gap_start, gap_end, end, free = edges
        taken = random.choice([taken, start])
        gap = random.choice([None, (gap_start, gap_end), (gap_start, gap_end)])
        provider, chair = random.randrange(2), random.randrange(2)
        chair_minutes = set(range(taken, free))
        work = chair_minutes - set(range(*gap)) if gap else chair_minutes
        moving = random.choice([*kept, None]) if random.random() < 0.4 else None
        others = [each for id_, each in kept.items() if id_ != moving]
        met = {CHAIR for _, c, _, m in others if c == chair and m & chair_minutes}
        met |= {PROVIDER for p, _, m, _ in others if p == provider and m & work}
        times = {"taken_from": taken, "starts_at": start, "ends_at": end, "free_at": free}
        times |= {"gap_starts_at": gap and gap[0], "gap_ends_at": gap and gap[1]}
        values = {k: None if v is None else minute(v) for k, v in times.items()}
        values |= {"provider_id": agenda.providers[provider], "chair_id": agenda.chairs[chair]}
        if moving is None:
            work_on = agenda.book(
                start, end, taken=taken, free=free, gap=gap, provider=provider, chair=chair
            )
        else:
            work_on = agenda.change(moving, **values)
        if met:
            rule = await refused(work_on)
            assert rule in met
            outcomes[rule] += 1
        else:
            made = await work_on
            kept[moving or str(made)] = provider, chair, work, chair_minutes
            outcomes[""] += 1
        if random.random() < 0.15 and kept:
            gone = random.choice(list(kept))
            await agenda.change(gone, status="CANCELLED")
            del kept[gone]
    assert min(outcomes.values()) > 5
