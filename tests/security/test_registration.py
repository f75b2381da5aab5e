"""Who may register a client, and what such a client may never have (RFC 7591, RFC 7592)."""

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from barberpro.domains.identity.applications import Application
from barberpro.domains.identity.tables import clients as table
from barberpro.platform import ids
from barberpro.platform.binding import across_tenants

from .signing_in import CALLBACK, SCOPES, Browser, Browsing

MAY = [*SCOPES, "clients:register"]
GOOD = {
    "client_name": "Agenda Ñandú",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "bookings:read",
}


def signing(**changes: str) -> dict[str, Any]:
    """Metadata of a client that signs with this key, changed."""
    key = {"kty": "EC", "crv": "P-256", "x": "A" * 43, "y": "A" * 43, **changes}
    return {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key]}}


async def bearer(browser: Browser) -> dict[str, str]:
    answer = await browser.posts("/oauth/token", {"grant_type": "client_credentials"})
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture
async def registrar(browsing: Browsing) -> Browser:
    return await browsing(Application(), scopes=MAY)


async def registers(browser: Browser, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    return await browser.http.post("/oauth/register", json=body, headers=await bearer(browser))


async def count(browser: Browser) -> int:
    of_tenant = table.c.organization_id == browser.client.organization_id
    query = across_tenants(select(func.count()).select_from(table).where(of_tenant), "a test")
    async with browser.opening() as tx:
        return (await tx.rows(query))[0][0]


async def test_a_client_is_registered_for_the_callers_organization(
    registrar: Browser, clock: Any
) -> None:
    answer = await registers(registrar)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    client, secret = body.pop("client_id"), body.pop("client_secret")
    assert body.pop("registration_access_token").startswith("bpg_")
    assert body == {
        "client_id_issued_at": int(clock().timestamp()),
        "client_secret_expires_at": 0,
        "client_name": "Agenda Ñandú",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "redirect_uris": [CALLBACK],
        "scope": "bookings:read",
        "dpop_bound_access_tokens": False,
        "registration_client_uri": f"https://gateway.example/oauth/register/{client}",
    }
    assert ids.prefix_of(client) == "cli"
    assert secret.startswith("bps_")
    registered = [d for d in await registrar.told("client.registered") if d["subject"] == client]
    assert [d["scopes"] for d in registered] == [["bookings:read"]]
    assert registered[0]["name"].startswith("agenda-nandu-")


async def test_without_the_scope_nobody_registers(browsing: Browsing) -> None:
    browser = await browsing(Application())
    before = await count(browser)
    answer = await registers(browser)
    assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
    bad = {"authorization": "Bearer x"}
    for headers in ({}, bad, {"authorization": "Basic eDp4"}):
        answer = await browser.http.post("/oauth/register", json=GOOD, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
        error = ', error="invalid_token"' if headers is bad else ""
        assert answer.headers["www-authenticate"] == f'Bearer realm="BarberPro"{error}'
    assert await count(browser) == before


async def test_nobody_gives_what_they_do_not_have(registrar: Browser) -> None:
    before = await count(registrar)
    for scope in ("people:read", "bookings:read people:read", "clients:register", "*"):
        answer = await registers(registrar, scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert await count(registrar) == before
    assert (await registers(registrar, scope=...)).json()["scope"] == " ".join(sorted(SCOPES))


async def test_a_caller_limited_to_shops_registers_none_that_is_not(browsing: Browsing) -> None:
    shops = [ids.new("loc")]
    browser = await browsing(Application(), scopes=MAY, locations=shops, document_mode="locked")
    client = (await registers(browser)).json()["client_id"]
    (data,) = [d for d in await browser.told("client.registered") if d["subject"] == client]
    assert (data["locations"], data["document_mode"]) == (shops, "locked")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["http://partner.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://partner.example/#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://partner.example;sandbox/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://a.example,b.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://'unsafe-inline'/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_client_metadata"),
        ({"redirect_uris": "https://partner.example/"}, "invalid_client_metadata"),
        ({"redirect_uris": [1]}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"jwks_uri": "http://169.254.169.254/"}, "invalid_client_metadata"),
        ({"software_statement": "e30.e30."}, "invalid_client_metadata"),
        ({"jwks": "x"}, "invalid_client_metadata"),
        (signing(kid="a\x00b"), "invalid_client_metadata"),
        (signing(kid="k" * 256), "invalid_client_metadata"),
        (signing(x="\x00"), "invalid_client_metadata"),
        ({"client_name": ""}, "invalid_client_metadata"),
        ({"client_name": "x" * 81}, "invalid_client_metadata"),
        ({"client_name": "\u202eevil"}, "invalid_client_metadata"),
        ({"scope": 1}, "invalid_client_metadata"),
    ],
)
async def test_metadata_that_will_not_do(
    registrar: Browser, changes: dict[str, Any], error: str
) -> None:
    before = await count(registrar)
    answer = await registers(registrar, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert await count(registrar) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"x", b'{"scope":"a","scope":"b"}', b"\xff", b"1"])
async def test_a_body_that_is_no_object(registrar: Browser, body: bytes) -> None:
    headers = await bearer(registrar) | {"content-type": "application/json"}
    answer = await registrar.http.post("/oauth/register", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_half_a_character_is_no_text(registrar: Browser) -> None:
    headers = await bearer(registrar) | {"content-type": "application/json"}
    for changes in (signing(kid="\ud800"), {"client_name": "\ud800"}, {"scope": "\ud800"}):
        body = json.dumps(GOOD | changes)
        answer = await registrar.http.post("/oauth/register", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")


async def test_a_body_of_another_type_or_without_end(registrar: Browser) -> None:
    headers = await bearer(registrar)
    answer = await registrar.http.post("/oauth/register", data={"scope": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = await registrar.http.post(
        "/oauth/register", json={"client_name": "x" * 9_000}, headers=headers
    )
    assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")


async def test_a_public_client_gets_no_secret(registrar: Browser) -> None:
    body = (await registers(registrar, token_endpoint_auth_method="none")).json()
    assert "client_secret" not in body


async def test_a_registration_is_read_and_ended_by_its_token_only(registrar: Browser) -> None:
    body, other = [(await registers(registrar)).json() for _ in range(2)]
    path = f"/oauth/register/{body['client_id']}"
    token = body["registration_access_token"]
    http = registrar.http
    wrong = ("", "x", other["registration_access_token"], body["client_secret"])
    headers = [{"authorization": f"Bearer {text}"} for text in wrong]
    for method in ("GET", "DELETE"):
        for given in [*headers, {}, {"authorization": f"Basic {token}"}, await bearer(registrar)]:
            answer = await http.request(method, path, headers=given)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    good = {"authorization": f"Bearer {token}"}
    shown = await http.get(path, headers=good)
    assert shown.status_code == 200
    hidden = {"client_secret", "client_secret_expires_at", "registration_access_token"}
    assert shown.json() == {name: body[name] for name in body if name not in hidden}
    assert (await http.delete(path, headers=good)).status_code == 204
    assert (await http.get(path, headers=good)).status_code == 401
    assert len(await registrar.told("client.suspended")) == 1
