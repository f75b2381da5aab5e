"""Statements put together at random, against the same query worked out in plain Python.

Tables are joined on values that both chains share, never on ids, so a source that was left unbound
shows at once: rows of the other chain match.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, FromClause, Select, func, select, union_all

from barberpro.domains.bookings.tables import booking_changes, bookings
from barberpro.domains.catalogue.tables import services
from barberpro.domains.locations.tables import chairs, locations
from barberpro.domains.people.tables import customers, providers
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader

ALIKE = {
    bookings: "channel",
    booking_changes: "kind",
    services: "currency_code",
    chairs: "label",
    locations: "city",
    customers: "name_key",
    providers: "name_key",
}
Pair = tuple[str | None, str | None]  # a source's id and the value it is joined by
Line = dict[str, Pair]  # what a joined row holds, by source
Data = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Source:
    """Something to select from: how SQL says it, and what it holds."""

    name: str
    sql: FromClause
    key: ColumnElement[Any]
    alike: ColumnElement[Any]
    lines: Callable[[Data], list[Pair]]


@dataclass(frozen=True)
class Tree:
    """Joined sources."""

    sql: Any
    sources: tuple[Source, ...]
    lines: Callable[[Data], list[Line]]


@dataclass(frozen=True)
class Query:
    """A select of one id and one value a row."""

    sql: Select[Any]
    lines: Callable[[Data], list[Pair]]


@st.composite
def sources(draw: st.DrawFn, depth: int, names: Any) -> Source:
    """A table, an alias of one, a subquery or a CTE."""
    name = f"s{next(names)}"
    if depth and draw(st.booleans()):
        query = draw(queries(depth - 1, names))
        kind = draw(st.sampled_from(["subquery", "cte", "union"]))
        if kind == "union":
            other = draw(queries(depth - 1, names))
            both = union_all(query.sql, other.sql).subquery(name)
            return Source(
                name, both, both.c.id, both.c.alike, lambda d: query.lines(d) + other.lines(d)
            )
        sql = query.sql.subquery(name) if kind == "subquery" else query.sql.cte(name)
        return Source(name, sql, sql.c.id, sql.c.alike, query.lines)
    table = draw(st.sampled_from(sorted(ALIKE, key=lambda t: t.name)))
    column = ALIKE[table]
    alias = table.alias(name) if draw(st.booleans()) else table.alias().alias(name)
    return Source(
        name,
        alias,
        alias.c.id,
        alias.c[column],
        lambda d: [(r["id"], r[column]) for r in d[table.name]],
    )


def leaf(source: Source) -> Tree:
    return Tree(source.sql, (source,), lambda d: [{source.name: p} for p in source.lines(d)])


@st.composite
def trees(draw: st.DrawFn, depth: int, names: Any, width: int = 3) -> Tree:
    """Sources joined on alike values, inner or outer, to either side."""
    if width == 1 or draw(st.booleans()):
        return leaf(draw(sources(depth, names)))
    at = draw(st.integers(1, width - 1))
    near, far = draw(trees(depth, names, at)), draw(trees(depth, names, width - at))
    one, other = draw(st.sampled_from(near.sources)), draw(st.sampled_from(far.sources))
    outer = draw(st.booleans())
    sql = near.sql.join(far.sql, one.alike == other.alike, isouter=outer)
    missing: Line = {source.name: (None, None) for source in far.sources}

    def lines(data: Data) -> list[Line]:
        found: list[Line] = []
        rights = far.lines(data)
        for line in near.lines(data):
            wanted = line[one.name][1]
            matches = [r for r in rights if wanted is not None and r[other.name][1] == wanted]
            found += [line | match for match in matches or ([missing] if outer else [])]
        return found

    return Tree(sql, near.sources + far.sources, lines)


@st.composite
def conditions(
    draw: st.DrawFn, depth: int, names: Any, tree: Tree
) -> tuple[ColumnElement[bool], Callable[[Line, Data], bool]]:
    """Something to ask of a joined row; deep down, of another query that looks back at it."""
    source = draw(st.sampled_from(tree.sources))
    kind = draw(
        st.sampled_from(["is", "null", "exists", "in", "count"] if depth else ["is", "null"])
    )
    if kind == "is":
        value = draw(st.sampled_from(["x", "y"]))
        return source.alike == value, lambda line, _: line[source.name][1] == value
    if kind == "null":
        return source.key.is_(None), lambda line, _: line[source.name][0] is None
    if kind == "in":
        query = draw(queries(depth - 1, names))
        values = query.sql.with_only_columns(query.sql.selected_columns.alike)
        return (
            source.alike.in_(values),
            lambda line, d: line[source.name][1] in {v for _, v in query.lines(d)} - {None},
        )
    inner = draw(trees(depth - 1, names, 2))
    chosen = draw(st.sampled_from(inner.sources))
    linked = chosen.alike == source.alike

    def matches(line: Line, data: Data) -> int:
        wanted = line[source.name][1]
        rows = inner.lines(data)
        return sum(1 for row in rows if wanted is not None and row[chosen.name][1] == wanted)

    if kind == "exists":
        clause = select(chosen.key).select_from(inner.sql).where(linked).exists()
        return clause, lambda line, d: matches(line, d) > 0
    counted = select(func.count()).select_from(inner.sql).where(linked).scalar_subquery()
    least = draw(st.integers(1, 4))
    return counted >= least, lambda line, d: matches(line, d) >= least


@st.composite
def queries(draw: st.DrawFn, depth: int, names: Any) -> Query:
    tree = draw(trees(depth, names, 2 if depth < 2 else 3))
    shown = draw(st.sampled_from(tree.sources))
    sql = _selected(draw(st.booleans()), tree, shown)
    asked = [draw(conditions(depth, names, tree)) for _ in range(draw(st.integers(0, 2)))]
    negated = [draw(st.booleans()) for _ in asked]
    for (clause, _), no in zip(asked, negated, strict=True):
        known = clause.is_(True) if no else clause  # NULL is not true, and its negation must be
        sql = sql.where(~known if no else known)

    def lines(data: Data) -> list[Pair]:
        return [
            line[shown.name]
            for line in tree.lines(data)
            if all(holds(line, data) != no for (_, holds), no in zip(asked, negated, strict=True))
        ]

    return Query(sql, lines)


def _selected(by_select: bool, tree: Tree, shown: Source) -> Select[Any]:
    """The two styles SQLAlchemy has for joins: a joined FROM, and `select().join()`."""
    columns = select(shown.key.label("id"), shown.alike.label("alike"))
    top = tree.sql
    if by_select and hasattr(top, "onclause"):
        return columns.select_from(top.left).join(top.right, top.onclause, isouter=top.isouter)
    return columns.select_from(top)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
async def test_any_query_sees_its_own_rows_only(
    data: st.DataObject, world: Any, database: Database
) -> None:
    query = data.draw(queries(2, count()))
    places = data.draw(st.sampled_from([None, (0,), (2,), (1, 2), ()]))
    caller = world.ours.everyone if places is None else world.ours.limited(*places)
    rows = await Reader(database, caller).rows(query.sql)
    expected = Counter(query.lines(world.ours.seen_by(caller)))
    assert Counter(map(tuple, rows)) == expected
