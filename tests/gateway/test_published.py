"""Documents of the database, called by their ids: whose they are, from when on, and no longer."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Row

from barberpro.domains.identity import clients
from barberpro.domains.identity.documents import service
from barberpro.domains.identity.documents.identifiers import of
from barberpro.gateway.app import serving
from barberpro.graph.publishing import against
from barberpro.graph.schema import Graph
from barberpro.platform import ids

from ..conftest import EVERYTHING

CITY = "query City($id: ID!) { location(id: $id) { name } }"
NAMES = "query Names { locations { nodes { name } } }"
UNKNOWN = "PERSISTED_QUERY_NOT_FOUND"

Publish = Callable[..., Awaitable[Row[Any]]]


@pytest.fixture
def publish(graph: Graph, opening: Any) -> Publish:
    """`await publish(client, text)` registers a document for a client of this test's tenant, or of `who`."""

    async def done(client: Row[Any], text: str, who: Any = None, **more: Any) -> Row[Any]:
        check = against(graph)
        async with opening(who) as tx:
            row = await service.publish(tx, client=client.id, text=text, check=check, **more)
            return await service.approve(tx, row.id, check=check)

    return done


@pytest.fixture
def locked(opening: Any, http: Any) -> Any:
    """`await locked()` is a client that is held to its documents, and its headers; `who` is of another tenant."""

    async def make(who: Any = None, **changes: Any) -> tuple[Row[Any], dict[str, str]]:
        given = {"scopes": EVERYTHING, "document_mode": "locked"} | changes
        async with opening(who) as tx:
            name = "c" + ids.new("cli").replace("_", "-")
            client, secret = await clients.register_client(tx, name=name, **given)
        credentials = {"grant_type": "client_credentials"}
        answer = await http.post("/oauth/token", data=credentials, auth=(client.id, secret))
        return client, {"authorization": f"Bearer {answer.json()['access_token']}"}

    return make


def code(answer: Any) -> str:
    (error,) = answer.json()["errors"]
    return error["extensions"]["code"]


