"""What this domain tells others."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class OrganizationFounded(Event):
    """A tenant begins. The subject is the organization."""

    type = "organization.founded"
