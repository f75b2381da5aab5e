"""Every way of making a token that we know of, tried at the door where tokens are believed.

Each test names the guard it protects: take that guard out and the test fails.
"""

import base64
import hashlib
import hmac
import json
import socket
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import event

from barberpro.gateway.problems import Code, Refusal

INVALID = 'Bearer realm="BarberPro", error="invalid_token"'
ISSUER = "https://gateway.example"


async def rejected(identify: Any, token: str) -> None:
    """The token is refused, and the answer is the one that every bad token gets."""
    with pytest.raises(Refusal) as raised:
        await identify({"authorization": f"Bearer {token}"})
    assert (raised.value.code, raised.value.status) == (Code.UNAUTHENTICATED, 401)
    assert raised.value.headers == {"WWW-Authenticate": INVALID}
    assert raised.value.message == "The access token is not valid. Get a new one from /oauth/token."


async def accepted(identify: Any, token: str) -> Any:
    return await identify({"authorization": f"Bearer {token}"})


@pytest.fixture(autouse=True)
async def good(identify: Any, forger: Any) -> None:
    """The tools work: what a test changes is all that is wrong with its token."""
    who = await accepted(identify, forger.token())
    assert who.client == forger.client.id


# The algorithm: verifier.ALGORITHM, and nothing that the header says.


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
async def test_a_token_without_a_signature(identify: Any, forger: Any, alg: str) -> None:
    header = forger.header(alg=alg)
    await rejected(identify, forger.token(header=header, signer=lambda _: b""))
    await rejected(identify, forger.token(header=header))


async def test_a_good_token_with_its_signature_cut_off(identify: Any, forger: Any) -> None:
    head, body, signature = forger.token().split(".")
    await rejected(identify, f"{head}.{body}.")
    await rejected(identify, f"{head}.{body}")
    await rejected(identify, f"{head}.{body}.{signature[:-2]}")
    await rejected(identify, f"{head}.{body}.{'A' * 86}")  # r = s = 0


@pytest.mark.parametrize("form", ["pem", "jwk", "raw", "der"])
async def test_hmac_with_the_public_key_as_its_secret(
    identify: Any, forger: Any, form: str
) -> None:
    public = forger.key.as_dict(private=False)
    secret = {
        "pem": lambda: forger.key.as_pem(private=False),
        "der": lambda: forger.key.as_der(private=False),
        "jwk": lambda: json.dumps(public, separators=(",", ":")).encode(),
        "raw": lambda: public["x"].encode(),
    }[form]()
    token = forger.token(
        header=forger.header(alg="HS256"), signer=lambda t: hmac.digest(secret, t, hashlib.sha256)
    )
    await rejected(identify, token)


@pytest.mark.parametrize("alg", ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "es256"])
async def test_another_algorithm_in_the_header(identify: Any, forger: Any, alg: str) -> None:
    await rejected(identify, forger.token(header=forger.header(alg=alg)))


# The key: by its id alone, from our own ring.


async def test_another_key_under_the_same_id(identify: Any, forger: Any) -> None:
    other = ECKey.generate_key("P-256")
    forger.key = other
    await rejected(identify, forger.token())


async def test_no_key_id(identify: Any, forger: Any) -> None:
    await rejected(identify, forger.token(header=forger.header(kid=...)))


@pytest.mark.parametrize("kid", [None, 1, ["k"], {"k": 1}, True, ""])
async def test_a_key_id_that_is_not_text(identify: Any, forger: Any, kid: Any) -> None:
    await rejected(identify, forger.token(header=forger.header(kid=kid)))


@pytest.mark.parametrize(
    "kid", ["../../../../dev/null", "/dev/null", "' OR '1'='1", "x' UNION SELECT 1 --", "\x00"]
)
async def test_a_key_id_that_is_a_path_or_sql(identify: Any, forger: Any, kid: str) -> None:
    await rejected(identify, forger.token(header=forger.header(kid=kid)))


