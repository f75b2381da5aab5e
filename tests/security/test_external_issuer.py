"""What is peculiar to an issuer that an operator named: whom it may speak for, in which words, and where its keys are.

Its tokens are held to what ours are held to: see `test_access_tokens`.
"""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from barberpro.domains.identity.grants.families import TOKEN_OUTLIVES
from barberpro.gateway.credentials.tokens import EARLY_SECONDS, LONGEST_SECONDS
from barberpro.gateway.identify import Identify
from barberpro.gateway.identify.issuers import RemoteKeys, imported, places
from barberpro.gateway.problems import Refusal
from barberpro.platform.outside import Outside, Unreachable, _is_public
from barberpro.platform.settings import ExternalIssuer, Settings

from ..showing import Knock, knocking
from .conftest import ISSUER
from .keyed import b64url
from .remote import Remote, serving


@pytest.fixture(params=["EC", "RSA"])
def remote(request: Any) -> Iterator[Remote]:
    key = ECKey.generate_key("P-256") if request.param == "EC" else RSAKey.generate_key(2048)
    with serving(key) as started:
        yield started


@pytest.fixture
async def client(registering: Any) -> Any:
    return (await registering(scopes=["bookings:read", "people:read"]))[0]


@pytest.fixture
def identify(platform: Any, remote: Remote, client: Any) -> Knock:
    given = ExternalIssuer(
        issuer=remote.url, tenants=[client.organization_id], allow_private_network=True
    )
    settings = platform.settings.model_copy(update={"issuers": [given]})
    return knocking(Identify(replace(platform, settings=settings)))


@pytest.fixture
def token(remote: Remote, client: Any, clock: Any) -> Any:
    """`token(claim=…)` is a token of that issuer, changed; a change to `...` leaves the claim out."""

    def make(*, header: dict[str, Any] | None = None, key: Any = None, **changes: Any) -> Any:
        now = int(clock().timestamp())
        claims = {
            "iss": remote.url, "aud": "https://gateway.example", "sub": "someone", "jti": "1",
            "client_id": client.name, "tenant": client.organization_id, "scope": "bookings:read",
            "iat": now, "exp": now + 600,
        } | changes  # fmt: skip
        alg = "ES256" if isinstance(remote.key, ECKey) else "RS256"
        head = {"typ": "at+jwt", "alg": alg, "kid": remote.kid} | (header or {})
        algorithms = ["ES256", "RS256", "PS256", "HS256"]
        text = jws.serialize_compact(
            {name: value for name, value in head.items() if value is not ...},
            json.dumps({n: v for n, v in claims.items() if v is not ...}).encode(),
            key or remote.key,
            algorithms=algorithms,
            registry=jws.JWSRegistry(algorithms=algorithms, strict_check_header=False),
        )
        return {"authorization": f"Bearer {text}"}

    return make


async def refused(identify: Knock, headers: dict[str, str]) -> None:
    with pytest.raises(Refusal) as raised:
        await identify(headers)
    assert raised.value.status == 401


async def test_a_token_speaks_for_the_client_of_that_name(
    identify: Knock, token: Any, client: Any
) -> None:
    who = await identify(token())
    assert (who.client, who.tenant, who.scopes) == (
        client.id, client.organization_id, {"bookings:read"},
    )  # fmt: skip
    assert (who.user, who.method) == (None, "bearer")


async def test_an_id_token_is_no_access_token(identify: Knock, token: Any) -> None:
    await refused(identify, token(header={"typ": "JWT"}, nonce="n", scope=...))


async def test_an_algorithm_that_was_not_named(
    platform: Any, remote: Remote, client: Any, token: Any
) -> None:
    other = "RS256" if isinstance(remote.key, ECKey) else "ES256"
    given = ExternalIssuer(
        issuer=remote.url, tenants=[client.organization_id], allow_private_network=True,
        algorithms=[other],
    )  # fmt: skip
    settings = platform.settings.model_copy(update={"issuers": [given]})
    await refused(knocking(Identify(replace(platform, settings=settings))), token())
    assert remote.asked == []


