"""When a shop is open, also on the days when clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.locations.calendar import Calendar
from barberpro.domains.locations.errors import HoursOverlap, InvalidHours, TooManyHours
from barberpro.domains.locations.hours import Span, instant, week

BUENOS_AIRES = "America/Argentina/Buenos_Aires"  # UTC-3 all year
SANTIAGO = "America/Santiago"  # clocks go forward on 6 Sep 2026, 00:00 to 01:00; back on 5 Apr 2026, 00:00 to 23:00
ZONES = [BUENOS_AIRES, SANTIAGO, "Europe/Madrid", "America/St_Johns", "Pacific/Apia", "UTC"]
MONDAY, SATURDAY, SUNDAY = 1, 6, 7


def is_open(week_of: list[Span], zone: str, starts_at: datetime, ends_at: datetime) -> bool:
    return Calendar(zone, week_of).is_open(starts_at, ends_at)


def open_times(
    week_of: list[Span], zone: ZoneInfo, first: date, days: int
) -> list[tuple[datetime, datetime]]:
    return Calendar(zone.key, week_of).open(first, days)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_span_is_made_from_wall_clock_times() -> None:
    assert Span.between(MONDAY, time(9), time(13, 30)) == Span(MONDAY, 540, 810)


def test_midnight_ends_a_day() -> None:
    assert Span.between(SATURDAY, time(20), time(0)) == Span(SATURDAY, 1200, 1440)
    assert Span.between(SATURDAY, time(0), time(0)) == Span(SATURDAY, 0, 1440)


@pytest.mark.parametrize(
    "span", [(0, 0, 1), (8, 0, 1), (1, -1, 5), (1, 5, 5), (1, 6, 5), (1, 0, 1441)]
)
def test_no_span_leaves_its_day_or_ends_before_it_begins(span: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidHours) as caught:
        Span(*span)
    assert tuple(caught.value.facts().values()) == span


@pytest.mark.parametrize("closes", [time(9, 0, 1), time(10, 0, 0, 1), time(9)])
def test_a_span_from_nine_needs_a_later_whole_minute(closes: time) -> None:
    with pytest.raises(InvalidHours):
        Span.between(MONDAY, time(9), closes)


def test_a_week_is_in_order() -> None:
    late, early, monday = Span(2, 700, 800), Span(2, 600, 700), Span(1, 900, 1000)
    assert week([late, monday, early]) == [monday, early, late]


def test_spans_of_one_day_do_not_overlap() -> None:
    with pytest.raises(HoursOverlap) as caught:
        week([Span(2, 600, 700), Span(2, 699, 800)])
    assert caught.value.facts() == {"weekday": 2, "opens": "11:39"}
    assert len(week([Span(2, 600, 700), Span(3, 650, 800)])) == 2


def test_a_week_has_at_most_28_spans() -> None:
    spans = [Span(day, n * 60, n * 60 + 30) for day in range(1, 8) for n in range(4)]
    assert len(week(spans)) == 28
    with pytest.raises(TooManyHours) as caught:
        week([*spans, Span(1, 1000, 1010)])
    assert caught.value.facts() == {"limit": 28}


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "expected"),
    [
        (utc(2026, 11, 23, 12), utc(2026, 11, 23, 16), True),  # 9 to 13, all of it
        (utc(2026, 11, 23, 11, 59), utc(2026, 11, 23, 13), False),
        (utc(2026, 11, 23, 15, 30), utc(2026, 11, 23, 16, 1), False),  # into the siesta
        (utc(2026, 11, 23, 15, 30), utc(2026, 11, 23, 17, 30), False),  # over it
        (utc(2026, 11, 23, 17), utc(2026, 11, 23, 17, 30), True),
        (utc(2026, 11, 22, 13), utc(2026, 11, 22, 14), False),  # Sunday
        (
            utc(2026, 11, 24, 2),
            utc(2026, 11, 24, 3),
            True,
        ),  # Monday 23 to 24, though Tuesday in UTC
        (utc(2026, 11, 24, 2), utc(2026, 11, 24, 4), True),  # past midnight into Tuesday
        (utc(2026, 11, 24, 2), utc(2026, 11, 24, 4, 1), False),
    ],
)
def test_open_means_the_whole_time_on_the_wall_clock(
    starts_at: datetime, ends_at: datetime, expected: bool
) -> None:
    spans = [Span(1, 540, 780), Span(1, 840, 1440), Span(2, 0, 60)]
    assert is_open(spans, BUENOS_AIRES, starts_at, ends_at) is expected


def test_spans_that_touch_are_one() -> None:
    spans = [Span(1, 600, 700), Span(1, 700, 800)]
    starts_at = instant(date(2026, 11, 23), 650, ZoneInfo(BUENOS_AIRES))
    assert is_open(spans, BUENOS_AIRES, starts_at, starts_at + timedelta(minutes=150))
    assert not is_open(spans, BUENOS_AIRES, starts_at, starts_at + timedelta(minutes=151))


def test_a_shop_without_hours_is_never_open() -> None:
    assert not is_open([], BUENOS_AIRES, utc(2026, 11, 23, 13), utc(2026, 11, 23, 14))


def test_a_local_time_that_does_not_exist_moves_forward() -> None:
    santiago = ZoneInfo(SANTIAGO)
    assert instant(date(2026, 9, 6), 30, santiago) == utc(2026, 9, 6, 4, 30)  # 00:30 is 01:30
    assert instant(date(2026, 9, 6), 60, santiago) == utc(2026, 9, 6, 4)


def test_a_local_time_that_comes_twice_is_the_first() -> None:
    assert instant(date(2026, 4, 4), 23 * 60 + 30, ZoneInfo(SANTIAGO)) == utc(2026, 4, 5, 2, 30)


def test_a_day_with_a_repeated_hour_is_open_an_hour_longer() -> None:
    late = [Span(SATURDAY, 22 * 60, 1440)]
    assert open_times(late, ZoneInfo(SANTIAGO), date(2026, 4, 4), 1) == [
        (utc(2026, 4, 5, 1), utc(2026, 4, 5, 4))
    ]
    assert is_open(late, SANTIAGO, utc(2026, 4, 5, 1), utc(2026, 4, 5, 4))


def test_what_a_change_of_clocks_swallows_is_not_open() -> None:
    small_hours = [Span(SUNDAY, 30, 75)]  # 00:30 becomes 01:30, after 01:15
    assert open_times(small_hours, ZoneInfo(SANTIAGO), date(2026, 9, 6), 1) == []
    through = [Span(SATURDAY, 1200, 1440), Span(SUNDAY, 0, 120)]
    assert open_times(through, ZoneInfo(SANTIAGO), date(2026, 9, 5), 2) == [
        (utc(2026, 9, 6, 0), utc(2026, 9, 6, 5))
    ]


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Some spans of a week, none over another."""
    made: list[Span] = []
    for weekday in range(1, 8):
        edges = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
        pairs = zip(edges[::2], edges[1::2], strict=False)
        made += [Span(weekday, opens, closes) for opens, closes in pairs]
    return made


