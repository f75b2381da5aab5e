"""Writes the Python that makes a level's answer from its rows, and compiles it.

The source assumes that all is well: it reads values where they stand, and raises where one is not what the schema
promises; what then stands at which path is `careful.py`'s business. Names in it come from `repr()` of names that
GraphQL has validated, and from numbers of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLEnumType, get_nullable_type, is_leaf_type, is_list_type, is_non_null_type
from sqlalchemy import Boolean, Integer, Text

from barberpro.platform.tables import Instant

from ..instants import WIDTHS, exact
from ..loads import Computed
from ..wanted import beside

if TYPE_CHECKING:
    from .selections import Field, Shape

AS_THEY_ARE = {"ID": Text, "String": Text, "Boolean": Boolean}
"""Scalars whose columns hold exactly what the answer shows. Not Int: SQLite keeps larger ones than GraphQL has."""
INT_END = 2**31
"""The first integer that is no Int of GraphQL."""


class Unexpected(Exception):
    """A value is not what the schema promises."""


@dataclass(frozen=True)
class Assembly:
    """A function from a level's rows and the values asked beside them to the level's answers; and its source."""

    make: Callable[..., list[dict[str, Any]]]
    source: str


def assembly(shape: "Shape") -> Assembly:
    """The assembly of a shape: `make(rows, context, *values of the fields it asks)`."""
    writer = _Writer()
    columns = [f"c{n}" for n in range(len(shape.asked))]
    cells = {field: f"v{n}" for n, field in enumerate(shape.asked)}
    made = writer.object(shape, "r.", cells)
    loop = (
        f"for r, {', '.join(cells.values())} in zip(rows, {', '.join(columns)})"
        if cells
        else "for r in rows"
    )
    head = f"def make({', '.join(['rows', 'context', *columns])}):"
    source = "\n    ".join([head, *writer.before, f"return [{made} {loop}]\n"])
    exec(compile(source, f"<{shape.type.name}>", "exec"), writer.names)  # noqa: S102 - our own source, see above
    return Assembly(writer.names["make"], source)


class Once(dict[Any, Any]):
    """What is made of each key, made when it is first asked for."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        made = self[key] = self._make(key)
        return made


def must(value: Any) -> Any:
    """The value, where there is one."""
    if value is None:
        raise Unexpected
    return value


class _Writer:
    def __init__(self) -> None:
        self.names: dict[str, Any] = {"must": must, "Once": Once, "exact": exact}
        self.before: list[str] = []
        """Statements that stand before the answers are made."""
        self._count = 0

    def object(self, shape: "Shape", place: str, cells: dict["Field", str]) -> str:
        """A dict display of all that is asked of an object; `place` is what stands before its attributes."""
        items = (f"{f.key!r}: {self._value(shape, f, place, cells.get(f))}" for f in shape.fields)
        return "{" + ", ".join(items) + "}"

    def _value(self, shape: "Shape", field: "Field", place: str, cell: str | None) -> str:
        if field.is_typename:
            return repr(shape.type.name)
        if cell is not None and field.below is not None:
            return cell  # folded already, nulls and all
        if field.is_joined:
            return self._joined(field, place)
        read = cell or self._read(field, place)
        if field.below is None:
            return self._completed(field.type, read, field.column, self._leaf)
        below = field.below.shape
        assert below is not None  # a pure field's type is an object type  # noqa: S101

        def completed(read: str) -> str:
            return self._completed(
                field.type, read, None, lambda _type, name, _: self.object(below, f"{name}.", {})
            )

        load = field.load
        if not isinstance(load, Computed) or load.takes_context:
            return completed(read)
        # The same cells make the same object, and of prices and currencies there are few.
        once = self._fresh("k")
        made = completed(f"{self._named('f', load.fn)}(*key)")
        self.before.append(f"{once} = Once(lambda key: {made})")
        return f"{once}[{''.join(f'{place}{name}, ' for name in load.columns)}]"

    def _joined(self, field: "Field", place: str) -> str:
        """The row that came beside its parent: its cells bear the name of the column that points at it."""
        below: Any = field.below
        load: Any = field.load
        here = place + beside(load.local, "")
        none = "must(None)" if is_non_null_type(field.type) else "None"
        made = self.object(below.shape, here, {})
        return f"({none} if {here}{load.remote.name} is None else {made})"

    def _read(self, field: "Field", place: str) -> str:
        if not isinstance(field.load, Computed):
            return f"{place}{field.attribute}"
        given = [f"{place}{name}" for name in field.load.columns]
        given += ["context=context"] if field.load.takes_context else []
        return f"{self._named('f', field.load.fn)}({', '.join(given)})"

    def _completed(self, type_: Any, read: str, column: Any, inner: Callable[..., str]) -> str:
        """The value of this type that is read so: null as it may be, lists item by item."""
        bare = get_nullable_type(type_)
        if is_non_null_type(type_):
            if column is not None and not column.nullable:
                return self._filled(bare, read, column, inner)
            # No name may be given where a comprehension finds what it runs over.
            there = f"must({read})" if is_list_type(bare) else self._must(read)
            return self._filled(bare, there, column, inner)
        if not is_list_type(bare) and self._is_shown_as_it_is(bare, column):
            return read
        name = self._fresh("x")
        return (
            f"(None if ({name} := {read}) is None else {self._filled(bare, name, column, inner)})"
        )

    def _filled(self, bare: Any, read: str, column: Any, inner: Callable[..., str]) -> str:
        if is_list_type(bare):
            item = self._fresh("i")
            return f"[{self._completed(bare.of_type, item, None, inner)} for {item} in {read}]"
        if is_leaf_type(bare):
            return inner(bare, read, column)
        # An object is read more than once: it needs a name.
        name = self._fresh("o")
        return f"(({name} := {read}), {inner(bare, name, None)})[1]"

    def _leaf(self, type_: Any, read: str, column: Any) -> str:
        if self._is_shown_as_it_is(type_, column):
            return read
        if isinstance(type_, GraphQLEnumType):
            return f"{self._named('e', _names_of(type_))}[{read}]"
        if type_.name == "DateTime" and column is not None and type(column.type) is Instant:
            # A text, or a datetime that the JSON encoder writes as we do.
            name = self._fresh("t")
            is_ready = f"type({name} := {read}) is not str or len({name}) in {WIDTHS}"
            return f"({name} if {is_ready} else exact({name}))"
        if type_.name == "Int" and column is not None and isinstance(column.type, Integer):
            name = self._fresh("n")
            return f"({name} if {-INT_END} <= ({name} := {read}) < {INT_END} else must(None))"
        return self._must(f"{self._named('s', type_.coerce_output_value)}({read})")

    def _must(self, read: str) -> str:
        """The value where there is one, without a call where all is well."""
        name = self._fresh("m")
        return f"({name} if ({name} := {read}) is not None else must(None))"

    def _is_shown_as_it_is(self, type_: Any, column: Any) -> bool:
        kind = AS_THEY_ARE.get(getattr(type_, "name", ""))
        return kind is not None and column is not None and type(column.type) is kind

    def _named(self, letter: str, value: Any) -> str:
        name = self._fresh(letter)
        self.names[name] = value
        return name

    def _fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"


def _names_of(type_: GraphQLEnumType) -> dict[Any, str]:
    """What an enum shows for each value that a row or a function gives: the member, or what it stands for."""
    shown: dict[Any, str] = {}
    for name, value in type_.values.items():
        shown[value.value] = name
        shown[getattr(value.value, "value", value.value)] = name
    members = getattr(type_, "wrapped_cls", ())
    return shown | {member: shown[member.value] for member in members}
