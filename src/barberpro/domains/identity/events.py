"""What this domain tells others, and the audit log."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class ClientRegistered(Event):
    """An application may now speak for the tenant. The subject is the client."""

    type = "client.registered"
    name: str
    scopes: list[str]
    locations: list[str] | None
    registered_only: bool


@dataclass(frozen=True, kw_only=True)
class ClientSuspended(Event):
    """A client may not call any more. The subject is the client."""

    type = "client.suspended"


@dataclass(frozen=True, kw_only=True)
class ClientSecretRotated(Event):
    """A client has a new secret, and the one before is void. The subject is the client."""

    type = "client.secret_rotated"


@dataclass(frozen=True, kw_only=True)
class TokenIssued(Event):
    """A client proved who it is and got an access token. The subject is the client."""

    type = "token.issued"
    jti: str
    scopes: list[str]
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class TokenRefused(Event):
    """Someone asked for a token in a client's name and got none. The subject is the client."""

    type = "token.refused"
    reason: str
