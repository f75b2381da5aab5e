"""Authorization codes: good once, for a minute, for the client and redirect URI they were made for.

Whoever redeems one must know the verifier behind its challenge (PKCE, S256 only: RFC 7636, RFC 9700 section 2.1.1).
"""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any

from joserfc.util import urlsafe_b64encode
from sqlalchemy import Row, bindparam, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from . import families
from .events import GrantUsed
from .families import Allowed, Why
from .tables import authorization_codes, grants

LIFE = timedelta(seconds=60)
CODE_BYTES = 32
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # a SHA-256 in base64url
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 section 4.1

c = authorization_codes.c
MAKE = insert(authorization_codes)
OF_CLIENT = select(grants.c.id).where(grants.c.client_id == bindparam("of_client"))
# The one statement that decides who redeems a code: of many at once, one finds it unused.
USE = (
    update(authorization_codes)
    .where(c.code_hash == bindparam("digest"), c.used_at.is_(None), c.grant_id.in_(OF_CLIENT))
    .values(used_at=bindparam("at"))
    .returning(authorization_codes)
)
USED = select(c.grant_id).where(c.code_hash == bindparam("digest"), c.grant_id.in_(OF_CLIENT))


async def make(
    tx: Transaction,
    allowed: Allowed,
    *,
    redirect_uri: str,
    challenge: str,
    nonce: str | None = None,
) -> str:
    """A code for what the user allows; its text is not to be had again."""
    grant = await families.begin(tx, allowed)
    code = secrets.token_urlsafe(CODE_BYTES)
    values = {
        "id": ids.new("cod"),
        "grant_id": grant.id,
        "code_hash": digest(code),
        "redirect_uri": redirect_uri,
        "challenge": challenge,
        "nonce": nonce,
        "expires_at": tx.now + LIFE,
    }
    await tx.execute(MAKE, values)
    return code


async def redeem(
    tx: Transaction, code: str, *, client: str, redirect_uri: str, verifier: str, jkt: str | None
) -> tuple[Row[Any], str | None] | Why:
    """The grant behind a code, and the nonce of the request for it; or why there is none.

    A code is spent by the first who shows it, whatever else they show. Shown again, it was stolen or lost: its
    grant is void, and with it whatever the first one got (RFC 6749 section 4.1.2).
    """
    values = {"digest": digest(code), "of_client": client}
    used = await tx.row(USE, {**values, "at": tx.now})
    if used is None:
        return await _not_redeemed(tx, values)
    grant = await families.of_client(tx, used.grant_id, client)
    if grant is None or grant.revoked_at is not None:
        return Why.REVOKED
    if tx.now >= used.expires_at:
        return Why.EXPIRED
    if not secrets.compare_digest(redirect_uri.encode(), used.redirect_uri.encode()):
        return Why.REDIRECT
    if not answers(used.challenge, verifier):
        return Why.VERIFIER
    if grant.jkt is not None and grant.jkt != jkt:
        return Why.OTHER_KEY
    await publish(tx, GrantUsed(subject=grant.id, by="code"))
    return grant, used.nonce


def answers(challenge: str, verifier: str) -> bool:
    """Whether this is the verifier behind the challenge, by S256."""
    if not VERIFIER.fullmatch(verifier):
        return False
    hashed = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    return secrets.compare_digest(hashed, challenge.encode())


def digest(secret: str) -> bytes:
    """What is stored of a code, or of any other text of 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


async def _not_redeemed(tx: Transaction, values: dict[str, Any]) -> Why:
    used = await tx.row(USED, values)
    if used is None:
        return Why.UNKNOWN
    await families.revoke(tx, used.grant_id, "code_replayed")
    return Why.REPLAYED
