"""Every way of making a token that we know of, tried at the door where tokens are believed.

Each is tried with tokens of our own and of an issuer that an operator named. What is peculiar to others, how their keys
are found above all, stands in `test_external_issuer`.

Each test names the guard it protects: take that guard out and the test fails.
"""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import event

from barberpro.domains.identity import clients
from barberpro.gateway.credentials.tokens import HARMLESS
from barberpro.gateway.problems import Code, Refusal
from barberpro.platform import ids
from barberpro.platform.revocations import revoke

from .conftest import ISSUER, Forger
from .issuing import Door, another
from .issuing import forger as forger
from .issuing import identify as identify
from .issuing import remote as remote
from .keyed import proof


@pytest.fixture(autouse=True)
async def good(identify: Door, forger: Forger) -> None:
    """The tools work: what a test changes is all that is wrong with its token."""
    who = await identify.accepted(forger.token())
    assert (who.client, who.tenant) == (forger.client.id, forger.client.organization_id)


# The algorithm: one of those that the issuer is known to use, and that its key is for.


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", ""])
async def test_a_token_without_a_signature(identify: Door, forger: Forger, alg: str) -> None:
    header = forger.header(alg=alg)
    await identify.rejected(forger.token(header=header, signer=lambda _: b""))
    await identify.rejected(forger.token(header=header))


async def test_a_good_token_with_its_signature_cut_off(identify: Door, forger: Forger) -> None:
    head, body, signature = forger.token().split(".")
    await identify.rejected(f"{head}.{body}.")
    await identify.rejected(f"{head}.{body}")
    await identify.rejected(f"{head}.{body}.{signature[:-2]}")
    await identify.rejected(f"{head}.{body}.{'A' * len(signature)}")  # r = s = 0


@pytest.mark.parametrize("form", ["pem", "jwk", "raw", "der"])
async def test_hmac_with_the_public_key_as_its_secret(
    identify: Door, forger: Forger, form: str
) -> None:
    public = forger.key.as_dict(private=False)
    secret = {
        "pem": lambda: forger.key.as_pem(private=False),
        "der": lambda: forger.key.as_der(private=False),
        "jwk": lambda: json.dumps(public, separators=(",", ":")).encode(),
        "raw": lambda: str(public["n" if forger.alg == "RS256" else "x"]).encode(),
    }[form]()
    token = forger.token(
        header=forger.header(alg="HS256"), signer=lambda t: hmac.digest(secret, t, hashlib.sha256)
    )
    await identify.rejected(token)


@pytest.mark.parametrize("alg", ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "es256"])
async def test_another_algorithm_in_the_header(identify: Door, forger: Forger, alg: str) -> None:
    other = "ES256" if alg == forger.alg else alg
    await identify.rejected(forger.token(header=forger.header(alg=other)))


# The key: by its id alone, from the issuer's own.


async def test_another_key_under_the_same_id(identify: Door, forger: Forger) -> None:
    forger.key = another(forger.key)
    await identify.rejected(forger.token())


@pytest.mark.parametrize("remote", ["EC", "RSA"], indirect=True)
async def test_a_key_of_another_issuer(identify: Door, forger: Forger, ours: Forger) -> None:
    await identify.accepted(ours.token())
    await identify.rejected(replace(ours, key=forger.key, kid=forger.kid).token())
    await identify.rejected(replace(ours, key=forger.key).token())
    await identify.rejected(replace(forger, key=ours.key, kid=ours.kid).token())
    await identify.rejected(replace(forger, key=ours.key).token())


async def test_no_key_id(identify: Door, forger: Forger) -> None:
    await identify.rejected(forger.token(header=forger.header(kid=...)))


@pytest.mark.parametrize("kid", [None, 1, ["k"], {"k": 1}, True, ""])
async def test_a_key_id_that_is_not_text(identify: Door, forger: Forger, kid: Any) -> None:
    await identify.rejected(forger.token(header=forger.header(kid=kid)))


@pytest.mark.parametrize(
    "kid", ["../../../../dev/null", "/dev/null", "' OR '1'='1", "x' UNION SELECT 1 --", "\x00"]
)
async def test_a_key_id_that_is_a_path_or_sql(identify: Door, forger: Forger, kid: str) -> None:
    await identify.rejected(forger.token(header=forger.header(kid=kid)))


