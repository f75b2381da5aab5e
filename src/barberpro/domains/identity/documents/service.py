"""What can be done with the documents that clients are registered with.

A document belongs to one client. It is published, and can be called once it was approved; what was rejected or revoked
may be published again. Who may review (`documents:review`, for the whole organization) does all of it for any client of
the organization; others publish and revoke for their own client alone.

What is called by its id is read by the processes that answer, which keep it for a while: approving and revoking marks
the transaction, so that whoever commits it announces it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish as tell
from barberpro.platform.principal import Principal

from .. import clients
from .errors import (
    DocumentClientNotFound,
    DocumentIdTaken,
    DocumentIdWrong,
    DocumentNotActive,
    DocumentNotFound,
    DocumentNotPending,
    DocumentTooLong,
    TooManyDocuments,
)
from .events import DocumentApproved, DocumentPublished, DocumentRejected, DocumentRevoked
from .identifiers import Identifier, of, read
from .tables import DIGESTS, documents

REVIEW = "documents:review"
MOST = 1_000
"""Documents of a client that can be called or wait."""
MOST_PENDING = 100
"""Of those, how many may wait: what is stored without anyone of the organization looking at it."""
LONGEST = 100_000  # bytes

c = documents.c
LIVE = ("PENDING", "ACTIVE")
ONE = select(documents).where(c.id == bindparam("wanted"))
SAME = select(documents).where(c.client_id == bindparam("of_client"))
COUNT = (
    select(c.status, func.count().label("many"))
    .where(c.client_id == bindparam("of_client"), c.status.in_(LIVE))
    .group_by(c.status)
)
LATEST = SAME.order_by(c.published_at.desc(), c.id.desc()).limit(bindparam("most"))
MAKE = insert(documents).returning(documents)
CHANGE = update(documents).where(c.id == bindparam("wanted")).returning(documents)
CALLED = {
    digest: select(c.id, c.sha256, c.name, c.text).where(
        c.client_id == bindparam("of_client"),
        c[digest] == bindparam("digest"),
        c.status == "ACTIVE",
    )
    for digest in DIGESTS
}


@dataclass(frozen=True)
class Checked:
    """What a document asks for, as it was found against the schema."""

    name: str
    scopes: Sequence[str]
    cost: int


Check = Callable[[str, Row[Any]], Checked]
"""Holds a text against the schema and its client's row. DocumentUnfit where it fails either."""


async def publish(
    tx: Transaction, *, client: str, text: str, check: Check, known_as: str | None = None
) -> Row[Any]:
    """A client's document, which waits for its review; one that waits or is in use already stays as it is.

    `known_as` is what a manifest calls it, a digest of the text: it can be called by that too.
    """
    of_client = await _client(tx, client)
    if len(text.encode()) > LONGEST:
        raise DocumentTooLong(LONGEST)
    names = _names(text, known_as)
    checked = check(text, of_client)
    before = await _same(tx, client, names["sha256"])
    taken = {name: digest for name, digest in names.items() if name != "sha256"}
    for name, digest in taken.items():
        other = await tx.row(SAME.where(c[name] == digest), {"of_client": client})
        if other is not None and (before is None or other.id != before.id):
            raise DocumentIdTaken(f"{name}:{digest}")
    if before is not None and before.status in LIVE:
        return before if _has(before, taken) else await _renamed(tx, before, taken)
    await _check_room(tx, client)
    values = {
        **names,
        "status": "PENDING",
        "name": checked.name,
        "scopes": list(checked.scopes),
        "cost": checked.cost,
        "published_by": tx.principal.actor,
        "published_at": tx.now,
        "reviewed_by": None,
        "reviewed_at": None,
    }
    if before is None:
        made = {"id": ids.new("doc"), "client_id": client, "text": text, **values}
        after = await tx.row(MAKE, made)
    else:
        after = await tx.row(CHANGE.values(**values), {"wanted": before.id})
    return await _told(tx, DocumentPublished, before, after, name=checked.name)


async def approve(tx: Transaction, document: str, *, check: Check) -> Row[Any]:
    """Let a document be called that waits, where it still fits: within a second, by every process."""
    before = await _own(tx, document)
    if before.status != "PENDING":
        raise DocumentNotPending(document)
    checked = check(before.text, await _client(tx, before.client_id))
    values = {"scopes": list(checked.scopes), "cost": checked.cost}
    after = await _reviewed(tx, before, "ACTIVE", **values)
    tx.revoked = True
    return await _told(tx, DocumentApproved, before, after)


