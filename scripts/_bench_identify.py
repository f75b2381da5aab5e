"""What it costs to know a caller, by each way in: CPU time of this process, on SQLite, without a network."""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import secrets
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

ROUNDS = 500
BODY = b'{"query":"{ viewer { clientName } }"}'
URL = "http://127.0.0.1:8000/graphql"


def identify(_given: argparse.Namespace) -> int:
    """Microseconds a request; what may be compared is the ways of one run."""
    asyncio.run(_measure())
    return 0


async def _measure() -> None:
    from barberpro.platform import migrations
    from barberpro.platform.platform import opened
    from barberpro.platform.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        migrations.upgrade(settings.database)
        async with opened(settings) as platform:
            for name, make in (await _ways(platform)).items():
                print(f"{name:32} {await _cost(platform, make):7.0f} µs")


async def _cost(platform: Any, make: Callable[[], Any]) -> float:
    """CPU of one request after the first few, the making of requests apart."""
    from barberpro.gateway.identify import Identify

    known = Identify(platform)
    shown = [make() for _ in range(ROUNDS)]
    for one in shown[:10]:
        await known(one)
    began = time.process_time()
    for one in shown[10:]:
        await known(one)
    return (time.process_time() - began) / (ROUNDS - 10) * 1e6


async def _ways(platform: Any) -> dict[str, Callable[[], Any]]:
    from joserfc.jwk import ECKey, OKPKey

    from barberpro.domains.identity import clients
    from barberpro.domains.identity.keys import service as keys
    from barberpro.domains.organizations import service as organizations
    from barberpro.gateway.oauth.tokens import issue
    from barberpro.platform import ids
    from barberpro.platform.doors import transaction
    from barberpro.platform.principal import Principal

    scopes = frozenset({"bookings:read"})
    who = Principal(ids.new("org"), client="bench", client_name="bench", scopes=scopes)
    ec, okp = ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")
    async with transaction(platform.database, who, platform.clock, "bench") as tx:
        await organizations.found(tx, name="Bench")
        client, _ = await clients.register_client(tx, name="bench", scopes=scopes)
        asked: dict[str, Any] = {"client": client.id, "name": "k", "scopes": scopes}
        _, api_key = await keys.make_api_key(tx, **asked)
        registered = {
            name: (await keys.register_public_key(tx, public_key=key.as_dict(private=False), **asked), key)
            for name, key in (("P-256", ec), ("Ed25519", okp))
        }  # fmt: skip

    def token(**bound: str) -> str:
        now = platform.clock() - timedelta(seconds=1)
        return issue(
            platform.keys, platform.settings, now, client, scopes, confirmation=bound or None
        ).text

    plain, for_dpop = token(), token(jkt=ec.thumbprint())
    signed = {
        f"signature, {name}": (lambda row=row, key=key: _signed(row.id, key))
        for name, (row, key) in registered.items()
    }
    return {
        "bearer, seen within a minute": lambda: _shown(authorization=f"Bearer {plain}"),
        "bearer, first time (ES256)": lambda: _shown(authorization=f"Bearer {token()}"),
        "DPoP, ES256": lambda: _shown(authorization=f"DPoP {for_dpop}", dpop=_proof(ec, for_dpop)),
        "API key": lambda: _shown(authorization=f"Bearer {api_key}"),
        **signed,
    }


def _shown(**headers: str) -> Any:
    from barberpro.gateway.identify import Presented

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Presented(raw=named, url=URL, body=BODY, address="127.0.0.1")


def _proof(key: Any, token: str) -> str:
    from joserfc import jws

    ath = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
    claims = {
        "htm": "POST",
        "htu": URL,
        "iat": int(time.time()),
        "jti": uuid.uuid4().hex,
        "ath": ath,
    }
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    return jws.serialize_compact(head, json.dumps(claims).encode(), key, algorithms=["ES256"])


def _signed(keyid: str, key: Any) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(BODY).digest()).decode()}:"
    about = f';created={int(time.time())};nonce="{secrets.token_urlsafe(18)}";keyid="{keyid}";tag="barberpro"'
    parts = {
        "@method": "POST", "@authority": "127.0.0.1:8000", "@target-uri": URL,
        "content-digest": digest, "content-type": "application/json",
    }  # fmt: skip
    listed = "(" + " ".join(f'"{name}"' for name in parts) + ")" + about
    lines = [f'"{name}": {value}' for name, value in parts.items()]
    base = "\n".join([*lines, f'"@signature-params": {listed}']).encode()
    if hasattr(key.private_key, "curve"):
        r, s = utils.decode_dss_signature(key.private_key.sign(base, ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    else:
        signature = key.private_key.sign(base)
    return _shown(
        content_digest=digest,
        content_type="application/json",
        signature_input=f"a={listed}",
        signature=f"a=:{base64.b64encode(signature).decode()}:",
    )
