"""Authorization requests that a client leaves with us (RFC 9126)."""

import asyncio
from typing import Any

import httpx
import pytest

from .signing_in import CONFIDENTIAL, ISSUER, PUBLIC, Browser, Browsing, place, sent


async def pushed(browser: Browser, **changes: Any) -> httpx.Response:
    return await browser.posts("/oauth/par", browser.parameters(**changes))


async def comes(browser: Browser, reference: str, **more: Any) -> httpx.Response:
    params = {"client_id": browser.client.id, "request_uri": reference, **more}
    return await browser.http.get("/oauth/authorize", params=params)


def assert_shown(answer: httpx.Response, reason: str) -> None:
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


@pytest.mark.parametrize("application", [CONFIDENTIAL, PUBLIC], ids=["confidential", "public"])
async def test_a_request_is_left_and_used_once(browsing: Browsing, application: Any) -> None:
    browser = await browsing(application)
    answer = await pushed(browser)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    assert body["expires_in"] == 60
    shown = await comes(browser, body["request_uri"])
    found = sent(await browser.decides(shown))
    assert len(found.pop("code")) == 43
    assert found == {"state": "st&te=1", "iss": ISSUER}
    assert_shown(await comes(browser, body["request_uri"]), "request_uri")


async def test_what_the_browser_adds_counts_for_nothing(browsing: Browsing) -> None:
    browser = await browsing()
    reference = (await pushed(browser, scope="bookings:read")).json()["request_uri"]
    shown = await comes(browser, reference, scope="bookings:write", state="evil")
    assert shown.json()["scopes"] == ["bookings:read"]
    assert sent(await browser.decides(shown))["state"] == "st&te=1"


async def test_a_request_lives_for_a_minute(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    reference = (await pushed(browser)).json()["request_uri"]
    clock.forward(seconds=60)
    assert_shown(await comes(browser, reference), "request_uri")


async def test_another_clients_request_is_unknown(browsing: Browsing) -> None:
    other, browser = await browsing(), await browsing()
    reference = (await pushed(browser)).json()["request_uri"]
    assert_shown(await comes(other, reference), "request_uri")
    assert (await comes(browser, reference)).status_code == 200


async def test_a_request_survives_the_login_page(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    signed, browser.signed = browser.signed, None
    answer = await comes(browser, (await pushed(browser)).json()["request_uri"])
    assert place(answer) == "/oauth/login"
    clock.forward(minutes=5)
    browser.signed = signed
    shown = await browser.http.get(sent(answer)["return"])
    assert "code" in sent(await browser.decides(shown))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ...}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"redirect_uri": ...}, "invalid_request"),
        ({"scope": "people:read"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ...}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"client_id": "cli_" + "0" * 26}, "invalid_request"),
    ],
)
async def test_a_request_that_is_not_sound(
    browsing: Browsing, changes: dict[str, Any], error: str
) -> None:
    browser = await browsing()
    answer = await pushed(browser, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert await browser.told("authorization.pushed") == []


@pytest.mark.parametrize("reference", ["x", "https://evil.example/request.jwt", "urn:x", "é"])
async def test_a_reference_of_no_ones_is_never_fetched(browsing: Browsing, reference: str) -> None:
    assert_shown(await comes(await browsing(), reference), "request_uri")


async def test_of_ten_browsers_with_one_request_one_is_served(
    browsing: Browsing, generous: None
) -> None:
    browser = await browsing()
    reference = (await pushed(browser)).json()["request_uri"]
    answers = await asyncio.gather(*(comes(browser, reference) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9
