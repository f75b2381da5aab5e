"""Nothing of one tenant is ever in an answer to another, whatever is asked, through every door there is.

Both tenants have the same small chain with bookings and an invoice. Documents are drawn at random over the whole
schema, and every id in them may be the other's.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from barberpro.domains.billing import service as billing
from barberpro.domains.bookings import service as bookings
from barberpro.graph.types import ENTITIES, definition_of
from barberpro.platform.events import events
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata
from tests.chain import found_chain
from tests.graph.documents import Writer

from .conftest import Always

DOCUMENTS = int(os.environ.get("BARBERPRO_ISOLATION_DOCUMENTS", "150"))
know_all_tables()
NAMED_IN_REST = ("bkg", "cus", "inv", "loc", "prv", "svc")


@pytest.fixture
async def lived_in(
    opening: Any, principal: Principal, stranger: Principal, clock: Any
) -> dict[str, list[str]]:
    """The ids of all that each tenant has."""
    owned: dict[str, list[str]] = {}
    for who in (principal, stranger):
        async with opening(who) as tx:
            chain = await found_chain(tx)
            made = [
                await bookings.create(tx, **chain.asks(starts_at=clock().replace(hour=hour)))
                for hour in (14, 15, 18)
            ]
            await billing.create(tx, location_id=chain.centro.id, booking_ids=[made[0].id])
        async with opening(who) as tx:
            owned[who.tenant] = [
                row.id
                for table in metadata.sorted_tables
                if "tenant" in table.info and "id" in table.c
                for row in await tx.rows(select(table.c.id).order_by(table.c.id))
            ]
    ours, theirs = owned.values()
    assert len(ours) == len(theirs) > 25
    assert not set(ours) & set(theirs)
    return owned


@pytest.fixture
async def callers(
    http: httpx.AsyncClient,
    bearer: Any,
    registering: Any,
    opening: Any,
    principal: Principal,
    stranger: Principal,
) -> AsyncIterator[Any]:
    """`callers[tenant]` are the headers of a caller of that tenant who may do everything."""
    from barberpro.domains.identity import clients

    found = {}
    for who in (principal, stranger):
        async with opening(who) as tx:
            client, secret = await clients.register_client(
                tx, name="apart-" + who.tenant[-12:], scopes=who.scopes
            )
        form = {"grant_type": "client_credentials"}
        answer = await http.post("/oauth/token", data=form, auth=(client.id, secret))
        found[who.tenant] = {"authorization": f"Bearer {answer.json()['access_token']}"}
    yield found


def texts(value: Any) -> Iterator[str]:
    """Every text in an answer."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


async def test_random_documents_answer_nothing_of_another_tenant(
    http: httpx.AsyncClient, state: Any, callers: Any, lived_in: dict[str, list[str]]
) -> None:
    rng = Random(20_261_122)
    graph = state["pipeline"].graph
    every = [id_ for ids in lived_in.values() for id_ in ids]
    answered = 0
    for number in range(DOCUMENTS):
        written = None
        while written is None:
            written = Writer(graph, rng, every).write()
        tenant, other = rng.sample(list(lived_in), 2)
        body = {"query": written.text, "variables": written.variables}
        answer = await http.post("/graphql", json=body, headers=callers[tenant])
        # Who asks for what is not theirs may be told, in a sentence, that there is nothing of the id they gave.
        told, asked = set(texts(answer.json())), json.dumps(body)
        found = [i for i in lived_in[other] if i in told or (i in answer.text and i not in asked)]
        assert found == [], f"document {number}: {written.text}"
        assert "INTERNAL_SERVER_ERROR" not in answer.text, f"document {number}: {written.text}"
        answered += any(id_ in answer.text for id_ in lived_in[tenant])
    assert answered > DOCUMENTS // 15, "a caller who sees nothing proves nothing"


async def test_both_at_once_over_the_same_connections(
    http: httpx.AsyncClient, callers: Any, lived_in: dict[str, list[str]]
) -> None:
    document = (
        "{ bookings(first: 100) { nodes { id customer { id } location { id chairs { id } } } } }"
    )

    async def ask(tenant: str) -> None:
        answer = await http.post("/graphql", json={"query": document}, headers=callers[tenant])
        assert answer.status_code == 200, answer.text
        nodes = answer.json()["data"]["bookings"]["nodes"]
        assert len(nodes) == 3
        for node in nodes:
            ids = [node["id"], node["customer"]["id"], node["location"]["id"]]
            assert set(ids + [c["id"] for c in node["location"]["chairs"]]) <= set(lived_in[tenant])

    for _ in range(3):  # as many of each as its budget lets begin before any has ended
        await asyncio.gather(*(ask(tenant) for tenant in list(lived_in) * 12))


async def test_nothing_of_another_tenant_is_found_by_its_id(
    http: httpx.AsyncClient, state: Any, callers: Any, lived_in: dict[str, list[str]]
) -> None:
    ours, theirs = lived_in
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    asked = {"query": document, "variables": {"ids": lived_in[theirs]}}
    answer = await http.post("/graphql", json=asked, headers=callers[ours])
    assert answer.json()["data"] == {"nodes": [None] * len(lived_in[theirs])}
    assert "errors" not in answer.json()
    mine = await http.post("/graphql", json=asked, headers=callers[theirs])
    assert sum(node is not None for node in mine.json()["data"]["nodes"]) > 15


