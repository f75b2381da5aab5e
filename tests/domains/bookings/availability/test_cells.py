"""Bits for time say what a loop over minutes says."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.bookings.availability import cells
from barberpro.domains.bookings.availability.cells import CELL, Horizon
from barberpro.domains.locations.service import Calendar, Span

HORIZON = Horizon.of(datetime(2026, 9, 5, tzinfo=UTC))
ZONES = ["America/Argentina/Buenos_Aires", "America/Santiago", "Europe/Madrid", "America/St_Johns"]
bits = st.integers(0, 2**60 - 1)


def listed(mask: int) -> list[int]:
    return [n for n in range(mask.bit_length()) if mask >> n & 1]


@given(bits, st.integers(1, 20))
def test_what_lasts_is_free_in_each_cell(free: int, length: int) -> None:
    expected = [n for n in range(60) if all(free >> n + k & 1 for k in range(length))]
    assert listed(cells.lasting(free, length)) == expected


@given(bits, st.integers(1, 8), st.integers(1, 8))
def test_a_tight_start_leaves_no_useless_gap(free: int, length: int, useful: int) -> None:
    full = 2**60 - 1
    starts = cells.lasting(free, length)
    tight = cells.tight(free, starts, length, useful, full)
    expected = [n for n in listed(starts) if cells.gap(free, n, length, useful) == 0]
    ends = [n for n in listed(starts) if n + length == 60]  # what lies beyond is not known
    assert set(listed(tight)) | set(ends) == set(expected) | set(ends)


@given(bits, st.integers(1, 8), st.integers(1, 8))
def test_a_gap_is_what_can_be_counted(free: int, length: int, useful: int) -> None:
    for start in listed(cells.lasting(free, length)):
        before = 0
        while start - before - 1 >= 0 and free >> (start - before - 1) & 1:
            before += 1
        after = 0
        while free >> (start + length + after) & 1:
            after += 1
        expected = sum(n for n in (before, after) if n < useful)
        assert cells.gap(free, start, length, useful) == expected


@given(bits)
def test_each_cell_is_told_in_order(mask: int) -> None:
    assert list(cells.each_of(mask)) == listed(mask)


@given(st.integers(-50, 50), st.integers(-50, 50))
def test_a_span_is_its_cells(begin: int, end: int) -> None:
    assert listed(cells.span(begin, end)) == list(range(max(begin, 0), max(end, 0, begin)))


@pytest.mark.parametrize("step", [1, 2, 3, 4, 6, 12])
@pytest.mark.parametrize("offset", [-36, 0, 5, 42])
def test_every_so_many_cells(step: int, offset: int) -> None:
    found = listed(cells.every(step, offset, 2**100 - 1))
    assert found == [n for n in range(100) if (n - offset) % step == 0]


@given(
    st.lists(st.tuples(st.integers(-20, 400), st.integers(1, 90)), max_size=6),
)
def test_ranges_are_rounded_inwards_or_outwards(ranges: list[tuple[int, int]]) -> None:
    instants = [
        (HORIZON.begins + timedelta(minutes=a), HORIZON.begins + timedelta(minutes=a + length))
        for a, length in ranges
    ]
    inside = HORIZON.within(instants)
    touched = HORIZON.touched(instants)
    for cell in range(110):
        minutes = range(cell * CELL, cell * CELL + CELL)
        hit = [any(a <= m < a + length for m in minutes) for a, length in ranges]
        whole = [all(a <= m < a + length for m in minutes) for a, length in ranges]
        assert bool(touched >> cell & 1) is any(hit)
        assert bool(inside >> cell & 1) is any(whole)


@st.composite
def weeks(draw: st.DrawFn) -> list[Span]:
    spans = []
    for weekday in range(1, 8):
        edges = draw(st.lists(st.integers(0, 1440), max_size=4, unique=True).map(sorted))
        spans += [Span(weekday, a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return spans


@given(weeks(), st.sampled_from(ZONES), st.integers(0, 9), st.sampled_from([0, 6, 7]))
def test_a_week_is_the_calendars(week: list[Span], zone: str, ahead: int, blocks: int) -> None:
    """Also in the days in which clocks change: those of Santiago on 6 September 2026, of Madrid on 25 October."""
    later = Horizon(HORIZON.block + blocks)
    special = later.first + timedelta(days=ahead)
    exceptions = {special: [(600, 723), (723, 800)]}
    calendar = Calendar(zone, week, exceptions=exceptions)
    by_day = [
        [(s.opens_minute, s.closes_minute) for s in week if s.weekday == day] for day in range(1, 8)
    ]
    found = cells.weekly(by_day, exceptions, ZoneInfo(zone), later)
    ranges = calendar.open(later.first - timedelta(days=1), cells.DAYS + 2)
    assert found == later.within(ranges)


def test_a_block_begins_a_day_early_in_utc() -> None:
    at = datetime(2026, 9, 5, 23, 57, tzinfo=UTC)
    found = Horizon.of(at)
    assert found.first == date.fromordinal(at.toordinal() // 8 * 8 - 1)
    assert found.at(found.minute(at) // CELL) == datetime(2026, 9, 5, 23, 55, tzinfo=UTC)
    inside = cells.span(found.minute(at) // CELL, found.minute(at) // CELL + 1)
    assert found.days & inside


def test_the_blocks_of_a_search_follow_one_another() -> None:
    begins = datetime(2026, 9, 5, tzinfo=UTC)
    found = cells.horizons(begins, begins + timedelta(days=90))
    assert [each.block for each in found] == list(
        range(found[0].block, found[0].block + len(found))
    )
    assert found[0] == Horizon.of(begins)
    assert found[-1] == Horizon.of(begins + timedelta(days=90))
    whole = [each.at(n) for each in found for n in listed(each.days)]
    assert whole == [found[0].at(288) + timedelta(minutes=5 * n) for n in range(len(whole))]
