"""Until when there is time to pay, on the wall clock of the location."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.billing.terms import DAYS, Terms, due_at, is_overdue, last_day
from barberpro.domains.locations.holidays import of_province

BUENOS_AIRES = "America/Argentina/Buenos_Aires"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        (Terms.IMMEDIATE, utc(2026, 11, 24, 3)),
        (Terms.NET_7, utc(2026, 12, 1, 3)),
        (Terms.NET_15, utc(2026, 12, 10, 3)),  # 8 December is a holiday
        (Terms.NET_30, utc(2026, 12, 24, 3)),
    ],
)
def test_the_last_day_ends_at_midnight_in_the_shop(terms: Terms, due: datetime) -> None:
    assert due_at(utc(2026, 11, 23, 13), terms, BUENOS_AIRES, "C") == due


@pytest.mark.parametrize(
    ("issued_on", "terms", "province", "last"),
    [
        (date(2026, 11, 21), Terms.IMMEDIATE, "C", date(2026, 11, 21)),  # a Saturday at the till
        (date(2026, 11, 21), Terms.NET_7, "C", date(2026, 11, 30)),  # Saturday to Monday
        (date(2026, 11, 16), Terms.NET_7, "C", date(2026, 11, 24)),  # Monday 23rd: 20th, moved
        (date(2026, 11, 28), Terms.NET_7, "C", date(2026, 12, 9)),  # weekend, bridge, Inmaculada
        (date(2026, 12, 18), Terms.NET_7, "C", date(2026, 12, 28)),  # Christmas on a Friday
        (date(2026, 12, 17), Terms.NET_15, "C", date(2027, 1, 4)),  # New Year on a Friday
        (date(2026, 7, 18), Terms.NET_7, "M", date(2026, 7, 27)),
        (date(2026, 9, 17), Terms.NET_7, "T", date(2026, 9, 25)),  # Tucumán keeps 24 September
        (date(2026, 9, 17), Terms.NET_7, "C", date(2026, 9, 24)),
    ],
)
def test_a_last_day_on_which_nobody_works_is_the_next_that_is_worked_on(
    issued_on: date, terms: Terms, province: str, last: date
) -> None:
    assert last_day(issued_on, terms, province) == last


def test_the_day_of_issue_is_the_shops_not_that_of_utc() -> None:
    late = utc(2026, 11, 24, 2, 30)  # 23:30 on the 23rd in Buenos Aires
    assert due_at(late, Terms.IMMEDIATE, BUENOS_AIRES, "C") == utc(2026, 11, 24, 3)


def test_a_midnight_that_the_clock_skips_is_the_moment_it_skips() -> None:
    """In Santiago 2026-09-06 began at 01:00: summer time came at midnight."""
    assert due_at(utc(2026, 9, 5, 15), Terms.IMMEDIATE, "America/Santiago", "") == utc(
        2026, 9, 6, 4
    )


@given(
    st.integers(0, 20 * 365 * 86_400).map(lambda s: utc(2020, 1, 1) + timedelta(seconds=s)),
    st.sampled_from(Terms),
    st.sampled_from([BUENOS_AIRES, "America/Santiago", "America/Asuncion", "UTC"]),
    st.sampled_from(["C", "T", "M", "U"]),
)
def test_there_are_as_many_whole_days_as_the_terms_say_and_no_more_than_it_takes(
    issued_at: datetime, terms: Terms, zone: str, province: str
) -> None:
    due = due_at(issued_at, terms, zone, province)
    last = (due - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    assert due.astimezone(ZoneInfo(zone)).date() == last + timedelta(days=1)
    agreed = issued_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=DAYS[terms])
    skipped = [agreed + timedelta(days=n) for n in range((last - agreed).days)]
    assert last >= agreed
    assert terms is not Terms.IMMEDIATE or not skipped

    def is_worked_on(day: date) -> bool:
        return day.isoweekday() <= 5 and day not in of_province(province, day.year)

    assert not any(map(is_worked_on, skipped))
    assert terms is Terms.IMMEDIATE or is_worked_on(last)


def test_it_is_overdue_from_the_midnight_on_until_it_is_paid() -> None:
    due = utc(2026, 11, 24, 3)
    assert not is_overdue("ISSUED", due, due - timedelta(microseconds=1))
    assert is_overdue("ISSUED", due, due)
    assert not is_overdue("PAID", due, due)
    assert not is_overdue("ISSUED", None, due)
