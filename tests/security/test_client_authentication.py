"""How clients prove who they are: by an assertion, a certificate, or not at all. Secrets: `test_token_endpoint`."""

import base64
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from starlette.applications import Starlette

from barberpro.domains.identity import clients
from barberpro.domains.identity.applications import Application, Authentication, Grant
from barberpro.gateway.credentials import certificates
from barberpro.gateway.identify.presented import CONNECTION
from barberpro.gateway.oauth import routes
from barberpro.platform.errors import Invalid

from .conftest import encoded, signing
from .signing_in import CALLBACK, FLOW, ISSUER, PUBLIC, VERIFIER, Browser, Browsing

TOKEN_URL = f"{ISSUER}/oauth/token"
KIND = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = ECKey.generate_key("P-256", {"kid": "k1"})
OTHER = ECKey.generate_key("P-256", {"kid": "k1"})
GRANT = {"grant_type": "client_credentials"}


def by_key(*keys: Any) -> Application:
    return Application(
        Authentication.KEY, public_keys={"keys": [key.as_dict(private=False) for key in keys]}
    )


class Signer:
    """Writes assertions of a client, good but for the changes asked."""

    def __init__(self, browser: Browser, clock: Any) -> None:
        self.browser = browser
        self.now = int(clock().timestamp())
        self.count = 0

    def claims(self, **changes: Any) -> dict[str, Any]:
        self.count += 1
        client = self.browser.client.id
        good = {
            "iss": client, "sub": client, "aud": ISSUER, "exp": self.now + 60, "iat": self.now,
            "jti": f"{client}-{self.count}",
        }  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not ...}

    def assertion(
        self, key: Any = KEY, header: dict[str, Any] | None = None, **changes: Any
    ) -> str:
        header = {"alg": "ES256", **(header or {})}
        return jws.serialize_compact(
            header,
            json.dumps(self.claims(**changes)),
            key,
            registry=jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False),
        )

    async def sends(self, assertion: str, **changes: Any) -> httpx.Response:
        form = {**GRANT, "client_assertion_type": KIND, "client_assertion": assertion, **changes}
        return await self.browser.http.post("/oauth/token", data=form)


@pytest.fixture
async def signer(browsing: Browsing, clock: Any) -> Signer:
    return Signer(await browsing(by_key(KEY)), clock)


def assert_refused(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "www-authenticate" in answer.headers


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # by its name; clients still use it
@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (KEY, "ES256"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
        (OKPKey.generate_key("Ed25519"), "Ed25519"),
        (RSAKey.generate_key(2048), "PS256"),
        (RSAKey.generate_key(2048), "RS256"),
    ],
)
async def test_a_client_signs_who_it_is(browsing: Browsing, clock: Any, key: Any, alg: str) -> None:
    signer = Signer(await browsing(by_key(key)), clock)
    answer = await signer.sends(signer.assertion(key, {"alg": alg}))
    assert answer.status_code == 200, answer.text
    other = await signer.sends(signer.assertion(key, {"alg": alg}, aud=TOKEN_URL))
    assert other.status_code == 200
    assert await signer.browser.told("token.refused") == []


async def test_an_assertion_is_good_once(signer: Signer, clock: Any) -> None:
    assertion = signer.assertion()
    assert (await signer.sends(assertion)).status_code == 200
    assert_refused(await signer.sends(assertion))
    clock.forward(seconds=60)
    assert_refused(await signer.sends(assertion))
    assert [d["reason"] for d in await signer.browser.told("token.refused")] == ["assertion"] * 2


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://evil.example"}, {"aud": f"{ISSUER}/"}, {"aud": ...}, {"aud": []},
        {"aud": [ISSUER, "https://evil.example"]}, {"aud": f"{ISSUER}/oauth/revoke"}, {"aud": {}},
        {"iss": "cli_" + "0" * 26}, {"iss": ...}, {"sub": ...}, {"sub": 1},
        {"exp": ...}, {"exp": "9999999999"}, {"exp": float("inf")}, {"exp": True}, {"exp": 0},
        {"jti": ...}, {"jti": ""}, {"jti": 1}, {"jti": "j" * 129},
        {"iat": 10**10}, {"nbf": 10**10}, {"x": "x" * 4_096},
    ],
)  # fmt: skip
async def test_an_assertion_that_says_something_else(
    signer: Signer, changes: dict[str, Any]
) -> None:
    assert_refused(await signer.sends(signer.assertion(**changes)))
    assert (await signer.sends(signer.assertion())).status_code == 200


