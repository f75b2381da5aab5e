"""The idiom of resolver modules: what a field is, said in one word.

    chairs: list[Chair] = many(tables.chairs.c.location_id, size=10)
    provider: Provider = one(tables.bookings.c.provider_id)
    bookings: Connection[Booking] = connection(tables.bookings.c.location_id, ordering=BookingOrder)
    chair_count: int = batched(chair_count, cost=1)

A plain annotation is a column of the same name. Each word records a `Load` on the Strawberry field and makes the
field's resolver for graphql-core from it.
"""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from inspect import Parameter, signature
from typing import Any, Generic, TypeVar

import strawberry
from sqlalchemy import Column, ColumnElement, Table
from strawberry.types import Info

from .choices import Ordering
from .connections import Edge, Page, PageInfo
from .context import Context
from .loads import (
    INHERITED,
    PUBLIC,
    Batched,
    BatchFunction,
    ById,
    Computed,
    Expression,
    Fetched,
    Load,
    Many,
    One,
    Pages,
)
from .paging import Link
from .scopes import Scope

T = TypeVar("T")
LOAD = "load"
DEFAULT_PAGE = 20


def load_of(field: Any) -> Load | None:
    """The declaration a Strawberry field was made from; None for a plain column."""
    return field.metadata.get(LOAD)


def computed(
    *columns: str, fn: Callable[..., Any], scope: Scope = INHERITED, cost: int | None = 0
) -> Any:
    """`fn(*columns)` over the parent's own row. Give a cost where `fn` asks elsewhere."""
    load = Computed(columns=columns, fn=fn, scope=scope, cost=cost)

    def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        return load.value(root, info.context)

    return _field(resolve, load, inspect.getdoc(fn))


def one(foreign_key: Column[Any], *, scope: Scope = INHERITED, apart: str = "") -> Any:
    """The row that `foreign_key` of the parent points at.

    The compiled executor joins it to its parents where that spares a statement; `apart` says why it should not.
    """
    remote = _target_of(foreign_key)
    load = One(local=foreign_key.name, remote=remote, target=remote.table, apart=apart, scope=scope)

    async def resolve(root: strawberry.Parent[Any], info: Info) -> Any:
        key = getattr(root, load.local)
        if key is None:
            return None
        context: Context = info.context
        by_keys = partial(load.by_keys, context=context)
        return await context.batch(_place(info, load), by_keys, cache=True).load(key)

    return _field(resolve, load)


def many(
    foreign_key: Column[Any],
    *,
    size: int,
    order: Iterable[ColumnElement[Any]] = (),
    through: Column[Any] | None = None,
    scope: Scope = INHERITED,
) -> Any:
    """All rows whose `foreign_key` points at the parent; `size` is how many to expect.

    `through` is the column of a link table that points at the rows, where `foreign_key` is that table's too.
    """
    target = _table(through) if through is not None else foreign_key.table
    link = Link(foreign_key, through)
    return _batch_field(Many(target=target, link=link, order=tuple(order), size=size, scope=scope))


def expression(
    table: Table, sql: ColumnElement[Any], *, scope: Scope = INHERITED, cost: int | None = 0
) -> Any:
    """A scalar in SQL over the parent's own row of `table`."""
    return _batch_field(Expression(table=table, sql=sql, scope=scope, cost=cost))


def batched(
    fn: BatchFunction,
    *,
    cost: int | None = None,
    size: int | None = None,
    scope: Scope = INHERITED,
    needs: Iterable[str] | None = None,
) -> Any:
    """Answered for every parent at once by `fn(parents, context, **arguments)`.

    A list of objects is as long as `first` or `ids` ask; without either, `size` is how many to expect. `needs` are the
    columns of the parents that it reads; without, the compiled executor fetches all of them.
    """
    arguments = list(signature(fn, eval_str=True).parameters.values())[2:]
    read = None if needs is None else tuple(needs)
    load = Batched(fn=fn, scope=scope, cost=cost, needs=read, size=size)
    return _batch_field(load, arguments, inspect.getdoc(fn))


def by_id(table: Table, *, scope: Scope = INHERITED) -> Any:
    """At the root: one row by its id, or null."""
    argument = Parameter("id", Parameter.KEYWORD_ONLY, annotation=strawberry.ID)
    return _batch_field(ById(target=table, scope=scope), [argument])


