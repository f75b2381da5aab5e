"""What is offered can be booked, what is refused names the rule that booking it would break, and both at once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.availability import answering
from barberpro.domains.bookings.availability.answering import Asked, Availability
from barberpro.domains.bookings.availability.search import Order, Search
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.domains.people.rosters import Shift
from barberpro.platform.doors import Reader
from barberpro.platform.editions import Copies
from barberpro.platform.errors import Failure
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal, worker

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday, 10:00 in Buenos Aires
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TUESDAY_NOON = NOW + DAY + 120 * MINUTE
Asking = Callable[..., Awaitable[Availability]]


@pytest.fixture
def asking(database: Any, principal: Principal, clock: Any, chain: Any) -> Asking:
    """`await asking(service_ids=[…])` is what is free in the next days; `who` asks, in the process with `copies`."""
    own = Copies()

    async def ask(who: Principal = principal, copies: Copies = own, **given: Any) -> Availability:
        wish: dict[str, Any] = {
            "begins": clock(),
            "ends": clock() + DAY,
            "step_minutes": 30,
            "first": 100,
            "order": Order.EARLIEST,
            "preferred": frozenset(),
            "useful_minutes": 1,
        }
        wish |= {name: given.pop(name) for name in list(given) if name in wish}
        asked: dict[str, Any] = {
            "location_ids": [chain.centro.id],
            "service_ids": [chain.cut.id],
            "provider_ids": None,
            "wanted": None,
            **given,
        }
        return await answering.answered(
            Asked(search=Search(**wish), **asked),
            read=Reader(database, who).direct,
            reader=Reader(database, worker(who.tenant)),
            copies=copies,
            now=clock(),
        )

    return ask


def starts(found: Availability) -> list[datetime]:
    return [slot.starts_at for slot in found.slots]


def codes(found: Availability) -> list[str]:
    return [refusal.failure.code for refusal in found.refusals]


class Undone(Exception):
    """Ends a transaction whose outcome is of no interest."""


@pytest.fixture
def outcome(opening: Any, chain: Any) -> Callable[..., Awaitable[Failure | None]]:
    """What booking it says, without doing it; None where it can be done."""

    async def attempt(**asked: Any) -> Failure | None:
        try:
            async with opening() as tx:
                await bookings.create(tx, **chain.asks(**asked))
                raise Undone
        except Undone:
            return None
        except Failure as failure:
            return failure

    return attempt


@pytest.fixture
async def town(opening: Any, chain: Any) -> Any:
    """The chain with everything in the way that there can be, drawn by chance, the same each time."""
    rng = Random(15)
    both = [chain.centro.id, chain.norte.id]
    async with opening() as tx:
        colour = await catalogue.offer_service(
            tx,
            name="Color",
            duration_minutes=75,
            buffer_minutes=15,
            gap_after_minutes=20,
            gap_minutes=40,
            price=Money(5_000_000, "ARS"),
        )
        dario = await people.register_provider(tx, name="Darío", location_ids=both)
        shifts = [Shift(at, Span(2 + n, 600, 1000)) for n, at in enumerate(both)]
        await people.set_shifts(tx, dario.id, week=shifts)
        await people.set_skills(tx, chain.bruno.id, service_ids=[colour.id])
        off = NOW + DAY + timedelta(hours=5)
        await people.take_off(tx, chain.ana.id, starts_at=off, ends_at=off + 90 * MINUTE)
        here = {"location_id": chain.norte.id}
        await people.take_off(tx, chain.bruno.id, starts_at=off, ends_at=off + DAY, **here)
        await locations.set_travel(tx, *both, minutes=35)
        await locations.set_holidays(tx, chain.norte.id, closes=True)
        wednesday = (NOW + 2 * DAY).date()
        await locations.set_exception(tx, chain.centro.id, day=wednesday, hours=[(660, 900)])
    for _ in range(60):
        offered = rng.choice([chain.cut, colour])
        at = NOW + rng.randrange(0, 3 * 24 * 12) * 5 * MINUTE
        asked = chain.asks(
            location_id=rng.choice(both),
            provider_id=rng.choice([chain.ana.id, chain.bruno.id, dario.id]),
            service_id=offered.id,
            starts_at=at,
        )
        try:
            async with opening() as tx:
                await bookings.create(tx, **asked)
        except Failure:
            continue
    return both, [chain.ana.id, chain.bruno.id, dario.id], [chain.cut.id, colour.id]


async def test_every_slot_offered_can_be_booked(asking: Asking, town: Any, outcome: Any) -> None:
    places, providers, services = town
    found = await asking(
        location_ids=places, service_ids=services, ends=NOW + 3 * DAY, step_minutes=15
    )
    assert len(found.slots) == 100
    for slot in Random(3).sample(found.slots, 40):
        match = slot.match
        asked = {
            "location_id": match.place.id,
            "provider_id": match.person.id,
            "service_id": match.offer.id,
            "starts_at": slot.starts_at,
        }
        assert await outcome(**asked) is None
    assert {s.match.person.id for s in found.slots} == set(providers)


async def test_why_not_is_what_booking_it_says(
    asking: Asking, town: Any, outcome: Any, clock: Any
) -> None:
    places, providers, services = town
    rng, seen, free = Random(4), set(), 0
    for _ in range(25):
        wanted = NOW + rng.randrange(-4, 3 * 24 * 12) * 5 * MINUTE
        found = await asking(
            location_ids=places, service_ids=services, provider_ids=providers, wanted=wanted
        )
        said = {(r.location_id, r.provider_id, r.service_id): r.failure for r in found.refusals}
        offered = {
            (s.match.place.id, s.match.person.id, s.match.offer.id)
            for s in found.slots
            if s.starts_at == wanted
        }
        assert len(said) + len(offered) == 12
        for place, provider, service in rng.sample(sorted({*said, *offered}), 5):
            key = place, provider, service
            asked = {"location_id": place, "provider_id": provider, "service_id": service}
            failure = await outcome(starts_at=wanted, **asked)
            if failure is None:
                assert key in offered
                free += 1
            else:
                assert type(said[key]) is type(failure)
                assert said[key].facts() == failure.facts()
                seen.add(failure.code)
    assert free > 3
    assert seen >= {
        "OUTSIDE_OPENING_HOURS",
        "PROVIDER_UNSKILLED",
        "OUTSIDE_SHIFT",
        "SLOT_TAKEN",
    }


async def test_a_cancelled_slot_is_offered_again_at_once_in_every_process(
    asking: Asking, chain: Any, booked: Any, done: Any
) -> None:
    here, there = Copies(), Copies()
    only = {"provider_ids": [chain.ana.id], "first": 1, "begins": TUESDAY_NOON}
    only["ends"] = TUESDAY_NOON + DAY
    for copies in (here, there):
        assert starts(await asking(copies=copies, **only)) == [TUESDAY_NOON]
    booking = await booked(starts_at=TUESDAY_NOON)
    for copies in (here, there):
        # 30 minutes and a buffer of 10; 12:30 is too early, and the next start on the half hour is after the siesta.
        assert starts(await asking(copies=copies, **only)) == [TUESDAY_NOON + 120 * MINUTE]
    await done(lambda tx: bookings.cancel(tx, booking.id))
    for copies in (here, there):
        assert starts(await asking(copies=copies, **only)) == [TUESDAY_NOON]


async def test_what_is_held_is_not_offered_until_it_runs_out_or_is_given_back(
    asking: Asking, chain: Any, done: Any, clock: Any, outcome: Any
) -> None:
    """Also by the process that had looked at it: no change tells it that time has passed."""
    noon = {"ends": TUESDAY_NOON + DAY, "begins": TUESDAY_NOON, "first": 1, "wanted": TUESDAY_NOON}
    ana = {"provider_ids": [chain.ana.id], **noon}
    hold = await done(lambda tx: bookings.hold(tx, **chain.asks(starts_at=TUESDAY_NOON)))
    found = await asking(**ana)
    assert TUESDAY_NOON not in starts(found)
    assert codes(found) == ["SLOT_TAKEN"]
    await done(lambda tx: bookings.extend(tx, hold.id, minutes=8))
    clock.forward(minutes=8, microseconds=-1)
    assert TUESDAY_NOON not in starts(await asking(**ana))
    clock.forward(microseconds=1)
    found = await asking(**ana)
    assert (starts(found), codes(found)) == ([TUESDAY_NOON], [])
    assert await outcome(starts_at=TUESDAY_NOON) is None

    again = await done(lambda tx: bookings.hold(tx, **chain.asks(starts_at=TUESDAY_NOON)))
    assert TUESDAY_NOON not in starts(await asking(**ana))
    await done(lambda tx: bookings.release_hold(tx, again.id))
    assert starts(await asking(**ana)) == [TUESDAY_NOON]

    third = await done(lambda tx: bookings.hold(tx, **chain.asks(starts_at=TUESDAY_NOON)))
    assert TUESDAY_NOON not in starts(await asking(**ana))
    await done(lambda tx: bookings.confirm(tx, third.id))
    clock.forward(minutes=6)
    assert TUESDAY_NOON not in starts(await asking(**ana))


async def test_only_what_changed_is_read_again(asking: Asking, chain: Any, booked: Any) -> None:
    copies, both = Copies(), [chain.centro.id, chain.norte.id]
    await asking(copies=copies, location_ids=both)
    assert copies.made == 4  # two shops, two providers
    await asking(copies=copies, location_ids=both)
    assert copies.made == 4
    await booked(starts_at=TUESDAY_NOON)
    await asking(copies=copies, location_ids=both)
    assert copies.made == 6


async def test_whatever_changes_an_agenda_changes_what_is_free(
    asking: Asking, chain: Any, done: Any
) -> None:
    """With one provider, at noon on Tuesday: each step takes it away or gives it back."""
    only = {"provider_ids": [chain.ana.id], "wanted": TUESDAY_NOON, "ends": NOW + 2 * DAY}
    ana, here, tuesday = chain.ana.id, chain.centro.id, TUESDAY_NOON.date()
    absence: list[Any] = []

    async def off(tx: Any) -> None:
        given = {"starts_at": TUESDAY_NOON, "ends_at": TUESDAY_NOON + DAY}
        absence.append(await people.take_off(tx, ana, **given))

    evening = Shift(here, Span(2, 1000, 1200))
    steps: list[tuple[Any, list[str]]] = [
        (lambda tx: locations.set_exception(tx, here, day=tuesday, hours=[]), ["OUTSIDE_OPENING_HOURS"]),
        (lambda tx: locations.set_exception(tx, here, day=tuesday, hours=None), []),
        (lambda tx: people.set_shifts(tx, ana, week=[evening]), ["OUTSIDE_SHIFT"]),
        (lambda tx: people.set_shifts(tx, ana, week=[]), []),
        (off, ["PROVIDER_AWAY"]),
        (lambda tx: people.come_back(tx, absence[0].id), []),
        (lambda tx: locations.set_hours(tx, here, hours=[Span(1, 0, 60)]), ["OUTSIDE_OPENING_HOURS"]),
        (lambda tx: locations.set_hours(tx, here, hours=[Span(2, 600, 800)]), []),
        (lambda tx: people.unassign_location(tx, ana, here), ["PROVIDER_NOT_AT_LOCATION"]),
        (lambda tx: people.assign_location(tx, ana, here), []),
        (lambda tx: locations.close(tx, here), ["LOCATION_CLOSED_DOWN"]),
        (lambda tx: locations.reopen(tx, here), []),
        (lambda tx: catalogue.withdraw(tx, chain.cut.id), ["SERVICE_WITHDRAWN"]),
    ]  # fmt: skip
    for step, expected in steps:
        await done(step)
        found = await asking(**only)
        assert codes(found) == expected
        assert (TUESDAY_NOON in starts(found)) is (expected == [])


async def test_a_holiday_is_none_for_who_does_not_keep_it(
    asking: Asking, chain: Any, done: Any
) -> None:
    """23 November 2026 is one: it stands for the 20th."""
    assert starts(await asking(ends=NOW + timedelta(hours=3)))[0] == NOW
    await done(lambda tx: locations.set_holidays(tx, chain.centro.id, closes=True))
    assert starts(await asking())[0] == NOW + timedelta(hours=23)  # Tuesday at 9:00


async def test_without_a_chair_nobody_is_booked(
    asking: Asking, chain: Any, done: Any, booked: Any
) -> None:
    """The centre has two chairs; who sits in the second keeps it a little longer."""
    dario = await done(
        lambda tx: people.register_provider(tx, name="Darío", location_ids=[chain.centro.id])
    )
    await booked(starts_at=TUESDAY_NOON)
    await booked(starts_at=TUESDAY_NOON + 10 * MINUTE, provider_id=chain.bruno.id)
    only = {"provider_ids": [dario.id], "step_minutes": 10, "begins": TUESDAY_NOON - 60 * MINUTE}
    found = await asking(wanted=TUESDAY_NOON, ends=TUESDAY_NOON + 60 * MINUTE, **only)
    assert codes(found) == ["NO_CHAIR_FREE"]
    # 40 minutes with the buffer: until 12:10 a chair is free, and from 12:40 on the other; the siesta begins at 13:00.
    assert [(at - TUESDAY_NOON) // MINUTE for at in starts(found)] == [-60, -50, -40, -30]


async def test_what_has_a_buffer_before_it_is_offered_where_that_is_free(
    asking: Asking, chain: Any, done: Any, booked: Any
) -> None:
    peel = await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Peeling",
            duration_minutes=5,
            buffer_before_minutes=15,
            buffer_minutes=0,
            price=Money(100, "ARS"),
        )
    )
    await booked(starts_at=TUESDAY_NOON)  # until 12:40; the siesta begins at 13:00
    only = {"service_ids": [peel.id], "provider_ids": [chain.ana.id], "step_minutes": 5}
    times = {"begins": TUESDAY_NOON - 10 * MINUTE, "ends": TUESDAY_NOON + 60 * MINUTE}
    found = await asking(wanted=TUESDAY_NOON + 54 * MINUTE, **only, **times)
    assert [(at - TUESDAY_NOON) // MINUTE for at in starts(found)] == [-10, -5, 55]
    (refusal,) = found.refusals
    assert refusal.failure.facts()["until"] == TUESDAY_NOON + 40 * MINUTE
    await done(
        lambda tx: bookings.create(
            tx, **chain.asks(service_id=peel.id, starts_at=TUESDAY_NOON + 55 * MINUTE)
        )
    )


async def test_who_travels_is_offered_when_they_can_be_there(
    asking: Asking, chain: Any, done: Any, booked: Any
) -> None:
    await done(lambda tx: locations.set_travel(tx, chain.centro.id, chain.norte.id, minutes=40))
    await booked(location_id=chain.norte.id, starts_at=TUESDAY_NOON)  # keeps Ana until 12:40
    only = {
        "provider_ids": [chain.ana.id],
        "step_minutes": 5,
        "begins": TUESDAY_NOON - 120 * MINUTE,
    }
    offered = starts(await asking(ends=TUESDAY_NOON + 180 * MINUTE, **only))
    # 11:20 less the cut and its buffer; then the siesta from 13:00, and 14:00.
    before = [at for at in offered if at < TUESDAY_NOON]
    assert before[-1] == TUESDAY_NOON - 80 * MINUTE
    assert offered[len(before)] == TUESDAY_NOON + 120 * MINUTE
    found = await asking(wanted=TUESDAY_NOON - 75 * MINUTE, **only)
    (refusal,) = found.refusals
    assert refusal.failure.facts() == {"provider_id": chain.ana.id, "minutes": 40}


async def test_the_preferred_and_the_cheaper_come_first(
    asking: Asking, chain: Any, done: Any
) -> None:
    trim = await done(
        lambda tx: catalogue.offer_service(
            tx, name="Flequillo", duration_minutes=30, buffer_minutes=10, price=Money(100, "ARS")
        )
    )
    found = await asking(
        service_ids=[chain.cut.id, trim.id],
        order=Order.BEST,
        preferred=frozenset({chain.bruno.id}),
        ends=NOW + 60 * MINUTE,
    )
    order = [(s.is_preferred, s.match.offer.id) for s in found.slots]
    assert list(dict.fromkeys(order)) == [
        (True, trim.id),
        (True, chain.cut.id),
        (False, trim.id),
        (False, chain.cut.id),
    ]


async def test_what_leaves_no_useless_gap_comes_first(
    asking: Asking, chain: Any, booked: Any
) -> None:
    await booked(starts_at=TUESDAY_NOON)
    only = {"provider_ids": [chain.ana.id], "order": Order.BEST, "step_minutes": 10}
    begins = TUESDAY_NOON - 60 * MINUTE
    found = await asking(begins=begins, ends=TUESDAY_NOON, **only)
    # A cut and its buffer keep Ana for 40 minutes; nothing that is offered takes less than 30.
    gaps = [((slot.starts_at - begins) // MINUTE, slot.gap_minutes) for slot in found.slots]
    assert gaps == [(20, 0), (0, 20), (10, 10)]
    wanted = await asking(wanted=begins, first=1, **only)
    assert [(slot.starts_at, slot.gap_minutes) for slot in wanted.slots] == [(begins, 20)]


async def test_another_organization_learns_nothing(
    asking: Asking, chain: Any, stranger: Principal, booked: Any
) -> None:
    copies = Copies()
    assert (await asking(copies=copies)).slots
    found = await asking(stranger, copies, provider_ids=[chain.ana.id], wanted=TUESDAY_NOON)
    assert found.slots == []
    assert sorted(codes(found)) == ["LOCATION_NOT_FOUND", "PROVIDER_NOT_FOUND", "SERVICE_NOT_FOUND"]
    assert (await asking(stranger, copies, location_ids=None)).slots == []


async def test_who_is_limited_to_a_shop_is_offered_it_alone(
    asking: Asking, chain: Any, at_centro: Principal, booked: Any
) -> None:
    everywhere = await asking(at_centro, location_ids=None)
    assert {slot.match.place.id for slot in everywhere.slots} == {chain.centro.id}
    assert codes(await asking(at_centro, location_ids=[chain.norte.id])) == ["LOCATION_NOT_FOUND"]
    # That Ana is taken elsewhere they are told: she cannot be booked here.
    await booked(location_id=chain.norte.id, starts_at=TUESDAY_NOON)
    found = await asking(at_centro, provider_ids=[chain.ana.id], wanted=TUESDAY_NOON)
    assert codes(found) == ["SLOT_TAKEN"]


async def test_of_those_named_it_is_told_where_they_do_not_work(
    asking: Asking, chain: Any, done: Any
) -> None:
    await done(lambda tx: people.unassign_location(tx, chain.ana.id, chain.norte.id))
    both = [chain.centro.id, chain.norte.id]
    found = await asking(location_ids=both, provider_ids=[chain.ana.id])
    (refusal,) = found.refusals
    facts = {"provider_id": chain.ana.id, "location_id": chain.norte.id}
    assert refusal.failure.facts() == facts
    assert {slot.match.place.id for slot in found.slots} == {chain.centro.id}
    assert codes(await asking(location_ids=both)) == []


async def test_refusals_end_somewhere(asking: Asking, chain: Any) -> None:
    unknown = [f"loc_{n}" for n in range(60)]
    found = await asking(location_ids=unknown)
    assert codes(found) == ["LOCATION_NOT_FOUND"] * answering.MOST_REFUSALS
    assert replace(found, refusals=[]) == Availability([], [])
