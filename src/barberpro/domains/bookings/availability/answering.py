"""Answers who asks what is free: what they may see is read by their rules, what is taken by the tenant's index."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, product
from typing import Any

from sqlalchemy import Select, func, select

from barberpro.domains.catalogue.errors import ServiceNotFound
from barberpro.domains.catalogue.service import offer
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.locations.service import place
from barberpro.domains.people.errors import ProviderNotFound
from barberpro.domains.people.service import provider
from barberpro.platform import ids
from barberpro.platform.doors import Reader
from barberpro.platform.editions import Copies
from barberpro.platform.errors import Failure, NotFound
from barberpro.platform.sets import among, key_set

from ..errors import ProviderUnskilled
from . import reading, refusing, search
from .copies import Person, Place
from .search import Match, Offer, Search, Slot

MOST_LOCATIONS, MOST_SERVICES, MOST_PROVIDERS = 500, 10, 100
MOST_REFUSALS = 50
MOST_JUDGED = 2_000
"""Matches of which it is asked whether they are free at the wanted time: some 50 microseconds each."""
Statement = Select[*tuple[Any, ...]]
Read = Callable[[Statement, dict[str, Any]], Awaitable[Sequence[Any]]]
"""Runs a SELECT for the caller."""

keys = key_set("keys")
menu = offer.alias("menu")
SHORTEST = select(func.min(menu.c.duration_minutes)).where(menu.c.is_active).scalar_subquery()
OFFERS = select(
    offer.c.id,
    offer.c.is_active,
    offer.c.duration_minutes,
    offer.c.buffer_before_minutes,
    offer.c.buffer_minutes,
    offer.c.gap_after_minutes,
    offer.c.gap_minutes,
    offer.c.price_minor,
    offer.c.currency_code,
    SHORTEST.label("shortest"),
).where(among(offer.c.id, keys))
THESE_PLACES = select(place.c.id).where(among(place.c.id, keys))
ALL_PLACES = select(place.c.id).where(place.c.is_active).order_by(place.c.id).limit(MOST_LOCATIONS)
THESE_PEOPLE = select(provider.c.id).where(among(provider.c.id, keys))


@dataclass(frozen=True)
class Asked:
    """What somebody wants to know. Of locations and providers None is any; there are at most 500 locations then."""

    location_ids: Sequence[str] | None
    service_ids: Sequence[str]
    provider_ids: Sequence[str] | None
    wanted: datetime | None
    """A time of which to say why it cannot be, or that it can."""
    search: Search


@dataclass(frozen=True)
class Refusal:
    """Why something cannot be booked, and what that is about."""

    failure: Failure
    location_id: str | None = None
    provider_id: str | None = None
    service_id: str | None = None


@dataclass(frozen=True)
class Availability:
    """What is free, and what cannot be."""

    slots: Sequence[Slot]
    refusals: Sequence[Refusal]


async def answered(
    asked: Asked, *, read: Read, reader: Reader, copies: Copies, now: datetime
) -> Availability:
    """The slots asked for, and the refusals: of what can never be booked so, and of the wanted time.

    `read` is bound to the caller, `reader` to their tenant alone: a provider is taken also by bookings that the
    caller may not see.
    """
    refusals: list[Refusal] = []
    offers, shortest = await offers_of(asked, read, refusals)
    places = await places_of(asked, read, reader, copies, now, refusals)
    named = await _named(asked, read, refusals)
    here = sorted(named if named is not None else frozenset().union(*(p.providers for p in places)))
    people = await reading.people(copies, reader, here, now)
    matches = []
    for at, who, what in _pairs(places, people, offers, anybody=named is None):
        failure = refusing.never(at, who, what)
        if failure is None and asked.wanted is None and not who.does(what.id):
            failure = ProviderUnskilled(who.id, what.id)  # of a wanted time it is told in its turn
        if failure is None:
            matches.append(Match(at, who, what))
        elif len(refusals) < MOST_REFUSALS and (named is not None or not _is_of(who, failure)):
            refusals.append(Refusal(failure, at.id, who.id, what.id))
    wish = replace(asked.search, useful_minutes=shortest)
    wanted = _wanted(asked.wanted, wish, matches, now, refusals)
    slots = search.found(wish, (m for m in matches if m.person.does(m.offer.id)), now)
    others = [slot for slot in slots if slot.starts_at != asked.wanted]
    return Availability((wanted + others)[: wish.first], refusals[:MOST_REFUSALS])


def _pairs(
    places: Sequence[Place], people: dict[str, Person], offers: Sequence[Offer], *, anybody: bool
) -> Iterable[tuple[Place, Person, Offer]]:
    """Who works where, and, of those named, who does not: no more of these than are told of."""
    for at in places:
        here = [people[each] for each in sorted(at.providers) if each in people]
        yield from product([at], here, offers)
    if not anybody:
        elsewhere = (
            (at, who, what)
            for at, who, what in product(places, people.values(), offers)
            if who.id not in at.providers
        )
        yield from islice(elsewhere, MOST_REFUSALS)


def _is_of(person: Person, failure: Failure) -> bool:
    """Whether it is only about a provider, whom nobody asked for by name."""
    return failure.facts().get("provider_id") == person.id


def _wanted(
    wanted: datetime | None,
    wish: Search,
    matches: Sequence[Match],
    now: datetime,
    refusals: list[Refusal],
) -> list[Slot]:
    """The matches that are free at the wanted time; of the others it is told why they are not."""
    if wanted is None:
        return []
    free = []
    for match in matches[:MOST_JUDGED]:
        if len(free) >= wish.first and len(refusals) >= MOST_REFUSALS:
            break
        failure = refusing.at(match, wanted, now)
        if failure is None:
            free.append(match)
        elif len(refusals) < MOST_REFUSALS:
            at, who, what = match.place, match.person, match.offer
            refusals.append(Refusal(failure, at.id, who.id, what.id))
    return search.at(wish, free, wanted)


async def offers_of(asked: Asked, read: Read, refusals: list[Refusal]) -> tuple[list[Offer], int]:
    rows = await _known(asked.service_ids, "svc", ServiceNotFound, OFFERS, read)
    refusals += [Refusal(f) for f in rows.unknown]
    offers = [
        Offer(
            id=row.id,
            is_active=row.is_active,
            duration_minutes=row.duration_minutes,
            buffer_minutes=row.buffer_minutes,
            price_minor=row.price_minor,
            currency_code=row.currency_code,
            gap_after_minutes=row.gap_after_minutes,
            gap_minutes=row.gap_minutes,
            buffer_before_minutes=row.buffer_before_minutes,
        )
        for row in rows.found
    ]
    return offers, next((row.shortest for row in rows.found), None) or 1


async def places_of(
    asked: Asked,
    read: Read,
    reader: Reader,
    copies: Copies,
    now: datetime,
    refusals: list[Refusal],
) -> list[Place]:
    if asked.location_ids is None:
        rows = await read(ALL_PLACES, {})
    else:
        known = await _known(asked.location_ids, "loc", LocationNotFound, THESE_PLACES, read)
        refusals += [Refusal(f) for f in known.unknown]
        rows = known.found
    found = await reading.places(copies, reader, [row.id for row in rows], now)
    return [found[row.id] for row in rows if row.id in found]


async def _named(asked: Asked, read: Read, refusals: list[Refusal]) -> frozenset[str] | None:
    if asked.provider_ids is None:
        return None
    known = await _known(asked.provider_ids, "prv", ProviderNotFound, THESE_PEOPLE, read)
    refusals += [Refusal(f) for f in known.unknown]
    return frozenset(row.id for row in known.found)


@dataclass(frozen=True)
class Known:
    """The rows of ids that were given, and what to say of the others."""

    found: Sequence[Any]
    unknown: Sequence[NotFound]


async def _known(
    given: Sequence[str],
    prefix: str,
    unknown: Callable[[str], NotFound],
    statement: Statement,
    read: Read,
) -> Known:
    asked = list(dict.fromkeys(given))
    plausible = [each for each in asked if ids.prefix_of(each) == prefix]
    rows = await read(statement, {"keys": plausible}) if plausible else []
    there = {row.id for row in rows}
    return Known(rows, [unknown(each[: ids.LIMIT]) for each in asked if each not in there])
