"""What others wrote by the same standards understands us, and we understand it."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from barberpro.domains.identity import clients
from barberpro.platform import ids
from barberpro.platform.settings import ExternalIssuer

from ..security.signing_in import CALLBACK, PUBLIC
from ..security.visiting import a_user
from ..security.visiting import boss as boss
from ..security.whole import SCOPES, Person
from ..served import Serving
from .conftest import Running

pytestmark = pytest.mark.long


@pytest.mark.parametrize("dpop", [False, True])
async def test_oauth4webapi_signs_a_user_in_renews_and_revokes(
    served: Serving,
    running: Running,
    platform: Any,
    boss: Any,
    opening: Any,
    clock: Any,
    dpop: bool,
) -> None:
    user = await a_user(platform, boss)
    clock.forward(seconds=1)  # all of the second in which they chose a password is void
    async with opening() as tx:
        client, _ = await clients.register_application(
            tx,
            name="c" + ids.new("cli").replace("_", "-"),
            scopes=SCOPES - {"openid"},
            application=replace(PUBLIC, requires_dpop=dpop),
        )
    async with served() as url, httpx.AsyncClient(base_url=url) as http:
        told = {
            "issuer": url, "client_id": client.id, "redirect_uri": CALLBACK, "dpop": dpop,
            "scope": "openid bookings:read users:write",
        }  # fmt: skip
        async with running("client.mjs", told) as program:
            person = Person(http, client)
            page = await person.follows(await http.get((await program.hear())["authorize"]))
            back = await person.fills_in(await person.signs_in(page), decision="allow")
            await program.tell({"back": back.headers["location"]})
            got = await program.hear()
    assert set(got.pop("scope").split()) == {"openid", "bookings:read"}
    assert got == {
        "sub": user, "user": user, "type": "dpop" if dpop else "bearer", "renewed": True,
        "before": {"data": {"viewer": {"user": {"userId": user}}}}, "after": 401,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [("ES256", ECKey.generate_key("P-256")), ("RS256", RSAKey.generate_key(2_048))],
    ids=["ES256", "RS256"],
)
async def test_tokens_of_oidc_provider_are_taken_from_an_issuer_that_was_named(
    served: Serving, running: Running, registering: Any, algorithm: str, key: Any
) -> None:
    ours, _ = await registering(scopes=["bookings:read", "people:read"])
    audience = "https://graph.example"
    told = {
        "client": ours.name, "secret": "a-secret-of-the-other-side", "tenant": ours.organization_id,
        "audience": audience, "scope": "bookings:read people:write", "algorithm": algorithm,
        "jwk": {**key.as_dict(private=True), "use": "sig", "alg": algorithm},
    }  # fmt: skip
    async with running("issuer.mjs", told) as program, httpx.AsyncClient() as http:
        issuer = (await program.hear())["url"]
        form = {"grant_type": "client_credentials", "scope": told["scope"]}
        answer = await http.post(f"{issuer}/token", data=form, auth=(ours.name, told["secret"]))
        token = answer.json()["access_token"]

        async def ask(*issuers: ExternalIssuer) -> httpx.Response:
            async with served(issuers=list(issuers)) as url:
                headers = {"authorization": f"Bearer {token}"}
                asked = {"query": "{ viewer { scopes } }"}
                return await http.post(f"{url}/graphql", json=asked, headers=headers)

        named = ExternalIssuer(
            issuer=issuer, audience=audience, tenants=[ours.organization_id],
            allow_private_network=True,
        )  # fmt: skip
        assert (await ask(named)).json()["data"]["viewer"]["scopes"] == ["bookings:read"]
        assert (await ask()).status_code == 401
        assert (await ask(named.model_copy(update={"audience": "other"}))).status_code == 401
        elsewhere = named.model_copy(update={"tenants": [ids.new("org")]})
        assert (await ask(elsewhere)).status_code == 401
