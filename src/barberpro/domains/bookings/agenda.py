"""Who and what is free when. Asked once the locks are held, so the answer holds until the commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import FromClause

from barberpro.domains.catalogue.service import LONGEST, LONGEST_BUFFER
from barberpro.domains.locations.errors import ChairNotFound
from barberpro.domains.locations.service import chair
from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.database import violated
from barberpro.platform.doors import Rows, Transaction
from barberpro.platform.sets import among

from .diary import LONGEST_WAY
from .errors import ChairTaken, NoChairFree, SlotTaken
from .lifecycle import OCCUPYING, STANDING
from .rules import Shop, Slot
from .tables import bookings

TENANT = bindparam("tenant")
EVER = datetime.max.replace(tzinfo=UTC)


def _overlapping(other: FromClause) -> ColumnElement[bool]:
    """This booking keeps its chair in a part of the slot, and its provider, but for gaps.

    The start is bounded on both sides, so an index that ends in it finds the few rows: what began
    earlier than the longest booking lasts is over, and what begins a buffer later does not reach back to it.
    """
    return and_(
        other.c.organization_id == TENANT,
        other.c.starts_at < bindparam("ceiling"),
        other.c.taken_from < bindparam("free"),
        other.c.starts_at > bindparam("floor"),
        other.c.free_at > bindparam("taken"),
        among(other.c.status, OCCUPYING),
        other.c.id != bindparam("moving"),
    )


def _interlocking(other: FromClause) -> ColumnElement[bool]:
    """One provider can do this booking and the slot, though they overlap: one is in the gap of the other, or
    each has a part in the other's.

    Of two parts each there are six orders; in two of them nothing overlaps, and these are the other four.
    """
    c, taken, free = other.c, bindparam("taken"), bindparam("free")
    is_after_our_gap_began = c.taken_from >= bindparam("gap_starts")
    is_before_our_gap_ended = c.free_at <= bindparam("gap_ends")
    ours_is_after_its_gap_began = c.gap_starts_at <= taken
    ours_is_before_its_gap_ended = c.gap_ends_at >= free
    orders = or_(
        and_(is_after_our_gap_began, is_before_our_gap_ended),
        and_(ours_is_after_its_gap_began, ours_is_before_its_gap_ended),
        and_(
            is_after_our_gap_began,
            c.gap_starts_at <= bindparam("gap_ends"),
            ours_is_before_its_gap_ended,
        ),
        and_(
            ours_is_after_its_gap_began,
            c.gap_ends_at >= bindparam("gap_starts"),
            is_before_our_gap_ended,
        ),
    )
    return func.coalesce(orders, false())  # without a gap there is nothing to compare


def lapsed(held: FromClause) -> ColumnElement[bool]:
    """This was held, until before now, where the slot is wanted: by its provider, or at its location.

    In the way of a slot are also the holds of its provider elsewhere, as far as the longest way goes.
    """
    return and_(
        ran_out(held),
        or_(
            held.c.provider_id == bindparam("provider"),
            held.c.location_id == bindparam("location"),
        ),
        held.c.taken_from < bindparam("near_before"),
        held.c.free_at > bindparam("near_after"),
    )


def ran_out(held: FromClause) -> ColumnElement[bool]:
    """This was held until before now. The status in so many words, for there is an index of these alone."""
    return and_(
        held.c.organization_id == TENANT,
        held.c.status == literal_column("'HELD'"),
        held.c.held_until <= bindparam("now"),
    )


_theirs = bookings.alias("theirs")
_held = bookings.alias("held")
_seated = bookings.alias("seated")
_earlier = bookings.alias("earlier")
_provider_until = (
    select(func.max(_theirs.c.free_at))
    .where(
        _theirs.c.provider_id == bindparam("provider"),
        _overlapping(_theirs),
        ~_interlocking(_theirs),
    )
    .scalar_subquery()
)
_has_booked = exists().where(
    _earlier.c.organization_id == TENANT,
    _earlier.c.customer_id == bindparam("customer"),
    among(_earlier.c.status, STANDING),
    _earlier.c.id != bindparam("moving"),
    _earlier.c.starts_at < bindparam("before"),
)

# A row for each chair and booking that holds it in the slot, or one for a chair that is free.
AGENDA = across_tenants(
    select(
        chair.c.id,
        chair.c.label,
        _seated.c.free_at.label("until"),
        _provider_until.label("provider_until"),
        _has_booked.label("has_booked"),
        exists().where(lapsed(_held)).label("has_lapsed"),
    )
    .outerjoin_from(chair, _seated, and_(_seated.c.chair_id == chair.c.id, _overlapping(_seated)))
    .where(
        chair.c.organization_id == TENANT,
        chair.c.location_id == bindparam("location"),
        chair.c.is_active,
    )
    .order_by(chair.c.label, chair.c.id),
    "of one tenant by its own criteria, but of all its locations: a provider is taken also by"
    " bookings that the caller may not see",
)


HAS_BOOKED = across_tenants(
    select(_has_booked.label("has_booked")),
    "of one tenant by its own criteria, but of all its locations: so is a first visit",
)


@dataclass(frozen=True)
class Seat:
    """The chair a booking gets, and whether the customer had booked before."""

    chair_id: str
    has_booked: bool


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a booking needs free: a provider, and a chair, which may be a certain one.

    `kept` is the chair of a booking that is moved, taken again where it is free. `moving` is that
    booking's id: it is not in its own way. Whether the customer had booked is asked of bookings that
    begin `before`.
    """

    shop: Shop
    slot: Slot
    provider_id: str
    customer_id: str
    chair_id: str | None = None
    kept: str | None = None
    moving: str = ""
    before: datetime = EVER


