"""What a field's declaration says about where its values come from.

A load answers for *all* parents of a level at once, in parent order, with a statement that it builds once. graphql-core
reaches it through a batch per field and place in the document (`fields.py`); the compiled executor reads the same
declarations and the same statement builders.
"""

import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, select

from barberpro.platform import ids
from barberpro.platform.sets import among, key_set
from barberpro.platform.tables import Instant

from .choices import Ordering, Sort, condition, conditions
from .connections import Page
from .context import Context, Rows
from .paging import (
    PARENT,
    Link,
    all_per_parent,
    count_of_all,
    count_per_parent,
    holding,
    page_of_all,
    page_per_parent,
    rows_of_keys,
)
from .scopes import Scope
from .wanted import Wanted, whole

Parents = Sequence[Any]
BatchFunction = Callable[..., Awaitable[Sequence[Any]]]

INHERITED = "(the type's)"
"""A field that states no scope has its type's."""
PUBLIC = ""
"""The scope of what anybody may see who has a valid token."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Load:
    """Base of all declarations."""

    scope: Scope = INHERITED
    cost: int | None = None
    """Stated where the kind does not give it: batched functions, and computed values that ask elsewhere."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Fetched(Load):
    """A declaration that is answered for a whole level at once."""

    # No ABC: whether a load is one of these is asked for each field of each request, and ABCs answer slowly.

    async def fetch(self, parents: Parents, context: Context, **arguments: Any) -> Sequence[Any]:
        """The field's value for every parent, in their order."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False, kw_only=True)
class Computed(Load):
    """A value made from columns of the parent's own row. `fn` may take the context as a keyword."""

    columns: tuple[str, ...]
    fn: Callable[..., Any]

    @cached_property
    def takes_context(self) -> bool:
        return "context" in inspect.signature(self.fn).parameters

    def value(self, parent: Any, context: Context) -> Any:
        cells = [getattr(parent, name) for name in self.columns]
        return self.fn(*cells, context=context) if self.takes_context else self.fn(*cells)


@dataclass(frozen=True, eq=False, kw_only=True)
class OfRows(Fetched):
    """A declaration that is answered with rows of one table: whole ones, or what is `wanted` of them."""

    target: Table

    @cached_property
    def whole(self) -> Wanted:
        return whole(self.target)


@dataclass(frozen=True, eq=False, kw_only=True)
class One(OfRows):
    """The row that `local` of each parent points at."""

    local: str
    remote: Column[Any]
    apart: str = ""
    """Why it is never joined to its parents, where that is so."""

    async def fetch(
        self, parents: Parents, context: Context, *, wanted: Wanted | None = None, **arguments: Any
    ) -> list[Any]:
        return await self.by_keys([getattr(p, self.local) for p in parents], context, wanted=wanted)

    async def by_keys(
        self, keys: Sequence[Any], context: Context, wanted: Wanted | None = None
    ) -> list[Any]:
        """The rows behind these keys, in their order; None where there is none the caller may see."""
        wanted = wanted or self.whole
        statement = wanted.kept("one", lambda: rows_of_keys(wanted, self.remote))
        asked = sorted({k for k in keys if k is not None})
        rows = await context.kept(statement, {"keys": asked}) if asked else []
        found = {getattr(row, self.remote.name): row for row in rows}
        return [found.get(k) for k in keys]


@dataclass(frozen=True, eq=False, kw_only=True)
class Many(OfRows):
    """All rows of each parent, for lists that stay short: `size` is how many to expect, for the cost."""

    link: Link
    order: tuple[ColumnElement[Any], ...]
    size: int

    async def fetch(
        self, parents: Parents, context: Context, *, wanted: Wanted | None = None, **arguments: Any
    ) -> list[Any]:
        wanted = wanted or self.whole
        order = (*self.order, self.target.c.id)
        statement = wanted.kept("many", lambda: all_per_parent(wanted, self.link, order))
        rows = await context.kept(statement, {"keys": sorted({p.id for p in parents})})
        groups = _grouped(rows)
        return [groups[p.id] for p in parents]


@dataclass(frozen=True, eq=False, kw_only=True)
class Expression(Fetched):
    """A scalar in SQL over the parent's own row."""

    table: Table
    sql: ColumnElement[Any]

    @cached_property
    def statement(self) -> Select[Any, Any]:
        id_ = self.table.c.id
        return select(id_.label(PARENT), self.sql.label("value")).where(among(id_, key_set("keys")))

    async def fetch(self, parents: Parents, context: Context, **arguments: Any) -> list[Any]:
        rows = await context.kept(self.statement, {"keys": sorted({p.id for p in parents})})
        found = {row.parent_key: row.value for row in rows}
        return [found.get(p.id) for p in parents]


