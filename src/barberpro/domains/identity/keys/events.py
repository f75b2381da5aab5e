"""What the keys of clients tell others, and the audit log."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class KeyMade(Event):
    """A client may call with one key more. The subject is the key."""

    type = "key.made"
    kind: str
    client: str
    scopes: list[str]
    networks: list[str] | None
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class KeyReplaced(Event):
    """A key has a successor and ends. The subject is the key that ends."""

    type = "key.replaced"
    successor: str
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Event):
    """A key is void. The subject is the key."""

    type = "key.revoked"
    client: str
