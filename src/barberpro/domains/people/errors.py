"""What may stand in the way when providers and customers are looked after."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class ProviderNotFound(NotFound):
    """No provider of this organization has that id, or the caller may not see them."""

    code = "PROVIDER_NOT_FOUND"
    says = "There is no provider {provider_id}."
    provider_id: str
    """The provider asked for."""


@dataclass(eq=False)
class CustomerNotFound(NotFound):
    """No customer of this organization has that id, or the caller may not see them."""

    code = "CUSTOMER_NOT_FOUND"
    says = "There is no customer {customer_id}."
    customer_id: str
    """The customer asked for."""


@dataclass(eq=False)
class ProviderLeft(Conflict):
    """The provider works for the organization no more."""

    code = "PROVIDER_LEFT"
    says = "The provider {provider_id} no longer works here."
    provider_id: str
    """The provider asked for."""


@dataclass(eq=False)
class ProviderNotAtLocation(Conflict):
    """The provider works for the organization, though not at this location."""

    code = "PROVIDER_NOT_AT_LOCATION"
    says = "The provider {provider_id} does not work at the location {location_id}."
    provider_id: str
    """The provider asked for."""
    location_id: str
    """The location asked for."""


@dataclass(eq=False)
class HomeLocationRequired(Invalid):
    """A caller limited to some locations must say which of them a customer belongs to."""

    code = "HOME_LOCATION_REQUIRED"
    says = "Say which of your locations the customer belongs to."
