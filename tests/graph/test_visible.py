"""Introspection tells each caller of what they may ask for, as if there were nothing else."""

from itertools import combinations
from random import Random
from typing import Any

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_composite_type,
    print_schema,
    validate_schema,
)

from barberpro.graph import visible as module
from barberpro.graph.schema import Graph
from barberpro.graph.scopes import held_by
from barberpro.graph.visible import visible
from barberpro.platform.principal import Principal

WHOLE = get_introspection_query(descriptions=False)


def places(schema: GraphQLSchema) -> set[tuple[str, str]]:
    return {
        (name, field)
        for name, type_ in schema.type_map.items()
        if is_composite_type(type_) and hasattr(type_, "fields") and not name.startswith("__")
        for field in type_.fields  # type: ignore[attr-defined]
    }


async def seen_by(ask: Any, who: Principal) -> GraphQLSchema:
    """The schema that a tool makes of what introspection tells this caller."""
    answer = await ask(WHOLE, who=who)
    assert answer.errors == []
    return build_client_schema(answer.data)


def only(principal: Principal, *scopes: str) -> Principal:
    return Principal(**{**vars(principal), "scopes": frozenset(scopes)})


async def test_what_may_not_be_asked_is_not_there(ask: Any, principal: Principal) -> None:
    schema = await seen_by(ask, only(principal, "locations:read", "bookings:read"))
    assert "Booking" in schema.type_map
    assert "bookings" in schema.type_map["Location"].fields  # type: ignore[attr-defined]
    for hidden in ("Invoice", "InvoiceConnection", "InvoiceStatus", "Customer", "AuditEvent"):
        assert hidden not in schema.type_map
    assert "invoice" not in schema.type_map["Booking"].fields  # type: ignore[attr-defined]
    assert "invoices" not in schema.query_type.fields  # type: ignore[union-attr]
    assert schema.mutation_type is None
    assert "bookingChanged" in schema.subscription_type.fields  # type: ignore[union-attr]
    assert "invoiceChanged" not in schema.subscription_type.fields  # type: ignore[union-attr]


async def test_inputs_and_errors_of_hidden_mutations_are_hidden(
    ask: Any, principal: Principal
) -> None:
    schema = await seen_by(ask, only(principal, "bookings:read", "bookings:write"))
    assert "BookingCreateInput" in schema.type_map
    assert "InvoiceIssueInput" not in schema.type_map
    shown = {t.name for t in schema.get_possible_types(schema.type_map["UserError"])}  # type: ignore[arg-type]
    assert "InvoiceNotFound" not in shown
    assert "WrongStatus" in shown


async def test_a_type_is_looked_for_by_name_in_vain(ask: Any, principal: Principal) -> None:
    query = '{ __type(name: "Invoice") { name } }'
    assert (await ask(query, who=only(principal, "bookings:read"))).data == {"__type": None}
    assert (await ask(query, who=only(principal, "billing:read"))).data == {
        "__type": {"name": "Invoice"}
    }


async def test_data_beside_it_is_answered_as_ever(
    ask: Any, principal: Principal, chain: Any
) -> None:
    who = only(principal, "locations:read")
    answer = await ask(
        "query ($id: ID!) { locations { nodes { __typename name } } node(id: $id) { __typename id } "
        "__schema { queryType { name } } }",
        id=chain.centro.id,
        who=who,
    )
    assert answer.errors == []
    assert answer.data == {
        "locations": {
            "nodes": [
                {"__typename": "Location", "name": "Centro"},
                {"__typename": "Location", "name": "Norte"},
            ]
        },
        "node": {"__typename": "Location", "id": chain.centro.id},
        "__schema": {"queryType": {"name": "Query"}},
    }


def test_who_may_see_everything_sees_the_whole(graph: Graph) -> None:
    assert print_schema(visible(graph, graph.names)) == print_schema(graph.core)


def test_every_set_of_scopes_sees_a_valid_schema_and_just_its_own_fields(graph: Graph) -> None:
    rng = Random(20_261_123)
    names = sorted(graph.names)
    sets = [frozenset[str](), *(frozenset({name}) for name in names)]
    sets += [frozenset(pair) for pair in rng.sample(list(combinations(names, 2)), 20)]
    sets += [frozenset(rng.sample(names, rng.randint(3, len(names)))) for _ in range(20)]
    for held in sets:
        view = visible(graph, held)
        assert validate_schema(view) == []
        shown = places(view)
        assert all(graph.scopes[place].met_by(held) for place in shown)
        core: Any = graph.core.type_map
        for type_name, name in graph.scopes.keys() - shown:
            if type_name in view.type_map and graph.scopes[type_name, name].met_by(held):
                led_to = get_named_type(core[type_name].fields[name].type)
                assert led_to.name not in view.type_map, (type_name, name)


def test_views_are_made_once_and_kept_within_bounds(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_VIEWS", 3)
    graph.views.clear()
    first = visible(graph, frozenset({"bookings:read"}))
    assert visible(graph, frozenset({"bookings:read", "made:up"})) is first
    for name in ("locations:read", "billing:read", "people:read"):
        visible(graph, frozenset({name}))
    assert len(graph.views) == 3
    assert visible(graph, frozenset({"bookings:read"})) is not first


def test_policies_count_as_scopes_do(graph: Graph, principal: Principal) -> None:
    limited = Principal(
        **{**vars(principal), "scopes": graph.names, "locations": frozenset({"loc_x"})}
    )
    assert held_by(limited) < held_by(Principal(**{**vars(limited), "locations": None}))
    assert len(places(visible(graph, held_by(limited)))) < len(
        places(visible(graph, held_by(Principal(**{**vars(limited), "locations": None}))))
    )
