"""Reshuffles: proposed where they win time, asked of each customer, applied when all have agreed.

Nobody is moved without having said yes, and either all are moved or none. Who said no is not asked again about that
visit.
"""

from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.errors import Failure
from barberpro.platform.events import publish
from barberpro.platform.sets import among, key_set

from .. import service as bookings
from ..tables import bookings as visits
from . import events
from .errors import (
    MoveAnswered,
    ReshuffleMoveNotFound,
    ReshuffleNotFound,
    ReshuffleOvertaken,
    ReshuffleTermsOutOfRange,
)
from .proposing import TERMS
from .proposing import by_night as by_night
from .proposing import propose as propose
from .proposing import tenants_that_ask as tenants_that_ask
from .standing import ended, locked_shop, still_open
from .tables import reshuffle_moves, reshuffle_terms, reshuffles

WITHIN, LEAST, AHEAD = range(5, 61), range(5, 721), range(15)

b, r, m, t = visits.c, reshuffles.c, reshuffle_moves.c, reshuffle_terms.c
OF_RESHUFFLE = (
    select(reshuffle_moves)
    .where(m.reshuffle_id == bindparam("reshuffle"))
    .order_by(m.from_starts_at)
)
STAND = select(b.id, b.starts_at).where(among(b.id, key_set("keys")))
ANSWER = update(reshuffle_moves).where(m.id == bindparam("move")).returning(reshuffle_moves)


async def set_terms(
    tx: Transaction, location_id: str, *, within_minutes: int, least_minutes: int, days_ahead: int
) -> Row[Any]:
    """How far a shop asks its customers to move, for how much time, and how many days ahead each night."""
    await locked_shop(tx, location_id)
    for what, given, allowed in (
        ("withinMinutes", within_minutes, WITHIN),
        ("leastMinutes", least_minutes, LEAST),
        ("daysAhead", days_ahead, AHEAD),
    ):
        if given not in allowed:
            raise ReshuffleTermsOutOfRange(what, allowed[0], allowed[-1], given)
    values = {
        "within_minutes": within_minutes,
        "least_minutes": least_minutes,
        "days_ahead": days_ahead,
    }
    before = await tx.row(TERMS, {"location": location_id})
    if before is None:
        row = {"id": ids.new("rst"), "location_id": location_id, **values}
        after = (await tx.execute(insert(reshuffle_terms).returning(reshuffle_terms), row)).one()
    else:
        alter = update(reshuffle_terms).where(t.id == bindparam("terms")).returning(reshuffle_terms)
        after = (await tx.execute(alter, {"terms": before.id, **values})).one()
    event = events.ReshuffleTermsSet(subject=after.id, location_id=location_id, **values)
    await publish(tx, event, before=before, after=after)
    return after


async def answer(tx: Transaction, move_id: str, *, accepted: bool) -> Row[Any]:
    """Write down what the customer said. The last who agrees has all of them moved. Returns the reshuffle."""
    found = None
    if ids.prefix_of(move_id) == "rsm":
        found = await tx.row(
            select(reshuffle_moves).where(m.id == bindparam("move")), {"move": move_id}
        )
    if found is None:
        raise ReshuffleMoveNotFound(move_id[: ids.LIMIT])
    await locked_shop(tx, found.location_id)
    before = await still_open(tx, found.reshuffle_id)
    moves = {each.id: each for each in await tx.rows(OF_RESHUFFLE, {"reshuffle": before.id})}
    if moves[move_id].status != "ASKED":
        raise MoveAnswered(moves[move_id].status)
    status = "ACCEPTED" if accepted else "DECLINED"
    values = {"move": move_id, "status": status, "answered_at": tx.now}
    moves[move_id] = (await tx.execute(ANSWER, values)).one()
    event = events.ReshuffleAnswered(
        subject=before.id, move_id=move_id, booking_id=found.booking_id, accepted=accepted
    )
    await publish(tx, event, before=found, after=moves[move_id])
    if not accepted:
        return await ended(tx, before, "DECLINED")
    if any(each.status != "ACCEPTED" for each in moves.values()):
        return before
    await _move(tx, list(moves.values()))
    return await ended(tx, before, "APPLIED")


async def withdraw(tx: Transaction, reshuffle_id: str) -> Row[Any]:
    """Ask nobody any more."""
    found = None
    if ids.prefix_of(reshuffle_id) == "rsh":
        found = await tx.row(
            select(reshuffles).where(r.id == bindparam("of")), {"of": reshuffle_id}
        )
    if found is None:
        raise ReshuffleNotFound(reshuffle_id[: ids.LIMIT])
    await locked_shop(tx, found.location_id)
    return await ended(tx, await still_open(tx, reshuffle_id), "WITHDRAWN")


async def _move(tx: Transaction, moves: list[Row[Any]]) -> None:
    """Move them all: who comes earlier from the first on, who comes later from the last on, so that each finds room."""
    earlier = [each for each in moves if each.to_starts_at < each.from_starts_at]
    later = [each for each in moves if each.to_starts_at > each.from_starts_at]
    stand = {
        row.id: row.starts_at
        for row in await tx.rows(STAND, {"keys": [e.booking_id for e in moves]})
    }
    for each in (*earlier, *reversed(later)):
        if stand.get(each.booking_id) != each.from_starts_at:
            raise ReshuffleOvertaken(each.booking_id, "BOOKING_MOVED")
        try:
            await bookings.reschedule(
                tx, each.booking_id, starts_at=each.to_starts_at, is_charged=False
            )
        except Failure as failure:
            raise ReshuffleOvertaken(each.booking_id, failure.code) from None
