"""The OAuth clients that speak for an organization: made, suspended, and told from impostors.

A secret is 256 random bits, so its plain SHA-256 is safe to store: there is nothing to guess, and
a slow hash would only be a way to tire us. Its form lets scanners find a leaked one: a prefix,
43 digits, and six more of their CRC-32.
"""

import hashlib
import re
import secrets
import zlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, Select, Update, select, update
from sqlalchemy.dialects import postgresql, sqlite

from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from .errors import (
    ClientLocationsInvalid,
    ClientNameInvalid,
    ClientNameTaken,
    ClientNotFound,
    ClientScopesInvalid,
)
from .events import ClientRegistered, ClientSecretRotated, ClientSuspended
from .tables import clients

NAME = re.compile(r"[a-z][a-z0-9-]{1,63}")
SCOPE = re.compile(r"(?=.{3,40}$)[a-z][a-z-]*:[a-z][a-z-]*")
# With these the largest token stays below the 8 KiB that `identify` takes.
MOST_SCOPES = 50
MOST_LOCATIONS = 100

SECRET_PREFIX = "bps_"  # noqa: S105 - says what follows, is none itself
SECRET_FORM = re.compile(r"\bbps_[0-9A-Za-z]{49}\b")
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NOBODY = secrets.token_bytes(hashlib.sha256().digest_size)  # what no secret hashes to

OURS = "names are unique in the installation, and a client is known before its tenant is"
PUBLIC = [column for column in clients.c if column is not clients.c.secret_hash]


async def register_client(
    tx: Transaction,
    *,
    name: str,
    scopes: Collection[str],
    locations: Collection[str] | None = None,
    registered_only: bool = False,
) -> tuple[Row[Any], str]:
    """A new client of this tenant, and its secret, which is not to be had again.

    With `locations` it sees only those shops; `registered_only` lets it run only the operations
    registered for it.
    """
    if not NAME.fullmatch(name):
        raise ClientNameInvalid(name)
    allowed = _checked_scopes(scopes)
    limits = None if locations is None else _checked_locations(locations)
    secret = new_secret()
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = (
        insert(clients)
        .values(
            id=ids.new("cli"),
            organization_id=tx.principal.tenant,
            name=name,
            secret_hash=_digest(secret),
            scopes=allowed,
            locations=limits,
            registered_only=registered_only,
            is_active=True,
            created_at=tx.now,
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
        registered_only=registered_only,
    )
    await publish(tx, event, after=made)
    return made, secret


async def suspend_client(tx: Transaction, client: str) -> Row[Any]:
    """Stop a client: no new tokens from now on, and those in use fail within seconds."""
    before = await _own(tx, client)
    if not before.is_active:
        return before
    after = await _change(tx, client, is_active=False)
    await publish(tx, ClientSuspended(subject=client), before=before, after=after)
    return after


async def rotate_secret(tx: Transaction, client: str) -> tuple[Row[Any], str]:
    """Give a client a new secret; the one before is void at once. Tokens in use live on."""
    await _own(tx, client)
    secret = new_secret()
    row = await _change(tx, client, secret_hash=_digest(secret))
    await publish(tx, ClientSecretRotated(subject=client))
    return row, secret


def standing(client: str) -> Select[Any]:
    """What a client may do now: its row, whatever its tenant, without the secret's hash."""
    return across_tenants(select(*PUBLIC).where(clients.c.id == client), OURS)


def credentials(client: str) -> Select[Any]:
    """A client's row with the secret's hash, for `is_authentic`."""
    return across_tenants(select(clients).where(clients.c.id == client), OURS)


def is_authentic(client: Row[Any] | None, secret: str) -> bool:
    """Whether this is the client's secret; takes as long where there is no such client."""
    expected = NOBODY if client is None else client.secret_hash
    return secrets.compare_digest(_digest(secret), expected)


def new_secret() -> str:
    """`bps_`, 256 random bits and their checksum, in base 62."""
    body = SECRET_PREFIX + _base62(secrets.randbits(256), 43)
    return body + _base62(zlib.crc32(body.encode()), 6)


def _base62(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, digit = divmod(number, 62)
        text = BASE62[digit] + text
    return text


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _checked_scopes(scopes: Collection[str]) -> list[str]:
    if not 1 <= len(scopes) <= MOST_SCOPES or not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise ClientScopesInvalid(MOST_SCOPES)
    return sorted(set(scopes))


def _checked_locations(locations: Collection[str]) -> list[str]:
    """Ids of another tenant's shops, or of none, need no refusal: the row rules find none."""
    if not 1 <= len(locations) <= MOST_LOCATIONS or any(
        ids.prefix_of(location) != "loc" for location in locations
    ):
        raise ClientLocationsInvalid(MOST_LOCATIONS)
    return sorted(set(locations))


async def _own(tx: Transaction, client: str) -> Row[Any]:
    """This tenant's client by its id."""
    mine = clients.c.organization_id == tx.principal.tenant
    found = await tx.row(standing(client).where(mine))
    if found is None:
        raise ClientNotFound(client)
    return found


async def _change(tx: Transaction, client: str, **values: Any) -> Row[Any]:
    statement: Update = update(clients).where(clients.c.id == client).values(**values)
    changed = await tx.row(across_tenants(statement.returning(*PUBLIC), OURS))
    assert changed is not None, "the client was there a moment ago"  # noqa: S101
    return changed
