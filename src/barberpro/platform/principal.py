"""Who a request speaks for. Nothing behind the gateway's `identify` sees a token."""

from dataclasses import dataclass


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
    registered_only: bool = False

    @property
    def actor(self) -> str:
        """What the audit log calls the caller."""
        return self.user or self.client


def worker(tenant: str) -> Principal:
    """The platform itself at work for one tenant: relays, jobs, the demo's loader."""
    return Principal(tenant, client="worker", client_name="worker")