@pytest.mark.parametrize("remote", ["ours"], indirect=True)
async def test_a_hundred_unknown_keys_make_one_query(
    identify: Door, forger: Forger, platform: Any
) -> None:
    queries: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "signing_keys" in statement:
            queries.append(statement)

    engine = platform.database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        for number in range(100):
            await identify.rejected(forger.token(header=forger.header(kid=f"k{number}")))
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
    identify: Door, forger: Forger, no_network: list[str], parameter: str
) -> None:
    mine = another(forger.key)
    value = {
        "jwk": mine.as_dict(private=False),
        "jku": "https://evil.example/jwks.json",
        "x5u": "https://evil.example/cert.pem",
        "x5c": [base64.b64encode(mine.as_der(private=False)).decode()],
    }.get(parameter, mine.thumbprint())
    header = forger.header(**{parameter: value})
    if not (forger.is_other and parameter in HARMLESS):
        await identify.rejected(forger.token(header=header))  # even where the issuer's key signed
    forger.key = mine
    await identify.rejected(forger.token(header=header))
    await identify.rejected(forger.token(header=header | {"kid": mine.thumbprint()}))
    assert no_network == []


# The header: three parameters, each once.


@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["urn:example:mine"], [], "exp"])
async def test_a_critical_parameter(identify: Door, forger: Forger, crit: Any) -> None:
    await identify.rejected(forger.token(header=forger.header(crit=crit)))
    await identify.rejected(forger.token(header=forger.header(crit=crit, exp=1, b64=True)))


async def test_a_payload_that_is_not_encoded(identify: Door, forger: Forger) -> None:
    header = forger.header(b64=False, crit=["b64"])
    await identify.rejected(forger.token(header=header))
    await identify.rejected(forger.token(header=forger.header(b64=False)))


@pytest.mark.parametrize("parameter", ["cty", "zip", "enc", "iss", "nonce", "x"])
async def test_a_parameter_that_is_of_no_use(
    identify: Door, forger: Forger, parameter: str
) -> None:
    await identify.rejected(forger.token(header=forger.header(**{parameter: "JWT"})))


@pytest.mark.parametrize("parameter", sorted(HARMLESS))
async def test_others_may_name_a_certificate_and_we_do_not(
    identify: Door, forger: Forger, parameter: str
) -> None:
    token = forger.token(header=forger.header(**{parameter: "JWT"}))
    await (identify.accepted if forger.is_other else identify.rejected)(token)


@pytest.mark.parametrize("typ", [..., "JWT", "at+JWT", "jwt", "id_token", "dpop+jwt", None, 1, ""])
async def test_a_token_of_another_type(identify: Door, forger: Forger, typ: Any) -> None:
    await identify.rejected(forger.token(header=forger.header(typ=typ)))


async def test_a_member_that_stands_twice_in_the_header(identify: Door, forger: Forger) -> None:
    alg = f'"alg":"{forger.alg}"'
    for twice in (f'"alg":"none",{alg}', f"{alg},{alg}"):
        header = f'{{"typ":"at+jwt",{twice},"kid":"{forger.kid}"}}'.encode()
        await identify.rejected(forger.token(header=header))


@pytest.mark.parametrize("header", [b"[]", b'"ES256"', b"null", b"1", b"{", b"\xff", b"[" * 5_000])
async def test_a_header_that_is_no_object(identify: Door, forger: Forger, header: bytes) -> None:
    await identify.rejected(forger.token(header=header))


# The form.


