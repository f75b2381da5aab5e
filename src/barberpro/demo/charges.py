"""The lines of invoices, what each consists of, and so the invoices' own amounts."""

from dataclasses import dataclass

import numpy as np

from barberpro.domains.billing.totals import STANDARD_RATE, WHOLE

from . import catalogue
from .catalogue import PRODUCTS
from .columns import Column, texts
from .prices import PriceList
from .receipts import CREDIT_NOTE, CREDITED, Receipts

MOST_PRODUCTS = 3  # beside what an invoice is for
WANTED = (0.2, 0.22, 0.14, 0.08, 0.14, 0.09, 0.06, 0.07)  # of the products
TWO = 0.12  # of the products are bought in twos
REDUCED, REDUCTION = 0.08, 1_000  # of the products, by so many basis points


@dataclass(frozen=True)
class Charges:
    """One value a line; `receipt` and `booking` are numbers, the latter -1 for what was sold."""

    receipt: Column
    booking: Column
    position: Column
    description: Column
    quantity: Column
    unit_price: Column
    discount: Column
    net: Column
    tax: Column

    @property
    def total(self) -> Column:
        """What each line costs, tax included."""
        return self.net + self.tax

    def per_receipt(self, amount: Column, count: int) -> Column:
        """The sum of an amount over each receipt's lines."""
        found = np.zeros(count, dtype=np.int64)
        np.add.at(found, self.receipt, amount)
        return found


def charges(
    rng: np.random.Generator,
    made: Receipts,
    service: Column,
    price: Column,
    sold_at: Column,
    prices: PriceList,
    count: int,
) -> Charges:
    """Exactly `count` lines. `service` and `price` are the bookings', `sold_at` the receipts' own clock.

    A credit note has the lines of what it takes back. ValueError where receipts are too few for so
    many lines, or more than there are lines.
    """
    receipts = len(made.booking)
    corrects = made.kind == CREDIT_NOTE
    booking = np.where(corrects, made.booking[made.corrects], made.booking)
    # What was taken back has one line, so that its note adds exactly one.
    more = np.flatnonzero((made.status != CREDITED) & ~corrects)
    extra = _extra(rng, more, count - receipts)
    receipt = np.concatenate([np.arange(receipts), extra])
    booking = np.concatenate([booking, np.full(len(extra), -1)])
    order = np.argsort(receipt, kind="stable")
    receipt, booking = receipt[order], booking[order]
    product = rng.choice(len(PRODUCTS), len(receipt), p=WANTED)
    is_booked = booking >= 0
    unit_price = np.where(is_booked, price[booking], prices.at(sold_at[receipt], product))
    quantity = np.where(is_booked | (rng.random(len(receipt)) >= TWO), 1, 2)
    reduced = ~is_booked & (rng.random(len(receipt)) < REDUCED)
    discount = np.where(reduced, quantity * unit_price * REDUCTION // WHOLE, 0)
    net = nets(receipt, quantity * unit_price - discount)
    return Charges(
        receipt=receipt,
        booking=booking,
        position=np.arange(len(receipt)) - np.searchsorted(receipt, receipt) + 1,
        description=np.where(
            is_booked, catalogue.named(service[booking]), texts(PRODUCTS)[product]
        ),
        quantity=quantity,
        unit_price=unit_price,
        discount=discount,
        net=net,
        tax=quantity * unit_price - discount - net,
    )


def nets(receipt: Column, total: Column) -> Column:
    """What each line's price holds beside tax at the standard rate, as `billing.totals.taxed` has it.

    `receipt` rises. Rounded once for a receipt, half to even; what that leaves over goes to the
    lines that lost most, the first of equals.
    """
    _, begins, of = np.unique(receipt, return_index=True, return_inverse=True)
    whole = np.add.reduceat(total, begins) if len(begins) else total
    net = _half_even(whole * WHOLE, WHOLE + STANDARD_RATE)
    share, rest = np.divmod(net[of] * total, np.maximum(whole[of], 1))
    left = net - (np.add.reduceat(share, begins) if len(begins) else share)
    order = np.lexsort((np.arange(len(total)), -rest, receipt))
    rank = np.empty(len(total), dtype=np.int64)
    rank[order] = np.arange(len(total)) - begins[of]
    return share + (rank < left[of])


def _half_even(numerator: Column, denominator: int) -> Column:
    """The quotients as the nearest integers; of two as near, the even one."""
    quotient, rest = np.divmod(numerator, denominator)
    return quotient + ((2 * rest > denominator) | ((2 * rest == denominator) & (quotient % 2 == 1)))


def _extra(rng: np.random.Generator, receipts: Column, count: int) -> Column:
    """The receipt of each further line, none with too many."""
    if not 0 <= count <= len(receipts) * MOST_PRODUCTS:
        raise ValueError(f"{len(receipts)} invoices cannot have {count} lines more than one each")
    return receipts[
        rng.choice(len(receipts) * MOST_PRODUCTS, count, replace=False) // MOST_PRODUCTS
    ]
