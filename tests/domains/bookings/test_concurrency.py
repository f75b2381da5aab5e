"""Many at once for few chairs: nobody is booked twice, nothing acknowledged is lost, nothing deadlocks."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings import agenda, rules, service
from barberpro.domains.bookings.errors import (
    ChairTaken,
    HoldRanOut,
    NoChairFree,
    SlotTaken,
    TooFarToTravel,
    TooManyHolds,
    WrongStatus,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.people import service as people
from barberpro.platform.money import Money
from barberpro.platform.tables import metadata

from ...chain import open_shop

FORESEEN = (ChairTaken, NoChairFree, SlotTaken, TooFarToTravel, WrongStatus)
WAY = timedelta(minutes=10)
MORNING = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
LATER = MORNING + timedelta(hours=1)
STARTS = [MORNING + timedelta(minutes=5 * n) for n in range(24)]
TASKS, TURNS = 64, 4
OCCUPYING = ("HELD", "CONFIRMED", "CHECKED_IN", "COMPLETED")
STANDING = OCCUPYING[1:]


def overlaps(rows: Iterable[Any], key: str) -> list[tuple[Any, Any]]:
    """Pairs that hold the same thing at the same instant."""
    held = [row for row in rows if row.status in OCCUPYING]
    return [
        (a, b)
        for a, b in combinations(held, 2)
        if getattr(a, key) == getattr(b, key)
        and (rules.collide(a, b) if key == "provider_id" else a.taken_from < b.free_at)
        and b.taken_from < a.free_at
    ]


def hurries(rows: Iterable[Any]) -> list[tuple[Any, Any]]:
    """Pairs of one provider at two shops, with less than the way between them."""
    held = [row for row in rows if row.status in OCCUPYING]
    return [
        (a, b)
        for a, b in combinations(held, 2)
        if a.provider_id == b.provider_id
        and a.location_id != b.location_id
        and a.taken_from < b.free_at + WAY
        and b.taken_from < a.free_at + WAY
    ]


async def test_64_callers_fight_for_five_chairs_and_five_providers(
    opening: Any, done: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opening() as tx:
        shops = [await open_shop(tx, "Tres", chairs=3), await open_shop(tx, "Dos", chairs=2)]
        both = [shop.id for shop in shops]
        await locations.set_travel(tx, *both, minutes=WAY // timedelta(minutes=1))
        providers = [
            await people.register_provider(tx, name=f"P{n}", location_ids=both) for n in range(5)
        ]
        customers = [
            await people.register_customer(tx, name=f"C{n}", home_location_id=None)
            for n in range(5)
        ]
        cut = await catalogue.offer_service(
            tx, name="Corte", duration_minutes=25, buffer_minutes=5, price=Money(1, "ARS")
        )
        colour = await catalogue.offer_service(
            tx,
            name="Color",
            duration_minutes=50,
            buffer_before_minutes=10,
            buffer_minutes=5,
            gap_after_minutes=10,
            gap_minutes=30,
            price=Money(1, "ARS"),
        )
    acknowledged: dict[str, Any] = {}
    refusals: list[Exception] = []
    needed_the_constraint: list[Any] = []
    monkeypatch.setattr(agenda, "violated", lambda e: needed_the_constraint.append(e) or "")

    async def attempt(act: Any) -> None:
        try:
            booking = await done(act)
        except FORESEEN as refusal:
            refusals.append(refusal)
        else:
            acknowledged[booking.id] = booking

    async def caller(seed: int) -> None:
        rnd = random.Random(seed)
        for _ in range(TURNS):
            asked = {
                "location_id": rnd.choice(both),
                "provider_id": rnd.choice(providers).id,
                "customer_id": rnd.choice(customers).id,
                "service_id": rnd.choice([cut, colour]).id,
                "starts_at": rnd.choice(STARTS),
                "channel": Channel.APP,
            }
            mine = [b for n, b in enumerate(acknowledged.values()) if n % TASKS == seed]
            roll = rnd.random()
            if not mine or roll < 0.6:
                await attempt(lambda tx, asked=asked: service.create(tx, **asked))
                continue
            one = rnd.choice(mine).id
            to = {"starts_at": asked["starts_at"], "provider_id": asked["provider_id"]}
            if roll < 0.9:
                await attempt(lambda tx, one=one, to=to: service.reschedule(tx, one, **to))
            else:
                await attempt(lambda tx, one=one: service.cancel(tx, one))

    await asyncio.gather(*[caller(seed) for seed in range(TASKS)])

    table = metadata.tables["bookings"]
    stored = await done(lambda tx: tx.rows(select(table)))
    assert overlaps(stored, "provider_id") == []
    assert overlaps(stored, "chair_id") == []
    assert hurries(stored) == []
    assert {row.id: row for row in stored} == acknowledged
    assert needed_the_constraint == []
    assert len(acknowledged) >= 10
    assert len(refusals) >= 10
    firsts = [row.customer_id for row in stored if row.is_first_visit and row.status in STANDING]
    assert len(firsts) == len(set(firsts))


async def test_of_many_who_want_one_slot_one_gets_it(chain: Any, opening: Any, done: Any) -> None:
    async def attempt() -> bool:
        try:
            await done(lambda tx: service.create(tx, **chain.asks(starts_at=MORNING)))
        except SlotTaken:
            return False
        return True

    outcomes = await asyncio.gather(*[attempt() for _ in range(32)])
    assert sorted(outcomes) == [False] * 31 + [True]


async def test_two_bookings_that_change_places_do_not_wait_for_each_other(
    chain: Any, booked: Any, done: Any
) -> None:
    """Each wants the other's provider at another hour, again and again, from both shops at once."""
    ends = MORNING + timedelta(hours=1)
    one = await booked(starts_at=MORNING)
    two = await booked(starts_at=ends, provider_id=chain.bruno.id, location_id=chain.norte.id)

    async def swing(booking: Any, first: Any, second: Any) -> None:
        for n in range(10):
            to = (first if n % 2 else second).id
            await done(lambda tx, to=to: service.reschedule(tx, booking.id, provider_id=to))

    async with asyncio.timeout(20):
        await asyncio.gather(swing(one, chain.ana, chain.bruno), swing(two, chain.bruno, chain.ana))
    last = await done(lambda tx: service.reschedule(tx, one.id))
    assert (last.provider_id, last.starts_at) == (chain.ana.id, MORNING)


