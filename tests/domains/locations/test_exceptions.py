"""What a shop says of its days beside its week."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from barberpro.domains.locations import service
from barberpro.domains.locations.calendar import Calendar
from barberpro.domains.locations.errors import (
    ExceptionOutOfRange,
    HoursOverlap,
    InvalidHours,
    LocationNotFound,
    TravelTimeOutOfRange,
)
from barberpro.domains.locations.hours import Span
from barberpro.platform.tables import metadata

BUENOS_AIRES = "America/Argentina/Buenos_Aires"
SANTIAGO = "America/Santiago"
TODAY = date(2026, 11, 23)  # a Monday, and the holiday of national sovereignty
TUESDAY = date(2026, 11, 24)
WEEK = [Span(day, 540, 1200) for day in range(1, 7)]


def hours(day: date, **other: Any) -> Any:
    return Calendar(BUENOS_AIRES, WEEK, **{"province": "C"} | other).hours(day)


def test_an_exception_comes_before_a_holiday_and_that_before_the_week() -> None:
    assert hours(TODAY) == [(540, 1200)]
    assert hours(TODAY, closes_on_holidays=True) == ()
    assert hours(TODAY, closes_on_holidays=True, exceptions={TODAY: [(600, 660)]}) == [(600, 660)]
    assert hours(TUESDAY, exceptions={TUESDAY: []}) == []
    assert hours(date(2026, 11, 29)) == []  # a Sunday


def test_a_province_keeps_its_own_holidays() -> None:
    exodus = date(2026, 8, 24)  # no holiday: Jujuy's is the day before, a Sunday
    assert hours(date(2026, 8, 1), province="Y", closes_on_holidays=True) == ()
    assert hours(date(2026, 8, 1), province="C", closes_on_holidays=True) == [(540, 1200)]
    assert hours(exodus, province="Y", closes_on_holidays=True) == [(540, 1200)]


def test_an_exception_on_the_day_clocks_change_is_on_the_wall_clock() -> None:
    day = date(2026, 9, 6)  # in Santiago 00:00 to 01:00 is left out
    calendar = Calendar(SANTIAGO, [], exceptions={day: [(30, 180)]})
    opens = datetime(2026, 9, 6, 4, 30, tzinfo=UTC)  # 00:30 is not: it becomes 01:30
    assert calendar.open(day, 1) == [(opens, datetime(2026, 9, 6, 6, 0, tzinfo=UTC))]
    back = date(2026, 4, 4)  # 23:00 to 24:00 comes twice: to close at 23:30 means the first
    calendar = Calendar(SANTIAGO, [], exceptions={back: [(1320, 1410)]})
    closes = datetime(2026, 4, 5, 2, 30, tzinfo=UTC)
    assert calendar.open(back, 1) == [(datetime(2026, 4, 5, 1, 0, tzinfo=UTC), closes)]


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 23))
def test_hours_of_each_date_are_what_an_exception_of_all_dates_says(day: date, hour: int) -> None:
    by_week = Calendar(BUENOS_AIRES, WEEK)
    dates = [day + timedelta(days=n) for n in range(-1, 3)]
    by_dates = Calendar(BUENOS_AIRES, [], exceptions={d: by_week.hours(d) for d in dates})
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    until = at + timedelta(minutes=45)
    assert by_week.is_open(at, until) is by_dates.is_open(at, until)


@pytest.fixture
def exceptions(done: Any) -> Any:
    table = metadata.tables["opening_exceptions"].c
    cells = table.location_id, table.date, table.opens_minute, table.closes_minute

    async def read() -> list[tuple[Any, ...]]:
        rows = await done(
            lambda tx: tx.rows(select(*cells).order_by(table.date, table.opens_minute))
        )
        return [tuple(row) for row in rows]

    return read


async def test_a_date_gets_hours_of_its_own_and_its_weekdays_again(
    chain: Any, done: Any, exceptions: Any, told: Any
) -> None:
    def sets(**given: Any) -> Any:
        return lambda tx: service.set_exception(tx, chain.centro.id, day=TUESDAY, **given)

    await done(sets(hours=[(900, 960), (540, 600)]))
    here = chain.centro.id
    assert await exceptions() == [(here, TUESDAY, 540, 600), (here, TUESDAY, 900, 960)]
    await done(sets(hours=[]))
    assert await exceptions() == [(here, TUESDAY, None, None)]
    await done(sets(hours=None))
    assert await exceptions() == []
    told_of = [e for e in await told(here) if e.type == "location.exception_set"]
    assert [e.data["date"] for e in told_of] == ["2026-11-24"] * 3


@pytest.mark.parametrize(
    ("given", "failure", "facts"),
    [
        ({"day": TODAY - timedelta(days=1), "hours": []}, ExceptionOutOfRange, {"days": 732}),
        ({"day": TODAY + timedelta(days=733), "hours": []}, ExceptionOutOfRange, {"days": 732}),
        (
            {"day": TUESDAY, "hours": [(600, 600)]},
            InvalidHours,
            {"weekday": 2, "opens_minute": 600, "closes_minute": 600},
        ),
        (
            {"day": TUESDAY, "hours": [(600, 700), (650, 800)]},
            HoursOverlap,
            {"weekday": 2, "opens": "10:50"},
        ),
    ],
)
async def test_no_exception_is_past_or_makes_no_sense(
    chain: Any, refused: Any, given: Any, failure: Any, facts: Any
) -> None:
    await refused(lambda tx: service.set_exception(tx, chain.centro.id, **given), failure, **facts)


async def test_today_is_the_locations_own(chain: Any, done: Any, clock: Any, refused: Any) -> None:
    clock.time = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # still Monday in Buenos Aires
    await done(lambda tx: service.set_exception(tx, chain.centro.id, day=TODAY, hours=[]))
    clock.time = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    await refused(
        lambda tx: service.set_exception(tx, chain.centro.id, day=TODAY, hours=None),
        ExceptionOutOfRange,
        days=732,
    )


async def test_keeping_holidays_is_told_once(chain: Any, done: Any, told: Any) -> None:
    for _ in range(2):
        row = await done(lambda tx: service.set_holidays(tx, chain.centro.id, closes=True))
        assert row.closes_on_holidays is True
    (_, event) = await told(chain.centro.id)
    assert event.type == "location.holidays_set"
    assert event.data["closes_on_holidays"] is True


async def test_a_way_is_known_in_both_directions(chain: Any, done: Any, told: Any) -> None:
    here, there = chain.centro.id, chain.norte.id
    table = metadata.tables["travel_times"].c
    cells = table.from_location_id, table.to_location_id, table.minutes

    async def ways() -> set[tuple[Any, ...]]:
        rows = await done(lambda tx: tx.rows(select(*cells)))
        return {tuple(row) for row in rows}

    await done(lambda tx: service.set_travel(tx, here, there, minutes=20))
    await done(lambda tx: service.set_travel(tx, there, here, minutes=25))
    assert await ways() == {(here, there, 25), (there, here, 25)}
    await done(lambda tx: service.set_travel(tx, here, there, minutes=None))
    assert await ways() == set()
    minutes = [e.data["minutes"] for e in await told(here) if "travel" in e.type]
    assert minutes == [20, None]


@pytest.mark.parametrize("minutes", [0, -1, 241])
async def test_a_way_takes_up_to_four_hours(chain: Any, refused: Any, minutes: int) -> None:
    await refused(
        lambda tx: service.set_travel(tx, chain.centro.id, chain.norte.id, minutes=minutes),
        TravelTimeOutOfRange,
        minimum=1,
        maximum=240,
    )


async def test_no_way_leads_back_or_nowhere(chain: Any, refused: Any) -> None:
    here = chain.centro.id
    same = {"minimum": 1, "maximum": 240}
    await refused(
        lambda tx: service.set_travel(tx, here, here, minutes=5), TravelTimeOutOfRange, **same
    )
    await refused(
        lambda tx: service.set_travel(tx, here, "loc_none", minutes=5),
        LocationNotFound,
        location_id="loc_none",
    )