async def test_an_assertion_ends_within_five_minutes(signer: Signer) -> None:
    for exp, status in ((300, 200), (301, 401), (-4, 200), (-5, 401)):
        answer = await signer.sends(signer.assertion(exp=signer.now + exp))
        assert answer.status_code == status


async def test_an_assertion_by_another_key(signer: Signer) -> None:
    assert_refused(await signer.sends(signer.assertion(OTHER)))
    assert_refused(await signer.sends(signer.assertion(KEY, {"kid": "k2"})))
    assert (await signer.sends(signer.assertion(KEY, {"kid": "k1"}))).status_code == 200


async def test_an_assertion_without_a_signature(signer: Signer) -> None:
    for alg in ("none", "None", "NONE", ""):
        head = encoded({"alg": alg})
        assert_refused(await signer.sends(f"{head}.{encoded(signer.claims())}."))
    good = signer.assertion()
    for spoilt in (good[:-4], good + "AAAA", good.rpartition(".")[0], f"{good}.x", "", "...", "x"):
        assert_refused(await signer.sends(spoilt))


async def test_a_public_key_is_never_taken_for_a_secret(signer: Signer) -> None:
    """The oldest confusion: HS256 with the public key as its secret."""
    for secret in (KEY.as_pem(private=False), json.dumps(KEY.as_dict(private=False)).encode()):
        text = f"{encoded({'alg': 'HS256'})}.{encoded(signer.claims())}"
        mac = encoded(hmac.digest(secret, text.encode(), "sha256"))
        assert_refused(await signer.sends(f"{text}.{mac}"))


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": OTHER.as_dict(private=False)}, {"jku": "https://evil.example"},
        {"x5u": "https://evil.example"}, {"crit": ["exp"], "exp": 1}, {"b64": False},
    ],
)  # fmt: skip
async def test_a_header_that_brings_its_own_key(signer: Signer, header: dict[str, Any]) -> None:
    for key in (KEY, OTHER):
        text = f"{encoded({'alg': 'ES256', **header})}.{encoded(signer.claims())}"
        assert_refused(await signer.sends(f"{text}.{encoded(signing(key)(text.encode()))}"))
    text = f"{encoded({'alg': 'ES256'})}.{encoded(signer.claims())}"
    good = await signer.sends(f"{text}.{encoded(signing(KEY)(text.encode()))}")
    assert good.status_code == 200


async def test_an_assertion_of_another_client(
    browsing: Browsing, signer: Signer, clock: Any
) -> None:
    other = Signer(await browsing(by_key(OTHER)), clock)
    client = other.browser.client.id
    assert_refused(await signer.sends(signer.assertion(KEY, iss=client, sub=client)))
    assert_refused(await signer.sends(signer.assertion(), client_id=client))
    assert (await other.sends(other.assertion(OTHER))).status_code == 200


async def test_an_assertion_of_another_type(signer: Signer) -> None:
    for kind in ("urn:ietf:params:oauth:client-assertion-type:saml2-bearer", "", "x"):
        answer = await signer.sends(signer.assertion(), client_assertion_type=kind)
        assert_refused(answer)


async def test_a_client_with_a_key_cannot_choose_a_weaker_way(signer: Signer) -> None:
    client = signer.browser.client.id
    post = signer.browser.http.post
    for secret in ("", "x"):
        assert_refused(await post("/oauth/token", data=GRANT, auth=(client, secret)))
    assert_refused(await post("/oauth/token", data=GRANT | {"client_id": client}))


async def test_a_client_with_a_secret_cannot_do_without(browsing: Browsing) -> None:
    browser = await browsing()
    for path in ("token", "revoke", "introspect", "par"):
        form = {"grant_type": "client_credentials", "token": "x", "response_type": "code"}
        form |= {"client_id": browser.client.id}
        assert_refused(await browser.http.post(f"/oauth/{path}", data=form))


