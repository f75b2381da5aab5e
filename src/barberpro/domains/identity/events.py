"""What this domain tells others, and the audit log."""

from dataclasses import dataclass, field
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(Event):
    """An application may now speak for the tenant. The subject is the client."""

    type = "client.registered"
    name: str
    scopes: list[str]
    locations: list[str] | None
    # Clients from before there were others had these.
    document_mode: str = "open"
    authentication: str = "client_secret_basic"
    grant_types: list[str] = field(default_factory=lambda: ["client_credentials"])
    redirect_uris: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ClientSuspended(Event):
    """A client may not call any more. The subject is the client."""

    type = "client.suspended"


@dataclass(frozen=True, kw_only=True)
class ClientTierChanged(Event):
    """A client may spend more, or less, from now on. The subject is the client."""

    type = "client.tier_changed"
    tier: str


@dataclass(frozen=True, kw_only=True)
class ClientModeChanged(Event):
    """A client may call other documents from now on: see `DocumentMode`. The subject is the client."""

    type = "client.mode_changed"
    mode: str


@dataclass(frozen=True, kw_only=True)
class ClientSecretRotated(Event):
    """A client has a new secret; the one before is void, or will be. The subject is the client."""

    type = "client.secret_rotated"
    previous_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class TokenIssued(Event):
    """A client got an access token, in its own name or a user's. The subject is the client."""

    type = "token.issued"
    jti: str
    scopes: list[str]
    expires_at: datetime
    user: str | None = None
    grant: str | None = None


@dataclass(frozen=True, kw_only=True)
class TokenRefused(Event):
    """Someone asked for a token in a client's name and got none. The subject is the client."""

    type = "token.refused"
    reason: str


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Event):
    """A client gave an access token back. The subject is the client."""

    type = "token.revoked"
    jti: str
