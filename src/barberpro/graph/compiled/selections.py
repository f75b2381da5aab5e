"""What a document asks of each type, read once: fields merged, fragments spread, `@skip` and `@include` decided."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)
from sqlalchemy import Table

from ..declared import BACKREF
from ..loads import Computed, Fetched, Load, OfRows, Told
from ..mutations import Act
from ..schema import Graph
from ..types import Node, about
from ..upstreams.forwarding import Asked, Forwarding
from ..upstreams.reading import PREFIX
from ..wanted import Wanted
from .arguments import Arguments
from .narrowing import may_join, wanted
from .pricing import Priced, item, priced
from .source import Assembly, assembly

Fragments = Mapping[str, FragmentDefinitionNode]
Switches = Mapping[str, bool]
"""The values of the variables that `@skip` and `@include` read."""


class NotCompiled(Exception):
    """The operation is left to graphql-core."""


@dataclass(frozen=True)
class Reading:
    """What is the same for every selection of an operation."""

    graph: Graph
    fragments: Fragments
    switches: Switches
    joins: bool
    """Whether rows may come joined to those that point at them."""

    def is_wanted(self, node: Any) -> bool:
        """Whether its `@skip` and `@include` let a selection stand."""
        for directive in node.directives or ():
            if directive.name.value not in ("skip", "include"):
                continue
            given = directive.arguments[0].value
            is_on = (
                self.switches[given.name.value] if isinstance(given, VariableNode) else given.value
            )
            if is_on is (directive.name.value == "skip"):
                return False
        return True

    def applies(self, condition: Any, type_: GraphQLObjectType) -> bool:
        """Whether a fragment with this type condition is one of the type's."""
        if condition is None or condition.name.value == type_.name:
            return True
        wider: Any = self.graph.core.type_map[condition.name.value]
        return not is_object_type(wider) and self.graph.core.is_sub_type(wider, type_)


@dataclass(frozen=True, eq=False)
class Field:
    """One response key of an object: the field behind it, and what is asked below."""

    key: str
    nodes: tuple[FieldNode, ...]
    owner: GraphQLObjectType
    definition: GraphQLField
    load: Load | None
    below: "Selection | None"
    reading: Reading
    source: "Field | None" = None
    """The field whose statement the parents come from, and could bring more of; None where they come otherwise."""

    @property
    def type(self) -> Any:
        return self.definition.type

    @cached_property
    def attribute(self) -> str:
        """Where a value without a declaration is found on its parent."""
        if self.is_told:
            return f"{PREFIX}{self.key}"  # another service was asked for it under this name
        return self.definition.extensions[BACKREF].python_name

    @cached_property
    def is_told(self) -> bool:
        """Whether another service told it, with its parent."""
        declared = self.reading.graph.load(self.owner.name, self.nodes[0].name.value)
        return isinstance(declared, Told)

    @property
    def is_typename(self) -> bool:
        return self.nodes[0].name.value == "__typename"

    @property
    def column(self) -> Any:
        """The column of the parent's table that is the value as it stands, if it is one."""
        table = _table_behind(self.owner)
        return None if self.load is not None or table is None else table.c.get(self.attribute)

    @cached_property
    def is_joined(self) -> bool:
        """Whether its rows come in the statement that its parents come from."""
        return self.reading.joins and may_join(self)

    @cached_property
    def holds_rows(self) -> bool:
        """Whether the value is a list of rows as a statement brought them: a page's nodes."""
        shape = self.below.shape if self.below else None
        is_list = str(self.type).startswith("[") and str(self.type).endswith("!]!")
        return self.load is None and is_list and shape is not None and shape.wanted is not None

    @cached_property
    def wanted(self) -> Wanted:
        """What is wanted of the rows that its statement brings."""
        return wanted(self)

    @cached_property
    def is_pure(self) -> bool:
        """Made from its parent alone: nothing is asked of anybody, at any depth."""
        mine = self.load is None or isinstance(self.load, Computed) or self.is_joined
        return mine and (self.below is None or self.below.is_pure)

    @cached_property
    def depth(self) -> int:
        """How many lists stand around the field's values."""
        return str(self.type).count("[")

    @cached_property
    def innermost(self) -> Any:
        """The type of the values themselves: without the lists, with or without null."""
        inner = self.type
        while is_list_type(get_nullable_type(inner)):
            inner = get_nullable_type(inner).of_type
        return inner

    @cached_property
    def item_price(self) -> int:
        """What its type costs, for each object of it."""
        return item(self)

    def forwarded(self, entity: str, variables: Mapping[str, Any]) -> Asked:
        """The question for the service that owns the field: all that is asked below it."""
        forwarding = Forwarding(self.reading.fragments, variables)
        return forwarding.asked(entity, self.definition, self.nodes)

    @cached_property
    def arguments(self) -> Arguments:
        return Arguments(self.definition, self.nodes[0], self.reading.graph.converter)


