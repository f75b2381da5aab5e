"""API keys: found in leaks, refused when mistyped, void when they should be; an attack or a promise a test."""

import asyncio
import re
import zlib
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import event, select

from barberpro.domains.identity import clients
from barberpro.domains.identity.keys import calling
from barberpro.domains.identity.keys import service as keys
from barberpro.domains.identity.keys.tables import key_uses
from barberpro.domains.identity.keys.tables import keys as table
from barberpro.gateway.identify import Identify
from barberpro.gateway.problems import Code, Refusal
from barberpro.platform import ids, scannable

from ..showing import Knock, knocking
from .visiting import platform as platform

SCANNED = re.compile(r"\bbpk_live_[0-7][0-9a-hjkmnp-tv-z]{25}_[0-9A-Za-z]{49}\b")
"""What we publish for scanners of leaks."""


@pytest.fixture
def making(registering: Any, opening: Any) -> Any:
    """`key, text = await making(scopes=…)` is a new key of a new client."""

    async def make(client: Any = None, **changes: Any) -> Any:
        row = client or (await registering())[0]
        async with opening() as tx:
            asked = {"name": "till", "scopes": ["bookings:read"], **changes}
            return await keys.make_api_key(tx, client=row.id, **asked)

    return make


def bearing(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


async def refused(identify: Knock, text: str, **changes: Any) -> None:
    with pytest.raises(Refusal) as raised:
        await identify(bearing(text), **changes)
    assert raised.value.status == 401
    assert raised.value.headers == {
        "WWW-Authenticate": 'Bearer realm="BarberPro", error="invalid_token"'
    }


async def test_a_key_speaks_for_its_client_with_its_own_scopes(
    identify: Knock, making: Any, registering: Any
) -> None:
    client, _ = await registering(document_mode="locked")
    key, text = await making(client, scopes=["bookings:read", "people:read"])
    who = await identify(bearing(text))
    assert (who.tenant, who.client, who.client_name) == (
        client.organization_id, client.id, client.name,
    )  # fmt: skip
    assert (who.method, who.credential, who.user) == ("api_key", key.id, None)
    assert (who.scopes, who.document_mode) == ({"bookings:read", "people:read"}, "locked")


async def test_a_scanner_finds_a_key_and_its_text_names_it(making: Any) -> None:
    key, text = await making()
    assert SCANNED.fullmatch(text)
    assert calling.named(text) == key.id
    assert text[-6:] == scannable._base62(zlib.crc32(text[:-6].encode()), 6)


async def test_the_text_is_stored_nowhere(making: Any, opening: Any, database: Any) -> None:
    key, text = await making()
    async with opening() as tx:
        (row,) = await tx.rows(select(table).where(table.c.id == key.id))
    assert row.secret_hash == scannable.digest(text)
    secret = text.rpartition("_")[2]
    assert not any(secret in str(value) for value in [*row, *key])
    assert "secret_hash" not in key._fields


@pytest.mark.parametrize("at", [0, 3, 9, 20, 34, 35, 40, 77, 78, 84])
async def test_a_mistyped_key_asks_no_database(
    identify: Knock, making: Any, database: Any, at: int
) -> None:
    _, text = await making()
    await identify(bearing(text))
    other = "x" if text[at] != "x" else "y"
    sent: list[str] = []
    event.listen(database.reader.sync_engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    await refused(
        identify, f"bpk_{(text[:at] + other + text[at + 1 :])[4:]}" if at > 3 else "bpk_x"
    )
    assert not [statement for statement in sent if "key" in statement]


async def test_a_well_formed_key_that_nobody_made(identify: Knock, making: Any) -> None:
    _, text = await making()
    of_another = scannable.new(text[: text.rindex("_") + 1])
    assert calling.named(of_another) == calling.named(text)
    await refused(identify, of_another)
    await refused(identify, scannable.new("bpk_live_01h455vb4pex5vsknk084sn02q_"))


async def test_a_public_key_in_place_of_an_api_key(
    identify: Knock, registering: Any, opening: Any
) -> None:
    """It has no secret, so none is the right one."""
    client, _ = await registering()
    jwk = OKPKey.generate_key("Ed25519").as_dict(private=False)
    async with opening() as tx:
        key = await keys.register_public_key(
            tx, client=client.id, name="firma", public_key=jwk, scopes=["bookings:read"]
        )
    await refused(identify, scannable.new(f"bpk_live_{key.id.removeprefix('key_')}_"))


async def test_an_address_makes_up_so_many_keys_and_those_in_use_go_on(
    identify: Knock, making: Any, database: Any
) -> None:
    """Each is a look into the database; a signature that names one is too."""
    _, text = await making()
    _, later = await making()
    await identify(bearing(text))
    for _ in range(59):
        await refused(identify, scannable.new(f"bpk_live_{ids.new('key')[4:]}_"))
    sent: list[str] = []
    event.listen(database.reader.sync_engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    for made_up in (scannable.new(f"bpk_live_{ids.new('key')[4:]}_"), later):
        with pytest.raises(Refusal) as raised:
            await identify(bearing(made_up))
        assert (raised.value.code, raised.value.status) == (Code.THROTTLED, 429)
        assert raised.value.headers == {"retry-after": "1"} and raised.value.facts == {
            "retryAfter": 1
        }
    assert not [statement for statement in sent if "key" in statement]
    await identify(bearing(text))
    await identify(bearing(later), address="203.0.113.9")


async def test_a_secret_of_another_kind_is_no_key(identify: Knock, registering: Any) -> None:
    _, secret = await registering()
    await refused(identify, secret)
    await refused(identify, scannable.new("bpk_live_"))
    await refused(identify, scannable.new("bpk_test_01h455vb4pex5vsknk084sn02q_"))


async def test_a_key_under_the_scheme_of_bound_tokens(identify: Knock, making: Any) -> None:
    _, text = await making()
    await identify(bearing(text))
    with pytest.raises(Refusal):
        await identify({"authorization": f"DPoP {text}"})


async def test_a_key_in_another_header_is_none(identify: Knock, making: Any) -> None:
    _, text = await making()
    for header in ("x-api-key", "api-key", "cookie"):
        with pytest.raises(Refusal):
            await identify({header: text})


async def test_an_expired_key(identify: Knock, making: Any, clock: Any) -> None:
    _, text = await making(expires_at=clock() + timedelta(seconds=90))
    clock.forward(seconds=89.999)
    await identify(bearing(text))
    clock.forward(seconds=0.001)
    await refused(identify, text)


async def test_a_revoked_key(platform: Any, making: Any, opening: Any, clock: Any) -> None:
    key, text = await making()
    near, far = (knocking(Identify(platform)) for _ in range(2))
    await near(bearing(text))
    async with opening() as tx:
        await keys.revoke_key(tx, key.id)
    await refused(far, text)
    clock.forward(seconds=4)  # the key itself is remembered for five
    await refused(near, text)


@pytest.mark.parametrize(
    ("networks", "address", "is_good"),
    [
        (["203.0.113.0/24"], "203.0.113.9", True),
        (["203.0.113.0/24"], "203.0.112.255", False),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", True),
        (["203.0.113.0/24"], "unknown", False),
        (["203.0.113.0/24"], "", False),
        (["2001:db8::/32"], "2001:db8:1::1", True),
        (["2001:db8::/32"], "2001:db9::1", False),
        (["2001:db8::/32"], "203.0.113.9", False),
        (["198.51.100.7", "203.0.113.0/24"], "198.51.100.7", True),
        (["198.51.100.7", "203.0.113.0/24"], "198.51.100.8", False),
        (None, "unknown", True),
    ],
)
async def test_a_key_works_from_its_networks_only(
    identify: Knock, making: Any, networks: Any, address: str, is_good: bool
) -> None:
    _, text = await making(networks=networks)
    if is_good:
        await identify(bearing(text), address=address)
    else:
        await refused(identify, text, address=address)


async def test_the_address_in_a_header_is_not_believed(identify: Knock, making: Any) -> None:
    _, text = await making(networks=["203.0.113.0/24"])
    headers = bearing(text) | {"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"}
    with pytest.raises(Refusal):
        await identify(headers, address="198.51.100.1")


async def test_a_scope_that_the_client_lost_is_lost_to_its_keys(
    identify: Knock, making: Any, registering: Any, database: Any, clock: Any
) -> None:
    from ..gateway.test_identify import change

    client, _ = await registering(scopes=["bookings:read", "people:read"])
    _, text = await making(client, scopes=["bookings:read", "people:read"])
    await identify(bearing(text))
    await change(database, client.id, scopes=["people:read"])
    clock.forward(seconds=5)
    assert (await identify(bearing(text))).scopes == {"people:read"}


async def test_a_suspended_client_takes_its_keys_along(
    identify: Knock, making: Any, registering: Any, opening: Any, clock: Any
) -> None:
    client, _ = await registering()
    _, text = await making(client)
    await identify(bearing(text))
    async with opening() as tx:
        await clients.suspend_client(tx, client.id)
    clock.forward(seconds=5)
    await refused(identify, text)


async def test_two_keys_are_good_while_one_replaces_the_other(
    identify: Knock, making: Any, opening: Any, clock: Any
) -> None:
    key, old = await making(networks=["203.0.113.0/24"])
    async with opening() as tx:
        _, new = await keys.rotate_api_key(tx, key.id, overlap=timedelta(hours=1))
    for text in (old, new):
        who = await identify(bearing(text), address="203.0.113.1")
        assert who.scopes == {"bookings:read"}
        await refused(identify, text, address="198.51.100.1")
    clock.forward(hours=1)
    await refused(identify, old, address="203.0.113.1")
    await identify(bearing(new), address="203.0.113.1")


async def test_use_is_noted_to_the_minute_and_not_more_often(
    platform: Any, making: Any, opening: Any, clock: Any
) -> None:
    identify = Identify(platform)
    knock = knocking(identify)
    key, text = await making()

    async def noted() -> Any:
        await asyncio.gather(*identify._ways._noting)
        async with opening() as tx:
            return await tx.rows(keys.last_uses([key.id]))

    clock.forward(seconds=10.5)
    at = clock().replace(second=0, microsecond=0)
    await knock(bearing(text))
    assert await noted() == [(key.id, at)]
    async with opening() as tx:
        await tx.execute(key_uses.update().values(last_used_at=at - timedelta(hours=1)))
    clock.forward(seconds=59)
    await knock(bearing(text))
    assert await noted() == [(key.id, at - timedelta(hours=1))]
    clock.forward(seconds=1)
    await knock(bearing(text))
    assert await noted() == [(key.id, at + timedelta(minutes=1))]


async def test_a_key_of_another_tenant_speaks_for_that_tenant_only(
    identify: Knock, making: Any, stranger: Any
) -> None:
    key, text = await making()
    who = await identify(bearing(text))
    assert who.tenant == key.organization_id != stranger.tenant
