"""What is wanted of the rows behind a field: which of their columns, and which rows they point at come joined to them.

graphql-core's way wants whole rows. The compiled executor wants what an operation asks, and keeps the statements made
for it here, so that they go when its plan goes.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Select, Table

from .instants import instant_text

MOST_STATEMENTS = 64
"""Kept for one list; a caller can ask for hundreds, by all subsets of a filter."""


@dataclass(frozen=True)
class Joined:
    """The row that `local` points at, beside each row; all of its cells are null where there is none to be seen."""

    local: str
    remote: Column[Any]
    columns: tuple[str, ...]
    shown: frozenset[str] = frozenset()
    """Columns of instants that come as text, for they are only shown."""

    def named(self, column: str) -> str:
        """What a column of it is called in the row that it stands beside."""
        return beside(self.local, column)


def beside(local: str, column: str) -> str:
    return f"{local}__{column}"


@dataclass(frozen=True, eq=False)
class Wanted:
    """Columns of a table, and of what is joined to it."""

    table: Table
    columns: tuple[str, ...]
    joins: tuple[Joined, ...] = ()
    shown: frozenset[str] = frozenset()
    """Columns of instants that come as text, for they are only shown."""
    _statements: OrderedDict[Any, Select[Any]] = field(default_factory=OrderedDict)

    def names(self, *more: str) -> list[str]:
        """Those columns of the table that its rows must have: to be shown, and to be joined by."""
        return list(dict.fromkeys([*self.columns, *(j.local for j in self.joins), *more]))

    def read(
        self, rows: FromClause, source: FromClause, *more: str
    ) -> tuple[list[ColumnElement[Any]], FromClause]:
        """The cells to select, and what to select them from: `source`, where `rows` stand in it, and the joins.

        First come those of `places`, in that order.
        """
        cells = [_cell(rows, name, name, as_text=name in self.shown) for name in self.columns]
        for join in self.joins:
            other = join.remote.table.alias(join.local)
            source = source.outerjoin(other, other.c[join.remote.name] == rows.c[join.local])
            cells += [
                _cell(other, name, join.named(name), as_text=name in join.shown)
                for name in join.columns
            ]
        cells += [rows.c[name] for name in dict.fromkeys(more) if name not in self.columns]
        return cells, source

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each cell stands in a row, by what it is called there."""
        named = [*self.columns, *(j.named(c) for j in self.joins for c in j.columns)]
        return {name: at for at, name in enumerate(named)}

    @cached_property
    def texts(self) -> frozenset[str]:
        """Cells of instants that come as text."""
        return self.shown.union(j.named(c) for j in self.joins for c in j.shown)

    def kept(self, shape: Any, made: Callable[[], Select[Any]]) -> Select[Any]:
        """The statement of this shape. Callers choose shapes, so only the last ones stay."""
        found = self._statements.get(shape)
        if found is not None:
            self._statements.move_to_end(shape)
            return found
        found = self._statements[shape] = made()
        if len(self._statements) > MOST_STATEMENTS:
            self._statements.popitem(last=False)
        return found


def _cell(rows: FromClause, name: str, label: str, *, as_text: bool) -> ColumnElement[Any]:
    column = rows.c[name]
    if as_text:
        return instant_text(column).label(label)
    return column if label == name else column.label(label)


def whole(table: Table) -> Wanted:
    """Every column, and nothing joined."""
    return Wanted(table, tuple(c.name for c in table.c))