async def test_it_is_called_by_its_digest_in_every_form(http, locked, publish, chain) -> None:
    client, headers = await locked()
    md5 = of(CITY, "md5")
    row = await publish(client, CITY, known_as=str(md5))
    variables = {"id": chain.norte.id}
    forms: list[dict[str, Any]] = [
        {"documentId": f"sha256:{row.sha256}"},
        {"documentId": row.sha256},
        {"id": md5.digest},
        {"doc_id": f"md5:{md5.digest}"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": row.sha256}}},
    ]
    for form in forms:
        answer = await http.post("/graphql", json=form | {"variables": variables}, headers=headers)
        assert answer.json()["data"] == {"location": {"name": "Norte"}}, form
    got = await http.get(
        "/graphql",
        params={"documentId": row.sha256, "variables": f'{{"id": "{chain.norte.id}"}}'},
        headers=headers,
    )
    assert got.json()["data"] == {"location": {"name": "Norte"}}
    assert got.headers["etag"]
    for wrong in ("sha1:" + "0" * 40, f"md5:{row.sha256}", row.sha256.upper(), "sha256:", "x"):
        answer = await http.post("/graphql", json={"documentId": wrong}, headers=headers)
        assert code(answer) == UNKNOWN


async def test_it_is_nobody_elses(http, locked, publish, stranger, clock) -> None:
    """Neither another client of the same organization calls it, nor one of another, by any of its ids."""
    client, _ = await locked()
    row = await publish(client, NAMES, known_as=of(NAMES, "sha1").digest)
    _, sibling = await locked()
    other, foreign = await locked(who=stranger)
    for headers in (sibling, foreign):
        for asked in (row.sha256, row.sha1):
            answer = await http.post("/graphql", json={"documentId": asked}, headers=headers)
            assert code(answer) == UNKNOWN
    # The same text registered for both is one of each.
    await publish(other, NAMES, stranger)
    clock.forward(seconds=1)
    answer = await http.post("/graphql", json={"documentId": row.sha256}, headers=foreign)
    assert answer.json()["data"] == {"locations": {"nodes": []}}


async def test_a_revoked_one_is_called_no_more(http, locked, publish, opening, platform) -> None:
    client, headers = await locked()
    row = await publish(client, NAMES)
    asked = {"documentId": row.sha256}
    assert "errors" not in (await http.post("/graphql", json=asked, headers=headers)).json()
    async with opening() as tx:
        await service.revoke(tx, row.id)
        assert tx.revoked
    await platform.revocations.announce()
    assert code(await http.post("/graphql", json=asked, headers=headers)) == UNKNOWN
    await publish(client, NAMES)
    await platform.revocations.announce()
    assert "errors" not in (await http.post("/graphql", json=asked, headers=headers)).json()


async def test_without_an_announcement_another_process_notices_in_time(
    http, locked, publish, opening, clock
) -> None:
    """A publication within a second, a revocation within five."""
    client, headers = await locked()
    asked = {"documentId": of(NAMES).digest}
    assert code(await http.post("/graphql", json=asked, headers=headers)) == UNKNOWN
    row = await publish(client, NAMES)
    assert code(await http.post("/graphql", json=asked, headers=headers)) == UNKNOWN
    clock.forward(seconds=1)
    assert "errors" not in (await http.post("/graphql", json=asked, headers=headers)).json()
    async with opening() as tx:
        await service.revoke(tx, row.id)
    clock.forward(seconds=5)
    assert code(await http.post("/graphql", json=asked, headers=headers)) == UNKNOWN


async def test_an_unknown_id_costs_one_read_and_then_none(http, locked, statements) -> None:
    _, headers = await locked()
    await http.post("/graphql", json={"documentId": "0" * 64}, headers=headers)
    with statements() as sent:
        await http.post("/graphql", json={"documentId": "1" * 64}, headers=headers)
    assert [s for s in sent if "FROM documents" in s] == sent[-1:]
    with statements() as sent:
        await http.post("/graphql", json={"documentId": "1" * 64}, headers=headers)
        await http.post("/graphql", json={"documentId": "no digest"}, headers=headers)
    assert sent == []


async def test_a_known_one_is_read_once_and_planned_once(
    http, locked, publish, platform, graph, statements, clock, chain
) -> None:
    client, headers = await locked()
    row = await publish(client, NAMES)
    asked = {"documentId": row.sha256}
    await http.post("/graphql", json=asked, headers=headers)
    missed = graph.counts.plans["miss"]
    with statements() as sent:
        await http.post("/graphql", json=asked, headers=headers)
    assert len(sent) == 1  # the operation's own
    clock.forward(seconds=6)
    with statements() as sent:
        await http.post("/graphql", json=asked, headers=headers)
    assert len([s for s in sent if "FROM documents" in s]) == 1
    assert graph.counts.plans["miss"] == missed


async def test_one_that_fits_no_longer_says_so(http, locked, opening, publish, platform) -> None:
    """As after an upgrade that took a field away: the caller is told, and nothing runs."""
    client, headers = await locked()
    row = await publish(client, NAMES)
    broken = NAMES.replace("name", "nombre")
    async with opening() as tx:
        table = service.documents
        values = {"text": broken, "sha256": of(broken).digest}
        await tx.execute(table.update().where(table.c.id == row.id).values(**values))
        tx.published += 1
    answer = await http.post("/graphql", json={"documentId": of(broken).digest}, headers=headers)
    assert (answer.status_code, code(answer)) == (400, "GRAPHQL_VALIDATION_FAILED")


async def test_what_a_client_loses_its_documents_lose(
    http, locked, publish, platform, database, opening
) -> None:
    """Scopes are checked when a document is published, and with every call."""
    client, headers = await locked(scopes=["locations:read"])
    row = await publish(client, NAMES)
    async with opening() as tx:
        await clients._change(tx, client.id, scopes=["bookings:read"])
    await platform.revocations.announce()
    answer = await http.post("/graphql", json={"documentId": row.sha256}, headers=headers)
    assert code(answer) == "GRAPHQL_VALIDATION_FAILED"


async def test_the_registry_keeps_within_its_bounds(
    platform, graph, principal, publish, registering, monkeypatch
) -> None:
    from barberpro.gateway.documents import registry

    known = serving(platform, graph)["pipeline"].documents._registry
    caller = type(principal)(principal.tenant, (await registering())[0].id, "test")
    monkeypatch.setattr(registry, "MISSES", 3)
    for number in range(5):
        assert await known.find(caller, of(str(number))) is None
    assert len(known._missed) == 3


async def test_it_has_an_address_of_its_own(http, locked, publish, chain) -> None:
    client, headers = await locked()
    row = await publish(client, CITY)
    at, variables = f"/persisted/{client.name}/{row.sha256}", {"id": chain.norte.id}
    told = {"data": {"location": {"name": "Norte"}}}
    posted = await http.post(at, json={"variables": variables, "id": 7}, headers=headers)
    assert posted.json()["data"] == told["data"]
    given = {"variables": f'{{"id": "{chain.norte.id}"}}'}
    got = await http.get(at, params=given, headers=headers)
    assert got.json()["data"] == told["data"]
    again = await http.get(
        at, params=given, headers=headers | {"if-none-match": got.headers["etag"]}
    )
    assert again.status_code == 304
    assert (await http.put(at, headers=headers)).status_code == 405
    for more in ({"query": CITY}, {"documentId": row.sha256}, {"doc_id": row.sha256}):
        answer = await http.post(at, json=more, headers=headers)
        assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_at_the_address_of_another_client_there_is_nothing(http, locked, publish) -> None:
    """Not even what the caller's own client could call: the address says whose it is."""
    client, headers = await locked()
    other, theirs = await locked()
    row = await publish(client, NAMES)
    await publish(other, NAMES)
    for name, caller in ((client.name, theirs), (other.name, headers), ("nobody", headers)):
        answer = await http.get(f"/persisted/{name}/{row.sha256}", headers=caller)
        assert (answer.status_code, code(answer)) == (400, UNKNOWN)
    answer = await http.get(f"/persisted/{client.name}/{row.sha256}")
    assert answer.status_code == 401


async def test_one_of_the_files_has_an_address_too(http, bearer, state, chain) -> None:
    headers = await bearer(documents=("LocationById",), document_mode="locked")
    registered = state["pipeline"].documents.registered
    found = next(d for d in registered.values() if d.client.startswith("ccli"))
    answer = await http.post(
        f"/persisted/{found.client}/{found.id}",
        json={"variables": {"id": chain.norte.id}},
        headers=headers,
    )
    assert answer.json()["data"]["location"]["name"] == "Norte"