@dataclass(frozen=True, eq=False, kw_only=True)
class Batched(Fetched):
    """`fn(parents, context, **arguments)`: anything a domain can answer for all parents at once."""

    fn: BatchFunction
    needs: tuple[str, ...] | None = None
    """The columns of the parents that it reads; None where it may read any."""
    size: int | None = None
    """How many values to expect, for the cost: stated by a list of objects that no argument sizes."""

    async def fetch(self, parents: Parents, context: Context, **arguments: Any) -> Sequence[Any]:
        values = await self.fn(parents, context, **arguments)
        if len(values) != len(parents):
            raise ValueError(
                f"{self.fn.__name__} gave {len(values)} values for {len(parents)} parents"
            )
        return values


@dataclass(frozen=True, eq=False, kw_only=True)
class Told(Load):
    """A field of a type that another service owns: it stands in that service's answer, under its response key."""

    takes: Callable[..., Any] | None = None
    """Its arguments, as the signature of a function."""
    size: int | None = None
    """How many values to expect, for the cost: stated by a list that no argument sizes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ById(OfRows):
    """At the root: the row with this id, or None. An id of another type or tenant is simply not found."""

    async def fetch(
        self, parents: Parents, context: Context, *, wanted: Wanted | None = None, **arguments: Any
    ) -> list[Any]:
        rows = await self.by_ids([arguments["id"]], context, wanted=wanted)
        return [rows[0] for _ in parents]

    async def by_ids(
        self, asked: Sequence[str], context: Context, wanted: Wanted | None = None
    ) -> list[Any]:
        wanted = wanted or self.whole
        statement = wanted.kept("by id", lambda: rows_of_keys(wanted, self.target.c.id))
        known = sorted({i for i in asked if ids.prefix_of(i) == self.target.info["prefix"]})
        rows = await context.kept(statement, {"keys": known}) if known else []
        found = {row.id: row for row in rows}
        return [found.get(i) for i in asked]


@dataclass(frozen=True, eq=False, kw_only=True)
class Pages(OfRows):
    """A connection: a page of the whole table at the root, or one for each parent."""

    name: str
    """What cursors are bound to."""
    ordering: Ordering
    filter: type | None = None
    link: Link | None = None
    where: tuple[ColumnElement[bool], ...] = ()
    """Conditions that always hold."""

    async def fetch(
        self, parents: Parents, context: Context, *, wanted: Wanted | None = None, **arguments: Any
    ) -> list[Page]:
        first, after = arguments["first"], arguments.get("after")
        sort = self.ordering.sort(arguments.get("order_by"))
        chosen = conditions(self.filter, arguments.get("filter")) if self.filter else {}
        values = {f"f_{name}": value for name, value in chosen.items()}
        values["page_limit"] = first + 1
        if after is not None:
            values["after_key"], values["after_id"] = self._past(context, sort, after)
        shape = context.dialect, sort, frozenset(chosen)
        statement = self.statement(wanted or self.whole, *shape, after=after is not None)
        if self.link is None:
            pages = {None: await context.kept(statement, values)}
            owners: list[Any] = [None] * len(parents)
        else:
            owners = [p.id for p in parents]
            pages = _grouped(await context.kept(statement, values | {"keys": sorted(set(owners))}))
        return [
            Page(rows[:first], len(rows) > first, after, sort, context.cursors, self, owner, chosen)
            for owner in owners
            for rows in [pages[owner]]
        ]

    def statement(
        self, wanted: Wanted, dialect: str, sort: Sort, members: frozenset[str], *, after: bool
    ) -> Select[*tuple[Any, ...]]:
        """The page's statement in this shape."""

        def made() -> Select[*tuple[Any, ...]]:
            where = self._where(members)
            if self.link is None:
                return page_of_all(wanted, sort, where, after=after)
            return page_per_parent(dialect, wanted, self.link, sort, where, after=after)

        return wanted.kept((dialect, sort.name, members, after), made)

    async def totals(self, pages: Sequence[Page], context: Context) -> list[int]:
        """How many items the lists have that these pages came from; one statement for all."""
        chosen: Mapping[str, Any] = pages[0].chosen
        values: dict[str, Any] = {f"f_{name}": value for name, value in chosen.items()}
        if self.link is not None:
            values["keys"] = sorted({p.parent for p in pages})
        statement = self._counting(frozenset(chosen))
        found = {row.parent_key: row.total for row in await context.kept(statement, values)}
        return [found.get(p.parent or "", 0) for p in pages]

    def _counting(self, members: frozenset[str]) -> Select[*tuple[Any, ...]]:
        def made() -> Select[*tuple[Any, ...]]:
            where = self._where(members)
            if self.link is None:
                return count_of_all(self.target, where)
            return count_per_parent(self.target, self.link, where)

        return self.whole.kept(("count", members), made)

    def _where(self, members: frozenset[str]) -> list[ColumnElement[bool]]:
        given = {name: condition(self.filter, name) for name in members} if self.filter else {}
        return [*self.where, *holding(given)]

    def _past(self, context: Context, sort: Sort, after: str) -> list[Any]:
        key, id_ = context.cursors.read(self.name, sort.name, after)
        moment = isinstance(sort.column.type, Instant)
        return [datetime.fromisoformat(key) if moment else key, id_]


def _grouped(rows: Rows) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row[-1]].append(row)  # its parent's id
    return groups
