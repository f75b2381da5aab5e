"""What someone may try who knows a password, without the telephone that goes with it."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.identity.users import invitations, passwords, service, signing_in, totp
from barberpro.domains.identity.users.tables import recovery_codes, second_factors, sessions
from barberpro.gateway.oauth import second_factor as module
from barberpro.platform.doors import transaction

from .test_roles import ready_owner
from .visiting import PASSWORD, Visitor, a_user, code, hidden, secret_on
from .visiting import boss as boss
from .visiting import platform as platform
from .visiting import visitor as visitor

RFC_6238 = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
]
CODES = re.compile(r"<li>([a-z2-7-]{19})</li>")
IN = 303


@pytest.fixture
async def owner(platform: Any, boss: Any) -> str:
    return await a_user(platform, boss, role="owner")


async def enrolled(visitor: Visitor, clock: Any) -> tuple[str, list[str]]:
    """Set up codes as the pages ask for it, and sign out: the secret, and the recovery codes."""
    page = await visitor.sign_in()
    secret = secret_on(page)
    done = await visitor.show_code(page, code(secret, clock()))
    assert done.status_code == 200, done.text
    visitor.http.cookies.clear()
    clock.forward(minutes=5)
    return secret, CODES.findall(done.text)


@pytest.mark.parametrize(("when", "expected"), RFC_6238)
def test_codes_are_those_of_rfc_6238(when: int, expected: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # appendix B: 12345678901234567890
    assert totp.step_of(secret, expected[2:], when) == when // 30


@pytest.mark.parametrize("drift", range(-3, 4))
def test_a_clock_may_be_off_by_one_step(drift: int) -> None:
    secret, step = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 58_000_000
    shown = code(secret, datetime.fromtimestamp(step * totp.STEP, UTC), drift)
    for second in (0, totp.STEP - 1):
        found = totp.step_of(secret, shown, step * totp.STEP + second)
        assert found == (step + drift if abs(drift) <= 1 else None)


async def test_a_role_may_demand_it_at_once(owner: str, visitor: Visitor, clock: Any) -> None:
    page = await visitor.sign_in()
    assert page.status_code == 200 and "<svg" in page.text
    assert "__Host-session" not in visitor.http.cookies, "nobody is in before the second step"
    done = await visitor.show_code(page, code(secret_on(page), clock()))
    assert len(CODES.findall(done.text)) == 10
    assert "__Host-session" in visitor.http.cookies


async def test_the_right_code_lets_in_and_the_session_says_how(
    owner: str, visitor: Visitor, clock: Any, opening: Any
) -> None:
    secret, _ = await enrolled(visitor, clock)
    page = await visitor.sign_in()
    assert page.status_code == 200
    assert "__Host-session" not in visitor.http.cookies
    assert (await visitor.show_code(page, code(secret, clock()))).status_code == IN
    async with opening() as tx:
        held = await tx.rows(select(sessions.c.amr).order_by(sessions.c.id))
    assert held[-1].amr == ["pwd", "otp", "mfa"]


async def test_a_code_is_never_taken_twice(owner: str, visitor: Visitor, clock: Any) -> None:
    secret, _ = await enrolled(visitor, clock)
    shown = code(secret, clock())
    assert (await visitor.show_code(await visitor.sign_in(), shown)).status_code == IN
    assert (await visitor.show_code(await visitor.sign_in(), shown)).status_code == 403
    earlier = code(secret, clock(), -1)
    assert (await visitor.show_code(await visitor.sign_in(), earlier)).status_code == 403


async def test_the_code_that_enrolled_is_used(owner: str, visitor: Visitor, clock: Any) -> None:
    page = await visitor.sign_in()
    shown = code(secret_on(page), clock())
    await visitor.show_code(page, shown)
    visitor.http.cookies.clear()
    assert (await visitor.show_code(await visitor.sign_in(), shown)).status_code == 403


@pytest.mark.parametrize(
    "wrong", ["", "000000", "12345", "１２３４５６", "x" * 5_000, "-" * 16, "a" * 16]
)
async def test_wrong_codes_let_nobody_in(
    owner: str, visitor: Visitor, clock: Any, wrong: str
) -> None:
    await enrolled(visitor, clock)
    answer = await visitor.show_code(await visitor.sign_in(), wrong)
    assert answer.status_code == 403
    assert "__Host-session" not in visitor.http.cookies


async def test_codes_are_guessed_slowly(owner: str, visitor: Visitor, clock: Any) -> None:
    secret, _ = await enrolled(visitor, clock)
    page = await visitor.sign_in()
    # One of the five was the code that enrolled.
    statuses = [(await visitor.show_code(page, "000000")).status_code for _ in range(5)]
    assert statuses == [403] * 4 + [429]
    assert (await visitor.show_code(page, code(secret, clock()))).status_code == 429


async def test_a_recovery_code_works_once(owner: str, visitor: Visitor, clock: Any) -> None:
    _, codes = await enrolled(visitor, clock)
    first = await visitor.show_code(await visitor.sign_in(), codes[0].upper().replace("-", " "))
    again = await visitor.show_code(await visitor.sign_in(), codes[0])
    other = await visitor.show_code(await visitor.sign_in(), codes[9])
    assert [r.status_code for r in (first, again, other)] == [IN, 403, IN]


async def test_of_twenty_at_once_one_code_lets_in_one(
    owner: str, visitor: Visitor, clock: Any, platform: Any, boss: Any
) -> None:
    secret, codes = await enrolled(visitor, clock)
    shown = code(secret, clock())

    async def attempt(given: str) -> str | None:
        async with transaction(platform.database, boss, clock, "test") as tx:
            how = await signing_in.prove(tx, owner, given)
            if how is None:
                await signing_in.refuse(tx, owner, "second_factor")
            return how

    for each in (shown, codes[0]):
        outcomes = await asyncio.gather(*(attempt(each) for _ in range(20)))
        assert sum(outcome is not None for outcome in outcomes) == 1


async def test_secrets_and_codes_are_not_in_the_open(
    owner: str, visitor: Visitor, clock: Any, opening: Any
) -> None:
    secret, codes = await enrolled(visitor, clock)
    async with opening() as tx:
        factor = (await tx.rows(select(second_factors.c.secret)))[0].secret
        hashes = [row.code_hash for row in await tx.rows(select(recovery_codes.c.code_hash))]
    assert secret.encode() not in factor
    assert len(hashes) == 10 and all(len(each) == 32 for each in hashes)
    assert not {code.encode() for code in codes} & set(hashes)


async def test_what_was_begun_in_one_browser_ends_in_no_other(
    owner: str, visitor: Visitor, clock: Any
) -> None:
    secret, _ = await enrolled(visitor, clock)
    stolen = hidden(await visitor.sign_in())["ticket"]
    visitor.http.cookies.clear()
    fields = {**hidden(await visitor.login_page()), "ticket": stolen, "code": code(secret, clock())}
    assert (await visitor.http.post("/oauth/second-factor", data=fields)).status_code == 403


@pytest.mark.parametrize("ticket", ["", "x", "A" * 7_000])
async def test_a_ticket_of_their_own_opens_nothing(visitor: Visitor, ticket: str) -> None:
    fields = {**hidden(await visitor.login_page()), "ticket": ticket, "code": "123456"}
    assert (await visitor.http.post("/oauth/second-factor", data=fields)).status_code == 403


async def test_the_step_is_void_after_half_an_hour(
    owner: str, visitor: Visitor, clock: Any
) -> None:
    secret, _ = await enrolled(visitor, clock)
    page = await visitor.sign_in()
    clock.forward(minutes=31)
    assert (await visitor.show_code(page, code(secret, clock()))).status_code == 403


async def test_a_new_password_voids_what_the_old_one_began(
    owner: str, visitor: Visitor, clock: Any, opening: Any, boss: Any
) -> None:
    """Else who knows the old password could still set up a telephone of their own."""
    page = await visitor.sign_in()
    async with opening(boss) as tx:
        _, link = await service.invite_again(tx, owner)
    hashed = await passwords.hashed("otra distinta y larga")
    async with opening(boss) as tx:
        await invitations.accept(tx, link, hashed)
    answer = await visitor.show_code(page, code(secret_on(page), clock()))
    assert answer.status_code == 403
    async with opening() as tx:
        assert await tx.rows(select(second_factors)) == []


@pytest.mark.parametrize("act", ["disable", "remove_second_factor"])
@pytest.mark.parametrize("shown", ["code", "recovery"])
async def test_what_changed_between_the_steps_counts_at_the_second(
    owner: str, visitor: Visitor, clock: Any, opening: Any, boss: Any, act: str, shown: str
) -> None:
    """A password that was right a moment ago lets nobody in by itself."""
    secret, codes = await enrolled(visitor, clock)
    await ready_owner(opening, boss)  # else this would be the last one
    page = await visitor.sign_in()
    async with opening(boss) as tx:
        await getattr(service, act)(tx, owner)
    given = codes[0] if shown == "recovery" else code(secret, clock())
    assert (await visitor.show_code(page, given)).status_code == 403
    assert "__Host-session" not in visitor.http.cookies
    async with opening() as tx:
        assert await tx.rows(select(sessions).where(sessions.c.user_id == owner)) == []


async def test_who_is_disabled_between_the_steps_sets_up_nothing(
    owner: str, visitor: Visitor, clock: Any, opening: Any, boss: Any
) -> None:
    await ready_owner(opening, boss)
    page = await visitor.sign_in()
    async with opening(boss) as tx:
        await service.disable(tx, owner)
    answer = await visitor.show_code(page, code(secret_on(page), clock()))
    assert answer.status_code == 403
    async with opening() as tx:
        assert await tx.rows(select(second_factors)) == []


async def test_a_session_left_open_sets_up_no_second_factor_without_the_password(
    platform: Any, boss: Any, visitor: Visitor, clock: Any, opening: Any
) -> None:
    """Else whoever finds it would have a code of their own, and the account's owner none."""
    await a_user(platform, boss)
    await visitor.sign_in()
    session = visitor.http.cookies["__Host-session"]
    account = await visitor.http.get("/oauth/account")
    guesses = [
        await visitor.http.post("/oauth/account", data={**hidden(account), "password": guess})
        for guess in ("", "una cualquiera", "x" * 4_000)
    ]
    assert [answer.status_code for answer in guesses] == [403] * 3
    assert not any("<svg" in answer.text for answer in guesses)
    page = await visitor.http.post("/oauth/account", data={**hidden(account), "password": PASSWORD})
    assert page.status_code == 200 and "<svg" in page.text
    waits = [
        await visitor.http.post("/oauth/account", data={**hidden(account), "password": PASSWORD})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in waits] == [200, 429]
    done = await visitor.show_code(page, code(secret_on(page), clock()))
    assert len(CODES.findall(done.text)) == 10
    assert visitor.http.cookies["__Host-session"] != session
    async with opening() as tx:
        (held,) = await tx.rows(select(sessions.c.amr))
    assert held.amr == ["pwd", "otp", "mfa"]
    again = await visitor.http.get("/oauth/account")
    assert 'type="password"' not in again.text
    answer = await visitor.http.post("/oauth/account", data={**hidden(again), "password": PASSWORD})
    assert (answer.status_code, "<svg" in answer.text) == (200, False)


