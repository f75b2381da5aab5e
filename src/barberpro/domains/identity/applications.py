"""What an OAuth client may be: how it proves who it is, which grants it may use, where answers to it may go."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from barberpro.platform import ids

from .errors import (
    ClientCertificatesInvalid,
    ClientGrantsInvalid,
    ClientLocationsInvalid,
    ClientPublicKeysInvalid,
    ClientScopesInvalid,
    RedirectInvalid,
)

SCOPE = re.compile(r"(?=.{3,40}$)[a-z][a-z-]*:[a-z][a-z-]*")
# With these the largest token stays below the 8 KiB that `identify` takes.
MOST_SCOPES = 50
MOST_LOCATIONS = 100
MOST_REDIRECTS = 20
LONGEST_REDIRECT = 512
MOST_KEYS = 8
MOST_CERTIFICATES = 8
THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64url
KEYS = {"EC": ("kty", "crv", "x", "y"), "OKP": ("kty", "crv", "x"), "RSA": ("kty", "n", "e")}
MARKS = ("kid", "alg", "use")
PLAIN = re.compile(r"[!-~]+")
HOST = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
"""Where a redirect may lead. It stands in the policy of our pages, where `;` and `,` would begin something else."""
MEMBER = re.compile(r"[A-Za-z0-9_-]{1,2048}")  # base64url, or a name such as P-256
MARK = re.compile(r"[!-~]{1,255}")


class Authentication(StrEnum):
    """How a client proves who it is, in the words of RFC 7591 and RFC 8705."""

    BASIC = "client_secret_basic"
    KEY = "private_key_jwt"
    CERTIFICATE = "self_signed_tls_client_auth"
    NONE = "none"
    """It cannot: a public client, an app on someone's own device."""


class Grant(StrEnum):
    """How a client comes by a token."""

    CODE = "authorization_code"
    REFRESH = "refresh_token"
    CLIENT = "client_credentials"


@dataclass(frozen=True)
class Application:
    """What a client is, beside its name and its rights."""

    authentication: Authentication = Authentication.BASIC
    grants: Collection[Grant] = (Grant.CLIENT,)
    redirects: Collection[str] = ()
    title: str | None = None
    """What users read who are asked to allow it; without one its name."""
    public_keys: Mapping[str, Any] | None = None
    """A JWK Set of public keys, for `private_key_jwt`."""
    certificates: Collection[str] = ()
    """SHA-256 thumbprints in base64url, for `self_signed_tls_client_auth`."""
    requires_dpop: bool = False
    """Its tokens are bound to a key of its own (RFC 9449), or it gets none."""


MACHINE = Application()
"""The usual one: it has a secret and asks in its own name."""


def checked(application: Application) -> dict[str, Any]:
    """The columns of a client that is so. Raises what makes no sense."""
    how, grants = application.authentication, set(application.grants)
    if (
        not grants
        or (Grant.REFRESH in grants and Grant.CODE not in grants)
        or (Grant.CLIENT in grants and how is Authentication.NONE)
        or ((Grant.CODE in grants) != bool(application.redirects))
    ):
        raise ClientGrantsInvalid
    return {
        "authentication": str(how),
        "grant_types": sorted(map(str, grants)),
        "redirect_uris": _redirects(application.redirects),
        "title": application.title,
        "public_keys": _public_keys(application.public_keys, how is Authentication.KEY),
        "certificates": _certificates(application.certificates, how is Authentication.CERTIFICATE),
        "requires_dpop": application.requires_dpop,
    }


def checked_scopes(scopes: Collection[str]) -> list[str]:
    """What a client may do at all, in order. Raises ClientScopesInvalid."""
    if not 1 <= len(scopes) <= MOST_SCOPES or not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise ClientScopesInvalid(MOST_SCOPES)
    return sorted(set(scopes))


def checked_locations(locations: Collection[str]) -> list[str]:
    """Ids of another tenant's shops, or of none, need no refusal: the row rules find none."""
    if not 1 <= len(locations) <= MOST_LOCATIONS or any(
        ids.prefix_of(location) != "loc" for location in locations
    ):
        raise ClientLocationsInvalid(MOST_LOCATIONS)
    return sorted(set(locations))


def matches(registered: str, given: str) -> bool:
    """Whether a redirect URI is the registered one, letter by letter.

    On the loopback interface the port may differ (RFC 8252 section 7.3): an app takes the one that is free.
    """
    if registered == given:
        return True
    return (
        is_loopback(registered) and is_redirect(given) and _portless(registered) == _portless(given)
    )


def is_redirect(uri: str) -> bool:
    """Whether answers may go there: https, or http to a loopback address; no fragment, no user, no dots to fold."""
    if len(uri) > LONGEST_REDIRECT or not PLAIN.fullmatch(uri) or "\\" in uri or "#" in uri:
        return False
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return False
    segments = parts.path.lower().replace("%2e", ".").split("/")
    if not HOST.fullmatch(parts.netloc) or {".", ".."} & set(segments):
        return False
    return parts.scheme == "https" or is_loopback(uri)


def is_loopback(uri: str) -> bool:
    """Whether the URI is http on this very machine, by address: a name could lead elsewhere."""
    parts = urlsplit(uri)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _portless(uri: str) -> tuple[str | None, ...]:
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.path, parts.query, "?" if "?" in uri else None


def _redirects(redirects: Collection[str]) -> list[str]:
    if len(redirects) > MOST_REDIRECTS or not all(map(is_redirect, redirects)):
        raise RedirectInvalid(MOST_REDIRECTS)
    return sorted(set(redirects))


def _public_keys(keys: Mapping[str, Any] | None, needed: bool) -> dict[str, Any] | None:
    """The set with nothing in it but public halves."""
    if keys is None and not needed:
        return None
    given = keys.get("keys") if isinstance(keys, Mapping) and needed else None
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_KEYS:
        raise ClientPublicKeysInvalid(MOST_KEYS)
    return {"keys": [_public_key(key) for key in given]}


def _public_key(key: Any) -> dict[str, str]:
    members = KEYS.get(str(key.get("kty"))) if isinstance(key, Mapping) else None
    if (
        members is None
        or not all(_is(MEMBER, key.get(name)) for name in members)
        or {"d", "k"} & key.keys()
        or not all(_is(MARK, key[name]) for name in MARKS if name in key)
    ):
        raise ClientPublicKeysInvalid(MOST_KEYS)
    return {name: key[name] for name in (*members, *MARKS) if name in key}


def _is(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _certificates(thumbprints: Collection[str], needed: bool) -> list[str] | None:
    if not needed and not thumbprints:
        return None
    fits = needed and 1 <= len(thumbprints) <= MOST_CERTIFICATES
    if not fits or not all(map(THUMBPRINT.fullmatch, thumbprints)):
        raise ClientCertificatesInvalid(MOST_CERTIFICATES)
    return sorted(set(thumbprints))
