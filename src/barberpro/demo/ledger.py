"""The rows of what was charged: invoices, their lines, the series that number them."""

import numpy as np

from barberpro.domains.billing.totals import STANDARD_RATE

from . import identifiers
from .catalogue import CURRENCY
from .charges import Charges
from .columns import Column, Columns, nothing, texts
from .receipts import CREDIT_NOTE, CREDITED, INVOICE, Receipts, numbered


def invoices(
    rng: np.random.Generator, made: Receipts, charged: Charges, tables: dict[str, Columns]
) -> Columns:
    """One row an invoice or credit note, of rows that `tables` has already."""
    count = len(made.booking)
    ids = identifiers.made(rng, "inv", made.created)
    series, number = numbered(made)
    return {
        "id": ids,
        "location_id": tables["locations"]["id"][made.location],
        "customer_id": _where(made.customer, tables["customers"]["id"]),
        "corrects_id": _where(made.corrects, ids),
        "kind": made.kind,
        "status": made.status,
        "terms": made.terms,
        "series": series,
        "number": number,
        "currency_code": texts([CURRENCY] * count),
        "discount_minor": charged.per_receipt(charged.discount, count),
        "net_minor": charged.per_receipt(charged.net, count),
        "tax_minor": charged.per_receipt(charged.tax, count),
        "total_minor": charged.per_receipt(charged.total, count),
        "issued_at": made.issued,
        "due_at": made.due,
        "paid_at": made.paid,
        "created_at": made.created,
    }


def invoice_of(made: Receipts, invoice: Columns, bookings: int) -> Column:
    """The id of the valid invoice of each booking, None where it has none."""
    found = nothing(bookings)
    valid = (made.booking >= 0) & (made.status != CREDITED)
    found[made.booking[valid]] = invoice["id"][valid]
    return found


def invoice_lines(
    rng: np.random.Generator, made: Receipts, charged: Charges, invoice: Columns, booking: Columns
) -> Columns:
    """One row a line."""
    count = len(charged.receipt)
    return {
        "id": identifiers.made(rng, "inl", made.created[charged.receipt]),
        "invoice_id": invoice["id"][charged.receipt],
        "booking_id": _where(charged.booking, booking["id"]),
        "position": charged.position,
        "description": charged.description,
        "quantity": charged.quantity,
        "currency_code": texts([CURRENCY] * count),
        "unit_price_minor": charged.unit_price,
        "discount_minor": charged.discount,
        "tax_rate_bps": np.full(count, STANDARD_RATE),
        "net_minor": charged.net,
        "tax_minor": charged.tax,
        "total_minor": charged.total,
    }


def invoice_series(rng: np.random.Generator, invoice: Columns) -> Columns:
    """Where each shop's counters stand; a counter there is only of what was issued."""
    issued = np.flatnonzero(~np.isnan(invoice["number"]))
    kinds = (INVOICE, CREDIT_NOTE)
    which = np.array([kinds.index(kind) for kind in invoice["kind"][issued]], dtype=np.int64)
    counter = invoice["series"][issued].astype(np.int64) * len(kinds) + which
    order = issued[np.lexsort((invoice["number"][issued], counter))]
    counter = np.sort(counter)
    first = np.flatnonzero(np.diff(counter, prepend=-1))
    last = order[np.append(first[1:], len(order))[: len(first)] - 1]
    return {
        "id": identifiers.made(rng, "ser", invoice["issued_at"][order[first]]),
        "location_id": invoice["location_id"][last],
        "kind": invoice["kind"][last],
        "series": invoice["series"][last].astype(np.int64),
        "last_number": invoice["number"][last].astype(np.int64),
        "last_issued_at": invoice["issued_at"][last],
    }


def _where(number: Column, ids: Column) -> Column:
    """The ids of numbered rows, None for -1."""
    found = ids[number]
    found[number < 0] = None
    return found
