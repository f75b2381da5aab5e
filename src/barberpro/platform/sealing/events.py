"""What is told of keys. Never a key, nor anything sealed with one."""

from dataclasses import dataclass

from ..events import Event


@dataclass(frozen=True, kw_only=True)
class TenantKeyMade(Event):
    """A tenant has a new key; of those for wrapping, the newest seals from now on."""

    type = "tenant_key.made"
    purpose: str
    generation: int


@dataclass(frozen=True, kw_only=True)
class TenantKeyRetired(Event):
    """Nothing was sealed with a tenant's key any more, so it is gone."""

    type = "tenant_key.retired"
    generation: int


@dataclass(frozen=True, kw_only=True)
class SubjectKeysRenewed(Event):
    """So many people have new keys, and all their values were sealed anew. The subject is the tenant's key."""

    type = "subject_keys.renewed"
    count: int
