"""When a rule has a series take place, on the shop's wall clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.bookings.series.errors import (
    RuleInvalid,
    RuleUnsupported,
    SeriesOutOfRange,
)
from barberpro.domains.bookings.series.recurring import Pattern, occurrences

BUENOS_AIRES, SANTIAGO, MADRID = map(
    ZoneInfo, ("America/Argentina/Buenos_Aires", "America/Santiago", "Europe/Madrid")
)
TUESDAY = date(2026, 11, 24)


def dates(rule: str, first: date = TUESDAY) -> list[str]:
    return [f"{day:%m-%d}" for day, _ in occurrences(Pattern(rule, first, 600), BUENOS_AIRES)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["11-24", "11-25", "11-26"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3", ["11-24", "12-08", "12-22"]),
        ("freq=weekly;byday=TU,FR;until=20261204", ["11-24", "11-27", "12-01", "12-04"]),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=2", ["11-30", "12-07"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", ["11-27", "12-25", "01-29"]),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", ["12-31", "01-31", "03-31"]),
        # ten o'clock in Buenos Aires is 13:00 UTC
        ("FREQ=DAILY;UNTIL=20261126T130000Z", ["11-24", "11-25", "11-26"]),
        ("FREQ=DAILY;UNTIL=20261126T125959Z", ["11-24", "11-25"]),
    ],
)
def test_rules_mean_what_the_standard_says(rule: str, expected: list[str]) -> None:
    assert dates(rule) == expected


@pytest.mark.parametrize(
    ("rule", "failure"),
    [
        ("", RuleInvalid),
        ("FREQ=WEEKLY", RuleInvalid),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20261204", RuleInvalid),
        ("FREQ=WEEKLY;COUNT=0", RuleInvalid),
        ("FREQ=WEEKLY;COUNT=2;COUNT=3", RuleInvalid),
        ("FREQ=WEEKLY;COUNT=2;BYDAY=XX", RuleInvalid),
        ("FREQ=WEEKLY;COUNT=2;BYDAY=1MO", RuleInvalid),
        ("FREQ=MONTHLY;COUNT=2;BYMONTHDAY=0", RuleInvalid),
        ("FREQ=WEEKLY;UNTIL=20261399", RuleInvalid),
        ("FREQ=WEEKLY;COUNT=2;" + "X" * 300, RuleInvalid),
        ("FREQ=YEARLY;COUNT=2", RuleUnsupported),
        ("FREQ=HOURLY;COUNT=2", RuleUnsupported),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1;COUNT=2", RuleUnsupported),
        ("FREQ=WEEKLY;BYMONTHDAY=3;COUNT=2", RuleUnsupported),
        ("FREQ=WEEKLY;COUNT=105", SeriesOutOfRange),
        ("FREQ=MONTHLY;COUNT=26", SeriesOutOfRange),
        ("FREQ=DAILY;UNTIL=20270401", SeriesOutOfRange),
        ("FREQ=WEEKLY;UNTIL=20290101", SeriesOutOfRange),
        ("FREQ=WEEKLY;UNTIL=20260101", SeriesOutOfRange),
    ],
)
def test_what_cannot_be_is_refused(rule: str, failure: type[Exception]) -> None:
    with pytest.raises(failure):
        dates(rule)


def test_a_time_that_clocks_leave_out_moves_forward_and_one_they_repeat_is_the_first() -> None:
    spring = occurrences(Pattern("FREQ=DAILY;COUNT=3", date(2027, 3, 27), 150), MADRID)
    assert [at.astimezone(MADRID).strftime("%d %H:%M") for _, at in spring] == [
        "27 02:30", "28 03:30", "29 02:30",
    ]  # fmt: skip
    ((_, autumn),) = occurrences(Pattern("FREQ=DAILY;COUNT=1", date(2027, 10, 31), 150), MADRID)
    assert autumn == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@given(
    first=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    minute=st.integers(240, 1439),  # by then every change of clocks is over
    weeks=st.integers(1, 4),
    count=st.integers(1, 20),
    zone=st.sampled_from([BUENOS_AIRES, SANTIAGO, MADRID]),
)
def test_the_wall_clock_shows_the_same_time_every_so_many_weeks(
    first: date, minute: int, weeks: int, count: int, zone: ZoneInfo
) -> None:
    rule = f"FREQ=WEEKLY;INTERVAL={weeks};COUNT={count}"
    found = occurrences(Pattern(rule, first, minute), zone)
    assert [day for day, _ in found] == [first + timedelta(weeks=weeks * n) for n in range(count)]
    for day, at in found:
        local = at.astimezone(zone)
        assert (local.date(), local.hour * 60 + local.minute) == (day, minute)
