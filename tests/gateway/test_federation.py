"""What a federation router asks of us, through the door that it comes by: with scopes, limits and cost like anybody."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from graphql import parse

from barberpro.gateway.app import create_app, serving
from barberpro.graph.schema import build_subgraph

KEYS = """query ($keys: [_Any!]!) {
  _entities(representations: $keys) { ... on Location { name } } }"""
SDL = "{ _service { sdl } }"


def asked(query: str, *keys: Any) -> dict[str, Any]:
    return {"query": query, "variables": {"keys": list(keys)}}


async def test_entities_cost_what_nodes_cost_and_are_read_in_one_statement(
    http: httpx.AsyncClient, bearer: Any, chain: Any, statements: Any
) -> None:
    headers = await bearer(scopes=["locations:read"])
    keys = [{"__typename": "Location", "id": each.id} for each in (chain.norte, chain.centro)]
    await http.post("/graphql", json=asked(KEYS, *keys), headers=headers)
    with statements() as sent:
        answer = await http.post("/graphql", json=asked(KEYS, *keys), headers=headers)
    assert answer.json()["data"] == {"_entities": [{"name": "Norte"}, {"name": "Centro"}]}
    assert answer.json()["extensions"]["cost"]["requestedQueryCost"] == 1 + 2
    assert len([text for text in sent if "FROM locations" in text]) == 1


@pytest.mark.parametrize("wrong", [{"id": "loc_x"}, {"__typename": 7}, {"__typename": None}, [], 7])
async def test_what_names_no_type_is_no_representation(
    http: httpx.AsyncClient, bearer: Any, wrong: Any
) -> None:
    headers = await bearer(scopes=["locations:read"])
    answer = await http.post("/graphql", json=asked(KEYS, wrong), headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert "A representation is an object with a `__typename`." in error["message"]
    assert "data" not in answer.json()


async def test_an_unknown_type_is_told_at_its_place(
    http: httpx.AsyncClient, bearer: Any, chain: Any
) -> None:
    headers = await bearer(scopes=["locations:read"])
    right = {"__typename": "Location", "id": chain.centro.id}
    body = asked(KEYS, {"__typename": "NoSuchType", "id": "x"}, right, {"__typename": "Location"})
    answer = (await http.post("/graphql", json=body, headers=headers)).json()
    assert answer["data"] == {"_entities": [None, {"name": "Centro"}, None]}
    told = {tuple(e["path"]): (e["message"], e["extensions"]["code"]) for e in answer["errors"]}
    assert told == {
        ("_entities", 0): ("There is no entity of this `__typename`.", "BAD_USER_INPUT"),
        ("_entities", 2): (
            "A representation holds the key of its type: `id`, a string.",
            "BAD_USER_INPUT",
        ),
    }


async def test_a_key_may_be_written_into_the_document(
    http: httpx.AsyncClient, bearer: Any, chain: Any
) -> None:
    headers = await bearer(scopes=["locations:read"])
    query = """query ($id: ID!) {
      _entities(representations: [{ __typename: "Location", id: $id }]) { ... on Location { name } } }"""
    body = {"query": query, "variables": {"id": chain.norte.id}}
    answer = (await http.post("/graphql", json=body, headers=headers)).json()
    assert answer["data"] == {"_entities": [{"name": "Norte"}]}


async def test_too_many_keys_are_refused_before_any_is_looked_for(
    http: httpx.AsyncClient, bearer: Any, statements: Any
) -> None:
    headers = await bearer(scopes=["locations:read"])
    key = {"__typename": "Location", "id": "loc_x"}
    await http.post("/graphql", json=asked(KEYS, key), headers=headers)
    with statements() as sent:
        answer = await http.post("/graphql", json=asked(KEYS, *[key] * 1_001), headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
    assert error["message"].startswith("`_entities(representations:)` takes at most 1000")
    assert [text for text in sent if "FROM locations" in text] == []


async def test_what_is_selected_of_an_entity_needs_its_scope(
    http: httpx.AsyncClient, bearer: Any, chain: Any
) -> None:
    headers = await bearer(scopes=["bookings:read"])
    key = {"__typename": "Location", "id": chain.centro.id}
    answer = await http.post("/graphql", json=asked(KEYS, key), headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (403, "FORBIDDEN")
    assert error["extensions"]["requiredScopes"] == ["locations:read"]


async def test_each_caller_is_shown_their_part_of_the_sdl(
    http: httpx.AsyncClient, bearer: Any
) -> None:
    told = {}
    for scope in ("locations:read", "bookings:read"):
        headers = await bearer(scopes=[scope])
        answer = (await http.post("/graphql", json={"query": SDL}, headers=headers)).json()
        told[scope] = answer["data"]["_service"]["sdl"]
        assert answer["extensions"]["cost"]["requestedQueryCost"] == 501
    names = {
        scope: {node.name.value for node in parse(sdl).definitions if hasattr(node, "name")}
        for scope, sdl in told.items()
    }
    assert "Location" in names["locations:read"] and "Booking" not in names["locations:read"]
    assert "Booking" in names["bookings:read"] and "Location" not in names["bookings:read"]


async def test_who_may_not_introspect_is_not_told_the_sdl(
    http: httpx.AsyncClient, bearer: Any
) -> None:
    headers = await bearer(document_mode="locked")
    answer = await http.post("/graphql", json={"query": SDL}, headers=headers)
    assert (answer.status_code, "_service" in answer.text) == (403, False)
    anonymous = await http.post("/graphql", json={"query": SDL})
    assert (anonymous.status_code, "data" in anonymous.json()) == (401, False)


async def test_a_process_of_one_subgraph_has_its_fields_and_no_other_door(
    platform: Any, http: httpx.AsyncClient, bearer: Any, chain: Any
) -> None:
    headers = await bearer(scopes=["locations:read", "bookings:read"])
    settings = platform.settings.model_copy(update={"subgraph": "bookings"})
    app = create_app(settings)
    app.state.ready = True
    state = serving(replace(platform, settings=settings), build_subgraph("bookings"))

    async def alone(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"state": dict(state)}, receive, send)

    transport = httpx.ASGITransport(alone, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as router:
        key = {"__typename": "Location", "id": chain.centro.id}
        query = "query ($keys: [_Any!]!) { _entities(representations: $keys) { ... on Location { %s } } }"
        own = query % "id bookings(first: 1) { nodes { id } }"
        answer = (await router.post("/graphql", json=asked(own, key), headers=headers)).json()
        assert answer["data"] == {"_entities": [{"id": chain.centro.id, "bookings": {"nodes": []}}]}
        foreign = await router.post("/graphql", json=asked(query % "name", key), headers=headers)
        (error,) = foreign.json()["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert (await router.get("/api/v1/bookings", headers=headers)).status_code == 404
        assert (await router.get("/readyz")).status_code == 200