async def test_nothing_of_another_tenant_is_found_by_its_key(
    http: httpx.AsyncClient, callers: Any, lived_in: dict[str, list[str]]
) -> None:
    """As a federation router asks: by every id of the other's, under its own type."""
    ours, theirs = lived_in
    names = {prefix: definition_of(entity).name for prefix, entity in ENTITIES.items()}
    typed = [(names.get(id_.partition("_")[0]), id_) for id_ in lived_in[theirs]]
    keys = [{"__typename": name, "id": id_} for name, id_ in typed if name]
    document = (
        "query ($keys: [_Any!]!) { _entities(representations: $keys) { ... on Node { id } } }"
    )
    asked = {"query": document, "variables": {"keys": keys}}
    answer = (await http.post("/graphql", json=asked, headers=callers[ours])).json()
    assert answer["data"] == {"_entities": [None] * len(keys)}
    mine = (await http.post("/graphql", json=asked, headers=callers[theirs])).json()
    assert sum(each is not None for each in mine["data"]["_entities"]) > 15


async def test_a_cursor_of_another_tenant_is_refused(
    http: httpx.AsyncClient, callers: Any, lived_in: dict[str, list[str]]
) -> None:
    ours, theirs = lived_in
    page = "query ($after: String) { bookings(first: 1, after: $after) { nodes { id } pageInfo { endCursor } } }"

    async def ask(tenant: str, after: str | None) -> Any:
        body = {"query": page, "variables": {"after": after}}
        return (await http.post("/graphql", json=body, headers=callers[tenant])).json()

    cursor = (await ask(theirs, None))["data"]["bookings"]["pageInfo"]["endCursor"]
    assert (await ask(theirs, cursor))["data"]["bookings"]["nodes"]
    refused = await ask(ours, cursor)
    assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert not refused.get("data")


async def test_registered_documents_answer_nothing_of_another_tenant(
    http: httpx.AsyncClient, state: Any, principal: Principal, lived_in: dict[str, list[str]]
) -> None:
    """Each of them, with each of the other's ids for every variable that is an id."""
    _, theirs = lived_in

    who = replace(principal, client_name="frontend")
    state["pipeline"] = replace(state["pipeline"], identify=Always(who))
    by_prefix = {id_.partition("_")[0]: id_ for id_ in lived_in[theirs]}
    asked = 0
    for (folder, _), document in state["pipeline"].documents.registered.items():
        operation = document.plan.operation
        needed = operation.variable_definitions or ()
        if folder != "frontend" or operation.operation.value != "query":
            continue
        for id_ in by_prefix.values():
            values = {v.variable.name.value: _value(v, id_) for v in needed}
            given = {name: value for name, value in values.items() if value is not None}
            answer = await http.post(
                "/graphql",
                json={
                    "documentId": document.id,
                    "variables": {k: v for k, v in given.items() if v is not None},
                },
            )
            assert not [other for other in lived_in[theirs] if other in answer.text], document.name
            asked += 1
    assert asked > 50


def _value(declared: Any, id_: str) -> Any:
    """A value for a variable: the other's id wherever an id is taken."""
    kind = declared.type
    while not hasattr(kind, "name"):
        kind = kind.type
    return {
        "ID": id_, "Int": 3, "Date": "2026-11-23", "DateTime": "2026-11-23T00:00:00Z", "String": None,
    }.get(kind.name.value)  # fmt: skip


async def test_rest_answers_nothing_of_another_tenant_and_changes_nothing_there(
    http: httpx.AsyncClient, state: Any, callers: Any, lived_in: dict[str, list[str]], opening: Any,
    stranger: Principal,
) -> None:  # fmt: skip
    """Each route, with ids of the other's wherever one stands: in the path, in the query and in the body."""
    mine, theirs = lived_in
    assert theirs == stranger.tenant
    before = await _events(opening, stranger)
    own = 0
    for endpoint in state["rest"].values():
        route = endpoint._route
        for tenant in (mine, theirs):
            for id_ in {i[:3]: i for i in lived_in[tenant] if i[:3] in NAMED_IN_REST}.values():
                path = re.sub(r"\{\w+\}", id_, route.path)
                named = [s.name for s in route.sources if s.place in ("query", "body")]
                given = {name: id_ for name in named if name.lower().endswith("id")}
                answer = await http.request(
                    route.method,
                    path,
                    headers=callers[mine],
                    params=given if route.method == "GET" else None,
                    json=None if route.method == "GET" else given,
                )
                assert answer.status_code < 500, path
                told = answer.text.replace(id_, "(as asked)")
                assert not [other for other in lived_in[theirs] if other in told], path
                own += any(i in answer.text for i in lived_in[mine])
    assert own > 20, "a caller who sees nothing proves nothing"
    assert await _events(opening, stranger) == before


async def _events(opening: Any, who: Principal) -> list[str]:
    async with opening(who) as tx:
        return [row.id for row in await tx.rows(select(events.c.id).order_by(events.c.id))]
