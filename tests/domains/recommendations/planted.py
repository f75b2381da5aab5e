"""A past made up for tests, with effects that a good ranking must find: cadence, taste, loyalty, what goes together."""

from datetime import UTC, datetime

import numpy as np

from barberpro.domains.recommendations.training.past import Chain, Past

AT = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
AT_DAY = AT.timestamp() / 86_400
SERVICES = ["Barba", "Brushing", "Color", "Corte", "Corte y barba", "Nutrición", "Peinado", "Uñas"]
TASTES = np.array(  # the share of each service among a customer's visits, by kind of customer
    [
        [0.30, 0.00, 0.00, 0.50, 0.18, 0.00, 0.02, 0.00],
        [0.05, 0.00, 0.00, 0.90, 0.03, 0.00, 0.02, 0.00],
        [0.00, 0.25, 0.30, 0.10, 0.00, 0.25, 0.10, 0.00],
        [0.00, 0.15, 0.05, 0.10, 0.00, 0.10, 0.20, 0.40],
    ]
)


def chain(customers: int, *, locations: int = 3, providers: int = 4) -> Chain:
    """`providers` at each of `locations`; every customer at home in one; everything can be booked."""
    where = np.repeat(np.arange(locations), providers)
    return Chain(
        customers=[f"cus_{n:05}" for n in range(customers)],
        homes=np.arange(customers) % locations,
        services=SERVICES,
        offered=np.ones(len(SERVICES), dtype=bool),
        locations=[f"loc_{n:03}" for n in range(locations)],
        is_open=np.ones(locations, dtype=bool),
        seats=[(f"prv_{n:04}", f"loc_{w:03}") for n, w in enumerate(where)],
        seat_locations=where,
        is_staffed=np.ones(len(where), dtype=bool),
    )


def past(chance: np.random.Generator, size: int = 600, *, days: int = 500, **shape: int) -> Past:
    """Customers with a taste, a cadence and a provider of their own; some come and some leave on the way."""
    of = chain(size, **shape)
    providers = np.bincount(of.seat_locations)[0]
    rows: list[tuple[int, int, int, float]] = []
    for customer in range(size):
        kind = chance.integers(len(TASTES))
        taste = chance.dirichlet(TASTES[kind] * 12 + 0.01)
        cadence = chance.uniform(14, 55)
        usual = of.homes[customer] * providers + chance.integers(providers)
        begins, ends = AT_DAY - days * chance.uniform(0.1, 1.0), AT_DAY + 1
        if chance.random() < 0.3:
            ends = chance.uniform(begins, AT_DAY)
        day = begins
        while day < ends:
            service = chance.choice(len(SERVICES), p=taste)
            loyal = chance.random() < 0.8
            seat = usual if loyal else of.homes[customer] * providers + chance.integers(providers)
            if day < AT_DAY:
                rows.append((customer, service, seat, day))
            day += max(3.0, chance.normal(cadence, cadence * 0.2))
    return made(of, rows)


def made(of: Chain, rows: list[tuple[int, int, int, float]], at: float = AT_DAY) -> Past:
    """A past of these bookings: numbers of customer, service and seat, and the day since 1970."""
    rows = sorted(rows, key=lambda row: row[-1])
    customer, service, seat, day = (
        np.array([row[n] for row in rows], dtype=kind)
        for n, kind in enumerate((np.int64, np.int64, np.int64, float))
    )
    return Past(of, at, customer, service, seat, day)
