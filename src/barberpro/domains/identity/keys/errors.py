"""What may go wrong with keys, for a caller to act on."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class KeyNotFound(NotFound):
    """The organization has no such key."""

    code = "KEY_NOT_FOUND"
    says = "There is no key {key_id}."
    key_id: str
    """The id that was asked for."""


@dataclass(eq=False)
class KeyClientNotFound(NotFound):
    """The organization has no such client, or the caller may not make keys for it."""

    code = "KEY_CLIENT_NOT_FOUND"
    says = "There is no client {client_id}."
    client_id: str
    """The id that was asked for."""


@dataclass(eq=False)
class KeyNameInvalid(Invalid):
    """The name is empty or too long."""

    code = "KEY_NAME_INVALID"
    says = "Name the key in 1 to {most} characters."
    most: int
    """The most characters a name may have."""


@dataclass(eq=False)
class KeyScopesInvalid(Invalid):
    """The scopes are none, or not all of them are the client's and the caller's own."""

    code = "KEY_SCOPES_INVALID"
    says = "Give the key one scope or more, each of which its client and you have."


@dataclass(eq=False)
class KeyNetworksInvalid(Invalid):
    """The networks are too many, or not in CIDR notation."""

    code = "KEY_NETWORKS_INVALID"
    says = "Limit a key to 1 to {most} networks such as 203.0.113.0/24, or do not limit it at all."
    most: int
    """How many networks a key may have."""


@dataclass(eq=False)
class KeyExpiryInvalid(Invalid):
    """The end lies in the past, or too far ahead."""

    code = "KEY_EXPIRY_INVALID"
    says = "A key may end at any time from now on, in {most_days} days at the latest."
    most_days: int
    """The longest a key may live."""


@dataclass(eq=False)
class KeyOverlapInvalid(Invalid):
    """The two keys would be good together for too long."""

    code = "KEY_OVERLAP_INVALID"
    says = "The old key may live on for 0 to {most_hours} hours."
    most_hours: int
    """The longest overlap."""


@dataclass(eq=False)
class PublicKeyInvalid(Invalid):
    """The public key is not one that signatures are checked with."""

    code = "PUBLIC_KEY_INVALID"
    says = "Send a public key as a JWK: Ed25519 (OKP) or P-256 (EC), without its private half."


@dataclass(eq=False)
class KeyOver(Conflict):
    """The key was revoked, replaced, or has ended."""

    code = "KEY_OVER"
    says = "The key {key_id} is no longer in use or was replaced already. Make a new one."
    key_id: str
    """The key."""


@dataclass(eq=False)
class TooManyKeys(Conflict):
    """The client has as many live keys as it may have."""

    code = "TOO_MANY_KEYS"
    says = "A client may have {most} live keys. Revoke one first."
    most: int
    """How many a client may have."""
