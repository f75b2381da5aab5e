"""Guessing at an account must not keep out the person whose account it is."""

from typing import Any

import pytest
from starlette.requests import Request

from barberpro.domains.identity.users import service
from barberpro.gateway.oauth import attempts, known
from barberpro.platform import ids

from .test_second_factor import enrolled
from .visiting import EMAIL, Visitor, a_user, code, hidden
from .visiting import boss as boss
from .visiting import platform as platform
from .visiting import visitor as visitor

COOKIE = "__Host-known"


@pytest.fixture
async def user(platform: Any, boss: Any) -> str:
    return await a_user(platform, boss)


def another(visitor: Visitor, serving: Any, platform: Any) -> Visitor:
    """Somebody at a browser of their own, which comes from the same network."""
    return Visitor(serving(platform), visitor.client)


async def guessed_at(platform: Any, organization: str, email: str = EMAIL) -> None:
    """Whoever knows the address has tried passwords from a hundred places, until nobody may try one more."""
    account = attempts.account(organization, email)
    for n in range(101):
        scope = {"type": "http", "headers": [], "client": (f"198.{n}.100.7", 1)}
        request = Request(scope | {"state": {"platform": platform}})
        if await attempts.password(request, account):
            return
    raise AssertionError("anyone may try for ever")


async def test_who_signed_in_here_before_is_let_in_while_others_guess(
    user: str, platform: Any, visitor: Visitor, serving: Any
) -> None:
    await visitor.sign_in()
    await guessed_at(platform, visitor.client.organization_id)
    assert (await visitor.sign_in()).status_code == 303
    assert (await another(visitor, serving, platform).sign_in()).status_code == 429


async def test_who_is_known_is_not_kept_out_by_their_own_network(
    user: str, platform: Any, visitor: Visitor, serving: Any
) -> None:
    await visitor.sign_in()
    intruder = another(visitor, serving, platform)
    guesses = [(await intruder.sign_in(password="una cualquiera")).status_code for _ in range(10)]
    assert guesses == [403] * 9 + [429], "one of the ten was the sign-in"
    assert (await visitor.sign_in()).status_code == 303


async def test_a_known_browser_guesses_so_often_too(user: str, visitor: Visitor) -> None:
    await visitor.sign_in()
    guesses = [(await visitor.sign_in(password="una cualquiera")).status_code for _ in range(11)]
    assert guesses == [403] * 10 + [429]


async def test_a_link_lets_in_whoever_has_no_known_browser_while_others_guess(
    user: str, platform: Any, visitor: Visitor, opening: Any, boss: Any
) -> None:
    await guessed_at(platform, visitor.client.organization_id)
    assert (await visitor.sign_in()).status_code == 429
    async with opening(boss) as tx:
        _, secret = await service.invite_again(tx, user)
    link = {"for": boss.tenant, "secret": secret}
    page = await visitor.http.get("/oauth/invitation", params=link)
    chosen = {**hidden(page), "password": "otra distinta y larga"}
    assert (await visitor.http.post("/oauth/invitation", data=chosen)).status_code == 200
    assert (await visitor.sign_in(password="otra distinta y larga")).status_code == 303


async def test_a_browser_is_known_to_the_accounts_that_it_signed_in_to(
    user: str, platform: Any, boss: Any, visitor: Visitor
) -> None:
    await a_user(platform, boss, email="otra@example.com")
    await visitor.sign_in("otra@example.com")
    await guessed_at(platform, visitor.client.organization_id)
    assert (await visitor.sign_in()).status_code == 429
    assert (await visitor.sign_in("otra@example.com")).status_code == 303


@pytest.mark.parametrize(
    "shown", ["{name}.{wrong}", "{wrong}.{proof}", "x.{proof}", ".{proof}", "", "é"]
)
async def test_a_cookie_that_we_did_not_make_proves_nothing(
    user: str, platform: Any, visitor: Visitor, shown: str
) -> None:
    await visitor.sign_in()
    name, proof = visitor.http.cookies[COOKIE].split(".")
    made_up = shown.format(name=name, proof=proof, wrong="0" * 32)
    account = attempts.account(visitor.client.organization_id, EMAIL)

    def browser(value: str) -> str | None:
        headers = [(b"cookie", f"{COOKIE}={value}".encode())]
        scope = {"type": "http", "headers": headers, "state": {"platform": platform}}
        return known.browser(Request(scope), account)

    assert browser(f"{name}.{proof}") == name
    assert browser(made_up) is None


async def test_the_cookie_is_ours_alone_names_nobody_and_holds_eight_accounts(
    platform: Any, boss: Any, visitor: Visitor
) -> None:
    emails = [f"u{n}@example.com" for n in range(9)]
    for email in emails:
        await a_user(platform, boss, email=email)
    answers = [await visitor.sign_in(email) for email in emails]
    kept = next(h for h in answers[-1].headers.get_list("set-cookie") if h.startswith(COOKIE))
    for word in ("HttpOnly", "Path=/", "SameSite=lax", "Secure", "Max-Age=15552000"):
        assert word in kept
    name, *proofs = visitor.http.cookies[COOKIE].split(".")
    assert len(name) == 32 and len(set(proofs)) == 8 and {len(each) for each in proofs} == {32}
    organization = visitor.client.organization_id
    headers = [(b"cookie", f"{COOKIE}={visitor.http.cookies[COOKIE]}".encode())]
    request = Request({"type": "http", "headers": headers, "state": {"platform": platform}})
    met = [known.browser(request, attempts.account(organization, email)) for email in emails]
    assert met == [None] + [name] * 8


async def test_another_organization_does_not_know_the_browser(
    user: str, platform: Any, visitor: Visitor
) -> None:
    await visitor.sign_in()
    headers = [(b"cookie", f"{COOKIE}={visitor.http.cookies[COOKIE]}".encode())]
    request = Request({"type": "http", "headers": headers, "state": {"platform": platform}})
    assert known.browser(request, attempts.account(ids.new("org"), EMAIL)) is None


async def test_a_password_alone_makes_no_browser_known(
    platform: Any, boss: Any, visitor: Visitor, clock: Any
) -> None:
    await a_user(platform, boss, role="owner")
    secret, _ = await enrolled(visitor, clock)
    page = await visitor.sign_in()
    assert COOKIE not in visitor.http.cookies
    await visitor.show_code(page, code(secret, clock()))
    assert COOKIE in visitor.http.cookies


async def test_who_has_the_password_does_not_use_up_the_owners_codes(
    platform: Any, boss: Any, visitor: Visitor, serving: Any, clock: Any
) -> None:
    await a_user(platform, boss, role="owner")
    secret, _ = await enrolled(visitor, clock)
    await visitor.show_code(await visitor.sign_in(), code(secret, clock()))
    clock.forward(minutes=1)
    thief = another(visitor, serving, platform)
    page = await thief.sign_in()
    while (await thief.show_code(page, "000000")).status_code == 403:
        pass
    answer = await visitor.show_code(await visitor.sign_in(), code(secret, clock()))
    assert answer.status_code == 303
    assert (await thief.show_code(page, code(secret, clock(), 1))).status_code == 429


def test_no_address_stands_in_a_key() -> None:
    account = attempts.account("org_x", EMAIL)
    assert EMAIL not in account and account == attempts.account("org_x", EMAIL.upper())
