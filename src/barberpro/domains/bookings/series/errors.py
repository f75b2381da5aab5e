"""What may stand in the way of a series, beside what stands in the way of one of its bookings."""

from dataclasses import dataclass

from barberpro.platform.errors import Conflict, Invalid, NotFound


@dataclass(eq=False)
class SeriesNotFound(NotFound):
    """No series of this organization has that id, or the caller may not see it."""

    code = "SERIES_NOT_FOUND"
    says = "There is no series {series_id}."
    series_id: str
    """The series asked for."""


@dataclass(eq=False)
class OccurrenceNotFound(NotFound):
    """No occurrence of the series has that id, or the caller may not see it."""

    code = "OCCURRENCE_NOT_FOUND"
    says = "There is no occurrence {occurrence_id}."
    occurrence_id: str
    """The occurrence asked for."""


@dataclass(eq=False)
class RuleInvalid(Invalid):
    """The rule is none of RFC 5545."""

    code = "RULE_INVALID"
    says = "The rule makes no sense at {part}. It is like FREQ=WEEKLY;BYDAY=TU;COUNT=10."
    part: str
    """The part of the rule that does not hold, or is missing."""


@dataclass(eq=False)
class RuleUnsupported(Invalid):
    """The rule is one of RFC 5545, with a part that series do not take."""

    code = "RULE_UNSUPPORTED"
    says = (
        "Series do not take this {part}. They take FREQ DAILY, WEEKLY or MONTHLY, INTERVAL, COUNT, UNTIL, BYDAY,"
        " BYMONTHDAY."
    )
    part: str
    """The part of the rule."""


@dataclass(eq=False)
class SeriesOutOfRange(Invalid):
    """A series has more or fewer occurrences, or lasts longer, than can be."""

    code = "SERIES_OUT_OF_RANGE"
    says = "{what} is from {least} to {most}; it is {given}."
    what: str
    """What is counted: `occurrences`, `days` from the first to the last, or the `minute` of the day."""
    least: int
    """The least there may be."""
    most: int
    """The most there may be."""
    given: int
    """What was given, or, of what takes too many days, the first number that is too high."""


@dataclass(eq=False)
class NothingFits(Conflict):
    """Not one of the occurrences could be booked."""

    code = "NOTHING_FITS"
    says = "None of the {count} occurrences can be booked."
    count: int
    """How many there are."""


@dataclass(eq=False)
class SeriesOver(Conflict):
    """Nothing of the series is still to come, from there on."""

    code = "SERIES_OVER"
    says = "Nothing is booked of the series from there on."
