"""What someone may try who wants in as somebody else, without their password."""

from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import event, select
from starlette.requests import Request

from barberpro.domains.identity import clients
from barberpro.domains.identity.users import passwords, roles, service
from barberpro.domains.identity.users.errors import PasswordUnfit
from barberpro.gateway.oauth import attempts, login
from barberpro.platform import ids
from barberpro.platform.doors import transaction
from barberpro.platform.events import events

from .visiting import EMAIL, PASSWORD, Visitor, a_user, hidden
from .visiting import boss as boss
from .visiting import platform as platform
from .visiting import visitor as visitor

WRONG = "El correo o la contraseña no coinciden"


async def test_the_right_password_leads_back(platform: Any, boss: Any, visitor: Visitor) -> None:
    await a_user(platform, boss)
    answer = await visitor.sign_in()
    assert (answer.status_code, answer.headers["location"]) == (303, "/oauth/authorize?x=1")
    assert "__Host-session" in visitor.http.cookies
    kept = next(h for h in answer.headers.get_list("set-cookie") if h.startswith("__Host-session="))
    for word in ("HttpOnly", "Path=/", "SameSite=lax", "Secure"):
        assert word in kept
    assert "Domain" not in kept


@pytest.mark.parametrize(
    "given",
    [
        {"password": "otra contraseña larga"},
        {"password": ""},
        {"password": PASSWORD + " "},
        {"password": "x" * 4_000},
        {"email": "nadie@example.com"},
        {"email": "no es un correo"},
        {"email": ""},
        {"email": EMAIL + "\x00"},
    ],
)
async def test_all_refusals_look_alike(
    platform: Any, boss: Any, visitor: Visitor, given: dict[str, str]
) -> None:
    await a_user(platform, boss)
    answer = await visitor.sign_in(**given)
    assert answer.status_code == 403
    assert WRONG in answer.text
    assert "__Host-session" not in visitor.http.cookies


async def test_a_disabled_user_is_told_no_more_than_a_stranger(
    platform: Any, boss: Any, visitor: Visitor, opening: Any
) -> None:
    user = await a_user(platform, boss)
    async with opening(boss) as tx:
        await service.disable(tx, user)
    answer = await visitor.sign_in()
    assert (answer.status_code, WRONG in answer.text) == (403, True)


async def test_who_has_not_chosen_a_password_has_none(
    platform: Any, boss: Any, visitor: Visitor
) -> None:
    await a_user(platform, boss, password=None)
    assert (await visitor.sign_in(password="")).status_code == 403


async def test_an_unknown_address_costs_a_hash_like_a_known_one(
    platform: Any, boss: Any, visitor: Visitor, monkeypatch: Any
) -> None:
    await a_user(platform, boss)
    asked = []
    sound = passwords.matches

    async def noted(stored: str | None, password: str) -> bool:
        asked.append(stored is not None)
        return await sound(stored, password)

    monkeypatch.setattr(passwords, "matches", noted)
    await visitor.sign_in(password="una cualquiera")
    await visitor.sign_in(email="nadie@example.com")
    assert asked == [True, False]
    assert passwords.NOBODY.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not await sound(None, "")


async def test_an_unknown_address_does_what_a_known_one_does(
    platform: Any, boss: Any, visitor: Visitor, database: Any, opening: Any
) -> None:
    """Who measures an answer must not learn more than who reads it."""
    user = await a_user(platform, boss)
    sent: list[str] = []
    for engine in (database.reader, database.writer):
        event.listen(engine.sync_engine, "before_cursor_execute", lambda *a: sent.append(a[2]))
    done = []
    for email in (EMAIL, "nadie@example.com"):
        page = hidden(await visitor.login_page())
        sent.clear()
        form = {**page, "email": email, "password": "una cualquiera"}
        assert (await visitor.http.post("/oauth/login", data=form)).status_code == 403
        done.append(list(sent))
    assert done[0] and done[0] == done[1]
    told = (
        select(events.c.data).where(events.c.type == "user.sign_in_refused").order_by(events.c.id)
    )
    async with opening() as tx:
        assert [row.data for row in await tx.rows(told)] == [
            {"subject": user, "reason": "password"},
            {"subject": visitor.client.id, "reason": "address"},
        ]


