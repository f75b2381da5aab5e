"""How a subscription is declared: whose changes it tells, which events they are, and which of these a caller wants.

    @subscription(
        Booking,
        kinds={BookingMade: BookingChangeKind.MADE, BookingMoved: BookingChangeKind.MOVED},
        scope="bookings:read",
    )
    def booking_changed(event: BookingMade | BookingMoved, *, location_id: strawberry.ID) -> bool:
        '''A booking of this location was made or moved.'''
        return event.location_id == location_id

It gives `BookingChanged { booking change occurredAt }`. Each event is an operation of its own, in a context of its
own: the row is read by the caller's door as it is then, and an event whose row the caller may not see is not told. What
is asked of it is answered like any query.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import Parameter, getdoc, signature
from typing import Any

import strawberry
from strawberry.types import Info

from barberpro.platform.broadcast import Happened, Wants
from barberpro.platform.events import Event

from .context import Context
from .fields import LOAD, takes
from .loads import ById, Fetched, Parents
from .mutations import slot_of
from .scopes import Scope
from .types import definition_of, table_of

EVENT_COST = 1
"""Of an event, beside what is asked of it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Feed(Fetched):
    """The declaration of a subscription."""

    kinds: Mapping[type[Event], enum.Enum]
    chosen: Callable[..., bool]
    """`chosen(event, **arguments)`: whether a caller with these arguments wants it."""
    about: Callable[..., str]
    """`about(event, **arguments)`: the id of the row that it is news of."""
    found: ById
    slot: str
    payload: type

    def wants(self, arguments: Mapping[str, Any]) -> Wants:
        """What a caller with these arguments wants; whether the caller may see it is not asked."""

        def wanted(event: Event) -> str | None:
            if type(event) in self.kinds and self.chosen(event, **arguments):
                return self.about(event, **arguments)
            return None

        return wanted

    async def shown(self, happened: Happened, context: Context) -> Any | None:
        """What the caller of this context is told; None where there is no such row for them."""
        event = happened.event
        (row,) = await self.found.by_ids([happened.about or event.subject], context)
        if row is None:
            return None
        facts = {"change": self.kinds[type(event)], "occurred_at": happened.at}
        return self.payload(**{self.slot: row, **facts})

    async def fetch(self, parents: Parents, context: Context, **arguments: Any) -> Sequence[Any]:
        return [context.told for _ in parents]


def _subject(event: Event, **_: Any) -> str:
    return event.subject


def subscription(
    subject: type,
    *,
    kinds: Mapping[type[Event], enum.Enum],
    scope: Scope,
    about: Callable[..., str] = _subject,
) -> Callable[[Any], Any]:
    """A subscription from `chosen(event, **arguments) -> bool`; `kinds` are the events it tells, and their names.

    What is shown is the `subject` whose id `about(event, **arguments)` gives: the event's own, where nothing is said.
    """

    def build(chosen: Any) -> Any:
        title = "".join(map(str.title, chosen.__name__.split("_")))
        slot, names = slot_of(subject), {type(kind) for kind in kinds.values()}
        (change,) = names
        load = Feed(
            kinds=kinds,
            chosen=chosen,
            about=about,
            found=ById(target=table_of(subject)),
            slot=slot,
            payload=_payload(title, slot, subject, change),
            scope=scope,
            cost=EVENT_COST,
        )

        async def resolve(root: Any, info: Info, **_: Any) -> Any:
            (told,) = await load.fetch([root], info.context)
            return told

        _, *given = signature(chosen, eval_str=True).parameters.values()
        takes(resolve, [each.replace(kind=Parameter.KEYWORD_ONLY) for each in given])
        return strawberry.field(
            resolver=resolve,
            description=getdoc(chosen),
            metadata={LOAD: load},
            graphql_type=load.payload,
        )

    return build


def _payload(title: str, slot: str, subject: type, change: type) -> type:
    name = definition_of(subject).name
    body = {
        "__annotations__": {slot: subject, "change": change, "occurred_at": datetime},
        slot: strawberry.field(description=f"The {name} as it is now."),
        "change": strawberry.field(
            description="What happened; of several changes since the last that was told, the latest."
        ),
        "occurred_at": strawberry.field(description="When it happened."),
    }
    return strawberry.type(
        type(title, (), body), description=f"A change, and the {name} it happened to."
    )
