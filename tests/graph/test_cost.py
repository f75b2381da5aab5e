"""What is charged: what anyone can reckon from the printed SDL, and what the answer then held."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    parse,
    value_from_ast_untyped,
)
from sqlalchemy import select

from barberpro.graph.execute import coerced
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.tables import metadata
from tests.soaking import SEED, draws

from .documents import Writer
from .ways import WAYS, Ways, all_scopes

DOCUMENTS = draws(60)


@dataclass
class Reader:
    """A stranger who has the printed SDL and its words on cost, and nothing else of ours."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]

    def planned(self) -> int:
        operation: Any = self.document.definitions[0]
        root: Any = self.schema.get_root_type(operation.operation)
        return self._selection(root, operation.selection_set, None)

    def held(self, data: Any) -> int:
        """The cost of what an answer shows; in it, `__typename` stands in every object."""
        operation: Any = self.document.definitions[0]
        return self._object(data, [operation.selection_set])

    def _selection(self, type_: Any, selection: Any, page: tuple[Any, int] | None) -> int:
        total = 0
        for node in selection.selections:
            if isinstance(node, FieldNode):
                total += 0 if node.name.value == "__typename" else self._field(type_, node, page)
                continue
            fragment = self._fragment(node)
            condition = fragment.type_condition
            inner = self.schema.type_map[condition.name.value] if condition else type_
            total += self._selection(inner, fragment.selection_set, page)
        return total

    def _field(self, type_: Any, node: FieldNode, page: tuple[Any, int] | None) -> int:
        field = type_.fields[node.name.value]
        own = int(_stated(field, "cost", "weight", 0))
        below: Any = None
        size: Any = 1
        if page is not None and node.name.value in page[0]:
            size = page[1]
        listed = _directive(field, "listSize")
        if listed:
            asked: Any = listed.get("assumedSize")
            for name in listed.get("slicingArguments", ()):
                asked = self._argument(field, node, name)
                asked = len(asked) if isinstance(asked, list) else asked
            if "sizedFields" in listed:
                below = listed["sizedFields"], asked
            else:
                size = asked
        named: Any = get_named_type(field.type)
        if is_leaf_type(named):
            return own
        inside = self._selection(named, node.selection_set, below)
        return own + size * (int(_stated(named, "cost", "weight", 1)) + inside)

    def _argument(self, field: Any, node: FieldNode, name: str) -> Any:
        for given in node.arguments or ():
            if given.name.value == name:
                value = value_from_ast_untyped(given.value, dict(self.variables))
                return field.args[name].default_value if value is None else value
        return field.args[name].default_value

    def _fragment(self, node: Any) -> Any:
        if not isinstance(node, FragmentSpreadNode):
            return node
        return next(
            d
            for d in self.document.definitions
            if isinstance(d, FragmentDefinitionNode) and d.name.value == node.name.value
        )

    def _object(self, shown: Any, sets: list[Any]) -> int:
        """The cost of an object's fields; `__typename` says which of them are its own."""
        type_: Any = self.schema.type_map[shown["__typename"]]
        nodes: dict[str, list[FieldNode]] = {}
        for each in sets:
            self._collect(type_, each, nodes)
        total = 0
        for key, alike in nodes.items():
            if alike[0].name.value == "__typename":
                continue
            field = type_.fields[alike[0].name.value]
            total += int(_stated(field, "cost", "weight", 0))
            named: Any = get_named_type(field.type)
            if is_leaf_type(named):
                continue
            is_list = is_list_type(get_nullable_type(field.type))
            values = (shown[key] or []) if is_list else [shown[key]]
            total += len(values) * int(_stated(named, "cost", "weight", 1))
            below = [n.selection_set for n in alike]
            total += sum(self._object(v, below) for v in values if v is not None)
        return total

    def _collect(self, type_: Any, selection: Any, into: dict[str, list[FieldNode]]) -> None:
        for node in selection.selections:
            if not self._stands(node):
                continue
            if isinstance(node, FieldNode):
                key = (node.alias or node.name).value
                if not any(n is node for n in into.setdefault(key, [])):
                    into[key].append(node)
                continue
            fragment = self._fragment(node)
            condition = fragment.type_condition
            wider: Any = self.schema.type_map[condition.name.value] if condition else type_
            if wider is type_ or (
                not is_leaf_type(wider)
                and hasattr(wider, "resolve_type")
                and self.schema.is_sub_type(wider, type_)
            ):
                self._collect(type_, fragment.selection_set, into)

    def _stands(self, node: Any) -> bool:
        for directive in node.directives or ():
            value = value_from_ast_untyped(directive.arguments[0].value, dict(self.variables))
            if value is (directive.name.value == "skip"):
                return False
        return True


