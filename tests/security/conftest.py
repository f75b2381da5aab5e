"""Attackers' tools: the authorization server over HTTP, and tokens made by hand."""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import Row, select
from starlette.applications import Starlette

from barberpro.gateway import oauth
from barberpro.gateway.identify import Identify
from barberpro.platform.keys import signing_keys
from barberpro.platform.limits import Verdict

from ..showing import Knock, knocking
from . import signing_in

ISSUER = "https://gateway.example"
Registering = Callable[..., Awaitable[tuple[Row[Any], str]]]


def encoded(part: bytes | dict[str, Any]) -> str:
    plain = json.dumps(part).encode() if isinstance(part, dict) else part
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


Key = ECKey | RSAKey


@dataclass
class Forger:
    """Writes tokens segment by segment, and may even sign them with the issuer's own key."""

    client: Row[Any]
    now: int
    kid: str
    key: Key
    url: str = ISSUER
    """Whose tokens it makes."""

    @property
    def is_other(self) -> bool:
        """Whether the issuer is not ourselves: such a one knows clients by name."""
        return self.url != ISSUER

    @property
    def alg(self) -> str:
        return "RS256" if isinstance(self.key, RSAKey) else "ES256"

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a good token, changed; a change to `...` leaves the claim out."""
        client = self.client.name if self.is_other else self.client.id
        good = {
            "iss": self.url, "aud": ISSUER, "sub": client, "client_id": client,
            "tenant": self.client.organization_id,
            "scope": "bookings:read", "iat": self.now, "exp": self.now + 600, "jti": "1",
        } | ({} if self.is_other else {"client_name": self.client.name})  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not ...}

    def header(self, **changes: Any) -> dict[str, Any]:
        good = {"typ": "at+jwt", "alg": self.alg, "kid": self.kid}
        return {name: value for name, value in (good | changes).items() if value is not ...}

    def token(
        self,
        *,
        header: dict[str, Any] | bytes | None = None,
        claims: dict[str, Any] | bytes | None = None,
        signer: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """A token with a valid signature over whatever stands in it, or the signature of `signer`."""
        signed = f"{encoded(header or self.header())}.{encoded(claims or self.claims())}"
        signature = (signer or signing(self.key))(signed.encode())
        return f"{signed}.{encoded(signature)}"


def signing(key: Key) -> Callable[[bytes], bytes]:
    """Signs as RFC 7518 sections 3.3 and 3.4 say, by no JWT library."""
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    def sign(text: bytes) -> bytes:
        assert key.private_key is not None
        if isinstance(key, RSAKey):
            return key.private_key.sign(text, padding.PKCS1v15(), SHA256())
        r, s = utils.decode_dss_signature(key.private_key.sign(text, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


Serving = Callable[[Any], httpx.AsyncClient]


@pytest.fixture
def serving() -> Serving:
    """`async with serving(platform) as http:` speaks to an authorization server on it."""

    def client(platform: Any) -> httpx.AsyncClient:
        app = Starlette(routes=oauth.routes())
        state = {"platform": platform, "identify": Identify(platform)}

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            await app(scope | {"state": dict(state)}, receive, send)

        return httpx.AsyncClient(transport=httpx.ASGITransport(with_state), base_url=ISSUER)

    return client


@pytest.fixture
async def http(serving: Serving, platform: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(platform) as client:
        yield client


@pytest.fixture
def identify(platform: Any) -> Knock:
    return knocking(Identify(platform))


@pytest.fixture
async def ours(platform: Any, registering: Registering, clock: Any) -> Forger:
    """Someone who has stolen our signing key, for a client that exists."""
    client, _ = await registering(scopes=["bookings:read"])
    async with platform.database.reader.connect() as connection:
        query = select(signing_keys).order_by(signing_keys.c.generation.desc())
        row = (await connection.execute(query)).first()
    assert row is not None
    jwk = platform.sealer.open(row.sealed, f"signing_keys/{row.kid}".encode())
    key = ECKey.import_key(orjson.loads(jwk))
    return Forger(client, int(clock().timestamp()), row.kid, key)


@pytest.fixture
def forger(ours: Forger) -> Forger:
    return ours


@pytest.fixture
def browsing(
    http: httpx.AsyncClient, opening: Any, principal: Any, clock: Any, monkeypatch: Any
) -> signing_in.Browsing:
    return signing_in.browsing(http, opening, principal, clock, monkeypatch)


@pytest.fixture
def generous(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told that they ask too often."""

    async def take(*_: Any) -> Verdict:
        return Verdict(True, 1, 0.0, 0.0)

    monkeypatch.setattr(type(platform.limiter), "take", take)
