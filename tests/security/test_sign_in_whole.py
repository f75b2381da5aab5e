"""From a client's first redirect to an answer of the graph: the pages, the code and the token as one application.

What each step refuses is told in the tests beside; here nothing between the steps is stood in for.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from barberpro.domains.identity import clients
from barberpro.domains.identity.users import service
from barberpro.domains.identity.users.roles import BUILT_IN
from barberpro.gateway.app import create_app, serving
from barberpro.platform import ids

from .signing_in import CALLBACK, ISSUER, PUBLIC, place, sent
from .visiting import a_user, code, hidden, secret_on
from .visiting import boss as boss
from .whole import SCOPES, Person

ALLOWED = sorted(SCOPES & BUILT_IN["receptionist"].scopes)


@pytest.fixture
async def person(platform: Any, graph: Any, opening: Any) -> AsyncIterator[Person]:
    """At the whole gateway, come from a public client of this test's tenant."""
    app, state = create_app(platform.settings), serving(platform, graph)
    app.state.ready = True

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"state": dict(state)}, receive, send)

    async with opening() as tx:
        client, _ = await clients.register_application(
            tx,
            name="c" + ids.new("cli").replace("_", "-"),
            scopes=SCOPES - {"openid"},
            application=replace(PUBLIC, title="Agenda Sur"),
        )
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as http:
        yield Person(http, client)


@pytest.fixture
async def user(platform: Any, boss: Any, clock: Any) -> str:
    made = await a_user(platform, boss)
    clock.forward(seconds=1)  # all of the second in which they chose a password is void
    return made


async def test_who_signs_in_and_agrees_is_who_the_graph_answers(person: Person, user: str) -> None:
    consent = await person.signs_in(await person.sets_out())
    assert "Agenda Sur" in consent.text and "users:write" not in consent.text
    answer = await person.fills_in(consent, decision="allow")
    assert place(answer) == CALLBACK
    assert {**sent(answer), "code": ""} == {"code": "", "state": "s", "iss": ISSUER}
    given = (await person.redeems(answer)).json()
    assert given["scope"].split() == ALLOWED, "what their role may not do, no client gets from them"
    told = (await person.asks(given["access_token"])).json()
    assert told["data"]["viewer"] == {"scopes": ALLOWED, "user": {"userId": user, "name": "Ana"}}


async def test_who_is_signed_in_and_agreed_before_is_asked_nothing(
    person: Person, user: str
) -> None:
    await person.fills_in(await person.signs_in(await person.sets_out()), decision="allow")
    answer = await person.sets_out()
    assert place(answer) == CALLBACK and (await person.redeems(answer)).status_code == 200


async def test_who_does_not_agree_is_sent_back_without_a_code(person: Person, user: str) -> None:
    answer = await person.fills_in(await person.signs_in(await person.sets_out()), decision="deny")
    assert place(answer) == CALLBACK
    assert sent(answer) == {"error": "access_denied", "state": "s", "iss": ISSUER}


async def test_a_client_that_asks_for_openid_is_told_who_it_was(person: Person, user: str) -> None:
    consent = await person.signs_in(await person.sets_out(scope="openid bookings:read"))
    given = await person.redeems(await person.fills_in(consent, decision="allow"))
    token = given.json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    told = (await person.http.get("/oauth/userinfo", headers=headers)).json()
    assert given.json()["id_token"] and told["sub"] == user


async def test_whoever_is_disabled_is_out_with_token_session_and_password(
    person: Person, user: str, boss: Any, opening: Any, clock: Any
) -> None:
    consent = await person.signs_in(await person.sets_out())
    given = (await person.redeems(await person.fills_in(consent, decision="allow"))).json()
    async with opening(boss) as tx:
        await service.disable(tx, user)
    clock.forward(seconds=5)
    assert (await person.asks(given["access_token"])).status_code == 401
    renewed = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    answer = await person.http.post("/oauth/token", data=renewed | {"client_id": person.client.id})
    assert answer.json()["error"] == "invalid_grant"
    login = await person.sets_out()
    assert login.url.path == "/oauth/login"
    assert (await person.signs_in(login)).status_code == 403


async def test_who_signs_out_is_asked_for_their_password_again(person: Person, user: str) -> None:
    await person.fills_in(await person.signs_in(await person.sets_out()), decision="allow")
    account = await person.http.get("/oauth/account")
    form = {"csrf": hidden(account)["csrf"]}
    done = await person.http.post("/oauth/sign-out", data=form)
    assert done.status_code == 200
    assert (await person.http.get("/oauth/account")).status_code == 403
    assert (await person.sets_out()).url.path == "/oauth/login"


async def test_an_owner_sets_up_a_second_step_and_is_asked_for_it_ever_after(
    person: Person, platform: Any, boss: Any, clock: Any
) -> None:
    await a_user(platform, boss, role="owner")
    clock.forward(seconds=1)
    enrolment = await person.signs_in(await person.sets_out())
    secret = secret_on(enrolment)
    codes = await person.fills_in(enrolment, code=code(secret, clock()))
    onward = re.search(r'class="button" href="([^"]+)"', codes.text)
    assert onward, codes.text
    consent = await person.http.get(onward[1].replace("&amp;", "&"))
    assert place(await person.fills_in(consent, decision="allow")) == CALLBACK

    person.http.cookies.clear()
    clock.forward(minutes=5)
    asked = await person.signs_in(await person.sets_out())
    assert 'autocomplete="one-time-code"' in asked.text
    assert (await person.fills_in(asked, code="000000")).status_code == 403
    answer = await person.fills_in(asked, code=code(secret, clock()))
    token = (await person.redeems(answer)).json()["access_token"]
    told = (await person.asks(token)).json()["data"]["viewer"]
    assert told["scopes"] == sorted(SCOPES - {"openid"})