async def test_a_client_of_a_tenant_that_the_issuer_does_not_speak_for(
    platform: Any, remote: Remote, client: Any, token: Any
) -> None:
    given = ExternalIssuer(issuer=remote.url, tenants=["org_x"], allow_private_network=True)
    settings = platform.settings.model_copy(update={"issuers": [given]})
    await refused(knocking(Identify(replace(platform, settings=settings))), token())


async def test_nobody_else_issues_tokens_in_our_name(
    platform: Any, remote: Remote, client: Any, token: Any, forger: Any
) -> None:
    us = ExternalIssuer(
        issuer="https://gateway.example", tenants=[client.organization_id],
        jwks_hosts=["127.0.0.1"], allow_private_network=True,
    )  # fmt: skip
    settings = platform.settings.model_copy(update={"issuers": [us]})
    knock = knocking(Identify(replace(platform, settings=settings)))
    await refused(knock, token(iss="https://gateway.example"))
    who = await knock({"authorization": f"Bearer {forger.token()}"})
    assert who.client == forger.client.id  # by our own keys, whatever the settings say


async def test_claims_may_have_other_names(
    platform: Any, remote: Remote, client: Any, token: Any
) -> None:
    given = ExternalIssuer.model_validate(
        {
            "issuer": remote.url, "tenants": [client.organization_id],
            "allow_private_network": True, "audience": "barberpro",
            "claims": {"tenant": "org", "client": "azp", "scope": "scp", "user": "uid"},
        }
    )  # fmt: skip
    settings = platform.settings.model_copy(update={"issuers": [given]})
    knock = knocking(Identify(replace(platform, settings=settings)))
    said = {"org": client.organization_id, "azp": client.name, "scp": ["people:read"], "uid": "u"}
    plain = dict.fromkeys(("tenant", "client_id", "scope", "sub"), ...)
    who = await knock(token(**said, **plain, aud="barberpro"))
    assert (who.client, who.scopes) == (client.id, {"people:read"})
    await refused(knock, token(aud="barberpro"))


async def test_a_hundred_unknown_keys_ask_once_and_again_after_30_seconds(
    identify: Knock, token: Any, remote: Remote, clock: Any
) -> None:
    await identify(token())
    clock.forward(seconds=30)
    remote.asked.clear()
    bad = [token(header={"kid": f"k{number}"}) for number in range(100)]
    await asyncio.gather(*[refused(identify, one) for one in bad])
    assert remote.asked.count("/jwks") == 1
    clock.forward(seconds=29.9)
    await refused(identify, bad[0])
    assert remote.asked.count("/jwks") == 1


async def test_a_new_key_is_found_and_one_that_was_taken_away_is_gone(
    identify: Knock, token: Any, remote: Remote, clock: Any
) -> None:
    old = token()
    await identify(old)
    kind = type(remote.key)
    remote.key = kind.generate_key("P-256") if kind is ECKey else RSAKey.generate_key(2048)  # type: ignore[arg-type]
    remote.publish(remote.key)
    clock.forward(seconds=60)
    await identify(token())
    await refused(identify, old)


async def test_an_issuer_that_is_down_is_believed_for_an_hour(
    identify: Knock, token: Any, remote: Remote, clock: Any
) -> None:
    await identify(token())
    remote.is_down = True
    clock.forward(minutes=64)
    await identify(token())
    clock.forward(minutes=2)
    await refused(identify, token())
    remote.is_down = False
    clock.forward(seconds=30)
    await identify(token())


async def test_a_token_counts_no_longer_than_its_revocation_is_remembered(
    identify: Knock, token: Any, clock: Any
) -> None:
    long = token(exp=int(clock().timestamp()) + 86_400)
    assert timedelta(seconds=LONGEST_SECONDS + EARLY_SECONDS) <= TOKEN_OUTLIVES
    clock.forward(seconds=LONGEST_SECONDS - 1)
    await identify(long)
    clock.forward(seconds=1)
    await refused(identify, long)