async def test_a_user_of_another_organization_is_unknown_here(
    platform: Any, boss: Any, stranger: Any, visitor: Visitor
) -> None:
    theirs = type(stranger)(**{**vars(stranger), "scopes": roles.KNOWN_SCOPES})
    await a_user(platform, theirs)
    assert (await visitor.sign_in()).status_code == 403


async def test_guessing_is_slowed_down_whether_or_not_there_is_an_account(
    platform: Any, boss: Any, visitor: Visitor
) -> None:
    await a_user(platform, boss)
    for email in (EMAIL, "nadie@example.com"):
        statuses = [
            (await visitor.sign_in(email=email, password="una cualquiera")).status_code
            for _ in range(11)
        ]
        assert statuses == [403] * 10 + [429]
    answer = await visitor.sign_in()
    assert answer.status_code == 429, "the right password comes too late as well"
    assert 0 < int(answer.headers["retry-after"]) <= 30


def from_address(platform: Any, address: str) -> Request:
    scope = {"type": "http", "headers": [], "client": (address, 1), "state": {"platform": platform}}
    return Request(scope)


async def test_a_network_tries_so_many_accounts(platform: Any) -> None:
    here, elsewhere = (from_address(platform, f"203.0.{n}.7") for n in (113, 114))
    of, *others = (attempts.account(ids.new("org"), EMAIL) for _ in range(61))
    for account in others:
        assert await attempts.password(here, account) == 0
    assert await attempts.password(here, of) > 0
    assert await attempts.password(elsewhere, of) == 0


async def test_an_account_is_tried_so_often_from_everywhere(platform: Any) -> None:
    organization = ids.new("org")
    account, other = (attempts.account(organization, each) for each in (EMAIL, f"other.{EMAIL}"))
    for n in range(100):
        request = from_address(platform, f"198.{n}.100.7")
        assert await attempts.password(request, account) == 0
    request = from_address(platform, "198.200.100.7")
    assert await attempts.password(request, account) > 0
    assert await attempts.password(request, other) == 0


async def test_the_case_of_the_address_opens_no_second_budget(visitor: Visitor) -> None:
    statuses = {
        (await visitor.sign_in(email=email, password="una cualquiera")).status_code
        for email in [EMAIL.upper(), EMAIL.title(), EMAIL] * 4
    }
    assert statuses == {403, 429}


@pytest.mark.parametrize("change", [{"csrf": ""}, {"csrf": "0" * 64}, {"csrf": None}])
async def test_a_form_of_another_site_signs_nobody_in(
    platform: Any, boss: Any, visitor: Visitor, change: dict[str, Any]
) -> None:
    await a_user(platform, boss)
    fields = {**hidden(await visitor.login_page()), "email": EMAIL, "password": PASSWORD, **change}
    sent = {name: value for name, value in fields.items() if value is not None}
    answer = await visitor.http.post("/oauth/login", data=sent)
    assert answer.status_code == 403
    assert "__Host-session" not in visitor.http.cookies


async def test_a_form_that_a_browser_says_is_another_sites_is_refused(
    platform: Any, boss: Any, visitor: Visitor
) -> None:
    await a_user(platform, boss)
    fields = {**hidden(await visitor.login_page()), "email": EMAIL, "password": PASSWORD}
    answer = await visitor.http.post(
        "/oauth/login", data=fields, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403


async def test_a_token_of_one_browser_is_worthless_in_another(
    platform: Any, boss: Any, visitor: Visitor
) -> None:
    await a_user(platform, boss)
    fields = {**hidden(await visitor.login_page()), "email": EMAIL, "password": PASSWORD}
    visitor.http.cookies.clear()
    await visitor.login_page()
    assert (await visitor.http.post("/oauth/login", data=fields)).status_code == 403


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/oauth/authorize?x=1\r\nset-cookie: a=b",
        "/oauth/authorize/../../console",
        "/oauth/authorize@evil.example",
        "javascript:alert(1)",
        "/console/",
        "",
        "/oauth/authorize?next=//evil.example/" + "\u2028",
    ],
)
async def test_nobody_is_sent_anywhere_but_back_to_us(
    platform: Any, boss: Any, visitor: Visitor, back: str
) -> None:
    await a_user(platform, boss)
    assert (await visitor.sign_in(back=back)).headers["location"] == "/oauth/account"
    assert login.safe(back) == "/oauth/account"


