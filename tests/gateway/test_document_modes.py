"""Open, noted, locked: which documents a client may call, and what is seen of those that are not registered."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.identity import clients
from barberpro.domains.identity.documents import noting
from barberpro.domains.identity.documents.tables import unregistered
from barberpro.gateway.documents import noted

RAW = "query Names { locations { nodes { name } } }"
SEEN = """{ unregisteredDocuments {
  nodes { clientId name text documentId times firstSeenAt lastSeenAt } } }"""


@pytest.fixture
def calling(bearer: Any, http: Any) -> Any:
    """`await calling("log")` is a client in this mode: what it sends as text, answered."""

    async def of_mode(mode: str) -> Any:
        headers = await bearer(scopes=["locations:read"], document_mode=mode)

        async def send(text: str = RAW) -> Any:
            return (await http.post("/graphql", json={"query": text}, headers=headers)).json()

        return send

    return of_mode


@pytest.mark.parametrize("mode", ["open", "log"])
async def test_an_open_client_sends_what_it_likes(calling: Any, chain: Any, mode: str) -> None:
    assert "errors" not in await (await calling(mode))()


async def test_a_locked_one_does_not(calling: Any) -> None:
    (error,) = (await (await calling("locked"))())["errors"]
    assert error["extensions"]["code"] == "PERSISTED_QUERY_REQUIRED"


async def test_what_is_not_registered_is_noted(
    calling: Any, state: Any, ask: Any, clock: Any, chain: Any
) -> None:
    send, kept = await calling("log"), state["pipeline"].documents.noted
    await send()
    clock.forward(seconds=3)
    await send()
    await send("{ __typename }")
    await send("{ nothing }")
    await (await calling("open"))()
    await kept.flush()
    await kept.flush()
    clock.forward(minutes=2)
    await send()
    await kept.flush()
    nodes = (await ask(SEEN)).data["unregisteredDocuments"]["nodes"]
    assert [(n["name"], n["times"], n["firstSeenAt"], n["lastSeenAt"]) for n in nodes] == [
        (None, 1, "2026-11-23T13:00:03Z", "2026-11-23T13:00:03Z"),
        ("Names", 3, "2026-11-23T13:00:00Z", "2026-11-23T13:02:03Z"),
    ]
    assert nodes[1]["text"] == RAW


async def test_what_is_noted_is_bounded(
    calling: Any, state: Any, opening: Any, monkeypatch: pytest.MonkeyPatch, chain: Any
) -> None:
    send, kept = await calling("log"), state["pipeline"].documents.noted
    monkeypatch.setattr(noted, "MOST_OF_ONE", 2)
    monkeypatch.setattr(noting, "MOST", 3)
    for first in range(4):
        await send(f"{{ a{first}: __typename }}")
    await kept.flush()
    for first in range(4, 6):
        await send(f"{{ a{first}: __typename }}")
    await send("{ a0: __typename }")
    await kept.flush()
    async with opening() as tx:
        rows = await tx.rows(select(unregistered.c.text, unregistered.c.times))
    assert len(rows) == 3
    assert {"{ a0: __typename }", "{ a1: __typename }"} < {row.text for row in rows}


async def test_counts_are_written_at_the_end(
    calling: Any, state: Any, opening: Any, monkeypatch: pytest.MonkeyPatch, chain: Any
) -> None:
    send, kept = await calling("log"), state["pipeline"].documents.noted
    monkeypatch.setattr(noted, "WINDOW", timedelta(hours=1))
    async with kept.writing():
        await asyncio.sleep(0)
        await send()
    async with opening() as tx:
        assert [row.times for row in await tx.rows(select(unregistered.c.times))] == [1]


async def test_a_mode_is_set_by_a_mutation_and_felt_at_once(
    http: Any, bearer: Any, registering: Any, principal: Any, ask: Any, opening: Any, platform: Any
) -> None:
    client, secret = await registering(scopes=["locations:read"])
    token = await http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client.id, secret)
    )
    headers = {"authorization": f"Bearer {token.json()['access_token']}"}
    raw = {"query": "{ __typename }"}
    assert "errors" not in (await http.post("/graphql", json=raw, headers=headers)).json()
    administrator = await bearer()
    answer = await http.post(
        "/graphql",
        json={
            "query": """mutation ($input: ClientSetDocumentModeInput!) {
              clientSetDocumentMode(input: $input) {
                clientDocumentMode { clientId name mode } errors { __typename } } }""",
            "variables": {"input": {"clientId": client.id, "mode": "LOCKED"}},
        },
        headers=administrator,
    )
    assert answer.json()["data"]["clientSetDocumentMode"] == {
        "clientDocumentMode": {"clientId": client.id, "name": client.name, "mode": "LOCKED"},
        "errors": [],
    }
    (error,) = (await http.post("/graphql", json=raw, headers=headers)).json()["errors"]
    assert error["extensions"]["code"] == "PERSISTED_QUERY_REQUIRED"
    modes = (await ask("{ clientDocumentModes { clientId mode } }")).data["clientDocumentModes"]
    assert {"clientId": client.id, "mode": "LOCKED"} in modes


async def test_another_organizations_client_is_not_found(
    opening: Any, registering: Any, stranger: Any
) -> None:
    client, _ = await registering()
    with pytest.raises(clients.ClientNotFound):
        async with opening(stranger) as tx:
            await clients.set_document_mode(tx, client.id, "locked")