def _directive(thing: Any, name: str) -> dict[str, Any]:
    found = [d for d in thing.ast_node.directives or () if d.name.value == name]
    return {a.name.value: value_from_ast_untyped(a.value) for d in found for a in d.arguments}


def _stated(thing: Any, directive: str, argument: str, otherwise: int) -> Any:
    return _directive(thing, directive).get(argument, otherwise)


@pytest.fixture(scope="module")
def printed(graph: Graph) -> GraphQLSchema:
    return build_schema(graph.sdl)


@pytest.fixture
async def ids(booked: Any, opening: Any) -> list[str]:
    """The ids of all that there is."""
    know_all_tables()
    tables = [t for t in metadata.tables.values() if "tenant" in t.info]
    async with opening() as tx:
        return [row.id for t in tables for row in await tx.rows(select(t.c.id).order_by(t.c.id))]


def test_the_printed_schema_says_all_that_is_charged(graph: Graph, printed: GraphQLSchema) -> None:
    rng, drawn, costs = Random(SEED), 0, set[int]()
    while drawn < DOCUMENTS * 4:
        written = Writer(graph, rng, ["loc_1", "bkg_1", "x"]).write()
        if written is None:
            continue
        drawn += 1
        operation: Any = written.document.definitions[0]
        planned = plan(graph, written.document, operation)
        given = coerced(graph, planned, written.variables).coerced
        cost = planned.cost(given, registered=True)
        assert cost == Reader(printed, written.document, given).planned(), written.text
        costs.add(cost)
    assert len(costs) > 50


@pytest.mark.parametrize("way", WAYS)
async def test_both_executors_count_what_the_answer_held(
    graph: Graph,
    printed: GraphQLSchema,
    database: Any,
    clock: Any,
    principal: Any,
    ids: list[str],
    way: str,
) -> None:
    ways = Ways(graph, database, clock)
    who = replace(principal, scopes=all_scopes(graph))
    rng, counted, costs = Random(SEED), 0, set[int]()
    while counted < DOCUMENTS:
        written = Writer(graph, rng, ids).write()
        if written is None:
            continue
        answer, _, cost = await ways.priced(way, who, written.document, written.variables)
        if answer.errors:
            continue
        counted += 1
        reader = Reader(printed, written.document, written.variables)
        assert cost == reader.held(answer.data), written.text
        costs.add(cost)
    assert len(costs) > 20


@pytest.mark.parametrize("way", WAYS)
async def test_a_list_is_charged_by_its_length_and_nothing_is_below_null(
    graph: Graph, database: Any, clock: Any, principal: Any, booked: Any, chain: Any, way: str
) -> None:
    ways = Ways(graph, database, clock)
    who = replace(principal, scopes=all_scopes(graph))

    async def cost(text: str, **variables: Any) -> int:
        return (await ways.priced(way, who, parse(text), variables))[2]

    assert await cost("{ bookings(first: 100) { nodes { id } } }") == 2 + 4
    assert await cost("{ bookings(first: 3) { nodes { id customer { id email } } } }") == 2 + 3 * 3
    assert await cost("{ bookings(first: 1) { edges { node { id } } totalCount } }") == 2 + 1 + 1
    assert await cost('{ location(id: "loc_none") { id providers { totalCount } } }') == 1
    assert await cost('{ nodes(ids: ["loc_none", "bkg_none"]) { id } }') == 1 + 2


async def test_introspection_is_charged_once_asked(
    graph: Graph, database: Any, clock: Any, principal: Any
) -> None:
    ways = Ways(graph, database, clock)
    document = parse("{ __schema { types { name } } __typename }")
    _, _, cost = await ways.priced("interpreted", principal, document, {})
    assert cost == 500
    assert plan(graph, document, document.definitions[0]).cost({}, registered=False) == 500  # type: ignore[arg-type]
