"""What can be done with the keys that clients call with.

An API key is `bpk_live_<its id>_<secret><checksum>`, where its id goes without the prefix: who finds a leaked one can
name the key to revoke. Its SHA-256 is all that is stored. At most two keys of a line are live: a key has one successor.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, or_, select, update

from barberpro.platform import ids, scannable
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.revocations import revoke as void
from barberpro.platform.sets import among

from .. import clients
from . import rules
from .calling import PREFIX, WHY, is_live
from .errors import KeyClientNotFound, KeyNotFound, KeyOver, TooManyKeys
from .events import KeyMade, KeyReplaced, KeyRevoked
from .tables import key_owners, key_uses, keys

MOST_LIVE = 20  # keys of a client
REMEMBERED = timedelta(minutes=1)  # what a process may hold of a key that is void
OVERLAP = timedelta(hours=24)

c = keys.c
PUBLIC = [column for column in c if column is not c.secret_hash]
OWN = across_tenants(insert(key_owners), WHY)
ONE = select(*PUBLIC).where(c.id == bindparam("wanted"))
LIVE = or_(c.expires_at.is_(None), c.expires_at > bindparam("now"))
COUNT = (
    select(func.count())
    .select_from(keys)
    .where(c.client_id == bindparam("of_client"), c.revoked_at.is_(None), LIVE)
)
SUCCESSOR = select(c.id).where(c.replaces_id == bindparam("wanted"))
MAKE = insert(keys).returning(*PUBLIC)
CHANGE = update(keys).where(c.id == bindparam("wanted")).returning(*PUBLIC)
END = CHANGE.values(expires_at=bindparam("at"))
REVOKE = CHANGE.values(revoked_at=bindparam("at"))


async def make_api_key(
    tx: Transaction,
    *,
    client: str,
    name: str,
    scopes: Collection[str],
    networks: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[Row[Any], str]:
    """A new API key of a client, and its text, which is not to be had again.

    `scopes` are some of those that the client and the caller have; `networks` limit where it works from, in CIDR.
    """
    values = await _checked(tx, client, name, scopes, networks, expires_at)
    return await _make_api_key(tx, values)


async def register_public_key(
    tx: Transaction,
    *,
    client: str,
    name: str,
    public_key: Mapping[str, Any],
    scopes: Collection[str],
    networks: Collection[str] | None = None,
    expires_at: datetime | None = None,
) -> Row[Any]:
    """A public key (a JWK: Ed25519 or P-256) that checks a client's HTTP message signatures."""
    values = await _checked(tx, client, name, scopes, networks, expires_at)
    plain = rules.checked_public_key(public_key)
    return await _make(tx, ids.new("key"), {**values, "kind": "SIGNATURE", "public_key": plain})


async def rotate_api_key(
    tx: Transaction, key: str, *, overlap: timedelta = OVERLAP
) -> tuple[Row[Any], str]:
    """A successor with the same rights and life, and its text; the old key ends after `overlap`.

    Its text is as good as the rights in it: who asks must have them all, as must the client, to this day.
    """
    before = await _own(tx, key)
    until = tx.now + rules.checked_overlap(overlap)
    is_replaced = await tx.row(SUCCESSOR, {"wanted": key}) is not None
    if before.kind != "API" or is_replaced or not is_live(before, tx.now):
        raise KeyOver(key)
    of = await _client(tx, before.client_id)
    rules.checked_scopes(before.scopes, of.scopes, tx.principal.scopes)
    life = before.expires_at and tx.now + (before.expires_at - before.created_at)
    kept = ("client_id", "name", "scopes", "networks")
    values = {name: getattr(before, name) for name in kept}
    made, text = await _make_api_key(tx, {**values, "expires_at": life, "replaces_id": key})
    end = min(until, before.expires_at or until)
    after = await tx.row(END, {"wanted": key, "at": end})
    event = KeyReplaced(subject=key, successor=made.id, expires_at=end)
    await publish(tx, event, before=before, after=after)
    return made, text


async def revoke_key(tx: Transaction, key: str) -> Row[Any]:
    """Void a key of either kind. One that is void already stays so."""
    before = await _own(tx, key)
    if before.revoked_at is not None:
        return before
    after = await tx.row(REVOKE, {"wanted": key, "at": tx.now})
    assert after is not None, "the key was there a moment ago"  # noqa: S101
    await void(tx, key, tx.now + REMEMBERED)
    await publish(tx, KeyRevoked(subject=key, client=before.client_id), before=before, after=after)
    return after


def last_uses(key_ids: Collection[str]) -> Select[Any, Any]:
    """(key_id, last_used_at) of those of these keys that were ever used."""
    return select(key_uses.c.key_id, key_uses.c.last_used_at).where(
        among(key_uses.c.key_id, key_ids)
    )


async def _checked(
    tx: Transaction,
    client: str,
    name: str,
    scopes: Collection[str],
    networks: Collection[str] | None,
    expires_at: datetime | None,
) -> dict[str, Any]:
    of = await _client(tx, client)
    return {
        "client_id": client,
        "name": rules.checked_name(name),
        "scopes": rules.checked_scopes(scopes, of.scopes, tx.principal.scopes),
        "networks": rules.checked_networks(networks),
        "expires_at": rules.checked_expiry(expires_at, tx.now),
    }


async def _client(tx: Transaction, client: str) -> Row[Any]:
    """This tenant's client that may have one key more."""
    of = await tx.row(clients.standing(client))
    if of is None or of.organization_id != tx.principal.tenant or not of.is_active:
        raise KeyClientNotFound(client)
    if not _reaches(tx.principal.locations, of.locations):
        raise KeyClientNotFound(client)  # it would see shops that the caller does not
    counted = await tx.rows(COUNT, {"of_client": client, "now": tx.now})
    if counted[0][0] >= MOST_LIVE:
        raise TooManyKeys(MOST_LIVE)
    return of


def _reaches(caller: frozenset[str] | None, client: list[str] | None) -> bool:
    return caller is None or (client is not None and caller.issuperset(client))


async def _make_api_key(tx: Transaction, values: dict[str, Any]) -> tuple[Row[Any], str]:
    key = ids.new("key")
    text = scannable.new(f"{PREFIX}{key.removeprefix('key_')}_")
    hashed = {"kind": "API", "secret_hash": scannable.digest(text)}
    return await _make(tx, key, {**values, **hashed}), text


async def _make(tx: Transaction, key: str, values: dict[str, Any]) -> Row[Any]:
    await tx.execute(OWN, {"id": key, "organization_id": tx.principal.tenant})
    made = await tx.row(MAKE, {"id": key, "created_at": tx.now, **values})
    assert made is not None, "RETURNING gives the row"  # noqa: S101
    event = KeyMade(
        subject=key,
        kind=made.kind,
        client=made.client_id,
        scopes=made.scopes,
        networks=made.networks,
        expires_at=made.expires_at,
    )
    await publish(tx, event, after=made)
    return made


async def _own(tx: Transaction, key: str) -> Row[Any]:
    """This tenant's key by its id, where the caller reaches all that its client does."""
    found = await tx.row(ONE, {"wanted": key})
    if found is None:
        raise KeyNotFound(key)
    of = await tx.row(clients.standing(found.client_id))
    if of is None or not _reaches(tx.principal.locations, of.locations):
        raise KeyNotFound(key)
    return found
