"""How every request to the authorization server is received: counted, in time, answered whatever happens, and told."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select
from structlog.testing import capture_logs

from barberpro.domains.identity import clients
from barberpro.platform.audit.tables import installation_events
from barberpro.platform.settings import ExternalIssuer

from .conftest import encoded
from .remote import serving as issuing
from .visiting import EMAIL, Visitor, hidden
from .visiting import boss as boss
from .visiting import visitor as visitor

PAGES = ("/oauth/login", "/oauth/account", "/oauth/invitation", "/oauth/authorize")
PROGRAMS = ("/oauth/token", "/oauth/userinfo", "/oauth/register/cli_x")


@pytest.fixture
def changed(platform: Any, serving: Any) -> Callable[..., httpx.AsyncClient]:
    """`async with changed(deadline_seconds=…)` speaks to a server under other settings."""

    def change(**settings: Any) -> httpx.AsyncClient:
        other = platform.settings.model_copy(update=settings)
        return serving(replace(platform, settings=other))

    return change


async def newest(platform: Any) -> dict[str, Any]:
    """What the log of the installation was told last."""
    query = select(installation_events.c.data).order_by(installation_events.c.id.desc()).limit(1)
    async with platform.database.surveying() as connection:
        told = (await connection.execute(query)).scalar_one()
    assert told.pop("since")
    return told


@pytest.mark.parametrize("path", [*PAGES, *PROGRAMS])
async def test_an_address_asks_so_often(changed: Any, path: str) -> None:
    async with changed(token_requests_per_address=2) as http:
        answers = [await http.get(path) for _ in range(3)]
        elsewhere = await http.get("/.well-known/jwks.json")
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30
    assert answers[2].headers["cache-control"] == "no-store"
    if path in PAGES:
        assert "Llegaron demasiados pedidos" in answers[2].text
    else:
        assert answers[2].json()["error"] == "temporarily_unavailable"
        assert "Retry-After" in answers[2].json()["error_description"]
    assert elsewhere.status_code == 200


@pytest.mark.parametrize(
    "path", ["/oauth/login", "/oauth/consent", "/oauth/token", "/oauth/register"]
)
async def test_a_body_that_never_ends_meets_the_deadline(changed: Any, path: str) -> None:
    async def slowly() -> Any:
        yield b"a"
        await asyncio.sleep(60)

    headers = {"content-type": "application/x-www-form-urlencoded"}
    async with changed(deadline_seconds=0.05) as http:
        answer = await http.post(path, content=slowly(), headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_defect_on_a_page_is_masked_and_logged(visitor: Visitor, monkeypatch: Any) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError("the secret reason")

    monkeypatch.setattr(clients, "find", broken)
    with capture_logs() as lines:
        answer = await visitor.login_page()
    assert answer.status_code == 500
    assert "Algo falló de nuestro lado" in answer.text and "secret" not in answer.text
    assert answer.headers["x-request-id"].startswith("req_")
    assert [line["event"] for line in lines] == ["defect", "login.request"]


@pytest.mark.parametrize(
    ("path", "form", "reason"),
    [
        ("/oauth/account/withdraw", {"client": "x"}, "another_site"),
        ("/oauth/second-factor", {"ticket": "x"}, "ticket"),
        ("/oauth/consent", {"ticket": "x"}, "ticket"),
        ("/oauth/login", {"client_id": "x"}, "no_client"),
    ],
)
async def test_what_a_page_refuses_is_counted_in_the_log(
    platform: Any, http: httpx.AsyncClient, path: str, form: dict[str, str], reason: str
) -> None:
    await platform.refusals.flush(all_of_it=True)
    for _ in range(2):
        assert (await http.post(path, data=form)).status_code in (400, 403)
    assert await platform.refusals.flush(all_of_it=True) == 1
    told = {"reason": reason, "endpoint": path.removeprefix("/oauth/"), "times": 2}
    assert await newest(platform) == told


async def test_what_a_client_is_told_of_is_counted_in_the_log(platform: Any, browsing: Any) -> None:
    browser = await browsing()
    await platform.refusals.flush(all_of_it=True)
    await browser.asks(code_challenge_method="plain")
    assert await platform.refusals.flush(all_of_it=True) == 1
    told = {"reason": "invalid_request", "endpoint": "authorize", "times": 1}
    assert await newest(platform) == told


async def test_a_registration_token_that_is_none_is_counted_in_the_log(
    platform: Any, http: httpx.AsyncClient
) -> None:
    await platform.refusals.flush(all_of_it=True)
    await http.get("/oauth/register/cli_x", headers={"authorization": "Bearer x"})
    assert await platform.refusals.flush(all_of_it=True) == 1
    told = {"reason": "invalid_token", "endpoint": "register", "times": 1}
    assert await newest(platform) == told


async def test_pages_keep_the_language_that_was_asked_for(browsing: Any) -> None:
    browser = await browsing()
    browser.signed = None
    answer = await browser.asks(ui_locales="en")
    query = httpx.URL(answer.headers["location"]).params
    assert query["ui_locales"] == "en"
    assert httpx.URL(query["return"]).params["ui_locales"] == "en"


async def test_a_form_sends_its_language_along(visitor: Visitor) -> None:
    page = await visitor.login_page(ui_locales="en")
    assert 'action="/oauth/login?ui_locales=en"' in page.text
    sent = {**hidden(page), "email": EMAIL, "password": "no"}
    answer = await visitor.http.post("/oauth/login?ui_locales=en", data=sent)
    assert "do not match" in answer.text


@pytest.mark.parametrize("path", ["/oauth/userinfo", "/oauth/register"])
async def test_tokens_by_made_up_keys_ask_another_issuer_once(
    platform: Any, serving: Any, registering: Any, clock: Any, path: str
) -> None:
    """Who knows callers at these endpoints remembers what they learned, as it does before the graph."""
    client, _ = await registering()
    with issuing(ECKey.generate_key("P-256")) as remote:
        remote.publish(remote.key)
        given = ExternalIssuer(
            issuer=remote.url, tenants=[client.organization_id], allow_private_network=True
        )
        settings = platform.settings.model_copy(update={"issuers": [given]})
        head = {"typ": "at+jwt", "alg": "ES256"}
        claims = {"iss": remote.url}
        async with serving(replace(platform, settings=settings)) as http:
            for n in range(20):
                parts = [encoded({**head, "kid": f"k{n}"}), encoded(claims), encoded(b"x" * 64)]
                headers = {"authorization": f"Bearer {'.'.join(parts)}"}
                answer = await http.post(path, json={}, headers=headers)
                assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert remote.asked.count("/jwks") == 1
