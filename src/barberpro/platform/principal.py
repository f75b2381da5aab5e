"""Who a request speaks for. Nothing behind the gateway's `identify` sees a token."""

from dataclasses import dataclass
from typing import Literal

Method = Literal["bearer", "dpop", "mtls", "api_key", "signature", "platform"]
"""How a caller showed who they are; `platform` is our own work, which shows nothing."""


DocumentMode = Literal["open", "log", "locked"]
"""Which documents a client may call: any; any, while those that are not registered are noted; its registered ones."""


@dataclass(frozen=True)
class Principal:
    """The caller: one tenant, one client, perhaps a user, and what they may do.

    `locations` is None where the caller sees the whole organization, else the ids of the shops it is limited to.
    """

    tenant: str
    client: str
    client_name: str
    user: str | None = None
    scopes: frozenset[str] = frozenset()
    locations: frozenset[str] | None = None
    document_mode: DocumentMode = "open"
    tier: str | None = None
    """How much the client may spend, by a name of `schema/tiers.toml`; None for the first of them."""
    method: Method = "platform"
    credential: str | None = None
    """What was shown, by its id: a token's `jti`, a key's id."""
    grant: str | None = None
    """The family of tokens that a token is of: what one consent led to."""
    amr: tuple[str, ...] = ()
    """How the user signed in, in the words of RFC 8176."""

    @property
    def is_locked(self) -> bool:
        """Whether it may call its registered documents alone: then it learns nothing of the schema either."""
        return self.document_mode == "locked"

    @property
    def actor(self) -> str:
        """What the audit log calls the caller."""
        return self.user or self.client


def worker(tenant: str) -> Principal:
    """The platform itself at work for one tenant: relays, jobs, the demo's loader."""
    return Principal(tenant, client="worker", client_name="worker")
