"""What a user allowed an application is theirs to take back, and nobody else's."""

from typing import Any

import pytest

from barberpro.domains.identity.grants import consents, families
from barberpro.domains.identity.grants.families import Allowed
from barberpro.gateway.oauth.tokens import issue
from barberpro.gateway.problems import Refusal

from .visiting import Visitor, a_user, hidden
from .visiting import boss as boss
from .visiting import visitor as visitor

ACCOUNT, WITHDRAW = "/oauth/account", "/oauth/account/withdraw"


@pytest.fixture
async def user(platform: Any, boss: Any) -> str:
    return await a_user(platform, boss)


async def allowed(opening: Any, user: str, client: str) -> Any:
    """A live grant of this user, which they said yes to."""
    async with opening() as tx:
        await consents.remember(tx, user, client, ["bookings:read"])
        told = Allowed(client, user, "ses_1", ["bookings:read"], tx.now, ["pwd"])
        return await families.begin(tx, told)


async def said_yes(opening: Any, user: str, client: str) -> bool:
    async with opening() as tx:
        return await consents.covers(tx, user, client, ["bookings:read"])


async def test_it_is_listed_and_taken_back_with_its_tokens(
    user: str, visitor: Visitor, opening: Any, identify: Any, platform: Any, clock: Any
) -> None:
    clock.forward(seconds=1)  # when they chose a password, all of that second became void
    grant = await allowed(opening, user, visitor.client.id)
    token = issue(
        platform.keys, platform.settings, clock(), visitor.client, ["bookings:read"],
        user=user, grant=grant.id,
    )  # fmt: skip
    headers = {"authorization": f"Bearer {token.text}"}
    assert (await identify(headers)).user == user
    await visitor.sign_in()
    page = await visitor.http.get(ACCOUNT, params={"ui_locales": "en"})
    assert visitor.client.name in page.text
    assert "Withdraw permission" in page.text
    answer = await visitor.http.post(WITHDRAW, data=hidden(page), params={"ui_locales": "en"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ACCOUNT}?ui_locales=en")
    assert visitor.client.name not in (await visitor.http.get(ACCOUNT)).text
    assert not await said_yes(opening, user, visitor.client.id)
    with pytest.raises(Refusal):
        await identify(headers)


async def test_what_is_never_remembered_is_listed_while_it_lives(
    user: str, visitor: Visitor, opening: Any, clock: Any
) -> None:
    """A public client on the user's machine asks each time, and its tokens are renewed for ninety days."""
    async with opening() as tx:
        for scopes in (["bookings:read"], ["bookings:write"]):
            told = Allowed(visitor.client.id, user, "ses_1", scopes, tx.now, ["pwd"])
            grant = await families.begin(tx, told)
    await visitor.sign_in()
    page = await visitor.http.get(ACCOUNT, params={"ui_locales": "en"})
    for words in (visitor.client.name, "See the bookings", "Make, move and cancel bookings"):
        assert words in page.text
    await visitor.http.post(WITHDRAW, data=hidden(page))
    assert visitor.client.name not in (await visitor.http.get(ACCOUNT)).text
    async with opening() as tx:
        found = await families.of_client(tx, grant.id, visitor.client.id)
        assert found is not None and found.revoked_at is not None
        await families.begin(tx, told)
    clock.forward(days=90)
    await visitor.sign_in()
    assert visitor.client.name not in (await visitor.http.get(ACCOUNT)).text


async def test_another_site_takes_nothing_back(user: str, visitor: Visitor, opening: Any) -> None:
    await allowed(opening, user, visitor.client.id)
    await visitor.sign_in()
    shown = hidden(await visitor.http.get(ACCOUNT))
    for form, headers in (
        ({**shown, "csrf": "0" * 64}, {}),
        (shown, {"sec-fetch-site": "cross-site"}),
    ):
        answer = await visitor.http.post(WITHDRAW, data=form, headers=headers)
        assert answer.status_code == 403
    assert await said_yes(opening, user, visitor.client.id)


async def test_who_is_not_signed_in_takes_nothing_back(
    user: str, visitor: Visitor, opening: Any
) -> None:
    await allowed(opening, user, visitor.client.id)
    form = {**hidden(await visitor.login_page()), "client": visitor.client.id}
    assert (await visitor.http.post(WITHDRAW, data=form)).status_code == 403
    assert await said_yes(opening, user, visitor.client.id)


async def test_nobody_takes_back_what_another_user_allowed(
    user: str, visitor: Visitor, opening: Any, platform: Any, boss: Any
) -> None:
    other = await a_user(platform, boss, email="otra@example.com")
    await allowed(opening, other, visitor.client.id)
    await allowed(opening, user, visitor.client.id)
    await visitor.sign_in()
    page = await visitor.http.get(ACCOUNT)
    for client in (visitor.client.id, "cli_x\x00", "' OR 1=1 --"):
        form = {**hidden(page), "client": client}
        assert (await visitor.http.post(WITHDRAW, data=form)).status_code == 303
    assert not await said_yes(opening, user, visitor.client.id)
    assert await said_yes(opening, other, visitor.client.id)


async def test_what_an_application_calls_itself_is_only_text(
    user: str, visitor: Visitor, opening: Any
) -> None:
    from barberpro.domains.identity import clients
    from barberpro.domains.identity.applications import Application, Grant

    application = Application(
        grants=(Grant.CODE,), redirects=("https://a.example/",), title="<b>${csrf}</b>"
    )
    async with opening() as tx:
        name = "c" + visitor.client.name[:50]
        row, _ = await clients.register_application(
            tx, name=name, scopes=["bookings:read"], application=application
        )
    await allowed(opening, user, row.id)
    await visitor.sign_in()
    text = (await visitor.http.get(ACCOUNT)).text
    assert "<h2>&lt;b&gt;${csrf}&lt;/b&gt;</h2>" in text
