"""Writes the Python that makes a level's answer from its rows, and compiles it.

The source assumes that all is well: it reads values where they stand, and raises where one is not what the schema
promises; what then stands at which path is `careful.py`'s business. Names in it come from `repr()` of names that
GraphQL has validated, and from numbers of ours.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from graphql import GraphQLEnumType, get_nullable_type, is_leaf_type, is_list_type, is_non_null_type
from sqlalchemy import Boolean, Integer, Text

from barberpro.platform.tables import Instant

from ..instants import WIDTHS, exact
from ..loads import Computed
from ..wanted import Wanted, beside

if TYPE_CHECKING:
    from .selections import Field, Shape

AS_THEY_ARE = {"ID": Text, "String": Text, "Boolean": Boolean}
"""Scalars whose columns hold exactly what the answer shows. Not Int: SQLite keeps larger ones than GraphQL has."""
PLAIN = {"ID": "str", "String": "str", "Boolean": "bool"}
"""Scalars that show values of these types as they are."""
MOST_KEPT = 10_000
"""Objects made of cells, of each kind that documents ask for: some 4 MB, where it is money."""
REST = "*_, "
"""Stands in a source for the cells that nobody reads."""
NOTHING: Mapping[Any, str] = {}
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
    columns = [f"a{n}" for n in range(len(shape.asked))]
    values = {field: f"v{n}" for n, field in enumerate(shape.asked)}
    made = writer.function("make", shape, values, columns)
    return Assembly(made, "\n".join(writer.written))


class ByWidth:
    """A function over rows as a statement brought them, compiled for each number of cells that they come with.

    To unpack exactly so many takes a quarter of the time that leaving some over takes.
    """

    def __init__(self, source: str, name: str, names: dict[str, Any], read: int) -> None:
        self._source = source
        self._name = name
        self._names = names
        self._read = read  # cells, up to the last that is read
        self._made: dict[int, Callable[..., list[Any]]] = {}

    def __call__(self, rows: Sequence[Any], *more: Any) -> list[Any]:
        if not rows:
            return []
        width = len(rows[0])
        made = self._made.get(width)
        if made is None:
            made = self._made[width] = self._compiled(width)
        return made(rows, *more)

    def _compiled(self, width: int) -> Callable[..., list[Any]]:
        source = self._source.replace(REST, "_, " * (width - self._read))
        return _function(source, self._name, self._names)


def _function(source: str, name: str, names: dict[str, Any]) -> Callable[..., list[Any]]:
    """The function of that name in a source."""
    exec(compile(source, f"<{name}>", "exec"), names)  # noqa: S102 - our own source, see above
    return names[name]


class Once(dict[Any, Any]):
    """What is made of each key, made when it is first asked for, until there are too many."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        if len(self) >= MOST_KEPT:
            self.clear()
        made = self[key] = self._make(key)
        return made


SHARED: WeakValueDictionary[tuple[Any, ...], Once] = WeakValueDictionary()
"""What is made of cells, by the source that makes it and by what that names: one for all documents that ask alike."""


def must(value: Any) -> Any:
    """The value, where there is one."""
    if value is None:
        raise Unexpected
    return value


class _Row:
    """An object in the source: what it is called, and how its cells are read."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def unpacked(self) -> str:
        """What stands behind `for`."""
        return self.name

    def cell(self, name: str) -> str:
        """What reads a cell."""
        return f"{self.name}.{name}"

    def is_text(self, _name: str) -> bool:
        """Whether a cell is an instant that is sure to be text."""
        return False


class _Cells(_Row):
    """A row whose cells are known by their places. Unpacked it takes half the time that reading them by name takes."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        super().__init__(name)
        self._wanted = wanted
        self._read: set[int] = set()

    @property
    def read(self) -> int:
        """How many cells there are up to the last that is read."""
        return max(self._read, default=-1) + 1

    @property
    def unpacked(self) -> str:
        names = (f"{self.name}_{n}, " if n in self._read else "_, " for n in range(self.read))
        return f"({''.join(names)}{REST})"

    def cell(self, name: str) -> str:
        place = self._wanted.places[name]
        self._read.add(place)
        return f"{self.name}_{place}"

    def is_text(self, name: str) -> bool:
        return name in self._wanted.texts


class _Beside(_Row):
    """A row that came joined: its cells stand in the row that points at it."""

    def __init__(self, parent: _Row, local: str) -> None:
        super().__init__(parent.name)
        self._parent = parent
        self._local = local

    def cell(self, name: str) -> str:
        return self._parent.cell(beside(self._local, name))

    def is_text(self, name: str) -> bool:
        return self._parent.is_text(beside(self._local, name))