@dataclass(frozen=True, eq=False)
class Shape:
    """What is asked of one object type: the fields in the order of the answer, and the source that makes them."""

    type: GraphQLObjectType
    fields: tuple[Field, ...]
    source: Field | None = None
    """The field whose statement the objects come from, or stand in pages of."""

    @property
    def wanted(self) -> Wanted | None:
        """What the objects hold, where they are rows of a statement that we know."""
        load = self.source.load if self.source else None
        is_row = isinstance(load, OfRows) and load.target is self.table
        return self.source.wanted if self.source and is_row else None

    @property
    def table(self) -> Table | None:
        """The table whose rows the objects are."""
        return _table_behind(self.type)

    @cached_property
    def asked(self) -> tuple[Field, ...]:
        """The fields whose values do not come from the parent alone."""
        return tuple(f for f in self.fields if not f.is_pure)

    @cached_property
    def assembly(self) -> Assembly:
        return assembly(self)

    @cached_property
    def priced(self) -> Priced:
        return priced(self)


class Selection:
    """What is asked of a type, which may be an interface or a union: a shape for each object type behind it."""

    def __init__(
        self,
        reading: Reading,
        type_: Any,
        sets: tuple[SelectionSetNode, ...],
        source: Callable[[], "Field | None"],
    ) -> None:
        self.reading = reading
        self.type = type_
        self._sets = sets
        self._source = source
        self._shapes: dict[str, Shape] = {}

    @cached_property
    def shape(self) -> Shape | None:
        """The one shape of an object type; None where the type is known with the value only."""
        return self.shape_of(self.type.name) if is_object_type(self.type) else None

    @cached_property
    def is_pure(self) -> bool:
        return self.shape is not None and not self.shape.asked

    def shape_of(self, name: str) -> Shape:
        """What is asked of the object type of that name."""
        if name not in self._shapes:
            type_: Any = self.reading.graph.core.type_map[name]
            grouped: dict[str, list[FieldNode]] = {}
            _collect(self.reading, type_, self._sets, grouped, set())
            source = self._source()
            fields = (
                _field(self.reading, type_, key, nodes, source) for key, nodes in grouped.items()
            )
            self._shapes[name] = Shape(type_, tuple(fields), source)
        return self._shapes[name]

    def name_of(self, value: Any) -> str:
        """The object type of a value of this interface or union."""
        definition = getattr(type(value), "__strawberry_definition__", None)
        return definition.name if definition else Node.resolve_type(value, None, None)


def root(
    graph: Graph,
    operation: OperationDefinitionNode,
    fragments: Fragments,
    switches: Switches,
    *,
    joins: bool,
) -> Shape:
    """What an operation asks of its root type. NotCompiled where it asks for the schema."""
    reading = Reading(graph, fragments, switches, joins)
    type_ = graph.core.get_root_type(operation.operation)
    shape = Selection(reading, type_, (operation.selection_set,), lambda: None).shape
    assert shape is not None  # noqa: S101 - a root is an object type
    return shape


def _table_behind(type_: GraphQLObjectType) -> Table | None:
    known = about(getattr(type_.extensions.get(BACKREF), "origin", None))
    return known.table if known else None


def _collect(
    reading: Reading,
    type_: GraphQLObjectType,
    sets: Iterable[SelectionSetNode],
    into: dict[str, list[FieldNode]],
    spread: set[str],
) -> None:
    """CollectFields of the specification: nodes by response key, a fragment once however often it is spread."""
    for node in (n for each in sets for n in each.selections):
        if not reading.is_wanted(node):
            continue
        if isinstance(node, FieldNode):
            into.setdefault((node.alias or node.name).value, []).append(node)
            continue
        if isinstance(node, FragmentSpreadNode):
            if node.name.value in spread:
                continue
            spread.add(node.name.value)
            node = reading.fragments[node.name.value]
        inner: Any = node
        if reading.applies(inner.type_condition, type_):
            _collect(reading, type_, [inner.selection_set], into, spread)


def _field(
    reading: Reading,
    type_: GraphQLObjectType,
    key: str,
    nodes: list[FieldNode],
    source: Field | None,
) -> Field:
    name = nodes[0].name.value
    definition = reading.graph.core.get_field(type_, name)
    assert definition is not None  # validation has seen to it  # noqa: S101
    if name in ("__schema", "__type"):
        raise NotCompiled("introspection")
    load = None if name == "__typename" else reading.graph.load(type_.name, name)
    if isinstance(load, Told):
        load = None  # it came with its parent, as a plain column does
    if load is not None and not isinstance(load, Computed | Fetched | Act):
        raise NotCompiled(f"{type_.name}.{name} is a {type(load).__name__}")
    below = None

    def brings() -> Field | None:
        """What a field without a declaration holds came with its parent: a page's nodes, say."""
        return made if isinstance(load, OfRows) else source if load is None else None

    if not is_leaf_type(get_named_type(definition.type)):
        sets = tuple(n.selection_set for n in nodes if n.selection_set)
        below = Selection(reading, get_named_type(definition.type), sets, brings)
    made = Field(key, tuple(nodes), type_, definition, load, below, reading, source)
    return made
