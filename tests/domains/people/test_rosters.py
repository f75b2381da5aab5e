"""When providers are at work, and what they can do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.catalogue.errors import ServiceNotFound
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service
from barberpro.domains.people.errors import (
    AbsenceNotFound,
    InvalidAbsence,
    ProviderNotFound,
    ShiftsOverlap,
    TooManyAbsences,
    TooManyShifts,
    TooManySkills,
)
from barberpro.domains.people.rosters import MOST_ABSENCES, Shift
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def rows(done: Any) -> Any:
    """`await rows("shifts", "weekday", …)` is those cells of the table's rows."""

    async def read(name: str, *cells: str) -> list[tuple[Any, ...]]:
        table = metadata.tables[name]
        of = select(*(table.c[cell] for cell in cells)).order_by(table.c.id)
        return [tuple(row) for row in await done(lambda tx: tx.rows(of))]

    return read


def week(chain: Any, *shifts: tuple[str, int, int, int]) -> list[Shift]:
    return [Shift(getattr(chain, at).id, Span(day, a, b)) for at, day, a, b in shifts]


async def test_shifts_replace_those_before(chain: Any, done: Any, rows: Any, told: Any) -> None:
    cells = "location_id", "weekday", "starts_minute", "ends_minute"
    first = week(chain, ("centro", 2, 540, 780), ("centro", 1, 540, 780))
    await done(lambda tx: service.set_shifts(tx, chain.ana.id, week=first))
    here, there = chain.centro.id, chain.norte.id
    assert sorted(await rows("shifts", *cells)) == [(here, 1, 540, 780), (here, 2, 540, 780)]
    second = week(chain, ("norte", 1, 780, 1440), ("centro", 1, 540, 780))
    await done(lambda tx: service.set_shifts(tx, chain.ana.id, week=second))
    assert set(await rows("shifts", *cells)) == {(here, 1, 540, 780), (there, 1, 780, 1440)}
    await done(lambda tx: service.set_shifts(tx, chain.ana.id, week=[]))
    assert await rows("shifts", *cells) == []
    types = [each.type for each in await told(chain.ana.id)]
    assert types == ["provider.registered", *["provider.shifts_set"] * 3]


async def test_who_sees_one_shop_replaces_its_shifts_alone(
    chain: Any, done: Any, rows: Any, principal: Any
) -> None:
    both = week(chain, ("norte", 1, 780, 1440), ("centro", 1, 540, 780))
    await done(lambda tx: service.set_shifts(tx, chain.ana.id, week=both))
    limited = Principal(**{**vars(principal), "locations": frozenset({chain.centro.id})})
    other = week(chain, ("centro", 3, 540, 780))
    await done(lambda tx: service.set_shifts(tx, chain.ana.id, week=other), limited)
    kept = {(chain.norte.id, 1), (chain.centro.id, 3)}
    assert set(await rows("shifts", "location_id", "weekday")) == kept


async def test_nobody_is_in_two_places(chain: Any, refused: Any) -> None:
    both = week(chain, ("centro", 1, 540, 780), ("norte", 1, 779, 900))
    await refused(
        lambda tx: service.set_shifts(tx, chain.ana.id, week=both),
        ShiftsOverlap,
        weekday=1,
        starts="12:59",
    )


async def test_what_is_unknown_or_too_much_is_refused(chain: Any, refused: Any) -> None:
    one = week(chain, ("centro", 1, 540, 780))
    many = week(chain, *[("centro", 1, n, n + 1) for n in range(57)])
    ana = chain.ana.id
    await refused(lambda tx: service.set_shifts(tx, ana, week=many), TooManyShifts, limit=56)
    nobody = {"provider_id": "prv_none"}
    await refused(
        lambda tx: service.set_shifts(tx, "prv_none", week=one), ProviderNotFound, **nobody
    )
    nowhere = [Shift("loc_none", Span(1, 0, 60))]
    await refused(
        lambda tx: service.set_shifts(tx, ana, week=nowhere),
        LocationNotFound,
        location_id="loc_none",
    )
    await refused(
        lambda tx: service.set_skills(tx, ana, service_ids=["svc_none"]),
        ServiceNotFound,
        service_id="svc_none",
    )
    skills = [f"svc_{n}" for n in range(501)]
    await refused(
        lambda tx: service.set_skills(tx, ana, service_ids=skills), TooManySkills, limit=500
    )
    await refused(
        lambda tx: service.come_back(tx, "abs_none"), AbsenceNotFound, absence_id="abs_none"
    )


async def test_skills_are_all_that_was_said_last(
    chain: Any, done: Any, rows: Any, told: Any
) -> None:
    twice = [chain.cut.id, chain.cut.id]
    await done(lambda tx: service.set_skills(tx, chain.ana.id, service_ids=twice))
    assert await rows("skills", "provider_id", "service_id") == [(chain.ana.id, chain.cut.id)]
    assert (await told(chain.ana.id))[-1].data["service_ids"] == [chain.cut.id]
    await done(lambda tx: service.set_skills(tx, chain.ana.id, service_ids=[]))
    assert await rows("skills", "provider_id") == []


async def test_time_off_is_taken_and_taken_back(
    chain: Any, done: Any, rows: Any, told: Any
) -> None:
    off = {"starts_at": NOW + DAY, "ends_at": NOW + 2 * DAY, "location_id": chain.norte.id}
    absence = await done(lambda tx: service.take_off(tx, chain.ana.id, **off))
    cells = "provider_id", "location_id", "starts_at", "ends_at"
    assert await rows("absences", *cells) == [
        (chain.ana.id, chain.norte.id, NOW + DAY, NOW + 2 * DAY)
    ]
    back = await done(lambda tx: service.come_back(tx, absence.id))
    assert back.id == chain.ana.id
    assert await rows("absences", "id") == []
    types = [(each.type, each.data.get("absence_id")) for each in await told(chain.ana.id)]
    assert types[1:] == [("provider.absent", absence.id), ("provider.back", absence.id)]


@pytest.mark.parametrize(
    ("starts", "ends"),
    [(-DAY, timedelta(0)), (DAY, DAY), (2 * DAY, DAY), (timedelta(0), timedelta(days=733))],
)
async def test_time_off_is_neither_over_nor_endless(
    chain: Any, refused: Any, starts: timedelta, ends: timedelta
) -> None:
    off = {"starts_at": NOW + starts, "ends_at": NOW + ends}
    await refused(lambda tx: service.take_off(tx, chain.ana.id, **off), InvalidAbsence, days=732)


async def test_there_is_an_end_to_times_off(
    chain: Any, opening: Any, done: Any, refused: Any
) -> None:
    off = {"starts_at": NOW, "ends_at": NOW + HOUR}
    async with opening() as tx:
        for _ in range(MOST_ABSENCES):
            await service.take_off(tx, chain.ana.id, **off)
    await refused(
        lambda tx: service.take_off(tx, chain.ana.id, **off), TooManyAbsences, limit=MOST_ABSENCES
    )
    await done(lambda tx: service.take_off(tx, chain.bruno.id, **off))
