"""How large a chain is, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Exact numbers of rows, and the days the bookings spread over.

    `back` before the anchor day, `ahead` from it on.
    """

    name: str
    locations: int
    providers: int
    customers: int
    bookings: int
    back: int = 91
    ahead: int = 21


SCALES = {
    scale.name: scale
    for scale in (
        Scale("tiny", locations=3, providers=9, customers=120, bookings=600, back=21, ahead=7),
        Scale("default", locations=12, providers=60, customers=3_000, bookings=30_000),
        Scale("arena", locations=200, providers=2_000, customers=20_000, bookings=200_000),
    )
}

NEIGHBOUR = Scale(
    "neighbour", locations=1, providers=3, customers=40, bookings=60, back=21, ahead=7
)
"""What the second tenant has, however large the first one is."""

SEED = 7
"""The seed where none is asked for."""
