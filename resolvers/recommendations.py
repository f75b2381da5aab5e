"""What is recommended to customers, in the graph."""

import enum
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.recommendations import service, tables
from barberpro.domains.recommendations.reasons import Code, sentence
from barberpro.graph.context import Context
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import batched, computed, one
from barberpro.graph.types import enumeration, extends, value

from .catalogue import Service
from .locations import Location
from .people import Customer, Provider

OF_A_SERVICE = {Code.OWN_HABIT, Code.BOOKED_BEFORE, Code.DUE, Code.GOES_WITH}
"""Reasons that cite a customer's bookings of a service, wherever they were."""


@enumeration
class RecommendationSource(enum.Enum):
    """Where a recommendation comes from: the part that gave most to its score."""

    REPEAT = "REPEAT"
    """The customer's own habit."""
    COLLABORATIVE = "COLLABORATIVE"
    """What the customer books goes with it, by the bookings of others."""
    POPULAR = "POPULAR"
    """Others book it, there or everywhere."""


@enumeration
class RecommendationReasonCode(enum.Enum):
    """What speaks for a recommendation."""

    OWN_HABIT = "OWN_HABIT"
    """The customer books it regularly; the text says every how many days, and how long ago the last time was."""
    BOOKED_BEFORE = "BOOKED_BEFORE"
    """The customer has booked it, too seldom yet to speak of a habit; the text says how often."""
    DUE = "DUE"
    """By that habit it is about time."""
    GOES_WITH = "GOES_WITH"
    """It is often booked by those who book another service of this customer's; the text names that service."""
    USUAL_PROVIDER = "USUAL_PROVIDER"
    """The customer is with that provider more often than not."""
    POPULAR_HERE = "POPULAR_HERE"
    """It is among the most booked services of the location."""
    POPULAR_EVERYWHERE = "POPULAR_EVERYWHERE"
    """It is among the most booked services of the organization."""


@dataclass(frozen=True)
class Told:
    """A reason's code, and its sentence in the caller's language."""

    code: str
    text: str


@dataclass(frozen=True)
class Suggestion:
    """One recommendation, of either table, at its place among what the caller may see."""

    rank: int
    row: Any
    """Of the table it was kept in."""
    source: str
    reasons: Sequence[Mapping[str, Any]]
    confidence: float | None = None
    predicted_rating: float | None = None
    provider_id: str | None = None
    companion: str | None = None

    @property
    def score(self) -> float:
        return self.row.score

    @property
    def model_version(self) -> str:
        return self.row.model_version_id

    @property
    def service_id(self) -> str:
        return self.row.service_id

    @property
    def location_id(self) -> str | None:
        return self.row.location_id


def told(reasons: Any, companion: str | None, context: Context) -> list[Told]:
    """Why, the weightiest reason first. Without the bookings it speaks of, the score would be lower."""
    now, language = context.clock(), context.language
    return [
        Told(each["code"], sentence(each, language, companion=companion, now=now))
        for each in reasons
    ]


@value
class RecommendationReason:
    """One thing that speaks for a recommendation."""

    code: RecommendationReasonCode
    """What it is, for programs."""
    text: str
    """The same for people, in the caller's language."""


@value
class Recommendation:
    """
    A service worth offering to a customer, and with whom and where.

    A caller limited to locations is told reasons that cite the customer's bookings of a service only where all these
    were at the recommendation's location, `confidence` only where there are such reasons and all are told, and
    POPULAR_EVERYWHERE never: `reasons` may be empty.
    """

    rank: int
    """Its place among the customer's recommendations, from 1."""
    score: float
    """What the order is by; it compares within one answer and means nothing beyond."""
    confidence: float | None
    """
    The chance, from 0 to 1, that the customer books this service with this provider within 60 days of the training,
    calibrated on what came of earlier recommendations. Null where that could not be shown to hold, and for what is
    merely popular.
    """
    source: RecommendationSource
    """The part that gave most to the score."""
    predicted_rating: float | None
    """The stars, from 1 to 5, the customer would give this provider; null where too few were given to tell."""
    model_version: strawberry.ID
    """The version of the model that says so."""
    reasons: list[RecommendationReason] = computed("reasons", "companion", fn=told)
    service: Service = one(tables.recommendations.c.service_id, scope="catalogue:read")
    """What."""
    provider: Provider | None = one(tables.recommendations.c.provider_id, scope="people:read")
    """With whom; null where nothing is known of whom the customer likes."""
    location: Location | None = one(tables.recommendations.c.location_id, scope="locations:read")
    """Where; null where nothing is known of where the customer goes."""


First = Annotated[
    int, strawberry.argument(description="How many at most, the best first: 1 to 10.")
]


async def recommendations(
    parents: Any, context: Context, first: First = 5
) -> list[list[Suggestion]]:
    """
    What to offer the customer next, the best first, of what can be booked today at locations the caller may see.

    Where the model has none of these for the customer, because they had not booked before it was trained or because
    none can be booked or seen any more, what is popular at their home location, or, where too little was booked there
    to tell, everywhere; a caller limited to locations is not told the latter. Empty until a model is in use.
    """
    if not 1 <= first <= service.MOST:
        raise BadInput(
            f"`recommendations(first:)` must be from 1 to {service.MOST}; it is {first}."
        )
    asked = sorted({p.id for p in parents})
    rows = await context.rows(service.personal(), {"customers": asked})
    is_limited = context.principal.locations is not None
    known: dict[str, list[Suggestion]] = defaultdict(list)
    for row in rows:
        known[row.customer_id].append(_personal(len(known[row.customer_id]) + 1, row, is_limited))
    strangers = [p for p in parents if p.id not in known]
    if not strangers:
        return [known[p.id][:first] for p in parents]
    homes = sorted({p.home_location_id for p in strangers if p.home_location_id})
    popular: dict[str | None, list[Suggestion]] = defaultdict(list)
    for row in await context.rows(service.popular(), {"locations": homes}):
        popular[row.location_id].append(_popular(len(popular[row.location_id]) + 1, row))
    chosen = [known.get(p.id) or popular.get(p.home_location_id) or popular[None] for p in parents]
    return [some[:first] for some in chosen]


@extends(Customer)
class CustomerRecommendations:
    recommendations: list[Recommendation] = batched(
        recommendations, cost=20, scope="recommendations:read"
    )


def _personal(rank: int, row: Row[Any], is_limited: bool) -> Suggestion:
    cited = [each for each in row.reasons if each["code"] in OF_A_SERVICE]
    is_told = not is_limited or (cited != [] and all(each.get("local") for each in cited))
    return Suggestion(
        rank=rank,
        row=row,
        source=row.source,
        reasons=[each for each in row.reasons if not is_limited or _is_for_limited(each)],
        confidence=row.confidence if is_told else None,
        predicted_rating=row.predicted_rating,
        provider_id=row.provider_id,
        companion=row.companion,
    )


def _is_for_limited(reason: Mapping[str, Any]) -> bool:
    """Whether a caller limited to the recommendation's location may be told: rows of old versions do not say."""
    if reason["code"] in OF_A_SERVICE:
        return reason.get("local") is True
    return reason["code"] != Code.POPULAR_EVERYWHERE


def _popular(rank: int, row: Row[Any]) -> Suggestion:
    code = Code.POPULAR_HERE if row.location_id else Code.POPULAR_EVERYWHERE
    return Suggestion(
        rank=rank,
        row=row,
        source=RecommendationSource.POPULAR.value,
        reasons=[{"code": code}],
    )
