"""Days of a chain made up from a seed, to measure planning by: peaks, skills, shared providers, buffers, travel."""

from datetime import UTC, datetime
from math import dist
from random import Random

from barberpro.domains.bookings.planning.instance import (
    Instance,
    Location,
    Provider,
    Request,
    Shift,
    Way,
)

OPENING, CLOSING, WORKDAY = 9 * 60, 20 * 60, 9 * 60
SERVICES = {
    # name: minutes, before, after, how often of a hundred
    "cut": (30, 0, 5, 34),
    "beard": (20, 0, 5, 14),
    "cut-and-beard": (45, 0, 5, 24),
    "shave": (30, 5, 5, 6),
    "wash-and-style": (40, 0, 5, 8),
    "treatment": (60, 5, 10, 6),
    "colour": (90, 5, 10, 5),
    "straightening": (120, 10, 10, 3),
}
EVERYBODY_KNOWS = ("cut", "beard")
PEAKS = (11 * 60, 18 * 60)


def generate(*, locations: int, providers: int, requests: int, seed: int) -> Instance:
    """A day of so many locations with so many providers each. The same arguments give the same instance.

    A fifth of the providers are shared with a near location; four in ten requests allow another location, a fifth
    insist on one provider and a third prefer one; windows leave 1 to 4 hours and gather at 11 and 18 h.
    """
    random = Random(seed)  # noqa: S311
    spots = [(random.uniform(0, 20), random.uniform(0, 20)) for _ in range(locations)]
    near = [
        sorted((j for j in range(locations) if j != i), key=lambda j, i=i: dist(spots[i], spots[j]))
        for i in range(locations)
    ]
    shops = tuple(
        Location(id=f"L{i + 1}", chairs=tuple(f"L{i + 1}-C{c + 1}" for c in range(providers)))
        for i in range(locations)
    )
    people = tuple(
        _provider(random, i, k, near[i]) for i in range(locations) for k in range(providers)
    )
    ways = tuple(
        Way(
            between=(shops[i].id, shops[j].id),
            minutes=5 * round((10 + 2.5 * dist(spots[i], spots[j])) / 5),
        )
        for i in range(locations)
        for j in range(i)
    )
    wanted = tuple(_request(random, n, people, near) for n in range(requests))
    start = datetime(2026, 12, 1, 3, tzinfo=UTC)
    return Instance(start=start, locations=shops, providers=people, travel=ways, requests=wanted)


def _provider(random: Random, home: int, number: int, near: list[int]) -> Provider:
    start = random.choice((OPENING, OPENING + 60, CLOSING - WORKDAY))
    places = [home]
    if near and random.random() < 0.2:
        places.append(random.choice(near[:3]))
    return Provider(
        id=f"L{home + 1}-P{number + 1}",
        skills=tuple(s for s in SERVICES if s in EVERYBODY_KNOWS or random.random() < 0.65),
        shifts=tuple(
            Shift(location=f"L{place + 1}", start=start, until=start + WORKDAY) for place in places
        ),
    )


def _request(
    random: Random, number: int, people: tuple[Provider, ...], near: list[list[int]]
) -> Request:
    home = random.randrange(len(near))
    places = [home]
    if near[home] and random.random() < 0.4:
        places += random.sample(near[home][:3], k=min(len(near[home]), random.choice((1, 2))))
    names = tuple(f"L{place + 1}" for place in places)
    service = random.choices(list(SERVICES), [each[3] for each in SERVICES.values()])[0]
    minutes, before, after, _ = SERVICES[service]
    able = [
        each.id
        for each in people
        if service in each.skills and any(shift.location in names for shift in each.shifts)
    ]
    draw = random.random()
    liked = (random.choice(able),) if able and draw < 0.53 else ()
    width = minutes + 15 * random.randint(4, 16)
    peak = random.choice((*PEAKS, random.uniform(OPENING, CLOSING)))
    earliest = 5 * round(random.gauss(peak, 60) / 5) - width // 2
    earliest = 5 * (min(max(earliest, OPENING), CLOSING - width) // 5)
    return Request(
        id=f"R{number + 1}",
        service=service,
        minutes=minutes,
        before=before,
        after=after,
        earliest=earliest,
        latest=earliest + width,
        locations=names,
        providers=liked if liked and draw < 0.2 else None,
        preferred_providers=liked if draw >= 0.2 else (),
        preferred_locations=names[:1],
    )
