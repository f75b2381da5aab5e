"""Everything that may be done with a refresh token: once it renews, twice it ends the family."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from barberpro.domains.identity import clients
from barberpro.domains.identity.grants.codes import digest
from barberpro.domains.identity.grants.tables import refresh_tokens

from .signing_in import PUBLIC, RIGHTS, Browser, Browsing


def assert_refused(answer: httpx.Response, error: str = "invalid_grant") -> None:
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
    assert answer.headers["cache-control"] == "no-store"


async def kept(browser: Browser) -> list[Any]:
    async with browser.opening() as tx:
        return list(await tx.rows(select(refresh_tokens).order_by(refresh_tokens.c.id)))


async def test_a_token_is_renewed_by_its_successor(browsing: Browsing) -> None:
    for browser in (await browsing(), await browsing(PUBLIC)):
        first = await browser.tokens(scope="openid bookings:read")
        answer = await browser.renews(first["refresh_token"])
        assert answer.status_code == 200
        body = answer.json()
        assert body["refresh_token"] != first["refresh_token"]
        assert body["access_token"] != first["access_token"]
        assert body["scope"] == "bookings:read openid"
        again = await browser.renews(body["refresh_token"])
        assert again.status_code == 200


async def test_a_second_use_ends_the_family(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    first = await browser.tokens()
    second = (await browser.renews(first["refresh_token"])).json()
    clock.forward(seconds=10.000001)
    assert_refused(await browser.renews(first["refresh_token"]))
    assert_refused(await browser.renews(second["refresh_token"]))
    headers = {"authorization": f"Bearer {second['access_token']}"}
    assert (await browser.http.get("/oauth/userinfo", headers=headers)).status_code == 401
    assert [data["reason"] for data in await browser.told("grant.revoked")] == ["token_reused"]


async def test_an_answer_that_was_lost_is_given_again_for_ten_seconds(
    browsing: Browsing, clock: Any
) -> None:
    """The same successor, so that nobody is signed out because a connection broke."""
    browser = await browsing()
    first = (await browser.tokens())["refresh_token"]
    second = (await browser.renews(first)).json()["refresh_token"]
    clock.forward(seconds=10)
    assert (await browser.renews(first)).json()["refresh_token"] == second
    assert len(await kept(browser)) == 2
    assert (await browser.renews(second)).status_code == 200
    assert await browser.told("grant.revoked") == []


async def test_the_grace_ends_when_the_successor_is_used(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    first = (await browser.tokens())["refresh_token"]
    second = (await browser.renews(first)).json()["refresh_token"]
    third = (await browser.renews(second)).json()["refresh_token"]
    clock.forward(seconds=1)
    assert_refused(await browser.renews(first))
    assert_refused(await browser.renews(third))


async def test_a_scope_never_grows(browsing: Browsing) -> None:
    browser = await browsing()
    first = (await browser.tokens(scope="bookings:read locations:read"))["refresh_token"]
    for wider in ("bookings:write", "bookings:read people:read", "openid"):
        assert_refused(await browser.renews(first, scope=wider), "invalid_scope")
    body = (await browser.renews(first, scope="bookings:read")).json()
    assert body["scope"] == "bookings:read"
    # What the user allowed is the bound, not what was asked for last.
    assert (await browser.renews(body["refresh_token"])).json()["scope"] == (
        "bookings:read locations:read"
    )


async def test_a_token_of_another_client_is_unknown_and_stays_good(browsing: Browsing) -> None:
    thief, browser = await browsing(), await browsing(PUBLIC)
    token = (await browser.tokens())["refresh_token"]
    assert_refused(await thief.renews(token))
    assert await browser.told("grant.revoked") == []
    assert (await browser.renews(token)).status_code == 200


async def test_an_unused_token_lasts_thirty_days_and_a_family_ninety(
    browsing: Browsing, clock: Any
) -> None:
    browser = await browsing()
    token = (await browser.tokens())["refresh_token"]
    for _ in range(3):
        clock.forward(days=29)
        token = (await browser.renews(token)).json()["refresh_token"]
    clock.forward(days=3)
    assert_refused(await browser.renews(token))
    idle = (await browser.tokens())["refresh_token"]
    clock.forward(days=30)
    assert_refused(await browser.renews(idle))
    reasons = [data["reason"] for data in await browser.told("token.refused")]
    assert reasons == ["expired", "expired"]


async def test_a_user_who_lost_rights_renews_less_or_nothing(browsing: Browsing) -> None:
    browser = await browsing()
    token = (await browser.tokens())["refresh_token"]
    browser.rights = replace(RIGHTS, scopes=frozenset({"locations:read"}))
    body = (await browser.renews(token)).json()
    assert body["scope"] == "locations:read"
    browser.rights = replace(RIGHTS, is_active=False)
    assert_refused(await browser.renews(body["refresh_token"]))


async def test_a_suspended_client_renews_nothing(browsing: Browsing, opening: Any) -> None:
    for application in (PUBLIC, None):
        browser = await (browsing(application) if application else browsing())
        token = (await browser.tokens())["refresh_token"]
        async with opening() as tx:
            await clients.suspend_client(tx, browser.client.id)
        assert (await browser.renews(token)).status_code == 401


@pytest.mark.parametrize("token", ["x", "bpr_" + "A" * 43, "'", "bpr_", "A" * 4_000])
async def test_a_made_up_token(browsing: Browsing, token: str) -> None:
    browser = await browsing()
    assert_refused(await browser.renews(token))


async def test_no_token_at_all(browsing: Browsing) -> None:
    browser = await browsing()
    answer = await browser.posts("/oauth/token", {"grant_type": "refresh_token"})
    assert_refused(answer, "invalid_request")


async def test_only_hashes_are_kept_of_a_token_and_its_successor(browsing: Browsing) -> None:
    browser = await browsing()
    first = (await browser.tokens())["refresh_token"]
    second = (await browser.renews(first)).json()["refresh_token"]
    rows = await kept(browser)
    assert [row.token_hash for row in rows] == [digest(first), digest(second)]
    assert first not in repr(rows)
    assert second not in repr(rows)


async def renew_at_once(browsing: Browsing, rounds: int) -> None:
    browser = await browsing()
    token = (await browser.tokens())["refresh_token"]
    for done in range(1, rounds + 1):
        answers = await asyncio.gather(*(browser.renews(token) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        # One renewed; the others were given its answer again.
        (token,) = {answer.json()["refresh_token"] for answer in answers}
        used = [data["by"] for data in await browser.told("grant.used")]
        assert used == ["code"] + ["refresh_token"] * done
        assert len(await kept(browser)) == 1 + done


async def test_of_twenty_who_renew_at_once_one_does(browsing: Browsing, generous: None) -> None:
    await renew_at_once(browsing, 5)


@pytest.mark.long
async def test_of_twenty_who_renew_at_once_one_does_a_hundred_times(
    browsing: Browsing, generous: None
) -> None:
    await renew_at_once(browsing, 100)
