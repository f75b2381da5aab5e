"""What may stand in the way of a booking; of shops, people and services, their domains tell."""

from dataclasses import dataclass
from datetime import datetime

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class BookingNotFound(NotFound):
    """No booking of this organization has that id, or the caller may not see it."""

    code = "BOOKING_NOT_FOUND"
    says = "There is no booking {booking_id}."
    booking_id: str
    """The booking asked for."""


@dataclass(eq=False)
class WrongStatus(Conflict):
    """From the status the booking has, this change leads nowhere."""

    code = "WRONG_STATUS"
    says = "A booking that is {from_status} cannot become {to_status}."
    from_status: str
    """The status it has."""
    to_status: str
    """The status asked for."""


@dataclass(eq=False)
class SlotTaken(Conflict):
    """The provider has another booking at that time."""

    code = "SLOT_TAKEN"
    says = "The provider is taken until {until:%d/%m %H:%M}. Choose another time or provider."
    provider_id: str
    """The provider asked for."""
    until: datetime
    """When it will be free again."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class ChairTaken(Conflict):
    """The chair asked for has another booking at that time."""

    code = "CHAIR_TAKEN"
    says = "Chair {chair} is taken until {until:%d/%m %H:%M}. Choose another time or chair."
    chair: str
    """The label of the chair."""
    until: datetime
    """When it will be free again."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class NoChairFree(Conflict):
    """Every chair of the location has a booking at that time."""

    code = "NO_CHAIR_FREE"
    says = "No chair is free from {starts_at:%d/%m %H:%M} to {free_at:%H:%M}. Choose another time."
    starts_at: datetime
    """When the booking would begin to keep a chair."""
    free_at: datetime
    """When its chair would be free again."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class OutsideOpeningHours(Conflict):
    """The location is not open for the whole of the booking."""

    code = "OUTSIDE_OPENING_HOURS"
    says = "The location is not open throughout {starts_at:%d/%m %H:%M} to {ends_at:%H:%M}."
    starts_at: datetime
    """When the booking would begin."""
    ends_at: datetime
    """When the service would end."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class ProviderUnskilled(Conflict):
    """The provider does other services, not this one."""

    code = "PROVIDER_UNSKILLED"
    says = "The provider {provider_id} does not do the service {service_id}. Choose another one."
    provider_id: str
    """The provider asked for."""
    service_id: str
    """The service asked for."""


@dataclass(eq=False)
class OutsideShift(Conflict):
    """The provider is not at work in this location for the whole of the booking."""

    code = "OUTSIDE_SHIFT"
    says = "The provider is not at work here from {starts_at:%d/%m %H:%M} to {ends_at:%H:%M}."
    provider_id: str
    """The provider asked for."""
    starts_at: datetime
    """When the booking would begin."""
    ends_at: datetime
    """When the service would end."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class ProviderAway(Conflict):
    """The provider takes time off then."""

    code = "PROVIDER_AWAY"
    says = "The provider is away until {until:%d/%m/%Y %H:%M}. Choose another time or provider."
    provider_id: str
    """The provider asked for."""
    until: datetime
    """When they are back."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class TooFarToTravel(Conflict):
    """The provider has a booking at another location, too near in time for the way."""

    code = "TOO_FAR_TO_TRAVEL"
    says = "The way from or to another booking takes the provider {minutes} minutes. Choose another time."
    provider_id: str
    """The provider asked for."""
    minutes: int
    """How long the way takes."""


@dataclass(eq=False)
class StartsInThePast(Invalid):
    """The booking would have begun already. A few minutes of grace serve who walks in."""

    code = "STARTS_IN_THE_PAST"
    says = "That time has passed. The earliest start is {earliest:%d/%m %H:%M}."
    earliest: datetime
    """The earliest start there can be."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class StartsTooFarAhead(Invalid):
    """The booking begins further ahead than any agenda reaches."""

    code = "STARTS_TOO_FAR_AHEAD"
    says = "Bookings are taken up to {days} days ahead, until {latest:%d/%m/%Y %H:%M}."
    days: int
    """How many days ahead bookings are taken."""
    latest: datetime
    """The latest start there can be."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class NotOnTheMinute(Invalid):
    """The start has seconds."""

    code = "NOT_ON_THE_MINUTE"
    says = "A booking starts on a whole minute, without seconds."


@dataclass(eq=False)
class HoldOutOfRange(Invalid):
    """Something is held for too short or too long."""

    code = "HOLD_OUT_OF_RANGE"
    says = "A place is held for {minimum} to {maximum} minutes."
    minimum: int
    """The least that is allowed, in minutes."""
    maximum: int
    """The most that is allowed, in minutes."""


@dataclass(eq=False)
class HoldLimitReached(Conflict):
    """What is held cannot be held for so long, however often that is extended."""

    code = "HOLD_LIMIT_REACHED"
    says = "This place can be held until {latest:%d/%m %H:%M} at most. Confirm it, or ask for less."
    latest: datetime
    """Until when it can be held."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class HoldRanOut(Conflict):
    """What was held is held no more; somebody else may have it by now."""

    code = "HOLD_RAN_OUT"
    says = "That place was held until {until:%d/%m %H:%M}. Hold it again, or choose another time."
    until: datetime
    """Until when it was held."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class TooManyHolds(Conflict):
    """The customer has as many places held as they can at the same time."""

    code = "TOO_MANY_HOLDS"
    says = "At most {most} places are held for a customer at the same time. Confirm or release one."
    customer_id: str
    """The customer."""
    most: int
    """How many there can be."""


