"""Access tokens as we issue them: JWTs by RFC 9068, short-lived, for one client of one tenant."""

import secrets
from collections.abc import Collection, Mapping
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
    keys: KeyRing,
    settings: Settings,
    now: datetime,
    client: Row[Any],
    scopes: Collection[str],
    *,
    user: str | None = None,
    locations: Collection[str] | None = None,
    grant: str | None = None,
    amr: tuple[str, ...] = (),
    confirmation: Mapping[str, str] | None = None,
) -> AccessToken:
    """A token that lets this client do what `scopes` name, where the client may do it.

    With `user` it speaks for that person, who signed in by `amr`. `locations` narrow the client's, never widen them.
    `grant` names the family of tokens that fall together. `confirmation` is the `cnf` of RFC 7800: `jkt` binds the
    token to a DPoP key, `x5t#S256` to a certificate.
    """
    issued = int(now.timestamp())
    within = narrowed(locations, client.locations)
    claims: dict[str, Any] = {
        "iss": issuer(settings),
        "aud": issuer(settings),
        "sub": user or client.id,
        "client_id": client.id,
        "client_name": client.name,
        "tenant": client.organization_id,
        "scope": " ".join(sorted(scopes)),
        "iat": issued,
        "exp": issued + settings.token_seconds,
        "jti": secrets.token_urlsafe(JTI_BYTES),
    }
    if within is not None:
        claims["locations"] = sorted(within)
    if grant is not None:
        claims["gid"] = grant
    if amr:
        claims["amr"] = list(amr)
    if confirmation:
        claims["cnf"] = dict(confirmation)
    return AccessToken(
        text=keys.sign(claims, KIND),
        jti=claims["jti"],
        scopes=sorted(scopes),
        expires_at=now.replace(microsecond=0) + timedelta(seconds=settings.token_seconds),
        seconds=settings.token_seconds,
    )


def narrowed(some: Collection[str] | None, others: Collection[str] | None) -> frozenset[str] | None:
    """Locations that both allow; None allows all."""
    if some is None or others is None:
        limits = some if others is None else others
        return None if limits is None else frozenset(limits)
    return frozenset(some).intersection(others)
