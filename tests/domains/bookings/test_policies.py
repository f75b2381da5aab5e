"""Terms are versions, a booking keeps those it was made under, and what they ask is charged."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from barberpro.domains.bookings import service
from barberpro.domains.bookings.charging import share
from barberpro.domains.bookings.errors import (
    ChargeNotFound,
    DepositOutOfRange,
    DepositTaken,
    NoPolicy,
    NotWaivable,
    TermsOutOfRange,
    WrongStatus,
)
from barberpro.platform import ids
from barberpro.platform.money import Money
from barberpro.platform.tables import metadata

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)  # Monday, 10:00 in Buenos Aires
TUESDAY = NOW + timedelta(days=1)
TERMS = {
    "notice_minutes": 120,
    "late_fee_bps": 5_000,
    "no_show_fee_bps": 10_000,
    "deposit_bps": 2_000,
}
PRICE = 1_250_000


@pytest.fixture
def published(done: Any) -> Any:
    async def publish(**other: int) -> Any:
        return await done(lambda tx: service.publish_policy(tx, **TERMS | other))

    return publish


@pytest.fixture
def charges(done: Any) -> Any:
    """What is charged for a booking, as (kind, state, minor units)."""
    table = metadata.tables["booking_charges"]

    async def read(booking: Any) -> list[tuple[str, str, int]]:
        of_it = select(table).where(table.c.booking_id == booking.id).order_by(table.c.id)
        rows = await done(lambda tx: tx.rows(of_it))
        return [(row.kind, row.state, row.amount_minor) for row in rows]

    return read


@pytest.fixture
def deposited(published: Any, booked: Any, done: Any) -> Any:
    """A booking under the usual terms, for which 2,500 pesos were paid ahead."""

    async def make() -> Any:
        await published()
        booking = await booked(starts_at=TUESDAY)
        paid = Money(250_000, "ARS")
        return await done(lambda tx: service.record_deposit(tx, booking.id, amount=paid))

    return make


async def fee_of(done: Any, booking: Any) -> str:
    table = metadata.tables["booking_charges"]
    of_it = select(table.c.id).where(table.c.booking_id == booking.id, table.c.kind != "DEPOSIT")
    return (await done(lambda tx: tx.rows(of_it)))[0].id


async def test_terms_are_versions_and_a_booking_keeps_its_own(
    published: Any, booked: Any, done: Any
) -> None:
    before = await booked(starts_at=TUESDAY)
    one = await published()
    under_one = await booked(starts_at=TUESDAY + timedelta(hours=1))
    two = await published(notice_minutes=60)
    under_two = await booked(starts_at=TUESDAY + timedelta(hours=2))
    assert [one.version, two.version] == [1, 2]
    assert [before.policy_id, under_one.policy_id, under_two.policy_id] == [None, one.id, two.id]
    moved = await done(
        lambda tx: service.reschedule(tx, under_one.id, starts_at=TUESDAY + timedelta(hours=6))
    )
    assert moved.policy_id == one.id


async def test_a_hold_keeps_the_terms_it_was_held_under(
    chain: Any, published: Any, done: Any
) -> None:
    one = await published()
    hold = await done(lambda tx: service.hold(tx, **chain.asks(starts_at=TUESDAY)))
    await published()
    assert (await done(lambda tx: service.confirm(tx, hold.id))).policy_id == one.id


async def test_who_publish_at_once_get_a_version_each(published: Any) -> None:
    found = await asyncio.gather(*[published() for _ in range(6)])
    assert sorted(each.version for each in found) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "wrong",
    [
        {"notice_minutes": -1},
        {"notice_minutes": 43_201},
        {"late_fee_bps": 10_001},
        {"deposit_bps": -1},
    ],
)
async def test_terms_have_bounds(refused: Any, wrong: dict[str, int]) -> None:
    await refused(
        lambda tx: service.publish_policy(tx, **TERMS | wrong),
        TermsOutOfRange,
        most_minutes=43_200,
        most_bps=10_000,
    )


@pytest.mark.parametrize(
    ("ahead", "fees"), [(120, []), (119, [("LATE_CANCELLATION", "DUE", 625_000)])]
)
async def test_within_the_notice_cancelling_costs_the_late_fee(
    published: Any,
    booked: Any,
    done: Any,
    clock: Any,
    charges: Any,
    told: Any,
    ahead: int,
    fees: Any,
) -> None:
    await published()
    booking = await booked(starts_at=TUESDAY)
    clock.time = TUESDAY - timedelta(minutes=ahead)
    await done(lambda tx: service.cancel(tx, booking.id))
    assert await charges(booking) == fees
    assert [e.type for e in await told(booking.id)][2:] == ["booking.charged"] * len(fees)


async def test_without_terms_nothing_is_charged(
    booked: Any, done: Any, clock: Any, charges: Any
) -> None:
    booking = await booked(starts_at=TUESDAY)
    clock.time = TUESDAY
    await done(lambda tx: service.mark_no_show(tx, booking.id))
    assert await charges(booking) == []


async def test_a_late_move_costs_the_fee_once_and_another_chair_nothing(
    chain: Any, published: Any, booked: Any, done: Any, clock: Any, charges: Any
) -> None:
    await published()
    booking = await booked(starts_at=TUESDAY)
    clock.time = TUESDAY - timedelta(minutes=30)
    other = chain.chairs[1].id
    await done(lambda tx: service.reschedule(tx, booking.id, chair_id=other))
    assert await charges(booking) == []
    for minutes in (10, 20):
        to = TUESDAY + timedelta(minutes=minutes)
        await done(lambda tx, to=to: service.reschedule(tx, booking.id, starts_at=to))
    assert await charges(booking) == [("LATE_MOVE", "DUE", 625_000)]


async def test_a_deposit_is_a_part_of_the_price_of_what_was_done(
    deposited: Any, done: Any, clock: Any, charges: Any
) -> None:
    booking = await deposited()
    assert await charges(booking) == [("DEPOSIT", "RECEIVED", 250_000)]
    clock.time = TUESDAY
    await done(lambda tx: service.complete(tx, booking.id))
    assert await charges(booking) == [("DEPOSIT", "APPLIED", 250_000)]
    await done(lambda tx: service.retract(tx, booking.id))
    assert await charges(booking) == [("DEPOSIT", "RETURNABLE", 250_000)]


async def test_of_what_is_called_off_in_time_the_deposit_goes_back(
    deposited: Any, done: Any, charges: Any
) -> None:
    booking = await deposited()
    await done(lambda tx: service.cancel(tx, booking.id))
    assert await charges(booking) == [("DEPOSIT", "RETURNABLE", 250_000)]


async def test_of_who_does_not_come_the_deposit_is_kept_until_the_fee_is_waived(
    deposited: Any, done: Any, clock: Any, charges: Any, refused: Any
) -> None:
    booking = await deposited()
    clock.time = TUESDAY
    await done(lambda tx: service.mark_no_show(tx, booking.id))
    assert await charges(booking) == [("DEPOSIT", "FORFEITED", 250_000), ("NO_SHOW", "DUE", PRICE)]
    fee = await fee_of(done, booking)
    await done(lambda tx: service.waive(tx, fee))
    assert await charges(booking) == [
        ("DEPOSIT", "RETURNABLE", 250_000),
        ("NO_SHOW", "WAIVED", PRICE),
    ]
    await refused(lambda tx: service.waive(tx, fee), NotWaivable, charge_id=fee, state="WAIVED")


async def test_a_deposit_is_once_and_at_most_the_price(
    chain: Any, deposited: Any, booked: Any, done: Any, refused: Any
) -> None:
    plain = await booked(starts_at=TUESDAY + timedelta(hours=1))
    booking = await deposited()
    other = await booked(starts_at=TUESDAY + timedelta(hours=2))

    def deposits(of: Any, amount: Money) -> Any:
        return lambda tx: service.record_deposit(tx, of.id, amount=amount)

    some = Money(1, "ARS")
    await refused(deposits(booking, some), DepositTaken, booking_id=booking.id)
    await refused(deposits(plain, some), NoPolicy, booking_id=plain.id)
    facts = {"maximum": "12500.00", "currency_code": "ARS"}
    for wrong in (Money(0, "ARS"), Money(PRICE + 1, "ARS"), Money(1, "USD")):
        await refused(deposits(other, wrong), DepositOutOfRange, **facts)
    await done(lambda tx: service.cancel(tx, other.id))
    facts = {"from_status": "CANCELLED", "to_status": "CONFIRMED"}
    await refused(deposits(other, some), WrongStatus, **facts)


async def test_an_unknown_charge_is_not_found(refused: Any) -> None:
    for unknown in (ids.new("chg"), ids.new("bkg"), "", "x" * 1000):
        await refused(
            lambda tx, unknown=unknown: service.waive(tx, unknown),
            ChargeNotFound,
            charge_id=unknown[:40],
        )


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_share_is_half_to_even(minor: int, bps: int) -> None:
    exact = Decimal(minor) * bps / 10_000
    assert share(minor, bps) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
