"""The documents that clients are registered with: published, reviewed, revoked; and who is held to them."""

import enum
from datetime import datetime
from typing import Any, cast

import strawberry
from sqlalchemy import Row

from barberpro.domains.identity import clients
from barberpro.domains.identity.documents import service, tables
from barberpro.domains.identity.documents.errors import (
    DocumentClientNotFound,
    DocumentIdTaken,
    DocumentIdWrong,
    DocumentNotActive,
    DocumentNotFound,
    DocumentNotPending,
    DocumentTooLong,
    DocumentUnfit,
    TooManyDocuments,
)
from barberpro.domains.identity.errors import ClientNotFound
from barberpro.graph.choices import equals, filtering, is_in, ordering
from barberpro.graph.context import Context
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import Connection, batched, computed, page
from barberpro.graph.mutations import mutation
from barberpro.graph.publishing import against
from barberpro.graph.scopes import ORGANIZATION_WIDE, needs
from barberpro.graph.types import (
    Mutation,
    Node,
    Query,
    entity,
    enumeration,
    extends,
    input_type,
    value,
)
from barberpro.platform.doors import Transaction
from barberpro.platform.principal import DocumentMode

REVIEW = needs(service.REVIEW) & ORGANIZATION_WIDE
"""Who decides for every client of the organization, and so sees what each of them asks."""
MOST_OWN = 1_000


@enumeration
class DocumentStatus(enum.Enum):
    """What became of a document."""

    PENDING = "PENDING"
    """It was published and waits for a review."""
    ACTIVE = "ACTIVE"
    """Its client may call it by its id."""
    REJECTED = "REJECTED"
    """It was reviewed and may not be called. It can be published again."""
    REVOKED = "REVOKED"
    """It may not be called any more. It can be published again."""


def document_id(sha256: str) -> str:
    """What it is called by: `sha256:` and the SHA-256 of its text."""
    return f"sha256:{sha256}"


def aliases(sha1: str | None, md5: str | None) -> list[str]:
    """What else it is called by, as it was in a manifest: `sha1:…` or `md5:…`, a digest of its text too."""
    named = {"sha1": sha1, "md5": md5}
    return [f"{name}:{digest}" for name, digest in named.items() if digest is not None]


@entity(tables.documents, scope="documents:read", found=REVIEW)
class Document(Node):
    """An operation that is registered for a client, to be called by its id."""

    client_id: strawberry.ID
    """The client that it belongs to."""
    name: str
    """The name of its operation."""
    text: str
    """The document, byte by byte as it was published."""
    document_id: str = computed("sha256", fn=document_id)
    aliases: list[str] = computed("sha1", "md5", fn=aliases)
    status: DocumentStatus
    """Whether it can be called."""
    scopes: list[str]
    """What a caller needs for it: all of these. Where one of several will do, they stand together with `|`."""
    cost: int
    """What one call cost at most by the defaults of its variables, when it was published or approved last."""
    published_by: strawberry.ID
    """The user, or else the client, who published it last."""
    published_at: datetime
    """When it was published last."""
    reviewed_by: strawberry.ID | None
    """Who approved or rejected it since; null where nobody has."""
    reviewed_at: datetime | None
    """When it was approved or rejected."""


DocumentOrder = ordering(
    "Document",
    {"PUBLISHED_AT": "By when it was published last."},
    PUBLISHED_AT=tables.documents.c.published_at,
)


@filtering
class DocumentFilter:
    """Which documents. All of what is given must hold."""

    client_id: strawberry.ID | None = equals(tables.documents.c.client_id)
    """Those of this client."""
    status: list[DocumentStatus] | None = is_in(tables.documents.c.status)
    """Those of which this became."""


@entity(tables.unregistered, scope=REVIEW)
class UnregisteredDocument(Node):
    """A document that a client sent as text while it was in the mode `LOG`: what would be refused in `LOCKED`."""

    client_id: strawberry.ID
    """The client that sent it."""
    name: str | None
    """The name of the operation that ran, if it has one."""
    text: str
    """The document. Values that its author wrote into it stand there too."""
    document_id: str = computed("sha256", fn=document_id)
    times: int
    """How often it was sent, give or take the last ten seconds."""
    first_seen_at: datetime
    """When it was sent first."""
    last_seen_at: datetime
    """When it was sent last."""


UnregisteredDocumentOrder = ordering(
    "UnregisteredDocument",
    {"LAST_SEEN_AT": "By when it was sent last."},
    LAST_SEEN_AT=tables.unregistered.c.last_seen_at,
)


@filtering
class UnregisteredDocumentFilter:
    """Which documents."""

    client_id: strawberry.ID | None = equals(tables.unregistered.c.client_id)
    """Those of this client."""


@enumeration
class ClientMode(enum.Enum):
    """Which documents a client may call."""

    OPEN = "open"
    """Any."""
    LOG = "log"
    """Any; those that are not registered are counted, to be seen in `unregisteredDocuments`."""
    LOCKED = "locked"
    """Those that are registered for it."""


@value
class ClientDocumentMode:
    """Which documents a client may call."""

    client_id: strawberry.ID
    """The client."""
    name: str
    """Its name."""
    mode: ClientMode
    """Which documents it may call."""


