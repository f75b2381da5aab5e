"""What this domain tells others. The subject is the provider or the customer; no names."""

from dataclasses import dataclass

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
