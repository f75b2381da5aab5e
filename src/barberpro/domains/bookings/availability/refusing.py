"""Why not: the rule that refuses a booking, asked of the index in the order in which a booking is asked. Pure."""

from datetime import datetime

from barberpro.domains.catalogue.errors import ServiceWithdrawn
from barberpro.domains.locations.errors import LocationClosedDown
from barberpro.domains.people.errors import ProviderLeft, ProviderNotAtLocation
from barberpro.platform.errors import Failure

from .. import rules
from ..errors import NoChairFree, SlotTaken
from .copies import Person, Place
from .search import Match, Offer


def never(place: Place, person: Person, offer: Offer) -> Failure | None:
    """What keeps these three from being booked together, whenever it be, but for what the provider can do."""
    if not place.is_active:
        return LocationClosedDown(place.id)
    if not person.is_active:
        return ProviderLeft(person.id)
    if person.id not in place.providers:
        return ProviderNotAtLocation(person.id, place.id)
    if not offer.is_active:
        return ServiceWithdrawn(offer.id)
    return None


def at(match: Match, wanted: datetime, now: datetime) -> Failure | None:
    """What keeps a match from being booked at that time; None where nothing does."""
    place, person, offer = match.place, match.person, match.offer
    try:
        begins = rules.start(wanted, now=now, time_zone=place.calendar.time_zone)
        slot = rules.Slot.of(offer, begins)
        rules.check_open(place.shop, slot)
        person.diary(place).check(place.shop, slot, offer.id)
    except Failure as failure:
        return failure
    time_zone = place.calendar.time_zone
    until = person.taken_until(slot)
    if until is not None:
        return SlotTaken(person.id, until, time_zone)
    if not place.free_chairs(slot.taken_from, slot.free_at):
        return NoChairFree(slot.taken_from, slot.free_at, time_zone)
    return None