async def test_an_issuer_that_does_not_answer_keeps_nobody_waiting_whose_key_is_known(
    clock: Any,
) -> None:
    key = ECKey.generate_key("P-256")
    listed = {"keys": [{**key.as_dict(private=False), "kid": "known"}]}
    answers, asked = asyncio.Event(), 0
    answers.set()

    async def fetch(url: str) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        await answers.wait()
        return listed if url.endswith("/jwks") else {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}

    keys = RemoteKeys(ISSUER, clock, fetch)
    assert await keys.public_key("known") is not None
    answers.clear()
    clock.forward(minutes=5)
    before = asked
    for _ in range(3):
        at_once = asyncio.create_task(keys.public_key("known"))
        await asyncio.sleep(0)
        assert at_once.done()
        assert at_once.result() is not None
    assert asked == before + 1  # and it is asked beside them, once
    clock.forward(hours=1)  # from now on nothing that it showed counts
    waiting = asyncio.create_task(keys.public_key("known"))
    await asyncio.sleep(0)
    assert not waiting.done()
    listed["keys"][0]["kid"] = "new"
    answers.set()
    assert await waiting is None
    clock.forward(seconds=30)
    assert await keys.public_key("new") is not None


async def test_metadata_of_openid_connect_will_do(
    identify: Knock, token: Any, remote: Remote
) -> None:
    known = remote.documents.pop("/.well-known/oauth-authorization-server")
    remote.documents["/.well-known/openid-configuration"] = known
    await identify(token())


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example", "jwks_uri": "{}/jwks"},
        {"jwks_uri": "{}/jwks"},
        {"issuer": "{}/", "jwks_uri": "{}/jwks"},
        {"issuer": "{}"},
        {"issuer": "{}", "jwks_uri": 7},
        {"issuer": "{}", "jwks_uri": "http://localhost:{port}/jwks"},
        {"issuer": "{}", "jwks_uri": "file:///etc/passwd"},
        {"issuer": "{}", "jwks_uri": "http://u:p@127.0.0.1:{port}/jwks"},
        (302, b"", {"Location": "/jwks"}),
        (200, b"[]", {}),
        (200, b"{", {}),
        {"issuer": "{}", "jwks_uri": "{}/jwks", "too_large": "x" * 300_000},
    ],
)
async def test_metadata_that_will_not_do(
    identify: Knock, token: Any, remote: Remote, metadata: Any
) -> None:
    if isinstance(metadata, dict):
        port = remote.url.rpartition(":")[2]
        metadata = {
            n: v.replace("{port}", port).replace("{}", remote.url) if isinstance(v, str) else v
            for n, v in metadata.items()
        }
    remote.documents["/.well-known/oauth-authorization-server"] = metadata
    await refused(identify, token())


