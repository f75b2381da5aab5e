"""How a mutation is declared: what it gives, what it may raise, and what may not happen twice.

    @mutation(Booking, raises={SlotTaken: "startsAt"}, scope="bookings:write", idempotent=True)
    async def booking_create(tx: Transaction, input: BookingCreateInput) -> Row[Any]:
        '''Book a service with a provider.'''

Each root mutation field is one transaction, committed before its selection is read. A failure it declared becomes a
typed member of the payload's `errors`; the transaction is rolled back, and the refusal goes to the audit log by
itself. Anything else is a defect.
"""

import dataclasses
import enum
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from inspect import Parameter, getdoc, signature
from typing import Annotated, Any, ClassVar, Union, get_type_hints

import strawberry
from sqlalchemy import select
from strawberry.types import Info

from barberpro.platform.clock import iso
from barberpro.platform.doors import Transaction
from barberpro.platform.errors import Failure
from barberpro.platform.events import Event, publish
from barberpro.platform.idempotency import LONGEST, IdempotencyKeyReused, claim, keep

from .context import Context
from .docs import attribute_docs
from .errors import BadInput
from .fields import LOAD, takes
from .loads import Load
from .scopes import Scope
from .types import definition_of, table_of

InputPath = str | None
"""Where in the input a failure points, as in `"lines.0.quantity"`; None where it points nowhere.

A `*` stands for the failure's place in a list, as in `"items.*.providerId"`; of one that has no place, the path ends
before it.
"""
Foreseen = Mapping[type[Failure], InputPath]
"""What a mutation may raise, and what in the input each is about."""
MUTATION_COST = 10


@strawberry.interface(
    description="A foreseen reason why something was not done; its type carries the facts."
)
class UserError:
    code: str = strawberry.field(description="What happened, for programs. Never translated.")
    message: str = strawberry.field(
        description="What happened and what to do, for people, in the caller's language."
    )
    field: list[str] | None = strawberry.field(
        description="The path into the input that this is about, if any."
    )


@dataclass(frozen=True, kw_only=True)
class MutationRefused(Event):
    """A mutation was refused; what it had begun was rolled back."""

    type: ClassVar[str] = "mutation.refused"
    code: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Act(Load):
    """The declaration of a mutation."""

    name: str
    act: Callable[..., Awaitable[Any]]
    takes_context: bool
    slot: str
    result: type
    payload: type
    raises: Foreseen
    idempotent: bool

    async def perform(self, context: Context, given: Any) -> Any:
        """Run it for this caller: a payload with the result, or with what stood in the way."""
        key = given.idempotency_key if self.idempotent else None
        if key is not None and not 1 <= len(key) <= LONGEST:
            raise BadInput(f"`idempotencyKey` must have 1 to {LONGEST} characters.")
        try:
            async with context.transaction() as tx:
                row = await self._once(tx, key, given, *((context,) if self.takes_context else ()))
            context.revoked |= tx.revoked
            context.shown_once |= tx.shown_once
        except Failure as failure:
            if not isinstance(failure, tuple(self.raises)):
                raise  # a failure nobody declared is a defect of ours
            await self._note(context, failure)
            return self.payload(**{self.slot: None, "errors": [self.face(failure, context)]})
        finally:
            context.forget_batches()
        return self.payload(**{self.slot: row, "errors": []})

    async def _once(self, tx: Transaction, key: str | None, given: Any, *more: Context) -> Any:
        if key is None:
            return await self.act(tx, given, *more)
        earlier = await claim(tx, self.name, key, _plain(given))
        if earlier is not None:
            table = table_of(self.result)
            return await tx.row(select(table).where(table.c.id == earlier))
        row = await self.act(tx, given, *more)
        await keep(tx, self.name, key, row.id)
        return row

    async def _note(self, context: Context, failure: Failure) -> None:
        async with context.transaction() as tx:
            await publish(tx, MutationRefused(subject=self.name, code=failure.code))

    def face(self, failure: Failure, context: Context) -> Any:
        """What the caller sees of a failure: code, sentence, path into the input, facts."""
        kind = next(k for k in type(failure).__mro__ if k in self.raises)
        path = self.raises[kind]
        facts = failure.facts()
        return error_type(type(failure) if type(failure) in self.raises else kind)(
            code=failure.code,
            message=context.catalogue.message(failure, context.language),
            field=_at(path, failure.place) if path else None,
            **facts,
        )


