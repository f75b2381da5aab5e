"""The terms bookings are made under: versions that are published and never changed. A booking keeps its own."""

from typing import Any

from sqlalchemy import Row, func, select

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.unique import insert_unless_taken

from . import events
from .errors import TermsOutOfRange
from .tables import policies

LONGEST_NOTICE = 30 * 24 * 60  # minutes; the table checks the same
WHOLE = 10_000  # basis points
LATEST = select(func.coalesce(func.max(policies.c.version), 0).label("version"))


async def publish_policy(
    tx: Transaction,
    *,
    notice_minutes: int,
    late_fee_bps: int,
    no_show_fee_bps: int,
    deposit_bps: int,
) -> Row[Any]:
    """From now on bookings are made under these terms; those that were made keep theirs.

    Of two who publish at once the second gets the version after the first's.
    """
    rates = (late_fee_bps, no_show_fee_bps, deposit_bps)
    if not 0 <= notice_minutes <= LONGEST_NOTICE or not all(0 <= rate <= WHOLE for rate in rates):
        raise TermsOutOfRange(LONGEST_NOTICE, WHOLE)
    terms = {
        "notice_minutes": notice_minutes,
        "late_fee_bps": late_fee_bps,
        "no_show_fee_bps": no_show_fee_bps,
        "deposit_bps": deposit_bps,
        "published_by": tx.principal.actor,
        "published_at": tx.now,
    }
    published = None
    while published is None:
        version = (await tx.rows(LATEST))[0].version + 1
        row = {"id": ids.new("pol"), "version": version, **terms}
        published = await insert_unless_taken(tx, policies, row)
    event = events.PolicyPublished(subject=published.id, version=published.version)
    await publish(tx, event, after=published)
    return published
