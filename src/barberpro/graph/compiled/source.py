"""Writes the Python that makes a level's answer from its rows, and compiles it.

The source assumes that all is well: it reads values where they stand, and raises where one is not what the schema
promises; what then stands at which path is `careful.py`'s business. Names in it come from `repr()` of names that
GraphQL has validated, and from numbers of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import GraphQLEnumType, get_nullable_type, is_leaf_type, is_list_type, is_non_null_type
from sqlalchemy import Boolean, Text

from barberpro.platform.clock import iso
from barberpro.platform.tables import Instant

from ..loads import Computed

if TYPE_CHECKING:
    from .selections import Field, Shape

AS_THEY_ARE = {"ID": Text, "String": Text, "Boolean": Boolean}
"""Scalars whose columns hold exactly what the answer shows. Not Int: SQLite keeps larger ones than GraphQL has."""


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
    made = writer.object(shape, "r", cells)
    loop = (
        f"for r, {', '.join(cells.values())} in zip(rows, {', '.join(columns)})"
        if cells
        else "for r in rows"
    )
    source = f"def make({', '.join(['rows', 'context', *columns])}):\n    return [{made} {loop}]\n"
    exec(compile(source, f"<{shape.type.name}>", "exec"), writer.names)  # noqa: S102 - our own source, see above
    return Assembly(writer.names["make"], source)


def must(value: Any) -> Any:
    """The value, where there is one."""
    if value is None:
        raise Unexpected
    return value


class _Writer:
    def __init__(self) -> None:
        self.names: dict[str, Any] = {"must": must, "iso": iso}
        self._count = 0

    def object(self, shape: "Shape", row: str, cells: dict["Field", str]) -> str:
        """A dict display of all that is asked of the object called `row`."""
        items = (f"{f.key!r}: {self._value(shape, f, row, cells.get(f))}" for f in shape.fields)
        return "{" + ", ".join(items) + "}"

    def _value(self, shape: "Shape", field: "Field", row: str, cell: str | None) -> str:
        if field.nodes[0].name.value == "__typename":
            return repr(shape.type.name)
        if cell is not None and field.below is not None:
            return cell  # folded already, nulls and all
        read = cell or self._read(field, row)
        if field.below is None:
            return self._completed(field.type, read, field.column, self._leaf)
        below = field.below.shape
        assert below is not None  # a pure field's type is an object type  # noqa: S101
        return self._completed(
            field.type, read, None, lambda _type, name, _: self.object(below, name, {})
        )

    def _read(self, field: "Field", row: str) -> str:
        if not isinstance(field.load, Computed):
            return f"{row}.{field.attribute}"
        given = [f"{row}.{name}" for name in field.load.columns]
        given += ["context=context"] if field.load.takes_context else []
        return f"{self._named('f', field.load.fn)}({', '.join(given)})"

    def _completed(self, type_: Any, read: str, column: Any, inner: Callable[..., str]) -> str:
        """The value of this type that is read so: null as it may be, lists item by item."""
        bare = get_nullable_type(type_)
        if is_non_null_type(type_):
            if column is not None and not column.nullable:
                return self._filled(bare, read, column, inner)
            return self._filled(bare, f"must({read})", column, inner)
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
        return f"[{inner(bare, name, None)} for {name} in ({read},)][0]"

    def _leaf(self, type_: Any, read: str, column: Any) -> str:
        if self._is_shown_as_it_is(type_, column):
            return read
        if isinstance(type_, GraphQLEnumType):
            return f"{self._named('e', _names_of(type_))}[{read}]"
        if type_.name == "DateTime" and column is not None and isinstance(column.type, Instant):
            return f"iso({read})"
        return f"must({self._named('s', type_.coerce_output_value)}({read}))"

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
