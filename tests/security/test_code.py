"""Everything that may be done with an authorization code by someone who should not have it, or twice."""

import asyncio
import hashlib
from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Application, Authentication, Grant
from barberpro.domains.identity.grants import codes, families
from barberpro.domains.identity.grants.tables import authorization_codes, grants

from .keyed import b64url
from .signing_in import (
    CALLBACK,
    CHALLENGE,
    CONFIDENTIAL,
    ISSUER,
    PUBLIC,
    RIGHTS,
    VERIFIER,
    Browser,
    Browsing,
)

ROUNDS = 5


async def claims_of(browser: Browser, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await browser.http.get("/.well-known/jwks.json")).json())
    return jwt.decode(token, keys, algorithms=["ES256"]).claims


def assert_refused(answer: httpx.Response, error: str = "invalid_grant") -> None:
    assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"error", "error_description"}


@pytest.mark.parametrize("application", [CONFIDENTIAL, PUBLIC], ids=["confidential", "public"])
async def test_a_code_becomes_tokens_for_what_the_user_allowed(
    browsing: Browsing, application: Application, clock: Any, platform: Any
) -> None:
    browser = await browsing(application)
    signed = browser.signed
    assert signed is not None
    body = await browser.tokens(scope="openid bookings:read")
    access, refresh = body.pop("access_token"), body.pop("refresh_token")
    body.pop("id_token")
    assert body == {"token_type": "Bearer", "expires_in": 600, "scope": "bookings:read openid"}
    assert refresh.startswith("bpr_")
    found = await claims_of(browser, access)
    (made,) = await browser.told("grant.made")
    issued = int(clock().timestamp())
    assert len(found.pop("jti")) == 22
    assert found == {
        "iss": ISSUER, "aud": ISSUER, "sub": signed.user, "client_id": browser.client.id,
        "client_name": browser.client.name, "tenant": signed.organization,
        "scope": "bookings:read openid", "iat": issued, "exp": issued + 600,
        "gid": made["subject"], "amr": ["pwd", "otp"],
    }  # fmt: skip


