"""The schema as a federation router sees it: its SDL by scope, entities by their keys, the domains' own subgraphs."""

import re
from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema as built
from graphql import parse

from barberpro.graph.errors import BadInput, UnknownSubgraph, code_of
from barberpro.graph.federation import sdl as module
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph, build_subgraph, subgraphs
from barberpro.platform.principal import Principal

from .ways import Ways

BY_KEY = """query ($keys: [_Any!]!) { _entities(representations: $keys) {
    __typename ... on Location { name } ... on Booking { id location { name } } } }"""
UNKNOWN = "There is no entity of this `__typename`."
KEYLESS = "A representation holds the key of its type: `id`, a string."


def only(principal: Principal, *scopes: str) -> Principal:
    return replace(principal, scopes=frozenset(scopes))


async def test_entities_are_found_by_their_keys_one_statement_a_type(
    ask: Any, chain: Any, booked: list[Any]
) -> None:
    keys = [
        {"__typename": "Location", "id": chain.norte.id},
        {"__typename": "Booking", "id": booked[0].id},
        {"__typename": "Location", "id": chain.centro.id, "name": "not looked at"},
        {"__typename": "Location", "id": chain.norte.id},
    ]
    answer = await ask(BY_KEY, keys=keys)
    assert answer.errors == []
    assert answer.data["_entities"] == [
        {"__typename": "Location", "name": "Norte"},
        {"__typename": "Booking", "id": booked[0].id, "location": {"name": "Centro"}},
        {"__typename": "Location", "name": "Centro"},
        {"__typename": "Location", "name": "Norte"},
    ]
    assert answer.statements == 3  # locations, bookings, and the bookings' locations


async def test_what_is_not_there_is_null(ask: Any, chain: Any) -> None:
    keys = [
        {"__typename": "Location", "id": chain.centro.id[:-4] + "0000"},
        {"__typename": "Booking", "id": chain.centro.id},
        {"__typename": "Location", "id": ""},
        {"__typename": "Location", "id": "loc_\ud7ff'; --"},
    ]
    answer = await ask(BY_KEY, keys=keys)
    assert (answer.data, answer.errors) == ({"_entities": [None] * 4}, [])


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"__typename": "Nothing", "id": "loc_x"}, UNKNOWN),
        ({"__typename": "LocationConnection", "id": "loc_x"}, UNKNOWN),
        ({"__typename": "Query"}, UNKNOWN),
        ({"__typename": "Location"}, KEYLESS),
        ({"__typename": "Location", "id": 7}, KEYLESS),
        ({"__typename": "Location", "id": None}, KEYLESS),
        ({"__typename": "Location", "id": {"id": "loc_x"}}, KEYLESS),
    ],
)
async def test_a_wrong_key_is_told_at_its_place_and_costs_no_other_its_answer(
    ask: Any, chain: Any, wrong: Any, told: str
) -> None:
    right = {"__typename": "Location", "id": chain.centro.id}
    answer = await ask(BY_KEY, keys=[right, wrong, right])
    centro = {"__typename": "Location", "name": "Centro"}
    assert answer.data == {"_entities": [centro, None, centro]}
    (error,) = answer.errors
    assert (error.path, error.message, code_of(error)) == (
        ["_entities", 1],
        told,
        "BAD_USER_INPUT",
    )


async def test_a_type_that_the_caller_may_not_see_is_as_unknown_as_one_there_is_not(
    ask: Any, principal: Principal, booked: list[Any]
) -> None:
    document = "query ($keys: [_Any!]!) { _entities(representations: $keys) { __typename } }"
    who = only(principal, "locations:read")
    key = {"__typename": "Booking", "id": booked[0].id}
    answer = await ask(document, who=who, keys=[key, key | {"__typename": "Nothing"}])
    assert answer.data == {"_entities": [None, None]}
    assert [error.message for error in answer.errors] == [UNKNOWN, UNKNOWN]


async def test_rows_beyond_a_callers_locations_are_null(
    ask: Any, principal: Principal, chain: Any
) -> None:
    who = replace(principal, locations=frozenset({chain.norte.id}))
    keys = [{"__typename": "Location", "id": each.id} for each in (chain.centro, chain.norte)]
    answer = await ask(BY_KEY, who=who, keys=keys)
    assert answer.data == {"_entities": [None, {"__typename": "Location", "name": "Norte"}]}


async def test_another_tenants_entities_are_null(
    ask: Any, stranger: Principal, chain: Any, booked: list[Any]
) -> None:
    keys = [
        {"__typename": "Location", "id": chain.centro.id},
        {"__typename": "Booking", "id": booked[0].id},
    ]
    answer = await ask(BY_KEY, who=stranger, keys=keys)
    assert (answer.data, answer.errors) == ({"_entities": [None, None]}, [])


def test_fields_below_entities_need_their_scopes(graph: Graph) -> None:
    document = parse(BY_KEY)
    planned = plan(graph, document, document.definitions[0])  # type: ignore[arg-type]
    assert str(planned.requires) == "bookings:read & locations:read"


