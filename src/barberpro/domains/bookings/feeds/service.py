"""What can be done with calendar feeds.

A feed's token is `bpf_live_<its organization>_<secret><checksum>`, where the organization's id goes without the prefix:
calendar programs send nothing but an address, and rows are found within a tenant only. Its SHA-256 is all that is
stored.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select, update

from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.locations.service import place
from barberpro.domains.people.errors import ProviderNotFound
from barberpro.domains.people.service import provider
from barberpro.platform import ids, scannable
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from .errors import FeedNamesRefused, FeedNotFound, FeedSubjectInvalid, TooManyFeeds
from .events import CalendarFeedClosed, CalendarFeedOpened
from .tables import calendar_feeds

PREFIX = "bpf_live_"
PATH = "/calendars/{token}.ics"
"""Where the feed of a token is, below the API's address."""
MOST_OPEN = 10
"""Feeds of one location or provider: one for each person and device that reads it."""
FULL_NAMES = "customers:pii"
"""The scope of who may open a feed with full names."""


class Names(StrEnum):
    """How much of customers' names a feed shows."""

    FIRST = "FIRST"
    FULL = "FULL"


c = calendar_feeds.c
PUBLIC = [column for column in c if column is not c.secret_hash]
HELD = select(*PUBLIC).where(c.id == bindparam("feed")).with_for_update(key_share=True)
OPEN = select(func.count().label("open")).where(c.closed_at.is_(None))
CLOSE = (
    update(calendar_feeds)
    .where(c.id == bindparam("feed"))
    .values(closed_at=bindparam("at"))
    .returning(*PUBLIC)
)


async def open_feed(
    tx: Transaction,
    *,
    location_id: str | None = None,
    provider_id: str | None = None,
    names: Names = Names.FIRST,
) -> tuple[Row[Any], str]:
    """A feed of one location or one provider, and its token, which is not to be had again.

    What it shows is of the locations its opener sees now, also where they see others later.
    """
    if (location_id is None) == (provider_id is None):
        raise FeedSubjectInvalid
    if names is Names.FULL and FULL_NAMES not in tx.principal.scopes:
        raise FeedNamesRefused(FULL_NAMES)
    # Locked, so that two who open at once count one after the other.
    if location_id is not None:
        of, unknown, subject = place, LocationNotFound, {"location_id": location_id}
    else:
        assert provider_id is not None, "one of the two is named"  # noqa: S101
        of, unknown, subject = provider, ProviderNotFound, {"provider_id": provider_id}
    ((column, named),) = subject.items()
    if await tx.row(select(of.c.id).where(of.c.id == named).with_for_update()) is None:
        raise unknown(named[: ids.LIMIT])
    if (await tx.rows(OPEN.where(c[column] == named)))[0].open >= MOST_OPEN:
        raise TooManyFeeds(MOST_OPEN)
    token = scannable.new(f"{PREFIX}{tx.principal.tenant.removeprefix('org_')}_")
    limit = tx.principal.locations
    row = {
        "id": ids.new("cfd"),
        **subject,
        "names": names,
        "locations": None if limit is None else sorted(limit),
        "secret_hash": scannable.digest(token),
        "opened_by": tx.principal.actor,
        "opened_at": tx.now,
    }
    opened = (await tx.execute(insert(calendar_feeds).values(**row).returning(*PUBLIC))).one()
    event = CalendarFeedOpened(
        subject=opened.id,
        location_id=opened.location_id,
        provider_id=opened.provider_id,
        names=names,
    )
    await publish(tx, event, after=opened)
    return opened, token


async def close_feed(tx: Transaction, feed_id: str) -> Row[Any]:
    """Let a feed's address show nothing from now on. One that is closed already stays so."""
    before = None
    if ids.prefix_of(feed_id) == "cfd":
        before = await tx.row(HELD, {"feed": feed_id})
    if before is None:
        raise FeedNotFound(feed_id[: ids.LIMIT])
    if before.closed_at is not None:
        return before
    closed = (await tx.execute(CLOSE, {"feed": feed_id, "at": tx.now})).one()
    event = CalendarFeedClosed(
        subject=closed.id, location_id=closed.location_id, provider_id=closed.provider_id
    )
    await publish(tx, event, before=before, after=closed)
    return closed