async def own_documents(parents: Any, context: Context, first: int = 100) -> list[list[Document]]:
    """The documents of the client that asks, the newest first; 1,000 at most."""
    if not 0 <= first <= MOST_OWN:
        raise BadInput(f"`ownDocuments(first:)` must be from 0 to {MOST_OWN}; it is {first}.")
    wanted = {"of_client": context.principal.client, "most": first}
    rows = await context.rows(service.latest(), wanted)
    return [cast("list[Document]", rows) for _ in parents]


async def modes(parents: Any, context: Context) -> list[list[ClientDocumentMode]]:
    """Which documents each of the organization's clients may call, by its name."""
    rows = await context.rows(clients.of_tenant(context.principal.tenant))
    return [[_mode(row) for row in rows] for _ in parents]


def _mode(client: Row[Any]) -> ClientDocumentMode:
    mode = ClientMode(client.document_mode)
    return ClientDocumentMode(client_id=client.id, name=client.name, mode=mode)  # type: ignore[call-arg]


@extends(Query)
class DocumentQueries:
    documents: Connection[Document] = page(
        tables.documents,
        ordering=DocumentOrder,
        filter=DocumentFilter,
        scope=REVIEW & needs("documents:read"),
    )
    """The documents of all of the organization's clients, whatever became of them."""
    own_documents: list[Document] = batched(own_documents, cost=1, scope="documents:read")
    unregistered_documents: Connection[UnregisteredDocument] = page(
        tables.unregistered,
        ordering=UnregisteredDocumentOrder,
        filter=UnregisteredDocumentFilter,
        scope=REVIEW,
    )
    """What clients in the mode `LOG` sent as text."""
    client_document_modes: list[ClientDocumentMode] = batched(modes, cost=1, size=20, scope=REVIEW)


@input_type
class DocumentPublishInput:
    """A document to be registered."""

    text: str
    """One operation with a name, and its fragments: at most 100,000 bytes."""
    known_as: str | None = None
    """What a tool calls it, if that is not the SHA-256 of the text: its SHA-1 or MD5, in small hexadecimal digits."""
    client_id: strawberry.ID | None = None
    """For which client; without it for your own, which is all that you may publish for without `documents:review`."""


@input_type
class DocumentApproveInput:
    """A document that may be called."""

    document_id: strawberry.ID
    """Which document, by its `id`."""


@input_type
class DocumentRejectInput:
    """A document that may not be called."""

    document_id: strawberry.ID
    """Which document, by its `id`."""


@input_type
class DocumentRevokeInput:
    """A document that may not be called any more."""

    document_id: strawberry.ID
    """Which document, by its `id`."""


@input_type
class ClientSetDocumentModeInput:
    """Which documents a client may call from now on."""

    client_id: strawberry.ID
    """Which client."""
    mode: ClientMode
    """Which documents."""


@mutation(
    Document,
    raises={
        DocumentClientNotFound: "clientId",
        DocumentTooLong: "text",
        DocumentUnfit: "text",
        DocumentIdWrong: "knownAs",
        DocumentIdTaken: "knownAs",
        TooManyDocuments: "clientId",
    },
    scope="documents:write",
)
async def document_publish(
    tx: Transaction, input: DocumentPublishInput, context: Context
) -> Row[Any]:
    """Publish a document, which waits for a review; one that waits or is in use already stays as it is. It must fit the
    schema, its client's scopes and the limits on one operation."""
    return await service.publish(
        tx,
        client=input.client_id or tx.principal.client,
        text=input.text,
        check=against(context.schema),
        known_as=input.known_as or None,
    )


@mutation(
    Document,
    raises={
        DocumentNotFound: "documentId",
        DocumentNotPending: "documentId",
        DocumentUnfit: "documentId",
        DocumentClientNotFound: "documentId",
    },
    scope=REVIEW,
)
async def document_approve(
    tx: Transaction, input: DocumentApproveInput, context: Context
) -> Row[Any]:
    """Let a document be called, within a second. It is checked once more."""
    return await service.approve(tx, input.document_id, check=against(context.schema))


@mutation(
    Document,
    raises={DocumentNotFound: "documentId", DocumentNotPending: "documentId"},
    scope=REVIEW,
)
async def document_reject(tx: Transaction, input: DocumentRejectInput) -> Row[Any]:
    """Keep a document from being called that waits for a review."""
    return await service.reject(tx, input.document_id)


@mutation(
    Document,
    raises={DocumentNotFound: "documentId", DocumentNotActive: "documentId"},
    scope="documents:write",
)
async def document_revoke(tx: Transaction, input: DocumentRevokeInput) -> Row[Any]:
    """Let a document no longer be called, within five seconds: your own client's, or with `documents:review` any."""
    return await service.revoke(tx, input.document_id)


@mutation(ClientDocumentMode, raises={ClientNotFound: "clientId"}, scope=REVIEW)
async def client_set_document_mode(
    tx: Transaction, input: ClientSetDocumentModeInput
) -> ClientDocumentMode:
    """Say which documents a client may call: felt within five seconds."""
    mode = cast("DocumentMode", input.mode.value)
    return _mode(await clients.set_document_mode(tx, input.client_id, mode))


@extends(Mutation)
class DocumentMutations:
    document_publish = document_publish
    document_approve = document_approve
    document_reject = document_reject
    document_revoke = document_revoke
    client_set_document_mode = client_set_document_mode
