"""Versions of a model: nothing of one is seen before it is in use, and one is in use at a time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, insert, select
from sqlalchemy.exc import IntegrityError

from barberpro.domains.learning import service
from barberpro.domains.learning.errors import ModelVersionNotFound, NotInTraining, Overtaken
from barberpro.domains.learning.service import Kind
from barberpro.domains.learning.tables import model_versions
from barberpro.platform import ids
from barberpro.platform.tables import metadata

DEMAND, RECOMMENDATIONS = Kind.DEMAND, Kind.RECOMMENDATIONS
THROUGH = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def begun(done: Any, clock: Any) -> Any:
    """Begin the training of a version, each a minute after the one before."""

    async def begin(kind: Kind = DEMAND) -> str:
        clock.forward(minutes=1)
        return (await done(lambda tx: service.begin(tx, kind))).id

    return begin


@pytest.fixture
def activated(done: Any) -> Any:
    async def activate(version: str) -> Any:
        return await done(
            lambda tx: service.activate(
                tx, version, trained_through=THROUGH, data_hash="d1", metrics={"mase": 0.8}
            )
        )

    return activate


@pytest.fixture
def statuses(done: Any) -> Any:
    async def read() -> dict[str, str]:
        columns = select(model_versions.c.id, model_versions.c.status)
        return {row.id: row.status for row in await done(lambda tx: tx.rows(columns))}

    return read


async def in_use(done: Any, kind: Kind = DEMAND) -> Any:
    row = await done(lambda tx: tx.row(service.version_in_use(kind)))
    return row and row.id


async def test_a_version_is_in_use_once_it_is_activated(
    begun: Any, activated: Any, done: Any, clock: Any, told: Any
) -> None:
    version = await begun()
    assert await in_use(done) is None
    clock.forward(minutes=5)
    row = await activated(version)
    assert (row.status, row.trained_through, row.ended_at) == ("ACTIVE", THROUGH, clock())
    assert (row.data_hash, row.metrics) == ("d1", {"mase": 0.8})
    assert await in_use(done) == version
    assert await in_use(done, RECOMMENDATIONS) is None
    assert [t.type for t in await told(version)] == ["model.training_begun", "model.activated"]
    assert (await told(version))[1].data["replaced"] is None


async def test_a_later_version_takes_the_place_of_the_one_before(
    begun: Any, activated: Any, done: Any, statuses: Any, told: Any
) -> None:
    first, second = await begun(), await begun()
    await activated(first)
    await activated(second)
    assert await statuses() == {first: "RETIRED", second: "ACTIVE"}
    assert (await told(second))[-1].data["replaced"] == first


async def test_an_overtaken_training_changes_nothing(
    begun: Any, activated: Any, refused: Any
) -> None:
    first, second = await begun(), await begun()
    await activated(second)
    await refused(
        lambda tx: service.activate(tx, first, trained_through=THROUGH, data_hash="", metrics={}),
        Overtaken,
        version_id=first,
        by=second,
    )


async def test_a_failed_training_leaves_what_is_in_use(
    begun: Any, activated: Any, done: Any, refused: Any
) -> None:
    good, bad = await begun(), await begun()
    await activated(good)
    row = await done(lambda tx: service.fail(tx, bad, reason="x" * 600))
    assert (row.status, row.reason) == ("FAILED", "x" * 500)
    assert await in_use(done) == good
    await refused(
        lambda tx: service.fail(tx, bad, reason=""),
        NotInTraining,
        version_id=bad,
        standing="FAILED",
    )
    unknown = ids.new("mdl")
    await refused(
        lambda tx: service.fail(tx, unknown, reason=""), ModelVersionNotFound, version_id=unknown
    )


async def test_of_two_at_once_one_is_in_use(begun: Any, activated: Any, statuses: Any) -> None:
    versions = [await begun() for _ in range(4)]
    ended = await asyncio.gather(*map(activated, versions), return_exceptions=True)
    assert all(
        not isinstance(one, BaseException) or isinstance(one, Overtaken | IntegrityError)
        for one in ended
    )
    assert list((await statuses()).values()).count("ACTIVE") == 1


async def test_rows_are_written_only_in_training_and_forgotten_in_their_time(
    begun: Any, activated: Any, done: Any, refused: Any, told: Any, chain: Any, clock: Any
) -> None:
    points = metadata.tables["forecast_points"]
    versions = [await begun() for _ in range(4)]

    def row(day: int) -> dict[str, Any]:
        return _point(points, chain.centro.id, day)

    for version in versions:
        await done(
            lambda tx, version=version: service.learned(
                tx, version, insert(points), [row(1), row(2)]
            )
        )
    assert (await told(versions[0]))[1].data == {
        "subject": versions[0],
        "table": "forecast_points",
        "rows": 2,
    }
    for version in versions[:3]:
        await activated(version)
    await refused(
        lambda tx: service.learned(tx, versions[0], insert(points), [row(3)]),
        NotInTraining,
        version_id=versions[0],
        standing="RETIRED",
    )
    clock.forward(days=1)
    await done(lambda tx: service.forget(tx, DEMAND, [points]))
    kept = {r.model_version_id for r in await done(lambda tx: tx.rows(select(points)))}
    assert kept == set(versions[1:])  # the one before, the one in use, and one in training


def _point(points: Any, location: str, day: int) -> dict[str, Any]:
    """Any row that the table takes."""

    def value(column: Column[Any]) -> Any:
        kind = column.type.python_type
        by_kind = {float: 1.0, int: 1, bool: False, str: "BOOKINGS"}
        if column.name == "date":
            return (
                (THROUGH + timedelta(days=day)).date().isoformat()
                if kind is str
                else THROUGH.date() + timedelta(days=day)
            )
        return by_kind[kind]

    given = {c.name: value(c) for c in points.c if not c.nullable and c.name not in SET}
    return {**given, "id": ids.new(points.info["prefix"]), "location_id": location}


SET = {"id", "organization_id", "model_version_id", "location_id"}
