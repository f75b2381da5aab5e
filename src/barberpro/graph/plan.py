"""What an operation needs and costs, found once a document and kept with it.

A plan walks the operation against the schema: the scopes its fields need, and a small tree of weights (`cost.py`) that
gives the cost for any variables. Both are decided before the first statement is sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    InlineFragmentNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    is_non_null_type,
    value_from_ast_untyped,
    visit,
)

from .cost import INTROSPECTION, INTROSPECTION_COST, Variables, Weight, reckoned, weight
from .errors import BadInput, TooComplex
from .schema import Graph
from .scopes import Needed, Requirement

MOST_COSTS = 64
"""Kept for one operation, which may be asked with any sizes."""
UNDEFINED: Any = object()
"""Where a variable has no default."""
PLAIN: dict[str, type] = {"ID": str, "String": str, "Boolean": bool, "Int": int}


@dataclass(frozen=True)
class Plain:
    """A variable whose value is taken as JSON has it."""

    name: str
    kind: type
    is_required: bool
    default: Any = UNDEFINED


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
    shape: Any = None
    """What it asks for, once that was written down of somebody who ran it."""


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
    plain: tuple["Plain", ...] | None = None
    """The variables, where all are of types whose values are taken as JSON has them."""
    introspects: bool = False
    """Whether it asks for the schema itself."""
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
            return reckoned(self.weights, variables, registered=registered)
        costs = self.kept.costs
        if key not in costs:
            if len(costs) >= MOST_COSTS:
                costs.clear()
            costs[key] = reckoned(self.weights, variables, registered=registered)
        return costs[key]


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
            introspects=self.introspections > 0,
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
        return Weight(0, below=self.known[name])

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
        below: tuple[Weight, ...] = ()
        if node.selection_set is not None:
            below = self._selection(get_named_type(field.type).name, node.selection_set)
        place = type_name, node.name.value
        found, variable = weight(self.graph.prices, place, node, field, below)
        if variable is not None:
            self.sizes.add(variable)
        return found


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


def _plain(operation: OperationDefinitionNode) -> tuple[Plain, ...] | None:
    found = []
    for declared in operation.variable_definitions or ():
        is_required = isinstance(declared.type, NonNullTypeNode)
        type_: Any = (
            declared.type.type if isinstance(declared.type, NonNullTypeNode) else declared.type
        )
        if not isinstance(type_, NamedTypeNode) or type_.name.value not in PLAIN:
            return None
        kind, default = PLAIN[type_.name.value], UNDEFINED
        if declared.default_value is not None:
            default = value_from_ast_untyped(declared.default_value)
            if type(default) is not kind:
                return None
        found.append(Plain(declared.variable.name.value, kind, is_required, default))
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
