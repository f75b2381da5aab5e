"""The search over bits finds what a loop over all minutes and rows finds, in the same order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.domains.bookings.availability import search
from barberpro.domains.bookings.availability.copies import Person, Place, Taken
from barberpro.domains.bookings.availability.search import STEPS, Match, Offer, Order, Search
from barberpro.domains.bookings.rules import at_work
from barberpro.domains.locations.service import Calendar, Span

ZONES = {
    "America/Argentina/Buenos_Aires": datetime(2026, 11, 23, 12, 2, 30, tzinfo=UTC),
    "America/Santiago": datetime(2026, 9, 5, 18, 0, tzinfo=UTC),  # clocks go forward at midnight
    "Europe/Madrid": datetime(2026, 10, 24, 21, 59, tzinfo=UTC),  # and back in the night
    "America/St_Johns": datetime(2026, 3, 7, 20, 0, tzinfo=UTC),  # half an hour off, and forward
}
MINUTE = timedelta(minutes=1)
fives = st.integers(1, 18).map(lambda n: 5 * n)


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    found = []
    for weekday in range(1, 8):
        edges = draw(st.lists(st.integers(0, 1440), max_size=4, unique=True).map(sorted))
        found += [Span(weekday, a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return found


@st.composite
def worlds(draw: st.DrawFn, lengths: Any = fives) -> tuple[datetime, Search, list[Match]]:
    """Two shops, three people who work in both, two services, and whatever is in the way."""
    zone = draw(st.sampled_from(sorted(ZONES)))
    now = ZONES[zone]
    day = now.astimezone(ZoneInfo(zone)).date()

    def moment(least: int = -600, most: int = 3_000) -> datetime:
        return now.replace(second=0) + draw(st.integers(least, most)) * MINUTE

    way = draw(st.sampled_from([0, 7, 30]))
    taken = []
    for n in range(draw(st.integers(0, 9))):
        starts = moment(0, 1_500)
        at = draw(st.sampled_from("ab"))
        who, length = draw(st.integers(0, 2)), draw(st.integers(5, 90))
        lead = draw(st.sampled_from([0, 0, 12]))
        chair, gap = f"{at}{n % 2 if at == 'a' else 0}", (None, None)
        if length > 40 and draw(st.booleans()):
            gap = starts + 7 * MINUTE, starts + (length - 6) * MINUTE
        taken.append(
            (who, Taken(starts - lead * MINUTE, starts + length * MINUTE, at, chair, None, *gap))
        )
    chairs = {"a": ["a0", "a1"], "b": ["b0"]}
    places = {
        at: Place(
            id=at,
            name=at,
            is_active=True,
            calendar=Calendar(
                zone,
                draw(spans()) if at == "a" else [Span(d, 0, 1440) for d in range(1, 8)],
                exceptions=draw(
                    st.dictionaries(
                        st.sampled_from([day, day + timedelta(days=1)]),
                        st.sampled_from([[], [(30, 150)], [(600, 900), (900, 1113)]]),
                    )
                ),
            ),
            chairs=chairs[at],
            providers=frozenset("pqr"),
            travel={"ab".replace(at, ""): way} if way else {},
            taken={c: [t for _, t in taken if t.chair_id == c] for c in chairs[at]},
        )
        for at in "ab"
    }
    people = []
    for n, who in enumerate("pqr"):
        away = [(draw(st.sampled_from(["a", None])), moment(), timedelta(minutes=200))] if n else []
        people.append(
            Person(
                id=who,
                is_active=True,
                skills=frozenset(),
                shifts=[(at, s) for at in "ab" for s in draw(spans())] if n == 2 else [],
                absences=[(at, begins, begins + length) for at, begins, length in away],
                taken=[t for owner, t in taken if owner == n],
            )
        )
    offers = []
    for n, price in enumerate(draw(st.sampled_from([(100, 100), (200, 100)]))):
        length, after = draw(lengths), draw(st.sampled_from([0, 10]))
        gap = (5, length - 15) if length >= 20 and draw(st.booleans()) else (0, 0)
        before = draw(st.sampled_from([0, 0, 5, 15]))
        offers.append(Offer(f"s{n}", True, length, after, price, "ARS", *gap, before))
    begins = moment(-100, 600)
    wish = Search(
        begins=begins,
        ends=begins + draw(st.integers(30, 2_000)) * MINUTE,
        step_minutes=draw(st.sampled_from(STEPS)),
        first=draw(st.sampled_from([1, 5, 100])),
        order=draw(st.sampled_from(list(Order))),
        preferred=draw(st.sampled_from([frozenset(), frozenset("q")])),
        useful_minutes=draw(st.sampled_from([5, 30, 45])),
    )
    matches = [Match(p, who, what) for p in places.values() for who in people for what in offers]
    return now, wish, matches


def minutes(ranges: Sequence[tuple[datetime, datetime]], ends: datetime) -> set[datetime]:
    """Every minute in these ranges, up to an end."""
    found = set()
    for begins, until in ranges:
        at = begins
        while at < min(until, ends):
            found.add(at)
            at += MINUTE
    return found


class Naive:
    """One match, minute by minute."""

    def __init__(self, match: Match, ends: datetime) -> None:
        self.match = match
        place, person = match.place, match.person
        zone = place.calendar.zone
        first = (ends - timedelta(days=4)).astimezone(zone).date()
        until = ends + timedelta(days=1)
        self.at_work = minutes(place.calendar.open(first, 7), until)
        if person.shifts:
            here = [s for at, s in person.shifts if at == place.id]
            self.at_work &= minutes(Calendar(zone.key, here).open(first, 7), until)
        for at, begins, back in person.absences:
            if at in (None, place.id):
                self.at_work -= minutes([(begins, back)], until)
        ways = [(t, place.travel.get(t.location_id, 0) * MINUTE) for t in person.taken]
        away = [(t.taken_from - w, t.free_at + w) for t, w in ways if w]
        here = [span for t, w in ways if not w for span in at_work(t)]
        self.elsewhere = minutes(away, until)
        self.taken = minutes(here, until) | self.elsewhere
        self.chairs = [
            minutes([(t.taken_from, t.free_at) for t in place.taken[c]], until)
            for c in place.chairs
        ]

    def can_begin(self, start: datetime) -> bool:
        offer = self.match.offer
        served = {start + n * MINUTE for n in range(offer.duration_minutes)}
        until = offer.duration_minutes + offer.buffer_minutes
        kept = {start + n * MINUTE for n in range(-offer.buffer_before_minutes, until)}
        gap = range(offer.gap_after_minutes, offer.gap_after_minutes + offer.gap_minutes)
        return (
            served <= self.at_work
            and not kept & self.elsewhere
            and not (kept - {start + n * MINUTE for n in gap}) & self.taken
            and any(not kept & chair for chair in self.chairs)
        )

    def gap(self, start: datetime, useful: int) -> int:
        offer = self.match.offer
        length = -(-(offer.duration_minutes + offer.buffer_minutes) // 5) * 5
        first = start - -(-offer.buffer_before_minutes // 5) * 5 * MINUTE
        return sum(
            found
            for found in (self._run(first, -1), self._run(start + length * MINUTE, 1))
            if found < useful
        )

    def _run(self, at: datetime, step: int) -> int:
        """The minutes of the idle fives before or after an instant, counted no further than is of interest."""
        found = 0
        begins = at if step > 0 else at - 5 * MINUTE
        while found < 60:
            five = {begins + n * MINUTE for n in range(5)}
            if not five <= self.at_work or five & self.taken:
                break
            found += 5
            begins += step * 5 * MINUTE
        return found


def expected(now: datetime, wish: Search, matches: list[Match]) -> list[tuple[Any, ...]]:
    found = []
    for match in matches:
        naive = Naive(match, wish.ends)
        at = max(wish.begins, now)
        at = at if not at.second else at.replace(second=0) + MINUTE
        while at < wish.ends:
            wall = at.astimezone(match.place.calendar.zone)
            if wall.minute % wish.step_minutes == 0 and naive.can_begin(at):
                useful = -(-wish.useful_minutes // 5) * 5
                gap = naive.gap(at, useful)
                liked, price = match.person.id not in wish.preferred, match.offer.price_minor
                by_worth = (liked, price, gap > 0, at)
                by_time = (at, liked, price)
                key = by_worth if wish.order is Order.BEST else by_time
                ids = match.place.id, match.person.id, match.offer.id
                found.append(((*key, *ids), (at, *ids, gap, not liked)))
            at += MINUTE
    return [shown for _, shown in sorted(found)][: wish.first]


def shown(slots: list[search.Slot]) -> list[tuple[Any, ...]]:
    return [
        (
            s.starts_at,
            s.match.place.id,
            s.match.person.id,
            s.match.offer.id,
            s.gap_minutes,
            s.is_preferred,
        )
        for s in slots
    ]


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_the_search_finds_what_a_loop_over_minutes_finds(world: Any) -> None:
    now, wish, matches = world
    assert shown(search.found(wish, matches, now)) == expected(now, wish, matches)


@settings(max_examples=30, deadline=None)
@given(worlds(lengths=st.integers(5, 90)))
def test_of_services_of_odd_lengths_nothing_is_offered_that_is_not_free(world: Any) -> None:
    now, wish, matches = world
    naive = {id(match): Naive(match, wish.ends) for match in matches}
    for slot in search.found(wish, matches, now):
        assert naive[id(slot.match)].can_begin(slot.starts_at)
        assert max(now, wish.begins) <= slot.starts_at < wish.ends


def test_the_days_move_on_with_the_clock() -> None:
    """Cells that were made yesterday are made anew today."""
    always = Calendar("UTC", [Span(day, 600, 660) for day in range(1, 8)])
    place = Place("a", "a", True, always, ["a0"], frozenset("p"), {}, {})
    person = Person("p", True, frozenset(), [], [], [])
    match = Match(place, person, Offer("s", True, 60, 0, 1, "ARS"))
    for day in (date(2026, 11, 23), date(2026, 11, 24)):
        now = datetime(day.year, day.month, day.day, tzinfo=UTC)
        wish = Search(now, now + timedelta(days=90), 15, 100, Order.EARLIEST, frozenset(), 30)
        slots = search.found(wish, [match], now)
        assert len(slots) == 90
        assert slots[0].starts_at == now + timedelta(hours=10)
        assert slots[-1].starts_at == now + timedelta(days=89, hours=10)
