"""How a list may be ordered and filtered, declared once beside the type it lists.

BookingOrder = ordering("Booking", STARTS_AT=b.c.starts_at, CREATED_AT=b.c.created_at)

@filtering
class BookingFilter:
    status: list[BookingStatus] | None = is_in(b.c.status)
    starts_before: datetime | None = below(b.c.starts_at)
"""

import dataclasses
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import strawberry
from sqlalchemy import Column, ColumnElement, bindparam
from strawberry.types.enum import EnumValueDefinition

from barberpro.platform.sets import among, key_set

from .docs import attribute_docs
from .errors import BadInput

C = TypeVar("C", bound=type)
Condition = Callable[[str], ColumnElement[bool]]

LONGEST_LIST = 100
"""Values that one filter member may list."""


@strawberry.enum(description="Which end of an ordering comes first.")
class OrderDirection(enum.Enum):
    ASC = strawberry.enum_value(
        "ASC", description="Smallest, earliest or first in the alphabet first."
    )
    DESC = strawberry.enum_value(
        "DESC", description="Largest, latest or last in the alphabet first."
    )


@dataclass(frozen=True)
class Sort:
    """An ordering in force: a column, its direction, and the name cursors know it by. The id breaks ties."""

    column: Column[Any]
    descending: bool
    name: str

    def keys(self, source: Any) -> tuple[Any, Any]:
        """The ordering columns of a table, an alias or a subquery."""
        return source.c[self.column.name], source.c.id

    def clauses(self, source: Any) -> tuple[Any, ...]:
        return tuple(k.desc() if self.descending else k.asc() for k in self.keys(source))


@dataclass(frozen=True, eq=False)
class Ordering:
    """The orderings of one entity: the input type callers give, and what each means."""

    input: type
    columns: Mapping[str, Column[Any]]

    def sort(self, chosen: Any | None) -> Sort:
        """What the caller chose, or the first declared, ascending."""
        if chosen is None:
            name, descending = next(iter(self.columns)), False
        else:
            name, descending = chosen.field.value, chosen.direction is OrderDirection.DESC
        return self._sorts[name, descending]

    @cached_property
    def _sorts(self) -> dict[tuple[str, bool], Sort]:
        return {
            (name, descending): Sort(column, descending, f"{name} {direction}")
            for name, column in self.columns.items()
            for descending, direction in ((False, "ASC"), (True, "DESC"))
        }


def ordering(entity: str, descriptions: Mapping[str, str], /, **columns: Column[Any]) -> Ordering:
    """Declare the orderings of an entity, the default first, and what a caller reads of each."""
    for name, column in columns.items():
        if column.nullable:
            raise TypeError(f"{entity} cannot be ordered by {name}: {column} may be null")
    members: dict[str, EnumValueDefinition] = {
        name: strawberry.enum_value(name, description=descriptions[name]) for name in columns
    }
    field_type: Any = strawberry.enum(
        enum.Enum(f"{entity}OrderField", members),  # type: ignore[arg-type]
        description=f"What {entity} lists can be ordered by; ties are broken by id.",
    )
    body: dict[str, Any] = {
        "__annotations__": {"field": field_type, "direction": OrderDirection},
        "__doc__": f"An ordering of {entity} lists.",
        "field": strawberry.field(description="What to order by."),
        "direction": strawberry.field(
            default=OrderDirection.ASC, description="Which end comes first."
        ),
    }
    made = strawberry.input(type(f"{entity}Order", (), body), description=body["__doc__"])
    return Ordering(made, columns)


def equals(column: Column[Any]) -> Any:
    """The column holds exactly this value."""
    return _member(lambda name: column == bindparam(name, type_=column.type))


def at_least(column: Column[Any]) -> Any:
    """The column is this value or later: the closed start of a half-open range."""
    return _member(lambda name: column >= bindparam(name, type_=column.type))


def below(column: Column[Any]) -> Any:
    """The column is before this value: the open end of a half-open range."""
    return _member(lambda name: column < bindparam(name, type_=column.type))


def is_in(column: Column[Any]) -> Any:
    """The column holds one of these values."""
    return _member(lambda name: among(column, key_set(name)))


def _member(condition: Condition) -> Any:
    return strawberry.field(default=strawberry.UNSET, metadata={"condition": condition})


def filtering(cls: C) -> C:
    """An input type whose members are conditions, joined by AND. Absent or null members ask for nothing."""
    docs = attribute_docs(cls)
    made = strawberry.input(cls, description=cls.__doc__)
    for f in made.__strawberry_definition__.fields:  # type: ignore[attr-defined]
        f.description = docs.get(f.python_name)
    return made


def conditions(filter_type: type, chosen: Any | None) -> dict[str, Any]:
    """The members the caller gave, by name, as values a statement takes."""
    if chosen is None:
        return {}
    given = {f.name: getattr(chosen, f.name) for f in dataclasses.fields(filter_type)}
    for name, value in given.items():
        if isinstance(value, list) and len(value) > LONGEST_LIST:
            raise BadInput(
                f"A filter lists at most {LONGEST_LIST} values; `{name}` has {len(value)}."
            )
    return {
        name: _plain(value)
        for name, value in given.items()
        if value is not None and value is not strawberry.UNSET
    }


def condition(filter_type: type, name: str) -> Condition:
    """What a member of a filter means in SQL."""
    fields = filter_type.__strawberry_definition__.fields  # type: ignore[attr-defined]
    return next(f.metadata["condition"] for f in fields if f.python_name == name)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value.value if isinstance(value, enum.Enum) else value
