"""What can be done with invoices. Each change is one event; nothing issued is ever altered or removed.

Whatever moves an amount is posted to the ledger in the same transaction: what is issued, paid and taken back.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, update

from barberpro.domains.bookings import service as bookings
from barberpro.domains.ledger import service as ledger
from barberpro.domains.ledger.service import Method as Method
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from . import events, lifecycle, lines, numbering, posting, reading
from .errors import NotAnInvoice
from .lifecycle import Change, Kind, Status
from .lines import Line as Line
from .reading import charged as charged
from .reading import taxes as taxes
from .tables import invoice_lines, invoices
from .terms import Terms as Terms
from .terms import due_at

# Made once: what they set comes with each execution.
MAKE = insert(invoices).returning(invoices)
ALTER = update(invoices).where(invoices.c.id == bindparam("invoice")).returning(invoices)
LIST = insert(invoice_lines)


async def create(
    tx: Transaction,
    *,
    location_id: str,
    customer_id: str | None = None,
    booking_ids: Sequence[str] = (),
    by_hand: Sequence[Line] = (),
    terms: Terms = Terms.IMMEDIATE,
) -> Row[Any]:
    """Draft an invoice of one location, for bookings of one customer and for lines written by hand.

    Bookings come first, each at the price agreed, tax included, at the standard rate. They are the
    draft's from now on. Without a customer, named or booked, it is for a final consumer.
    """
    wanted = list(dict.fromkeys(booking_ids))
    lines.count(wanted, by_hand)
    written = [lines.by_hand(line, n) for n, line in enumerate(by_hand, 1)]
    await reading.shop(tx, location_id)
    booked = await bookings.to_bill(tx, wanted)
    customer = await reading.buyer(tx, booked, location_id=location_id, customer_id=customer_id)
    priced = [*map(lines.of_booking, booked), *written]
    lines.check_sum(priced)
    rows = lines.rows(priced)
    made = {
        "id": ids.new("inv"),
        "location_id": location_id,
        "customer_id": customer,
        "kind": Kind.INVOICE,
        "status": Status.DRAFT,
        "terms": terms,
        "currency_code": priced[0].unit_price.currency_code,
        **lines.sums(rows),
        "created_at": tx.now,
    }
    invoice = (await tx.execute(MAKE, made)).one()
    await tx.insert(LIST, [row | {"invoice_id": invoice.id} for row in rows])
    if wanted:
        await bookings.bill(tx, wanted, invoice_id=invoice.id)
    event = events.InvoiceDrafted(
        subject=invoice.id,
        location_id=location_id,
        customer_id=customer,
        booking_ids=wanted,
        total_minor=invoice.total_minor,
        currency_code=invoice.currency_code,
    )
    await publish(tx, event, after=invoice)
    return invoice


async def issue(tx: Transaction, invoice_id: str) -> Row[Any]:
    """Give a draft its number and dates. Its bookings must still stand."""
    before = await reading.held(tx, invoice_id)
    status = lifecycle.after(before.status, Change.ISSUED)
    await bookings.billed(tx, invoice_id=before.id)
    shop = await reading.shop(tx, before.location_id)
    numbered = await numbering.take(tx, before.location_id, Kind.INVOICE)
    due = due_at(numbered.issued_at, Terms(before.terms), shop.time_zone, shop.province)
    changes = {"status": status, **numbered._asdict(), "due_at": due}
    invoice = await _altered(tx, before, changes)
    event = events.InvoiceIssued(
        subject=invoice.id,
        location_id=invoice.location_id,
        customer_id=invoice.customer_id,
        **numbered._asdict(),
        total_minor=invoice.total_minor,
        currency_code=invoice.currency_code,
        due_at=due,
    )
    await publish(tx, event, before=before, after=invoice)
    today = posting.day(invoice.issued_at, shop.time_zone)
    listed = await reading.lines(tx, invoice.id)
    await ledger.post(tx, posting.issued(invoice, listed, today))
    return invoice


async def pay(tx: Transaction, invoice_id: str, *, method: Method = Method.OTHER) -> Row[Any]:
    """All of an invoice was paid, now, in this way."""
    before = await _held_invoice(tx, invoice_id)
    status = lifecycle.after(before.status, Change.PAID)
    invoice = await _altered(tx, before, {"status": status, "paid_at": tx.now})
    event = events.InvoicePaid(
        subject=invoice.id,
        location_id=invoice.location_id,
        customer_id=invoice.customer_id,
        total_minor=invoice.total_minor,
        currency_code=invoice.currency_code,
    )
    await publish(tx, event, before=before, after=invoice)
    shop = await reading.shop(tx, invoice.location_id)
    await posting.caught_up(tx, before, shop.time_zone)
    await ledger.post(tx, posting.paid(invoice, method, posting.day(tx.now, shop.time_zone)))
    return invoice


async def void(tx: Transaction, invoice_id: str) -> Row[Any]:
    """Throw a draft away; its bookings may be billed again. What is issued is credited instead."""
    before = await reading.held(tx, invoice_id)
    status = lifecycle.after(before.status, Change.VOIDED)
    freed = await bookings.release(tx, invoice_id=before.id)
    invoice = await _altered(tx, before, {"status": status})
    event = events.InvoiceVoided(
        subject=invoice.id,
        location_id=invoice.location_id,
        booking_ids=[booking.id for booking in freed],
    )
    await publish(tx, event, before=before, after=invoice)
    return invoice


async def credit(tx: Transaction, invoice_id: str) -> Row[Any]:
    """Take an issued invoice back whole: a credit note of the same lines, which is returned.

    Its bookings may be billed again. Money that was paid is not moved by this: the customer is owed it then.
    """
    before = await _held_invoice(tx, invoice_id)
    status = lifecycle.after(before.status, Change.CREDITED)
    freed = await bookings.release(tx, invoice_id=before.id)
    invoice = await _altered(tx, before, {"status": status})
    note = await _credit_note(tx, invoice)
    event = events.InvoiceCredited(
        subject=invoice.id,
        location_id=invoice.location_id,
        customer_id=invoice.customer_id,
        booking_ids=[booking.id for booking in freed],
        credit_note_id=note.id,
        total_minor=invoice.total_minor,
        currency_code=invoice.currency_code,
    )
    await publish(tx, event, before=before, after=invoice)
    shop = await reading.shop(tx, invoice.location_id)
    issue = await posting.caught_up(tx, before, shop.time_zone)
    today = posting.day(note.issued_at, shop.time_zone)
    copies = await reading.lines(tx, note.id)
    await ledger.post(tx, posting.credited(note, copies, today, issue.id))
    return note


SAME = ("location_id", "customer_id", "terms", "currency_code", *lines.SUMMED)
"""What a credit note shares with the invoice it takes back; its amounts are positive, too."""


async def _credit_note(tx: Transaction, invoice: Row[Any]) -> Row[Any]:
    numbered = await numbering.take(tx, invoice.location_id, Kind.CREDIT_NOTE)
    made = {
        "id": ids.new("inv"),
        **{name: invoice._mapping[name] for name in SAME},
        "corrects_id": invoice.id,
        "kind": Kind.CREDIT_NOTE,
        "status": Status.ISSUED,
        **numbered._asdict(),
        "created_at": tx.now,
    }
    note = (await tx.execute(MAKE, made)).one()
    copies = [row._asdict() for row in await reading.lines(tx, invoice.id)]
    await tx.insert(LIST, [c | {"id": ids.new("inl"), "invoice_id": note.id} for c in copies])
    event = events.CreditNoteIssued(
        subject=note.id,
        location_id=note.location_id,
        customer_id=note.customer_id,
        corrects_id=invoice.id,
        **numbered._asdict(),
        total_minor=note.total_minor,
        currency_code=note.currency_code,
    )
    await publish(tx, event, after=note)
    return note


async def _held_invoice(tx: Transaction, invoice_id: str) -> Row[Any]:
    found = await reading.held(tx, invoice_id)
    if found.kind != Kind.INVOICE:
        raise NotAnInvoice(found.id)
    return found


async def _altered(tx: Transaction, before: Row[Any], changes: dict[str, Any]) -> Row[Any]:
    return (await tx.execute(ALTER, {"invoice": before.id, **changes})).one()
