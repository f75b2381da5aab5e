"""What is asked of keys when one calls, before anyone is known: whose it is, whether it is good, when it was used."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from barberpro.platform import ids, scannable
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction

from .tables import key_owners, key_uses, keys

PREFIX = "bpk_live_"
WHY = "a key comes before its tenant is known"


def _use(insert: Any) -> Any:
    made = insert(key_uses)
    own = [key_uses.c.organization_id, key_uses.c.key_id]
    later = made.excluded.last_used_at
    return made.on_conflict_do_update(index_elements=own, set_={"last_used_at": later})


USE = {"postgresql": _use(postgresql.insert), "sqlite": _use(sqlite.insert)}


def owner(key: str) -> Select[Any]:
    """The organization of a key, whatever it is, before anyone is known."""
    return across_tenants(select(key_owners.c.organization_id).where(key_owners.c.id == key), WHY)


def by_id(key: str) -> Select[Any]:
    """A key of this tenant with all that decides whether it is good."""
    return select(keys).where(keys.c.id == key)


def named(text: str) -> str | None:
    """The id of the key that this text would be, or None where it is no API key at all. Asks no database."""
    if not text.startswith(PREFIX) or not scannable.is_whole(text):
        return None
    key = "key_" + text.removeprefix(PREFIX).partition("_")[0]
    return key if ids.prefix_of(key) else None


def is_live(key: Row[Any], now: datetime) -> bool:
    """Whether the key is neither revoked nor over."""
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


async def note_use(tx: Transaction, key: str) -> None:
    """Remember that the key was used, to the minute."""
    values = {
        "id": ids.new("kus"),
        "key_id": key,
        "last_used_at": tx.now.replace(second=0, microsecond=0),
    }
    await tx.execute(USE[tx.dialect], values)
