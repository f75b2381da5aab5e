"""What is to be planned, as a document: read, checked, and refused with the place of each fault.

The README of `domains/bookings` describes the format with an example.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

DAY = 1440
LONGEST = 7 * DAY
"""Minutes an instance may span: a week."""
MOST_LOCATIONS, MOST_PROVIDERS, MOST_CHAIRS, MOST_REQUESTS = 200, 2_000, 4_000, 5_000
MOST_POINTS = 1_000_000

Name = Annotated[str, Field(min_length=1, max_length=80)]
Minute = Annotated[int, Field(ge=0, le=LONGEST)]
Span = Annotated[int, Field(ge=0, le=DAY)]
Points = Annotated[int, Field(ge=0, le=MOST_POINTS)]
Names = Annotated[tuple[Name, ...], Field(max_length=MOST_PROVIDERS)]


class InstanceRefused(ValueError):
    """The document is no instance; `faults` says where, each as `place: what is wrong there`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults[:10]))
        self.faults = faults


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )


class Location(_Part):
    """A shop and its chairs, by id."""

    id: Name
    chairs: Annotated[tuple[Name, ...], Field(max_length=200)]


class Shift(_Part):
    """Minutes `start` to `until` at one location. Shifts at several may overlap: a shared provider's choice."""

    location: Name
    start: Minute
    until: Minute

    @model_validator(mode="after")
    def forward(self) -> Self:
        if self.until <= self.start:
            raise ValueError("a shift ends after it starts")
        return self


class Provider(_Part):
    """Who works: the services known, and the shifts."""

    id: Name
    skills: Names
    shifts: Annotated[tuple[Shift, ...], Field(max_length=100)]


class Way(_Part):
    """Minutes between two locations, both ways. A pair without a way is not travelled within a day."""

    between: tuple[Name, Name]
    minutes: Span


class Place(_Part):
    """Who serves a request, where, and the minute at which the service starts."""

    provider: Name
    location: Name
    chair: Name
    at: Minute


class Request(_Part):
    """One visit that is wanted. Absent lists allow everyone; `value` defaults to the minutes of the service."""

    id: Name
    service: Name
    minutes: Annotated[int, Field(ge=1, le=DAY)]
    before: Span = 0
    after: Span = 0
    earliest: Minute
    latest: Minute
    """The service starts at `earliest` or later and has ended by `latest`; buffers may lie outside."""
    providers: Names | None = None
    locations: Names | None = None
    preferred_providers: Names = ()
    preferred_locations: Names = ()
    value: Points | None = None
    pinned: Place | None = None

    @model_validator(mode="after")
    def wide_enough(self) -> Self:
        if self.pinned is None and self.latest - self.earliest < self.minutes:
            raise ValueError(
                f"{self.minutes} minutes do not fit between {self.earliest} and {self.latest}"
            )
        if self.pinned is not None and self.pinned.at < self.before:
            raise ValueError("pinned so early that its buffer lies before the start")
        return self

    @property
    def points(self) -> int:
        """What accepting it is worth, preferences aside."""
        return self.minutes if self.value is None else self.value

    @property
    def occupied(self) -> int:
        """Minutes it takes of a provider and a chair, buffers included."""
        return self.before + self.minutes + self.after


class Policies(_Part):
    """How the chain wants its shops coordinated."""

    preferred_provider: Points = 15
    """Points for serving a request by a provider it prefers."""
    preferred_location: Points = 5
    """Points for serving a request at a location it prefers."""
    fairness: Points = 0
    """Points lost for each provider who is fully booked, growing with the square of the share booked."""
    max_travel_minutes: Span | None = None
    """The longest a provider may be on the way between locations in one day, all ways together."""
    min_rest_minutes: Span = 0
    """Free minutes between two visits of one provider."""


class Instance(_Part):
    """Everything a plan depends on. Minutes count from `start`, which is midnight where the shops are."""

    start: AwareDatetime
    step: Literal[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60] = 5
    """Minutes: services start on multiples of it, and every duration counts as the next multiple of it."""
    locations: Annotated[tuple[Location, ...], Field(max_length=MOST_LOCATIONS)]
    providers: Annotated[tuple[Provider, ...], Field(max_length=MOST_PROVIDERS)]
    travel: Annotated[tuple[Way, ...], Field(max_length=MOST_LOCATIONS**2 // 2)] = ()
    requests: Annotated[tuple[Request, ...], Field(max_length=MOST_REQUESTS)]
    policies: Policies = Policies()


def read(document: object) -> Instance:
    """The instance a JSON document describes. Raises `InstanceRefused`."""
    try:
        instance = Instance.model_validate(document)
    except ValidationError as error:
        raise InstanceRefused([_fault(each) for each in error.errors()]) from None
    if faults := _strangers(instance):
        raise InstanceRefused(faults)
    return instance


def written(instance: Instance) -> dict[str, Any]:
    """The document `read` understands, without what is left to its default."""
    return instance.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _fault(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "document"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _strangers(instance: Instance) -> list[str]:
    """Ids given twice, and names that no part of the document bears."""
    faults: list[str] = []
    chairs = [chair for location in instance.locations for chair in location.chairs]
    if len(chairs) > MOST_CHAIRS:
        faults.append(f"locations: {len(chairs)} chairs, at most {MOST_CHAIRS}")
    known = {
        "location": [each.id for each in instance.locations],
        "provider": [each.id for each in instance.providers],
        "request": [each.id for each in instance.requests],
        "chair": chairs,
    }
    for kind, ids in known.items():
        seen: set[str] = set()
        faults += [f"{kind} {each}: given twice" for each in ids if each in seen or seen.add(each)]
    sets = {kind: set(ids) for kind, ids in known.items()}

    def meet(place: str, kind: str, names: tuple[str, ...]) -> None:
        faults.extend(f"{place}: no {kind} {name}" for name in names if name not in sets[kind])

    for provider in instance.providers:
        places = tuple(shift.location for shift in provider.shifts)
        meet(f"provider {provider.id}.shifts", "location", places)
    for way in instance.travel:
        meet("travel", "location", way.between)
    homes = {chair: location.id for location in instance.locations for chair in location.chairs}
    for request in instance.requests:
        place = f"request {request.id}"
        meet(f"{place}.providers", "provider", request.providers or ())
        meet(f"{place}.locations", "location", request.locations or ())
        meet(f"{place}.preferredProviders", "provider", request.preferred_providers)
        meet(f"{place}.preferredLocations", "location", request.preferred_locations)
        if pinned := request.pinned:
            meet(f"{place}.pinned", "provider", (pinned.provider,))
            if homes.get(pinned.chair) != pinned.location:
                faults.append(
                    f"{place}.pinned: no chair {pinned.chair} at location {pinned.location}"
                )
    return faults
