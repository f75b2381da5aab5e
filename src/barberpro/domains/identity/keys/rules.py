"""What a key may be: its networks, its life, and which public keys check signatures."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from .errors import (
    KeyExpiryInvalid,
    KeyNameInvalid,
    KeyNetworksInvalid,
    KeyOverlapInvalid,
    KeyScopesInvalid,
    PublicKeyInvalid,
)

LONGEST_NAME = 80
MOST_NETWORKS = 50
LONGEST_LIFE = timedelta(days=3_653)
LONGEST_OVERLAP = timedelta(days=30)
CURVES = {"Ed25519": (OKPKey, "ed25519"), "P-256": (ECKey, "ecdsa-p256-sha256")}
"""By the JWK's curve: its class, and the algorithm's name in RFC 9421 section 3.3."""


def checked_name(name: str) -> str:
    """The name without space around it."""
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise KeyNameInvalid(LONGEST_NAME)
    return name.strip()


def checked_scopes(
    scopes: Collection[str], client: Collection[str], caller: Collection[str]
) -> list[str]:
    """Scopes that both have: nobody gives what they do not have themselves."""
    if not scopes or not set(client).intersection(caller).issuperset(scopes):
        raise KeyScopesInvalid
    return sorted(set(scopes))


def checked_networks(networks: Collection[str] | None) -> list[str] | None:
    """The networks as CIDR has them, each once; None is any."""
    if networks is None:
        return None
    try:
        found = {str(ip_network(network.strip())) for network in networks}
    except ValueError:
        raise KeyNetworksInvalid(MOST_NETWORKS) from None
    if not 1 <= len(found) <= MOST_NETWORKS:
        raise KeyNetworksInvalid(MOST_NETWORKS)
    return sorted(found)


def checked_expiry(expires_at: datetime | None, now: datetime) -> datetime | None:
    """When the key ends; None is never."""
    if expires_at is not None and not now < expires_at <= now + LONGEST_LIFE:
        raise KeyExpiryInvalid(LONGEST_LIFE.days)
    return expires_at


def checked_overlap(overlap: timedelta) -> timedelta:
    """How long the key that is replaced lives on."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise KeyOverlapInvalid(LONGEST_OVERLAP // timedelta(hours=1))
    return overlap


def checked_public_key(jwk: Mapping[str, Any]) -> dict[str, str]:
    """The members of the JWK that make the key, and no others. Refuses private ones: we never want to see those."""
    try:
        kind, _ = CURVES[str(jwk.get("crv"))]
        if "d" in jwk or jwk.get("kty") != kind.key_type:
            raise PublicKeyInvalid
        members = ("kty", "crv", "x", "y") if "y" in jwk else ("kty", "crv", "x")
        plain = {name: str(jwk[name]) for name in members}
        kind.import_key(dict(plain)).public_key  # noqa: B018 - fails where the point is not on the curve
    except (JoseError, KeyError, ValueError, TypeError):
        raise PublicKeyInvalid from None
    return plain


def is_within(address: str, networks: Collection[str] | None) -> bool:
    """Whether a call from this address may use the key. Only None allows what is no address."""
    if networks is None:
        return True
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in ip_network(network) for network in networks)
