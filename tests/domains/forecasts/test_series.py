"""Which days say something about demand, and which on nobody could come."""

from datetime import date, timedelta

import numpy as np

from barberpro.domains.forecasts.training.days import occasions
from barberpro.domains.forecasts.training.series import closed_ahead, series, series_of
from barberpro.domains.forecasts.training.takings import takings, tickets

from .conftest import MONDAY_TO_SATURDAY, TODAY, shop_of

FIRST = date(2026, 3, 2)  # a Monday
ALL_WEEK = frozenset(range(7))


def steady(weeks: int, day: int = 9) -> np.ndarray:
    """So many bookings from Monday to Saturday."""
    return np.tile(np.array([day] * 6 + [0], dtype=float), weeks)


def test_a_series_runs_from_the_first_booking_to_yesterday() -> None:
    made = series_of(shop_of([0, 0, 3, 0, 1]))
    assert made.first == TODAY - timedelta(days=3)
    assert made.counts.tolist() == [3, 0, 1]
    assert len(series_of(shop_of([]))) == 0


def test_days_off_and_closures_say_nothing_and_quiet_days_do() -> None:
    counts = steady(20)
    counts[70:77] = 0  # a week of holidays
    counts[30] = 0  # one day of a power cut
    made = series(FIRST, counts, MONDAY_TO_SATURDAY)
    off = set(np.flatnonzero(~made.usable))
    assert off == {n for n in range(140) if n % 7 == 6} | set(range(70, 77)) | {30}
    quiet = steady(20, day=1)
    quiet[30] = 0
    assert series(FIRST, quiet, MONDAY_TO_SATURDAY).usable[30]


def test_a_weekday_that_opened_later_was_not_empty_before() -> None:
    counts = np.tile(np.full(7, 5.0), 20)
    counts[6:70:7] = 0
    made = series(FIRST, counts, ALL_WEEK)
    assert not made.usable[6:70:7].any()
    assert made.usable[76::7].all()


def test_an_origin_knows_no_closure_that_came_after_it() -> None:
    counts = steady(20)
    counts[133:] = 0
    made = series(FIRST, counts, MONDAY_TO_SATURDAY)
    assert not made.usable[133:].any()
    assert made.until(134).counts.tolist() == counts[:134].tolist()


def test_closed_ahead_by_hours_and_by_habit() -> None:
    labour = date(2026, 5, 1)
    counts = np.tile(np.full(7, 9.0), 40)
    counts[6::7] = 0
    counts[(labour - FIRST).days] = 0
    made = series(FIRST, counts, MONDAY_TO_SATURDAY)
    known = occasions("C", FIRST, date(2027, 7, 20))
    closed = closed_ahead(made, known, 200)
    shut = {made.day(len(made) + int(n)) for n in np.flatnonzero(closed)}
    assert date(2027, 5, 1) in shut
    assert date(2027, 5, 25) not in shut  # on which it worked
    assert {d.weekday() for d in shut} == {6, labour.replace(year=2027).weekday()}


def test_past_bookings_count_at_what_their_service_costs_now() -> None:
    prices = np.where(np.arange(200) < 100, 500_000, 1_500_000)  # tripled half way
    shop = shop_of(np.full(200, 2), prices=prices)
    assert np.allclose(tickets(shop, TODAY.toordinal()), 15_000.0)
    before = TODAY.toordinal() - 150
    assert np.allclose(tickets(shop, before), 5_000.0)
    agreed = takings(shop, TODAY.toordinal() - 200, 200)
    assert (agreed[0], agreed[-1]) == (10_000.0, 30_000.0)


def test_prices_that_rise_every_day_are_those_of_the_last_three() -> None:
    prices = np.rint(1_000_000 * 1.01 ** np.arange(60)).astype(int)
    shop = shop_of(np.full(60, 2), prices=prices)
    assert np.allclose(tickets(shop, TODAY.toordinal()), prices[-3:].mean() / 100)
    weekly = np.zeros(60, dtype=int)
    weekly[[31, 34, 41, 48, 55]] = 1  # the first of them 29 days ago
    shop = shop_of(weekly, prices=prices)
    assert np.allclose(tickets(shop, TODAY.toordinal()), prices[[41, 48, 55]].mean() / 100)


def test_holidays_are_those_of_the_province() -> None:
    days = {o.day for o in occasions("A", date(2026, 6, 1), date(2026, 6, 30)) if o.is_holiday}
    assert date(2026, 6, 17) in days  # Güemes, in Salta alone
    capital = {o.day for o in occasions("C", date(2026, 6, 1), date(2026, 6, 30)) if o.is_holiday}
    assert days - capital == {date(2026, 6, 17)}
    assert date(2026, 7, 10) in {
        o.day for o in occasions("C", date(2026, 7, 1), date(2026, 7, 31)) if o.is_holiday
    }  # a bridge day