@dataclass(eq=False)
class NotesTooLong(Invalid):
    """The notes have more characters than are kept."""

    code = "NOTES_TOO_LONG"
    says = "Notes have at most {limit} characters; these have {length}."
    limit: int
    """How many are allowed at most."""
    length: int
    """How many there are."""


@dataclass(eq=False)
class ReasonTooLong(Invalid):
    """The reason has more characters than are kept."""

    code = "REASON_TOO_LONG"
    says = "A reason has at most {limit} characters; this one has {length}."
    limit: int
    """How many are allowed at most."""
    length: int
    """How many there are."""


@dataclass(eq=False)
class NotYet(Conflict):
    """What has not begun was neither done nor missed."""

    code = "NOT_YET"
    says = (
        "That begins at {starts_at:%d/%m %H:%M}; until then it can be neither completed nor missed."
    )
    starts_at: datetime
    """When it begins."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class NoPolicy(Conflict):
    """The booking was made under no terms, so there is no deposit either."""

    code = "NO_POLICY"
    says = "The booking {booking_id} was made before any terms were published: it takes no deposit."
    booking_id: str
    """The booking."""


@dataclass(eq=False)
class DepositTaken(Conflict):
    """The deposit of the booking was recorded before."""

    code = "DEPOSIT_TAKEN"
    says = "The deposit of the booking {booking_id} is recorded already."
    booking_id: str
    """The booking."""


@dataclass(eq=False)
class DepositOutOfRange(Invalid):
    """A deposit is something, in the booking's currency, and not more than the price."""

    code = "DEPOSIT_OUT_OF_RANGE"
    says = "A deposit is more than nothing and at most {maximum} {currency_code}."
    maximum: str
    """The most there can be: the price."""
    currency_code: str
    """The currency of the price."""


@dataclass(eq=False)
class ChargeNotFound(NotFound):
    """No charge of a booking of this organization has that id, or the caller may not see it."""

    code = "CHARGE_NOT_FOUND"
    says = "There is no charge {charge_id}."
    charge_id: str
    """The charge asked for."""


@dataclass(eq=False)
class NotWaivable(Conflict):
    """Only a fee that is due can be waived."""

    code = "NOT_WAIVABLE"
    says = "The charge {charge_id} is {state}; only a fee that is due can be waived."
    charge_id: str
    """The charge asked for."""
    state: str
    """Where it stands."""


@dataclass(eq=False)
class TermsOutOfRange(Invalid):
    """Terms have a notice of some days at most, and rates up to the whole price."""

    code = "TERMS_OUT_OF_RANGE"
    says = "Notice is 0 to {most_minutes} minutes, and each rate 0 to {most_bps} basis points of the price."
    most_minutes: int
    """The longest notice, in minutes."""
    most_bps: int
    """The highest rate, in basis points: hundredths of a percent."""


@dataclass(eq=False)
class NotOverYet(Invalid):
    """What is written down afterwards must have ended."""

    code = "NOT_OVER_YET"
    says = "That ends at {ends_at:%d/%m %H:%M}; only what is over is written down. Book it instead."
    ends_at: datetime
    """When it would end."""
    time_zone: str
    """The zone in which a person is shown these times."""


@dataclass(eq=False)
class TooLongAgo(Invalid):
    """It would have begun before any history that is kept here."""

    code = "TOO_LONG_AGO"
    says = "Bookings are written down for at most {years} years back."
    years: int
    """How far back history goes."""


@dataclass(eq=False)
class NotCompleted(Conflict):
    """Only a service that was done can be rated."""

    code = "NOT_COMPLETED"
    says = "A booking that is {from_status} cannot be rated: its service was not done."
    from_status: str
    """The status it has."""


@dataclass(eq=False)
class ScoreOutOfRange(Invalid):
    """A rating is a whole number of stars."""

    code = "SCORE_OUT_OF_RANGE"
    says = "A rating goes from {least} to {most}."
    least: int
    """The worst there is."""
    most: int
    """The best there is."""


@dataclass(eq=False)
class NotBillable(Conflict):
    """What did not take place, and will not, is not billed."""

    code = "NOT_BILLABLE"
    says = "The booking {booking_id} is {from_status}, so it cannot be billed."
    booking_id: str
    """The booking that cannot be billed."""
    from_status: str
    """The status it has."""


@dataclass(eq=False)
class AlreadyBilled(Conflict):
    """Another invoice bills the booking; void or credit that one first."""

    code = "ALREADY_BILLED"
    says = "The booking {booking_id} is billed by {invoice_id}. Void or credit that invoice first."
    booking_id: str
    """The booking that is billed."""
    invoice_id: str
    """The invoice that bills it."""
