"""What a feed shows to whoever has its token."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from barberpro.domains.catalogue.service import offer
from barberpro.domains.locations.service import place
from barberpro.domains.people.service import customer, provider
from barberpro.platform import ids, scannable
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.principal import worker

from ..lifecycle import STANDING, Change, Status
from ..tables import booking_changes, bookings
from .icalendar import Calendar, Visit
from .service import PREFIX, Names
from .tables import calendar_feeds

PAST, AHEAD = timedelta(days=30), timedelta(days=180)
MOST = 5_000
"""Visits in one calendar; where there are more, the earliest are left out."""
SHOWN = (*STANDING, Status.CANCELLED, Status.NO_SHOW)
"""A hold is nobody's visit yet, and what was given back or ran out never was one."""
REVISIONS = (Change.MOVED, Change.CANCELLED, Change.MISSED, Change.RETRACTED)
"""The changes after which a calendar has something else to show."""

f, b, h = calendar_feeds.c, bookings.c, booking_changes.c
# By its digest, not by what was sent: how long an index looks tells of the digest alone, which leads nobody to a token.
OPEN = (
    select(
        f.location_id,
        f.provider_id,
        f.names,
        f.locations,
        func.coalesce(place.c.name, provider.c.name).label("title"),
    )
    .join_from(calendar_feeds, place, place.c.id == f.location_id, isouter=True)
    .join(provider, provider.c.id == f.provider_id, isouter=True)
    .where(f.secret_hash == bindparam("digest"), f.closed_at.is_(None))
)
REVISED = (
    select(func.count())
    .where(h.booking_id == b.id, h.kind.in_(REVISIONS))
    .correlate(bookings)
    .scalar_subquery()
)
CHANGED = (
    select(func.max(h.changed_at)).where(h.booking_id == b.id).correlate(bookings).scalar_subquery()
)
VISITS = (
    select(
        b.id,
        b.status,
        b.starts_at,
        b.ends_at,
        b.created_at,
        func.coalesce(REVISED, 0).label("sequence"),
        CHANGED.label("changed_at"),
        offer.c.name.label("service"),
        customer.c.name.label("customer"),
        customer.c.erased_at,
        provider.c.name.label("provider"),
        place.c.name.label("location"),
        place.c.city,
    )
    .join_from(bookings, offer, offer.c.id == b.service_id)
    .join(customer, customer.c.id == b.customer_id)
    .join(provider, provider.c.id == b.provider_id)
    .join(place, place.c.id == b.location_id)
    .where(b.status.in_(SHOWN), b.starts_at >= bindparam("since"), b.starts_at < bindparam("until"))
    .order_by(b.starts_at.desc(), b.id.desc())
    .limit(MOST)
)
AT_LOCATION = VISITS.where(b.location_id == bindparam("subject"))
WITH_PROVIDER = VISITS.where(b.provider_id == bindparam("subject"))


async def calendar(database: Database, token: str, now: datetime) -> Calendar | None:
    """The calendar behind a token; None where there is none, or none any more."""
    tenant = _tenant(token)
    if tenant is None:
        return None
    who = worker(tenant)
    found = await Reader(database, who).rows(OPEN, {"digest": scannable.digest(token)})
    if not found:
        return None
    (feed,) = found
    limit = None if feed.locations is None else frozenset(feed.locations)
    reader = Reader(database, replace(who, locations=limit))
    asked = {"since": now - PAST, "until": now + AHEAD}
    of_shop = feed.location_id is not None
    rows = await reader.rows(
        AT_LOCATION if of_shop else WITH_PROVIDER,
        {"subject": feed.location_id if of_shop else feed.provider_id, **asked},
    )
    full = feed.names == Names.FULL
    return Calendar(feed.title, [_visit(row, of_shop, full) for row in reversed(rows)])


def _tenant(token: str) -> str | None:
    """The organization a token names, where it is whole."""
    if not token.startswith(PREFIX) or not scannable.is_whole(token):
        return None
    tenant = f"org_{token.removeprefix(PREFIX).partition('_')[0]}"
    return tenant if ids.prefix_of(tenant) == "org" else None


def _visit(row: Row[Any], of_shop: bool, full: bool) -> Visit:
    name = "" if row.erased_at else row.customer if full else row.customer.split()[0]
    what = ", ".join(filter(None, (row.service, name)))
    return Visit(
        uid=row.id,
        summary=f"{row.provider}: {what}" if of_shop else what,
        place=f"{row.location}, {row.city}",
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        made_at=row.created_at,
        changed_at=row.changed_at or row.created_at,
        sequence=row.sequence,
        is_off=row.status not in STANDING,
    )
