"""What happened, told in the transaction that did it: outbox event and audit leaf are one row.

`publish` writes both or neither with the change itself. The relay (`relay.py`) later hands each event to the
handlers that asked for it, at least once. The leaf commits to who did what, and to the row before and after, by
salted digests: proof without a copy of anybody's data.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, get_args

import orjson
from sqlalchemy import BigInteger, Column, Index, Row, Text, insert

from . import ids
from .clock import iso
from .doors import Transaction
from .tables import Document, Instant, Key, tenant_table

events = tenant_table(
    "events",
    "evt",
    Column("type", Key, nullable=False),
    Column("subject", Key, nullable=False),
    Column("data", Document, nullable=False),
    Column("client", Key, nullable=False),
    Column("actor", Key, nullable=False),
    Column("request_id", Key, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("salt", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("leaf", Text, nullable=False),
    Column("relayed_at", Instant),
    Column("position", BigInteger),
)
Index(
    "ix_events_unrelayed",
    events.c.id,
    postgresql_where=events.c.relayed_at.is_(None),
    sqlite_where=events.c.relayed_at.is_(None),
)
Index(
    "ix_events_waiting",
    events.c.id,
    postgresql_where=events.c.position.is_(None),
    sqlite_where=events.c.position.is_(None),
)
Index(None, events.c.organization_id, events.c.subject, events.c.id)
Index(None, events.c.organization_id, events.c.occurred_at, events.c.id)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, in the past tense: `BookingMade`.

    A subclass names its `type` and its facts: ids, codes, instants, numbers; never personal data, since the
    log outlives an erasure. `subject` is the id of the thing it happened to.
    """

    type: ClassVar[str]
    subject: str

    def __init_subclass__(cls) -> None:
        KINDS[cls.type] = cls


KINDS: dict[str, type[Event]] = {}
PUBLISH = insert(events)
AFTERWARDS = frozenset({"leaf", "relayed_at", "position"})
"""What a row gets when its leaf is known: all but these are in the leaf."""
LEAF = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


async def publish(
    tx: Transaction,
    event: Event,
    *,
    before: Row[Any] | None = None,
    after: Row[Any] | None = None,
) -> str:
    """Tell others, and the audit log, in this transaction. Returns the event's id."""
    salt = secrets.token_hex(16)
    entry: dict[str, Any] = {
        "id": ids.new("evt"),
        "type": event.type,
        "subject": event.subject,
        "data": _plain(asdict(event)),
        "client": tx.principal.client,
        "actor": tx.principal.actor,
        "request_id": tx.request_id,
        "occurred_at": tx.now,
        "salt": salt,
        "before": commitment(salt, before),
        "after": commitment(salt, after),
    }
    entry["leaf"] = leaf(tx.principal.tenant, entry)
    await tx.execute(PUBLISH, entry)
    tx.published += 1
    return entry["id"]


def revived(kind: str, data: Mapping[str, Any]) -> Event | None:
    """The event a row holds, or None where this version of the code does not know its type."""
    cls = KINDS.get(kind)
    if cls is None:
        return None
    return cls(**{f.name: _revive(f.type, data[f.name]) for f in fields(cls) if f.name in data})


def commitment(salt: str, row: Row[Any] | None) -> str | None:
    """A digest of a row's values that reveals nothing without them: SHA-256(salt ‖ canonical JSON)."""
    if row is None:
        return None
    return hashlib.sha256(salt.encode() + canonical(dict(row._mapping))).hexdigest()


def leaf(tenant: str, entry: Mapping[str, Any]) -> str:
    """The leaf hash of RFC 9162 section 2.1.1 over all that never changes in the row, in hexadecimal."""
    body = {str(k): _cell(v) for k, v in entry.items() if k not in AFTERWARDS}
    return leaf_of(body | {"organization_id": tenant}).hex()


def leaf_of(body: Mapping[str, Any]) -> bytes:
    """The same for just what is in the leaf, where instants are in UTC, as every row gives them."""
    return hashlib.sha256(b"\x00" + orjson.dumps(body, option=LEAF)).digest()


def canonical(values: Mapping[str, Any]) -> bytes:
    """JSON in one form only: keys sorted, no spaces, instants as the wire shows them."""
    return orjson.dumps(_plain(values), option=orjson.OPT_SORT_KEYS)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    # str(): a row's keys are SQLAlchemy's own kind of string, which orjson does not take.
    return {str(k): _cell(v) for k, v in values.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return iso(value) if isinstance(value, datetime) else value


def _revive(kind: Any, value: Any) -> Any:
    is_instant = kind is datetime or datetime in get_args(kind)
    return datetime.fromisoformat(value) if is_instant and value is not None else value
