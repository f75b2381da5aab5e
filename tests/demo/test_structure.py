"""There is something to learn in the demo: rhythm, season, growth, taste, loyalty, and what people thought of it.

On the default scale with one seed; margins are wide, so that only a structure that is lost fails.
"""

from datetime import date
from functools import cached_property

import numpy as np
import pytest

from barberpro.demo import holidays
from barberpro.demo.chain import generated
from barberpro.demo.columns import Column, Columns
from barberpro.demo.scales import SCALES
from barberpro.demo.zones import local
from barberpro.domains.locations.holidays import national

from .conftest import ANCHOR, SEED

TODAY = np.datetime64(ANCHOR, "D")


class History:
    """What took place before the anchor day, with everybody numbered."""

    def __init__(self, tables: dict[str, Columns]) -> None:
        self.tables = tables
        bookings = tables["bookings"]
        zones = dict(zip(tables["locations"]["id"], tables["locations"]["time_zone"], strict=True))
        self.starts = local(
            bookings["starts_at"],
            np.array([zones[each] for each in bookings["location_id"]], dtype=object),
        )
        done = bookings["status"] == "COMPLETED"
        self.rows = {name: column[done] for name, column in bookings.items()}
        self.rows["starts"] = self.starts[done]
        order = np.argsort(self.rows["starts"], kind="stable")
        self.rows = {name: column[order] for name, column in self.rows.items()}

    @cached_property
    def day(self) -> Column:
        return self.rows["starts"].astype("datetime64[D]")

    @cached_property
    def by_customer(self) -> list[Column]:
        """The rows of each customer who came eight times or more, the oldest first."""
        who = self.rows["customer_id"].astype(str)
        order = np.argsort(who, kind="stable")
        bounds = np.flatnonzero(np.diff(np.unique(who[order], return_inverse=True)[1])) + 1
        return [rows for rows in np.split(order, bounds) if len(rows) >= 8]

    def per_day(self, days: Column) -> float:
        """The mean number of bookings on these days, of the whole chain."""
        return float(np.isin(self.day, days).sum() / len(days))


@pytest.fixture(scope="module")
def history() -> History:
    return History(generated(SCALES["default"], seed=SEED, tenant="org_x", anchor=ANCHOR))


def all_days() -> Column:
    return np.arange(TODAY - 1_095, TODAY)


def test_the_week_has_its_rhythm(history: History) -> None:
    count = np.bincount((history.day.astype(int) + 3) % 7, minlength=7)
    assert count[0] < count[2] < count[3] < count[4]
    assert min(count[4], count[5]) > 1.5 * count[1]
    assert count[6] < 0.6 * count[0]  # when few shops are open


def test_the_year_has_its_seasons(history: History) -> None:
    for year in (2024, 2025):
        december = history.per_day(np.arange(f"{year}-12-01", f"{year + 1}-01-01", dtype="M8[D]"))
        january = history.per_day(
            np.arange(f"{year + 1}-01-01", f"{year + 1}-02-01", dtype="M8[D]")
        )
        november = history.per_day(np.arange(f"{year}-11-01", f"{year}-12-01", dtype="M8[D]"))
        assert december > 1.1 * november
        assert january < 0.75 * december


def test_holidays_are_quiet_and_the_days_before_feasts_busy(history: History) -> None:
    days = np.array(national([2024, 2025, 2026]), dtype="M8[D]")
    days = days[days < TODAY]
    around = np.concatenate([days - 7, days + 7])
    around = around[~np.isin(around, days) & (around < TODAY)]
    assert history.per_day(days) < 0.4 * history.per_day(around)
    great = np.array(
        [date(y, m, d) for y in (2024, 2025, 2026) for m, d in holidays.GREAT], "M8[D]"
    )
    assert history.per_day(great[great < TODAY]) == 0
    fathers = np.array([holidays.fathers_day(y) for y in (2024, 2025, 2026)], "M8[D]")
    before = np.concatenate([fathers - 1, fathers - 2, fathers - 3])
    assert history.per_day(before) > 1.15 * history.per_day(before - 14)


def test_the_first_days_of_a_month_are_better_than_the_last(history: History) -> None:
    days = all_days()
    of_month = (days - days.astype("M8[M]").astype("M8[D]")).astype(int) + 1
    first, last = (of_month >= 2) & (of_month <= 6), (of_month >= 24) & (of_month <= 28)
    assert history.per_day(days[first]) > 1.08 * history.per_day(days[last])


def test_the_chain_grew_and_one_shop_is_new(history: History) -> None:
    first, last = all_days()[:365], all_days()[-365:]
    assert history.per_day(last) > 1.2 * history.per_day(first)
    began = {
        shop: history.day[history.rows["location_id"] == shop].min()
        for shop in history.tables["locations"]["id"]
    }
    young = sorted(day for day in began.values() if day > TODAY - 1_060)
    assert len(young) == 4
    assert TODAY - 28 <= young[-1] <= TODAY - 21
    assert young[0] < TODAY - 700


