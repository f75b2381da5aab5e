"""The OAuth clients that speak for an organization: made, suspended, and told from impostors.

A secret is 256 random bits, so its plain SHA-256 is safe to store: there is nothing to guess, and
a slow hash would only be a way to tire us.
"""

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, Update, select, update
from sqlalchemy.dialects import postgresql, sqlite

from barberpro.platform import ids, scannable
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import publish
from barberpro.platform.principal import DocumentMode
from barberpro.platform.revocations import revoke as void
from barberpro.platform.sets import among

from .applications import (
    MACHINE,
    Application,
    Authentication,
    checked,
    checked_locations,
    checked_scopes,
)
from .errors import (
    ClientHasNoSecret,
    ClientNameInvalid,
    ClientNameTaken,
    ClientNotFound,
    OverlapInvalid,
)
from .events import (
    ClientModeChanged,
    ClientRegistered,
    ClientSecretRotated,
    ClientSuspended,
    ClientTierChanged,
)
from .grants.families import TOKEN_OUTLIVES
from .tables import clients

NAME = re.compile(r"[a-z][a-z0-9-]{1,63}")
NOBODYS = frozenset({"rest", "public"})
"""Folders of registered documents that belong to no client: a client's folder bears its name."""
SECRET_PREFIX = "bps_"  # noqa: S105 - says what follows, is none itself
MOST_OVERLAP = timedelta(days=30)
AT_ONCE = timedelta(0)
NOBODY = secrets.token_bytes(32)  # what no secret hashes to

OURS = "names are unique in the installation, and a client is known before its tenant is"
HASHES = (clients.c.secret_hash, clients.c.previous_secret_hash, clients.c.registration_hash)
PUBLIC = [column for column in clients.c if column not in set(HASHES)]


async def register_client(
    tx: Transaction,
    *,
    name: str,
    scopes: Collection[str],
    locations: Collection[str] | None = None,
    document_mode: DocumentMode = "open",
) -> tuple[Row[Any], str]:
    """A new client that has a secret and asks in its own name; the secret is not to be had again.

    With `locations` it sees only those shops; in the mode `locked` it runs only the documents
    registered for it.
    """
    made, secret = await register_application(
        tx, name=name, scopes=scopes, locations=locations, document_mode=document_mode
    )
    assert secret is not None, "a client of this kind has one"  # noqa: S101
    return made, secret


async def register_application(
    tx: Transaction,
    *,
    name: str,
    scopes: Collection[str],
    locations: Collection[str] | None = None,
    document_mode: DocumentMode = "open",
    application: Application = MACHINE,
    registration_hash: bytes | None = None,
) -> tuple[Row[Any], str | None]:
    """A new client of any kind, and its secret where that is how it proves who it is.

    `registration_hash` is of the token by which its developer manages the registration, if there is one.
    """
    if not NAME.fullmatch(name) or name in NOBODYS:
        raise ClientNameInvalid(name)
    allowed = checked_scopes(scopes)
    limits = None if locations is None else checked_locations(locations)
    kind = checked(application)
    has_secret = application.authentication is Authentication.BASIC
    secret = scannable.new(SECRET_PREFIX) if has_secret else None
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = (
        insert(clients)
        .values(
            id=ids.new("cli"),
            organization_id=tx.principal.tenant,
            name=name,
            secret_hash=scannable.digest(secret) if secret else None,
            scopes=allowed,
            locations=limits,
            document_mode=document_mode,
            is_active=True,
            created_at=tx.now,
            registration_hash=registration_hash,
            **kind,
        )
        .on_conflict_do_nothing(index_elements=[clients.c.name])
        .returning(*PUBLIC)
    )
    made = await tx.row(across_tenants(statement, OURS))
    if made is None:
        raise ClientNameTaken(name)
    event = ClientRegistered(
        subject=made.id,
        name=name,
        scopes=allowed,
        locations=limits,
        document_mode=document_mode,
        authentication=kind["authentication"],
        grant_types=kind["grant_types"],
        redirect_uris=kind["redirect_uris"],
    )
    await publish(tx, event, after=made)
    return made, secret


async def suspend_client(tx: Transaction, client: str) -> Row[Any]:
    """Stop a client: no new tokens from now on, and those in use fail within seconds."""
    before = await _own(tx, client)
    if not before.is_active:
        return before
    after = await _change(tx, client, is_active=False)
    await void(tx, client, tx.now + TOKEN_OUTLIVES)
    await publish(tx, ClientSuspended(subject=client), before=before, after=after)
    return after


