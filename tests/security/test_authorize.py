"""Everything that may be wrong with `/oauth/authorize`: each test names the guard it protects."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Application, Authentication
from barberpro.gateway.oauth.sessions import SignedIn
from barberpro.platform import ids

from .signing_in import (
    CALLBACK,
    CHALLENGE,
    CONFIDENTIAL,
    FLOW,
    ISSUER,
    PUBLIC,
    RIGHTS,
    Browsing,
    a_user,
    place,
    sent,
)

LOOPBACK = "http://127.0.0.1/callback"
GRANT_EVENTS = ("grant.made", "consent.given")


def assert_shown(answer: httpx.Response, reason: str) -> None:
    """The user is told, and sent nowhere."""
    assert answer.status_code == 400, answer.text
    assert answer.json() == {"template": "refused", "reason": reason}
    assert "location" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


def assert_sent(answer: httpx.Response, error: str) -> None:
    """The client is told, with its state and our name."""
    assert place(answer) == CALLBACK
    assert sent(answer) == {"error": error, "state": "st&te=1", "iss": ISSUER}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_user_says_yes_and_the_client_gets_a_code(browsing: Browsing) -> None:
    browser = await browsing()
    shown = await browser.asks()
    assert shown.status_code == 200
    facts = shown.json()
    assert facts.pop("ticket")
    assert facts == {
        "template": "consent",
        "client": "Agenda Sur",
        "scopes": ["bookings:read", "locations:read"],
        "name": "Ana",
        "action": "/oauth/consent",
        "redirect_host": "partner.example",
        "leads_to": [CALLBACK],
    }
    answer = await browser.decides(shown)
    assert place(answer) == CALLBACK
    found = sent(answer)
    assert len(found.pop("code")) == 43  # 256 bits
    assert found == {"state": "st&te=1", "iss": ISSUER}
    user = browser.signed.user if browser.signed else ""
    scopes = ["bookings:read", "locations:read"]
    made = await browser.told("grant.made")
    assert [(m["client"], m["user"], m["scopes"]) for m in made] == [
        (browser.client.id, user, scopes)
    ]


async def test_a_user_says_no(browsing: Browsing) -> None:
    browser = await browsing()
    for decision in ("deny", "", "ALLOW", "yes"):
        assert_sent(await browser.decides(await browser.asks(), decision), "access_denied")
    assert await browser.told("grant.made", "consent.given") == []
    denied = [d for d in await browser.told("grant.denied") if d["subject"] == browser.client.id]
    assert len(denied) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        f"{CALLBACK}/", f"{CALLBACK}?x=1", f"{CALLBACK}#", f"{CALLBACK}#x", CALLBACK.upper(),
        "https://partner.example:443/callback", "https://partner.example:8443/callback",
        "https://user@partner.example/callback", "https://partner.example//callback",
        "https://partner.example/x/../callback", "https://partner.example/%2e%2e/callback",
        "https://partner.example.evil.example/callback", "https://evil.example/callback",
        "http://partner.example/callback", "https:/partner.example/callback",
        "https://partner.example\\@evil.example/callback", "javascript:alert(1)", "", " ",
        f" {CALLBACK}", f"{CALLBACK} ", f"{CALLBACK}%00", "//partner.example/callback", ...,
    ],
)  # fmt: skip
async def test_a_redirect_uri_that_is_not_the_registered_one(
    browsing: Browsing, wrong: Any
) -> None:
    browser = await browsing()
    assert_shown(await browser.asks(redirect_uri=wrong), "redirect_uri")
    assert_shown(await browser.asks(redirect_uri=wrong, scope="no:no"), "redirect_uri")
    assert await browser.told(*GRANT_EVENTS) == []


@pytest.mark.parametrize("wrong", ["cli_" + "0" * 26, "x", "'; DROP TABLE clients --", "", ...])
async def test_an_unknown_client(browsing: Browsing, wrong: Any) -> None:
    browser = await browsing()
    assert_shown(await browser.asks(client_id=wrong), "client")


async def test_a_suspended_client(browsing: Browsing, opening: Any) -> None:
    browser = await browsing()
    shown = await browser.asks()
    async with opening() as tx:
        await clients.suspend_client(tx, browser.client.id)
    assert_shown(await browser.asks(), "client")
    assert_shown(await browser.decides(shown), "client")
    assert await browser.told("grant.made") == []


async def test_a_client_that_asks_in_its_own_name_only(browsing: Browsing) -> None:
    browser = await browsing(Application())
    assert_shown(await browser.asks(), "client")


async def test_a_loopback_redirect_may_have_any_port_and_nothing_else(browsing: Browsing) -> None:
    """RFC 8252 section 7.3."""
    browser = await browsing(Application(Authentication.NONE, FLOW, (LOOPBACK,)))
    for good in (LOOPBACK, "http://127.0.0.1:51004/callback"):
        assert (await browser.asks(redirect_uri=good)).status_code == 200
    for wrong in (
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/callback?x",
        "http://127.0.0.2:51004/callback",
        "http://localhost:51004/callback",
        "http://[::1]:51004/callback",
        "https://127.0.0.1:51004/callback",
        "http://127.0.0.1:51004@evil.example/callback",
        "http://127.0.0.1:99999/callback",
    ):
        assert_shown(await browser.asks(redirect_uri=wrong), "redirect_uri")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": ..., "code_challenge_method": ...}, "invalid_request"),
        ({"code_challenge": ...}, "invalid_request"),
        ({"code_challenge_method": ...}, "invalid_request"),  # `plain` by RFC 7636
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "A"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1] + "="}, "invalid_request"),
        ({"response_type": ...}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "select_account"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "x"}, "invalid_request"),
        ({"nonce": "n" * 256}, "invalid_request"),
        ({"dpop_jkt": "x"}, "invalid_request"),
        ({"scope": "people:read"}, "invalid_scope"),
        ({"scope": "bookings:read people:read"}, "invalid_scope"),
        ({"scope": "BOOKINGS:READ"}, "invalid_scope"),
        ({"resource": "https://evil.example"}, "invalid_target"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    ],
)
@pytest.mark.parametrize("application", [CONFIDENTIAL, PUBLIC], ids=["confidential", "public"])
async def test_what_the_client_is_told_of(
    browsing: Browsing, application: Application, changes: dict[str, Any], error: str
) -> None:
    browser = await browsing(application)
    assert_sent(await browser.asks(**changes), error)
    assert await browser.told(*GRANT_EVENTS) == []


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "scope", "state", "x"])
async def test_a_parameter_that_stands_twice(browsing: Browsing, name: str) -> None:
    browser = await browsing()
    twice: list[tuple[str, Any]] = [
        *browser.parameters(x="1").items(),
        (name, browser.parameters(x="1")[name]),
    ]
    assert_shown(await browser.http.get("/oauth/authorize", params=twice), "parameters")


async def test_parameters_without_end(browsing: Browsing) -> None:
    browser = await browsing()
    assert_shown(await browser.asks(state="s" * 2_049), "parameters")
    assert_shown(await browser.asks(state="s" * 2_000, x="x" * 2_000), "parameters")
    longest = await browser.asks(state="s" * 2_000, x="x" * 1_600)
    assert len(sent(await browser.decides(longest))["state"]) == 2_000  # the form holds it all
    assert_shown(await browser.asks(**{f"p{n}": "1" for n in range(33)}), "parameters")


@pytest.mark.parametrize("name", ["state", "nonce", "ui_locales", "x", "x\x00"])
async def test_a_parameter_with_a_control_character(browsing: Browsing, name: str) -> None:
    """PostgreSQL stores no NUL, and RFC 6749 has none of the others."""
    browser = await browsing()
    for character in "\x00\t\n\x1b\x7f":
        assert_shown(await browser.asks(**{name: f"a{character}b"}), "parameters")
        pushed = await browser.posts("/oauth/par", browser.parameters(**{name: f"a{character}b"}))
        assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")
    assert await browser.told("grant.made", "authorization.pushed") == []


async def test_the_button_pressed_twice_is_one_consent(browsing: Browsing) -> None:
    browser = await browsing()
    shown = await browser.asks()
    answers = await asyncio.gather(*(browser.decides(shown) for _ in range(5)))
    assert all("code" in sent(answer) for answer in answers)
    assert len(await browser.told("consent.given")) == 1


async def test_who_is_not_signed_in_goes_to_the_login_page_and_comes_back(
    browsing: Browsing,
) -> None:
    browser = await browsing()
    signed, browser.signed = browser.signed, None
    answer = await browser.asks()
    assert place(answer) == "/oauth/login"
    back = sent(answer)["return"]
    assert back.startswith("/oauth/authorize?ticket=")
    browser.signed = signed
    shown = await browser.http.get(back)
    assert shown.json()["scopes"] == ["bookings:read", "locations:read"]
    assert "code" in sent(await browser.decides(shown))


async def test_a_user_of_another_organization_is_not_signed_in_here(browsing: Browsing) -> None:
    browser = await browsing()
    assert browser.signed
    browser.signed = replace(browser.signed, organization=ids.new("org"))
    assert place(await browser.asks()) == "/oauth/login"
    assert_sent(await browser.asks(prompt="none"), "login_required")


async def test_prompt_none_shows_no_page(browsing: Browsing) -> None:
    browser = await browsing()
    assert_sent(await browser.asks(prompt="none"), "consent_required")
    await browser.code()
    assert "code" in sent(await browser.asks(prompt="none"))
    browser.signed = None
    assert_sent(await browser.asks(prompt="none"), "login_required")


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "299"}])
async def test_who_must_sign_in_anew_is_not_let_through_with_the_old_session(
    browsing: Browsing, clock: Any, asked: dict[str, str]
) -> None:
    browser = await browsing()
    assert browser.signed  # five minutes ago
    answer = await browser.asks(**asked)
    assert place(answer) == "/oauth/login"
    assert sent(answer)["prompt"] == "login"
    back = sent(answer)["return"]
    assert place(await browser.http.get(back)) == "/oauth/login"
    clock.forward(seconds=30)
    browser.signed = replace(browser.signed, at=clock())
    assert (await browser.http.get(back)).json()["template"] == "consent"
    assert (await browser.asks(max_age="300")).json()["template"] == "consent"


async def test_a_consent_is_remembered_for_the_same_or_less(
    browsing: Browsing, principal: Any
) -> None:
    browser = await browsing()
    await browser.code()
    assert "code" in sent(await browser.asks())
    assert "code" in sent(await browser.asks(scope="bookings:read"))
    assert (await browser.asks(scope="bookings:write")).json()["template"] == "consent"
    assert (await browser.asks(prompt="consent")).json()["template"] == "consent"
    assert len(await browser.told("consent.given")) == 1
    other = await a_user(browser.opening, principal)
    browser.signed = replace(browser.signed or _nobody(), user=other)
    assert (await browser.asks()).json()["template"] == "consent"


async def test_a_public_client_on_the_users_machine_asks_each_time(browsing: Browsing) -> None:
    """Any program there could be it (RFC 8252 section 8.6)."""
    browser = await browsing(Application(Authentication.NONE, FLOW, (LOOPBACK,)))
    for _ in range(2):
        shown = await browser.asks(redirect_uri=LOOPBACK)
        assert shown.json()["template"] == "consent"
        assert "code" in sent(await browser.decides(shown))
    assert await browser.told("consent.given") == []


async def test_a_user_allows_no_more_than_they_may_do(browsing: Browsing) -> None:
    browser = await browsing()
    browser.rights = replace(RIGHTS, scopes=frozenset({"bookings:read", "people:read"}))
    shown = await browser.asks(scope=...)
    assert shown.json()["scopes"] == ["bookings:read"]
    browser.rights = replace(RIGHTS, scopes=frozenset({"people:read"}))
    assert_sent(await browser.asks(), "access_denied")
    assert_sent(await browser.decides(shown), "access_denied")
    browser.rights = replace(RIGHTS, is_active=False)
    assert_sent(await browser.asks(), "access_denied")


@pytest.mark.parametrize("spoil", ["user", "session", "nobody"])
async def test_a_consent_form_is_worth_nothing_to_anyone_else(
    browsing: Browsing, spoil: str
) -> None:
    """The guard against forged requests: the ticket names the user and the session it was shown to."""
    browser = await browsing()
    shown = await browser.asks()
    changed = {"user": ids.new("usr")} if spoil == "user" else {"session": "ses_2"}
    browser.signed = None if spoil == "nobody" else replace(browser.signed or _nobody(), **changed)
    assert_shown(await browser.decides(shown), "session")
    assert await browser.told(*GRANT_EVENTS) == []


async def test_a_consent_form_of_another_site_is_refused(browsing: Browsing) -> None:
    browser = await browsing()
    shown = await browser.asks()
    for site in ("cross-site", "same-site"):
        assert_shown(await browser.decides(shown, **{"sec-fetch-site": site}), "another_site")
    assert "code" in sent(await browser.decides(shown, **{"sec-fetch-site": "same-origin"}))


async def test_a_ticket_is_ours_whole_and_of_the_last_half_hour(
    browsing: Browsing, clock: Any
) -> None:
    browser = await browsing()
    shown = await browser.asks()
    ticket = shown.json()["ticket"]
    middle = len(ticket) // 2
    flipped = ticket[:middle] + ("A" if ticket[middle] != "A" else "B") + ticket[middle + 1 :]
    for wrong in ("", "x", flipped, ticket[:-4], "A" * 8_001, "é"):
        answer = await browser.http.post(
            "/oauth/consent", data={"ticket": wrong, "decision": "allow"}
        )
        assert_shown(answer, "ticket")
        if wrong:
            answer = await browser.http.get("/oauth/authorize", params={"ticket": wrong})
            assert_shown(answer, "ticket")
    clock.forward(minutes=30)
    assert_shown(await browser.decides(shown), "ticket")
    assert await browser.told(*GRANT_EVENTS) == []


async def test_a_ticket_of_the_way_to_the_login_page_is_no_consent(browsing: Browsing) -> None:
    browser = await browsing()
    signed, browser.signed = browser.signed, None
    ticket = sent(await browser.asks())["return"].partition("ticket=")[2]
    browser.signed = signed
    answer = await browser.http.post("/oauth/consent", data={"ticket": ticket, "decision": "allow"})
    assert_shown(answer, "session")


async def test_one_address_may_ask_so_many_times_a_minute(
    browsing: Browsing, platform: Any, serving: Any
) -> None:
    browser = await browsing()
    settings = platform.settings.model_copy(update={"token_requests_per_address": 2})
    async with serving(replace(platform, settings=settings)) as http:
        answers = [
            await http.get("/oauth/authorize", params=browser.parameters()) for _ in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"template": "refused", "reason": "too_many"}


async def test_a_query_in_the_redirect_uri_is_kept(browsing: Browsing) -> None:
    with_query = f"{CALLBACK}?shop=1"
    browser = await browsing(Application(Authentication.NONE, FLOW, (with_query,)))
    answer = await browser.decides(await browser.asks(redirect_uri=with_query))
    assert answer.headers["location"].startswith(f"{with_query}&code=")
    assert sent(answer)["shop"] == "1"


def _nobody() -> SignedIn:
    raise AssertionError("someone is signed in")
