"""Apollo's automatic persisted queries: for own frontends, for nobody else, and never a way around anything."""

import asyncio
import hashlib
from typing import Any

import pytest

from barberpro.domains.identity import clients
from barberpro.gateway.documents import automatic
from barberpro.gateway.documents.automatic import Automatic

TEXT = "query Names { locations { nodes { name } } }"
DIGEST = hashlib.sha256(TEXT.encode()).hexdigest()


def by_hash(digest: str = DIGEST, **more: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}, **more}


@pytest.fixture
def calling(http: Any, registering: Any, opening: Any) -> Any:
    """`await calling(tier)` is a client of this tier: what it sends, answered."""

    async def of_tier(tier: str | None = "own", **changes: Any) -> Any:
        client, secret = await registering(**changes)
        if tier is not None:
            async with opening() as tx:
                await clients.set_tier(tx, client.id, tier)
        asked = {"grant_type": "client_credentials"}
        token = await http.post("/oauth/token", data=asked, auth=(client.id, secret))
        headers = {"authorization": f"Bearer {token.json()['access_token']}"}

        async def send(body: dict[str, Any]) -> Any:
            return (await http.post("/graphql", json=body, headers=headers)).json()

        return send

    return of_tier


def error(answer: Any) -> tuple[str, str]:
    (found,) = answer["errors"]
    return found["extensions"]["code"], found["message"]


async def test_what_a_frontend_sent_it_names_by_its_hash(calling: Any, chain: Any) -> None:
    send = await calling()
    assert error(await send(by_hash())) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    whole = await send(by_hash(query=TEXT))
    assert len(whole["data"]["locations"]["nodes"]) == 2
    assert (await send(by_hash()))["data"] == whole["data"]


async def test_it_is_known_to_nobody_else(calling: Any) -> None:
    await (await calling())(by_hash(query=TEXT))
    code, _ = error(await (await calling())(by_hash()))
    assert code == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("tier", [None, "bronze", "silver", "gold", "platinum"])
async def test_partners_register_nothing_so(calling: Any, tier: str | None) -> None:
    send = await calling(tier)
    assert "errors" not in await send(by_hash(query=TEXT))
    assert error(await send(by_hash()))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_locked_client_registers_nothing_so(calling: Any) -> None:
    send = await calling(document_mode="locked")
    assert error(await send(by_hash(query=TEXT)))[0] == "PERSISTED_QUERY_REQUIRED"
    assert error(await send(by_hash()))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_wrong_hash_is_refused_and_nothing_is_kept(calling: Any) -> None:
    send = await calling()
    other = hashlib.sha256(b"{ __typename }").hexdigest()
    assert error(await send(by_hash(other, query=TEXT)))[0] == "BAD_REQUEST"
    assert error(await send(by_hash(other)))[0] == "PERSISTED_QUERY_NOT_FOUND"
    assert error(await send(by_hash()))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_what_is_no_valid_document_is_not_kept(calling: Any) -> None:
    send, text = await calling(), "{ nothing }"
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert error(await send(by_hash(digest, query=text)))[0] == "GRAPHQL_VALIDATION_FAILED"
    assert error(await send(by_hash(digest)))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_such_a_document_has_the_limits_of_a_text(calling: Any) -> None:
    """A page of more than 100 is for what is registered."""
    send, text = await calling(), "{ locations(first: 101) { nodes { id } } }"
    digest = hashlib.sha256(text.encode()).hexdigest()
    await send(by_hash(digest, query=text))
    assert error(await send(by_hash(digest)))[0] == "BAD_USER_INPUT"


async def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automatic, "KEPT", 2)
    monkeypatch.setattr(automatic, "LONGEST", 20)
    kept = Automatic()
    texts = {
        hashlib.sha256(t.encode()).hexdigest(): t for t in ("{a}", "{b}", "{c}", "{" + "a" * 20)
    }
    for digest, text in texts.items():
        await kept.keep("cli_1", digest, text)
    assert [await kept.find("cli_1", digest) for digest in texts] == [None, "{b}", "{c}", None]


class Shared:
    """A Redis of two commands, which may die."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.dead = False

    async def get(self, key: str) -> str | None:
        if self.dead:
            await asyncio.sleep(3600)
        return self.held.get(key)

    async def set(self, key: str, text: str, *, ex: int) -> None:
        assert ex == automatic.SECONDS
        if self.dead:
            raise ConnectionError
        self.held[key] = text


async def test_processes_share_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Shared()
    monkeypatch.setattr(automatic, "_redis", lambda _url: shared)
    monkeypatch.setattr(automatic, "PATIENCE", 0.01)
    one, other = Automatic("redis://"), Automatic("redis://")
    await one.keep("cli_1", DIGEST, TEXT)
    assert await other.find("cli_1", DIGEST) == TEXT
    assert await other.find("cli_2", DIGEST) is None
    shared.held = {f"document:cli_3:{DIGEST}": "{ another }"}
    assert await other.find("cli_3", DIGEST) is None  # whoever wrote that, it is not this text
    shared.dead = True
    assert await Automatic("redis://").find("cli_1", DIGEST) is None
    alone = Automatic("redis://")
    await alone.keep("cli_1", DIGEST, TEXT)
    assert await alone.find("cli_1", DIGEST) == TEXT
