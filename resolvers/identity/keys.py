"""Keys that clients call with: which there are, and how they are made, replaced and revoked."""

import enum
from datetime import datetime, timedelta
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.identity.keys import service, tables
from barberpro.domains.identity.keys.errors import (
    KeyClientNotFound,
    KeyExpiryInvalid,
    KeyNameInvalid,
    KeyNetworksInvalid,
    KeyNotFound,
    KeyOver,
    KeyOverlapInvalid,
    KeyScopesInvalid,
    PublicKeyInvalid,
    TooManyKeys,
)
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import Connection, batched, page
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.scopes import ORGANIZATION_WIDE, needs
from barberpro.graph.types import Mutation, Node, Query, entity, enumeration, extends, input_type
from barberpro.platform.doors import Transaction

EVERY_KEY = needs("keys:read") & ORGANIZATION_WIDE
"""Who sees some shops may hold keys of clients that see no others, and is not told of the rest."""


@enumeration
class ClientKeyKind(enum.Enum):
    """How a key is used."""

    API = "API"
    """It is sent with each request, as a bearer token."""
    SIGNATURE = "SIGNATURE"
    """It checks the signatures over a client's requests (RFC 9421); only its public half is here."""


async def last_used_at(parents: Any, context: Context) -> list[datetime | None]:
    """When it was last used, to the minute; null where it never was."""
    rows = await context.rows(service.last_uses([parent.id for parent in parents]))
    uses = {row.key_id: row.last_used_at for row in rows}
    return [uses.get(parent.id) for parent in parents]


async def secret(parents: Any, context: Context) -> list[str | None]:
    """The API key itself: shown in the answer to the mutation that made it, and null ever after."""
    return [context.shown_once.get(parent.id) for parent in parents]


@entity(tables.keys, scope="keys:read", found=EVERY_KEY)
class ClientKey(Node):
    """A key that a client calls with instead of a token."""

    kind: ClientKeyKind
    """How it is used."""
    name: str
    """What people call it."""
    client_id: strawberry.ID
    """The client that it speaks for."""
    scopes: list[str]
    """What may be done with it, as far as the client may."""
    networks: list[str] | None
    """From where it works, in CIDR; null is from anywhere."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime | None
    """When it ends; null is never."""
    revoked_at: datetime | None
    """When it was revoked, if it was."""
    replaces_id: strawberry.ID | None
    """The key that it replaces, if any."""
    last_used_at: datetime | None = batched(last_used_at, cost=1)
    secret: str | None = batched(secret, cost=0)


ClientKeyOrder = ordering(
    "ClientKey", {"CREATED_AT": "By when the key was made."}, CREATED_AT=tables.keys.c.created_at
)


@filtering
class ClientKeyFilter:
    """Which keys."""

    client_id: strawberry.ID | None = equals(tables.keys.c.client_id)
    """Those of this client."""
    kind: ClientKeyKind | None = equals(tables.keys.c.kind)
    """Those of this kind."""


@extends(Query)
class ClientKeyQueries:
    client_keys: Connection[ClientKey] = page(
        tables.keys, ordering=ClientKeyOrder, filter=ClientKeyFilter, scope=EVERY_KEY
    )
    """The keys that clients call with, also those that are over."""


@input_type
class ApiKeyCreateInput:
    """An API key to be made."""

    client_id: strawberry.ID
    """For which client."""
    name: str
    """What people call it, in at most 80 characters."""
    scopes: list[str]
    """What may be done with it: scopes that its client and you have."""
    networks: list[str] | None = None
    """From where it works, in CIDR such as 203.0.113.0/24; without it, from anywhere."""
    expires_at: datetime | None = None
    """When it ends, in ten years at the latest; without it, never."""


@input_type
class PublicKeyRegisterInput:
    """A public key that checks a client's signatures: a JWK of Ed25519 (OKP) or P-256 (EC)."""

    client_id: strawberry.ID
    """For which client."""
    name: str
    """What people call it, in at most 80 characters."""
    scopes: list[str]
    """What may be done with it: scopes that its client and you have."""
    kty: str
    """The JWK's kind: OKP or EC."""
    crv: str
    """The JWK's curve: Ed25519 or P-256."""
    x: str
    """The JWK's x, in base64url."""
    y: str | None = None
    """The JWK's y, for P-256."""
    networks: list[str] | None = None
    """From where it works, in CIDR such as 203.0.113.0/24; without it, from anywhere."""
    expires_at: datetime | None = None
    """When it ends, in ten years at the latest; without it, never."""


@input_type
class ApiKeyRotateInput:
    """An API key to be replaced."""

    key_id: strawberry.ID
    """Which key."""
    overlap_hours: int = 24
    """For how many hours the old key works beside the new one, 720 at most."""


@input_type
class ClientKeyRevokeInput:
    """A key that must not work any more."""

    key_id: strawberry.ID
    """Which key."""


MAKING: Foreseen = {
    KeyClientNotFound: "clientId",
    KeyNameInvalid: "name",
    KeyScopesInvalid: "scopes",
    KeyNetworksInvalid: "networks",
    KeyExpiryInvalid: "expiresAt",
    TooManyKeys: "clientId",
}


@mutation(ClientKey, raises=MAKING, scope="keys:write")
async def api_key_create(tx: Transaction, input: ApiKeyCreateInput) -> Row[Any]:
    """Make an API key. Select `secret` to see it: this once."""
    key, text = await service.make_api_key(
        tx,
        client=input.client_id,
        name=input.name,
        scopes=input.scopes,
        networks=input.networks,
        expires_at=input.expires_at,
    )
    tx.shown_once[key.id] = text
    return key


@mutation(ClientKey, raises={**MAKING, PublicKeyInvalid: "x"}, scope="keys:write")
async def public_key_register(tx: Transaction, input: PublicKeyRegisterInput) -> Row[Any]:
    """Register a public key; its id is the `keyid` of signatures that it checks."""
    members = {"kty": input.kty, "crv": input.crv, "x": input.x, "y": input.y}
    return await service.register_public_key(
        tx,
        client=input.client_id,
        name=input.name,
        public_key={name: value for name, value in members.items() if value is not None},
        scopes=input.scopes,
        networks=input.networks,
        expires_at=input.expires_at,
    )


@mutation(
    ClientKey,
    raises={
        KeyNotFound: "keyId",
        KeyOver: "keyId",
        KeyOverlapInvalid: "overlapHours",
        KeyClientNotFound: "keyId",
        KeyScopesInvalid: "keyId",
        TooManyKeys: "keyId",
    },
    scope="keys:write",
)
async def api_key_rotate(tx: Transaction, input: ApiKeyRotateInput) -> Row[Any]:
    """Replace an API key by a new one with the same rights, all of which you and its client must have. Select
    `secret` to see it: this once."""
    overlap = timedelta(hours=input.overlap_hours)
    key, text = await service.rotate_api_key(tx, input.key_id, overlap=overlap)
    tx.shown_once[key.id] = text
    return key


@mutation(ClientKey, raises={KeyNotFound: "keyId"}, scope="keys:write")
async def client_key_revoke(tx: Transaction, input: ClientKeyRevokeInput) -> Row[Any]:
    """Revoke a key of either kind. It stops working within five seconds."""
    return await service.revoke_key(tx, input.key_id)


@extends(Mutation)
class ClientKeyMutations:
    api_key_create = api_key_create
    api_key_rotate = api_key_rotate
    public_key_register = public_key_register
    client_key_revoke = client_key_revoke
