"""What is sealed of the demo's first customers: how to reach them, and a note on their last booking.

Enough to try out what is opened, found by, and erased. Nobody else has notes: each would need a key of its own.
"""

from datetime import date, timedelta

import numpy as np
from sqlalchemy import bindparam, update

from barberpro.domains.bookings.tables import bookings
from barberpro.domains.people import service as people
from barberpro.domains.people.contact import Contact
from barberpro.platform.doors import Transaction
from barberpro.platform.sealing import keys
from barberpro.platform.text import fold

from .columns import Columns

REACHED = 40
"""Customers of each chain; each is sealed by the service, with a key of its own."""
FIRST_BIRTH = date(1955, 1, 1)
BIRTH_DAYS = 365 * 50
NOTES = (
    "Prefiere tijera.",
    "Llega diez minutos tarde.",
    "Viene con su hijo.",
    "Degradé bajo, como la última vez.",
    "Piel sensible: sin alcohol.",
    "Pide mate, sin azúcar.",
    "Silla cerca de la ventana, por favor.",
    "Es para un casamiento.",
    "Traer referencia de color.",
)
NOTE = (
    update(bookings)
    .where(bookings.c.id == bindparam("noted"))
    .values(notes=bindparam("note", type_=bookings.c.notes.type))
)


async def reach(tx: Transaction, rng: np.random.Generator, tables: dict[str, Columns]) -> None:
    """Write down how to reach the first customers. Domains and numbers are of those that reach nobody."""
    customers, booked = tables["customers"], tables["bookings"]
    latest = dict(zip(booked["customer_id"], booked["id"], strict=True))
    for customer, called in zip(customers["id"][:REACHED], customers["name"], strict=False):
        await people.update_customer(tx, customer, contact=_contact(rng, called))
        if customer in latest:
            cipher = await keys.cipher_of(tx, customer)
            note = NOTES[rng.integers(len(NOTES))]
            sealed = cipher.seal(bookings.c.notes, latest[customer], note)
            await tx.execute(NOTE, {"noted": latest[customer], "note": sealed})


def _contact(rng: np.random.Generator, called: str) -> Contact:
    letters = "".join(c if c.isalpha() and c.isascii() else "." for c in fold(called))
    mailbox = ".".join(part for part in letters.split(".") if part)
    return Contact(
        email=f"{mailbox}{rng.integers(10, 99)}@example.com",
        phone=f"+5491100{rng.integers(0, 10**6):06}",
        document_number=f"{rng.integers(10_000_000, 60_000_000)}",
        birth_date=FIRST_BIRTH + timedelta(days=int(rng.integers(0, BIRTH_DAYS))),
    )
