"""Who is free where, as sets of cells: the state that planning changes.

Time is cut into cells of `step` minutes and a set of cells is an integer, a bit each. That a service of n cells can
start at a cell is then a few shifts and ANDs, whatever stands in the agenda. A visit takes cells from its chair, from
its provider at that location (with the rest asked for), and at every other location of the provider with the way there.
What does not fall on whole cells is rounded outwards: a plan may waste minutes, and never breaks a rule.
"""

from itertools import pairwise
from typing import NamedTuple

from barberpro.domains.bookings.availability.cells import lasting, span
from barberpro.domains.bookings.planning.instance import DAY, LONGEST, Instance, Request


class Spot(NamedTuple):
    """Where a request is served. `station` stands for a provider at a location."""

    station: int
    chair: int
    cell: int
    """The first cell taken, buffer included."""
    bonus: int
    """Points for preferences met."""


class Option(NamedTuple):
    """A provider at a location who may serve a request, the cells it may start in, and the points that earns."""

    station: int
    starts: int
    bonus: int


class Need(NamedTuple):
    """What a request takes of the board."""

    lead: int
    """Cells before the service."""
    cells: int
    reach: int
    """All cells it might take: its window with its buffers."""
    points: int


class Board:
    """The free cells of an instance, with its pinned visits taken out, and where each request stands."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.step = instance.step
        places = {each.id: i for i, each in enumerate(instance.locations)}
        self.rest = _cells_over(instance.policies.min_rest_minutes, self.step)
        self.travel_limit = instance.policies.max_travel_minutes
        self.ways: dict[tuple[int, int], int] = {}
        for way in instance.travel:
            one, other = (places[name] for name in way.between)
            self.ways[one, other] = self.ways[other, one] = way.minutes

        self.chair_names = [chair for each in instance.locations for chair in each.chairs]
        chair_of = {name: i for i, name in enumerate(self.chair_names)}
        self.chairs_at = [[chair_of[name] for name in each.chairs] for each in instance.locations]
        self.chair_free = [span(0, -(-LONGEST // self.step))] * len(self.chair_names)

        self.provider_of: list[int] = []
        self.location_of: list[int] = []
        self.base: list[int] = []
        self.stations: list[list[int]] = []
        self.shift: list[int] = []
        """Minutes each provider works, wherever."""
        for p, provider in enumerate(instance.providers):
            shifts: dict[int, int] = {}
            for shift in provider.shifts:
                place = places[shift.location]
                shifts[place] = shifts.get(place, 0) | self.inside(shift.start, shift.until)
            self.stations.append(list(range(len(self.base), len(self.base) + len(shifts))))
            self.provider_of += [p] * len(shifts)
            self.location_of += shifts
            self.base += shifts.values()
            together = 0
            for cells in shifts.values():
                together |= cells
            self.shift.append(together.bit_count() * self.step)
        self.own_chair = self._own_chairs()

        self.visits: list[dict[int, None]] = [{} for _ in instance.providers]
        self.busy = [0] * len(instance.providers)
        self.where: list[Spot | None] = [None] * len(instance.requests)
        self.pinned = frozenset(r for r, each in enumerate(instance.requests) if each.pinned)
        self._pinned_stops: list[list[tuple[int, int]]] = [[] for _ in instance.providers]
        for r in sorted(self.pinned):
            self._pin(instance.requests[r], places, chair_of)
        self.travels = [
            len({self.location_of[s] for s in mine} | {place for _, place in stops}) > 1
            for mine, stops in zip(self.stations, self._pinned_stops, strict=True)
        ]
        """Whether each provider has more than one location, pinned visits included."""
        self.free = list(self.base)
        self.needs = [self._need(each) for each in instance.requests]
        self.options = [self._options(r, each) for r, each in enumerate(instance.requests)]

    def inside(self, start: int, until: int) -> int:
        """The cells wholly between two minutes."""
        return span(_cells_over(start, self.step), until // self.step)

    def touched(self, start: int, until: int) -> int:
        """The cells that share a minute with [start, until)."""
        return span(start // self.step, _cells_over(until, self.step))

    def window(self, request: Request) -> int:
        """The cells a request may start to take, were everyone free."""
        lead = _cells_over(request.before, self.step)
        first = max(0, _cells_over(request.earliest, self.step) - lead)
        last = (request.latest - request.minutes) // self.step - lead
        return span(first, last + 1)

    def minute(self, r: int, spot: Spot) -> int:
        """The minute at which the service of a request starts there."""
        return (spot.cell + self.needs[r].lead) * self.step

    def place(self, r: int, spot: Spot) -> None:
        """Take the cells that a request needs there; they are free."""
        need = self.needs[r]
        cells = ((1 << need.cells) - 1) << spot.cell
        self.chair_free[spot.chair] &= ~cells
        p = self.provider_of[spot.station]
        if len(self.stations[p]) == 1 and not self.rest:
            self.free[spot.station] &= ~cells
        else:
            self._keep_away(
                self.free, p, self.location_of[spot.station], spot.cell, spot.cell + need.cells
            )
        self.visits[p][r] = None
        self.busy[p] += need.cells * self.step
        self.where[r] = spot

    def lift(self, r: int) -> Spot:
        """Give the cells of a request back."""
        spot = self.where[r]
        assert spot is not None  # noqa: S101
        need = self.needs[r]
        cells = ((1 << need.cells) - 1) << spot.cell
        self.chair_free[spot.chair] |= cells
        p = self.provider_of[spot.station]
        del self.visits[p][r]
        self.busy[p] -= need.cells * self.step
        self.where[r] = None
        if len(self.stations[p]) == 1 and not self.rest:
            self.free[spot.station] |= cells
        else:
            for station in self.stations[p]:
                self.free[station] = self.base[station]
            for other in self.visits[p]:
                there = self.where[other]
                assert there is not None  # noqa: S101
                until = there.cell + self.needs[other].cells
                self._keep_away(self.free, p, self.location_of[there.station], there.cell, until)
        return spot

    def chair_for(self, station: int, cell: int, cells: int) -> int | None:
        """A chair that is free for so many cells; each station asks for another one first."""
        chairs = self.chairs_at[self.location_of[station]]
        wanted = ((1 << cells) - 1) << cell
        first = self.own_chair[station]
        for i in range(len(chairs)):
            chair = chairs[(first + i) % len(chairs)]
            if self.chair_free[chair] & wanted == wanted:
                return chair
        return None

    def near_enough(self, station: int, cell: int) -> bool:
        """Whether the provider's ways of that day stay within the limit with a visit more there."""
        p = self.provider_of[station]
        if self.travel_limit is None or not self.travels[p]:
            return True
        days = self.travelled(p, (cell, self.location_of[station]))
        return days.get(cell * self.step // DAY, 0) <= self.travel_limit

    def travelled(self, p: int, more: tuple[int, int] | None = None) -> dict[int, int]:
        """Minutes a provider is on the way, by day, perhaps with one more stop: (cell, location)."""
        stops = list(self._pinned_stops[p])
        stops += [
            (spot.cell, self.location_of[spot.station])
            for spot in (self.where[r] for r in self.visits[p])
            if spot is not None
        ]
        if more is not None:
            stops.append(more)
        stops.sort()
        days: dict[int, int] = {}
        for (before, one), (cell, other) in pairwise(stops):
            day = cell * self.step // DAY
            if one != other and before * self.step // DAY == day:
                days[day] = days.get(day, 0) + self.ways.get((one, other), DAY)
        return days

    def _pin(self, request: Request, places: dict[str, int], chairs: dict[str, int]) -> None:
        """Take what stands already out of the base: it is a fact, whatever the rules say of it."""
        pinned = request.pinned
        assert pinned is not None  # noqa: S101
        start = pinned.at - request.before
        cells = self.touched(start, start + request.occupied)
        self.chair_free[chairs[pinned.chair]] &= ~cells
        p = next(i for i, each in enumerate(self.instance.providers) if each.id == pinned.provider)
        first = max(0, start) // self.step
        until = _cells_over(start + request.occupied, self.step)
        self._keep_away(self.base, p, places[pinned.location], first, until)
        self._pinned_stops[p].append((first, places[pinned.location]))
        self.busy[p] += request.occupied

    def _keep_away(self, sets: list[int], p: int, place: int, first: int, until: int) -> None:
        """Take from a provider's cells those in which a visit at `place` leaves no time to be there."""
        for station in self.stations[p]:
            there = self.location_of[station]
            if there == place:
                gap = self.rest
            elif (minutes := self.ways.get((place, there))) is None:
                sets[station] &= ~self._days(first, until)
                continue
            else:
                gap = max(self.rest, _cells_over(minutes, self.step))
            sets[station] &= ~span(first - gap, until + gap)

    def _days(self, first: int, until: int) -> int:
        """All cells of the days that [first, until) touches."""
        day = first * self.step // DAY
        last = (until * self.step - 1) // DAY
        return self.touched(day * DAY, (last + 1) * DAY)

    def _need(self, request: Request) -> Need:
        lead = _cells_over(request.before, self.step)
        cells = lead + _cells_over(request.minutes + request.after, self.step)
        reach = self.touched(request.earliest - request.before, request.latest + request.after)
        return Need(lead, cells, reach, request.points)

    def _options(self, r: int, request: Request) -> list[Option]:
        if r in self.pinned:
            return []
        policies, need = self.instance.policies, self.needs[r]
        window = self.window(request)
        found: list[Option] = []
        for p, provider in enumerate(self.instance.providers):
            if request.service not in provider.skills:
                continue
            if request.providers is not None and provider.id not in request.providers:
                continue
            for station in self.stations[p]:
                place = self.instance.locations[self.location_of[station]].id
                if request.locations is not None and place not in request.locations:
                    continue
                starts = window & lasting(self.base[station], need.cells)
                if starts and self.chairs_at[self.location_of[station]]:
                    bonus = policies.preferred_provider * (
                        provider.id in request.preferred_providers
                    ) + policies.preferred_location * (place in request.preferred_locations)
                    found.append(Option(station, starts, bonus))
        found.sort(key=lambda option: -option.bonus)
        return found

    def _own_chairs(self) -> list[int]:
        seen = [0] * len(self.chairs_at)
        own: list[int] = []
        for place in self.location_of:
            own.append(seen[place])
            seen[place] += 1
        return own


def _cells_over(minutes: int, step: int) -> int:
    """Minutes in whole cells, rounded up."""
    return -(-minutes // step)