async def set_tier(tx: Transaction, client: str, tier: str) -> Row[Any]:
    """Let a client spend what this tier allows, felt within seconds. Tiers are named in `schema/tiers.toml`."""
    before = await _own(tx, client)
    if before.tier == tier:
        return before
    after = await _change(tx, client, tier=tier)
    await publish(tx, ClientTierChanged(subject=client, tier=tier), before=before, after=after)
    return after


async def set_document_mode(tx: Transaction, client: str, mode: DocumentMode) -> Row[Any]:
    """Hold a client to its registered documents, or no longer: felt within five seconds, or one once announced."""
    before = await _own(tx, client)
    if before.document_mode == mode:
        return before
    after = await _change(tx, client, document_mode=mode)
    tx.revoked = True
    await publish(tx, ClientModeChanged(subject=client, mode=mode), before=before, after=after)
    return after


async def rotate_secret(
    tx: Transaction, client: str, *, overlap: timedelta = AT_ONCE
) -> tuple[Row[Any], str]:
    """Give a client a new secret; the one before is good for `overlap` more, and others are void at once.

    Tokens in use live on.
    """
    if not AT_ONCE <= overlap <= MOST_OVERLAP:
        raise OverlapInvalid(MOST_OVERLAP.days)
    before = await tx.row(credentials(client).where(_mine(tx)))
    if before is None:
        raise ClientNotFound(client)
    if before.secret_hash is None:
        raise ClientHasNoSecret(client)
    secret = scannable.new(SECRET_PREFIX)
    until = tx.now + overlap if overlap else None
    row = await _change(
        tx,
        client,
        secret_hash=scannable.digest(secret),
        previous_secret_hash=before.secret_hash if until else None,
        previous_secret_until=until,
    )
    await publish(tx, ClientSecretRotated(subject=client, previous_until=until))
    return row, secret


def standing(client: str) -> Select[Any]:
    """What a client may do now: its row, whatever its tenant, without the hashes of what it knows."""
    return across_tenants(select(*PUBLIC).where(clients.c.id == client), OURS)


def named(name: str) -> Select[Any]:
    """What the client of this name may do now, whatever its tenant: other issuers know clients by name."""
    return across_tenants(select(*PUBLIC).where(clients.c.name == name), OURS)


def credentials(client: str) -> Select[Any]:
    """A client's row with the hashes of what it knows, for `is_authentic`."""
    return across_tenants(select(clients).where(clients.c.id == client), OURS)


async def find(reader: Reader, client: str) -> Row[Any] | None:
    """`standing` of an id that came from outside, or None where there is no such client."""
    if ids.prefix_of(client) != "cli":
        return None
    rows = await reader.rows(standing(client))
    return rows[0] if rows else None


async def titles(reader: Reader, some: Collection[str]) -> dict[str, str]:
    """What users read of these clients, by their ids: their title, or without one their name."""
    asked = select(clients.c.id, clients.c.title, clients.c.name).where(among(clients.c.id, some))
    rows = await reader.rows(across_tenants(asked, OURS)) if some else []
    return {row.id: row.title or row.name for row in rows}


def of_tenant(tenant: str) -> Select[Any]:
    """An organization's clients by their names, without the hashes of what they know."""
    mine = select(*PUBLIC).where(clients.c.organization_id == tenant).order_by(clients.c.name)
    return across_tenants(mine, OURS)


def is_authentic(client: Row[Any] | None, secret: str, now: datetime) -> bool:
    """Whether this is a secret of the client; takes as long where there is no such client, or none before."""
    given = scannable.digest(secret)
    first = client.secret_hash if client else None
    second = client.previous_secret_hash if client else None
    until = client.previous_secret_until if client else None
    is_first = secrets.compare_digest(given, first or NOBODY)
    is_second = secrets.compare_digest(given, second or NOBODY)
    return is_first or (is_second and until is not None and now < until)


def is_registrant(client: Row[Any] | None, token: str) -> bool:
    """Whether this token manages the client's registration; takes as long where there is no such client."""
    expected = client.registration_hash if client else None
    return secrets.compare_digest(scannable.digest(token), expected or NOBODY)


async def _own(tx: Transaction, client: str) -> Row[Any]:
    """This tenant's client by its id. ClientNotFound where it has none such."""
    found = await tx.row(standing(client).where(_mine(tx)))
    if found is None:
        raise ClientNotFound(client)
    return found


async def _change(tx: Transaction, client: str, **values: Any) -> Row[Any]:
    statement: Update = update(clients).where(clients.c.id == client, _mine(tx)).values(**values)
    changed = await tx.row(across_tenants(statement.returning(*PUBLIC), OURS))
    assert changed is not None, "the client was there a moment ago"  # noqa: S101
    return changed


def _mine(tx: Transaction) -> Any:
    return clients.c.organization_id == tx.principal.tenant
