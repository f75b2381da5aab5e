"""Training on the rows of a database: what is seen of it, by whom, and when."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from barberpro.domains.bookings import service as bookings
from barberpro.domains.forecasts import service
from barberpro.domains.forecasts.service import Metric
from barberpro.domains.forecasts.tables import forecast_points, forecast_summaries
from barberpro.domains.forecasts.training import pipeline, train
from barberpro.domains.forecasts.training.reading import shops
from barberpro.domains.learning.tables import model_versions
from barberpro.domains.locations import service as locations
from barberpro.platform.doors import Reader
from barberpro.platform.money import Money


@pytest.fixture
async def visited(chain: Any, done: Any, clock: Any) -> Any:
    """The centre with a cut at ten and one at eleven on every open day of the last three weeks; Tuesdays only one."""
    for ago in range(1, 22):
        ten = clock.time - timedelta(days=ago)
        if ten.weekday() == 6:
            continue
        for hour in range(1 if ten.weekday() == 1 else 2):
            asked = chain.asks(starts_at=ten + timedelta(hours=hour))
            await done(lambda tx, asked=asked: bookings.record(tx, **asked))
    return chain


async def told(reader: Reader, location: str, metric: Metric = Metric.BOOKINGS) -> Any:
    """The summary and the points of a location."""
    asked = {"metric": metric, "locations": [location]}
    found = await reader.rows(service.summaries(), asked)
    if not found:
        return None, []
    first = found[0].trained_through - timedelta(days=90)
    days = {"first": first, "end": first + timedelta(days=365)}
    return found[0], await reader.rows(service.points(), asked | days)


async def test_what_was_learned_is_in_use(
    database: Any, principal: Any, clock: Any, visited: Any
) -> None:
    trained = await train(database, principal, clock)
    reader = Reader(database, principal)
    summary, points = await told(reader, visited.centro.id)
    assert summary.model_version_id == trained.version_id
    assert (summary.model_used, summary.fallback_reason) == ("WEEKDAY_MEAN", "SHORT_HISTORY")
    assert summary.trained_through.isoformat() == "2026-11-22"
    ahead = [p for p in points if p.actual is None]
    assert [p.date.isoformat() for p in (ahead[0], ahead[-1])] == ["2026-11-23", "2027-02-20"]
    assert [p.mean for p in ahead[:7]] == [2, 1, 2, 2, 2, 2, 0]
    assert [p.is_closed for p in ahead[:7]] == [False] * 6 + [True]
    assert (ahead[0].is_holiday, ahead[0].holiday_name) == (True, "Día de la Soberanía Nacional")
    past = [p for p in points if p.actual is not None]
    assert [p.actual for p in past[-7:]] == [2, 1, 2, 2, 2, 2, 0]
    _, revenue = await told(reader, visited.centro.id, Metric.REVENUE)
    assert [p.mean for p in revenue if p.actual is None][:2] == [25_000, 12_500]
    silent, nothing = await told(reader, visited.norte.id)
    assert (silent.model_used, silent.fallback_reason, nothing) == (
        "NONE",
        "TOO_LITTLE_HISTORY",
        [],
    )
    assert trained.rows == len(points) + len(revenue) + 4
    assert trained.metrics["locations"] == {"NONE": 1, "WEEKDAY_MEAN": 1}


async def test_what_is_half_written_is_not_seen_and_what_fails_changes_nothing(
    database: Any, principal: Any, clock: Any, visited: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(database, principal)
    good = await train(database, principal, clock)
    before = await told(reader, visited.centro.id)
    clock.forward(minutes=1)

    async def fails(tx: Any, version: str, **_: Any) -> None:
        assert await tx.rows(
            select(forecast_points).where(forecast_points.c.model_version_id == version)
        )
        assert await told(reader, visited.centro.id) == before
        raise RuntimeError("the lights went out")

    with monkeypatch.context() as patched:
        patched.setattr(pipeline.learning, "activate", fails)
        with pytest.raises(RuntimeError, match="the lights went out"):
            await train(database, principal, clock)
    versions = await reader.rows(select(model_versions).order_by(model_versions.c.started_at))
    assert [(v.status, v.reason) for v in versions] == [
        ("ACTIVE", None),
        ("FAILED", "RuntimeError: the lights went out"),
    ]
    assert versions[0].id == good.version_id
    assert await told(reader, visited.centro.id) == before


async def test_the_first_error_goes_on_where_marking_it_fails_too(
    database: Any, principal: Any, clock: Any, visited: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(why: str) -> Any:
        async def fails(*_: Any, **__: Any) -> None:
            raise RuntimeError(why)

        return fails

    monkeypatch.setattr(pipeline.learning, "activate", failing("the lights went out"))
    monkeypatch.setattr(pipeline.learning, "fail", failing("and the water"))
    with capture_logs() as lines, pytest.raises(RuntimeError, match="the lights went out"):
        await train(database, principal, clock)
    assert [line["event"] for line in lines] == ["training_not_marked_failed"]
    versions = await Reader(database, principal).rows(select(model_versions))
    assert [v.status for v in versions] == ["TRAINING"]
    assert lines[0]["version"] == versions[0].id


async def test_a_training_is_done_where_old_rows_cannot_be_deleted(
    database: Any, principal: Any, clock: Any, visited: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(pipeline.learning, "forget", fails)
    with capture_logs() as lines:
        trained = await train(database, principal, clock)
    assert [line["event"] for line in lines] == ["old_versions_not_forgotten"]
    summary, _ = await told(Reader(database, principal), visited.centro.id)
    assert summary.model_version_id == trained.version_id


async def test_one_booking_in_dollars_leaves_takings_in_pesos(
    database: Any, principal: Any, clock: Any, visited: Any, done: Any
) -> None:
    """33 cuts in pesos, then one in dollars as the last: the currency is that of most of the last four weeks."""
    asked = visited.asks(starts_at=clock.time - timedelta(days=1), price=Money(10_000, "USD"))
    await done(lambda tx: bookings.record(tx, **asked))
    reader, only = Reader(database, principal), visited.centro.id
    (shop,) = await shops(reader, clock(), only=only)
    assert (shop.currency_code, shop.prices.sum(), shop.prices[-1]) == ("ARS", 33 * 1_250_000, 0)
    (shop,) = await shops(reader, clock(), only=only, currency="USD")
    assert (shop.currency_code, shop.prices.sum()) == ("USD", 10_000)
    await train(database, principal, clock)
    summary, points = await told(reader, only, Metric.REVENUE)
    assert summary.unit == "ARS"
    assert 24_000 < next(p.mean for p in points if p.actual is None) < 25_000
    (shop,) = await shops(reader, clock() + timedelta(days=27), only=only)
    assert shop.currency_code == "USD"  # the last cut in pesos was 29 days ago, that in dollars 28
    (shop,) = await shops(reader, clock() + timedelta(days=28), only=only)
    assert shop.currency_code == "ARS"  # of all, for there are none in the last four weeks


async def test_a_shop_that_states_no_hours_is_not_closed_for_ever(
    database: Any, principal: Any, clock: Any, visited: Any, done: Any
) -> None:
    await done(lambda tx: locations.set_hours(tx, visited.centro.id, hours=[]))
    await train(database, principal, clock)
    _, points = await told(Reader(database, principal), visited.centro.id)
    ahead = [p for p in points if p.actual is None]
    assert [p.mean for p in ahead[:7]] == [2, 1, 2, 2, 2, 2, 0]
    assert not any(p.is_closed for p in points)


async def test_a_later_training_takes_its_place_and_old_rows_go(
    database: Any, principal: Any, clock: Any, visited: Any
) -> None:
    reader = Reader(database, principal)
    trained = []
    for _ in range(3):
        trained.append((await train(database, principal, clock)).version_id)
        clock.forward(minutes=1)
    for table in (forecast_points, forecast_summaries):
        kept = await reader.rows(select(table.c.model_version_id).distinct())
        assert {row.model_version_id for row in kept} == set(trained[1:])
    hashes = await reader.rows(select(model_versions.c.data_hash))
    assert len({row.data_hash for row in hashes}) == 1  # the same rows were learned from
    assert (await told(reader, visited.centro.id))[0].model_version_id == trained[-1]


async def test_today_and_what_did_not_take_place_are_not_history(
    database: Any, principal: Any, clock: Any, visited: Any, done: Any
) -> None:
    first = await train(database, principal, clock)
    asks = visited.asks(starts_at=clock.time + timedelta(hours=1))
    await done(lambda tx: bookings.create(tx, **asks))
    clock.forward(minutes=1)
    await train(database, principal, clock)
    reader = Reader(database, principal)
    rows = await reader.rows(select(model_versions.c.data_hash))
    assert len({row.data_hash for row in rows}) == 1
    history = await reader.rows(
        bookings.history_at(), {"location": visited.centro.id, "before": clock()}
    )
    await done(lambda tx: bookings.retract(tx, history[0].id))
    clock.forward(minutes=1)
    assert (await train(database, principal, clock)).version_id != first.version_id
    rows = await reader.rows(select(model_versions.c.data_hash))
    assert len({row.data_hash for row in rows}) == 2


async def test_another_organization_sees_none_of_it(
    database: Any, principal: Any, stranger: Any, clock: Any, visited: Any
) -> None:
    await train(database, principal, clock)
    assert await told(Reader(database, stranger), visited.centro.id) == (None, [])
    await train(database, stranger, clock)
    assert await told(Reader(database, stranger), visited.centro.id) == (None, [])
    limited = type(principal)(**{**vars(principal), "locations": frozenset({visited.norte.id})})
    assert await told(Reader(database, limited), visited.centro.id) == (None, [])
    assert (await told(Reader(database, limited), visited.norte.id))[0] is not None
