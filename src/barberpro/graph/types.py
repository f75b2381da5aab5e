"""Types of the graph: entities over tables, values without a table, enums, inputs, and fields one domain adds to
another's type."""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

import strawberry
from sqlalchemy import Table
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from barberpro.platform import ids

from .docs import attribute_docs
from .scopes import Scope

T = TypeVar("T", bound=type)
INHERIT_FROM_PARENT = "(the referring field's)"
"""The scope of value types: whoever may see the field that gives the value may see all of it."""


@dataclass(frozen=True)
class About:
    """What the kernel knows of a type beside its fields."""

    domain: str
    """The resolver module that owns it."""
    scope: Scope
    table: Table | None = None
    found: Scope = ""
    """What finding one by its id needs beside."""


@dataclass(frozen=True)
class Extension:
    """Fields that a domain adds to a type."""

    domain: str
    fields: list[StrawberryField]


ENTITIES: dict[str, type] = {}
"""Every entity, by the prefix of its ids."""

EXTENSIONS: dict[type, list[Extension]] = {}
"""What `@extends` recorded, by target. Applied by `build_schema`, to that schema only."""


def definition_of(cls: Any) -> StrawberryObjectDefinition:
    """Strawberry's record of a type."""
    return cls.__strawberry_definition__


def about(cls: Any) -> About | None:
    """What the kernel knows of a type that `entity` or `value` made; None of any other."""
    return getattr(cls, "__barberpro__", None)


def table_of(entity: Any) -> Table:
    """The table an entity's values are rows of."""
    known = about(entity)
    if known is None or known.table is None:
        raise TypeError(f"{entity} is no entity")
    return known.table


@strawberry.interface(description="Anything with an id of its own, found again by `node(id)`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The id, unique over all types; opaque and stable."
    )

    @staticmethod
    def resolve_type(row: Any, _info: Any, _abstract: Any) -> str:
        """The type of a row, by the prefix of its id."""
        return definition_of(ENTITIES[ids.prefix_of(row.id) or ""]).name


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def entity(table: Table, *, scope: Scope, found: Scope = "") -> Callable[[T], T]:
    """A type whose values are rows of `table`; its fields need `scope` where they state none of their own.

    Where not every row is for whoever has `scope`, `found` is what `node` needs beside: as much as the type's own
    fields of `Query`.
    """

    def make(cls: T) -> T:
        made = _made(cls, About(cls.__module__, scope, table, found), is_type_of=_any_row)
        ENTITIES[table.info["prefix"]] = made
        return made

    return make


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def value(cls: T) -> T:
    """A type whose values are Python objects with attributes of its fields' names."""
    return _made(cls, About(cls.__module__, INHERIT_FROM_PARENT))


def extends(target: type) -> Callable[[T], T]:
    """Add this class's fields to another domain's type, or to a root: `Query`, say. Only records it."""

    def record(cls: T) -> T:
        made = described(strawberry.type(cls), cls)
        extension = Extension(cls.__module__, definition_of(made).fields)
        EXTENSIONS.setdefault(target, []).append(extension)
        return cls

    return record


def input_type(cls: T) -> T:
    """An input object; the sentence under a member is its description."""
    made = described(strawberry.input(cls, description=cls.__doc__), cls)
    for field in definition_of(made).fields:
        if (
            field.default is None
        ):  # Python's None is "not given", which the schema says without a default
            field.default = field.default_value = strawberry.UNSET
    return made


E = TypeVar("E", bound=type[enum.Enum])


def enumeration(cls: E) -> E:
    """An enum; the sentence under a member is its description."""
    docs = attribute_docs(cls)
    made = strawberry.enum(cls, description=cls.__doc__)
    for item in made.__strawberry_definition__.values:  # type: ignore[attr-defined]
        item.description = docs.get(item.name)
    return made


def _any_row(_row: Any, _info: Any) -> bool:
    """Values are rows, which isinstance cannot tell apart; `Node.resolve_type` already has, by the id."""
    return True


def _made(cls: T, known: About, *, is_type_of: Any = None) -> T:
    if is_type_of is not None:
        cls.is_type_of = is_type_of  # type: ignore[attr-defined]
    cls.__barberpro__ = known  # type: ignore[attr-defined]
    return described(strawberry.type(cls, description=cls.__doc__), cls)


def described(made: T, cls: type) -> T:
    docs = attribute_docs(cls)
    for field in definition_of(made).fields:
        field.description = docs.get(field.python_name) or field.description
    return made


@strawberry.type(description="What can be asked.")
class Query: ...


@strawberry.type(
    description="What can be done. Each field is one transaction, committed before its result is read."
)
class Mutation: ...


@strawberry.type(
    description="What can be listened to. Each event is answered like a query, with what the caller may see of it then."
)
class Subscription: ...