def test_shops_were_shut_for_some_days_once(history: History) -> None:
    longest = []
    for shop in history.tables["locations"]["id"]:
        days = np.unique(history.day[history.rows["location_id"] == shop])
        longest.append(int(np.diff(days).max().astype(int)))
    assert sum(gap > 6 for gap in longest) >= 4


def test_prices_rose_steeply_and_then_less(history: History) -> None:
    cut = history.tables["services"]["id"][history.tables["services"]["name"] == "Corte"][0]
    here = history.rows["service_id"] == cut
    month, price = history.day[here].astype("M8[M]"), history.rows["price_minor"][here]
    at = {m: float(np.median(price[month == np.datetime64(m)])) for m in YEARS}
    assert at["2023-12"] < 0.6 * at["2024-11"]
    assert 0.7 < at["2024-11"] / at["2025-11"] < 0.85
    assert 0.7 < at["2025-11"] / at["2026-11"] < 0.85


YEARS = ("2023-12", "2024-11", "2025-11", "2026-11")


def test_people_keep_a_rhythm_of_their_own(history: History) -> None:
    usual, astray = [], []
    for rows in history.by_customer:
        gaps = np.diff(history.day[rows].astype(int))
        usual.append(np.median(gaps))
        astray.append(np.median(np.abs(gaps - usual[-1])) / usual[-1])
    assert len(usual) > 1_500
    assert np.median(astray) < 0.25
    least, most = np.percentile(usual, [5, 95])
    assert 11 < least < 20
    assert 36 < most < 60


def test_people_have_a_main_service_and_a_provider_they_stay_with(history: History) -> None:
    for column, share in (("service_id", 0.6), ("provider_id", 0.7)):
        value = np.unique(history.rows[column].astype(str), return_inverse=True)[1]
        top = [np.bincount(value[rows]).max() / len(rows) for rows in history.by_customer]
        assert share < np.mean(top) < 0.95


def test_what_people_try_depends_on_what_they_come_for(history: History) -> None:
    names = dict(
        zip(history.tables["services"]["id"], history.tables["services"]["name"], strict=True)
    )
    named = np.array([names[each] for each in history.rows["service_id"]])
    dyed, shaved = (
        {n for n, rows in enumerate(history.by_customer) if service in named[rows]}
        for service in ("Color", "Afeitado clásico")
    )
    treated = {
        n for n, rows in enumerate(history.by_customer) if "Tratamiento capilar" in named[rows]
    }
    assert len(treated & dyed) / len(dyed) > 5 * len(treated & shaved) / len(shaved)


def test_some_people_miss_more_than_others_and_early_plans_come_to_nothing(
    history: History,
) -> None:
    bookings = history.tables["bookings"]
    past = history.starts < TODAY
    lost = np.isin(bookings["status"].astype(str), ["CANCELLED", "NO_SHOW"])[past]
    ahead = (bookings["starts_at"] - bookings["created_at"])[past] / np.timedelta64(1, "D")
    assert lost[ahead > 10].mean() > 1.5 * lost[(ahead > 0.5) & (ahead < 3)].mean()
    who = np.unique(bookings["customer_id"][past].astype(str), return_inverse=True)[1]
    missed = (bookings["status"] == "NO_SHOW")[past]
    first, second = np.arange(len(who)) % 2 == 0, np.arange(len(who)) % 2 == 1
    size = who.max() + 1
    rates = [
        np.bincount(who[half], missed[half], size)
        / np.maximum(np.bincount(who[half], None, size), 1)
        for half in (first, second)
    ]
    often = np.bincount(who, None, size) >= 20
    assert np.corrcoef(rates[0][often], rates[1][often])[0, 1] > 0.15


def test_ratings_tell_of_provider_and_person(history: History) -> None:
    tables = history.tables
    row_of = {each: n for n, each in enumerate(tables["bookings"]["id"])}
    at = np.array([row_of[each] for each in tables["ratings"]["booking_id"]])
    score = tables["ratings"]["score"]
    assert set(np.unique(score)) <= {1, 2, 3, 4, 5}
    assert 4.1 < score.mean() < 4.7
    assert 0.3 < len(score) / len(history.day) < 0.4
    assert (tables["bookings"]["status"][at] == "COMPLETED").all()
    assert (tables["ratings"]["rated_at"] > tables["bookings"]["ends_at"][at]).all()
    half = np.arange(len(score)) % 2 == 0
    for column, least in (("customer_id", 0.3), ("provider_id", 0.5)):
        who = np.unique(tables["bookings"][column][at].astype(str), return_inverse=True)[1]
        size = who.max() + 1
        counts = [np.bincount(who[part], None, size) for part in (half, ~half)]
        enough = np.minimum(*counts) >= 4
        means = [
            np.bincount(who[part], score[part], size)[enough] / count[enough]
            for part, count in zip((half, ~half), counts, strict=True)
        ]
        assert np.corrcoef(*means)[0, 1] > least


def test_people_have_a_time_of_day(history: History) -> None:
    minute = (history.rows["starts"] - history.day).astype("timedelta64[m]").astype(int)
    own = np.mean([minute[rows].std() for rows in history.by_customer])
    assert own < 0.75 * minute.std()
