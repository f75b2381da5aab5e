"""Numbers without gaps: each location counts its invoices and its credit notes, in a series of its own.

The counter is a row that whoever issues holds until the commit. Others of the same location wait, so a number that is
rolled back is the next one's; a sequence of the database would leave a gap instead.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, case, func, select, update

from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction
from barberpro.platform.tables import Instant
from barberpro.platform.unique import insert_unless_taken

from .lifecycle import Kind
from .tables import invoice_series

s = invoice_series.c
NOW = bindparam("now", type_=Instant())

TAKE = (
    update(invoice_series)
    .where(s.location_id == bindparam("location"), s.kind == bindparam("of_kind"))
    .values(
        last_number=s.last_number + 1,
        last_issued_at=case((s.last_issued_at > NOW, s.last_issued_at), else_=NOW),
    )
    .returning(s.series, s.last_number, s.last_issued_at)
)
KNOWN = across_tenants(
    select(
        func.max(s.series).filter(s.location_id == bindparam("location")).label("own"),
        func.max(s.series).label("highest"),
    ).where(s.organization_id == bindparam("tenant")),
    "of one tenant by its own criteria, but of all its locations: a series is one location's alone,"
    " also of those the caller may not see",
)


class Numbered(NamedTuple):
    """The next number of a location. `issued_at` is now, or later where the last one was."""

    series: int
    number: int
    issued_at: datetime


async def take(tx: Transaction, location_id: str, kind: Kind) -> Numbered:
    """The next number, given for good when the transaction commits.

    Whoever waited for the counter began earlier than who went before: the date of its number is
    that one's then, since the tax authority takes no number dated before the last.
    """
    values = {"location": location_id, "of_kind": kind, "now": tx.now}
    taken = await tx.row(TAKE, values)
    while taken is None:  # the location's first of its kind
        await _open(tx, location_id, kind)
        taken = await tx.row(TAKE, values)
    return Numbered(*taken)


def shown(series: int | None, number: int | None) -> str | None:
    """A number as it is printed: `0001-00000042`."""
    if series is None or number is None:
        return None
    # Half of what a format takes, and lists show many.
    return f"{str(series).zfill(4)}-{str(number).zfill(8)}"


async def _open(tx: Transaction, location_id: str, kind: Kind) -> None:
    """Begin to count, in the location's series or the next free one; unless another just did."""
    known = (await tx.rows(KNOWN, {"location": location_id, "tenant": tx.principal.tenant}))[0]
    row = {
        "id": ids.new("ser"),
        "location_id": location_id,
        "kind": kind,
        "series": known.own or (known.highest or 0) + 1,
        "last_number": 0,
        "last_issued_at": tx.now,
    }
    await insert_unless_taken(tx, invoice_series, row)
