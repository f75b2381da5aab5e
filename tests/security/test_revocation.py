"""Who may void a token, and what falls with it (RFC 7009)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from .signing_in import PUBLIC, Browser, Browsing


async def is_good(browser: Browser, token: str) -> bool:
    """Whether the gateway takes the access token."""
    answer = await browser.http.get("/oauth/userinfo", headers={"authorization": f"Bearer {token}"})
    return answer.status_code == 200


async def revoke(browser: Browser, token: str, **more: Any) -> httpx.Response:
    answer = await browser.posts("/oauth/revoke", {"token": token, **more})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    return answer


async def test_a_refresh_token_falls_with_its_family(browsing: Browsing) -> None:
    for browser in (await browsing(), await browsing(PUBLIC)):
        body = await browser.tokens()
        renewed = (await browser.renews(body["refresh_token"])).json()
        assert await is_good(browser, renewed["access_token"])
        await revoke(browser, body["refresh_token"], token_type_hint="refresh_token")
        assert not await is_good(browser, body["access_token"])
        assert not await is_good(browser, renewed["access_token"])
        answer = await browser.renews(renewed["refresh_token"])
        assert answer.json()["error"] == "invalid_grant"


async def test_an_access_token_falls_alone(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    body = await browser.tokens()
    clock.forward(seconds=1)
    await revoke(browser, body["access_token"], token_type_hint="refresh_token")
    assert not await is_good(browser, body["access_token"])
    renewed = await browser.renews(body["refresh_token"])
    assert await is_good(browser, renewed.json()["access_token"])
    (told,) = await browser.told("token.revoked")
    assert told["subject"] == browser.client.id


async def test_another_clients_token_stays_good_and_the_answer_is_the_same(
    browsing: Browsing,
) -> None:
    stranger, browser = await browsing(), await browsing()
    body = await browser.tokens()
    await revoke(stranger, body["access_token"])
    await revoke(stranger, body["refresh_token"])
    assert await is_good(browser, body["access_token"])
    assert (await browser.renews(body["refresh_token"])).status_code == 200
    assert await browser.told("token.revoked", "grant.revoked") == []


@pytest.mark.parametrize("token", ["x", "a.b.c", "bpr_" + "A" * 43, "A" * 4_000, "é"])
async def test_what_is_no_token_is_void_already(browsing: Browsing, token: str) -> None:
    browser = await browsing()
    await revoke(browser, token)
    assert await browser.told("token.revoked", "grant.revoked") == []


async def test_who_does_not_prove_who_they_are_revokes_nothing(browsing: Browsing) -> None:
    browser = await browsing()
    body = await browser.tokens()
    form = {"token": body["refresh_token"], "client_id": browser.client.id}
    answer = await browser.http.post("/oauth/revoke", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert (await browser.renews(body["refresh_token"])).status_code == 200


async def test_no_token_is_named(browsing: Browsing) -> None:
    browser = await browsing()
    answer = await browser.posts("/oauth/revoke", {"token_type_hint": "access_token"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_token_revoked_twice_is_told_of_once(browsing: Browsing) -> None:
    browser = await browsing()
    body = await browser.tokens()
    await revoke(browser, body["refresh_token"])
    await revoke(browser, body["refresh_token"])
    assert [d["reason"] for d in await browser.told("grant.revoked")] == ["client"]


async def test_a_family_is_void_in_another_process_within_five_seconds(
    browsing: Browsing, platform: Any, serving: Any, clock: Any
) -> None:
    """Without Redis, by the table alone."""
    from dataclasses import replace

    from barberpro.platform.revocations import Revocations

    browser = await browsing()
    body = await browser.tokens()
    other = replace(platform, revocations=Revocations(platform.database, clock))
    async with serving(other) as http:
        headers = {"authorization": f"Bearer {body['access_token']}"}
        assert (await http.get("/oauth/userinfo", headers=headers)).status_code == 200
        await revoke(browser, body["refresh_token"])
        clock.time += timedelta(seconds=5)
        assert (await http.get("/oauth/userinfo", headers=headers)).status_code == 401