def _at(path: str, place: int | None) -> list[str]:
    names = path.split(".")
    if place is None:
        return names[: names.index("*")] if "*" in names else names
    return [str(place) if name == "*" else name for name in names]


FACES: dict[type[Failure], type] = {}


def error_type(failure: type[Failure]) -> type:
    """The GraphQL type of a failure: its facts beside code, message and field."""
    if failure not in FACES:
        hints = get_type_hints(failure)
        facts = {
            f.name: strawberry.ID if f.name.endswith("_id") else hints[f.name]
            for f in dataclasses.fields(failure)
        }
        body: dict[str, Any] = {"__annotations__": facts, "__doc__": failure.__doc__}
        docs = attribute_docs(failure)
        for name in facts:
            body[name] = strawberry.field(description=docs.get(name))
        FACES[failure] = strawberry.type(
            type(failure.__name__, (UserError,), body), description=getdoc(failure)
        )
    return FACES[failure]


def mutation(
    result: type,
    *,
    raises: Foreseen,
    scope: Scope,
    idempotent: bool = False,
) -> Callable[[Any], Any]:
    """A mutation from `act(tx, input)`, or `act(tx, input, context)`, which returns a row of `result`."""

    def build(act: Any) -> Any:
        _, asked, *more = signature(act, eval_str=True).parameters.values()
        foreseen = {**raises, **({IdempotencyKeyReused: "idempotencyKey"} if idempotent else {})}
        title = "".join(map(str.title, act.__name__.split("_")))
        slot = slot_of(result)
        load = Act(
            name=act.__name__,
            act=act,
            takes_context=bool(more),
            slot=slot,
            result=result,
            payload=_payload(title, slot, result, tuple(foreseen)),
            raises=foreseen,
            idempotent=idempotent,
            scope=scope,
            cost=MUTATION_COST,
        )

        async def resolve(root: Any, info: Info, **given: Any) -> Any:
            return await load.perform(info.context, given["input"])

        takes(resolve, [asked.replace(kind=Parameter.KEYWORD_ONLY)])
        return strawberry.mutation(
            resolver=resolve,
            description=getdoc(act),
            metadata={LOAD: load},
            graphql_type=load.payload,
        )

    return build


def _payload(title: str, slot: str, result: type, failures: tuple[type[Failure], ...]) -> type:
    faces = Union[tuple(error_type(f) for f in failures)]  # noqa: UP007 - the members are known at run time
    member = strawberry.union(f"{title}Error", description=f"Why {title} was not done.")
    body = {
        "__annotations__": {slot: result | None, "errors": list[Annotated[faces, member]]},
        slot: strawberry.field(description="The result; null where there are errors."),
        "errors": strawberry.field(description="What stood in the way; empty where it was done."),
    }
    return strawberry.type(type(f"{title}Payload", (), body), description=f"What {title} gives.")


def slot_of(result: type) -> str:
    """What a payload calls a value of this type."""
    name = definition_of(result).name
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _plain(given: Any) -> Any:
    """An input as JSON-like values, the idempotency key left out: what must be the same in a repeated request."""
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        names = [f.name for f in dataclasses.fields(given) if f.name != "idempotency_key"]
        return {n: _plain(v) for n in names if (v := getattr(given, n)) is not strawberry.UNSET}
    if isinstance(given, list):
        return [_plain(v) for v in given]
    if isinstance(given, enum.Enum):
        return given.value
    return iso(given) if isinstance(given, datetime) else given
