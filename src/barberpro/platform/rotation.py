"""Changes the keys that sign our tokens without one token that fails.

A new key is published first and signs later (`lead`), so that whoever checks our tokens has seen it by then; the one
before goes when the last token that it signed has ended. All of it is in the table: any process may do the next step.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, update

from .audit.installation import record
from .binding import across_tenants
from .clock import Clock, iso
from .crypto import Sealer, Unsealable
from .database import Database
from .doors import Housekeeping, Transaction, transaction
from .errors import Misconfigured
from .keys import INSTALLATION, PATIENCE, STORED, WHY, about, make, signing_keys, stored
from .revocations import revoke as void
from .settings import Settings

SOON = 2 * PATIENCE
"""The shortest lead: by then every process that met an unknown key has looked, and looked again."""
LONGEST_TOKEN = timedelta(hours=1)  # the most that `Settings.token_seconds` allows
KEPT = LONGEST_TOKEN + timedelta(hours=24)
"""How long a key stays after its successor began to sign. The day is for processes that did not hear of it."""

c = signing_keys.c
FORWARD = across_tenants(
    update(signing_keys).where(c.kid == bindparam("which")).values(signs_from=bindparam("at")), WHY
)
RETIRE = across_tenants(
    delete(signing_keys).where(c.generation < bindparam("below")).returning(c.kid), WHY
)
REVOKE = across_tenants(
    delete(signing_keys).where(c.kid == bindparam("which")).returning(c.kid), WHY
)
RESEAL = across_tenants(
    update(signing_keys).where(c.kid == bindparam("which")).values(sealed=bindparam("again")), WHY
)


class NoSuchKey(Misconfigured):
    """No signing key has this id."""


async def keep_rotated(
    database: Database, sealer: Sealer, settings: Settings, clock: Clock
) -> None:
    """Make the next key in time, and drop those whose tokens have all ended. Any process may, at any time."""
    life = timedelta(days=settings.signing_key_days)
    lead = timedelta(hours=settings.signing_key_lead_hours)
    async with transaction(database, INSTALLATION, clock, "rotation") as tx:
        rows = await stored(tx)
        if rows and tx.now >= _begins(rows[-1]) + life - lead:
            begins = max(_begins(rows[-1]) + life, tx.now + lead)
            await make(tx, sealer, generation=rows[-1].generation + 1, signs_from=begins)
        await _retire(tx)


async def rotate(database: Database, sealer: Sealer, clock: Clock, lead: timedelta) -> datetime:
    """Have another key sign after `lead`, which is 60 s at least; when it will begin to.

    A next key that was made already is brought forward, never put off.
    """
    async with transaction(database, INSTALLATION, clock, "rotation") as tx:
        rows = await stored(tx)
        begins = tx.now + max(lead, SOON)
        waiting = [row for row in rows if _begins(row) > tx.now]
        if not waiting:
            following = rows[-1].generation + 1 if rows else 1
            await make(tx, sealer, generation=following, signs_from=begins)
            return begins
        begins = min(begins, _begins(waiting[-1]))
        await tx.execute(FORWARD, {"which": waiting[-1].kid, "at": begins})
        facts = {"kid": waiting[-1].kid, "signs_from": iso(begins)}
        await record(tx, "signing_key.brought_forward", facts)
        return begins


async def revoke(database: Database, sealer: Sealer, clock: Clock, kid: str) -> None:
    """Take away a key that others may know, with all that it ever signed, and sign with a fresh one from now on.

    Felt as any revocation is: within five seconds, or one where `Revocations.announce` follows. Raises NoSuchKey.
    """
    async with transaction(database, INSTALLATION, clock, "rotation") as tx:
        newest = max((row.generation for row in await stored(tx)), default=0)
        if await tx.row(REVOKE, {"which": kid}) is None:
            raise NoSuchKey("there is no signing key of this id: see `barberpro keys list`")
        await record(tx, "signing_key.revoked", {"kid": kid})
        await make(tx, sealer, generation=newest + 1)
        # By then every process has looked, and knows no such key. A thief's tokens would end when the thief likes.
        await void(tx, kid, tx.now + KEPT)


async def rewrap(house: Housekeeping, old: Sealer, new: Sealer) -> int:
    """Seal the signing keys under a new master key; how many were. Those that are already stay as they are.

    All or none: the transaction is the caller's. Raises Unsealable where neither opens one.
    """
    done = 0
    for row in await house.rows(STORED):
        try:
            new.open(row.sealed, about(row.kid))
        except Unsealable:
            again = new.seal(old.open(row.sealed, about(row.kid)), about(row.kid))
            await house.execute(RESEAL, {"which": row.kid, "again": again})
            done += 1
    return done


async def _retire(tx: Transaction) -> None:
    """Drop what came before the newest key that has signed for long enough."""
    settled = [row.generation for row in await stored(tx) if _begins(row) + KEPT <= tx.now]
    if settled:
        for (kid,) in await tx.rows(RETIRE, {"below": settled[-1]}):
            await record(tx, "signing_key.retired", {"kid": kid})


def _begins(row: Row[Any]) -> datetime:
    """When a key signs from."""
    return row.signs_from or row.created_at
