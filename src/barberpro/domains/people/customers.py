"""Customers: registered, changed, found again, erased. What is known of how to reach them is sealed under their key."""

import secrets
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Integer, LargeBinary, Row, Select, bindparam, insert, select, update

from barberpro.domains.locations import service as locations
from barberpro.platform import ids, text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.sealing import keys
from barberpro.platform.sealing.tables import Sealed
from barberpro.platform.sealing.vault import IndexKey, SubjectCipher

from . import events
from .contact import SAME, Contact, index_of, kept
from .errors import CustomerErased, CustomerNotFound, HomeLocationRequired
from .tables import CONTACTS, customer_contacts, customers

ERASED_NAME = "Anónimo"
EARTH = timedelta(hours=14)  # where it is tomorrow already: UTC+14 is the furthest ahead

c, cc = customers.c, customer_contacts.c
WHOLE = (
    select(customers, cc.id.label("contact_id"), *CONTACTS.columns)
    .outerjoin_from(customers, customer_contacts, cc.customer_id == c.id)
    .where(c.id == bindparam("customer"))
)
HELD = select(c.erased_at).where(c.id == bindparam("customer")).with_for_update(key_share=True)
REGISTER = insert(customers).returning(customers)
ALTER = update(customers).where(c.id == bindparam("customer"))
WRITE_DOWN = insert(customer_contacts)
AMEND = update(customer_contacts).where(cc.id == bindparam("contact"))
FOUND_BY = {
    name: select(customers)
    .join_from(customers, customer_contacts, cc.customer_id == c.id)
    .where(index_of(name) == bindparam("same", type_=LargeBinary()))
    .order_by(c.id)
    .limit(bindparam("most", type_=Integer()))
    for name in SAME
}
BLANK: dict[str, None] = dict.fromkeys(
    each.name for each in customer_contacts.c if isinstance(each.type, LargeBinary | Sealed)
)


async def register_customer(
    tx: Transaction, *, name: str, home_location_id: str | None, contact: Contact | None = None
) -> Row[Any]:
    """Take down a customer, the location they call theirs, and how to reach them."""
    tidy, known = text.name(name), kept(contact or {}, _today(tx))
    if home_location_id is not None:
        await locations.check_known(tx, [home_location_id])
    elif tx.principal.locations is not None:
        raise HomeLocationRequired  # whoever belongs nowhere would be out of the caller's own sight
    row = {
        "id": ids.new("cus"),
        **_name(tidy),
        "home_location_id": home_location_id,
        "created_at": tx.now,
        "veil": secrets.token_hex(16),
    }
    registered = (await tx.execute(REGISTER, row)).one()
    after = registered
    if any(known.values()):
        await _write(tx, registered.id, None, known)
        after = (await tx.execute(WHOLE, {"customer": registered.id})).one()
    event = events.CustomerRegistered(subject=registered.id, home_location_id=home_location_id)
    await publish(tx, event, after=after)
    return registered


async def update_customer(
    tx: Transaction, customer_id: str, *, name: str | None = None, contact: Contact | None = None
) -> Row[Any]:
    """Write down what changed: the name, where one is given, and those facts of the contact that are."""
    tidy = None if name is None else text.name(name)
    asked = kept(contact or {}, _today(tx))
    if (await _held(tx, customer_id)).erased_at is not None:
        raise CustomerErased(customer_id)
    # The key first, so that what is read then is sealed with it: a rotation may come between the two.
    cipher = await keys.cipher_of(tx, customer_id) if any(asked.values()) else None
    before = (await tx.execute(WHOLE, {"customer": customer_id})).one()
    changed = {n: v for n, v in asked.items() if v != _known(before, n, cipher)}
    if changed:
        await _write(tx, customer_id, before.contact_id, changed)
    if tidy is not None and tidy != before.name:
        await tx.execute(ALTER, {"customer": customer_id, **_name(tidy)})
        changed = {"name": tidy, **changed}
    if not changed:
        return before
    after = (await tx.execute(WHOLE, {"customer": customer_id})).one()
    event = events.CustomerUpdated(subject=customer_id, changed=sorted(changed))
    await publish(tx, event, before=before, after=after)
    return after


async def erase_customer(tx: Transaction, customer_id: str) -> Row[Any]:
    """Forget a customer for good: destroy the key to all that was sealed of them, and overwrite their name.

    What they booked and paid stays, for the shop's books; nothing in it says who they were.
    """
    await _held(tx, customer_id)
    before = (await tx.execute(WHOLE, {"customer": customer_id})).one()
    if before.erased_at is not None:
        return before
    await keys.destroy(tx, customer_id)
    if before.contact_id is not None:
        await tx.execute(AMEND, {"contact": before.contact_id, **BLANK})
    gone = {**_name(ERASED_NAME), "veil": None, "erased_at": tx.now}
    await tx.execute(ALTER, {"customer": customer_id, **gone})
    after = (await tx.execute(WHOLE, {"customer": customer_id})).one()
    await publish(tx, events.CustomerErased(subject=customer_id), before=before, after=after)
    return after


def found_by(name: str) -> Select[Any]:
    """The first `:most` customers whose `name` has the index `:same`, by id; see `indexed`."""
    return FOUND_BY[name]


def indexed(index: IndexKey, name: str, value: str) -> bytes:
    """What `found_by` compares: `name` is `email`, `phone` or `document_number`.

    Raises InvalidDocumentNumber, or ValueError of an address or a number of no known form.
    """
    return index.of(cc[name], SAME[name](value))


async def _held(tx: Transaction, customer_id: str) -> Row[Any]:
    """When the customer was erased, if they were; locked against other changes until the transaction ends."""
    found = None
    if ids.prefix_of(customer_id) == "cus":
        found = await tx.row(HELD, {"customer": customer_id})
    if found is None:
        raise CustomerNotFound(customer_id[: ids.LIMIT])
    return found


def _known(before: Row[Any], name: str, cipher: SubjectCipher | None) -> str | None:
    """What is written down already. Where nothing but blanks is given, whether there is anything is enough."""
    sealed = getattr(before, name)
    if sealed is None:
        return None
    return cipher.open(cc[name], before.contact_id, sealed) if cipher else ""


async def _write(
    tx: Transaction, customer_id: str, contact_id: str | None, facts: dict[str, str | None]
) -> None:
    """Seal these facts of a customer, and make those findable that they are found by."""
    cipher, row_id = await keys.cipher_of(tx, customer_id), contact_id or ids.new("cct")
    row: dict[str, Any] = {
        name: None if value is None else cipher.seal(cc[name], row_id, value)
        for name, value in facts.items()
    }
    if found_by_them := SAME.keys() & facts.keys():
        index = await keys.index_key(tx)
        for name in found_by_them:
            value = facts[name]
            row[index_of(name).name] = None if value is None else indexed(index, name, value)
    if contact_id is None:
        await tx.execute(WRITE_DOWN, {"id": row_id, "customer_id": customer_id, **row})
    else:
        await tx.execute(AMEND, {"contact": contact_id, **row})


def _name(tidy: str) -> dict[str, Any]:
    return {"name": tidy, "name_key": text.fold(tidy)}


def _today(tx: Transaction) -> date:
    return (tx.now + EARTH).date()
