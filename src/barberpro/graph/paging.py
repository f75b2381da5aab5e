"""Statements that page: one for a whole list, or one for the pages of all parents of a level.

Per parent, PostgreSQL takes a lateral join over the keys; SQLite, which has none, takes the ids of each page from a
correlated subquery. Both walk the index once a parent, however many rows the parent has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Join,
    Select,
    Table,
    Text,
    bindparam,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles

from barberpro.platform.sets import among, each, key_set

from .choices import Condition, Sort
from .wanted import Wanted


class InThisOrder(Join):
    """A join whose left side SQLite reads first, as CROSS JOIN tells it.

    Left to itself it may read every row of the tenant and ask for each whether it is on one of the pages.
    """

    inherit_cache = True


@compiles(InThisOrder)
def _(join: Any, compiler: Any, **kw: Any) -> str:
    # Without the linter of cartesian products: it does not see that ON ties the two together.
    asked = {**kw, "asfrom": True, "from_linter": None}
    left, right = (compiler.process(side, **asked) for side in (join.left, join.right))
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause)}"


PARENT = "parent_key"
LIMIT = bindparam("page_limit", type_=Integer)


@dataclass(frozen=True)
class Link:
    """How a target row belongs to its parent: by a column of its own, or of a link table between the two."""

    parent: Column[Any]
    """The column that holds the parent's id."""
    target: Column[Any] | None = None
    """Where a link table stands between: its column that holds the target's id."""


def rows_of_keys(wanted: Wanted, column: Column[Any]) -> Select[Any]:
    """The rows whose `column` is one of `keys`."""
    cells, source = wanted.read(wanted.table, wanted.table)
    return select(*cells).select_from(source).where(among(column, key_set("keys")))


def page_of_all(
    wanted: Wanted, sort: Sort, where: Sequence[ColumnElement[bool]], *, after: bool
) -> Select[Any]:
    """A page of the whole table."""
    target = wanted.table
    if wanted.joins:
        shown: list[ColumnElement[Any]] = [target.c[n] for n in wanted.names(sort.column.name)]
    else:
        shown, _ = wanted.read(target, target, sort.column.name)
    found = select(*shown).where(*where)
    found = found.where(_beyond(target, sort)) if after else found
    found = found.order_by(*sort.clauses(target)).limit(LIMIT)
    if not wanted.joins:
        return found
    page = found.subquery("page")  # so that the page is cut before anything is joined to it
    cells, source = wanted.read(page, page, sort.column.name)
    return select(*cells).select_from(source).order_by(*sort.clauses(page))


def page_per_parent(
    dialect: str,
    wanted: Wanted,
    link: Link,
    sort: Sort,
    where: Sequence[ColumnElement[bool]],
    *,
    after: bool,
) -> Select[Any]:
    """A page for each of `keys`, ordered within each; `parent_key` says whose."""
    keys, target = each(key_set("keys")), wanted.table
    if dialect == "sqlite":
        ids = _of_parent(select(target.c.id), target, link, keys, where)
        ids = ids.where(_beyond(target, sort)) if after else ids
        inner = target.alias("page")
        page = ids.order_by(*sort.clauses(target)).limit(LIMIT).correlate(keys)
        joined: Join = InThisOrder(keys, inner, inner.c.id.in_(page))
    else:
        names = wanted.names(sort.column.name)
        columns = (target.c[name] for name in names)
        rows = _of_parent(select(*columns), target, link, keys, where)
        rows = rows.where(_beyond(target, sort)) if after else rows
        inner = rows.order_by(*sort.clauses(target)).limit(LIMIT).correlate(keys).lateral("page")
        joined = keys.join(inner, true())
    cells, source = wanted.read(inner, joined, sort.column.name)
    parent = keys.c.value.label(PARENT)
    return select(*cells, parent).select_from(source).order_by(*sort.clauses(inner))


def all_per_parent(wanted: Wanted, link: Link, order: Sequence[ColumnElement[Any]]) -> Select[Any]:
    """Every row of each of `keys`."""
    cells, source = wanted.read(wanted.table, _linked(wanted.table, link))
    found = select(*cells, link.parent.label(PARENT)).select_from(source)
    return found.where(among(link.parent, key_set("keys"))).order_by(*order)


def count_per_parent(
    target: Table, link: Link, where: Sequence[ColumnElement[bool]]
) -> Select[Any, int]:
    """How many rows each of `keys` has; those with none are absent."""
    counted = select(link.parent.label(PARENT), func.count().label("total"))
    found = counted.select_from(_linked(target, link)).where(
        among(link.parent, key_set("keys")), *where
    )
    return found.group_by(link.parent)


def count_of_all(target: Table, where: Sequence[ColumnElement[bool]]) -> Select[Any, int]:
    """How many rows there are, in one row."""
    return select(literal("", Text).label(PARENT), func.count(target.c.id).label("total")).where(
        *where
    )


def _of_parent(
    rows: Select[Any], target: Table, link: Link, keys: Any, where: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    return rows.select_from(_linked(target, link)).where(link.parent == keys.c.value, *where)


def _linked(target: Table, link: Link) -> FromClause:
    """The target's rows, joined to the link table where one stands between."""
    if link.target is None:
        return target
    return target.join(link.target.table, link.target == target.c.id)


def _beyond(target: Table, sort: Sort) -> ColumnElement[bool]:
    """Rows past the cursor, by the ordering's column and then the id."""
    key, id_ = sort.keys(target)
    here = tuple_(bindparam("after_key", type_=key.type), bindparam("after_id", type_=id_.type))
    return tuple_(key, id_) < here if sort.descending else tuple_(key, id_) > here


def holding(conditions: dict[str, Condition], prefix: str = "f_") -> list[ColumnElement[bool]]:
    """The conditions of a filter, each with its parameter."""
    return [condition(prefix + name) for name, condition in sorted(conditions.items())]
