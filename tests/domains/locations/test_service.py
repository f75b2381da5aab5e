"""Shops: opened, changed, closed."""

from datetime import time
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.locations import service
from barberpro.domains.locations.errors import (
    ChairCountOutOfRange,
    ChairLabelTaken,
    HoursOverlap,
    LimitedToLocations,
    LocationNameTaken,
    LocationNotFound,
    UnknownProvince,
    UnknownTimeZone,
)
from barberpro.domains.locations.service import Span
from barberpro.platform import ids
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata
from barberpro.platform.text import InvalidName

LETTERS = "A B C D E F G H J K L M N P Q R S T U V W X Y Z"


def opens(**other: Any) -> Any:
    usual = {
        "name": "La Plata",
        "city": "La Plata",
        "province": "B",
        "time_zone": "America/Argentina/Buenos_Aires",
        "chairs": 1,
        "hours": [],
    }
    return lambda tx: service.open_location(tx, **usual | other)


async def rows_of(done: Any, table: str, location_id: str) -> list[Any]:
    t = metadata.tables[table]
    read = select(t).where(t.c.location_id == location_id).order_by(t.c.id)
    return await done(lambda tx: tx.rows(read))


async def test_a_location_opens_with_chairs_and_hours(done: Any, told: Any, clock: Any) -> None:
    hours = [Span.between(6, time(16), time(0)), Span.between(1, time(9), time(13, 30))]
    opened = await done(opens(name="  La   Plata ", chairs=3, hours=hours))
    assert ids.prefix_of(opened.id) == "loc"
    assert (opened.name, opened.name_key, opened.city) == ("La Plata", "la plata", "La Plata")
    assert (opened.province, opened.time_zone) == ("B", "America/Argentina/Buenos_Aires")
    assert opened.is_active is True
    assert opened.created_at == clock()
    chairs = await rows_of(done, "chairs", opened.id)
    assert {c.label: c.is_active for c in chairs} == {"01": True, "02": True, "03": True}
    spans = await rows_of(done, "opening_hours", opened.id)
    assert sorted((s.weekday, s.opens_minute, s.closes_minute) for s in spans) == [
        (1, 540, 810),
        (6, 960, 1440),
    ]
    assert await told(opened.id) == [
        (
            "location.opened",
            opened.id,
            {"subject": opened.id, "time_zone": opened.time_zone, "province": "B"},
        )
    ]


async def test_chairs_may_have_labels_of_their_own(done: Any) -> None:
    opened = await done(opens(chairs=["Ventana", "Fondo"]))
    chairs = await rows_of(done, "chairs", opened.id)
    assert {c.label for c in chairs} == {"Ventana", "Fondo"}


async def test_more_than_99_chairs_still_sort_by_number(done: Any) -> None:
    opened = await done(opens(chairs=200))
    labels = sorted(c.label for c in await rows_of(done, "chairs", opened.id))
    assert labels == [f"{n:03}" for n in range(1, 201)]


@pytest.mark.parametrize("name", ["Centro", "CENTRO", " céntro "])
async def test_name_is_unique_within_an_organization(chain: Any, refused: Any, name: str) -> None:
    await refused(opens(name=name), LocationNameTaken, name=name.strip())


async def test_the_same_name_is_free_in_another_organization(
    chain: Any, done: Any, stranger: Principal
) -> None:
    opened = await done(opens(name="Centro"), stranger)
    assert opened.organization_id == stranger.tenant


async def test_n_with_tilde_is_another_letter(chain: Any, done: Any) -> None:
    await done(opens(name="Peña"))
    assert (await done(opens(name="Pena"))).name == "Pena"


@pytest.mark.parametrize(
    ("asked", "failure", "facts"),
    [
        ({"name": " "}, InvalidName, {"limit": 120}),
        ({"name": "x" * 121}, InvalidName, {"limit": 120}),
        ({"city": "\u200b"}, InvalidName, {"limit": 120}),
        ({"province": "I"}, UnknownProvince, {"letters": LETTERS}),
        ({"province": "O"}, UnknownProvince, {"letters": LETTERS}),
        ({"province": "b"}, UnknownProvince, {"letters": LETTERS}),
        ({"province": ""}, UnknownProvince, {"letters": LETTERS}),
        ({"province": "AB"}, UnknownProvince, {"letters": LETTERS}),
        ({"time_zone": "America/Buenos Aires"}, UnknownTimeZone, {}),
        ({"time_zone": "../../etc/passwd"}, UnknownTimeZone, {}),
        ({"time_zone": "America"}, UnknownTimeZone, {}),
        ({"time_zone": "localtime"}, UnknownTimeZone, {}),
        ({"chairs": 0}, ChairCountOutOfRange, {"minimum": 1, "maximum": 200}),
        ({"chairs": 201}, ChairCountOutOfRange, {"minimum": 1, "maximum": 200}),
        ({"chairs": []}, ChairCountOutOfRange, {"minimum": 1, "maximum": 200}),
        ({"chairs": ["A", "B", " A"]}, ChairLabelTaken, {"label": "A"}),
        ({"chairs": ["x" * 21]}, InvalidName, {"limit": 20}),
        (
            {"hours": [Span(2, 540, 780), Span(2, 779, 900)]},
            HoursOverlap,
            {"weekday": 2, "opens": "12:59"},
        ),
    ],
)
async def test_what_no_location_can_be_is_refused(
    chain: Any, refused: Any, asked: dict[str, Any], failure: Any, facts: dict[str, Any]
) -> None:
    await refused(opens(**asked), failure, **facts)