def test_keys_are_counted_before_any_is_looked_for(graph: Graph) -> None:
    document = parse("query ($k: [_Any!]!) { _entities(representations: $k) { __typename } }")
    planned = plan(graph, document, document.definitions[0])  # type: ignore[arg-type]
    assert planned.cost({"k": [{}] * 1_000}, registered=False) == 1 + 1_000
    with pytest.raises(
        BadInput, match=r"`_entities\(representations:\)` takes at most 1000 .* 1001"
    ):
        planned.cost({"k": [{}] * 1_001}, registered=False)


async def test_the_sdl_shows_what_the_caller_may_see(ask: Any, principal: Principal) -> None:
    answer = await ask("{ _service { sdl } }", who=only(principal, "locations:read"))
    sdl = answer.data["_service"]["sdl"]
    assert sdl.startswith('extend schema @link(url: "https://specs.apollo.dev/federation/v2.9"')
    assert 'type Location implements Node @key(fields: "id") {' in sdl
    assert "type LocationConnection @shareable @cost(weight: 2)" in sdl
    for hidden in ("Booking", "Invoice", "Customer", "Mutation", "audit", "_Entity", "_service"):
        assert re.search(rf"\b{hidden}", re.sub(r'"""(.|\n)*?"""', "", sdl)) is None, hidden


def test_who_holds_everything_sees_every_field(graph: Graph) -> None:
    text = graph.text(graph.names)
    shown = built("directive @link(url: String, import: [String]) on SCHEMA\n" + text, True)
    fields = {
        (name, field)
        for name, type_ in shown.type_map.items()
        if not name.startswith("__")
        for field in getattr(type_, "fields", ())
    }
    added = {("Query", "_service"), ("Query", "_entities"), ("_Service", "sdl")}
    assert graph.scopes.keys() - fields == added


def test_texts_are_made_once_and_kept_within_bounds(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_VIEWS", 2)
    text = module.SubgraphText()
    text.graph = graph
    first = text(frozenset({"audit:read"}))
    assert text(frozenset({"audit:read", "made:up"})) is first
    text(frozenset({"locations:read"}))
    assert text(frozenset({"audit:read"})) is first
    for scope in ("locations:read", "people:read"):
        text(frozenset({scope}))
    again = text(frozenset({"audit:read"}))
    assert (again == first, again is first) == (True, False)


def test_every_field_is_owned_by_one_subgraph(graph: Graph) -> None:
    entities = {t.name for t in graph.core.type_map["_Entity"].types}  # type: ignore[attr-defined]
    owners: dict[tuple[str, str], list[str]] = {}
    for name in subgraphs():
        for place in build_subgraph(name).scopes:
            is_owned = place[0] in entities | {"Query", "Mutation", "Subscription"}
            if is_owned and place[1] not in ("id", "_service", "_entities"):
                owners.setdefault(place, []).append(name)
    assert {place: names for place, names in owners.items() if len(names) != 1} == {}
    assert owners["Location", "bookings"] == ["bookings"]
    assert owners["Query", "node"] == ["nodes"]
    owned = {place for place in graph.scopes if place[0] in entities | {"Query", "Mutation"}}
    assert {p for p in owned if p[1] not in ("id", "_service", "_entities")} <= owners.keys()


def test_in_a_subgraph_foreign_entities_are_keys() -> None:
    text = build_subgraph("bookings").text(frozenset({"bookings:read", "locations:read"}))
    assert 'type Chair implements Node @key(fields: "id", resolvable: false)' in text
    assert 'type Location implements Node @key(fields: "id") {' in text
    nodes = build_subgraph("nodes")
    assert "_entities" not in nodes.core.query_type.fields  # type: ignore[union-attr]
    assert list(nodes.core.type_map["Booking"].fields) == ["id"]  # type: ignore[attr-defined]


async def test_a_subgraph_answers_what_its_domain_owns_of_anothers_entities(
    database: Any, clock: Any, principal: Principal, chain: Any, booked: list[Any]
) -> None:
    document = parse(
        """query ($keys: [_Any!]!) { _entities(representations: $keys) {
           ... on Location { bookings(first: 1) { nodes { id chair { id } } } } } }"""
    )
    keys = [{"__typename": "Location", "id": each.id} for each in (chain.norte, chain.centro)]
    ways = Ways(build_subgraph("bookings"), database, clock)
    for way in ("compiled", "interpreted"):
        answer, _ = await ways.ask(way, principal, document, {"keys": keys})
        assert answer.errors is None
        assert answer.data == {
            "_entities": [
                {"bookings": {"nodes": []}},
                {
                    "bookings": {
                        "nodes": [{"id": booked[0].id, "chair": {"id": booked[0].chair_id}}]
                    }
                },
            ]
        }


def test_there_is_no_subgraph_of_another_name() -> None:
    with pytest.raises(UnknownSubgraph, match="no subgraph 'shoes': there are agenda, audit"):
        build_subgraph("shoes")
