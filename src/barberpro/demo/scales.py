"""How large a chain is, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Exact numbers of rows, and the days the bookings spread over.

    `invoices` counts credit notes, drafts and voided ones too, `lines` the lines of all of them.
    `back` is before the anchor day, `ahead` from it on. What ended more than `billed` days ago was
    billed elsewhere.
    """

    name: str
    locations: int
    providers: int
    customers: int
    bookings: int
    invoices: int = 0
    lines: int = 0
    back: int = 1_095
    ahead: int = 21
    billed: int = 365
    posted: bool = True
    """Whether what was billed is posted to the ledger, which takes four times as many rows as invoices."""


SCALES = {
    scale.name: scale
    for scale in (
        Scale(
            "tiny",
            locations=3,
            providers=9,
            customers=120,
            bookings=600,
            invoices=540,
            lines=700,
            back=150,
            ahead=14,
        ),
        Scale(
            "default",
            locations=12,
            providers=48,
            customers=6_000,
            bookings=66_000,
            invoices=25_000,
            lines=32_000,
        ),
        Scale(
            "arena",
            locations=200,
            providers=2_000,
            customers=20_000,
            bookings=200_000,
            invoices=200_000,
            lines=300_000,
            back=365,
            posted=False,
        ),
    )
}

NEIGHBOUR = Scale(
    "neighbour",
    locations=1,
    providers=3,
    customers=40,
    bookings=60,
    invoices=50,
    lines=70,
    back=60,
    ahead=7,
)
"""What the second tenant has, however large the first one is."""

CROWD = tuple(
    Scale(
        f"crowd-{n}",
        locations=size,
        providers=10 * size,
        customers=100 * size,
        bookings=1_000 * size,
        invoices=1_000 * size,
        lines=1_500 * size,
        back=365,
        posted=False,
    )
    for n, size in enumerate((1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 10, 15, 34), 1)
)
"""The tenants beside these two at the scale of the arena: half as many rows again, of which one tenant has a third."""

SEED = 7
"""The seed where none is asked for."""