async def chairs(tx: Transaction, wish: Wish) -> Rows:
    """The chairs, with all that is taken in the slot; `has_lapsed` where that includes holds that ran out."""
    return await tx.rows(AGENDA, parameters(tx, wish))


def seat(wish: Wish, rows: Rows) -> Seat:
    """The chair of these: the one asked for, else the one it has, else the first free by label."""
    time_zone = wish.shop.time_zone
    if wish.chair_id is not None and all(row.id != wish.chair_id for row in rows):
        raise ChairNotFound(wish.chair_id[: ids.LIMIT])
    if rows and rows[0].provider_until is not None:
        raise SlotTaken(wish.provider_id, rows[0].provider_until, time_zone)
    free = [row.id for row in rows if row.until is None]
    if wish.chair_id is not None and wish.chair_id not in free:
        held = [row for row in rows if row.id == wish.chair_id]
        raise ChairTaken(held[0].label, max(row.until for row in held), time_zone)
    if not free:
        raise NoChairFree(wish.slot.taken_from, wish.slot.free_at, time_zone)
    best = wish.chair_id or wish.kept or ""
    return Seat(best if best in free else free[0], rows[0].has_booked)


async def has_booked(tx: Transaction, booking: Row[Any]) -> bool:
    """Whether its customer has another booking that took place or will."""
    asked = {"tenant": tx.principal.tenant, "customer": booking.customer_id, "moving": booking.id}
    return bool((await tx.rows(HAS_BOOKED, {**asked, "before": EVER}))[0].has_booked)


@contextmanager
def overlaps_refused(wish: Wish) -> Iterator[None]:
    """The database's own rule against double booking, told as ours.

    The locks keep it from being needed here; it stands against whoever writes without them. What it
    refuses does not say until when, so the slot's own end is told.
    """
    try:
        yield
    except IntegrityError as error:
        slot, time_zone = wish.slot, wish.shop.time_zone
        match violated(error):
            case "bookings_provider_overlap":
                raise SlotTaken(wish.provider_id, slot.free_at, time_zone) from error
            case "bookings_chair_overlap":
                raise NoChairFree(slot.taken_from, slot.free_at, time_zone) from error
            case _:
                raise


def parameters(tx: Transaction, wish: Wish) -> dict[str, Any]:
    """What is wanted, by the names under which the statements above take it."""
    return {
        "tenant": tx.principal.tenant,
        "location": wish.shop.id,
        "provider": wish.provider_id,
        "customer": wish.customer_id,
        "moving": wish.moving,
        "taken": wish.slot.taken_from,
        "free": wish.slot.free_at,
        "gap_starts": wish.slot.gap_starts_at,
        "gap_ends": wish.slot.gap_ends_at,
        "before": wish.before,
        "floor": wish.slot.taken_from - LONGEST,
        "ceiling": wish.slot.free_at + LONGEST_BUFFER,
        "near_after": wish.slot.taken_from - LONGEST_WAY,
        "near_before": wish.slot.free_at + LONGEST_WAY,
        "now": tx.now,
    }