async def test_each_province_is_known(done: Any) -> None:
    for letter in LETTERS.split():
        assert (await done(opens(name=letter, province=letter))).province == letter


async def test_who_is_limited_to_locations_opens_none(
    chain: Any, principal: Principal, refused: Any
) -> None:
    limited = Principal(**{**vars(principal), "locations": frozenset({chain.centro.id})})
    await refused(opens(), LimitedToLocations, who=limited)


async def test_hours_are_replaced_as_a_whole(chain: Any, done: Any, told: Any) -> None:
    week = [Span(7, 600, 1440), Span(1, 0, 60)]
    location = await done(lambda tx: service.set_hours(tx, chain.centro.id, hours=week))
    assert location == chain.centro
    spans = await rows_of(done, "opening_hours", chain.centro.id)
    assert sorted((s.weekday, s.opens_minute, s.closes_minute) for s in spans) == [
        (1, 0, 60),
        (7, 600, 1440),
    ]
    assert len(await rows_of(done, "opening_hours", chain.norte.id)) == 12
    assert [t.type for t in await told(chain.centro.id)] == [
        "location.opened",
        "location.hours_set",
    ]


async def test_overlapping_hours_are_refused(chain: Any, refused: Any) -> None:
    week = [Span(3, 600, 700), Span(3, 600, 640)]
    await refused(
        lambda tx: service.set_hours(tx, chain.centro.id, hours=week),
        HoursOverlap,
        weekday=3,
        opens="10:00",
    )


async def test_hours_may_touch(chain: Any, done: Any) -> None:
    week = [Span(3, 600, 700), Span(3, 700, 800)]
    await done(lambda tx: service.set_hours(tx, chain.centro.id, hours=week))
    assert len(await rows_of(done, "opening_hours", chain.centro.id)) == 2


async def test_a_chair_is_added(chain: Any, done: Any, told: Any) -> None:
    added = await done(lambda tx: service.add_chair(tx, chain.centro.id, label=" 03 "))
    assert (added.label, added.location_id, added.is_active) == ("03", chain.centro.id, True)
    facts = {"subject": chain.centro.id, "chair_id": added.id}
    assert (await told(chain.centro.id))[-1] == ("location.chair_added", chain.centro.id, facts)


async def test_a_label_is_unique_within_a_location(chain: Any, refused: Any) -> None:
    await refused(
        lambda tx: service.add_chair(tx, chain.centro.id, label="02"), ChairLabelTaken, label="02"
    )


async def test_no_location_holds_more_than_200_chairs(done: Any, refused: Any) -> None:
    full = await done(opens(chairs=200))
    await refused(
        lambda tx: service.add_chair(tx, full.id, label="201"),
        ChairCountOutOfRange,
        minimum=1,
        maximum=200,
    )


async def test_a_location_closes_and_reopens(chain: Any, done: Any, told: Any, state: Any) -> None:
    closed = await done(lambda tx: service.close(tx, chain.centro.id))
    assert closed.is_active is False
    before = await state()
    assert await done(lambda tx: service.close(tx, chain.centro.id)) == closed
    assert await state() == before
    reopened = await done(lambda tx: service.reopen(tx, chain.centro.id))
    assert reopened == chain.centro
    assert [t.type for t in await told(chain.centro.id)] == [
        "location.opened",
        "location.closed",
        "location.reopened",
    ]


@pytest.mark.parametrize(
    "wrong", ["", "loc_", "x" * 500, "loc_\x00", "prv_01h455vb4pex5vsknk084sn02q"]
)
async def test_what_is_no_id_is_not_found(refused: Any, wrong: str) -> None:
    await refused(lambda tx: service.close(tx, wrong), LocationNotFound, location_id=wrong[:40])


async def test_all_locations_asked_for_must_be_known(chain: Any, done: Any, refused: Any) -> None:
    await done(lambda tx: service.check_known(tx, [chain.centro.id, chain.norte.id]))
    unknown = ids.new("loc")
    await refused(
        lambda tx: service.check_known(tx, [chain.centro.id, unknown, "x"]),
        LocationNotFound,
        location_id=unknown,
    )
