"""What a provider's days say to a slot: skills, shifts, time off, and the way from and to their other bookings.

Pure, but for `read`, which asks all of it with one statement. The search for free slots asks the same rules (`check`),
so what it offers is what a booking is taken for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.expression import FromClause

from barberpro.domains.catalogue.service import LONGEST, LONGEST_BUFFER
from barberpro.domains.locations.service import Calendar, Minutes, Span, special, travel
from barberpro.domains.people.service import absence, shift, skill
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction
from barberpro.platform.sets import among
from barberpro.platform.tables import Instant

from .errors import OutsideShift, ProviderAway, ProviderUnskilled, TooFarToTravel
from .lifecycle import OCCUPYING
from .rules import Shop, Slot
from .tables import bookings

LONGEST_WAY = timedelta(hours=4)
"""No way between two locations takes longer; the table of them checks it."""


@dataclass(frozen=True)
class Elsewhere:
    """A booking of the provider's at another location, and how long the way there takes."""

    taken_from: datetime
    free_at: datetime
    minutes: int

    def leaves_no_time(self, slot: Slot) -> bool:
        way = timedelta(minutes=self.minutes)
        return self.taken_from - way < slot.free_at and slot.taken_from < self.free_at + way


@dataclass(frozen=True)
class Diary:
    """A provider's days at one location."""

    provider_id: str
    skills: frozenset[str]
    """The services they do; all where there are none."""
    shifts: Sequence[Span] | None
    """When they are at work here; None where always."""
    absences: Sequence[tuple[datetime, datetime]]
    elsewhere: Sequence[Elsewhere]

    def check(self, shop: Shop, slot: Slot, service_id: str) -> None:
        """Raise what stands against this slot. What is done before and after may be off the shift, as out of hours."""
        zone = shop.time_zone
        if self.skills and service_id not in self.skills:
            raise ProviderUnskilled(self.provider_id, service_id)
        if self.shifts is not None and not Calendar(zone, self.shifts).is_open(
            slot.starts_at, slot.ends_at
        ):
            raise OutsideShift(self.provider_id, slot.starts_at, slot.ends_at, zone)
        away = [e for s, e in self.absences if s < slot.ends_at and slot.starts_at < e]
        if away:
            raise ProviderAway(self.provider_id, max(away), zone)
        ways = [each.minutes for each in self.elsewhere if each.leaves_no_time(slot)]
        if ways:
            raise TooFarToTravel(self.provider_id, max(ways))


def shifts_at(location_id: str, rows: Sequence[Any]) -> list[Span] | None:
    """The shifts at a location, of all that a provider has; None where they have none anywhere."""
    if not rows:
        return None
    return [Span(r.weekday, r.first, r.last) for r in rows if r.key == location_id]


async def read(
    tx: Transaction, shop: Shop, slot: Slot, provider_id: str, *, moving: str = ""
) -> tuple[Shop, Diary]:
    """The shop with the exceptions around the slot, and the provider's days there.

    `moving` is the booking that is moved: it is not in its own way.
    """
    day = slot.starts_at.astimezone(ZoneInfo(shop.time_zone)).date()
    rows = await tx.rows(
        PLAN,
        {
            "tenant": tx.principal.tenant,
            "location": shop.id,
            "provider": provider_id,
            "moving": moving,
            "first": day - timedelta(days=1),
            "last": day + timedelta(days=2),
            "starts": slot.starts_at,
            "ends": slot.ends_at,
            "floor": slot.taken_from - LONGEST - LONGEST_WAY,
            "before": slot.free_at + LONGEST_WAY + LONGEST_BUFFER,
            "now": tx.now,
        },
    )
    of = {kind: [row for row in rows if row.kind == kind] for kind in KINDS}
    shop = shop.with_exceptions(exceptions(of["special"]))
    return shop, Diary(
        provider_id=provider_id,
        skills=frozenset(row.key for row in of["skill"]),
        shifts=shifts_at(shop.id, of["shift"]),
        absences=[(r.begins, r.ends) for r in of["absence"] if r.key in (None, shop.id)],
        elsewhere=[Elsewhere(r.begins, r.ends, r.first) for r in of["elsewhere"]],
    )


def exceptions(rows: Sequence[Any]) -> dict[date, list[Minutes]]:
    """Dates with hours of their own, from rows of a `day`, and from the `first` minute to the `last`, if any."""
    found: dict[date, list[Minutes]] = {}
    for row in rows:
        hours = found.setdefault(row.day, [])
        if row.first is not None:
            hours.append((row.first, row.last))
    return found


KINDS = ("shift", "absence", "skill", "special", "elsewhere")
CELLS = {"key": Text, "weekday": Integer, "first": Integer, "last": Integer, "day": Date}
CELLS |= {"begins": Instant, "ends": Instant}


def part(kind: str, **cells: Any) -> Select[*tuple[Any, ...]]:
    """Rows of one kind, with those cells that it has."""
    columns = [cells.get(name, cast(null(), type_)).label(name) for name, type_ in CELLS.items()]
    return select(literal(kind, Text).label("kind"), *columns)


def occupies(table: FromClause) -> ColumnElement[bool]:
    """This keeps its provider and its chair: no hold that ran out before `:now`."""
    until = table.c.held_until
    return and_(among(table.c.status, OCCUPYING), or_(until.is_(None), until > bindparam("now")))


_theirs = bookings.alias("theirs")
_provider, _location, _tenant = (bindparam(n) for n in ("provider", "location", "tenant"))

PLAN = across_tenants(
    union_all(
        part(
            "shift",
            key=shift.c.location_id,
            weekday=shift.c.weekday,
            first=shift.c.starts_minute,
            last=shift.c.ends_minute,
        ).where(shift.c.organization_id == _tenant, shift.c.provider_id == _provider),
        part(
            "absence", key=absence.c.location_id, begins=absence.c.starts_at, ends=absence.c.ends_at
        ).where(
            absence.c.organization_id == _tenant,
            absence.c.provider_id == _provider,
            absence.c.ends_at > bindparam("starts"),
            absence.c.starts_at < bindparam("ends"),
        ),
        part("skill", key=skill.c.service_id).where(
            skill.c.organization_id == _tenant, skill.c.provider_id == _provider
        ),
        part(
            "special",
            first=special.c.opens_minute,
            last=special.c.closes_minute,
            day=special.c.date,
        ).where(
            special.c.organization_id == _tenant,
            special.c.location_id == _location,
            special.c.date.between(bindparam("first"), bindparam("last")),
        ),
        part(
            "elsewhere",
            key=_theirs.c.location_id,
            first=travel.c.minutes,
            begins=_theirs.c.taken_from,
            ends=_theirs.c.free_at,
        )
        .join_from(
            _theirs,
            travel,
            (travel.c.organization_id == _theirs.c.organization_id)
            & (travel.c.from_location_id == _theirs.c.location_id)
            & (travel.c.to_location_id == _location),
        )
        .where(
            _theirs.c.organization_id == _tenant,
            _theirs.c.provider_id == _provider,
            _theirs.c.starts_at > bindparam("floor"),
            _theirs.c.starts_at < bindparam("before"),
            occupies(_theirs),
            _theirs.c.id != bindparam("moving"),
        ),
    ),
    "of one tenant by its own criteria, but of all its locations: where a provider is kept from"
    " being here may be a place that the caller may not see",
)
