"""Grants: each is a family of tokens, which live on one permission and fall together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.revocations import revoke as void

from .events import GrantMade, GrantRevoked
from .tables import grants

LONGEST = timedelta(days=90)
"""After this the user must allow the client anew, however often tokens were renewed."""
TOKEN_OUTLIVES = timedelta(hours=2)
"""No access token is good for so long (`Settings.token_seconds`, and the tolerance of clocks)."""

c = grants.c
MAKE = insert(grants).returning(grants)
ONE = select(grants).where(c.id == bindparam("wanted"), c.client_id == bindparam("of_client"))
# Locked: of several who revoke at once, one does.
STANDING = (
    select(grants).where(c.id == bindparam("wanted"), c.revoked_at.is_(None)).with_for_update()
)
REVOKE = update(grants).where(c.id == bindparam("wanted")).values(revoked_at=bindparam("at"))
BIND = update(grants).where(c.id == bindparam("wanted")).values(jkt=bindparam("thumbprint"))
LIVE_BETWEEN = select(c.id).where(
    c.user_id == bindparam("of_user"),
    c.client_id == bindparam("of_client"),
    c.revoked_at.is_(None),
)


class Why(StrEnum):
    """Why a code or a refresh token is not taken; for the audit log, never for the caller."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REPLAYED = "replayed"
    REDIRECT = "redirect_uri"
    VERIFIER = "code_verifier"
    OTHER_KEY = "another_key"


@dataclass(frozen=True)
class Allowed:
    """What a user allows a client, and how we know that it was this user."""

    client: str
    user: str
    session: str
    scopes: Collection[str]
    authenticated_at: datetime
    amr: Collection[str]
    jkt: str | None = None
    """The thumbprint of the DPoP key that the code is bound to (RFC 9449 section 10)."""


async def begin(tx: Transaction, allowed: Allowed) -> Row[Any]:
    """A new grant, with no token yet."""
    values = {
        "id": ids.new("gnt"),
        "client_id": allowed.client,
        "user_id": allowed.user,
        "session_id": allowed.session,
        "scopes": sorted(allowed.scopes),
        "authenticated_at": allowed.authenticated_at,
        "amr": list(allowed.amr),
        "jkt": allowed.jkt,
        "created_at": tx.now,
        "expires_at": tx.now + LONGEST,
    }
    made = await tx.row(MAKE, values)
    assert made is not None, "RETURNING gives the row"  # noqa: S101
    event = GrantMade(
        subject=made.id, client=allowed.client, user=allowed.user, scopes=values["scopes"]
    )
    await publish(tx, event, after=made)
    return made


async def of_client(tx: Transaction, grant: str, client: str) -> Row[Any] | None:
    """A grant that this client was given, live or not."""
    return await tx.row(ONE, {"wanted": grant, "of_client": client})


async def bind(tx: Transaction, grant: Row[Any], jkt: str) -> None:
    """From now on only who proves this DPoP key renews the grant's tokens."""
    await tx.execute(BIND, {"wanted": grant.id, "thumbprint": jkt})


async def revoke(tx: Transaction, grant: str, reason: str) -> None:
    """Void all tokens of a grant, access tokens too; one that is void already stays so."""
    before = await tx.row(STANDING, {"wanted": grant})
    if before is None:
        return
    await tx.execute(REVOKE, {"wanted": grant, "at": tx.now})
    await void(tx, grant, tx.now + TOKEN_OUTLIVES)
    event = GrantRevoked(subject=grant, client=before.client_id, user=before.user_id, reason=reason)
    await publish(tx, event, before=before)


async def revoke_between(tx: Transaction, user: str, client: str) -> None:
    """Void all that this user allowed this client."""
    for (grant,) in await tx.rows(LIVE_BETWEEN, {"of_user": user, "of_client": client}):
        await revoke(tx, grant, "user")
