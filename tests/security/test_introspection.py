"""Who learns what from a token (RFC 7662)."""

from dataclasses import replace
from typing import Any

import pytest

from barberpro.domains.identity import clients
from barberpro.domains.identity.users import rights
from barberpro.platform import rotation
from barberpro.platform.principal import Principal

from ..gateway.test_identify import change
from .signing_in import ISSUER, SCOPES, Browser, Browsing

INACTIVE = {"active": False}


async def seen(browser: Browser, token: str) -> dict[str, Any]:
    answer = await browser.posts("/oauth/introspect", {"token": token})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_a_client_sees_its_own_tokens(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    assert browser.signed
    body = await browser.tokens(scope="bookings:read")
    issued = int(clock().timestamp())
    found = await seen(browser, body["access_token"])
    assert len(found.pop("jti")) == 22
    assert found == {
        "active": True, "client_id": browser.client.id, "sub": browser.signed.user,
        "scope": "bookings:read", "token_type": "Bearer", "iss": ISSUER, "aud": ISSUER,
        "iat": issued, "exp": issued + 600, "tenant": browser.signed.organization,
    }  # fmt: skip
    assert await seen(browser, body["refresh_token"]) == {
        "active": True, "client_id": browser.client.id, "sub": browser.signed.user,
        "scope": "bookings:read", "exp": issued + 30 * 86_400, "iss": ISSUER,
    }  # fmt: skip


async def test_another_client_sees_nothing(browsing: Browsing) -> None:
    stranger, browser = await browsing(), await browsing()
    body = await browser.tokens()
    assert await seen(stranger, body["access_token"]) == INACTIVE
    assert await seen(stranger, body["refresh_token"]) == INACTIVE


async def test_an_inspector_sees_access_tokens_of_its_organization_only(
    browsing: Browsing, opening: Any, stranger: Principal
) -> None:
    inspector = await browsing(scopes=["tokens:introspect"])
    browser = await browsing()
    body = await browser.tokens()
    assert (await seen(inspector, body["access_token"]))["active"] is True
    assert await seen(inspector, body["refresh_token"]) == INACTIVE
    async with opening(stranger) as tx:
        name = f"far-{browser.client.name}"[:60]
        row, secret = await clients.register_client(
            tx, name=name, scopes=["tokens:introspect", *SCOPES]
        )
    far = Browser(browser.http, row, secret, None, opening)
    assert await seen(far, body["access_token"]) == INACTIVE


async def test_what_is_void_is_inactive(browsing: Browsing, clock: Any, opening: Any) -> None:
    browser = await browsing()
    inspector = await browsing(scopes=["tokens:introspect"])
    body = await browser.tokens()
    await browser.posts("/oauth/revoke", {"token": body["access_token"]})
    assert await seen(browser, body["access_token"]) == INACTIVE
    clock.forward(seconds=1)
    renewed = (await browser.renews(body["refresh_token"])).json()
    assert await seen(browser, body["refresh_token"]) == INACTIVE  # used
    assert (await seen(browser, renewed["access_token"]))["active"] is True
    async with opening() as tx:
        await clients.suspend_client(tx, browser.client.id)
    assert await seen(inspector, renewed["access_token"]) == INACTIVE


async def test_a_token_that_was_revoked_by_a_clock_that_is_behind_is_inactive(
    browsing: Browsing, clock: Any
) -> None:
    browser = await browsing()
    body = await browser.tokens()
    clock.forward(seconds=-5)
    await browser.posts("/oauth/revoke", {"token": body["access_token"]})
    assert await seen(browser, body["access_token"]) == INACTIVE


async def test_a_token_that_the_gateway_would_not_take_is_inactive(
    browsing: Browsing, database: Any
) -> None:
    browser = await browsing()
    body = await browser.tokens()
    browser.rights = replace(browser.rights, requires_second_factor=True)
    assert await seen(browser, body["access_token"]) == INACTIVE
    browser.rights = replace(browser.rights, requires_second_factor=False)
    assert (await seen(browser, body["access_token"]))["active"] is True
    inspector = await browsing(scopes=["tokens:introspect"])
    await change(database, browser.client.id, requires_dpop=True)
    assert await seen(inspector, body["access_token"]) == INACTIVE


async def test_what_the_user_may_not_do_any_more_is_not_told(browsing: Browsing) -> None:
    browser = await browsing()
    body = await browser.tokens(scope="openid bookings:read locations:read")
    browser.rights = replace(browser.rights, scopes=frozenset({"bookings:read"}))
    for token in (body["access_token"], body["refresh_token"]):
        assert (await seen(browser, token))["scope"] == "bookings:read openid"
    browser.rights = rights.NONE
    for token in (body["access_token"], body["refresh_token"]):
        assert await seen(browser, token) == INACTIVE


async def test_what_a_revoked_key_signed_is_inactive(
    browsing: Browsing, platform: Any, clock: Any
) -> None:
    browser = await browsing()
    body = await browser.tokens()
    for key in platform.keys.public_jwks()["keys"]:
        await rotation.revoke(platform.database, platform.sealer, clock, key["kid"])
    await platform.revocations.announce()
    assert await seen(browser, body["access_token"]) == INACTIVE
    clock.forward(seconds=4)
    again = await browser.tokens()
    assert (await seen(browser, again["access_token"]))["active"] is True


async def test_what_is_over_is_inactive(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    body = await browser.tokens()
    clock.forward(seconds=605)
    assert await seen(browser, body["access_token"]) == INACTIVE
    clock.forward(days=30)
    assert await seen(browser, body["refresh_token"]) == INACTIVE


@pytest.mark.parametrize("token", ["x", "a.b.c", "bpr_" + "A" * 43, "é", "A" * 4_000])
async def test_what_is_no_token_is_inactive(browsing: Browsing, token: str) -> None:
    assert await seen(await browsing(), token) == INACTIVE


async def test_an_id_token_is_inactive(browsing: Browsing) -> None:
    browser = await browsing()
    assert await seen(browser, (await browser.tokens(scope="openid"))["id_token"]) == INACTIVE