async def test_an_id_token_tells_who_signed_in_when_and_how(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    assert browser.signed
    body = await browser.tokens(scope="openid")
    found = await claims_of(browser, body["id_token"])
    issued = int(clock().timestamp())
    assert len(found.pop("at_hash")) == 22
    assert found == {
        "iss": ISSUER, "sub": browser.signed.user, "aud": browser.client.id, "iat": issued,
        "exp": issued + 600, "auth_time": issued - 300, "amr": ["pwd", "otp"], "nonce": "n-1",
    }  # fmt: skip
    assert "id_token" not in await browser.tokens(scope="bookings:read")


async def test_an_id_token_is_no_access_token(browsing: Browsing) -> None:
    browser = await browsing()
    body = await browser.tokens(scope="openid")
    for token, status in ((body["id_token"], 401), (body["access_token"], 200)):
        headers = {"authorization": f"Bearer {token}"}
        answer = await browser.http.get("/oauth/userinfo", headers=headers)
        assert answer.status_code == status
    assert browser.signed
    assert answer.json() == {"sub": browser.signed.user}
    own = await browser.posts("/oauth/token", {"grant_type": "client_credentials"})
    headers = {"authorization": f"Bearer {own.json()['access_token']}"}
    answer = await browser.http.get("/oauth/userinfo", headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


async def test_a_code_is_good_once_and_its_replay_voids_what_it_gave(
    browsing: Browsing, clock: Any
) -> None:
    browser = await browsing()
    code = await browser.code()
    first = (await browser.redeems(code)).json()
    assert_refused(await browser.redeems(code))
    assert_refused(await browser.renews(first["refresh_token"]))
    headers = {"authorization": f"Bearer {first['access_token']}"}
    assert (await browser.http.get("/oauth/userinfo", headers=headers)).status_code == 401
    assert [data["reason"] for data in await browser.told("grant.revoked")] == ["code_replayed"]
    assert [data["reason"] for data in await browser.told("token.refused")] == [
        "replayed",
        "revoked",
    ]


async def test_a_code_lives_for_a_minute(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    code, other = await browser.code(), await browser.code()
    clock.forward(seconds=59.999999)
    assert (await browser.redeems(code)).status_code == 200
    clock.forward(seconds=0.000001)
    assert_refused(await browser.redeems(other))


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": "https://evil.example/callback"},
        {"code_verifier": VERIFIER[:-1]},
        {"code_verifier": VERIFIER + "0"},
        {"code_verifier": VERIFIER.upper()},
        {"code_verifier": "short"},
        {"code_verifier": "v" * 129},
        {"code_verifier": "é" * 50},
    ],
)
async def test_a_code_is_bound_to_redirect_uri_and_verifier_and_one_try_spends_it(
    browsing: Browsing, changes: dict[str, str]
) -> None:
    browser = await browsing()
    code = await browser.code()
    assert_refused(await browser.redeems(code, **changes))
    assert_refused(await browser.redeems(code))
    assert await browser.told("token.issued", "grant.used") == []


@pytest.mark.parametrize("verifier", ["", "a", "v" * 42, "v" * 129, "v" * 42 + "+"])
async def test_a_verifier_that_is_none_although_the_challenge_is_its_own(
    browsing: Browsing, verifier: str
) -> None:
    """RFC 7636 section 4.1: a short one could be guessed from the challenge, which stands in a URL."""
    challenge = b64url(hashlib.sha256(verifier.encode()).digest())
    browser = await browsing()
    code = await browser.code(code_challenge=challenge)
    answer = await browser.redeems(code, code_verifier=verifier)
    assert answer.status_code == 400
    assert await browser.told("token.issued", "grant.used") == []


async def test_a_code_of_a_grant_that_was_taken_back(browsing: Browsing, opening: Any) -> None:
    browser = await browsing()
    code = await browser.code()
    async with opening() as tx:
        ((grant,),) = await tx.rows(select(grants.c.id))
        await families.revoke(tx, grant, "user")
    assert_refused(await browser.redeems(code))
    assert await browser.told("token.issued", "grant.used") == []


async def test_the_challenge_itself_is_no_verifier(browsing: Browsing) -> None:
    browser = await browsing()
    answer = await browser.redeems(await browser.code(), code_verifier=CHALLENGE)
    assert_refused(answer)


@pytest.mark.parametrize("name", ["code", "redirect_uri", "code_verifier"])
@pytest.mark.parametrize("application", [CONFIDENTIAL, PUBLIC], ids=["confidential", "public"])
async def test_every_parameter_is_needed_of_every_client(
    browsing: Browsing, application: Application, name: str
) -> None:
    browser = await browsing(application)
    code = await browser.code()
    for missing in (..., ""):
        assert_refused(await browser.redeems(code, **{name: missing}), "invalid_request")
    assert (await browser.redeems(code)).status_code == 200


async def test_another_clients_code_is_unknown_and_stays_good(browsing: Browsing) -> None:
    browser, thief = await browsing(), await browsing()
    code = await _code_of(browser, thief)
    assert_refused(await thief.redeems(code))
    assert (await browser.redeems(code)).status_code == 200
    assert await browser.told("grant.revoked") == []


async def _code_of(browser: Browser, last: Browser) -> str:
    """The browser made last is the one that is signed in; who allows the code does not matter here."""
    shown = await last.http.get("/oauth/authorize", params=browser.parameters())
    answer = await last.decides(shown)
    return dict(httpx.URL(answer.headers["location"]).params)["code"]


@pytest.mark.parametrize("code", ["x", "A" * 43, "'", "A" * 4_000])
async def test_a_made_up_code(browsing: Browsing, code: str) -> None:
    browser = await browsing()
    assert_refused(await browser.redeems(code))
    assert await browser.told("grant.revoked") == []


async def test_only_the_hash_of_a_code_is_kept(browsing: Browsing, opening: Any) -> None:
    browser = await browsing()
    code = await browser.code()
    async with opening() as tx:
        (kept,) = await tx.rows(select(authorization_codes))
    assert kept.code_hash == codes.digest(code)
    assert code not in repr(kept)


async def test_a_client_without_this_grant_redeems_nothing(browsing: Browsing) -> None:
    browser = await browsing(Application())
    answer = await browser.redeems("A" * 43)
    assert_refused(answer, "unauthorized_client")


async def test_a_client_without_refresh_gets_no_refresh_token(browsing: Browsing) -> None:
    browser = await browsing(Application(Authentication.BASIC, (Grant.CODE,), (CALLBACK,)))
    assert "refresh_token" not in await browser.tokens()
    assert_refused(await browser.renews("bpr_x"), "unauthorized_client")


async def test_who_lost_their_rights_between_gets_less_or_nothing(browsing: Browsing) -> None:
    browser = await browsing()
    code, other, last = [await browser.code() for _ in range(3)]
    browser.rights = replace(
        RIGHTS, scopes=frozenset({"locations:read"}), locations=frozenset({"loc_b", "loc_a"})
    )
    body = (await browser.redeems(code)).json()
    assert body["scope"] == "locations:read"
    assert (await claims_of(browser, body["access_token"]))["locations"] == ["loc_a", "loc_b"]
    browser.rights = replace(RIGHTS, scopes=frozenset())
    assert_refused(await browser.redeems(other))
    browser.rights = replace(RIGHTS, is_active=False)
    assert_refused(await browser.redeems(last))


async def test_a_suspended_client_redeems_nothing(browsing: Browsing, opening: Any) -> None:
    for application in (CONFIDENTIAL, PUBLIC):
        browser = await browsing(application)
        code = await browser.code()
        async with opening() as tx:
            await clients.suspend_client(tx, browser.client.id)
        assert (await browser.redeems(code)).status_code == 401


async def redeem_at_once(browsing: Browsing, rounds: int) -> None:
    browser = await browsing()
    for done in range(1, rounds + 1):
        code = await browser.code()
        answers = await asyncio.gather(*(browser.redeems(code) for _ in range(20)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses == [200] + [400] * 19
        assert {a.json()["error"] for a in answers if a.status_code == 400} == {"invalid_grant"}
        assert len(await browser.told("grant.used")) == done
        assert len(await browser.told("grant.revoked")) == done
        async with browser.opening() as tx:
            live = await tx.rows(select(grants.c.id).where(grants.c.revoked_at.is_(None)))
        assert live == []


async def test_of_twenty_who_redeem_a_code_at_once_one_wins(
    browsing: Browsing, generous: None
) -> None:
    await redeem_at_once(browsing, ROUNDS)


@pytest.mark.long
async def test_of_twenty_who_redeem_a_code_at_once_one_wins_a_hundred_times(
    browsing: Browsing, generous: None
) -> None:
    await redeem_at_once(browsing, 100)
