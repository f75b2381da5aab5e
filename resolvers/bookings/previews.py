"""What would become of a series, in the graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import argument

from barberpro.domains.bookings.series import previewing
from barberpro.graph.context import Context
from barberpro.graph.fields import batched, computed
from barberpro.graph.types import Query, extends, input_type, value
from barberpro.platform.doors import Reader
from barberpro.platform.errors import Failure
from barberpro.platform.principal import worker

from .series import BookingSeriesPatternInput, pattern_of


@input_type
class BookingSeriesPreviewInput:
    """A series that might be booked."""

    location_id: strawberry.ID
    """Where."""
    provider_id: strawberry.ID
    """With whom."""
    service_id: strawberry.ID
    """What."""
    pattern: BookingSeriesPatternInput
    """When."""


def told(failure: Any, context: Context) -> str | None:
    """What is in the way, for people, in the caller's language; null where nothing is."""
    return None if failure is None else context.catalogue.message(failure, context.language)


@value
class PreviewedOccurrence:
    """One time of a series that might be booked."""

    number: int
    """Its place in the series, from 0."""
    starts_at: datetime
    """When it would begin."""
    is_skipped: bool
    """Whether it would be passed over, as the shop does not open that day."""
    code: str | None
    """The rule that refuses it, for programs; null where it could be booked or is passed over."""
    message: str | None = computed("failure", fn=told)


@value
class BookingSeriesPreview:
    """What would become of a series now. Nothing is booked or kept by it."""

    code: str | None
    """What keeps all of it from being booked, for programs; null where nothing does."""
    message: str | None = computed("failure", fn=told)
    occurrences: list[PreviewedOccurrence]
    """Each time of it in order, at most 104; none where all of it is refused."""


@dataclass(frozen=True)
class Shown:
    """A PreviewedOccurrence."""

    number: int
    starts_at: datetime
    is_skipped: bool
    code: str | None
    failure: Failure | None


@dataclass(frozen=True)
class ShownPreview:
    """A BookingSeriesPreview."""

    code: str | None
    failure: Failure | None
    occurrences: list[Shown]


PreviewInput = Annotated[BookingSeriesPreviewInput, argument(description="What might be booked.")]


async def booking_series_preview(
    parents: Sequence[Any], context: Context, input: PreviewInput
) -> list[ShownPreview]:
    """For each time of a series: whether it could be booked now, or the rule that refuses it."""
    try:
        found = await previewing.preview(
            location_id=input.location_id,
            provider_id=input.provider_id,
            service_id=input.service_id,
            pattern=pattern_of(input.pattern),
            skips_closed_days=input.pattern.skip_closed_days,
            read=context.kept,
            reader=Reader(context.database, worker(context.principal.tenant)),
            copies=context.copies,
            now=context.clock(),
        )
    except Failure as failure:
        return [ShownPreview(failure.code, failure, []) for _ in parents]
    shown = [
        Shown(
            each.number,
            each.starts_at,
            each.is_skipped,
            None if each.failure is None else each.failure.code,
            each.failure,
        )
        for each in found
    ]
    return [ShownPreview(None, None, shown) for _ in parents]


@extends(Query)
class SeriesPreviews:
    booking_series_preview: BookingSeriesPreview = batched(
        booking_series_preview, cost=50, scope="bookings:read"
    )