async def test_pages_run_nothing_and_stand_in_no_frame(visitor: Visitor) -> None:
    page = await visitor.login_page()
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; base-uri 'none'; ")
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith("form-action 'self'")
    assert "script" not in page.text and "style=" not in page.text and "http" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


async def test_what_is_typed_comes_back_escaped(visitor: Visitor) -> None:
    nasty = '"><script>alert(1)</script>${password_label}'
    answer = await visitor.sign_in(email=nasty)
    assert "<script>" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text
    assert "${password_label}" in answer.text


@pytest.mark.parametrize("client", ["", "cli_" + "0" * 26, "org_x", "x" * 5_000])
async def test_without_a_client_there_is_no_form(http: Any, client: str) -> None:
    page = await http.get("/oauth/login", params={"client_id": client})
    assert (page.status_code, "<form" in page.text) == (400, False)


async def test_a_suspended_client_has_no_form(visitor: Visitor, opening: Any) -> None:
    before = hidden(await visitor.login_page())
    async with opening() as tx:
        await clients.suspend_client(tx, visitor.client.id)
    assert (await visitor.login_page()).status_code == 400
    given = {**before, "email": EMAIL, "password": PASSWORD}
    assert (await visitor.http.post("/oauth/login", data=given)).status_code == 400


async def test_pages_speak_spanish_and_english(visitor: Visitor) -> None:
    for tags, title in (
        ("es", "Iniciar sesión"),
        ("en-GB es", "Sign in"),
        ("xx", "Iniciar sesión"),
    ):
        page = await visitor.login_page(ui_locales=tags)
        assert f"<h1>{title}</h1>" in page.text


async def test_a_parameter_twice_or_no_form_at_all_is_refused(visitor: Visitor) -> None:
    twice = await visitor.http.post(
        "/oauth/login?" + quote("x"),
        content="email=a&email=b",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    json = await visitor.http.post("/oauth/login", json={"email": EMAIL})
    large = await visitor.http.post("/oauth/login", data={"email": "x" * 65_536})
    assert [r.status_code for r in (twice, json, large)] == [400, 400, 413]


@pytest.mark.parametrize(
    "password",
    [
        "corta", "x" * 129, "aaaaaaaaaaaa", "password123", "P@ssw0rd2026!", "contraseña1", "1234567890",
        "0987654321", "abcdefghijk", "qwertyuiop1", "bocajuniors12", "barberpro2026", "ana.gomez-2026",
        "holamundo!!", "clave.clave.1", "Ana.Gomez@example.com",
    ],
)  # fmt: skip
def test_passwords_that_are_tried_first_are_refused(password: str) -> None:
    with pytest.raises(PasswordUnfit):
        passwords.check(password, EMAIL)


@pytest.mark.parametrize(
    "password", [PASSWORD, "gH7#kq2!vPz", "ñandú azul en la sierra", "a1b2c3d4e5f6"]
)
def test_others_are_taken(password: str) -> None:
    passwords.check(password, EMAIL)


async def test_a_password_composed_by_another_keyboard_is_the_same() -> None:
    stored = await passwords.hashed("mañana será lunes")
    assert await passwords.matches(stored, "man\u0303ana sera\u0301 lunes")
    longest = await passwords.hashed("ñ" * 120 + "12345678")
    assert await passwords.matches(longest, "n\u0303" * 120 + "12345678")


async def test_refusals_are_told_without_personal_data(
    platform: Any, boss: Any, visitor: Visitor, opening: Any
) -> None:
    user = await a_user(platform, boss)
    await visitor.sign_in(password="una cualquiera")
    async with transaction(platform.database, boss, platform.clock, "test") as tx:
        found = await tx.rows(
            select(events.c.type, events.c.data)
            .where(events.c.subject == user)
            .order_by(events.c.id)
        )
    assert found[-1] == ("user.sign_in_refused", {"subject": user, "reason": "password"})
    assert EMAIL not in str(found) and "Ana" not in str(found)
