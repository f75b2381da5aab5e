"""A token bound to a certificate (RFC 8705) is worth nothing without the connection behind it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request

from barberpro.gateway.identify import Identify, presented
from barberpro.gateway.identify.presented import CONNECTION
from barberpro.gateway.oauth.tokens import issue
from barberpro.gateway.problems import Refusal

from ..showing import Knock, knocking
from .keyed import b64url, certificate, self_signed, x5t

PROXY = "10.1.2.3"


@pytest.fixture
def identify(platform: Any) -> Knock:
    settings = platform.settings.model_copy(update={"certificate_proxies": ["10.1.2.0/30"]})
    return knocking(Identify(replace(platform, settings=settings)))


@pytest.fixture
def held(clock: Any) -> bytes:
    """The partner's certificate."""
    return certificate(clock())


@pytest.fixture
async def bound(platform: Any, registering: Any, clock: Any, held: bytes) -> dict[str, str]:
    """The header with a token that is bound to it."""
    row, _ = await registering(scopes=["bookings:read"])
    token = issue(
        platform.keys, platform.settings, clock(), row, row.scopes,
        confirmation={"x5t#S256": x5t(held)},
    )  # fmt: skip
    return {"authorization": f"Bearer {token.text}"}


def handed_on(der: bytes) -> dict[str, str]:
    import base64

    return {"client-cert": f":{base64.b64encode(der).decode()}:"}


async def refused(identify: Knock, headers: dict[str, str], **changes: Any) -> None:
    with pytest.raises(Refusal) as raised:
        await identify(headers, **changes)
    assert raised.value.status == 401


async def test_the_certificate_of_the_connection(
    identify: Knock, bound: dict[str, str], held: bytes
) -> None:
    who = await identify(bound, certificate=held)
    assert (who.method, who.scopes) == ("mtls", {"bookings:read"})


async def test_the_certificate_that_our_proxy_hands_on(
    identify: Knock, bound: dict[str, str], held: bytes
) -> None:
    assert (await identify(bound | handed_on(held), peer=PROXY)).method == "mtls"


@pytest.mark.parametrize("peer", ["10.1.2.4", "203.0.113.9", "unknown", "", "::1"])
async def test_a_certificate_in_a_header_from_anyone_else(
    identify: Knock, bound: dict[str, str], held: bytes, peer: str
) -> None:
    await refused(identify, bound | handed_on(held), peer=peer)


async def test_where_no_proxy_is_named_no_header_is_believed(
    platform: Any, bound: dict[str, str], held: bytes
) -> None:
    await refused(knocking(Identify(platform)), bound | handed_on(held), peer=PROXY)


async def test_the_caller_cannot_name_the_proxys_address(
    identify: Knock, bound: dict[str, str], held: bytes
) -> None:
    """The peer is the connection's, whatever `X-Forwarded-For` made of the caller's address."""
    await refused(identify, bound | handed_on(held), peer="203.0.113.9", address=PROXY)


async def test_no_certificate_at_all(identify: Knock, bound: dict[str, str]) -> None:
    await refused(identify, bound)
    await refused(identify, bound, peer=PROXY)


async def test_another_certificate(
    identify: Knock, bound: dict[str, str], clock: Any, held: bytes
) -> None:
    other = certificate(clock())
    await refused(identify, bound, certificate=other)
    await refused(identify, bound | handed_on(other), peer=PROXY)
    # The connection's own counts, not what the caller writes beside it.
    await refused(identify, bound | handed_on(held), peer=PROXY, certificate=other)


async def test_a_certificate_that_is_over_or_not_yet_in_force(
    identify: Knock, bound: dict[str, str], held: bytes, platform: Any, registering: Any, clock: Any
) -> None:
    row, _ = await registering()
    for days in (-1, 31):
        clock.forward(days=days)
        token = issue(
            platform.keys, platform.settings, clock(), row, row.scopes,
            confirmation={"x5t#S256": x5t(held)},
        )  # fmt: skip
        headers = {"authorization": f"Bearer {token.text}"}
        await refused(identify, headers, certificate=held)
        clock.forward(days=-days)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.strip(":"),
        lambda value: f"{value}, {value}",
        lambda value: value[:-10] + ":",
        lambda value: ":!!!!:",
        lambda value: "::",
        lambda value: ":",
        lambda value: "",
        lambda value: f":{b64url(b'no certificate')}:",
        lambda value: ":" + "A" * 9_000 + ":",
    ],
)
async def test_a_header_that_holds_no_certificate(
    identify: Knock, bound: dict[str, str], held: bytes, change: Callable[[str], str]
) -> None:
    header = {"client-cert": change(handed_on(held)["client-cert"])}
    await refused(identify, bound | header, peer=PROXY)


