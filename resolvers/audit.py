"""The tamper-evident log in the graph: what happened in an organization, and proof that nobody rewrote it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import bindparam, select

from barberpro.graph.choices import at_least, below, filtering, is_in, ordering
from barberpro.graph.context import Context
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import Connection, batched, computed, page
from barberpro.graph.scopes import ORGANIZATION_WIDE, needs
from barberpro.graph.types import Node, Query, entity, extends, value
from barberpro.platform.audit.checkpoints import Head
from barberpro.platform.audit.proofs import encoded, newest, proved
from barberpro.platform.audit.tree import Tree
from barberpro.platform.events import canonical, events

READ = needs("audit:read") & ORGANIZATION_WIDE
"""Events belong to no location, so who is limited to some sees none of them."""


def _facts(data: dict[str, Any]) -> str:
    """Its facts, as JSON with sorted keys and without blanks: ids, codes, instants and numbers, no personal data."""
    return canonical(data).decode()


@entity(events, scope=READ)
class AuditEvent(Node):
    """Something that happened. Its leaf in the log commits to all of these, and can be worked out from them."""

    type: str
    """What happened, in the past tense, as in `booking.made`."""
    occurred_at: datetime
    """When."""
    actor: strawberry.ID
    """The user, or else the client, who did it."""
    client: strawberry.ID
    """The client it was done with."""
    subject: strawberry.ID
    """What it happened to."""
    request_id: str
    """The request that it was part of."""
    data: str = computed("data", fn=_facts)
    salt: str
    """What makes its hashes unlike those of equal events."""
    before: str | None
    """SHA-256, in hexadecimal, of the salt and the row before; null where there was none, or none was told."""
    after: str | None
    """The same of the row after."""
    leaf: str
    """The hash of its leaf in the log, in hexadecimal (RFC 9162 section 2.1.1)."""


AuditEventOrder = ordering(
    "AuditEvent", {"OCCURRED_AT": "When it happened."}, OCCURRED_AT=events.c.occurred_at
)


@filtering
class AuditEventFilter:
    """Which events. All of what is given must hold."""

    type: list[str] | None = is_in(events.c.type)
    """Of one of these types."""
    actor: list[strawberry.ID] | None = is_in(events.c.actor)
    """Done by one of these users or clients."""
    subject: list[strawberry.ID] | None = is_in(events.c.subject)
    """That happened to one of these."""
    occurred_from: datetime | None = at_least(events.c.occurred_at)
    """That happened then or later."""
    occurred_before: datetime | None = below(events.c.occurred_at)
    """That happened before then."""


@value
class AuditHead:
    """The log of the whole installation as it stood when it was signed."""

    size: int
    """How many leaves it had."""
    root: str
    """The hash over all of them, in base64."""
    note: str
    """The signed head: a checkpoint of the C2SP tlog-checkpoint specification, signed with Ed25519."""


@value
class AuditProof:
    """Proof that an event is in the log (RFC 9162 section 2.1.3)."""

    position: int
    """The place of its leaf, counted from 0."""
    leaf: str
    """The leaf's hash, in base64."""
    path: list[str]
    """The hashes that lead from the leaf to the head's root, in base64, from the leaf upwards."""
    head: AuditHead
    """The head it leads to."""


@value
class AuditConsistency:
    """Proof that the log has only grown (RFC 9162 section 2.1.4)."""

    from_size: int
    """How many leaves the log had."""
    to_size: int
    """How many it had later."""
    from_root: str
    """The hash over the first, in base64."""
    to_root: str
    """The hash over all, in base64."""
    path: list[str]
    """The hashes that lead from the one to the other, in base64."""


MINE = select(events.c.position).where(events.c.id == bindparam("event"))
EventId = Annotated[strawberry.ID, strawberry.argument(description="The event's id.")]
From = Annotated[
    int, strawberry.argument(name="from", description="How many leaves the log had: 1 or more.")
]
To = Annotated[
    int | None,
    strawberry.argument(description="How many it had later; those of the newest head by default."),
]


async def audit_head(parents: Sequence[Any], context: Context) -> list[Any]:
    """The newest signed head of the log; null as long as nothing was signed."""
    head = await _newest(context)
    return [head and _shown(head) for _ in parents]


async def audit_proof(parents: Sequence[Any], context: Context, event_id: EventId) -> list[Any]:
    """Proof that an event is in the log; null where there is no such event, or no head covers it yet."""
    placed = await context.rows(MINE, {"event": event_id})
    head = await _newest(context)
    position = placed[0].position if placed else None
    if head is None or position is None or position >= head.size:
        return [None for _ in parents]
    found = await proved(context.rows, position, head)
    proof = AuditProof(position=position, leaf=found["leaf"], path=found["path"], head=_shown(head))
    return [proof for _ in parents]


async def audit_consistency(
    parents: Sequence[Any], context: Context, from_: From, to: To = None
) -> list[Any]:
    """Proof that the log goes on from what it was; null as long as nothing was signed."""
    head = await _newest(context)
    if head is None:
        return [None for _ in parents]
    later = head.size if to is None else to
    if not 1 <= from_ <= later <= head.size:
        raise BadInput(
            f"`auditConsistency` needs 1 ≤ from ≤ to ≤ {head.size}, the newest head's size."
        )
    tree = Tree(context.rows)
    shown = AuditConsistency(
        from_size=from_,
        to_size=later,
        from_root=encoded(await tree.root(from_)),
        to_root=encoded(await tree.root(later)),
        path=[encoded(one) for one in await tree.consistency(from_, later)],
    )
    return [shown for _ in parents]


async def _newest(context: Context) -> Head | None:
    return None if context.audit_key is None else await newest(context.rows, context.audit_key)


def _shown(head: Any) -> AuditHead:
    return AuditHead(size=head.size, root=encoded(head.root), note=head.note)


@extends(Query)
class AuditQueries:
    audit_events: Connection[AuditEvent] = page(
        events, ordering=AuditEventOrder, filter=AuditEventFilter, scope=READ
    )
    """What happened in the organization."""
    audit_head: AuditHead | None = batched(audit_head, cost=1, scope=READ)
    audit_proof: AuditProof | None = batched(audit_proof, cost=8, scope=READ)
    audit_consistency: AuditConsistency | None = batched(audit_consistency, cost=16, scope=READ)