async def test_a_hundred_unknown_keys_make_one_query(
    identify: Any, forger: Any, platform: Any
) -> None:
    queries: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "signing_keys" in statement:
            queries.append(statement)

    engine = platform.database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        for number in range(100):
            await rejected(identify, forger.token(header=forger.header(kid=f"k{number}")))
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(queries) == 1


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever resolves a name or connects is noted, and fails."""
    tried: list[str] = []

    def refuse(*args: Any, **_: Any) -> None:
        tried.append(repr(args))
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


@pytest.mark.parametrize("parameter", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
async def test_a_key_brought_along_in_the_header(
    identify: Any, forger: Any, no_network: list[str], parameter: str
) -> None:
    mine = ECKey.generate_key("P-256")
    value = {
        "jwk": mine.as_dict(private=False),
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem",
        "x5c": [base64.b64encode(mine.as_der(private=False)).decode()],
    }.get(parameter, mine.thumbprint())
    header = forger.header(**{parameter: value})
    await rejected(identify, forger.token(header=header))  # even where our own key signed it
    forger.key = mine
    await rejected(identify, forger.token(header=header))
    await rejected(identify, forger.token(header=header | {"kid": mine.thumbprint()}))
    assert no_network == []


# The header: three parameters, each once.


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["urn:example:mine"], [], "exp"])
async def test_a_critical_parameter(identify: Any, forger: Any, crit: Any) -> None:
    await rejected(identify, forger.token(header=forger.header(crit=crit)))
    await rejected(identify, forger.token(header=forger.header(crit=crit, exp=1, b64=True)))


async def test_a_payload_that_is_not_encoded(identify: Any, forger: Any) -> None:
    header = forger.header(b64=False, crit=["b64"])
    await rejected(identify, forger.token(header=header))
    await rejected(identify, forger.token(header=forger.header(b64=False)))


@pytest.mark.parametrize("parameter", ["cty", "zip", "enc", "iss", "nonce", "x", "x5t", "x5t#S256"])
async def test_a_parameter_that_is_of_no_use(identify: Any, forger: Any, parameter: str) -> None:
    await rejected(identify, forger.token(header=forger.header(**{parameter: "JWT"})))


@pytest.mark.parametrize("typ", [..., "JWT", "at+JWT", "jwt", "id_token", "dpop+jwt", None, 1, ""])
async def test_a_token_of_another_type(identify: Any, forger: Any, typ: Any) -> None:
    await rejected(identify, forger.token(header=forger.header(typ=typ)))


async def test_a_member_that_stands_twice_in_the_header(identify: Any, forger: Any) -> None:
    for twice in ('"alg":"none","alg":"ES256"', '"alg":"ES256","alg":"ES256"'):
        header = f'{{"typ":"at+jwt",{twice},"kid":"{forger.kid}"}}'.encode()
        await rejected(identify, forger.token(header=header))


@pytest.mark.parametrize("header", [b"[]", b'"ES256"', b"null", b"1", b"{", b"\xff", b"[" * 5_000])
async def test_a_header_that_is_no_object(identify: Any, forger: Any, header: bytes) -> None:
    await rejected(identify, forger.token(header=header))


# The form.


async def test_an_encrypted_token(identify: Any, forger: Any) -> None:
    public = ECKey.import_key(forger.key.as_dict(private=False))
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "typ": "at+jwt", "kid": forger.kid}
    plain = json.dumps(forger.claims()).encode()
    await rejected(identify, jwe.encrypt_compact(header, plain, public))
    rsa = RSAKey.generate_key(2048)
    header = {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": forger.kid}
    await rejected(identify, jwe.encrypt_compact(header, plain, rsa))


async def test_a_token_of_64_kib(identify: Any, forger: Any) -> None:
    await rejected(identify, forger.token(claims=forger.claims(padding="x" * 65_536)))


async def test_8_kib_is_the_most(identify: Any, forger: Any) -> None:
    room = 8_192 - len(forger.token(claims=forger.claims(padding="")))
    longest = forger.token(claims=forger.claims(padding="x" * (room * 3 // 4)))
    assert 8_190 <= len(longest) <= 8_192
    await accepted(identify, longest)
    await rejected(identify, forger.token(claims=forger.claims(padding="x" * (room * 3 // 4 + 4))))


@pytest.mark.parametrize("change", ["=", "==", "+", "/", " ", "\n", ".", "é", "%2E", ","])
async def test_a_token_with_something_appended(identify: Any, forger: Any, change: str) -> None:
    token = forger.token()
    await rejected(identify, token + change + "A")
    if change != " ":
        await rejected(identify, token + change)
    head, body, signature = token.split(".")
    await rejected(identify, f"{head}{change}.{body}.{signature}")
    await rejected(identify, f"{head}.{body}{change}.{signature}")


async def test_every_flipped_bit_of_the_signature_and_of_the_claims(
    identify: Any, forger: Any
) -> None:
    head, body, signature = forger.token().split(".")
    for name, segment in (("body", body), ("signature", signature)):
        raw = bytearray(base64.urlsafe_b64decode(segment + "=="))
        for bit in range(0, len(raw) * 8, 7):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            other = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
            parts = (other, signature) if name == "body" else (body, other)
            await rejected(identify, ".".join((head, *parts)))


@pytest.mark.parametrize("junk", ["", ".", "..", "...", "a.b.c", "null", "e30.e30.e30", "\x00"])
async def test_junk(identify: Any, junk: str) -> None:
    await rejected(identify, junk)


# The claims, in tokens that our own key signed.


@pytest.mark.parametrize("name", ["client_id", "scope", "exp", "tenant", "iss"])
async def test_a_claim_that_stands_twice(identify: Any, forger: Any, name: str) -> None:
    once = json.dumps(forger.claims())
    again = json.dumps({name: forger.claims()[name]})[1:]
    claims = f"{once[:-1]},{again}".encode()
    assert json.loads(claims) == forger.claims()  # the last one wins, and it is a good one
    await rejected(identify, forger.token(claims=claims))


async def test_a_member_that_stands_twice_deep_inside(identify: Any, forger: Any) -> None:
    claims = json.dumps(forger.claims())[:-1].encode() + b',"act":{"sub":"a","sub":"b"}}'
    await rejected(identify, forger.token(claims=claims))


@pytest.mark.parametrize("claims", [b"[]", b'"a"', b"null", b"", b"{", b"\xff", b"[" * 5_000])
async def test_claims_that_are_no_object(identify: Any, forger: Any, claims: bytes) -> None:
    signed = f"{forger.token().split('.')[0]}.{base64.urlsafe_b64encode(claims).decode()}"
    await rejected(identify, forger.token(claims=claims) if claims else f"{signed}.AAAA")


@pytest.mark.parametrize(
    "name", ["iss", "aud", "client_id", "client_name", "tenant", "scope", "iat", "exp"]
)
async def test_a_claim_left_out_or_of_another_kind(identify: Any, forger: Any, name: str) -> None:
    for value in (..., None, True, [], {}, [forger.claims()[name]], {"a": 1}):
        await rejected(identify, forger.token(claims=forger.claims(**{name: value})))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1", "1e11", '"9"'])
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
async def test_a_time_that_is_none(identify: Any, forger: Any, name: str, number: str) -> None:
    others = json.dumps(forger.claims(**{name: ...}))
    claims = f'{others[:-1]},"{name}":{number}}}'.encode()
    await rejected(identify, forger.token(claims=claims))


async def test_a_time_of_four_hundred_digits(identify: Any, forger: Any) -> None:
    await rejected(identify, forger.token(claims=forger.claims(exp=10**400)))


@pytest.mark.parametrize(
    "issuer",
    [
        f"{ISSUER}/", "https://gateway.example.evil.example", "http://gateway.example",
        "https://GATEWAY.example", "https://gateway.exampl", "gateway.example", f" {ISSUER}",
        f"{ISSUER}:443", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["iss", "aud"])
async def test_an_issuer_or_audience_that_is_almost_ours(
    identify: Any, forger: Any, name: str, issuer: str
) -> None:
    await rejected(identify, forger.token(claims=forger.claims(**{name: issuer})))


@pytest.mark.parametrize(
    "audience", [[ISSUER], [ISSUER, "https://other.example"], {ISSUER: True}, f"{ISSUER} other"]
)
async def test_an_audience_that_is_not_us_alone(identify: Any, forger: Any, audience: Any) -> None:
    await rejected(identify, forger.token(claims=forger.claims(aud=audience)))


async def test_a_token_counts_until_five_seconds_after_its_end(
    identify: Any, forger: Any, clock: Any
) -> None:
    token = forger.token(claims=forger.claims(exp=forger.now + 100))
    clock.forward(seconds=104.999)
    await accepted(identify, token)
    clock.forward(seconds=0.001)
    await rejected(identify, token)


@pytest.mark.parametrize("name", ["iat", "nbf"])
async def test_a_token_counts_from_thirty_seconds_before_its_beginning(
    identify: Any, forger: Any, clock: Any, name: str
) -> None:
    early = forger.token(claims=forger.claims(**{name: forger.now + 31}))
    await rejected(identify, early)
    clock.forward(seconds=0.999)
    await rejected(identify, early)
    clock.forward(seconds=0.001)
    await accepted(identify, early)


async def test_a_remembered_token_still_ends(identify: Any, forger: Any, clock: Any) -> None:
    token = forger.token(claims=forger.claims(exp=forger.now + 10))
    await accepted(identify, token)
    clock.forward(seconds=15)
    await rejected(identify, token)


async def test_a_token_remembered_before_the_clock_was_set_back_is_checked_again(
    identify: Any, forger: Any, clock: Any
) -> None:
    token = forger.token()
    await accepted(identify, token)
    clock.forward(hours=-1)
    await rejected(identify, token)


async def test_a_client_of_another_tenant(identify: Any, forger: Any, stranger: Any) -> None:
    await rejected(identify, forger.token(claims=forger.claims(tenant=stranger.tenant)))


async def test_a_client_that_does_not_exist(identify: Any, forger: Any) -> None:
    await rejected(identify, forger.token(claims=forger.claims(client_id="cli_" + "0" * 26)))


async def test_scopes_that_the_client_never_had(identify: Any, forger: Any) -> None:
    claims = forger.claims(scope="bookings:read bookings:write organization:write")
    who = await accepted(identify, forger.token(claims=claims))
    assert who.scopes == {"bookings:read"}


@pytest.mark.parametrize("locations", ["loc_1", {}, 1, None, [1], [None], [["loc_1"]]])
async def test_locations_of_another_kind(identify: Any, forger: Any, locations: Any) -> None:
    await rejected(identify, forger.token(claims=forger.claims(locations=locations)))
