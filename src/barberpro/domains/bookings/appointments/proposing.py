"""The earliest ways to fit a whole appointment, over several locations: asked of the index of what is free."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from barberpro.platform.doors import Reader
from barberpro.platform.editions import Copies
from barberpro.platform.errors import Failure

from ..availability import answering, reading, refusing
from ..availability.answering import Asked, Read, Refusal
from ..availability.cells import CELL, Horizon, each_of, every, horizons, span
from ..availability.copies import Person, Place
from ..availability.search import Match, Offer, Order, Search
from ..rules import Slot, collide
from . import sequence
from .sequence import Part

MOST_TRIED = 200
"""Choices of providers that are tried for one start: by then some service has nobody free."""


@dataclass(frozen=True)
class Piece:
    """A service that is wanted, and with whom; with anybody where `provider_ids` is None."""

    service_id: str
    provider_ids: frozenset[str] | None
    guest: int
    after_minutes: int


@dataclass(frozen=True)
class Window:
    """When it may begin, on which minutes of the location's clock, and how many ways are asked for."""

    begins: datetime
    ends: datetime
    step_minutes: int
    first: int


@dataclass(frozen=True)
class Option:
    """A way to fit all of it: its parts in the order given."""

    location_id: str
    parts: Sequence[Part]

    @property
    def starts_at(self) -> datetime:
        return min(part.slot.starts_at for part in self.parts)

    @property
    def ends_at(self) -> datetime:
        return max(part.slot.ends_at for part in self.parts)

    @property
    def rank(self) -> tuple[datetime, datetime, str]:
        """What finishes earlier comes first, then what begins earlier, then by the location."""
        return self.ends_at, self.starts_at, self.location_id


async def options(
    pieces: Sequence[Piece],
    location_ids: Sequence[str] | None,
    window: Window,
    *,
    read: Read,
    reader: Reader,
    copies: Copies,
    now: datetime,
) -> tuple[list[Option], list[Refusal]]:
    """The first ways by when they finish, one for each start and location; and what is unknown or cannot be.

    Raises AppointmentOutOfRange.
    """
    sequence.check([each.guest for each in pieces], [each.after_minutes for each in pieces])
    refusals: list[Refusal] = []
    asked = Asked(
        location_ids=location_ids,
        service_ids=[each.service_id for each in pieces],
        provider_ids=None,
        wanted=None,
        search=Search(
            window.begins, window.ends, window.step_minutes, window.first, Order.EARLIEST,
            frozenset(), 1,
        ),
    )  # fmt: skip
    found, _ = await answering.offers_of(asked, read, refusals)
    offers = {each.id: each for each in found}
    places = await answering.places_of(asked, read, reader, copies, now, refusals)
    here = sorted(frozenset().union(*(each.providers for each in places)))
    people = await reading.people(copies, reader, here, now)
    if any(each.service_id not in offers for each in pieces):
        return [], refusals
    best: list[Option] = []
    for place in places:
        chosen = [_who(place, each, offers[each.service_id], people.values()) for each in pieces]
        if all(chosen):
            _search(place, pieces, chosen, window, best, now)
    return best, refusals


def _who(place: Place, piece: Piece, offer: Offer, people: Iterable[Person]) -> list[Match]:
    """Who could do it there at all, by id."""
    return [
        Match(place, person, offer)
        for person in sorted(people, key=lambda each: each.id)
        if person.id in place.providers
        and (piece.provider_ids is None or person.id in piece.provider_ids)
        and person.does(offer.id)
        and refusing.never(place, person, offer) is None
    ]


def _search(
    place: Place,
    pieces: Sequence[Piece],
    chosen: Sequence[Sequence[Match]],
    window: Window,
    best: list[Option],
    now: datetime,
) -> None:
    """Put the place's ways among the best; no start is looked at that could only finish after them."""
    shortest = timedelta(minutes=max(_lengths(pieces, chosen)))
    for starts_at in _starts(place, pieces, chosen, window, now):
        if len(best) == window.first and starts_at + shortest > best[-1].ends_at:
            return
        parts = _fitted(place, pieces, chosen, starts_at, now)
        if parts is not None:
            best.append(Option(place.id, parts))
            best.sort(key=lambda each: each.rank)
            del best[window.first :]


