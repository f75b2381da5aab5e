"""Reshuffles as they stand: the locks they are looked at under, and how they end."""

from typing import Any

from sqlalchemy import Row, bindparam, select, update

from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.locations.service import place
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from . import events
from .errors import ReshuffleOver
from .tables import reshuffles

r = reshuffles.c
END = update(reshuffles).where(r.id == bindparam("reshuffle")).returning(reshuffles)


async def ended(tx: Transaction, before: Row[Any], status: str) -> Row[Any]:
    after = (await tx.execute(END, {"reshuffle": before.id, "status": status})).one()
    event = events.ReshuffleEnded(subject=before.id, status=status, won_minutes=before.won_minutes)
    await publish(tx, event, before=before, after=after)
    return after


async def still_open(tx: Transaction, reshuffle_id: str) -> Row[Any]:
    """The reshuffle, locked, where customers are still asked."""
    statement = (
        select(reshuffles).where(r.id == bindparam("reshuffle")).with_for_update(key_share=True)
    )
    (found,) = await tx.rows(statement, {"reshuffle": reshuffle_id})
    if found.status != "ASKED" or found.expires_at <= tx.now:
        raise ReshuffleOver(found.status if found.status != "ASKED" else "LAPSED")
    return found


async def locked_shop(tx: Transaction, location_id: str) -> None:
    """Lock the shop: of all locks it is the first."""
    found = None
    if ids.prefix_of(location_id) == "loc":
        statement = select(place.c.id).where(place.c.id == bindparam("location"))
        found = await tx.row(statement.with_for_update(key_share=True), {"location": location_id})
    if found is None:
        raise LocationNotFound(location_id[: ids.LIMIT])