def connection(
    foreign_key: Column[Any],
    *,
    ordering: Ordering,
    filter: type | None = None,
    through: Column[Any] | None = None,
    where: Iterable[ColumnElement[bool]] = (),
    scope: Scope = INHERITED,
) -> Any:
    """A page of the rows whose `foreign_key` points at the parent."""
    target = _table(through) if through is not None else foreign_key.table
    return _pages(
        str(foreign_key), target, ordering, filter, Link(foreign_key, through), where, scope
    )


def page(
    table: Table,
    *,
    ordering: Ordering,
    filter: type | None = None,
    where: Iterable[ColumnElement[bool]] = (),
    scope: Scope = INHERITED,
) -> Any:
    """At the root: a page of all rows of `table` that the caller may see."""
    return _pages(table.name, table, ordering, filter, None, where, scope)


def _pages(
    name: str,
    target: Any,
    ordering: Ordering,
    filter: type | None,
    link: Link | None,
    where: Iterable[ColumnElement[bool]],
    scope: Scope,
) -> Any:
    load = Pages(
        name=name,
        target=target,
        ordering=ordering,
        filter=filter,
        link=link,
        where=tuple(where),
        scope=scope,
    )
    given: list[tuple[str, Any, Any]] = [
        ("first", int, DEFAULT_PAGE),
        ("after", str | None, strawberry.UNSET),
        ("order_by", ordering.input | None, strawberry.UNSET),
        *([("filter", filter | None, strawberry.UNSET)] if filter else []),
    ]
    return _batch_field(
        load, [Parameter(n, Parameter.KEYWORD_ONLY, annotation=a, default=d) for n, a, d in given]
    )


def _batch_field(
    load: Fetched, arguments: Iterable[Parameter] = (), description: str | None = None
) -> Any:
    async def resolve(root: Any, info: Info, **given: Any) -> Any:
        context: Context = info.context
        level = partial(load.fetch, context=context, **given)
        if root is None:  # the query's root: a level of one
            return (await level([None]))[0]
        return await context.batch(_place(info, load), level, cache=False).load(root)

    takes(resolve, arguments)
    return _field(resolve, load, description)


def _field(resolve: Any, load: Load, description: str | None = None) -> Any:
    return strawberry.field(resolver=resolve, description=description, metadata={LOAD: load})


def _place(info: Info, load: Load) -> Any:
    """A field at one place in the document: what shares a batch."""
    return load, id(info._raw_info.field_nodes[0])


def takes(resolve: Any, arguments: Iterable[Parameter]) -> None:
    """Tell Strawberry which arguments a generic resolver stands for."""
    plain = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind)
        for name, kind in (("root", Any), ("info", Info))
    ]
    named = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in arguments]
    resolve.__signature__ = signature(resolve).replace(parameters=plain + named)
    resolve.__annotations__ = {p.name: p.annotation for p in plain + named}


def _target_of(foreign_key: Column[Any]) -> Column[Any]:
    (target,) = foreign_key.foreign_keys
    return target.column


def _table(column: Column[Any]) -> Any:
    return _target_of(column).table


async def total_count(pages: Sequence[Page], context: Context) -> Sequence[int]:
    """How many items the whole list has. Counted only when asked for, with one more statement."""
    # A fragment spread under several connections brings pages of different lists into one batch.
    groups: dict[Any, list[int]] = defaultdict(list)
    for at, page_of in enumerate(pages):
        groups[id(page_of.source), repr(sorted((page_of.chosen or {}).items()))].append(at)
    found: dict[int, int] = {}
    for places in groups.values():
        alike = [pages[at] for at in places]
        found |= dict(zip(places, await alike[0].source.totals(alike, context), strict=True))
    return [found[at] for at in range(len(pages))]


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")
    total_count: int = batched(total_count, cost=1, scope=PUBLIC)


__all__ = [
    "LOAD",
    "PUBLIC",
    "Connection",
    "Page",
    "batched",
    "by_id",
    "computed",
    "connection",
    "expression",
    "load_of",
    "many",
    "one",
    "page",
]
