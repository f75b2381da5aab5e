"""What someone may try with a session: keep it too long, plant it, take it across tenants."""

from typing import Any

import pytest
from sqlalchemy import select
from starlette.requests import Request

from barberpro.domains.identity.users import custom_roles, invitations, passwords, service
from barberpro.domains.identity.users.tables import sessions
from barberpro.gateway.oauth.sessions import SignedIn, signed_in
from barberpro.platform import ids

from .visiting import Visitor, a_user, hidden
from .visiting import boss as boss
from .visiting import visitor as visitor

COOKIE = "__Host-session"


@pytest.fixture
async def user(platform: Any, boss: Any) -> str:
    return await a_user(platform, boss)


@pytest.fixture
def asked(platform: Any) -> Any:
    """`await asked(value)` is who the gateway takes the owner of this cookie for."""

    async def ask(value: str) -> SignedIn | None:
        headers = [(b"cookie", f"{COOKIE}={value}".encode())]
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": headers,
        }
        return await signed_in(Request(scope | {"state": {"platform": platform}}))

    return ask


async def test_a_session_says_who_when_and_how(
    user: str, visitor: Visitor, asked: Any, clock: Any, principal: Any
) -> None:
    await visitor.sign_in()
    found = await asked(visitor.http.cookies[COOKIE])
    assert (found.user, found.organization) == (user, principal.tenant)
    assert (found.at, found.amr) == (clock(), ("pwd",))


async def test_it_ends_after_two_idle_hours(
    user: str, visitor: Visitor, asked: Any, clock: Any
) -> None:
    await visitor.sign_in()
    value = visitor.http.cookies[COOKIE]
    clock.forward(hours=1, minutes=59)
    assert await asked(value) is not None
    clock.forward(hours=2)
    assert await asked(value) is None


async def test_it_ends_after_twelve_hours_however_busy(
    user: str, visitor: Visitor, asked: Any, clock: Any
) -> None:
    await visitor.sign_in()
    value = visitor.http.cookies[COOKIE]
    for _ in range(11):
        clock.forward(hours=1)
        assert await asked(value) is not None
    clock.forward(hours=1)
    assert await asked(value) is None


async def test_it_is_another_one_after_each_sign_in(
    user: str, visitor: Visitor, asked: Any
) -> None:
    """A session planted before is worth nothing after; the one before is ended."""
    planted = "org_" + "0" * 26 + ".bpu_planted"
    visitor.http.cookies.set(COOKIE, planted, domain="gateway.example")
    await visitor.sign_in()
    kept = [c.value for c in visitor.http.cookies.jar if c.name == COOKIE]
    first = next(value for value in kept if value != planted)
    visitor.http.cookies.clear()
    visitor.http.cookies.set(COOKIE, str(first), domain="gateway.example")
    await visitor.sign_in()
    second = [c.value for c in visitor.http.cookies.jar if c.name == COOKIE and c.value != first]
    assert len(second) == 1
    assert await asked(planted) is None
    assert await asked(first) is None
    assert await asked(second[0]) is not None


async def test_only_a_hash_of_it_is_stored(user: str, visitor: Visitor, opening: Any) -> None:
    await visitor.sign_in()
    secret = visitor.http.cookies[COOKIE].partition(".")[2]
    async with opening() as tx:
        row = (await tx.rows(select(sessions)))[0]
    assert secret not in str(tuple(row)) and len(row.secret_hash) == 32


async def test_behind_another_organizations_door_it_is_nothing(
    user: str, visitor: Visitor, asked: Any, stranger: Any
) -> None:
    await visitor.sign_in()
    secret = visitor.http.cookies[COOKIE].partition(".")[2]
    for organization in (stranger.tenant, ids.new("org"), "", "usr_x", "'; --"):
        assert await asked(f"{organization}.{secret}") is None


@pytest.mark.parametrize(
    "value", ["", ".", "x", "x" * 10_000, "org_" + "0" * 26 + ".bpu_" + "0" * 49]
)
async def test_made_up_cookies_are_nobody(asked: Any, value: str) -> None:
    assert await asked(value) is None


async def test_signing_out_ends_it_for_good(user: str, visitor: Visitor, asked: Any) -> None:
    await visitor.sign_in()
    value = visitor.http.cookies[COOKIE]
    page = await visitor.http.get("/oauth/account")
    assert page.status_code == 200 and "Ana" in page.text
    assert (await visitor.http.post("/oauth/sign-out", data=hidden(page))).status_code == 200
    assert COOKIE not in visitor.http.cookies
    assert await asked(value) is None