class _Writer:
    def __init__(self) -> None:
        self.names: dict[str, Any] = {"must": must, "exact": exact}
        self.written: list[str] = []
        """All that was written, in order."""
        self._count = 0

    def function(
        self,
        name: str,
        shape: "Shape",
        values: Mapping["Field", str] = NOTHING,
        columns: Sequence[str] = (),
    ) -> Callable[..., list[Any]]:
        """`name(rows, context, *columns)` makes the objects of a shape; compiled where no rows are to be seen first."""
        row = self.row(shape)
        made = self.object(shape, row, values)
        each = ", ".join([row.unpacked, *values.values()])
        over = f"zip({', '.join(['rows', *columns])})" if values else "rows"
        head = f"def {name}({', '.join(['rows', 'context', *columns])}):"
        source = f"{head}\n    return [{made} for {each} in {over}]\n"
        self.written.append(source)
        if isinstance(row, _Cells):
            return ByWidth(source, name, self.names, row.read)
        return _function(source, name, self.names)

    def row(self, shape: "Shape") -> _Row:
        """An object of a list: unpacked where it is a row of a statement that we know."""
        name = self._fresh("r")
        return _Row(name) if shape.wanted is None else _Cells(name, shape.wanted)

    def object(self, shape: "Shape", row: _Row, values: Mapping["Field", str]) -> str:
        """A dict display of all that is asked of an object; `values` are those that do not come from it alone."""
        items = (f"{f.key!r}: {self._value(shape, f, row, values.get(f))}" for f in shape.fields)
        return "{" + ", ".join(items) + "}"

    def _value(self, shape: "Shape", field: "Field", row: _Row, value: str | None) -> str:
        if field.is_typename:
            return repr(shape.type.name)
        if value is not None and field.below is not None:
            return value  # folded already, nulls and all
        if field.is_joined:
            return self._joined(field, row)
        read = value or self._read(field, row)
        if field.below is None:
            is_text = field.load is None and row.is_text(field.attribute)
            leaf = self._text if is_text else self._leaf
            return self._completed(field.type, read, field.column, leaf)
        below = field.below.shape
        assert below is not None  # a pure field's type is an object type  # noqa: S101
        if field.holds_rows:
            # A function of its own, for how many cells its rows have is seen with them.
            return f"{self._named('u', self.function(self._fresh('rows'), below))}({read}, context)"

        load = field.load
        if not isinstance(load, Computed) or load.takes_context:
            return self._object_of(field, below, read)
        # The same cells make the same object, for whomever; and of prices and currencies there are few.
        once = self._named("k", _Writer().once(field, below, load))
        return f"{once}[{''.join(f'{row.cell(name)}, ' for name in load.columns)}]"

    def once(self, field: "Field", below: "Shape", load: Computed) -> Once:
        """What makes a field's object of its cells; one for all documents that select the same of it."""
        made = self._object_of(field, below, f"{self._named('f', load.fn)}(*key)")
        source = f"lambda key: {made}"
        named = (v if isinstance(v, Hashable) else id(v) for v in self.names.values())
        found = SHARED.get(key := (source, *named))
        if found is None:
            # It keeps what its source names, so that no id among the keys is another's meanwhile.
            make = eval(source, self.names)  # noqa: S307 - our own source, see above
            found = SHARED[key] = Once(make)
        return found

    def _object_of(self, field: "Field", below: "Shape", read: str) -> str:
        """An object that is read so, or a list of them, with all that is asked of it."""
        return self._completed(
            field.type, read, None, lambda _, name, __: self.object(below, _Row(name), {})
        )

    def _joined(self, field: "Field", row: _Row) -> str:
        """The row that came beside its parent: its cells bear the name of the column that points at it."""
        below: Any = field.below
        load: Any = field.load
        here = _Beside(row, load.local)
        none = "must(None)" if is_non_null_type(field.type) else "None"
        made = self.object(below.shape, here, {})
        return f"({none} if {here.cell(load.remote.name)} is None else {made})"

    def _read(self, field: "Field", row: _Row) -> str:
        if not isinstance(field.load, Computed):
            return row.cell(field.attribute)
        given = [row.cell(name) for name in field.load.columns]
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
        first, name = self._called(read)
        return f"(None if {first} is None else {self._filled(bare, name, column, inner)})"

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
            first, name = self._called(read)
            is_ready = f"type({first}) is not str or len({name}) in {WIDTHS}"
            return f"({name} if {is_ready} else exact({name}))"
        if type_.name == "Int" and column is not None and isinstance(column.type, Integer):
            first, name = self._called(read)
            return f"({name} if {-INT_END} <= {first} < {INT_END} else must(None))"
        serialized = self._named("s", type_.coerce_output_value)
        kind = PLAIN.get(type_.name)
        if kind is None:
            return self._must(f"{serialized}({read})")
        first, name = self._called(read)
        return f"({name} if type({first}) is {kind} else {self._must(f'{serialized}({name})')})"

    def _must(self, read: str) -> str:
        """The value where there is one, without a call where all is well."""
        first, name = self._called(read)
        return f"({name} if {first} is not None else must(None))"

    def _text(self, _type: Any, read: str, _column: Any) -> str:
        """An instant that comes as text."""
        first, name = self._called(read)
        return f"({name} if len({first}) in {WIDTHS} else exact({name}))"

    def _called(self, read: str) -> tuple[str, str]:
        """How a value is read first, and how again: by a name of its own, where it has none yet."""
        if read.isidentifier():
            return read, read
        name = self._fresh("x")
        return f"({name} := {read})", name

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
