"""Access tokens as we issue them: JWTs by RFC 9068, short-lived, for one client of one tenant."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from sqlalchemy import Row

from barberpro.platform.errors import Misconfigured
from barberpro.platform.keys import KeyRing
from barberpro.platform.settings import Settings

KIND = "at+jwt"
JTI_BYTES = 16


@dataclass(frozen=True)
class AccessToken:
    """A signed token and what the log keeps of it: everything but the token."""

    text: str = field(repr=False)
    jti: str
    scopes: list[str]
    expires_at: datetime
    seconds: int


class PublicUrlUnusable(Misconfigured):
    """The public URL cannot be an issuer: for the operator to mend."""


def issuer(settings: Settings) -> str:
    """Who issues our tokens, and for whom: the gateway itself is the only audience."""
    url = settings.public_url.rstrip("/")
    try:
        AuthorizationServerMetadata(issuer=url).validate_issuer()
    except ValueError:
        raise PublicUrlUnusable(
            "BARBERPRO_PUBLIC_URL must be an https URL without query and fragment; "
            "http is for loopback addresses"
        ) from None
    return url


def issue(
    keys: KeyRing, settings: Settings, now: datetime, client: Row[Any], scopes: Collection[str]
) -> AccessToken:
    """A token that lets this client do what `scopes` name, where the client may do it."""
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer(settings),
        "aud": issuer(settings),
        "sub": client.id,
        "client_id": client.id,
        "client_name": client.name,
        "tenant": client.organization_id,
        "scope": " ".join(sorted(scopes)),
        "iat": issued,
        "exp": issued + settings.token_seconds,
        "jti": secrets.token_urlsafe(JTI_BYTES),
    }
    if client.locations is not None:
        claims["locations"] = client.locations
    return AccessToken(
        text=keys.sign(claims, KIND),
        jti=claims["jti"],
        scopes=sorted(scopes),
        expires_at=now.replace(microsecond=0) + timedelta(seconds=settings.token_seconds),
        seconds=settings.token_seconds,
    )