async def test_no_other_site_signs_anyone_out(user: str, visitor: Visitor, asked: Any) -> None:
    await visitor.sign_in()
    before_login = hidden(await visitor.login_page())
    for fields in ({}, {"csrf": "0" * 64}):
        assert (await visitor.http.post("/oauth/sign-out", data=fields)).status_code == 403
    assert await asked(visitor.http.cookies[COOKIE]) is not None
    # A token of the page in the same session is good; one of the time before signing in is not.
    visitor.http.cookies.delete(COOKIE)
    assert (await visitor.http.post("/oauth/sign-out", data=before_login)).status_code == 403


@pytest.mark.parametrize("act", ["disable", "end_sessions", "set_roles", "new_password"])
async def test_what_ends_all_sessions(
    user: str, visitor: Visitor, asked: Any, opening: Any, boss: Any, act: str, platform: Any,
    clock: Any,
) -> None:  # fmt: skip
    clock.forward(seconds=1)  # when they chose a password, all of that second became void
    await visitor.sign_in()
    value = visitor.http.cookies[COOKIE]
    issued = platform.clock().timestamp()
    await platform.revocations.refresh()
    assert not platform.revocations.voids(issued, user)
    if act == "new_password":
        async with opening(boss) as tx:
            _, link = await service.invite_again(tx, user)
        assert await asked(value) is not None, "an unused link changes nothing"
        hashed = await passwords.hashed("otra distinta y larga")
        async with opening(boss) as tx:
            await invitations.accept(tx, link, hashed)
    else:
        more = {"role_ids": ["analyst"]} if act == "set_roles" else {}
        async with opening(boss) as tx:
            await getattr(service, act)(tx, user, **more)
    assert await asked(value) is None
    await platform.revocations.announce()
    await platform.revocations.refresh()
    assert platform.revocations.voids(issued, user)
    if act == "disable":
        async with opening(boss) as tx:
            await service.enable(tx, user)
        assert await asked(value) is None, "what was open then stays closed"


async def test_a_role_that_gives_something_else_ends_its_holders_sessions(
    user: str, visitor: Visitor, asked: Any, opening: Any, boss: Any, clock: Any
) -> None:
    async with opening(boss) as tx:
        role = await custom_roles.create(tx, name="Caja", scopes=["bookings:read"])
        await service.set_roles(tx, user, role_ids=[role.id])
    clock.forward(seconds=1)
    await visitor.sign_in()
    value = visitor.http.cookies[COOKIE]
    async with opening(boss) as tx:
        await custom_roles.change(tx, role.id, name="Cajas")
    assert await asked(value) is not None, "another name gives nothing else"
    async with opening(boss) as tx:
        await custom_roles.change(tx, role.id, scopes=["people:read"])
    assert await asked(value) is None


async def test_an_invitation_is_used_once_and_for_three_days(
    platform: Any, boss: Any, opening: Any, clock: Any, visitor: Visitor
) -> None:
    async with opening(boss) as tx:
        made, link = await service.invite(
            tx, email="beto@example.com", name="Beto", role_ids=["analyst"]
        )
    at = {"for": boss.tenant, "secret": link}
    page = await visitor.http.get("/oauth/invitation", params=at)
    assert page.status_code == 200 and "beto@example.com" in page.text
    weak = await visitor.http.post(
        "/oauth/invitation", data={**hidden(page), "password": "password123"}
    )
    assert weak.status_code == 422
    forged = {**hidden(page), "csrf": "", "password": "cuatro tijeras de oro"}
    assert (await visitor.http.post("/oauth/invitation", data=forged)).status_code == 403
    good = {**hidden(page), "password": "cuatro tijeras de oro"}
    assert (await visitor.http.post("/oauth/invitation", data=good)).status_code == 200
    assert (await visitor.http.post("/oauth/invitation", data=good)).status_code == 404
    assert (await visitor.http.get("/oauth/invitation", params=at)).status_code == 404
    answer = await visitor.sign_in("beto@example.com", "cuatro tijeras de oro")
    assert answer.status_code == 303
    async with opening(boss) as tx:
        _, first = await service.invite_again(tx, made.id)
        _, second = await service.invite_again(tx, made.id)
    for late, link, status in ((0, first, 404), (0, second, 200), (72, second, 404)):
        clock.forward(hours=late)
        got = await visitor.http.get("/oauth/invitation", params={**at, "secret": link})
        assert got.status_code == status


async def test_an_invitation_of_another_organization_is_none(
    boss: Any, opening: Any, stranger: Any, visitor: Visitor
) -> None:
    async with opening(boss) as tx:
        _, link = await service.invite(tx, email="b@example.com", name="B", role_ids=["analyst"])
    got = await visitor.http.get(
        "/oauth/invitation", params={"for": stranger.tenant, "secret": link}
    )
    assert got.status_code == 404
