"""What this domain tells others. The subject is the provider or the customer; no names."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class ProviderRegistered(Event):
    """Someone new cuts hair."""

    type = "provider.registered"
    location_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class ProviderRenamed(Event):
    """A provider goes by another name."""

    type = "provider.renamed"


@dataclass(frozen=True, kw_only=True)
class ProviderAssigned(Event):
    """A provider can be booked at one more location."""

    type = "provider.assigned"
    location_id: str


@dataclass(frozen=True, kw_only=True)
class ProviderUnassigned(Event):
    """A provider can be booked at this location no more. Bookings made before still stand."""

    type = "provider.unassigned"
    location_id: str


@dataclass(frozen=True, kw_only=True)
class ProviderDeparted(Event):
    """A provider left the organization. Bookings made before still stand."""

    type = "provider.departed"


@dataclass(frozen=True, kw_only=True)
class CustomerRegistered(Event):
    """The organization has one more customer."""

    type = "customer.registered"
    home_location_id: str | None


@dataclass(frozen=True, kw_only=True)
class CustomerUpdated(Event):
    """What is known of a customer changed. `changed` names the facts (`email`), never their values."""

    type = "customer.updated"
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class CustomerErased(Event):
    """A customer was forgotten: the key to all that was sealed of them is destroyed, their name overwritten."""

    type = "customer.erased"


@dataclass(frozen=True, kw_only=True)
class ProviderShiftsSet(Event):
    """A provider is at work at other times from now on."""

    type = "provider.shifts_set"


@dataclass(frozen=True, kw_only=True)
class ProviderSkillsSet(Event):
    """A provider can be booked for just these services from now on; for any where there are none."""

    type = "provider.skills_set"
    service_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class ProviderAbsent(Event):
    """A provider takes time off, at one location or everywhere."""

    type = "provider.absent"
    absence_id: str
    location_id: str | None
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class ProviderBack(Event):
    """Time off was taken back."""

    type = "provider.back"
    absence_id: str
