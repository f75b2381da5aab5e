"""Finds what an operation asks of the rows behind a field: their columns, and to-one rows that can come joined.

Joined is what is made of its own cells alone: whoever asks for lists below a row, or for what is answered in batches,
needs that row once, and not once for each that points at it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from barberpro.platform.tables import Instant

from ..loads import Batched, Computed, Expression, Load, Many, One, Pages
from ..upstreams.loads import Remote
from ..wanted import Joined, Wanted

if TYPE_CHECKING:
    from .selections import Field, Selection, Shape


def wanted(field: "Field") -> Wanted:
    """What the operation asks of the rows that this field's statement brings."""
    load: Any = field.load
    own = _Asked(load.target, {"id": None})
    joins: dict[str, tuple[One, _Asked]] = {}
    shapes = list(_shapes(field.below, load.target))
    for each in (each for shape in shapes if shape for each in shape.fields):
        if each.is_joined:
            to: Any = each.load
            _, beside = joins.setdefault(to.local, (to, _Asked(to.target, {to.remote.name: None})))
            for cell in each.below.shape.fields:  # type: ignore[union-attr] - what is joined has one
                beside.add(cell)
        else:
            own.add(each)
    if None in shapes:
        own.add_all()
    joined = (
        Joined(local, to.remote, tuple(asked.columns), asked.only_shown)
        for local, (to, asked) in joins.items()
    )
    return Wanted(load.target, tuple(own.columns), tuple(joined), own.only_shown)


@dataclass
class _Asked:
    """The columns of a table that fields read, and those of them that are more than shown."""

    table: Table
    columns: dict[str, None]
    read: set[str] = dataclass_field(default_factory=set)

    def add(self, field: "Field") -> None:
        names = _read(field, self.table)
        if names is None:
            self.add_all()
            return
        self.columns |= dict.fromkeys(names)
        if field.load is not None:
            self.read.update(names)

    def add_all(self) -> None:
        """Somebody may read any column."""
        self.columns |= dict.fromkeys(c.name for c in self.table.c)
        self.read.update(self.columns)

    @property
    def only_shown(self) -> frozenset[str]:
        """The instants that may come as text."""
        instants = (n for n in self.columns if type(self.table.c[n].type) is Instant)
        return frozenset(instants) - self.read


def may_join(field: "Field") -> bool:
    """Whether the declaration lets a to-one row come joined, and nothing but its own cells is asked of it."""
    is_one = isinstance(field.load, One) and not field.load.apart
    return is_one and field.source is not None and _cells(field) is not None


def _shapes(selection: "Selection | None", table: Table) -> "Iterator[Shape | None]":
    """What is asked of the table's rows, which may stand in pages; None where that is not known."""
    shape = selection.shape if selection else None
    if shape is None or shape.table is table:
        yield shape
        return
    for part in shape.fields:
        if part.load is None and part.below is not None:
            yield from _shapes(part.below, table)


def _cells(field: "Field") -> list[str] | None:
    """The columns of a to-one row that its fields are made of; None where one of them is made of more."""
    shape = field.below.shape if field.below else None
    if shape is None or shape.table is None:
        return None
    found: list[str] = []
    for each in shape.fields:
        if each.load is not None and not isinstance(each.load, Computed):
            return None
        read = _read(each, shape.table)
        if read is None:
            return None
        found += read
    return found


def _read(field: "Field", table: Table) -> tuple[str, ...] | None:
    """The columns of its parent that a field reads; None where that is not known."""
    if field.is_typename:
        return ()
    names = _named(field.load)
    if field.load is None:
        names = (field.attribute,)
    return names if names is not None and all(name in table.c for name in names) else None


def _named(load: Load | None) -> tuple[str, ...] | None:
    match load:
        case Computed(columns=columns):
            return columns
        case One(local=local):
            return (local,)
        case Remote(key=key):
            return (key,)
        case Many() | Pages() | Expression():
            return ("id",)
        case Batched(needs=needs):
            return needs
        case _:
            return None
