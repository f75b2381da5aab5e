"""What an honest client meets at the authorization server."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import Row, func, insert, select

from barberpro.platform import ids
from barberpro.platform.clock import iso
from barberpro.platform.events import events
from barberpro.platform.keys import signing_keys

Registering = Callable[..., Awaitable[tuple[Row[Any], str]]]
GRANT = {"grant_type": "client_credentials"}
ISSUER = "https://gateway.example"


async def told(opening: Any, subject: str) -> list[Row[Any]]:
    """What the log says of a client since it was registered."""
    statement = select(events).where(events.c.subject == subject).order_by(events.c.id)
    async with opening() as tx:
        return list(await tx.rows(statement))[1:]


async def published_keys(http: httpx.AsyncClient) -> KeySet:
    return KeySet.import_key_set((await http.get("/.well-known/jwks.json")).json())


async def test_a_client_gets_a_token_for_all_it_may_do(
    http: httpx.AsyncClient, registering: Registering, clock: Any, platform: Any
) -> None:
    row, secret = await registering(scopes=["locations:read", "bookings:read"])
    response = await http.post("/oauth/token", data=GRANT, auth=(row.id, secret))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert ids.prefix_of(response.headers["x-request-id"]) == "req"
    body = response.json()
    token = jwt.decode(body.pop("access_token"), await published_keys(http), algorithms=["ES256"])
    assert body == {
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "bookings:read locations:read",
    }
    kid = platform.keys.public_jwks()["keys"][-1]["kid"]
    assert token.header == {"typ": "at+jwt", "alg": "ES256", "kid": kid}
    assert len(token.claims.pop("jti")) == 22
    assert token.claims == {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": row.id,
        "client_id": row.id,
        "client_name": row.name,
        "tenant": row.organization_id,
        "scope": "bookings:read locations:read",
        "iat": int(clock().timestamp()),
        "exp": int(clock().timestamp()) + 600,
    }


async def test_the_token_of_a_limited_client_names_its_locations(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    shops = sorted(ids.new("loc") for _ in range(2))
    row, secret = await registering(locations=shops)
    response = await http.post("/oauth/token", data=GRANT, auth=(row.id, secret))
    token = jwt.decode(response.json()["access_token"], await published_keys(http))
    assert token.claims["locations"] == shops


async def test_a_client_may_ask_for_less(http: httpx.AsyncClient, registering: Registering) -> None:
    row, secret = await registering(scopes=["bookings:read", "bookings:write", "people:read"])
    asked = GRANT | {"scope": "people:read  bookings:read people:read"}
    response = await http.post("/oauth/token", data=asked, auth=(row.id, secret))
    assert response.json()["scope"] == "bookings:read people:read"
    token = jwt.decode(response.json()["access_token"], await published_keys(http))
    assert token.claims["scope"] == "bookings:read people:read"


async def test_a_scope_without_a_value_counts_as_left_out(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering(scopes=["bookings:read"])
    response = await http.post("/oauth/token", data=GRANT | {"scope": ""}, auth=(row.id, secret))
    assert response.json()["scope"] == "bookings:read"


async def test_no_two_tokens_are_alike(http: httpx.AsyncClient, registering: Registering) -> None:
    client, secret = await registering()
    tokens = {
        (await http.post("/oauth/token", data=GRANT, auth=(client.id, secret))).json()[
            "access_token"
        ]
        for _ in range(3)
    }
    assert len(tokens) == 3


async def test_an_issued_token_is_in_the_log_without_the_token(
    http: httpx.AsyncClient, registering: Registering, opening: Any, clock: Any
) -> None:
    row, secret = await registering(scopes=["bookings:read"])
    response = await http.post("/oauth/token", data=GRANT, auth=(row.id, secret))
    token = jwt.decode(response.json()["access_token"], await published_keys(http))
    (event,) = await told(opening, row.id)
    assert (event.type, event.client, event.actor) == ("token.issued", row.id, row.id)
    assert event.request_id == response.headers["x-request-id"]
    assert event.data == {
        "subject": row.id,
        "jti": token.claims["jti"],
        "scopes": ["bookings:read"],
        "expires_at": iso(clock() + timedelta(seconds=600)),
        "user": None,
        "grant": None,
    }


async def test_a_refused_scope_is_in_the_log(
    http: httpx.AsyncClient, registering: Registering, opening: Any
) -> None:
    row, secret = await registering(scopes=["bookings:read"])
    asked = GRANT | {"scope": "bookings:write"}
    response = await http.post("/oauth/token", data=asked, auth=(row.id, secret))
    (event,) = await told(opening, row.id)
    assert (event.type, event.data) == (
        "token.refused",
        {"subject": row.id, "reason": "invalid_scope"},
    )
    assert event.request_id == response.headers["x-request-id"]


async def test_the_gateway_may_be_named_as_the_resource(
    http: httpx.AsyncClient, registering: Registering
) -> None:
    row, secret = await registering()
    asked = GRANT | {"resource": [ISSUER, ISSUER]}
    response = await http.post("/oauth/token", data=asked, auth=(row.id, secret))
    assert response.status_code == 200


async def test_the_server_describes_itself_by_its_public_url(http: httpx.AsyncClient) -> None:
    response = await http.get(
        "/.well-known/oauth-authorization-server", headers={"host": "evil.example"}
    )
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "public, max-age=3600"
    described = response.json()
    urls = {name: value for name, value in described.items() if name.endswith(("endpoint", "_uri"))}
    assert described["issuer"] == ISSUER
    assert urls == {
        "authorization_endpoint": f"{ISSUER}/oauth/authorize",
        "token_endpoint": f"{ISSUER}/oauth/token",
        "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
        "registration_endpoint": f"{ISSUER}/oauth/register",
        "revocation_endpoint": f"{ISSUER}/oauth/revoke",
        "introspection_endpoint": f"{ISSUER}/oauth/introspect",
        "pushed_authorization_request_endpoint": f"{ISSUER}/oauth/par",
        "userinfo_endpoint": f"{ISSUER}/oauth/userinfo",
    }


@pytest.mark.parametrize("name", ["oauth-authorization-server", "openid-configuration"])
async def test_what_it_says_of_itself_holds_by_rfc_8414(http: httpx.AsyncClient, name: str) -> None:
    """By Authlib's reading of it: what must be there beside what is. ID tokens are issued to who found either."""
    described = (await http.get(f"/.well-known/{name}")).json()
    AuthorizationServerMetadata(described).validate()
    assert described["id_token_signing_alg_values_supported"] == ["ES256"]
    for endpoint in ("token", "revocation", "introspection"):
        algorithms = described[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert "ES256" in algorithms and "none" not in algorithms


async def test_the_keys_are_published(http: httpx.AsyncClient, platform: Any) -> None:
    response = await http.get("/.well-known/jwks.json")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/jwk-set+json"
    assert response.headers["cache-control"] == "public, max-age=300"
    assert response.json() == platform.keys.public_jwks()
    assert "d" not in response.json()["keys"][0]


async def test_a_key_made_by_another_process_is_published_too(
    http: httpx.AsyncClient, platform: Any
) -> None:
    key = ECKey.generate_key("P-256")
    sealed = platform.sealer.seal(
        orjson.dumps(key.as_dict(private=True)), f"signing_keys/{key.thumbprint()}".encode()
    )
    async with platform.database.writer.begin() as connection:
        newest = await connection.scalar(select(func.max(signing_keys.c.generation)))
        await connection.execute(
            insert(signing_keys).values(
                kid=key.thumbprint(),
                generation=newest + 1,
                algorithm="ES256",
                sealed=sealed,
                created_at=platform.clock(),
            )
        )
    published = (await http.get("/.well-known/jwks.json")).json()["keys"]
    assert published[-1]["kid"] == key.thumbprint()


async def test_a_defect_is_masked_and_logged(
    http: httpx.AsyncClient,
    registering: Registering,
    opening: Any,
    platform: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row, secret = await registering()

    def broken(*_: Any) -> str:
        raise RuntimeError("the key of keys")

    monkeypatch.setattr(platform.keys, "sign", broken)
    response = await http.post("/oauth/token", data=GRANT, auth=(row.id, secret))
    assert response.status_code == 500
    assert response.json()["error"] == "server_error"
    assert "key of keys" not in response.text
    assert await told(opening, row.id) == []
