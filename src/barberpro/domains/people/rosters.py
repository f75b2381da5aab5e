"""When providers are at work, and what they can do: shifts by weekday, time off, skills.

Who has no shift anywhere works whenever their locations are open; who has no skill does whatever is offered. So a shop
that never says anything of the kind is booked as before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select

from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.platform import editions, ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from . import events
from .errors import (
    AbsenceNotFound,
    InvalidAbsence,
    ProviderNotFound,
    ShiftsOverlap,
    TooManyAbsences,
    TooManyShifts,
    TooManySkills,
)
from .tables import absences, providers, shifts, skills

MOST_SHIFTS = 56  # two shops, four a day
MOST_SKILLS = 500
MOST_ABSENCES = 200
"""Of one provider, not over yet."""
LONGEST_ABSENCE = timedelta(days=2 * 366)

PROVIDER = select(providers).where(providers.c.id == bindparam("provider"))
SHIFTS = delete(shifts).where(shifts.c.provider_id == bindparam("provider"))
SKILLS = delete(skills).where(skills.c.provider_id == bindparam("provider"))
AHEAD = (
    select(func.count())
    .select_from(absences)
    .where(absences.c.provider_id == bindparam("provider"), absences.c.ends_at > bindparam("now"))
)


@dataclass(frozen=True)
class Shift:
    """At work in a location on a weekday, on its wall clock."""

    location_id: str
    span: locations.Span


async def set_shifts(tx: Transaction, provider_id: str, *, week: Sequence[Shift]) -> Row[Any]:
    """Replace a provider's shifts at the locations the caller may see. Bookings made under others still stand.

    Raises ShiftsOverlap where two of them are at once: nobody is in two shops, nor twice in one.
    """
    if len(week) > MOST_SHIFTS:
        raise TooManyShifts(MOST_SHIFTS)
    ordered = sorted(week, key=lambda s: s.span)
    for earlier, later in pairwise(ordered):
        if _overlap(earlier.span, later.span):
            hour, minute = divmod(later.span.opens_minute, 60)
            raise ShiftsOverlap(later.span.weekday, f"{hour:02}:{minute:02}")
    provider = await _held(tx, provider_id)
    await locations.check_known(tx, dict.fromkeys(shift.location_id for shift in ordered))
    await tx.execute(SHIFTS, {"provider": provider.id})
    await tx.insert(insert(shifts), [_shift(provider.id, each) for each in ordered])
    await publish(tx, events.ProviderShiftsSet(subject=provider.id))
    await editions.changed(tx, provider.id)
    return provider


async def take_off(
    tx: Transaction,
    provider_id: str,
    *,
    starts_at: datetime,
    ends_at: datetime,
    location_id: str | None = None,
) -> Row[Any]:
    """Take no bookings for a provider meanwhile, at one location or anywhere. Those they have still stand."""
    if not tx.now < ends_at or not timedelta(0) < ends_at - starts_at <= LONGEST_ABSENCE:
        raise InvalidAbsence(LONGEST_ABSENCE.days)
    provider = await _held(tx, provider_id)
    if location_id is not None:
        await locations.check_known(tx, [location_id])
    ahead = await tx.execute(AHEAD, {"provider": provider.id, "now": tx.now})
    if ahead.scalar_one() >= MOST_ABSENCES:
        raise TooManyAbsences(MOST_ABSENCES)
    row = {
        "id": ids.new("abs"),
        "provider_id": provider.id,
        "location_id": location_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "created_at": tx.now,
    }
    absence = (await tx.execute(insert(absences).returning(absences), row)).one()
    event = events.ProviderAbsent(
        subject=provider.id,
        absence_id=absence.id,
        location_id=location_id,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    await publish(tx, event, after=absence)
    await editions.changed(tx, provider.id)
    return absence


async def come_back(tx: Transaction, absence_id: str) -> Row[Any]:
    """Take time off back: the provider can be booked then. Gives the provider."""
    found = None
    if ids.prefix_of(absence_id) == "abs":
        found = await tx.row(select(absences).where(absences.c.id == absence_id))
    if found is None:
        raise AbsenceNotFound(absence_id[: ids.LIMIT])
    provider = await _held(tx, found.provider_id)
    await tx.execute(delete(absences).where(absences.c.id == absence_id))
    event = events.ProviderBack(subject=provider.id, absence_id=absence_id)
    await publish(tx, event, before=found)
    await editions.changed(tx, provider.id)
    return provider


async def set_skills(tx: Transaction, provider_id: str, *, service_ids: Iterable[str]) -> Row[Any]:
    """Say what a provider can do, all of it; with nothing, they do whatever is offered."""
    wanted = list(dict.fromkeys(service_ids))
    if len(wanted) > MOST_SKILLS:
        raise TooManySkills(MOST_SKILLS)
    provider = await _held(tx, provider_id)
    await catalogue.check_known(tx, wanted)
    await tx.execute(SKILLS, {"provider": provider.id})
    rows = [
        {"id": ids.new("skl"), "provider_id": provider.id, "service_id": each} for each in wanted
    ]
    await tx.insert(insert(skills), rows)
    await publish(tx, events.ProviderSkillsSet(subject=provider.id, service_ids=wanted))
    await editions.changed(tx, provider.id)
    return provider


async def _held(tx: Transaction, provider_id: str) -> Row[Any]:
    """The provider, locked against other changes and new bookings until the transaction ends."""
    if ids.prefix_of(provider_id) == "prv":
        locking = PROVIDER.with_for_update(key_share=True)
        found = await tx.row(locking, {"provider": provider_id})
        if found is not None:
            return found
    raise ProviderNotFound(provider_id[: ids.LIMIT])


def _overlap(earlier: locations.Span, later: locations.Span) -> bool:
    return earlier.weekday == later.weekday and later.opens_minute < earlier.closes_minute


def _shift(provider_id: str, shift: Shift) -> dict[str, Any]:
    return {
        "id": ids.new("shf"),
        "provider_id": provider_id,
        "location_id": shift.location_id,
        "weekday": shift.span.weekday,
        "starts_minute": shift.span.opens_minute,
        "ends_minute": shift.span.closes_minute,
    }
