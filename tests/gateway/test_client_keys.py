"""Keys of clients over HTTP: made and shown once, used, replaced, revoked; and refused where they should be."""

from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey

from barberpro.platform import ids

KEY = "clientKey { id kind name clientId scopes networks expiresAt revokedAt replacesId lastUsedAt secret }"


def document(name: str, field: str, errors: str) -> str:
    """The mutation `field`, whose input type is named after it."""
    return f"mutation M($input: {name}Input!) {{ {field}(input: $input) {{ {KEY} {errors} }} }}"


CREATE = document("ApiKeyCreate", "apiKeyCreate", "errors { ... on UserError { code field } }")
ROTATE = document("ApiKeyRotate", "apiKeyRotate", "errors { ... on UserError { code } }")
REVOKE = document("ClientKeyRevoke", "clientKeyRevoke", "errors { ... on UserError { code } }")
REGISTER = document(
    "PublicKeyRegister", "publicKeyRegister", "errors { ... on UserError { code } }"
)
LIST = "{ clientKeys { nodes { id lastUsedAt secret revokedAt } totalCount } }"
WHO = {"query": "{ viewer { clientId scopes } }"}


@pytest.fixture
def asking(http: httpx.AsyncClient, bearer: Any) -> Any:
    """`data = await asking(query, **input)` asks as one who may do everything with keys."""
    kept: dict[str, str] = {}

    async def ask(query: str, **given: Any) -> Any:
        kept.update(kept or await bearer())
        body = {"query": query, "variables": {"input": given}} if given else {"query": query}
        answer = await http.post("/graphql", json=body, headers=kept)
        assert "errors" not in answer.json(), answer.text
        return next(iter(answer.json()["data"].values()))

    return ask


async def call(http: httpx.AsyncClient, text: str) -> httpx.Response:
    return await http.post("/graphql", json=WHO, headers={"authorization": f"Bearer {text}"})


async def test_a_key_is_shown_once_and_works(
    http: httpx.AsyncClient, asking: Any, registering: Any
) -> None:
    client, _ = await registering()
    made = await asking(CREATE, clientId=client.id, name="till", scopes=["bookings:read"])
    key = made["clientKey"]
    assert made["errors"] == []
    assert key | {"id": 1, "secret": 2} == {
        "id": 1, "kind": "API", "name": "till", "clientId": client.id, "scopes": ["bookings:read"],
        "networks": None, "expiresAt": None, "revokedAt": None, "replacesId": None,
        "lastUsedAt": None, "secret": 2,
    }  # fmt: skip
    answer = await call(http, key["secret"])
    viewer = answer.json()["data"]["viewer"]
    assert viewer == {"clientId": client.id, "scopes": ["bookings:read"]}
    listed = await asking(LIST)
    assert [(node["id"], node["secret"]) for node in listed["nodes"]] == [(key["id"], None)]


async def test_a_revoked_key_fails_at_once_where_it_was_revoked(
    http: httpx.AsyncClient, asking: Any, registering: Any
) -> None:
    client, _ = await registering()
    made = await asking(CREATE, clientId=client.id, name="till", scopes=["bookings:read"])
    text = made["clientKey"]["secret"]
    assert (await call(http, text)).status_code == 200
    revoked = await asking(REVOKE, keyId=made["clientKey"]["id"])
    assert (revoked["clientKey"]["revokedAt"], revoked["errors"]) == ("2026-11-23T13:00:00Z", [])
    refused = await call(http, text)
    assert refused.status_code == 401
    assert refused.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_key_is_replaced_once(
    http: httpx.AsyncClient, asking: Any, registering: Any
) -> None:
    client, _ = await registering()
    made = await asking(CREATE, clientId=client.id, name="till", scopes=["bookings:read"])
    old = made["clientKey"]
    new = (await asking(ROTATE, keyId=old["id"], overlapHours=1))["clientKey"]
    assert new["replacesId"] == old["id"]
    assert new["secret"] not in (None, old["secret"])
    for text in (old["secret"], new["secret"]):
        assert (await call(http, text)).status_code == 200
    again = await asking(ROTATE, keyId=old["id"])
    assert again == {"clientKey": None, "errors": [{"code": "KEY_OVER"}]}
    too_long = await asking(ROTATE, keyId=new["id"], overlapHours=2**31 - 1)
    assert too_long == {"clientKey": None, "errors": [{"code": "KEY_OVERLAP_INVALID"}]}


async def test_a_public_key_shows_no_secret(asking: Any, registering: Any) -> None:
    client, _ = await registering()
    jwk = OKPKey.generate_key("Ed25519").as_dict(private=False)
    members = {name: jwk[name] for name in ("kty", "crv", "x")}
    asked = {"clientId": client.id, "name": "erp", "scopes": ["bookings:read"], **members}
    made = await asking(REGISTER, **asked)
    assert (made["clientKey"]["kind"], made["clientKey"]["secret"]) == ("SIGNATURE", None)
    bad = await asking(REGISTER, **(asked | {"crv": "P-256"}))
    assert bad == {"clientKey": None, "errors": [{"code": "PUBLIC_KEY_INVALID"}]}


async def test_nobody_gives_what_they_do_not_have(
    http: httpx.AsyncClient, bearer: Any, registering: Any
) -> None:
    client, _ = await registering()
    headers = await bearer(scopes=["keys:write", "keys:read"])
    given = {"clientId": client.id, "name": "x", "scopes": ["bookings:read"]}
    body = {"query": CREATE, "variables": {"input": given}}
    answer = (await http.post("/graphql", json=body, headers=headers)).json()
    assert answer["data"]["apiKeyCreate"] == {
        "clientKey": None,
        "errors": [{"code": "KEY_SCOPES_INVALID", "field": ["scopes"]}],
    }


async def test_without_the_scope_no_key_is_seen_or_made(
    http: httpx.AsyncClient, bearer: Any, registering: Any
) -> None:
    client, _ = await registering()
    headers = await bearer(scopes=["bookings:read", "keys:read"])
    given = {"clientId": client.id, "name": "x", "scopes": ["bookings:read"]}
    body = {"query": CREATE, "variables": {"input": given}}
    answer = await http.post("/graphql", json=body, headers=headers)
    assert answer.json()["errors"][0]["extensions"]["requiredScopes"] == ["keys:write"]
    headers = await bearer(scopes=["bookings:read"])
    answer = await http.post("/graphql", json={"query": LIST}, headers=headers)
    assert answer.json()["errors"][0]["extensions"]["requiredScopes"] == ["keys:read"]


async def test_who_sees_some_shops_only_is_not_told_of_keys(
    http: httpx.AsyncClient, asking: Any, bearer: Any, registering: Any
) -> None:
    client, _ = await registering()
    made = await asking(CREATE, clientId=client.id, name="till", scopes=["bookings:read"])
    body = {"query": f'{{ nodes(ids: ["{made["clientKey"]["id"]}"]) {{ id }} }}'}
    for locations, seen in ((None, [{"id": made["clientKey"]["id"]}]), ([ids.new("loc")], [None])):
        headers = await bearer(scopes=["keys:read"], locations=locations)
        answer = await http.post("/graphql", json=body, headers=headers)
        assert answer.json()["data"] == {"nodes": seen}
        assert "errors" not in answer.json()
    answer = await http.post("/graphql", json={"query": LIST}, headers=headers)
    assert answer.json()["errors"][0]["extensions"]["requiredPolicies"] == ["ORGANIZATION_WIDE"]
