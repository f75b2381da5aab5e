"""Keys of clients: what may be made, by whom, and what is told of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import select

from barberpro.domains.identity.keys import calling
from barberpro.domains.identity.keys import service as keys
from barberpro.domains.identity.keys.errors import (
    KeyClientNotFound,
    KeyExpiryInvalid,
    KeyNameInvalid,
    KeyNetworksInvalid,
    KeyNotFound,
    KeyOver,
    KeyOverlapInvalid,
    KeyScopesInvalid,
    PublicKeyInvalid,
    TooManyKeys,
)
from barberpro.domains.identity.keys.rules import is_within
from barberpro.domains.identity.keys.tables import keys as table
from barberpro.platform import ids, scannable

from ...gateway.test_identify import change

GOOD = {"name": "till", "scopes": ["bookings:read"]}
JWK = OKPKey.generate_key("Ed25519").as_dict(private=False)


@pytest.fixture
async def client(registering: Any) -> Any:
    return (await registering(scopes=["bookings:read", "people:read"]))[0]


async def test_what_is_told_of_a_key_holds_no_secret(
    client: Any, opening: Any, told: Any, clock: Any
) -> None:
    async with opening() as tx:
        key, text = await keys.make_api_key(tx, client=client.id, networks=["10.0.0.0/8"], **GOOD)
        successor, _ = await keys.rotate_api_key(tx, key.id, overlap=timedelta(hours=1))
        await keys.revoke_key(tx, successor.id)
    first, second = await told(key.id)
    assert first == ("key.made", key.id, {
        "subject": key.id, "kind": "API", "client": client.id, "scopes": ["bookings:read"],
        "networks": ["10.0.0.0/8"], "expires_at": None,
    })  # fmt: skip
    assert second.type == "key.replaced"
    assert second.data["successor"] == successor.id
    assert [one.type for one in await told(successor.id)] == ["key.made", "key.revoked"]
    assert text[-49:] not in str(first) + str(second)
    assert "secret_hash" not in key._mapping


@pytest.mark.parametrize(
    ("changes", "failure", "facts"),
    [
        ({"name": " "}, KeyNameInvalid, {"most": 80}),
        ({"name": "n" * 81}, KeyNameInvalid, {"most": 80}),
        ({"scopes": []}, KeyScopesInvalid, {}),
        ({"scopes": ["bookings:write"]}, KeyScopesInvalid, {}),
        ({"networks": []}, KeyNetworksInvalid, {"most": 50}),
        ({"networks": ["10.0.0.1/8"]}, KeyNetworksInvalid, {"most": 50}),
        ({"networks": ["here"]}, KeyNetworksInvalid, {"most": 50}),
        ({"networks": [f"10.0.0.{n}" for n in range(51)]}, KeyNetworksInvalid, {"most": 50}),
    ],
)
async def test_a_key_that_may_not_be(
    client: Any, refused: Any, changes: Any, failure: Any, facts: Any
) -> None:
    async def act(tx: Any) -> Any:
        return await keys.make_api_key(tx, client=client.id, **(GOOD | changes))

    await refused(act, failure, **facts)


@pytest.mark.parametrize("seconds", [0, -1, 3_653 * 86_400 + 1])
async def test_an_end_that_may_not_be(client: Any, refused: Any, clock: Any, seconds: int) -> None:
    end = clock() + timedelta(seconds=seconds)
    await refused(
        lambda tx: keys.make_api_key(tx, client=client.id, expires_at=end, **GOOD),
        KeyExpiryInvalid,
        most_days=3_653,
    )


async def test_nobody_gives_a_scope_that_they_lack(
    client: Any, refused: Any, principal: Any
) -> None:
    poor = replace(principal, scopes=frozenset({"keys:write", "people:read"}))
    await refused(
        lambda tx: keys.make_api_key(tx, client=client.id, **GOOD), KeyScopesInvalid, who=poor
    )


async def test_a_key_has_no_scope_that_its_client_lacks(
    client: Any, refused: Any, principal: Any
) -> None:
    assert "bookings:write" in principal.scopes
    more = {**GOOD, "scopes": ["bookings:read", "bookings:write"]}
    await refused(lambda tx: keys.make_api_key(tx, client=client.id, **more), KeyScopesInvalid)


async def test_clients_of_others_do_not_exist(
    client: Any, refused: Any, stranger: Any, principal: Any
) -> None:
    await refused(
        lambda tx: keys.make_api_key(tx, client=client.id, **GOOD),
        KeyClientNotFound,
        who=stranger,
        client_id=client.id,
    )
    limited = replace(principal, locations=frozenset({ids.new("loc")}))
    await refused(
        lambda tx: keys.make_api_key(tx, client=client.id, **GOOD),
        KeyClientNotFound,
        who=limited,
        client_id=client.id,
    )


async def test_keys_of_others_do_not_exist(
    client: Any, refused: Any, stranger: Any, principal: Any, opening: Any
) -> None:
    async with opening() as tx:
        key, _ = await keys.make_api_key(tx, client=client.id, **GOOD)
    limited = replace(principal, locations=frozenset({ids.new("loc")}))
    for who in (stranger, limited):
        for act in (keys.revoke_key, keys.rotate_api_key):
            await refused(lambda tx, act=act: act(tx, key.id), KeyNotFound, who=who, key_id=key.id)


async def test_a_key_has_one_successor_and_what_is_over_has_none(
    client: Any, refused: Any, opening: Any, clock: Any
) -> None:
    async with opening() as tx:
        key, _ = await keys.make_api_key(
            tx, client=client.id, expires_at=clock() + timedelta(days=10), **GOOD
        )
        public = await keys.register_public_key(tx, client=client.id, public_key=JWK, **GOOD)
        await keys.rotate_api_key(tx, key.id)
        gone, _ = await keys.make_api_key(tx, client=client.id, **GOOD)
        await keys.revoke_key(tx, gone.id)
    for over in (key.id, public.id, gone.id):
        await refused(lambda tx, over=over: keys.rotate_api_key(tx, over), KeyOver, key_id=over)


async def test_a_successor_lives_as_long_as_the_key_before_was_to(
    client: Any, opening: Any, clock: Any
) -> None:
    async with opening() as tx:
        key, _ = await keys.make_api_key(
            tx, client=client.id, expires_at=clock() + timedelta(days=10), **GOOD
        )
    clock.forward(days=9, hours=23)
    async with opening() as tx:
        successor, _ = await keys.rotate_api_key(tx, key.id, overlap=timedelta(hours=5))
        (before,) = await tx.rows(select(table).where(table.c.id == key.id))
    assert successor.expires_at == clock() + timedelta(days=10)
    assert before.expires_at == key.expires_at  # the overlap does not prolong it


async def test_nobody_gets_by_replacing_a_key_what_they_do_not_have(
    client: Any, refused: Any, principal: Any, opening: Any
) -> None:
    async with opening() as tx:
        key, _ = await keys.make_api_key(tx, client=client.id, **GOOD)
    poor = replace(principal, scopes=frozenset({"keys:write", "people:read"}))
    await refused(lambda tx: keys.rotate_api_key(tx, key.id), KeyScopesInvalid, who=poor)


async def test_a_key_has_no_successor_while_its_client_may_have_none(
    client: Any, refused: Any, opening: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opening() as tx:
        key, _ = await keys.make_api_key(tx, client=client.id, **GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(keys, "MOST_LIVE", 1)
        await refused(lambda tx: keys.rotate_api_key(tx, key.id), TooManyKeys, most=1)
    await change(database, client.id, scopes=["people:read"])
    await refused(lambda tx: keys.rotate_api_key(tx, key.id), KeyScopesInvalid)
    await change(database, client.id, scopes=["bookings:read"], is_active=False)
    await refused(
        lambda tx: keys.rotate_api_key(tx, key.id), KeyClientNotFound, client_id=client.id
    )


@pytest.mark.parametrize("hours", [-1, 721])
async def test_an_overlap_that_may_not_be(
    client: Any, refused: Any, opening: Any, hours: int
) -> None:
    async with opening() as tx:
        key, _ = await keys.make_api_key(tx, client=client.id, **GOOD)
    await refused(
        lambda tx: keys.rotate_api_key(tx, key.id, overlap=timedelta(hours=hours)),
        KeyOverlapInvalid,
        most_hours=720,
    )


async def test_a_client_has_so_many_live_keys(
    client: Any, refused: Any, opening: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MOST_LIVE", 2)
    async with opening() as tx:
        first, _ = await keys.make_api_key(tx, client=client.id, **GOOD)
        await keys.make_api_key(tx, client=client.id, **GOOD)
    await refused(lambda tx: keys.make_api_key(tx, client=client.id, **GOOD), TooManyKeys, most=2)
    async with opening() as tx:
        await keys.revoke_key(tx, first.id)
        await keys.make_api_key(tx, client=client.id, **GOOD)


@pytest.mark.parametrize(
    "jwk",
    [
        OKPKey.generate_key("Ed25519").as_dict(private=True),
        ECKey.generate_key("P-384").as_dict(private=False),
        OKPKey.generate_key("X25519").as_dict(private=False),
        RSAKey.generate_key(2048).as_dict(private=False),
        JWK | {"kty": "EC"},
        JWK | {"x": "!"},
        JWK | {"x": "AAAA"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": "P-256"},
        {},
    ],
)
async def test_a_public_key_that_is_none(client: Any, refused: Any, jwk: Any) -> None:
    await refused(
        lambda tx: keys.register_public_key(tx, client=client.id, public_key=jwk, **GOOD),
        PublicKeyInvalid,
    )


@given(st.text(max_size=100))
def test_no_text_by_chance_is_a_key(text: str) -> None:
    assert calling.named(text) is None
    assert not scannable.is_whole(text)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_is_within_a_network_where_its_first_bits_are(address: Any, bits: int) -> None:
    network = f"{address}/{bits}"
    base = int(address) >> (32 - bits) << (32 - bits)
    from ipaddress import IPv4Address, ip_network

    plain = str(ip_network(network, strict=False))
    assert is_within(str(address), [plain])
    assert is_within(str(IPv4Address(base)), [plain])
    if bits:
        outside = IPv4Address(base ^ (1 << (32 - bits)))
        assert not is_within(str(outside), [plain])
