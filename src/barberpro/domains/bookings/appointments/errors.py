"""What may stand in the way of an appointment, beside what stands in the way of one of its bookings."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class AppointmentNotFound(NotFound):
    """No appointment of this organization has that id, or the caller may not see it."""

    code = "APPOINTMENT_NOT_FOUND"
    says = "There is no appointment {appointment_id}."
    appointment_id: str
    """The appointment asked for."""


@dataclass(eq=False)
class AppointmentOutOfRange(Invalid):
    """An appointment has more or fewer services, guests or minutes between them than there can be."""

    code = "APPOINTMENT_OUT_OF_RANGE"
    says = "{what} is from {least} to {most}; it is {given}."
    what: str
    """Which: `items`, `guest` or `afterMinutes`."""
    least: int
    """The least there may be."""
    most: int
    """The most there may be."""
    given: int
    """What was given."""


@dataclass(eq=False)
class AppointmentOver(Conflict):
    """Nothing of the appointment is left of which this could be done."""

    code = "APPOINTMENT_OVER"
    says = "The appointment is {from_status}; nothing of it is left for that."
    from_status: str
    """The status it has."""
