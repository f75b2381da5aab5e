"""What reshuffles tell others. The subject is the reshuffle, or a shop's terms; no names."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class ReshuffleTermsSet(Event):
    """A shop asks its customers to move by other terms."""

    type = "reshuffle.terms_set"
    location_id: str
    within_minutes: int
    least_minutes: int
    days_ahead: int


@dataclass(frozen=True, kw_only=True)
class ReshuffleProposed(Event):
    """Customers are to be asked whether they would come at another time."""

    type = "reshuffle.proposed"
    location_id: str
    provider_id: str
    won_minutes: int
    expires_at: datetime
    move_ids: list[str]
    customer_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class ReshuffleAnswered(Event):
    """A customer said whether they would."""

    type = "reshuffle.answered"
    move_id: str
    booking_id: str
    accepted: bool


@dataclass(frozen=True, kw_only=True)
class ReshuffleEnded(Event):
    """Nobody is asked any more: all were moved, or nobody was."""

    type = "reshuffle.ended"
    status: str
    won_minutes: int
