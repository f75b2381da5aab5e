"""Invoices and credit notes: what was charged when, how it was paid, and the numbers they got.

Each row is as billing's own service would have made it. A shop bills what it has done as the customer leaves;
some invoices were wrong and taken back, some things are sold over the counter to whoever comes in.
"""

from dataclasses import dataclass

import numpy as np

from barberpro.domains.billing.lifecycle import Kind, Status
from barberpro.domains.billing.terms import DAYS, Terms, last_day

from .columns import Column, days, pick, seconds, texts
from .outcome import COMPLETED
from .zones import instants, local

INVOICE, CREDIT_NOTE = Kind.INVOICE.value, Kind.CREDIT_NOTE.value
DRAFT, ISSUED, PAID = Status.DRAFT.value, Status.ISSUED.value, Status.PAID.value
CREDITED, VOID = Status.CREDITED.value, Status.VOID.value
IMMEDIATE = Terms.IMMEDIATE.value

BILLED = 0.97  # of what was done; the rest was forgotten, or was for free
LEAST_ELSE = 0.04  # of the invoices bill no booking, or take one back
TAKEN_BACK = 0.006  # of the invoices for bookings; half of them were made anew
OLD_ENOUGH = 8.0  # days: by then what was wrong has been noticed
ON_ACCOUNT = 0.02  # of the invoices may be paid later
UNPAID = 0.004  # of the others are not paid
LATE = 0.1  # of those on account never are
DRAFTED = 0.2  # of the last day's
GIVEN_UP = 0.02  # of the sales over the counter
NAMED = 0.3  # of their customers are known


@dataclass(frozen=True)
class Receipts:
    """One value an invoice or credit note; `booking` and `corrects` are numbers, -1 for none.

    Each `corrects` is a row before its own. Times are "not a time" where it has not come to it.
    """

    booking: Column
    corrects: Column
    location: Column
    customer: Column
    kind: Column
    status: Column
    terms: Column
    created: Column
    issued: Column
    due: Column
    paid: Column


@dataclass(frozen=True)
class Done:
    """The bookings there are to bill, as numbers: one value a booking, whatever its status."""

    status: Column
    ended: Column
    location: Column
    customer: Column


def receipts(
    rng: np.random.Generator,
    done: Done,
    zones: Column,
    provinces: Column,
    now: np.datetime64,
    since: np.datetime64,
    count: int,
) -> Receipts:
    """Exactly `count`, for what ended since then; `zones` and `provinces` are the shops'.

    ValueError where nothing did, and so nothing is billed.
    """
    served = np.flatnonzero((done.status == COMPLETED) & (done.ended >= since))
    if not len(served) and count:
        raise ValueError("there is nothing to bill: no booking was completed")
    billed = min(round(len(served) * BILLED), round(count * (1 - LEAST_ELSE)))
    booking = np.sort(rng.choice(served, billed, replace=False))
    charged = _charged(rng, booking, done, now)
    right = np.flatnonzero((charged.status == PAID) & (charged.terms == IMMEDIATE))
    old = right[charged.issued[right] < now - days(OLD_ENOUGH)]
    back = np.sort(rng.choice(old, min(round(billed * TAKEN_BACK), len(old)), replace=False))
    charged.status[back] = CREDITED
    notes = _notes(rng, charged, back)
    anew = _anew(rng, notes, charged.booking[back])
    rest = count - billed - len(back) - len(anew.booking)
    sold = _sold(rng, done, rng.choice(served, rest), now)
    found = _joined([charged, notes, anew, sold])
    return _dated(found, zones, provinces)


def numbered(made: Receipts) -> tuple[Column, Column]:
    """Series and number of each, NaN where it has none.

    Each shop counts its invoices and its credit notes in the order of issue, without gaps; its
    series is the next free one when it issues its first.
    """
    issued = np.flatnonzero(~np.isnat(made.issued))
    order = issued[np.lexsort((made.created[issued], made.issued[issued]))]
    _, begins, of = np.unique(made.location[order], return_index=True, return_inverse=True)
    series = np.full(len(made.issued), np.nan)
    series[order] = (np.argsort(np.argsort(begins)) + 1)[of]
    number = np.full(len(made.issued), np.nan)
    counter = 2 * made.location[order] + (made.kind[order] == CREDIT_NOTE)
    by_counter = np.argsort(counter, kind="stable")
    sorted_ = counter[by_counter]
    number[order[by_counter]] = np.arange(len(order)) - np.searchsorted(sorted_, sorted_) + 1
    return series, number


