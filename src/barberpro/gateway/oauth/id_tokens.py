"""ID tokens: what a client learns of who signed in, by OpenID Connect Core 1.0 section 2. No access tokens."""

import hashlib
from datetime import datetime
from typing import Any

from joserfc.util import urlsafe_b64encode
from sqlalchemy import Row

from barberpro.platform.platform import Platform

from .tokens import AccessToken, issuer

KIND = "JWT"


def issue(
    platform: Platform, now: datetime, grant: Row[Any], access: AccessToken, nonce: str | None
) -> str:
    """A signed statement for the grant's client about its user, that belongs to this access token."""
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer(platform.settings),
        "sub": grant.user_id,
        "aud": grant.client_id,
        "iat": issued,
        "exp": issued + access.seconds,
        "auth_time": int(grant.authenticated_at.timestamp()),
        "amr": list(grant.amr),
        "at_hash": at_hash(access.text),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return platform.keys.sign(claims, KIND)


def at_hash(token: str) -> str:
    """The left half of the token's SHA-256, in base64url (section 3.1.3.6)."""
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).decode()
