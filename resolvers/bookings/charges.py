"""What can be done about the terms of bookings, and about what is charged by them."""

from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import (
    ChargeNotFound,
    DepositOutOfRange,
    DepositTaken,
    NoPolicy,
    NotWaivable,
    TermsOutOfRange,
)
from barberpro.graph.mutations import mutation
from barberpro.graph.types import Mutation, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.money import AmountInexact

from ..values import MoneyInput, given
from .mutations import STEPPING
from .policies import BookingPolicy
from .types import Booking


@input_type
class PolicyPublishInput:
    """The terms of bookings from now on."""

    notice_minutes: int
    """How long before it begins a booking can be called off or moved at no cost: 0 to 43,200, which is 30 days."""
    late_fee_bps: int = 0
    """What either costs later, in basis points of the price: 0 to 10,000, which is all of it."""
    no_show_fee_bps: int = 0
    """What not coming costs, in basis points of the price: 0 to 10,000."""
    deposit_bps: int = 0
    """What is asked ahead, in basis points of the price: 0 to 10,000."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is published once. Kept for a day."""


@input_type
class BookingDepositRecordInput:
    """A deposit that a customer paid."""

    booking_id: strawberry.ID
    """For which booking; it must be confirmed."""
    amount: MoneyInput
    """How much, in the currency of its price, and at most that."""
    idempotency_key: str | None = None
    """Send the same key again to be sure: it is recorded once. Kept for a day."""


@input_type
class BookingFeeWaiveInput:
    """A fee that is to be asked no more."""

    charge_id: strawberry.ID
    """Which charge."""


@mutation(
    BookingPolicy,
    raises={TermsOutOfRange: None},
    scope="catalogue:write",
    idempotent=True,
)
async def policy_publish(tx: Transaction, input: PolicyPublishInput) -> Row[Any]:
    """Publish other terms. New bookings are made under them; those that were made keep theirs."""
    return await service.publish_policy(
        tx,
        notice_minutes=input.notice_minutes,
        late_fee_bps=input.late_fee_bps,
        no_show_fee_bps=input.no_show_fee_bps,
        deposit_bps=input.deposit_bps,
    )


@mutation(
    Booking,
    raises={
        **STEPPING,
        NoPolicy: "bookingId",
        DepositTaken: "bookingId",
        DepositOutOfRange: "amount",
        AmountInexact: "amount.amount",
    },
    scope="bookings:write",
    idempotent=True,
)
async def booking_deposit_record(tx: Transaction, input: BookingDepositRecordInput) -> Row[Any]:
    """Write down a deposit. It counts toward the price, or toward a fee, or goes back."""
    return await service.record_deposit(tx, input.booking_id, amount=given(input.amount))


@mutation(
    Booking,
    raises={ChargeNotFound: "chargeId", NotWaivable: "chargeId"},
    scope="catalogue:write",
)
async def booking_fee_waive(tx: Transaction, input: BookingFeeWaiveInput) -> Row[Any]:
    """
    Ask a fee no more: whoever may set the terms may make an exception. The deposit that was kept for it goes back to
    the customer.
    """
    return await service.waive(tx, input.charge_id)


@extends(Mutation)
class ChargeMutations:
    policy_publish = policy_publish
    booking_deposit_record = booking_deposit_record
    booking_fee_waive = booking_fee_waive