@pytest.mark.parametrize(
    "keys", ["x", [7], [{}], [{"use": "enc"}], [{"kty": "oct", "k": "AA"}], [{"d": "AA"}]]
)
async def test_keys_that_are_none(
    identify: Knock, token: Any, remote: Remote, keys: Any, clock: Any
) -> None:
    """A good key in all but what is said here; the issuer is asked for it, and shows it a minute later."""
    good = remote.documents["/jwks"]["keys"][0]
    bad = [good | key if key else key for key in keys if isinstance(key, dict)] or keys
    remote.documents["/jwks"] = {"keys": bad}
    await refused(identify, token())
    assert remote.asked[-1] == "/jwks"
    remote.documents["/jwks"] = {"keys": [good]}
    clock.forward(minutes=1)
    await identify(token())


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")  # as where it serves
@pytest.mark.parametrize(("bits", "is_taken"), [(1_024, False), (2_047, False), (2_048, True)])
def test_a_short_rsa_key(bits: int, is_taken: bool) -> None:
    numbers = rsa.generate_private_key(65_537, bits).public_key().public_numbers()
    n = b64url(numbers.n.to_bytes((bits + 7) // 8))
    jwk = {"kty": "RSA", "kid": "1", "e": "AQAB", "n": n}
    assert bool(imported({"keys": [jwk]})) is is_taken


@pytest.mark.parametrize("status", [201, 302, 404, 500])
async def test_an_answer_that_is_no_success_is_not_read(
    identify: Knock, token: Any, remote: Remote, status: int
) -> None:
    place = "/.well-known/oauth-authorization-server"
    good = json.dumps(remote.documents[place]).encode()
    remote.documents[place] = (status, good, {"Location": place})
    await refused(identify, token())
    assert remote.asked == [place, "/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://evil.example/jwks", "a host that was not named"),
        ("https://id.example.evil.example/jwks", "a host that was not named"),
        ("https://u:p@id.example/jwks", "not a plain URL"),
        ("https://id.example/jwks#x", "not a plain URL"),
        ("http://id.example/jwks", "not https"),
        ("file://id.example/etc/passwd", "not https"),
        ("https://id.example:port/jwks", "not a URL"),
    ],
)
async def test_a_place_that_is_never_called(
    monkeypatch: pytest.MonkeyPatch, url: str, why: str
) -> None:
    def nobody(*_: Any, **__: Any) -> Any:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(Unreachable, match=why):
        await Outside().document(url, {"id.example"})


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254"],  # noqa: S104
)
async def test_addresses_inside_our_network_are_not_called(host: str) -> None:
    name = host.strip("[]")
    for url in (f"https://{host}/jwks", f"http://{host}/jwks"):
        with pytest.raises(Unreachable, match=r"network|https|host"):
            await Outside().document(url, {name})


@pytest.mark.parametrize(
    "address",
    [
        "::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "3fff::1", "5f00::1", "192.88.99.1",
        "::ffff:10.0.0.1", "2002:a00:1::", "224.0.0.1", "ff02::1", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_addresses_that_lead_inwards_or_nowhere(address: str) -> None:
    assert not _is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_everyone(address: str) -> None:
    assert _is_public(address)


async def test_a_slow_issuer_is_left_after_the_deadline() -> None:
    server = await asyncio.start_server(lambda r, w: asyncio.sleep(30), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outside = Outside(frozenset({"127.0.0.1"}), seconds=0.2)
    with pytest.raises(Unreachable, match=r"TimeoutError|slow"):
        await outside.document(f"http://127.0.0.1:{port}/", {"127.0.0.1"})
    server.close()


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "]
)
async def test_an_issuer_that_trickles_is_left_after_the_deadline(head: bytes) -> None:
    ended = asyncio.Event()

    async def trickle(_: Any, to: asyncio.StreamWriter) -> None:
        to.write(head)
        with contextlib.suppress(ConnectionError):
            while True:
                to.write(b" ")
                await to.drain()
                await asyncio.sleep(0.05)
        to.close()
        ended.set()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outside = Outside(frozenset({"127.0.0.1"}), seconds=1.0)
    with pytest.raises(Unreachable, match="too slow"):
        await outside.document(f"http://127.0.0.1:{port}/", {"127.0.0.1"})
    await asyncio.wait_for(ended.wait(), 10)
    assert not [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    server.close()


def test_metadata_stands_where_both_specifications_put_it() -> None:
    assert places("https://id.example/realms/salon") == (
        "https://id.example/.well-known/oauth-authorization-server/realms/salon",
        "https://id.example/realms/salon/.well-known/openid-configuration",
    )


@pytest.mark.parametrize(
    "given",
    [
        {"issuer": "ftp://x", "tenants": ["org_1"]},
        {"issuer": "https://x?y=1", "tenants": ["org_1"]},
        {"issuer": "https://x", "tenants": []},
        {"issuer": "https://x", "tenants": ["org_1"], "algorithms": ["HS256"]},
        {"issuer": "https://x", "tenants": ["org_1"], "algorithms": ["none"]},
        {"issuer": "https://x", "tenants": ["org_1"], "algorithms": []},
        {"issuer": "https://x", "tenants": ["org_1"], "more": 1},
    ],
)
def test_settings_that_will_not_do(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(issuers=[given])  # type: ignore[list-item]
