"""Answers from rows that are there already, as graphql-core would: an error with its path for each occurrence, and null
from there up to the nearest field that may be null.

This is the slow way, taken only after something went wrong; it sends no statement. See "Handling Field Errors" in the
GraphQL specification, section 6.4.4.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    located_error,
)

from barberpro.platform.tables import Instant

from ..context import Context
from ..loads import Computed, One
from ..wanted import beside
from .levels import Group, Level
from .selections import Field

Path = tuple[str | int, ...]


def stops(group: Group, field: Field, context: Context) -> bool:
    """Whether this field of the root leaves nothing of the whole answer: then no mutation after it is begun."""
    try:
        _Walk(context).field(field, group, 0, (field.key,))
    except GraphQLError:
        return True
    return False


def answered(group: Group, context: Context) -> ExecutionResult:
    """The answer of an operation whose root is this group."""
    walk = _Walk(context)
    try:
        data = walk.object(group, 0, ())
    except GraphQLError as error:
        walk.errors.append(error)
        data = None
    return ExecutionResult(data, walk.errors or None)


@dataclass(frozen=True)
class Beside:
    """A row that came joined to the one that points at it."""

    parent: Any
    local: str

    @classmethod
    def of(cls, parent: Any, load: One) -> "Beside | None":
        here = cls(parent, load.local)
        return None if getattr(here, load.remote.name) is None else here

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parent, beside(self.local, name))


class _Walk:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.errors: list[GraphQLError] = []

    def object(self, group: Group, at: int, path: Path) -> dict[str, Any]:
        """What is asked of the object at this place of its group."""
        return {f.key: self.field(f, group, at, (*path, f.key)) for f in group.shape.fields}

    def field(self, field: Field, group: Group, at: int, path: Path) -> Any:
        try:
            level = group.below.get(field)
            return self._completed(field.type, self._value(field, group, at), field, level, path)
        except Exception as error:
            return self._handled(error, field, field.type, path)

    def _handled(self, error: Exception, field: Field, type_: Any, path: Path) -> None:
        """Null, and the error noted; or the error raised on, where null may not stand here."""
        located = located_error(error, list(field.nodes), list(path))
        if is_non_null_type(type_):
            raise located
        self.errors.append(located)

    def _value(self, field: Field, group: Group, at: int) -> Any:
        if field.is_typename:
            return group.shape.type.name
        if field in group.found:
            found = group.found[field]
            value = found if isinstance(found, Exception) else found[at]
            if isinstance(value, Exception):
                raise _again(value)
            return value
        parent = group.parents[at]
        if isinstance(field.load, Computed):
            return field.load.value(parent, self.context)
        if isinstance(field.load, One):
            return Beside.of(parent, field.load)
        value = getattr(parent, field.attribute)
        if isinstance(value, str) and field.column is not None:
            kind = field.column.type
            return datetime.fromisoformat(value) if isinstance(kind, Instant) else value
        return value

    def _completed(
        self, type_: Any, value: Any, field: Field, level: Level | None, path: Path
    ) -> Any:
        if isinstance(value, Exception):
            raise _again(value)
        if is_non_null_type(type_):
            completed = self._completed(type_.of_type, value, field, level, path)
            if completed is None:
                name = f"{field.owner.name}.{field.nodes[0].name.value}"
                raise TypeError(f"Cannot return null for non-nullable field {name}.")
            return completed
        if value is None:
            return None
        if is_list_type(type_):
            item = type_.of_type
            return [
                self._item(item, each, field, level, (*path, n)) for n, each in enumerate(value)
            ]
        if is_leaf_type(type_):
            return _leaf(type_, value)
        if level is not None:
            return self.object(*level.places[id(value)], path)
        assert field.below is not None and field.below.shape is not None  # noqa: S101 - it is pure
        return self.object(Group(field.below.shape, [value]), 0, path)

    def _item(self, type_: Any, value: Any, field: Field, level: Level | None, path: Path) -> Any:
        try:
            return self._completed(type_, value, field, level, path)
        except Exception as error:
            return self._handled(error, field, type_, path)


def _again(error: Exception) -> Exception:
    """An error that is told at many places: without what raising it at each of them adds to its traceback."""
    first = getattr(error, "_first_traceback", error.__traceback__)
    error._first_traceback = first  # type: ignore[attr-defined]
    return error.with_traceback(first)


def _leaf(type_: Any, value: Any) -> Any:
    shown = get_nullable_type(type_).coerce_output_value(value)
    if shown is None:
        raise TypeError(f"{type_} shows nothing for {value!r}.")
    return shown