async def test_of_two_who_set_up_at_once_one_does(
    owner: str, visitor: Visitor, clock: Any, opening: Any
) -> None:
    """The button pressed twice, with the same code."""
    page = await visitor.sign_in()
    shown = code(secret_on(page), clock())
    answers = await asyncio.gather(*(visitor.show_code(page, shown) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 403, 403]
    async with opening() as tx:
        assert len(await tx.rows(select(second_factors))) == 1
        assert len(await tx.rows(select(recovery_codes))) == 10


async def test_a_sign_in_with_the_old_password_does_not_outlive_the_new_one(
    platform: Any, boss: Any, visitor: Visitor, opening: Any, monkeypatch: Any
) -> None:
    """The new one is chosen just when the old one was found to be right: the session must go with all others."""
    user = await a_user(platform, boss)
    async with opening(boss) as tx:
        _, link = await service.invite_again(tx, user)
    hashed = await passwords.hashed("otra distinta y larga")
    choosing: list[asyncio.Task[None]] = []

    async def choose() -> None:
        async with opening(boss) as tx:
            await invitations.accept(tx, link, hashed)

    sound = module.start

    async def start(*given: Any) -> str:
        choosing.append(asyncio.create_task(choose()))
        await asyncio.wait(choosing, timeout=1)  # it waits for us to end; else it is done by now
        return await sound(*given)

    monkeypatch.setattr(module, "start", start)
    assert (await visitor.sign_in()).status_code == 303
    await choosing[0]
    async with opening() as tx:
        assert await tx.rows(select(sessions)) == []


async def test_who_has_a_second_factor_sets_up_no_other(
    owner: str, visitor: Visitor, clock: Any, opening: Any
) -> None:
    page = await visitor.sign_in()
    clock.forward(minutes=2)
    first = await visitor.show_code(page, code(secret_on(page), clock()))
    assert first.status_code == 200
    async with opening() as tx:
        assert await signing_in.enrol(tx, owner, totp.new_secret(), "123456") is None
        other = totp.new_secret()
        assert await signing_in.enrol(tx, owner, other, code(other, clock())) is None