async def test_two_certificate_headers(identify: Knock, bound: dict[str, str], held: bytes) -> None:
    from starlette.datastructures import Headers

    one = (b"client-cert", handed_on(held)["client-cert"].encode())
    raw = [(b"authorization", bound["authorization"].encode()), one, one]
    await refused(identify, Headers(raw=raw), peer=PROXY)  # type: ignore[arg-type]


async def test_a_token_that_is_not_bound_needs_no_certificate(
    identify: Knock, platform: Any, registering: Any, clock: Any, held: bytes
) -> None:
    row, _ = await registering()
    token = issue(platform.keys, platform.settings, clock(), row, row.scopes).text
    who = await identify({"authorization": f"Bearer {token}"}, certificate=held)
    assert who.method == "bearer"


async def test_what_the_connection_showed_is_read_from_our_server_alone(platform: Any) -> None:
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/gr%61phql",
        "query_string": b"a=1", "headers": [(b"host", b"evil.example"), (b"X-Twice", b"1")],
        "client": ("203.0.113.9", 5), "scheme": "http", "server": ("evil.example", 80),
    }  # fmt: skip
    bare = presented(Request(scope), b"body", platform.settings)
    assert (bare.peer, bare.address, bare.certificate) == ("203.0.113.9", "203.0.113.9", None)
    assert (bare.url, bare.method, bare.body) == (
        "https://gateway.example/gr%61phql?a=1", "POST", b"body",
    )  # fmt: skip
    told = {CONNECTION: {"peer": PROXY, "certificate": b"der"}}
    full = presented(Request(scope | {"extensions": told}), b"", platform.settings)
    assert (full.peer, full.address, full.certificate) == (PROXY, "203.0.113.9", b"der")


async def test_over_real_tls_the_connection_shows_its_certificate(
    tmp_path: Any, clock: Any, platform: Any
) -> None:
    """uvicorn with our protocol: a caller with a certificate, one without, and one that writes the header itself."""
    import asyncio
    import datetime
    import ssl

    import httpx
    import uvicorn

    from barberpro.gateway.connection import Connection

    now = datetime.datetime.now(datetime.UTC)
    server_files, client_files = [keyed_files(tmp_path, name, now) for name in ("server", "caller")]
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(presented(Request(scope), b"", platform.settings))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    config = uvicorn.Config(
        application, port=0, http=Connection, lifespan="off", log_config=None,
        ssl_certfile=server_files[0], ssl_keyfile=server_files[1],
        ssl_ca_certs=client_files[0], ssl_cert_reqs=ssl.CERT_OPTIONAL,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    forwarded = {"x-forwarded-for": "198.51.100.1"} | handed_on(b"forged")
    for files in (client_files, None):
        trusting = ssl.create_default_context(cafile=server_files[0])
        if files:
            trusting.load_cert_chain(*files)
        async with httpx.AsyncClient(verify=trusting) as caller:
            await caller.get(f"https://localhost:{port}/x", headers=forwarded)
    server.should_exit = True
    await serving
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "caller.pem").read_text())
    assert [(one.peer, one.address, one.certificate) for one in seen] == [
        ("127.0.0.1", "198.51.100.1", der),
        ("127.0.0.1", "198.51.100.1", None),
    ]


def keyed_files(folder: Any, name: str, now: Any) -> tuple[str, str]:
    """A self-signed certificate for localhost and its key, in two files."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    certificate_pem, key = self_signed(now)
    (folder / f"{name}.pem").write_bytes(certificate_pem)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{name}.key").write_bytes(pem)
    return str(folder / f"{name}.pem"), str(folder / f"{name}.key")
