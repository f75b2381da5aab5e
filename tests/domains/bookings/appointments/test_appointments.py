"""Several services booked together: all of them or none, in sequence and side by side."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.appointments import sequence, service
from barberpro.domains.bookings.appointments.errors import (
    AppointmentNotFound,
    AppointmentOutOfRange,
    AppointmentOver,
)
from barberpro.domains.bookings.appointments.sequence import Status
from barberpro.domains.bookings.appointments.service import Wanted
from barberpro.domains.bookings.errors import (
    HoldRanOut,
    NoChairFree,
    OutsideOpeningHours,
    SlotTaken,
    WrongStatus,
)
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.catalogue.errors import ServiceNotFound
from barberpro.platform.money import Money
from barberpro.platform.tables import metadata

NINE = datetime(2026, 11, 24, 12, tzinfo=UTC)  # in Buenos Aires


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


@pytest.fixture
def book(chain: Any, done: Any) -> Any:
    """`await book(Wanted(…), …)` for Carla in the centre, from nine on."""

    async def make(*items: Wanted, **other: Any) -> Any:
        usual: dict[str, Any] = {
            "location_id": chain.centro.id,
            "customer_id": chain.carla.id,
            "starts_at": NINE,
            "channel": Channel.WEB,
        }
        return await done(lambda tx: service.book(tx, **{**usual, **other}, items=items))

    return make


@pytest.fixture
def cut(chain: Any) -> Any:
    """`cut("ana", …)` is a cut with her: 30 minutes and a buffer of 10."""
    return lambda who, **other: Wanted(
        service_id=chain.cut.id, provider_id=getattr(chain, who).id, **other
    )


@pytest.fixture
def booked_in(done: Any) -> Any:
    """`await booked_in(appointment)` are its bookings in order."""
    asked = service.VISITS

    async def read(appointment: Any) -> list[Any]:
        return await done(lambda tx: tx.rows(asked, {"appointment": appointment.id}))

    return read


async def test_services_of_one_guest_follow_each_other(
    book: Any, cut: Any, booked_in: Any, told: Any
) -> None:
    made = await book(cut("ana"), cut("bruno"), cut("bruno"), cut("ana", after_minutes=5))

    found = await booked_in(made)
    # Bruno clears up before he goes on; Ana comes five minutes after he has ended.
    assert [each.starts_at for each in found] == [at(0), at(30), at(70), at(105)]
    assert {each.status for each in found} == {"CONFIRMED"}
    (event,) = await told(made.id)
    assert (event.type, event.data["booking_ids"]) == (
        "appointment.made",
        [each.id for each in found],
    )
    assert [e.type for e in await told(found[1].id)] == ["booking.made"]


async def test_who_goes_on_with_another_service_prepares_it_first(
    book: Any, cut: Any, booked_in: Any, chain: Any, done: Any
) -> None:
    laser = await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Láser",
            duration_minutes=40,
            buffer_before_minutes=15,
            buffer_minutes=0,
            price=Money(5_000_000, "ARS"),
        )
    )
    by_ana = Wanted(service_id=laser.id, provider_id=chain.ana.id)
    by_bruno = Wanted(service_id=laser.id, provider_id=chain.bruno.id)

    first, alone, other = await booked_in(await book(cut("ana"), by_ana, by_bruno))
    # Ana clears up after the cut and sets the laser up; Bruno has set his up while she is at work.
    assert (first.free_at, alone.taken_from, alone.starts_at) == (at(40), at(40), at(55))
    assert (other.taken_from, other.starts_at) == (at(80), at(95))


async def test_guests_are_served_side_by_side(book: Any, cut: Any, booked_in: Any) -> None:
    made = await book(cut("ana"), cut("bruno", guest=1))

    first, second = await booked_in(made)
    assert first.starts_at == second.starts_at == NINE
    assert first.chair_id != second.chair_id


async def test_one_that_does_not_fit_says_its_place_and_none_is_booked(
    book: Any, cut: Any, booked: Any, chain: Any, untouched: Any
) -> None:
    await booked(provider_id=chain.bruno.id, starts_at=at(20))
    async with untouched():
        with pytest.raises(SlotTaken) as raised:
            await book(cut("ana"), cut("bruno"))
    assert (raised.value.place, raised.value.provider_id) == (1, chain.bruno.id)


@pytest.mark.parametrize(
    ("items", "failure", "place"),
    [
        ([], AppointmentOutOfRange, None),
        ([{}] * 11, AppointmentOutOfRange, None),
        ([{}, {"guest": 10}], AppointmentOutOfRange, 1),
        ([{"after_minutes": 481}], AppointmentOutOfRange, 0),
        ([{}, {"after_minutes": -1}], AppointmentOutOfRange, 1),
        ([{}, {"after_minutes": 240}], OutsideOpeningHours, 1),
        ([{"guest": 0}, {"guest": 1}], SlotTaken, 1),
    ],
)
async def test_what_makes_no_sense_is_refused(
    book: Any, cut: Any, untouched: Any, items: Any, failure: Any, place: Any
) -> None:
    async with untouched():
        with pytest.raises(failure) as raised:
            await book(*(cut("ana", **each) for each in items))
    assert raised.value.place == place


async def test_an_unknown_service_says_its_place(
    book: Any, cut: Any, chain: Any, untouched: Any
) -> None:
    strange = Wanted(service_id=chain.ana.id, provider_id=chain.ana.id)
    async with untouched():
        with pytest.raises(ServiceNotFound) as raised:
            await book(cut("ana"), strange)
    assert raised.value.place == 1


async def test_guests_need_a_chair_each(book: Any, cut: Any, booked: Any, chain: Any) -> None:
    await booked(provider_id=chain.bruno.id, starts_at=NINE, chair_id=chain.chairs[1].id)
    await book(cut("ana"))
    with pytest.raises((NoChairFree, SlotTaken)):
        await book(cut("bruno"))


async def test_it_moves_whole_by_the_rules_of_each(
    book: Any, cut: Any, booked_in: Any, done: Any, told: Any
) -> None:
    made = await book(cut("ana"), cut("ana"), cut("bruno", guest=1))
    for start, starts in (
        (at(20), [at(20), at(60), at(20)]),  # into its own places
        (at(5), [at(5), at(45), at(5)]),
    ):
        await done(lambda tx, start=start: service.move(tx, made.id, starts_at=start))
        assert [each.starts_at for each in await booked_in(made)] == starts
    assert [e.type for e in await told(made.id)] == [
        "appointment.made", "appointment.moved", "appointment.moved",
    ]  # fmt: skip


async def test_where_one_cannot_move_none_does(
    book: Any, cut: Any, booked: Any, booked_in: Any, done: Any, chain: Any, untouched: Any
) -> None:
    made = await book(cut("ana"), cut("bruno"))
    await booked(provider_id=chain.bruno.id, starts_at=at(90))
    async with untouched():
        with pytest.raises(SlotTaken) as raised:
            await done(lambda tx: service.move(tx, made.id, starts_at=at(60)))
    assert raised.value.place == 1


async def test_it_is_called_off_whole_with_the_fees_of_each(
    book: Any, cut: Any, booked_in: Any, done: Any, told: Any
) -> None:
    terms = {"late_fee_bps": 5_000, "no_show_fee_bps": 0, "deposit_bps": 0}
    await done(lambda tx: bookings.publish_policy(tx, notice_minutes=43_200, **terms))
    made = await book(cut("ana"), cut("bruno"))
    first, second = await booked_in(made)
    await done(lambda tx: bookings.cancel(tx, first.id))

    await done(lambda tx: service.cancel(tx, made.id, reason="Rain"))

    assert [each.status for each in await booked_in(made)] == ["CANCELLED"] * 2
    charges = metadata.tables["booking_charges"]
    found = await done(lambda tx: tx.rows(select(charges)))
    assert sorted(each.booking_id for each in found) == sorted((first.id, second.id))
    assert (await told(made.id))[-1].data["booking_ids"] == [second.id]
    with pytest.raises(AppointmentOver) as raised:
        await done(lambda tx: service.cancel(tx, made.id))
    assert raised.value.from_status == "CANCELLED"


async def test_what_has_begun_is_not_called_off(
    book: Any, cut: Any, booked_in: Any, done: Any, untouched: Any
) -> None:
    made = await book(cut("ana"), cut("bruno"))
    _, second = await booked_in(made)
    await done(lambda tx: bookings.check_in(tx, second.id))
    async with untouched():
        with pytest.raises(WrongStatus) as raised:
            await done(lambda tx: service.cancel(tx, made.id))
    assert raised.value.place == 1


async def test_all_of_it_is_held_as_one_place_and_confirmed(
    book: Any, cut: Any, booked_in: Any, done: Any
) -> None:
    items = [cut("ana"), cut("bruno"), cut("ana"), cut("bruno")]
    made = await book(*items, hold_minutes=10)
    assert [each.status for each in await booked_in(made)] == ["HELD"] * 4
    await done(lambda tx: service.confirm(tx, made.id))
    assert [each.status for each in await booked_in(made)] == ["CONFIRMED"] * 4
    with pytest.raises(AppointmentOver):
        await done(lambda tx: service.confirm(tx, made.id))


async def test_what_is_held_is_given_back_or_runs_out(
    book: Any, cut: Any, booked_in: Any, done: Any, clock: Any, untouched: Any
) -> None:
    made = await book(cut("ana"), cut("bruno"), hold_minutes=5)
    await done(lambda tx: service.cancel(tx, made.id))
    assert [each.status for each in await booked_in(made)] == ["RELEASED"] * 2
    late = await book(cut("ana"), cut("bruno"), hold_minutes=5)
    clock.forward(minutes=5)
    async with untouched():
        with pytest.raises(HoldRanOut):
            await done(lambda tx: service.confirm(tx, late.id))
        with pytest.raises(AppointmentOver):
            await done(lambda tx: service.cancel(tx, late.id))


async def test_what_is_not_there_is_told(done: Any, chain: Any) -> None:
    for unknown in ("apt_01jd0000000000000000000000", chain.ana.id, ""):
        with pytest.raises(AppointmentNotFound):
            await done(lambda tx, unknown=unknown: service.cancel(tx, unknown))


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        (["HELD", "HELD"], Status.HELD),
        (["HELD", "CONFIRMED"], Status.CONFIRMED),
        (["CONFIRMED", "CANCELLED"], Status.CONFIRMED),
        (["COMPLETED", "CONFIRMED"], Status.UNDER_WAY),
        (["CHECKED_IN"], Status.UNDER_WAY),
        (["COMPLETED", "NO_SHOW"], Status.COMPLETED),
        (["CANCELLED", "NO_SHOW"], Status.NO_SHOW),
        (["RELEASED", "EXPIRED"], Status.CANCELLED),
    ],
)
def test_its_status_is_that_of_what_is_left(statuses: list[str], status: Status) -> None:
    assert sequence.status(statuses) == status
