"""What would become of a series, before anybody books it: asked of the index of what is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from barberpro.domains.catalogue.errors import ServiceNotFound
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people.errors import ProviderNotFound
from barberpro.platform import ids
from barberpro.platform.doors import Reader
from barberpro.platform.editions import Copies
from barberpro.platform.errors import Failure

from ..availability import reading, refusing
from ..availability.answering import OFFERS, THESE_PEOPLE, THESE_PLACES, Read
from ..availability.search import Match, Offer
from . import recurring
from .recurring import Pattern


@dataclass(frozen=True)
class Judged:
    """An occurrence, and what keeps it from being booked; None where nothing does."""

    number: int
    starts_at: datetime
    is_skipped: bool
    failure: Failure | None


async def preview(
    *,
    location_id: str,
    provider_id: str,
    service_id: str,
    pattern: Pattern,
    skips_closed_days: bool,
    read: Read,
    reader: Reader,
    copies: Copies,
    now: datetime,
) -> Sequence[Judged]:
    """Each occurrence as `service.book` would find it now. Raises what keeps all of them from being booked."""
    for each, prefix, statement, unknown in (
        (location_id, "loc", THESE_PLACES, LocationNotFound),
        (provider_id, "prv", THESE_PEOPLE, ProviderNotFound),
        (service_id, "svc", OFFERS, ServiceNotFound),
    ):
        if ids.prefix_of(each) != prefix or not await read(statement, {"keys": [each]}):
            raise unknown(each[: ids.LIMIT])
    (row,) = await read(OFFERS, {"keys": [service_id]})
    offer = Offer(
        id=row.id,
        is_active=row.is_active,
        duration_minutes=row.duration_minutes,
        buffer_minutes=row.buffer_minutes,
        buffer_before_minutes=row.buffer_before_minutes,
        price_minor=row.price_minor,
        currency_code=row.currency_code,
        gap_after_minutes=row.gap_after_minutes,
        gap_minutes=row.gap_minutes,
    )
    place = (await reading.places(copies, reader, [location_id], now))[location_id]
    person = (await reading.people(copies, reader, [provider_id], now))[provider_id]
    never = refusing.never(place, person, offer)
    if never is not None:
        raise never
    judged = []
    for n, (day, starts_at) in enumerate(recurring.occurrences(pattern, place.calendar.zone)):
        is_skipped = skips_closed_days and not place.calendar.hours(day)
        match = Match(place, person, offer)
        failure = None if is_skipped else refusing.at(match, starts_at, now)
        judged.append(Judged(n, starts_at, is_skipped, failure))
    return judged