def _charged(rng: np.random.Generator, booking: Column, done: Done, now: np.datetime64) -> Receipts:
    """An invoice for each of these bookings, made as the customer left."""
    count = len(booking)
    created = done.ended[booking] + seconds(rng.integers(5, 240, count))
    later = [terms.value for terms in Terms if terms is not Terms.IMMEDIATE]
    terms = np.where(
        rng.random(count) < ON_ACCOUNT, pick(rng, later, (3, 2, 1), count), IMMEDIATE
    ).astype(object)
    return _paid(
        rng,
        now,
        booking=booking,
        location=done.location[booking],
        customer=done.customer[booking],
        terms=terms,
        created=created,
    )


def _paid(
    rng: np.random.Generator, now: np.datetime64, *, terms: Column, created: Column, **facts: Column
) -> Receipts:
    """Invoices as they stand: the last ones are drafts, most are paid on the spot or on account."""
    count = len(created)
    issued = created + seconds(rng.integers(2, 60, count))
    on_account = terms != IMMEDIATE
    takes = days(np.array([DAYS[Terms(each)] for each in terms]) * rng.uniform(0.3, 1.3, count))
    paid = issued + np.where(on_account, takes, seconds(rng.integers(5, 120, count)))
    never = rng.random(count) < np.where(on_account, LATE, UNPAID)
    paid[never | (paid >= now)] = np.datetime64("NaT", "us")
    status = np.where(np.isnat(paid), ISSUED, PAID).astype(object)
    drafted = (created >= now - days(1.0)) & (rng.random(count) < DRAFTED)
    status[drafted] = DRAFT
    issued[drafted] = paid[drafted] = np.datetime64("NaT", "us")
    return Receipts(
        **facts,
        corrects=np.full(count, -1),
        kind=texts([INVOICE] * count),
        status=status,
        terms=terms,
        created=created,
        issued=issued,
        due=np.full(count, np.datetime64("NaT", "us")),
        paid=paid,
    )


def _notes(rng: np.random.Generator, charged: Receipts, back: Column) -> Receipts:
    """The credit notes that take these invoices back, some hours or days after they were paid."""
    count = len(back)
    created = charged.paid[back] + seconds(rng.integers(3_600, 5 * 86_400, count))
    never = np.full(count, np.datetime64("NaT", "us"))
    return Receipts(
        booking=np.full(count, -1),
        corrects=back,
        location=charged.location[back],
        customer=charged.customer[back],
        kind=texts([CREDIT_NOTE] * count),
        status=texts([ISSUED] * count),
        terms=charged.terms[back],
        created=created,
        issued=created,
        due=never,
        paid=never,
    )


def _anew(rng: np.random.Generator, notes: Receipts, booking: Column) -> Receipts:
    """Half of what was taken back is billed again, right after, and paid already."""
    half = slice(0, None, 2)
    created = notes.created[half] + seconds(rng.integers(30, 900, len(booking[half])))
    count = len(created)
    issued = created + seconds(rng.integers(2, 60, count))
    return Receipts(
        booking=booking[half],
        corrects=np.full(count, -1),
        location=notes.location[half],
        customer=notes.customer[half],
        kind=texts([INVOICE] * count),
        status=texts([PAID] * count),
        terms=notes.terms[half],
        created=created,
        issued=issued,
        due=np.full(count, np.datetime64("NaT", "us")),
        paid=issued + seconds(rng.integers(5, 120, count)),
    )


def _sold(rng: np.random.Generator, done: Done, near: Column, now: np.datetime64) -> Receipts:
    """Sales over the counter, each about the time at which one of these bookings ended."""
    count = len(near)
    known = rng.random(count) < NAMED
    found = _paid(
        rng,
        now,
        booking=np.full(count, -1),
        location=done.location[near],
        customer=np.where(known, done.customer[near], -1),
        terms=texts([IMMEDIATE] * count),
        created=done.ended[near] + seconds(rng.integers(5, 600, count)),
    )
    thrown = (rng.random(count) < GIVEN_UP) & (found.status != DRAFT)
    found.status[thrown] = VOID
    found.issued[thrown] = found.paid[thrown] = np.datetime64("NaT", "us")
    return found


def _joined(parts: list[Receipts]) -> Receipts:
    """One after the other; what the second part corrects are rows of the first."""
    return Receipts(
        *(np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0]))
    )


def _dated(made: Receipts, zones: Column, provinces: Column) -> Receipts:
    """With the end of the last day to pay on, as `billing.terms.due_at` counts it."""
    due = np.flatnonzero(~np.isnat(made.issued) & (made.kind == INVOICE))
    here = zones[made.location[due]]
    last = local(made.issued[due], here).astype("datetime64[D]")
    for at in np.flatnonzero(made.terms[due] != IMMEDIATE):
        province = str(provinces[made.location[due[at]]])
        last[at] = last_day(last[at].item(), Terms(made.terms[due[at]]), province)
    made.due[due] = instants((last + 1).astype("datetime64[m]"), here)
    return made
