"""Where moves win enough time, customers are asked: of one provider's day, or by night of a shop's next days."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CompoundSelect, Row, bindparam, insert, select

from barberpro.domains.locations.service import place
from barberpro.domains.people.errors import ProviderNotFound
from barberpro.domains.people.service import provider
from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from . import events
from .drawing import NOTICE, Day, drawn
from .errors import AlreadyAsked, NothingToWin
from .packing import packed
from .standing import ended, locked_shop
from .tables import reshuffle_moves, reshuffle_terms, reshuffles

USUAL_WITHIN, USUAL_LEAST = 15, 30
OPEN = timedelta(hours=24)
"""For how long customers are asked, unless the visits begin before."""
NIGHT = range(2, 6)
"""The hours in which customers are asked by night; what they are asked waits until they get up."""
MOST_LAPSED = 500

r, t = reshuffles.c, reshuffle_terms.c
TERMS = select(reshuffle_terms).where(t.location_id == bindparam("location"))
BY_NIGHT = (
    select(reshuffle_terms, place.c.time_zone)
    .join(place, place.c.id == t.location_id)
    .where(t.days_ahead > 0, place.c.is_active)
    .order_by(t.location_id)
)
ASKED = select(reshuffles).where(
    r.location_id == bindparam("location"),
    r.provider_id == bindparam("provider"),
    r.date == bindparam("day"),
    r.status == "ASKED",
)
TRIED = select(r.provider_id).where(
    r.location_id == bindparam("location"), r.date == bindparam("day")
)
LAPSED = (
    select(reshuffles)
    .where(r.status == "ASKED", r.expires_at <= bindparam("now"))
    .order_by(r.id)
    .limit(MOST_LAPSED)
    .with_for_update(key_share=True)
)


async def propose(tx: Transaction, *, location_id: str, provider_id: str, day: date) -> Row[Any]:
    """Ask the customers of a provider's day to move, where that wins as much as the shop's terms ask for."""
    await locked_shop(tx, location_id)
    known = ids.prefix_of(provider_id) == "prv"
    found = select(provider.c.id).where(provider.c.id == bindparam("provider"))
    if not known or await tx.row(found, {"provider": provider_id}) is None:
        raise ProviderNotFound(provider_id[: ids.LIMIT])
    asked = {"location": location_id, "provider": provider_id, "day": day}
    if (before := await tx.row(ASKED, asked)) is not None:
        raise AlreadyAsked(before.id)
    terms = await tx.row(TERMS, {"location": location_id})
    within = terms.within_minutes if terms else USUAL_WITHIN
    least = terms.least_minutes if terms else USUAL_LEAST
    shop_day = await drawn(tx, location_id, day, within)
    made = shop_day and await _proposed(tx, shop_day, location_id, provider_id, day, least)
    if not made:
        raise NothingToWin(within, least)
    return made


async def by_night(tx: Transaction) -> int:
    """What the worker does each hour: end what is over, and ask where it is night; how often it asked."""
    for over in await tx.rows(LAPSED, {"now": tx.now}):
        await ended(tx, over, "LAPSED")
    asked = 0
    for terms in await tx.rows(BY_NIGHT):
        local = tx.now.astimezone(ZoneInfo(terms.time_zone))
        if local.hour not in NIGHT:
            continue
        for ahead in range(1, terms.days_ahead + 1):
            day = local.date() + timedelta(days=ahead)
            asked += await _all_asked(tx, terms, day)
    return asked


def tenants_that_ask() -> CompoundSelect[*tuple[Any, ...]]:
    """Whose shops ask by night, or are asking: for the worker, which serves every tenant."""
    asking = select(r.organization_id).where(r.status == "ASKED")
    return across_tenants(
        select(t.organization_id).union(asking), "the worker asks for the shops of every tenant"
    )


async def _all_asked(tx: Transaction, terms: Row[Any], day: date) -> int:
    """Ask at a shop for a day: each provider's customers once, whatever came of it."""
    at = terms.location_id
    tried = {row.provider_id for row in await tx.rows(TRIED, {"location": at, "day": day})}
    shop_day = await drawn(tx, at, day, terms.within_minutes)
    asked = 0
    for name in sorted(shop_day.stretches.keys() - tried if shop_day else ()):
        if shop_day and await _proposed(tx, shop_day, at, name, day, terms.least_minutes):
            asked += 1
            # Two may share a chair: where one's visits would move to, the next one's do not.
            shop_day = await drawn(tx, at, day, terms.within_minutes)
    return asked


async def _proposed(
    tx: Transaction, shop_day: Day, location_id: str, provider_id: str, day: date, least: int
) -> Row[Any] | None:
    """The reshuffle of a provider's day, where there is enough to win."""
    moved: dict[str, int] = {}
    won = 0
    for each in shop_day.stretches.get(provider_id, ()):
        found = packed(each.visits, each.begins, each.ends, shop_day.usual)
        if found.won > 0:
            moved |= found.moved
            won += found.won
    if not moved or won < least:
        return None
    moves = [
        (each, shop_day.starts_at + timedelta(minutes=at) + (each.starts_at - each.taken_from))
        for name, at in sorted(moved.items())
        for each in [shop_day.bookings[name]]
    ]
    first = min(min(booking.starts_at, to) for booking, to in moves)
    row = {
        "id": ids.new("rsh"),
        "location_id": location_id,
        "provider_id": provider_id,
        "date": day,
        "status": "ASKED",
        "won_minutes": won,
        "usual_minutes": shop_day.usual,
        "expires_at": min(tx.now + OPEN, first - NOTICE),
        "created_at": tx.now,
    }
    made = (await tx.execute(insert(reshuffles).returning(reshuffles), row)).one()
    rows = [
        {
            "id": ids.new("rsm"),
            "reshuffle_id": made.id,
            "location_id": location_id,
            "booking_id": booking.id,
            "customer_id": booking.customer_id,
            "from_starts_at": booking.starts_at,
            "to_starts_at": to,
            "status": "ASKED",
        }
        for booking, to in moves
    ]
    await tx.insert(insert(reshuffle_moves), rows)
    event = events.ReshuffleProposed(
        subject=made.id,
        location_id=location_id,
        provider_id=provider_id,
        won_minutes=won,
        expires_at=made.expires_at,
        move_ids=[each["id"] for each in rows],
        customer_ids=[each["customer_id"] for each in rows],
    )
    await publish(tx, event, after=made)
    return made
