"""What a booking costs beside its price, by the terms it was made under: its deposit, and what is owed for being late.

A booking made under no terms costs nothing more, and nothing is asked of the database for it.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.money import Money

from . import events, reading
from .errors import (
    ChargeNotFound,
    DepositOutOfRange,
    DepositTaken,
    NoPolicy,
    NotWaivable,
    WrongStatus,
)
from .lifecycle import Status
from .policies import WHOLE
from .tables import booking_charges, policies

c = booking_charges.c
POLICY = select(policies).where(policies.c.id == bindparam("policy"))
OF_KIND = select(booking_charges).where(
    c.booking_id == bindparam("booking"), c.kind == bindparam("of_kind")
)
CHARGE = insert(booking_charges).returning(booking_charges)
SETTLE = update(booking_charges).where(c.id == bindparam("charge")).returning(booking_charges)


class Kind(StrEnum):
    """What is charged for."""

    DEPOSIT = "DEPOSIT"
    LATE_CANCELLATION = "LATE_CANCELLATION"
    LATE_MOVE = "LATE_MOVE"
    NO_SHOW = "NO_SHOW"


class State(StrEnum):
    """Where a charge stands: a fee is due or waived, a deposit all the others."""

    DUE = "DUE"
    WAIVED = "WAIVED"
    RECEIVED = "RECEIVED"
    APPLIED = "APPLIED"
    FORFEITED = "FORFEITED"
    RETURNABLE = "RETURNABLE"


def share(minor: int, bps: int) -> int:
    """So many basis points of an amount in minor units, half to even, in whole numbers."""
    whole, rest = divmod(minor * bps, WHOLE)
    return whole + (2 * rest > WHOLE or (2 * rest == WHOLE and whole % 2 == 1))


async def called_off(tx: Transaction, booking: Row[Any]) -> None:
    """Within the notice it costs the late fee, for which the deposit is kept; before, the deposit goes back."""
    policy = await _policy(tx, booking)
    if policy is not None:
        late = _is_late(tx, booking, policy)
        await _ended(tx, booking, Kind.LATE_CANCELLATION, policy.late_fee_bps if late else 0)


async def moved(tx: Transaction, before: Row[Any]) -> None:
    """To another time, within the notice of the time it had: that costs the late fee, once."""
    policy = await _policy(tx, before)
    if policy is not None and _is_late(tx, before, policy):
        await _charge(tx, before, Kind.LATE_MOVE, policy.late_fee_bps)


async def missed(tx: Transaction, booking: Row[Any]) -> None:
    """That costs the fee for it, for which the deposit is kept."""
    policy = await _policy(tx, booking)
    if policy is not None:
        await _ended(tx, booking, Kind.NO_SHOW, policy.no_show_fee_bps)


async def took_place(tx: Transaction, booking: Row[Any]) -> None:
    """The deposit is a part of the price."""
    if booking.policy_id is not None:
        await _settle_deposit(tx, booking, State.APPLIED)


async def did_not(tx: Transaction, booking: Row[Any]) -> None:
    """It was said to have taken place, and did not: the deposit goes back."""
    if booking.policy_id is not None:
        await _settle_deposit(tx, booking, State.RETURNABLE)


async def record_deposit(tx: Transaction, booking_id: str, *, amount: Money) -> Row[Any]:
    """Write down that the customer paid a deposit. It is once, of the booking's currency, and at most its price."""
    booking = await reading.held(tx, booking_id)
    if booking.status != Status.CONFIRMED:
        raise WrongStatus(from_status=booking.status, to_status=Status.CONFIRMED)
    if booking.policy_id is None:
        raise NoPolicy(booking_id)
    if amount.currency_code != booking.currency_code or not 0 < amount.minor <= booking.price_minor:
        price = Money(booking.price_minor, booking.currency_code)
        raise DepositOutOfRange(price.amount, price.currency_code)
    if await _of_kind(tx, booking, Kind.DEPOSIT) is not None:
        raise DepositTaken(booking_id)
    await _add(tx, booking, Kind.DEPOSIT, State.RECEIVED, amount.minor)
    return booking


async def waive(tx: Transaction, charge_id: str) -> Row[Any]:
    """Ask a fee no more. The deposit that was kept for it goes back. Returns the booking."""
    asked = select(booking_charges).where(c.id == bindparam("charge"))
    known = ids.prefix_of(charge_id) == "chg"
    found = await tx.row(asked, {"charge": charge_id}) if known else None
    if found is None:
        raise ChargeNotFound(charge_id[: ids.LIMIT])
    booking = await reading.held(tx, found.booking_id)
    charge = await tx.row(asked, {"charge": charge_id})  # as it is now that the booking is locked
    if charge is None or charge.state != State.DUE:
        raise NotWaivable(charge_id, charge.state if charge else found.state)
    await _settle(tx, charge, State.WAIVED)
    if charge.kind != Kind.LATE_MOVE:
        await _settle_deposit(tx, booking, State.RETURNABLE)
    return booking


async def _ended(tx: Transaction, booking: Row[Any], kind: Kind, bps: int) -> None:
    is_charged = await _charge(tx, booking, kind, bps)
    await _settle_deposit(tx, booking, State.FORFEITED if is_charged else State.RETURNABLE)


async def _charge(tx: Transaction, booking: Row[Any], kind: Kind, bps: int) -> bool:
    """Whether there is such a fee, by now."""
    minor = share(booking.price_minor, bps)
    if not minor:
        return False
    if await _of_kind(tx, booking, kind) is None:
        await _add(tx, booking, kind, State.DUE, minor)
    return True


async def _add(tx: Transaction, booking: Row[Any], kind: Kind, state: State, minor: int) -> None:
    row = {
        "id": ids.new("chg"),
        "booking_id": booking.id,
        "kind": kind,
        "state": state,
        "amount_minor": minor,
        "currency_code": booking.currency_code,
        "charged_at": tx.now,
    }
    charge = (await tx.execute(CHARGE, row)).one()
    event = events.BookingCharged(
        subject=booking.id,
        charge_id=charge.id,
        kind=kind,
        state=state,
        amount_minor=minor,
        currency_code=booking.currency_code,
    )
    await publish(tx, event, after=charge)


async def _settle_deposit(tx: Transaction, booking: Row[Any], state: State) -> None:
    deposit = await _of_kind(tx, booking, Kind.DEPOSIT)
    if deposit is not None and deposit.state != state:
        await _settle(tx, deposit, state)


async def _settle(tx: Transaction, before: Row[Any], state: State) -> None:
    after = (await tx.execute(SETTLE, {"charge": before.id, "state": state})).one()
    event = events.ChargeSettled(
        subject=before.booking_id, charge_id=before.id, kind=before.kind, state=state
    )
    await publish(tx, event, before=before, after=after)


async def _of_kind(tx: Transaction, booking: Row[Any], kind: Kind) -> Row[Any] | None:
    return await tx.row(OF_KIND, {"booking": booking.id, "of_kind": kind})


async def _policy(tx: Transaction, booking: Row[Any]) -> Row[Any] | None:
    if booking.policy_id is None:
        return None
    return await tx.row(POLICY, {"policy": booking.policy_id})


def _is_late(tx: Transaction, booking: Row[Any], policy: Row[Any]) -> bool:
    return booking.starts_at - tx.now < timedelta(minutes=policy.notice_minutes)