async def test_a_public_client_has_no_token_of_its_own(browsing: Browsing) -> None:
    browser = await browsing(PUBLIC)
    assert_refused(await browser.posts("/oauth/token", GRANT))
    assert_refused(await browser.posts("/oauth/introspect", {"token": "x"}))
    answer = await browser.http.post("/oauth/token", data=GRANT, auth=(browser.client.id, ""))
    assert_refused(answer)


async def test_a_suspended_client_with_a_key(signer: Signer, opening: Any) -> None:
    async with opening() as tx:
        await clients.suspend_client(tx, signer.browser.client.id)
    assert_refused(await signer.sends(signer.assertion()))
    assert [d["reason"] for d in await signer.browser.told("token.refused")] == ["suspended"]


# By certificate.


def certificate(now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


Connecting = Callable[[bytes | None], httpx.AsyncClient]


@pytest.fixture
def connecting(platform: Any) -> Connecting:
    """`async with connecting(certificate) as http:` speaks over a connection that showed it."""
    app = Starlette(routes=routes())

    def connect(shown: bytes | None) -> httpx.AsyncClient:
        async def serving(scope: Any, receive: Any, send: Any) -> None:
            extensions = {CONNECTION: {"peer": "10.0.0.1", "certificate": shown}}
            state = {"platform": platform}
            await app(scope | {"state": state, "extensions": extensions}, receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(serving), base_url=ISSUER)

    return connect


async def test_a_client_shows_its_certificate_and_its_token_is_bound_to_it(
    browsing: Browsing, connecting: Connecting, clock: Any
) -> None:
    shown, other = certificate(clock()), certificate(clock())
    thumbprint = certificates.thumbprint(shown, clock())
    browser = await browsing(Application(Authentication.CERTIFICATE, certificates=(thumbprint,)))
    form = GRANT | {"client_id": browser.client.id}
    async with connecting(shown) as http:
        answer = await http.post("/oauth/token", data=form)
    assert answer.status_code == 200
    payload = answer.json()["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["cnf"] == {"x5t#S256": thumbprint}
    for wrong in (other, None, b"x"):
        async with connecting(wrong) as http:
            assert_refused(await http.post("/oauth/token", data=form))
    clock.forward(days=1, seconds=1)
    async with connecting(shown) as http:
        assert_refused(await http.post("/oauth/token", data=form))
        header = {"client-cert": f":{base64.b64encode(shown).decode()}:"}
    async with connecting(None) as http:  # and no proxy of ours handed it on
        assert_refused(await http.post("/oauth/token", data=form, headers=header))


async def test_a_certificate_is_no_way_in_for_a_client_with_a_secret(
    browsing: Browsing, connecting: Connecting, clock: Any
) -> None:
    browser = await browsing()
    async with connecting(certificate(clock())) as http:
        form = GRANT | {"client_id": browser.client.id}
        assert_refused(await http.post("/oauth/token", data=form))


# By a key that the token is bound to.


def proof(clock: Any, key: Any = KEY, **changes: Any) -> str:
    claims = {
        "htm": "POST", "htu": TOKEN_URL, "iat": int(clock().timestamp()),
        "jti": secrets.token_urlsafe(),
    }  # fmt: skip
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    header["jwk"].pop("kid", None)
    return jwt.encode(header, claims | changes, key, algorithms=["ES256"])


async def test_a_token_is_bound_to_the_key_that_was_proved(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    answer = await browser.posts("/oauth/token", GRANT, headers={"dpop": proof(clock)})
    assert answer.json()["token_type"] == "DPoP"
    payload = answer.json()["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["cnf"] == {"jkt": KEY.thumbprint()}


async def test_a_proof_is_good_once_here_and_now(browsing: Browsing, clock: Any) -> None:
    browser = await browsing()
    good = {"dpop": proof(clock)}
    assert (await browser.posts("/oauth/token", GRANT, headers=good)).status_code == 200
    wrong = [
        good["dpop"], proof(clock, htm="GET"), proof(clock, htu=f"{ISSUER}/oauth/par"),
        proof(clock, iat=1), "x", "",
    ]  # fmt: skip
    for text in wrong:
        answer = await browser.posts("/oauth/token", GRANT, headers={"dpop": text})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    twice = [("dpop", proof(clock)), ("dpop", proof(clock))]
    answer = await browser.posts("/oauth/token", GRANT, headers=twice)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_client_that_must_prove_a_key_gets_no_token_without(
    browsing: Browsing, clock: Any
) -> None:
    browser = await browsing(Application(requires_dpop=True))
    answer = await browser.posts("/oauth/token", GRANT)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    answer = await browser.posts("/oauth/token", GRANT, headers={"dpop": proof(clock)})
    assert answer.status_code == 200


async def test_a_public_clients_refresh_token_is_bound_to_its_key(
    browsing: Browsing, clock: Any
) -> None:
    browser = await browsing(PUBLIC)
    form = {
        "grant_type": "authorization_code", "code": await browser.code(),
        "redirect_uri": CALLBACK, "code_verifier": VERIFIER,
    }  # fmt: skip
    answer = await browser.posts("/oauth/token", form, headers={"dpop": proof(clock)})
    renewal = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    stolen = {"dpop": proof(clock, OTHER)}
    for headers in ({}, stolen):
        answer = await browser.posts("/oauth/token", renewal, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    own = {"dpop": proof(clock)}
    assert (await browser.posts("/oauth/token", renewal, headers=own)).status_code == 200


async def test_a_code_asked_for_with_a_key_is_redeemed_with_that_key(
    browsing: Browsing, clock: Any
) -> None:
    browser = await browsing(PUBLIC)
    for headers, status in (({}, 400), ({"dpop": proof(clock, OTHER)}, 400),
                            ({"dpop": proof(clock)}, 200)):  # fmt: skip
        form = {
            "grant_type": "authorization_code", "redirect_uri": CALLBACK,
            "code": await browser.code(dpop_jkt=KEY.thumbprint()), "code_verifier": VERIFIER,
        }  # fmt: skip
        answer = await browser.posts("/oauth/token", form, headers=headers)
        assert answer.status_code == status


async def test_who_is_wrong_too_often_waits_and_nobody_else(browsing: Browsing) -> None:
    wronged, other = await browsing(), await browsing()
    post = wronged.http.post
    answers = [
        await post("/oauth/token", data=GRANT, auth=(wronged.client.id, "x")) for _ in range(31)
    ]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await other.posts("/oauth/token", GRANT)).status_code == 200
    assert (await wronged.posts("/oauth/token", GRANT)).status_code == 429


@pytest.mark.parametrize(
    "application",
    [
        Application(grants=()),
        Application(grants=(Grant.REFRESH,)),
        Application(grants=(Grant.CODE,)),
        Application(redirects=(CALLBACK,)),
        Application(Authentication.NONE, (Grant.CLIENT,)),
        Application(Authentication.NONE, FLOW, ("http://partner.example/callback",)),
        Application(Authentication.NONE, FLOW, ("https://partner.example/#x",)),
        Application(Authentication.NONE, FLOW, ("https://*.partner.example/",)),
        Application(Authentication.NONE, FLOW, ("https://u@partner.example/",)),
        Application(Authentication.NONE, FLOW, ("http://localhost/callback",)),
        Application(Authentication.NONE, FLOW, ("com.example:/callback",)),
        Application(Authentication.NONE, FLOW, ("javascript:alert(1)",)),
        Application(Authentication.NONE, FLOW, ("https://partner.example/../x",)),
        Application(Authentication.NONE, FLOW, tuple(f"https://p.example/{n}" for n in range(21))),
        Application(Authentication.KEY),
        Application(Authentication.KEY, public_keys={"keys": []}),
        Application(Authentication.KEY, public_keys={"keys": [KEY.as_dict(private=True)]}),
        Application(Authentication.KEY, public_keys={"keys": [{"kty": "oct", "k": "AAAA"}]}),
        Application(Authentication.BASIC, public_keys={"keys": [KEY.as_dict(private=False)]}),
        Application(Authentication.CERTIFICATE),
        Application(Authentication.CERTIFICATE, certificates=("x",)),
        Application(Authentication.BASIC, certificates=("A" * 43,)),
    ],
)
async def test_a_client_that_makes_no_sense_is_not_registered(
    browsing: Browsing, application: Application
) -> None:
    with pytest.raises(Invalid):
        await browsing(application)
