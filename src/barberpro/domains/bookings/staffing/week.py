"""A location's week that is to be staffed, as a document: read, checked, and refused with the place of each fault.

The README of `domains/bookings` describes the format with an example.
"""

from itertools import pairwise
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

DAY = 1440
DAYS = 7
SLOT = 30
"""Minutes: people are asked for by the half hour, and shifts begin and end on one."""
MOST_PROVIDERS, MOST_TEMPLATES, MOST_DEMANDS = 60, 24, 140
MOST_NEEDED = 60
"""People of a kind in one half hour."""

Name = Annotated[str, Field(min_length=1, max_length=80)]
DayOfWeek = Annotated[int, Field(ge=0, lt=DAYS)]
MinuteOfDay = Annotated[int, Field(ge=0, le=DAY, multiple_of=SLOT)]
WorkMinutes = Annotated[int, Field(ge=0, le=DAYS * DAY)]


class WeekRefused(ValueError):
    """The document is no week; `faults` says where, each as `place: what is wrong there`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults[:10]))
        self.faults = faults


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )


class Demand(_Part):
    """People asked for in the half hours from `start` of a day on: anyone, or those who know `skill`."""

    day: DayOfWeek
    start: MinuteOfDay
    need: Annotated[
        tuple[Annotated[int, Field(ge=0, le=MOST_NEEDED)], ...],
        Field(min_length=1, max_length=DAY // SLOT),
    ]
    skill: Name | None = None

    @model_validator(mode="after")
    def within_the_day(self) -> Self:
        if self.start + SLOT * len(self.need) > DAY:
            raise ValueError("passes midnight")
        return self


class Template(_Part):
    """A shift someone may be given, from `start` to `until` of a day; on the `days` named, or on any."""

    id: Name
    start: MinuteOfDay
    until: MinuteOfDay
    days: Annotated[tuple[DayOfWeek, ...], Field(min_length=1, max_length=DAYS)] | None = None

    @model_validator(mode="after")
    def forward(self) -> Self:
        if self.until <= self.start:
            raise ValueError("a shift ends after it starts")
        return self

    @property
    def minutes(self) -> int:
        """How long it is."""
        return self.until - self.start


class Absence(_Part):
    """Minutes of the week in which someone cannot work."""

    start: Annotated[int, Field(ge=0, le=DAYS * DAY)]
    until: Annotated[int, Field(ge=0, le=DAYS * DAY)]

    @model_validator(mode="after")
    def forward(self) -> Self:
        if self.until <= self.start:
            raise ValueError("an absence ends after it starts")
        return self


class Provider(_Part):
    """Who may be given shifts, and what the contract and the week before leave of the limits."""

    id: Name
    skills: Annotated[tuple[Name, ...], Field(max_length=500)] = ()
    absent: Annotated[tuple[Absence, ...], Field(max_length=100)] = ()
    most_minutes: WorkMinutes | None = None
    """In this week, where the contract says less than the rules."""
    last_until: Annotated[int, Field(ge=-DAYS * DAY, le=0)] | None = None
    """When the last shift before this week ended, in minutes before its start, so 0 or less."""
    days_in_a_row: Annotated[int, Field(ge=0, le=31)] = 0
    """Days worked without one off, up to the start of this week."""

    @property
    def shares_alike(self) -> bool:
        """On the terms of everyone: never away, and no contract for less."""
        return not self.absent and self.most_minutes is None


class Rules(_Part):
    """What the law and the chain ask of everyone's week."""

    most_minutes: WorkMinutes = 48 * 60
    rest_minutes: Annotated[int, Field(ge=0, le=DAY)] = 12 * 60
    """Between the end of one shift and the start of the next."""
    most_days_in_a_row: Annotated[int, Field(ge=1, le=31)] = 6


class Week(_Part):
    """Everything a staffing depends on. Day 0 is the first of the week, minutes are those of the shop's wall clock."""

    demand: Annotated[tuple[Demand, ...], Field(max_length=MOST_DEMANDS)]
    templates: Annotated[tuple[Template, ...], Field(min_length=1, max_length=MOST_TEMPLATES)]
    providers: Annotated[tuple[Provider, ...], Field(min_length=1, max_length=MOST_PROVIDERS)]
    rules: Rules = Rules()


def read(document: object) -> Week:
    """The week a JSON document describes. Raises `WeekRefused`."""
    try:
        week = Week.model_validate(document)
    except ValidationError as error:
        raise WeekRefused([_fault(each) for each in error.errors()]) from None
    if faults := _twice(week):
        raise WeekRefused(faults)
    return week


def written(week: Week) -> dict[str, Any]:
    """The document `read` understands, without what is left to its default."""
    return week.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _fault(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "document"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _twice(week: Week) -> list[str]:
    """Ids given twice, and half hours for which one kind of people is asked twice."""
    faults: list[str] = []
    for kind, ids in (
        ("template", [each.id for each in week.templates]),
        ("provider", [each.id for each in week.providers]),
    ):
        faults += [f"{kind} {one}: given twice" for one, two in pairwise(sorted(ids)) if one == two]
    asked: set[tuple[int, int, str | None]] = set()
    for number, demand in enumerate(week.demand):
        for step in range(len(demand.need)):
            key = (demand.day, demand.start + SLOT * step, demand.skill)
            if key in asked:
                faults.append(f"demand.{number}: minute {key[1]} of day {key[0]} is asked twice")
                break
            asked.add(key)
    return faults
