"""HTTP message signatures (RFC 9421): what is signed is what came, once, now, and by whom it says."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey
from starlette.datastructures import Headers

from barberpro.domains.identity.keys import service as keys
from barberpro.gateway.credentials.signatures import Message, read, verify
from barberpro.gateway.problems import Refusal

from ..showing import Knock
from .keyed import URL

BODY = b'{"query":"{ viewer { clientName } }"}'
ALL = ("@method", "@authority", "@target-uri", "content-digest", "content-type")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def digest(body: bytes, name: str = "sha-256") -> str:
    return f"{name}=:{b64(hashlib.new(name.replace('-', ''), body).digest())}:"


@dataclass
class Signer:
    """A partner with a registered key."""

    keyid: str
    key: ECKey | OKPKey
    now: int

    def request(self, components: tuple[str, ...] = ALL, **given: Any) -> dict[str, Any]:
        """Headers and the other parts of a signed request. `parameters` and `signed` change what is said and meant."""
        body = given.get("body", BODY)
        headers = {"content-type": "application/json", "content-digest": digest(body)}
        headers |= given.get("headers", {})
        said = {
            "created": self.now, "expires": self.now + 300,
            "nonce": secrets.token_urlsafe(18), "keyid": self.keyid, "tag": "barberpro",
        } | given.get("parameters", {})  # fmt: skip
        about = "".join(
            f";{name}={value}" if isinstance(value, int) else f';{name}="{value}"'
            for name, value in said.items()
            if value is not ...
        )
        quoted = " ".join(f'"{name}"' for name in components)
        listed = f"({quoted}){about}"
        facts = {"@method": "POST", "@authority": "gateway.example", "@target-uri": URL} | headers
        facts |= given.get("signed", {})
        lines = [f'"{name}": {facts[name]}' for name in components if name in facts]
        base = "\n".join([*lines, f'"@signature-params": {listed}'])
        label = given.get("label", "sig1")
        return {
            "headers": headers
            | {
                "signature-input": f"{label}={listed}",
                "signature": f"{label}=:{b64(self.sign(base.encode()))}:",
            },
            "body": body,
        }

    def sign(self, base: bytes) -> bytes:
        private: Any = self.key.private_key
        if isinstance(self.key, OKPKey):
            return private.sign(base)
        r, s = utils.decode_dss_signature(private.sign(base, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


@pytest.fixture(params=["EC", "OKP"])
async def signer(request: Any, registering: Any, opening: Any, clock: Any) -> Signer:
    key = ECKey.generate_key("P-256") if request.param == "EC" else OKPKey.generate_key("Ed25519")
    client, _ = await registering()
    async with opening() as tx:
        row = await keys.register_public_key(
            tx, client=client.id, name="erp", scopes=["bookings:read"],
            public_key=key.as_dict(private=False),
        )  # fmt: skip
    return Signer(row.id, key, int(clock().timestamp()))


async def refused(identify: Knock, request: dict[str, Any], **changes: Any) -> None:
    with pytest.raises(Refusal) as raised:
        await identify(**(request | changes))
    assert raised.value.status == 401


async def test_a_signed_request_speaks_for_the_client_of_its_key(
    identify: Knock, signer: Signer
) -> None:
    who = await identify(**signer.request())
    assert (who.method, who.credential, who.scopes) == (
        "signature", signer.keyid, {"bookings:read"},
    )  # fmt: skip


async def test_a_signature_is_good_once(identify: Knock, signer: Signer) -> None:
    request = signer.request()
    await identify(**request)
    await refused(identify, request)


async def test_a_refused_request_does_not_use_its_nonce_up(identify: Knock, signer: Signer) -> None:
    request = signer.request()
    await refused(identify, request, body=BODY + b" ")
    await identify(**request)


async def test_another_body(identify: Knock, signer: Signer) -> None:
    await refused(identify, signer.request(), body=BODY.replace(b"viewer", b"reveiw"))
    await refused(identify, signer.request(), body=b"")


async def test_another_body_with_a_digest_of_its_own(identify: Knock, signer: Signer) -> None:
    request = signer.request()
    request["headers"]["content-digest"] = digest(b"{}")
    await refused(identify, request, body=b"{}")


async def test_a_second_digest_that_lies(identify: Knock, signer: Signer) -> None:
    both = {"content-digest": f"{digest(BODY)}, {digest(BODY, 'sha-512')}"}
    await identify(**signer.request(headers=both))
    lies = {"content-digest": f"{digest(BODY)}, {digest(b'{}', 'sha-512')}"}
    await refused(identify, signer.request(headers=lies))
    unknown = {"content-digest": f"{digest(BODY)}, {digest(BODY, 'md5')}"}
    await refused(identify, signer.request(headers=unknown))


@pytest.mark.parametrize("left_out", ALL)
async def test_a_part_that_is_not_covered(identify: Knock, signer: Signer, left_out: str) -> None:
    covered = tuple(name for name in ALL if name != left_out)
    await refused(identify, signer.request(covered))


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("@method", "GET"),
        ("@authority", "evil.example"),
        ("@target-uri", "https://gateway.example/other"),
        ("content-type", "text/plain"),
    ],
)
async def test_a_signature_over_something_else(
    identify: Knock, signer: Signer, part: str, other: str
) -> None:
    await refused(identify, signer.request(signed={part: other}))


async def test_a_request_moved_to_another_url_or_method(identify: Knock, signer: Signer) -> None:
    await refused(identify, signer.request(), url=URL + "?a=1")
    await refused(identify, signer.request(), url="https://gateway.example/oauth/token")
    await refused(identify, signer.request(), method="PUT")


async def test_a_covered_header_that_was_changed_or_dropped(
    identify: Knock, signer: Signer
) -> None:
    request = signer.request((*ALL, "x-shop"), headers={"x-shop": "centro"})
    assert (await identify(**request)).method == "signature"
    request = signer.request((*ALL, "x-shop"), headers={"x-shop": "centro"})
    request["headers"]["x-shop"] = "norte"
    await refused(identify, request)
    del request["headers"]["x-shop"]
    await refused(identify, request)


@pytest.mark.parametrize("component", ["@query", "@status", "@path", "@signature-params", "x-no"])
async def test_a_component_that_is_not_known(
    identify: Knock, signer: Signer, component: str
) -> None:
    await refused(identify, signer.request((*ALL, component), signed={component: ""}))


async def test_a_component_twice(identify: Knock, signer: Signer) -> None:
    await refused(identify, signer.request((*ALL, "@method")))


@pytest.mark.parametrize(
    ("created", "expires", "is_good"),
    [
        (0, 300, True), (-299, 300, True), (-300, 300, False), (-301, 300, False),
        (30, 300, True), (31, 300, False), (-10, 0, False), (-10, 1, True),
        (-299, 100_000, True), (-300, 100_000, False), (0, ..., True), (-300, ..., False),
    ],
)  # fmt: skip
async def test_the_time_of_a_signature(
    identify: Knock, signer: Signer, created: int, expires: Any, is_good: bool
) -> None:
    until = ... if expires is ... else signer.now + expires
    request = signer.request(parameters={"created": signer.now + created, "expires": until})
    if is_good:
        await identify(**request)
    else:
        await refused(identify, request)


@pytest.mark.parametrize("name", ["created", "nonce", "keyid", "tag"])
async def test_a_parameter_that_is_missing(identify: Knock, signer: Signer, name: str) -> None:
    await refused(identify, signer.request(parameters={name: ...}))


@pytest.mark.parametrize(
    "parameters",
    [
        {"tag": "another-app"}, {"tag": ""}, {"nonce": "short"}, {"nonce": "n" * 129},
        {"keyid": "key_01h455vb4pex5vsknk084sn02q"}, {"keyid": "../key"}, {"keyid": ""},
        {"created": "1"}, {"nonce": 1_234_567_890}, {"more": "x"}, {"alg": "hmac-sha256"},
        {"alg": "rsa-v1_5-sha256"}, {"alg": ""},
    ],
)  # fmt: skip
async def test_a_parameter_that_will_not_do(
    identify: Knock, signer: Signer, parameters: dict[str, Any]
) -> None:
    await refused(identify, signer.request(parameters=parameters))


async def test_the_algorithm_is_the_keys_and_may_be_said(identify: Knock, signer: Signer) -> None:
    names = ("ecdsa-p256-sha256", "ed25519")
    own, other = names if isinstance(signer.key, ECKey) else names[::-1]
    await identify(**signer.request(parameters={"alg": own}))
    await refused(identify, signer.request(parameters={"alg": other}))


async def test_labels_that_do_not_belong_together(identify: Knock, signer: Signer) -> None:
    request = signer.request()
    request["headers"]["signature"] = request["headers"]["signature"].replace("sig1=", "sig2=")
    await refused(identify, request)


async def test_two_signatures(identify: Knock, signer: Signer) -> None:
    one, two = signer.request()["headers"], signer.request(label="sig2")["headers"]
    names = ("signature", "signature-input")
    joined = {n: f"{one[n]}, {two[n]}" for n in names}
    await refused(identify, {"headers": one | joined, "body": BODY})
    for repeated in (names, names[:1], names[1:]):
        lines = [*one.items(), *[(name, two[name]) for name in repeated]]
        raw = [(name.encode(), value.encode()) for name, value in lines]
        await refused(identify, {"headers": Headers(raw=raw), "body": BODY})


async def test_a_signature_beside_another_credential(
    identify: Knock, signer: Signer, forger: Any
) -> None:
    """Even where both are good: who reads one of them and who reads the other would see two callers."""
    for token in ("x", forger.token()):
        request = signer.request()
        request["headers"]["authorization"] = f"Bearer {token}"
        await refused(identify, request)


@pytest.mark.parametrize("header", ["signature", "signature-input", "content-digest"])
@pytest.mark.parametrize("value", [None, "", "sig1", "sig1=::", "(", '"', "sig1=" + "x" * 3_000])
async def test_junk(identify: Knock, signer: Signer, header: str, value: str | None) -> None:
    request = signer.request()
    if value is None:
        del request["headers"][header]
    else:
        request["headers"][header] = value
    await refused(identify, request)


async def test_a_signature_by_another_key(identify: Knock, signer: Signer) -> None:
    thief = type(signer.key).generate_key(signer.key.curve_name)
    await refused(identify, Signer(signer.keyid, thief, signer.now).request())


async def test_an_api_key_checks_no_signatures(
    identify: Knock, signer: Signer, registering: Any, opening: Any
) -> None:
    client, _ = await registering()
    async with opening() as tx:
        key, _ = await keys.make_api_key(tx, client=client.id, name="x", scopes=["bookings:read"])
    await refused(identify, Signer(key.id, signer.key, signer.now).request())


async def test_a_revoked_key(identify: Knock, signer: Signer, opening: Any, clock: Any) -> None:
    await identify(**signer.request())
    async with opening() as tx:
        await keys.revoke_key(tx, signer.keyid)
    clock.forward(seconds=5)
    await refused(identify, signer.request())


def test_the_example_of_the_rfc_has_the_base_that_we_compute() -> None:
    """RFC 9421 section B.2.6: its key, its signature, its base; the profile's own demands aside."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}
    lines = [
        '"date": Tue, 20 Apr 2021 02:07:55 GMT', '"@method": POST', '"@path": /foo',
        '"@authority": example.com', '"content-type": application/json', '"content-length": 18',
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" '
        '"content-length");created=1618884473;keyid="test-key-ed25519"',
    ]  # fmt: skip
    signature = base64.b64decode(
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )
    from barberpro.gateway.credentials.signatures import Signed

    verify(Signed("k", "n", "\n".join(lines).encode(), signature, None, 0), jwk, "ed25519")


def test_the_base_is_the_one_that_was_signed() -> None:
    headers = [("content-type", "application/json"), ("content-digest", digest(b""))]
    listed = '("@method" "@authority" "@target-uri" "content-digest" "content-type")'
    about = ';created=1000;keyid="k";nonce="0123456789abcdef";tag="barberpro"'
    headers += [("signature-input", f"s={listed}{about}"), ("signature", f"s=:{b64(b'x' * 64)}:")]
    url = "https://Api.Example:443/graphql?x=1"
    assert read(Message("POST", url, headers, b""), 1000.0).text.decode() == (
        '"@method": POST\n"@authority": api.example\n"@target-uri": ' + url + "\n"
        f'"content-digest": {digest(b"")}\n"content-type": application/json\n'
        f'"@signature-params": {listed}{about}'
    )
