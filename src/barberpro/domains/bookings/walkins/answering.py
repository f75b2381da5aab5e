"""Answers who asks how long a walk-in waits: the starts that `availability` finds, and what runs late."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select

from barberpro.domains.catalogue.service import LONGEST
from barberpro.domains.locations.service import place
from barberpro.platform import ids
from barberpro.platform.doors import Reader
from barberpro.platform.editions import Copies
from barberpro.platform.sets import among, each, key_set

from .. import rules
from ..availability import answering
from ..availability.answering import Asked, Read, Refusal
from ..availability.search import Order, Search, Slot
from ..lifecycle import Change, Status
from ..tables import booking_changes, bookings
from . import waiting
from .waiting import Line, Visit, Wait

STEP = 5
"""Minutes from one start to the next that are looked at."""
MOST_STARTS = 10_000
LEARNED_DAYS = 90
MOST_LEARNED = 500
MINUTE = timedelta(minutes=1)
NEVER = Wait(None, None, 0)
UNDER_WAY = (Status.HELD, Status.CONFIRMED, Status.CHECKED_IN)
"""What may still take its provider's time, though it were longer than it was booked for."""

b = bookings.c
came, went = booking_changes.alias("came"), booking_changes.alias("went")
wanted = each(key_set("keys"))
ZONE = select(place.c.time_zone).where(place.c.id == bindparam("location"))
TODAY = select(b.provider_id, b.taken_from, b.free_at, b.gap_starts_at, b.gap_ends_at).where(
    b.provider_id.in_(select(wanted.c.value)),
    b.starts_at > bindparam("floor"),
    b.starts_at < bindparam("ends"),
    among(b.status, UNDER_WAY),
    or_(b.held_until.is_(None), b.held_until > bindparam("now")),
)
TIMED = (
    select(b.duration_minutes, came.c.changed_at.label("came_at"), went.c.changed_at.label("left_at"))
    .join_from(bookings, came, came.c.booking_id == b.id)
    .join(went, went.c.booking_id == b.id)
    .where(
        b.location_id == bindparam("location"),
        b.starts_at > bindparam("since"),
        b.starts_at < bindparam("now"),
        came.c.kind == Change.CHECKED_IN,
        went.c.kind == Change.COMPLETED,
        b.status == Status.COMPLETED,
    )
    .order_by(b.starts_at.desc(), b.id)
    .limit(MOST_LEARNED)
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """The wait, of how many timed visits its spread is learned, and what can never be booked so."""

    wait: Wait
    timed: int
    refusals: Sequence[Refusal]


async def answered(
    *,
    location_id: str,
    service_id: str,
    provider_id: str | None,
    read: Read,
    reader: Reader,
    copies: Copies,
    now: datetime,
) -> Answer:
    """How long somebody waits who walks in now. `read` and `reader` are bound as in `availability`."""
    ends = await _midnight(location_id, read, now)
    asked = Asked(
        location_ids=[location_id],
        service_ids=[service_id],
        provider_ids=None if provider_id is None else [provider_id],
        wanted=None,
        search=Search(now, ends, STEP, MOST_STARTS, Order.EARLIEST, frozenset(), 1),
    )
    found = await answering.answered(asked, read=read, reader=reader, copies=copies, now=now)
    if not found.slots:
        return Answer(NEVER, 0, found.refusals)
    shares = await _shares(location_id, read, now)
    lines = await _lines(found.slots, reader, now, ends)
    wait = waiting.wait(lines, shares, seed=f"{location_id} {service_id} {now:%Y%m%d%H%M}")
    return Answer(wait, len(shares), found.refusals)


async def _midnight(location_id: str, read: Read, now: datetime) -> datetime:
    """The end of the day where the shop is; of an unknown one there is no day to end."""
    rows = await read(ZONE, {"location": location_id[: ids.LIMIT]})
    zone = ZoneInfo(rows[0].time_zone) if rows else UTC
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


async def _shares(location_id: str, read: Read, now: datetime) -> list[float]:
    """What the latest timed visits took of the time they were booked for."""
    since = now - timedelta(days=LEARNED_DAYS)
    rows = await read(TIMED, {"location": location_id, "since": since, "now": now})
    shares = [(r.left_at - r.came_at) / (r.duration_minutes * MINUTE) for r in rows]
    return [share for share in shares if share > 0]


async def _lines(
    slots: Sequence[Slot], reader: Reader, now: datetime, ends: datetime
) -> list[Line]:
    starts: dict[str, list[float]] = defaultdict(list)
    for slot in slots:
        starts[slot.match.person.id].append((slot.starts_at - now) / MINUTE)
    asked = {"keys": list(starts), "floor": now - LONGEST - LONGEST, "ends": ends, "now": now}
    visits: dict[str, list[Visit]] = defaultdict(list)
    for row in await reader.direct(TODAY, asked):
        visits[row.provider_id] += _visits(row, now)
    return [
        Line(sorted(visits[who], key=lambda v: v.starts), at) for who, at in sorted(starts.items())
    ]


def _visits(row: Any, now: datetime) -> list[Visit]:
    """The parts of a booking in which its provider is at work."""
    return [Visit((s - now) / MINUTE, (e - s) / MINUTE) for s, e in rules.at_work(row)]