async def test_of_many_who_want_what_a_hold_kept_one_gets_it(
    chain: Any, opening: Any, done: Any, clock: Any, history: Any
) -> None:
    """All find it run out at once; so does who held it, and wants to confirm it now."""
    hold = await done(lambda tx: service.hold(tx, **chain.asks(starts_at=LATER)))
    clock.forward(minutes=5)

    async def attempt(act: Any) -> str:
        try:
            return (await done(act)).status
        except (SlotTaken, HoldRanOut) as refusal:
            return refusal.code

    acts = [lambda tx: service.create(tx, **chain.asks(starts_at=LATER))] * 8
    acts += [lambda tx: service.hold(tx, **chain.asks(starts_at=LATER))] * 8
    acts += [lambda tx: service.confirm(tx, hold.id)] * 8
    random.Random(3).shuffle(acts)
    outcomes = Counter(await asyncio.gather(*[attempt(act) for act in acts]))
    assert outcomes["CONFIRMED"] + outcomes["HELD"] == 1
    assert (outcomes["SLOT_TAKEN"], outcomes["HOLD_RAN_OUT"]) == (15, 8)
    assert [c.kind for c in await history(hold.id)] == ["HELD", "EXPIRED"]


async def test_holds_come_and_go_while_many_book(
    chain: Any, done: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """32 callers, two providers at two shops, and a clock that makes every hold run out now and then."""
    acknowledged: dict[str, Any] = {}
    needed_the_constraint: list[Any] = []
    monkeypatch.setattr(agenda, "violated", lambda e: needed_the_constraint.append(e) or "")
    customers = [
        await done(
            lambda tx, n=n: people.register_customer(tx, name=f"C{n}", home_location_id=None)
        )
        for n in range(12)
    ]
    first = LATER + timedelta(days=1)

    async def caller(seed: int) -> None:
        rnd, mine = random.Random(seed), list[str]()
        for turn in range(6):
            if seed == 0:
                clock.forward(minutes=2)
            asked = chain.asks(
                location_id=rnd.choice([chain.centro.id, chain.norte.id]),
                provider_id=rnd.choice([chain.ana.id, chain.bruno.id]),
                customer_id=rnd.choice(customers).id,
                starts_at=first + timedelta(minutes=10 * rnd.randrange(6)),
            )
            one = rnd.choice(mine) if mine else ""
            acts: list[Any] = [
                lambda tx, asked=asked: service.create(tx, **asked),
                lambda tx, asked=asked: service.hold(tx, minutes=rnd.choice([1, 3, 9]), **asked),
            ]
            if one:
                acts += [
                    lambda tx, one=one: service.confirm(tx, one),
                    lambda tx, one=one: service.extend(tx, one, minutes=5),
                    lambda tx, one=one: service.release_hold(tx, one),
                    lambda tx, one=one: service.cancel(tx, one),
                ]
            try:
                booking = await done(rnd.choice(acts[turn % 2 :]))
            except (*FORESEEN, HoldRanOut, TooManyHolds):
                continue
            acknowledged[booking.id] = booking
            mine.append(booking.id)

    async with asyncio.timeout(60):
        await asyncio.gather(*[caller(seed) for seed in range(32)])

    stored = {
        row.id: row for row in await done(lambda tx: tx.rows(select(metadata.tables["bookings"])))
    }
    assert overlaps(stored.values(), "provider_id") == []
    assert overlaps(stored.values(), "chair_id") == []
    ran_out = {id_ for id_, row in stored.items() if row.status == "EXPIRED"}
    assert len(ran_out) >= 1
    assert {id_: row for id_, row in acknowledged.items() if id_ not in ran_out} == {
        id_: row for id_, row in stored.items() if id_ not in ran_out
    }
    assert {acknowledged[id_].status for id_ in ran_out} == {"HELD"}
    assert needed_the_constraint == []


async def test_of_two_ends_of_one_booking_one_is_reached(
    booked: Any, done: Any, history: Any, clock: Any
) -> None:
    booking = await booked(starts_at=MORNING)
    clock.time = booking.starts_at
    ends = {service.cancel: "CANCELLED", service.complete: "COMPLETED"}

    async def attempt(step: Any) -> str | None:
        try:
            return (await done(lambda tx: step(tx, booking.id))).status
        except WrongStatus:
            return None

    outcomes = await asyncio.gather(*[attempt(step) for step in [*ends] * 8])
    reached = [status for status in outcomes if status]
    assert len(reached) == 1
    assert reached[0] in ends.values()
    changes = await history(booking.id)
    assert [(c.from_status, c.to_status) for c in changes] == [
        (None, "CONFIRMED"),
        ("CONFIRMED", reached[0]),
    ]
