"""Until when there is time to pay, on the wall clock of the location."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.billing.terms import DAYS, Terms, due_at, is_overdue

BUENOS_AIRES = "America/Argentina/Buenos_Aires"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        (Terms.IMMEDIATE, utc(2026, 11, 24, 3)),
        (Terms.NET_7, utc(2026, 12, 1, 3)),
        (Terms.NET_15, utc(2026, 12, 9, 3)),
        (Terms.NET_30, utc(2026, 12, 24, 3)),
    ],
)
def test_the_last_day_ends_at_midnight_in_the_shop(terms: Terms, due: datetime) -> None:
    assert due_at(utc(2026, 11, 23, 13), terms, BUENOS_AIRES) == due


def test_the_day_of_issue_is_the_shops_not_that_of_utc() -> None:
    late = utc(2026, 11, 24, 2, 30)  # 23:30 on the 23rd in Buenos Aires
    assert due_at(late, Terms.IMMEDIATE, BUENOS_AIRES) == utc(2026, 11, 24, 3)


def test_a_midnight_that_the_clock_skips_is_the_moment_it_skips() -> None:
    """In Santiago 2026-09-06 began at 01:00: summer time came at midnight."""
    assert due_at(utc(2026, 9, 5, 15), Terms.IMMEDIATE, "America/Santiago") == utc(2026, 9, 6, 4)


@given(
    st.integers(0, 20 * 365 * 86_400).map(lambda s: utc(2020, 1, 1) + timedelta(seconds=s)),
    st.sampled_from(Terms),
    st.sampled_from([BUENOS_AIRES, "America/Santiago", "America/Asuncion", "UTC"]),
)
def test_there_are_as_many_whole_days_as_the_terms_say(
    issued_at: datetime, terms: Terms, zone: str
) -> None:
    due = due_at(issued_at, terms, zone)
    last_day = (due - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date()
    assert (last_day - issued_at.astimezone(ZoneInfo(zone)).date()).days == DAYS[terms]
    assert due.astimezone(ZoneInfo(zone)).date() == last_day + timedelta(days=1)


def test_it_is_overdue_from_the_midnight_on_until_it_is_paid() -> None:
    due = utc(2026, 11, 24, 3)
    assert not is_overdue("ISSUED", due, due - timedelta(microseconds=1))
    assert is_overdue("ISSUED", due, due)
    assert not is_overdue("PAID", due, due)
    assert not is_overdue("ISSUED", None, due)
