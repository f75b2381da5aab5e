"""What an operation needs and costs, found once a document and kept with it.

A plan walks the operation against the schema: the scopes its fields need, and a small tree of weights that gives the
cost for any variables. Both are decided before the first statement is sent. Cost is reckoned as if every `@include`
held and every list were full: an upper bound that a caller can compute too.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    InlineFragmentNode,
    IntValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
    visit,
)

from .context import PAGE_LIMIT, REGISTERED_PAGE_LIMIT
from .errors import BadInput, TooComplex, TooExpensive
from .fields import DEFAULT_PAGE
from .loads import Many, Pages
from .nodes import MOST_IDS
from .schema import Graph
from .scopes import Needed, Requirement

OBJECT_COST = 1
CONNECTION_COST = 2
PAGE_PARTS = {"nodes": OBJECT_COST, "edges": 0, "pageInfo": 0}  # an edge's `node` is the object
ITEMS = ("nodes", "edges")
MOST = 10_000
MOST_REGISTERED = 20_000
INTROSPECTION = frozenset({"__schema", "__type"})
INTROSPECTION_COST = 500

SIZES = ("first", "ids")
"""Arguments that say how many are asked for."""
MOST_COSTS = 64
"""Kept for one operation, which may be asked with any sizes."""
PLAIN: dict[str, type] = {"ID": str, "String": str, "Boolean": bool, "Int": int}

Variables = Mapping[str, Any]
Times = Callable[[Variables, int], int]


@dataclass(frozen=True, eq=False)
class Weight:
    """What a field adds to the cost: its own, and what lies below it."""

    own: int
    below: tuple["Weight", ...] = ()
    times: Times | None = None
    """For a list: how many values it holds."""
    page: Times | None = None
    """For a connection: how many items its page holds."""
    per_item: bool = False
    """For `nodes` and `edges`: it stands once for every item of the page."""


@dataclass
class Kept:
    """What was made of a plan since, and stays as long as it does."""

    switches: tuple[str, ...] | None = None
    """The variables that decide which of its fields are asked."""
    most_variants: int = 1
    variants: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    """By their values, what the operation then asks of its root, or why it is not compiled."""
    costs: dict[tuple[Any, ...], int] = field(default_factory=dict)
    """By the sizes that were asked, what the operation then costs; of the last few."""


@dataclass(frozen=True, eq=False)
class Plan:
    """One operation of one document, ready for any caller and any variables."""

    document: DocumentNode
    operation: OperationDefinitionNode
    requires: Requirement
    never_null: frozenset[str]
    """Variables that stand where null may not: with a default there, validation lets them be nullable."""
    weights: tuple[Weight, ...]
    sizes: tuple[str, ...] = ()
    """Variables that the cost depends on."""
    plain: tuple[tuple[str, type], ...] | None = None
    """The variables, where all are of types whose values are taken as JSON has them."""
    kept: Kept = field(default_factory=Kept)

    def check_nulls(self, variables: Variables) -> None:
        """BadInput where a null was given for what may not be null."""
        for name in sorted(self.never_null):
            if name in variables and variables[name] is None:
                raise BadInput(
                    f"Variable `${name}` stands where null may not: leave it out, or give a value."
                )

    def cost(self, variables: Variables, *, registered: bool) -> int:
        """What the operation costs at most with these variables.

        BadInput where a page is larger than allowed, TooExpensive where the whole is.
        """
        key = (registered, *(variables.get(name) for name in self.sizes))
        if not all(value is None or isinstance(value, int) for value in key):
            return self._reckoned(variables, registered=registered)
        costs = self.kept.costs
        if key not in costs:
            if len(costs) >= MOST_COSTS:
                costs.clear()
            costs[key] = self._reckoned(variables, registered=registered)
        return costs[key]

    def _reckoned(self, variables: Variables, *, registered: bool) -> int:
        limit = REGISTERED_PAGE_LIMIT if registered else PAGE_LIMIT
        most = MOST_REGISTERED if registered else MOST
        memo: dict[tuple[int, int], int] = {}

        def total(weights: tuple[Weight, ...], items: int) -> int:
            key = id(weights), items
            if key not in memo:
                memo[key] = sum(one(w, items) for w in weights)
            return memo[key]

        def one(w: Weight, items: int) -> int:
            below = total(w.below, w.page(variables, limit) if w.page else items)
            many = (w.times(variables, limit) if w.times else 1) * (items if w.per_item else 1)
            return many * (w.own + below)

        cost = total(self.weights, 1)
        if cost > most:
            raise TooExpensive(f"The operation costs {cost}; at most {most} is allowed.")
        return cost


def plan(graph: Graph, document: DocumentNode, operation: OperationDefinitionNode) -> Plan:
    """Plan a valid operation. TooComplex where it asks for the schema more than once."""
    return _Planner(graph, document).plan(operation)


class _Planner:
    def __init__(self, graph: Graph, document: DocumentNode) -> None:
        self.graph = graph
        self.document = document
        self.fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        self.known: dict[str, tuple[Weight, ...]] = {}
        self.needed: set[Needed] = set()
        self.introspections = 0
        self.sizes: set[str] = set()

    def plan(self, operation: OperationDefinitionNode) -> Plan:
        root = self.graph.core.get_root_type(operation.operation)
        assert root is not None  # validation has seen to it  # noqa: S101
        weights = self._selection(root.name, operation.selection_set)
        if self.introspections > 1:
            raise TooComplex("The document asks for the schema more than once.")
        never_null = _never_null(self.graph, reached(self.document, operation))
        return Plan(
            self.document,
            operation,
            Requirement.of(self.needed),
            never_null,
            weights,
            tuple(sorted(self.sizes)),
            _plain(operation),
        )

    def _selection(self, type_name: str, selection_set: SelectionSetNode) -> tuple[Weight, ...]:
        found: list[Weight] = []
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                found += self._field(type_name, node)
            elif isinstance(node, FragmentSpreadNode):
                found.append(self._fragment(self.fragments[node.name.value]))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                found += self._selection(
                    condition.name.value if condition else type_name, node.selection_set
                )
        return tuple(found)

    def _fragment(self, fragment: FragmentDefinitionNode) -> Weight:
        name = fragment.name.value
        if name not in self.known:
            self.known[name] = self._selection(
                fragment.type_condition.name.value, fragment.selection_set
            )
        # One tuple for all spreads, so that a fragment is summed once however often it is spread.
        return Weight(0, self.known[name])

    def _field(self, type_name: str, node: FieldNode) -> list[Weight]:
        name = node.name.value
        if name.startswith("__"):
            if name not in INTROSPECTION:
                return []
            self.introspections += 1
            return [Weight(INTROSPECTION_COST)]
        type_: Any = self.graph.core.type_map[type_name]
        field: GraphQLField = type_.fields[name]
        self.needed.add(self.graph.scope(type_name, name))
        return [self._weight(type_name, node, field)]

    def _weight(self, type_name: str, node: FieldNode, field: GraphQLField) -> Weight:
        for given in (_argument(node, name) for name in SIZES):
            if isinstance(given, VariableNode):
                self.sizes.add(given.name.value)
        load = self.graph.load(type_name, node.name.value)
        own = (load.cost or 0) if load is not None else 0
        named = get_named_type(field.type)
        if is_leaf_type(named):
            return Weight(own)
        below = self._selection(named.name, node.selection_set) if node.selection_set else ()
        if isinstance(load, Pages):
            return Weight(own + CONNECTION_COST, below, page=_first(node))
        if isinstance(load, Many):
            size = load.size
            return Weight(own + OBJECT_COST, below, times=lambda _variables, _limit: size)
        if "first" in field.args:
            # What the field costs, it costs once; what it lists, as often as asked.
            return Weight(own, (Weight(OBJECT_COST, below, times=_asked(node, field)),))
        if "ids" in field.args:
            return Weight(own + OBJECT_COST, below, times=_count_of_ids(node))
        if type_name.endswith("Connection"):
            return Weight(PAGE_PARTS[node.name.value], below, per_item=node.name.value in ITEMS)
        return Weight(own + OBJECT_COST, below)


def reached(document: DocumentNode, operation: OperationDefinitionNode) -> list[Any]:
    """An operation, and the fragments that it spreads, at any depth: not those of its neighbours."""
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    found: dict[str, Any] = {}
    left: list[Any] = [operation.selection_set]
    while left:
        for node in left.pop().selections:
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in found:
                    continue
                found[node.name.value] = fragments[node.name.value]
                left.append(fragments[node.name.value].selection_set)
            elif node.selection_set is not None:
                left.append(node.selection_set)
    return [operation, *found.values()]


def _plain(operation: OperationDefinitionNode) -> tuple[tuple[str, type], ...] | None:
    found = []
    for declared in operation.variable_definitions or ():
        type_ = declared.type.type if isinstance(declared.type, NonNullTypeNode) else declared.type
        if not isinstance(type_, NamedTypeNode) or type_.name.value not in PLAIN:
            return None
        found.append((declared.variable.name.value, PLAIN[type_.name.value]))
    return tuple(found)


def _never_null(graph: Graph, definitions: Iterable[Any]) -> frozenset[str]:
    """Every variable that is used where the schema takes no null."""
    found: set[str] = set()
    types = TypeInfo(graph.core)

    class Uses(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            if is_non_null_type(types.get_input_type()):
                found.add(node.name.value)

    for definition in definitions:
        visit(definition, TypeInfoVisitor(types, Uses()))
    return frozenset(found)


def _argument(node: FieldNode, name: str) -> Any:
    return next((a.value for a in node.arguments or () if a.name.value == name), None)


def _first(node: FieldNode) -> Times:
    """The page size, checked against the limit when the variables are known."""
    given = _argument(node, "first")

    def size(variables: Variables, limit: int) -> int:
        first = DEFAULT_PAGE
        if isinstance(given, IntValueNode):
            first = int(given.value)
        elif isinstance(given, VariableNode):
            first = variables.get(given.name.value, DEFAULT_PAGE)
        if not 0 <= first <= limit:
            raise BadInput(f"`{node.name.value}(first:)` must be from 0 to {limit}; it is {first}.")
        return first

    return size


def _asked(node: FieldNode, field: GraphQLField) -> Times:
    """How many items a list is asked for; whether so many may be is for the field to say."""
    given = _argument(node, "first")
    default: int = field.args["first"].default_value

    def size(variables: Variables, _limit: int) -> int:
        if isinstance(given, IntValueNode):
            return max(0, int(given.value))
        asked = variables.get(given.name.value) if isinstance(given, VariableNode) else None
        return default if asked is None else max(0, asked)

    return size


def _count_of_ids(node: FieldNode) -> Times:
    given = _argument(node, "ids")

    def size(variables: Variables, _limit: int) -> int:
        if isinstance(given, VariableNode):
            values = variables.get(given.name.value) or []
            count = len(values) if isinstance(values, list) else 1
        else:
            count = len(getattr(given, "values", ())) or 1
        if count > MOST_IDS:
            raise BadInput(
                f"`{node.name.value}(ids:)` takes at most {MOST_IDS} ids; there are {count}."
            )
        return count

    return size
