"""What outsiders try with visits that customers are asked to move."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, insert

from barberpro.domains.bookings.reshuffling import service as reshuffling
from barberpro.domains.bookings.reshuffling.tables import reshuffle_moves, reshuffles
from barberpro.platform import ids
from barberpro.platform.doors import Transaction

SOME_DAY = date(2026, 11, 24)
TERMS = {"within_minutes": 15, "least_minutes": 30, "days_ahead": 0}


async def asked_of(tx: Transaction, booking: Row[Any]) -> tuple[str, str]:
    """A reshuffle in which a booking's customer and another's are asked, and the move of the first."""
    asked = ids.new("rsh")
    await tx.insert(
        insert(reshuffles),
        [
            {
                "id": asked,
                "location_id": booking.location_id,
                "provider_id": booking.provider_id,
                "date": booking.starts_at.date(),
                "status": "ASKED",
                "won_minutes": 30,
                "usual_minutes": 30,
                "expires_at": tx.now + timedelta(days=1),
                "created_at": tx.now,
            }
        ],
    )
    move = {
        "reshuffle_id": asked,
        "location_id": booking.location_id,
        "booking_id": booking.id,
        "customer_id": booking.customer_id,
        "from_starts_at": booking.starts_at,
        "to_starts_at": booking.starts_at + timedelta(minutes=5),
        "status": "ASKED",
    }
    made = ids.new("rsm")
    await tx.insert(insert(reshuffle_moves), [{"id": made, **move}])
    return asked, made


ATTEMPTS: list[tuple[Any, Any]] = [
    (
        reshuffling.set_terms,
        lambda tx, theirs, _: reshuffling.set_terms(tx, theirs.location, **TERMS),
    ),
    (
        reshuffling.propose,
        lambda tx, theirs, own: reshuffling.propose(
            tx, location_id=theirs.location, provider_id=own.provider, day=SOME_DAY
        ),
    ),
    (
        reshuffling.propose,
        lambda tx, theirs, own: reshuffling.propose(
            tx, location_id=own.location, provider_id=theirs.provider, day=SOME_DAY
        ),
    ),
    (
        reshuffling.answer,
        lambda tx, theirs, _: reshuffling.answer(tx, theirs.move, accepted=True),
    ),
    (reshuffling.withdraw, lambda tx, theirs, _: reshuffling.withdraw(tx, theirs.reshuffle)),
]
TAKE_NO_IDS = {reshuffling.by_night, reshuffling.tenants_that_ask}
