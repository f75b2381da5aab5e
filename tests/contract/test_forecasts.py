"""The operations on forecasts: their answers, and how many statements they take."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.forecasts import service
from barberpro.domains.forecasts.tables import forecast_points
from barberpro.domains.forecasts.training import train
from barberpro.platform.sets import among

p = forecast_points.c

DAYS = """query Days($id: ID!, $ahead: Int = 28, $back: Int = 0) {
  location(id: $id) { forecast(metric: BOOKINGS, horizonDays: $ahead, pastDays: $back) {
    unit modelUsed fallbackReason points { date actual } } } }"""


@pytest.fixture
def visited(chain: Any, done: Any, clock: Any, database: Any, principal: Any) -> Any:
    """`await visited(shop, …)`: a cut a day at each for three weeks but on Sundays, and the models trained after."""

    async def train_on(*shops: Any) -> None:
        days = [clock.time + timedelta(days=n) for n in range(21)]
        for number, shop in enumerate(shops):
            who = (chain.ana, chain.bruno)[number].id
            for day in days:
                if day.weekday() < 6:
                    asked = chain.asks(
                        location_id=shop.id,
                        provider_id=who,
                        starts_at=day + timedelta(hours=number),
                    )
                    await done(lambda tx, asked=asked: bookings.create(tx, **asked))
        clock.forward(days=21)
        await train(database, principal, clock)

    return train_on


@pytest.fixture
async def shop(chain: Any, visited: Any) -> str:
    """A shop with a history."""
    await visited(chain.centro)
    return chain.centro.id


async def test_demand_is_told_with_what_it_is_worth(ask: Any, documents: Any, shop: str) -> None:
    answer = await ask(documents["DemandForecast"], locationId=shop, days=2)
    assert (answer.errors, answer.statements) == ([], 3)
    told = answer.data["location"]["forecast"]
    assert told["metric"] == "BOOKINGS"
    assert told["granularity"] == "DAY"
    assert told["modelVersion"].startswith("mdl_")
    assert told["trainedThrough"] == "2026-12-13"
    assert [p["date"] for p in told["points"]] == ["2026-12-14", "2026-12-15"]
    first = told["points"][0]
    assert 0 <= first["lower"] <= first["mean"] <= first["upper"]
    assert (first["actual"], first["isHoliday"], first["isClosed"]) == (None, False, False)
    assert told["backtest"]["horizonDays"] == 7


async def test_statements_do_not_grow_with_locations(
    ask: Any, documents: Any, chain: Any, visited: Any
) -> None:
    none = await ask(documents["ChainForecasts"])
    assert [n["forecast"] for n in none.data["locations"]["nodes"]] == [None, None]
    await visited(chain.centro, chain.norte)
    both = await ask(documents["ChainForecasts"])
    assert none.errors == both.errors == []
    assert (none.statements, both.statements) == (3, 3)
    means = [[p["mean"] for p in n["forecast"]["points"]] for n in both.data["locations"]["nodes"]]
    assert means == [[12_500.0] * 6 + [0.0] + [12_500.0] * 6 + [0.0]] * 2


async def test_days_of_another_version_are_left_out(
    ask: Any, shop: str, clock: Any, database: Any, principal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a version is put into use between the statement for the summary and that for the days."""
    clock.forward(minutes=1)
    await train(database, principal, clock)
    both = select(forecast_points).where(
        p.metric == service.METRIC, among(p.location_id, service.LOCATIONS)
    )
    monkeypatch.setattr(service, "POINTS", both.order_by(p.date))
    told = (await ask(DAYS, id=shop, ahead=2)).data["location"]["forecast"]
    assert [day["date"] for day in told["points"]] == ["2026-12-14", "2026-12-15"]


async def test_past_days_are_those_the_backtest_foretold(ask: Any, shop: str) -> None:
    told = (await ask(DAYS, id=shop, ahead=1, back=3)).data["location"]["forecast"]
    assert told["unit"] == "bookings"
    assert [p["date"] for p in told["points"]] == [f"2026-12-{day}" for day in (11, 12, 13, 14)]
    assert [p["actual"] for p in told["points"]] == [1, 1, 0, None]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ahead": 0}, r"horizonDays:\)` must be from 1 to 90; it is 0"),
        ({"ahead": 91}, r"horizonDays:\)` must be from 1 to 90; it is 91"),
        ({"back": -1}, r"pastDays:\)` must be from 0 to 90; it is -1"),
    ],
)
async def test_days_out_of_range_are_refused(
    ask: Any, shop: str, given: dict[str, int], says: str
) -> None:
    answer = await ask(DAYS, id=shop, **given)
    assert [type(e.original_error).code for e in answer.errors] == ["BAD_USER_INPUT"]
    assert answer.data["location"]["forecast"] is None
    with pytest.raises(Exception, match=says):
        raise answer.errors[0]