def _lengths(pieces: Sequence[Piece], chosen: Sequence[Sequence[Match]]) -> list[int]:
    """The minutes of each guest, without what a provider who goes on takes to clear up."""
    minutes: dict[int, int] = {}
    for piece, matches in zip(pieces, chosen, strict=True):
        took = piece.after_minutes + matches[0].offer.duration_minutes
        minutes[piece.guest] = minutes.get(piece.guest, 0) + took
    return list(minutes.values())


def _starts(
    place: Place,
    pieces: Sequence[Piece],
    chosen: Sequence[Sequence[Match]],
    window: Window,
    now: datetime,
) -> Iterator[datetime]:
    """The starts at which somebody and a chair are free for the first service of each guest."""
    first = {piece.guest: n for n, piece in reversed(list(enumerate(pieces)))}
    at_once = [chosen[n] for n in first.values() if not pieces[n].after_minutes]
    begins = max(window.begins, now)
    for horizon in horizons(begins, window.ends):
        away = begins.astimezone(place.calendar.zone).utcoffset() or timedelta(0)
        offset = -(away // timedelta(minutes=CELL))
        low, high = (-(-horizon.minute(each) // CELL) for each in (begins, window.ends))
        cells = span(low, high) & horizon.days
        cells &= every(window.step_minutes // CELL, offset, horizon.full)
        for matches in at_once:
            lengths = matches[0].offer.lengths
            free = 0
            for match in matches:
                free |= match.person.starts(place, horizon, lengths)
            cells &= free & place.seats(horizon, lengths.occupied) << lengths.before
        for cell in each_of(cells):
            if (at := horizon.at(cell)) >= begins:
                yield at


def _fitted(
    place: Place,
    pieces: Sequence[Piece],
    chosen: Sequence[Sequence[Match]],
    starts_at: datetime,
    now: datetime,
) -> list[Part] | None:
    """Providers and chairs for all of it from this start on; None where there are none."""
    left = MOST_TRIED

    def fit(parts: list[Part], chairs: list[str]) -> list[Part] | None:
        nonlocal left
        if len(parts) == len(pieces):
            return parts
        piece = pieces[len(parts)]
        for match in chosen[len(parts)]:
            left -= 1
            if left < 0:
                return None
            slot = sequence.next_slot(
                parts,
                shape=match.offer,
                guest=piece.guest,
                provider_id=match.person.id,
                after_minutes=piece.after_minutes,
                starts_at=starts_at,
            )
            if not _is_free(match, slot, parts, now):
                continue
            chair = _chair(place, slot, parts, chairs)
            if chair is None:
                continue
            part = Part(piece.guest, match.person.id, slot)
            if (found := fit([*parts, part], [*chairs, chair])) is not None:
                return found
        return None

    return fit([], [])


def _is_free(match: Match, slot: Slot, parts: Sequence[Part], now: datetime) -> bool:
    mine = (part.slot for part in parts if part.provider_id == match.person.id)
    if any(collide(each, slot) for each in mine):
        return False
    horizon = Horizon.of(slot.starts_at)
    cell, rest = divmod(horizon.minute(slot.starts_at), CELL)
    if rest == 0 and not match.person.starts(match.place, horizon, match.offer.lengths) >> cell & 1:
        return False
    refusal: Failure | None = refusing.at(match, slot.starts_at, now)
    return refusal is None


def _chair(place: Place, slot: Slot, parts: Sequence[Part], chairs: Sequence[str]) -> str | None:
    """The first chair by label that neither a booking nor another part has then: the one that booking it takes."""
    taken = {
        chair
        for part, chair in zip(parts, chairs, strict=True)
        if part.slot.taken_from < slot.free_at and slot.taken_from < part.slot.free_at
    }
    free = place.free_chairs(slot.taken_from, slot.free_at)
    return next((each for each in free if each not in taken), None)
