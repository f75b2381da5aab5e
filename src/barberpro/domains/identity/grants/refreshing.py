"""Refresh tokens: each is good once and has one successor; a second use ends the whole family.

The successor's text is an HMAC of its predecessor's under a key of the installation. So an answer that was lost on
the way can be given again, to whoever asks with the same token within `GRACE`, without the text being stored
anywhere. That lasts only until the successor is used: who has it needs no second answer.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from joserfc.util import urlsafe_b64encode
from sqlalchemy import Row, bindparam, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from . import families
from .codes import digest
from .events import GrantUsed
from .families import Why
from .tables import grants, refresh_tokens

PREFIX = "bpr_"
TOKEN_BYTES = 32
IDLE = timedelta(days=30)
"""How long a token waits for its use."""
GRACE = timedelta(seconds=10)

c = refresh_tokens.c
MAKE = insert(refresh_tokens)
FIND = (
    select(
        c.id,
        c.grant_id,
        c.expires_at,
        c.used_at,
        grants.c.jkt,
        grants.c.scopes,
        grants.c.user_id,
        grants.c.revoked_at,
        grants.c.expires_at.label("grant_expires_at"),
    )
    .join(grants, grants.c.id == c.grant_id)
    .where(c.token_hash == bindparam("digest"), grants.c.client_id == bindparam("of_client"))
)
# The one statement that decides who renews: of many at once, one finds the token unused.
USE = (
    update(refresh_tokens)
    .where(c.id == bindparam("wanted"), c.used_at.is_(None))
    .values(used_at=bindparam("at"))
    .returning(c.id)
)


async def begin(tx: Transaction, grant: Row[Any]) -> str:
    """The first refresh token of a grant."""
    return await _keep(tx, grant.id, grant.expires_at, _fresh())


async def renew(
    tx: Transaction, token: str, *, client: str, jkt: str | None, key: bytes
) -> tuple[Row[Any], str] | Why:
    """The grant behind a refresh token, and the token's successor; or why there is none.

    `key` makes successors: 32 bytes that all processes share. `jkt` is the DPoP key shown with the request.
    """
    values = {"digest": digest(token), "of_client": client}
    found = await tx.row(FIND, values)
    why = _refused(found, tx.now, jkt)
    if found is None or why is not None:
        return why or Why.UNKNOWN
    successor = _successor(token, key)
    if await tx.row(USE, {"wanted": found.id, "at": tx.now}) is not None:
        await _keep(tx, found.grant_id, found.grant_expires_at, successor)
        await publish(tx, GrantUsed(subject=found.grant_id, by="refresh_token"))
    elif not await _is_in_grace(tx, values, successor):
        await families.revoke(tx, found.grant_id, "token_reused")
        return Why.REPLAYED
    grant = await families.of_client(tx, found.grant_id, client)
    assert grant is not None, "its token was found a moment ago"  # noqa: S101
    return grant, successor


async def find(tx: Transaction, token: str, client: str) -> Row[Any] | None:
    """What is known of a refresh token of this client, used or not: its grant, and until when both are good."""
    return await tx.row(FIND, {"digest": digest(token), "of_client": client})


def is_live(found: Row[Any], now: datetime) -> bool:
    """Whether a token that was found could be used now."""
    over = now >= min(found.expires_at, found.grant_expires_at)
    return found.used_at is None and found.revoked_at is None and not over


def _refused(found: Row[Any] | None, now: datetime, jkt: str | None) -> Why | None:
    if found is None:
        return Why.UNKNOWN
    if found.revoked_at is not None:
        return Why.REVOKED
    if now >= min(found.expires_at, found.grant_expires_at):
        return Why.EXPIRED
    if found.jkt is not None and found.jkt != jkt:
        return Why.OTHER_KEY
    return None


async def _is_in_grace(tx: Transaction, values: dict[str, Any], successor: str) -> bool:
    """Whether the token was used a moment ago, and its successor not yet. Reads anew, after whoever was first."""
    used = await tx.row(FIND, values)
    after = await tx.row(FIND, {**values, "digest": digest(successor)})
    if used is None or used.used_at is None or after is None:
        return False
    return after.used_at is None and used.revoked_at is None and tx.now - used.used_at <= GRACE


async def _keep(tx: Transaction, grant: str, ends_at: datetime, token: str) -> str:
    values = {
        "id": ids.new("rft"),
        "grant_id": grant,
        "token_hash": digest(token),
        "created_at": tx.now,
        "expires_at": min(tx.now + IDLE, ends_at),
    }
    await tx.execute(MAKE, values)
    return token


def _fresh() -> str:
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def _successor(token: str, key: bytes) -> str:
    return PREFIX + urlsafe_b64encode(hmac.digest(key, token.encode(), hashlib.sha256)).decode()