minutes = st.integers(0, 400 * 1440).map(lambda n: utc(2026, 1, 1) + timedelta(minutes=n))


@given(spans(), st.sampled_from([*ZONES[:1], "UTC", "Asia/Kolkata"]), minutes)
def test_without_changes_of_clocks_each_minute_is_as_the_wall_says(
    week_of: list[Span], zone: str, moment: datetime
) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    on_the_wall = any(
        s.weekday == local.isoweekday() and s.opens_minute <= minute < s.closes_minute
        for s in week_of
    )
    assert is_open(week_of, zone, moment, moment + timedelta(minutes=1)) is on_the_wall


@given(spans(), st.sampled_from(ZONES), minutes, st.integers(1, 600))
def test_open_throughout_is_open_in_each_minute(
    week_of: list[Span], zone: str, moment: datetime, length: int
) -> None:
    each = [moment + timedelta(minutes=n) for n in range(length)]
    in_each = all(
        is_open(week_of, zone, at, at + timedelta(minutes=1))
        for at in each[:: max(1, length // 20)]
    )
    throughout = is_open(week_of, zone, moment, moment + timedelta(minutes=length))
    assert in_each or not throughout
    half = moment + timedelta(minutes=length // 2)
    if length > 1 and throughout:
        assert is_open(week_of, zone, moment, half)
        assert is_open(week_of, zone, half, moment + timedelta(minutes=length))


@given(spans(), st.sampled_from(ZONES), st.dates(date(2025, 1, 1), date(2028, 1, 1)))
def test_open_times_are_in_order_and_apart(week_of: list[Span], zone: str, first: date) -> None:
    ranges = open_times(week_of, ZoneInfo(zone), first, 9)
    edges = [edge for pair in ranges for edge in pair]
    assert edges == sorted(set(edges))


@given(st.dates(date(2025, 1, 1), date(2028, 1, 1)), st.integers(0, 1440), st.sampled_from(ZONES))
def test_an_instant_shows_its_minute_or_a_later_one(day: date, minute: int, zone: str) -> None:
    shown = instant(day, minute, ZoneInfo(zone)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    wanted = datetime.combine(day, time()) + timedelta(minutes=minute)
    assert wanted <= shown <= wanted + timedelta(hours=1)
