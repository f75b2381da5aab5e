"""A service is booked again and again, moved and called off; what is in the way is told for each time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.errors import OutsideOpeningHours, SlotTaken
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.bookings.series import service
from barberpro.domains.bookings.series.errors import (
    NothingFits,
    OccurrenceNotFound,
    SeriesNotFound,
    SeriesOver,
)
from barberpro.domains.bookings.series.recurring import Pattern
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.platform.tables import metadata

TUESDAY = date(2026, 11, 24)
TEN = datetime(2026, 11, 24, 13, tzinfo=UTC)  # in Buenos Aires
WEEKLY = Pattern("FREQ=WEEKLY;COUNT=4", TUESDAY, 600)


def weeks(many: int, minutes: int = 0) -> datetime:
    return TEN + timedelta(weeks=many, minutes=minutes)


@pytest.fixture
def book(chain: Any, done: Any) -> Any:
    """`await book()`: Carla's cut with Ana, four Tuesdays at ten."""

    async def make(**other: Any) -> Any:
        usual = chain.asks(pattern=WEEKLY, channel=Channel.WEB)
        return await done(lambda tx: service.book(tx, **{**usual, **other}))

    return make


@pytest.fixture
def rows(done: Any) -> Any:
    """`await rows()` are the occurrences with their bookings, in order."""

    async def read() -> list[Any]:
        o, b = metadata.tables["series_occurrences"], metadata.tables["bookings"]
        columns = (o, b.c.status.label("booked"), b.c.starts_at.label("at"), b.c.provider_id)
        statement = select(*columns).outerjoin_from(o, b, b.c.id == o.c.booking_id)
        return await done(lambda tx: tx.rows(statement.order_by(o.c.number)))

    return read


async def test_each_time_is_booked(book: Any, rows: Any, told: Any) -> None:
    series = await book()
    found = await rows()
    assert [each.at for each in found] == [weeks(n) for n in range(4)]
    assert {(each.status, each.booked) for each in found} == {("BOOKED", "CONFIRMED")}
    (event,) = await told(series.id)
    assert (event.type, event.data["conflicts"], len(event.data["booking_ids"])) == (
        "series.made", 0, 4,
    )  # fmt: skip
    assert [e.type for e in await told(found[2].booking_id)] == ["booking.made"]


async def test_what_is_in_the_way_is_written_down_and_the_rest_booked(
    book: Any, rows: Any, booked: Any
) -> None:
    await booked(starts_at=weeks(1, 15))
    await book()
    assert [(each.status, each.code) for each in await rows()] == [
        ("BOOKED", None), ("CONFLICT", "SLOT_TAKEN"), ("BOOKED", None), ("BOOKED", None),
    ]  # fmt: skip


async def test_all_or_nothing_says_which_one_it_was(book: Any, booked: Any, untouched: Any) -> None:
    await booked(starts_at=weeks(1, 15))
    async with untouched():
        with pytest.raises(SlotTaken) as raised:
            await book(all_or_nothing=True)
    assert raised.value.place == 1


async def test_days_without_hours_are_conflicts_unless_passed_over(
    book: Any, rows: Any, untouched: Any
) -> None:
    weekend = Pattern("FREQ=DAILY;COUNT=3", TUESDAY + timedelta(days=4), 600)  # Saturday
    async with untouched():
        with pytest.raises(OutsideOpeningHours) as raised:
            await book(pattern=weekend, all_or_nothing=True)
    assert raised.value.place == 1
    await book(pattern=weekend, all_or_nothing=True, skips_closed_days=True)
    assert [each.status for each in await rows()] == ["BOOKED", "SKIPPED", "BOOKED"]


async def test_where_nothing_fits_nothing_is_written(book: Any, chain: Any, untouched: Any) -> None:
    async with untouched():
        with pytest.raises(NothingFits):
            await book(pattern=Pattern("FREQ=WEEKLY;COUNT=2", TUESDAY, 0))
        with pytest.raises(LocationNotFound):
            await book(location_id=chain.ana.id)


async def test_one_is_moved_by_itself(book: Any, rows: Any, done: Any, told: Any) -> None:
    series = await book()
    second = (await rows())[1]
    await done(
        lambda tx: service.move(tx, second.id, following=False, minute=660, day=second.at.date())
    )
    assert [each.at for each in await rows()] == [weeks(0), weeks(1, 60), weeks(2), weeks(3)]
    assert [e.type for e in await told(series.id)] == ["series.made", "series.moved"]
    assert [e.type for e in await told(second.booking_id)] == ["booking.made", "booking.moved"]


async def test_it_and_those_that_follow_are_moved_by_as_many_days(
    book: Any, rows: Any, done: Any, chain: Any
) -> None:
    await book()
    second = (await rows())[1]
    await done(
        lambda tx: service.move(
            tx,
            second.id,
            following=True,
            day=TUESDAY + timedelta(days=14),  # onto the next of the series itself
            provider_id=chain.bruno.id,
        )
    )
    found = await rows()
    assert [each.at for each in found] == [weeks(0), weeks(2), weeks(3), weeks(4)]
    assert [each.starts_at for each in found] == [each.at for each in found]
    assert [each.provider_id for each in found] == [chain.ana.id] + [chain.bruno.id] * 3


async def test_where_one_cannot_move_none_does(
    book: Any, rows: Any, booked: Any, done: Any, untouched: Any
) -> None:
    await book()
    await booked(starts_at=weeks(2, 90))
    first = (await rows())[0]
    async with untouched():
        with pytest.raises(SlotTaken) as raised:
            await done(lambda tx: service.move(tx, first.id, following=True, minute=680))
    assert raised.value.place == 2


async def test_it_is_called_off_from_an_occurrence_on(
    book: Any, rows: Any, done: Any, told: Any, untouched: Any
) -> None:
    series = await book()
    _, second, third, _ = await rows()
    await done(lambda tx: bookings.cancel(tx, third.booking_id))
    after = await done(lambda tx: service.end(tx, series.id, from_occurrence_id=second.id))
    assert after.ended_at is not None
    assert [each.booked for each in await rows()] == ["CONFIRMED"] + ["CANCELLED"] * 3
    assert len((await told(series.id))[-1].data["booking_ids"]) == 2
    async with untouched():
        with pytest.raises(SeriesOver):
            await done(lambda tx: service.end(tx, series.id, from_occurrence_id=third.id))
        with pytest.raises(SeriesOver):
            await done(lambda tx: service.move(tx, third.id, following=True, minute=660))
    await done(lambda tx: service.end(tx, series.id))
    assert [each.booked for each in await rows()] == ["CANCELLED"] * 4


async def test_what_has_begun_is_left_alone(book: Any, rows: Any, done: Any, clock: Any) -> None:
    series = await book()
    clock.time = weeks(1)
    await done(lambda tx: service.end(tx, series.id))
    assert [each.booked for each in await rows()] == ["CONFIRMED"] * 2 + ["CANCELLED"] * 2


async def test_what_is_not_there_is_told(book: Any, rows: Any, done: Any, chain: Any) -> None:
    series = await book()
    other = await book(pattern=Pattern("FREQ=WEEKLY;COUNT=2", TUESDAY, 900))
    theirs = [each.id for each in await rows() if each.series_id == other.id]
    with pytest.raises(SeriesNotFound):
        await done(lambda tx: service.end(tx, chain.ana.id))
    with pytest.raises(OccurrenceNotFound):
        await done(lambda tx: service.move(tx, chain.ana.id, following=False))
    with pytest.raises(OccurrenceNotFound):
        await done(lambda tx: service.end(tx, series.id, from_occurrence_id=theirs[0]))
