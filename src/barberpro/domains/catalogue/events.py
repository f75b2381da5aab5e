"""What this domain tells others. The subject is the service."""

from dataclasses import dataclass

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class ServiceOffered(Event):
    """Customers can book it from now on."""

    type = "service.offered"


@dataclass(frozen=True, kw_only=True)
class ServiceRepriced(Event):
    """It costs something else for whoever books from now on."""

    type = "service.repriced"
    from_price_minor: int
    from_currency_code: str
    to_price_minor: int
    to_currency_code: str


@dataclass(frozen=True, kw_only=True)
class ServiceWithdrawn(Event):
    """It can be booked no more. Bookings made before still stand."""

    type = "service.withdrawn"