async def reject(tx: Transaction, document: str) -> Row[Any]:
    """Keep a document from being called that waits."""
    before = await _own(tx, document)
    if before.status != "PENDING":
        raise DocumentNotPending(document)
    after = await _reviewed(tx, before, "REJECTED")
    return await _told(tx, DocumentRejected, before, after)


async def revoke(tx: Transaction, document: str) -> Row[Any]:
    """Let a document no longer be called, within five seconds; one that was revoked stays so."""
    before = await _own(tx, document)
    if before.status == "REVOKED":
        return before
    if before.status != "ACTIVE":
        raise DocumentNotActive(document)
    after = await tx.row(CHANGE, {"wanted": document, "status": "REVOKED"})
    tx.revoked = True
    return await _told(tx, DocumentRevoked, before, after)


def called(identifier: Identifier) -> Select[Any, Any, Any, Any]:
    """The document that a client (`of_client`) may call by a digest (`digest`) made in this way."""
    return CALLED[identifier.algorithm]


def latest() -> Select[*tuple[Any, ...]]:
    """A client's (`of_client`) documents, whatever became of them: the newest, so many at `most`."""
    return LATEST


def _names(text: str, known_as: str | None) -> dict[str, str]:
    """What it is called by: its SHA-256, and the digest that it came with. DocumentIdWrong where that is none."""
    own = of(text)
    if known_as is None:
        return {own.algorithm: own.digest}
    given = read(known_as)
    if given is None or given != of(text, given.algorithm):
        raise DocumentIdWrong(known_as[:100])
    return {own.algorithm: own.digest, given.algorithm: given.digest}


def _has(row: Row[Any], names: dict[str, str]) -> bool:
    return all(getattr(row, name) == digest for name, digest in names.items())


async def _renamed(tx: Transaction, before: Row[Any], names: dict[str, str]) -> Row[Any]:
    """The same document, called by one more name."""
    after = await tx.row(CHANGE.values(**names), {"wanted": before.id})
    tx.revoked = before.status == "ACTIVE"
    return await _told(tx, DocumentPublished, before, after, name=before.name)


async def _client(tx: Transaction, client: str) -> Row[Any]:
    """This tenant's client that the caller may publish for."""
    # Locked, so that of two publications at once the second finds what the first one made.
    found = await tx.row(clients.standing(client).with_for_update())
    if found is None or found.organization_id != tx.principal.tenant or not found.is_active:
        raise DocumentClientNotFound(client)
    if not _answers_for(tx.principal, client):
        raise DocumentClientNotFound(client)
    return found


async def _own(tx: Transaction, document: str) -> Row[Any]:
    """A document by its id, of a client that the caller answers for."""
    found = await tx.row(ONE, {"wanted": document})
    if found is None or not _answers_for(tx.principal, found.client_id):
        raise DocumentNotFound(document)
    return found


def _answers_for(caller: Principal, client: str) -> bool:
    return caller.client == client or _may_review(caller)


def _may_review(caller: Principal) -> bool:
    """Whether the documents of all clients of the organization are this caller's to see and to decide on."""
    return REVIEW in caller.scopes and caller.locations is None


async def _same(tx: Transaction, client: str, sha256: str) -> Row[Any] | None:
    return await tx.row(SAME.where(c.sha256 == sha256), {"of_client": client})


async def _check_room(tx: Transaction, client: str) -> None:
    counts = {row.status: row.many for row in await tx.rows(COUNT, {"of_client": client})}
    if sum(counts.values()) >= MOST or counts.get("PENDING", 0) >= MOST_PENDING:
        raise TooManyDocuments(MOST, MOST_PENDING)


async def _reviewed(tx: Transaction, before: Row[Any], status: str, **values: Any) -> Row[Any]:
    review = {"status": status, "reviewed_by": tx.principal.actor, "reviewed_at": tx.now}
    after = await tx.row(CHANGE.values(**review, **values), {"wanted": before.id})
    assert after is not None, "the document was there a moment ago"  # noqa: S101
    return after


async def _told(
    tx: Transaction, kind: Any, before: Row[Any] | None, after: Row[Any] | None, **facts: Any
) -> Row[Any]:
    assert after is not None, "RETURNING gives the row"  # noqa: S101
    event = kind(subject=after.id, client=after.client_id, sha256=after.sha256, **facts)
    await tell(tx, event, before=before, after=after)
    return after