async def test_an_encrypted_token(identify: Door, forger: Forger) -> None:
    public = type(forger.key).import_key(forger.key.as_dict(private=False))
    by = "RSA-OAEP" if isinstance(public, RSAKey) else "ECDH-ES"
    header = {"alg": by, "enc": "A128GCM", "typ": "at+jwt", "kid": forger.kid}
    plain = json.dumps(forger.claims()).encode()
    await identify.rejected(jwe.encrypt_compact(header, plain, public))
    rsa = RSAKey.generate_key(2048)
    header = {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": forger.kid}
    await identify.rejected(jwe.encrypt_compact(header, plain, rsa))


async def test_a_token_of_64_kib(identify: Door, forger: Forger) -> None:
    await identify.rejected(forger.token(claims=forger.claims(padding="x" * 65_536)))


async def test_8_kib_is_the_most(identify: Door, forger: Forger) -> None:
    room = 8_192 - len(forger.token(claims=forger.claims(padding="")))
    longest = forger.token(claims=forger.claims(padding="x" * (room * 3 // 4)))
    assert 8_190 <= len(longest) <= 8_192
    await identify.accepted(longest)
    await identify.rejected(forger.token(claims=forger.claims(padding="x" * (room * 3 // 4 + 4))))


@pytest.mark.parametrize("change", ["=", "==", "+", "/", " ", "\n", ".", "é", "%2E", ","])
async def test_a_token_with_something_appended(identify: Door, forger: Forger, change: str) -> None:
    token = forger.token()
    await identify.rejected(token + change + "A")
    if change != " ":
        await identify.rejected(token + change)
    head, body, signature = token.split(".")
    await identify.rejected(f"{head}{change}.{body}.{signature}")
    await identify.rejected(f"{head}.{body}{change}.{signature}")


async def test_every_flipped_bit_of_the_signature_and_of_the_claims(
    identify: Door, forger: Forger
) -> None:
    head, body, signature = forger.token().split(".")
    for name, segment in (("body", body), ("signature", signature)):
        raw = bytearray(base64.urlsafe_b64decode(segment + "=="))
        for bit in range(0, len(raw) * 8, 7):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            other = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
            parts = (other, signature) if name == "body" else (body, other)
            await identify.rejected(".".join((head, *parts)))


@pytest.mark.parametrize("junk", ["", ".", "..", "...", "a.b.c", "null", "e30.e30.e30", "\x00"])
async def test_junk(identify: Door, junk: str) -> None:
    await identify.rejected(junk)


# The claims, in tokens that the issuer's own key signed.


@pytest.mark.parametrize("name", ["client_id", "scope", "exp", "tenant", "iss"])
async def test_a_claim_that_stands_twice(identify: Door, forger: Forger, name: str) -> None:
    once = json.dumps(forger.claims())
    again = json.dumps({name: forger.claims()[name]})[1:]
    claims = f"{once[:-1]},{again}".encode()
    assert json.loads(claims) == forger.claims()  # the last one wins, and it is a good one
    await identify.rejected(forger.token(claims=claims))


async def test_a_member_that_stands_twice_deep_inside(identify: Door, forger: Forger) -> None:
    claims = json.dumps(forger.claims())[:-1].encode() + b',"act":{"sub":"a","sub":"b"}}'
    await identify.rejected(forger.token(claims=claims))


@pytest.mark.parametrize("claims", [b"[]", b'"a"', b"null", b"", b"{", b"\xff", b"[" * 5_000])
async def test_claims_that_are_no_object(identify: Door, forger: Forger, claims: bytes) -> None:
    signed = f"{forger.token().split('.')[0]}.{base64.urlsafe_b64encode(claims).decode()}"
    await identify.rejected(forger.token(claims=claims) if claims else f"{signed}.AAAA")


@pytest.mark.parametrize(
    "name", ["iss", "aud", "sub", "client_id", "client_name", "tenant", "scope", "iat", "exp"]
)
async def test_a_claim_left_out_or_of_another_kind(
    identify: Door, forger: Forger, name: str
) -> None:
    good = forger.claims().get(name)
    free = {"aud": [[good]], "scope": [[], [good]]}.get(name, []) if forger.is_other else []
    for value in (..., None, True, [], {}, [good], {"a": 1}):
        token = forger.token(claims=forger.claims(**{name: value}))
        is_good = value in free or (forger.is_other and name == "client_name")
        await (identify.accepted if is_good else identify.rejected)(token)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1", "1e11", '"9"', "true"]
)
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
async def test_a_time_that_is_none(identify: Door, forger: Forger, name: str, number: str) -> None:
    others = json.dumps(forger.claims(**{name: ...}))
    claims = f'{others[:-1]},"{name}":{number}}}'.encode()
    await identify.rejected(forger.token(claims=claims))


async def test_a_time_of_four_hundred_digits(identify: Door, forger: Forger) -> None:
    await identify.rejected(forger.token(claims=forger.claims(exp=10**400)))


@pytest.mark.parametrize(
    "almost",
    [
        lambda url: f"{url}/", lambda url: f"{url}.evil.example", lambda url: url[:-1],
        lambda url: url.replace("https:", "x:").replace("http:", "https:").replace("x:", "http:"),
        lambda url: url.upper(), lambda url: url.partition("//")[2], lambda url: f" {url}",
        lambda url: f"{url}:443", lambda _: "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["iss", "aud"])
async def test_an_issuer_or_audience_that_is_almost_the_right_one(
    identify: Door, forger: Forger, name: str, almost: Callable[[str], str]
) -> None:
    wrong = almost(forger.claims()[name])
    assert wrong != forger.claims()[name]
    await identify.rejected(forger.token(claims=forger.claims(**{name: wrong})))


@pytest.mark.parametrize(
    "audience",
    [
        {ISSUER: True}, f"{ISSUER} other", ["https://other.example"], [f"{ISSUER}/"], [[ISSUER]],
        "https://other.example",
    ],
)  # fmt: skip
async def test_an_audience_without_us(identify: Door, forger: Forger, audience: Any) -> None:
    await identify.rejected(forger.token(claims=forger.claims(aud=audience)))


@pytest.mark.parametrize("audience", [[ISSUER], ["https://other.example", ISSUER]])
async def test_our_tokens_are_for_us_alone_and_others_for_us_among_others(
    identify: Door, forger: Forger, audience: list[str]
) -> None:
    token = forger.token(claims=forger.claims(aud=audience))
    await (identify.accepted if forger.is_other else identify.rejected)(token)


async def test_a_token_counts_until_five_seconds_after_its_end(
    identify: Door, forger: Forger, clock: Any
) -> None:
    token = forger.token(claims=forger.claims(exp=forger.now + 100))
    clock.forward(seconds=104.999)
    await identify.accepted(token)
    clock.forward(seconds=0.001)
    await identify.rejected(token)


@pytest.mark.parametrize("name", ["iat", "nbf"])
async def test_a_token_counts_from_thirty_seconds_before_its_beginning(
    identify: Door, forger: Forger, clock: Any, name: str
) -> None:
    early = forger.token(claims=forger.claims(**{name: forger.now + 31}))
    await identify.rejected(early)
    clock.forward(seconds=0.999)
    await identify.rejected(early)
    clock.forward(seconds=0.001)
    await identify.accepted(early)


async def test_a_remembered_token_still_ends(identify: Door, forger: Forger, clock: Any) -> None:
    token = forger.token(claims=forger.claims(exp=forger.now + 10))
    await identify.accepted(token)
    clock.forward(seconds=15)
    await identify.rejected(token)


async def test_a_token_remembered_before_the_clock_was_set_back_is_checked_again(
    identify: Door, forger: Forger, clock: Any
) -> None:
    token = forger.token()
    await identify.accepted(token)
    clock.forward(hours=-1)
    await identify.rejected(token)


async def test_a_client_of_another_tenant(identify: Door, forger: Forger, stranger: Any) -> None:
    await identify.rejected(forger.token(claims=forger.claims(tenant=stranger.tenant)))


@pytest.mark.parametrize("tenant", ["", "org_" + "0" * 26, "*", "cli_x"])
async def test_a_tenant_that_does_not_exist(identify: Door, forger: Forger, tenant: str) -> None:
    await identify.rejected(forger.token(claims=forger.claims(tenant=tenant)))


@pytest.mark.parametrize("client", ["cli_" + "0" * 26, "nobody", ""])
async def test_a_client_that_does_not_exist(identify: Door, forger: Forger, client: str) -> None:
    await identify.rejected(forger.token(claims=forger.claims(client_id=client)))


async def test_a_client_by_its_id_or_name_where_it_is_the_other(
    identify: Door, forger: Forger
) -> None:
    wrong = forger.client.id if forger.is_other else forger.client.name
    await identify.rejected(forger.token(claims=forger.claims(client_id=wrong, sub=wrong)))


@pytest.mark.parametrize("claim", ["jti", "gid"])
async def test_a_token_that_was_revoked_or_whose_grant_was(
    identify: Door, forger: Forger, opening: Any, clock: Any, claim: str
) -> None:
    name = ids.new("tok")
    token = forger.token(claims=forger.claims(**{claim: name}))
    await identify.accepted(token)
    async with opening() as tx:
        await revoke(tx, name, tx.now + timedelta(hours=2))
    clock.forward(seconds=5)
    await identify.rejected(token)
    await identify.accepted(forger.token(claims=forger.claims(**{claim: f"{name}x"})))


async def test_a_suspended_client(identify: Door, forger: Forger, opening: Any, clock: Any) -> None:
    async with opening() as tx:
        await clients.suspend_client(tx, forger.client.id)
    clock.forward(seconds=5)
    await identify.rejected(forger.token())


@pytest.mark.parametrize(
    "bound",
    [{"jkt": "x" * 43}, {"x5t#S256": "x" * 43}, {"kid": "x"}, {"jkt": 1}, "x", [], None, 1],
)
async def test_a_token_that_is_bound_and_shown_alone(
    identify: Door, forger: Forger, bound: Any
) -> None:
    await identify.rejected(forger.token(claims=forger.claims(cnf=bound)))


async def test_a_token_that_is_bound_to_nothing_shown_with_a_proof(
    identify: Door, forger: Forger
) -> None:
    key, token = ECKey.generate_key("P-256"), forger.token()
    shown = {"authorization": f"DPoP {token}", "dpop": proof(key, forger.now, token)}
    with pytest.raises(Refusal) as raised:
        await identify(shown)
    assert (raised.value.code, raised.value.status) == (Code.UNAUTHENTICATED, 401)
    challenge = 'DPoP realm="BarberPro", algs="ES256 Ed25519", error="invalid_token"'
    assert raised.value.headers == {"WWW-Authenticate": challenge}


async def test_scopes_that_the_client_never_had(identify: Door, forger: Forger) -> None:
    claims = forger.claims(scope="bookings:read bookings:write organization:write")
    who = await identify.accepted(forger.token(claims=claims))
    assert who.scopes == {"bookings:read"}


@pytest.mark.parametrize("locations", ["loc_1", {}, 1, None, [1], [None], [["loc_1"]]])
async def test_locations_of_another_kind(identify: Door, forger: Forger, locations: Any) -> None:
    await identify.rejected(forger.token(claims=forger.claims(locations=locations)))
