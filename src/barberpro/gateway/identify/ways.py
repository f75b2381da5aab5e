"""The ways in: each takes what a request shows, and says on whose behalf it comes, or raises Rejected."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

import structlog
from sqlalchemy import Row

from barberpro.domains.identity.keys import calling as keys
from barberpro.domains.identity.keys import rules
from barberpro.platform import ids, scannable
from barberpro.platform.doors import transaction
from barberpro.platform.limits import Rate
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Method, worker

from ..credentials import certificates, dpop, signatures
from ..credentials.rejected import Rejected
from ..credentials.tokens import Claims
from ..gate import network_of
from ..oauth.verifier import Verifier
from ..problems import Code, Refusal
from .presented import Presented, certificate
from .standing import Standings, forget_oldest

TOKEN_KEPT = 60.0  # seconds that a checked signature is trusted without another look
USE_NOTED = timedelta(minutes=1)
NEW_KEYS = Rate(60, 1)
"""Keys from one address that a process meets for the first time: those of a partner at its start, and every guess."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Believed:
    """On whose behalf a request comes, as its credential says. What that client may do now is not yet asked."""

    method: Method
    client: str
    tenant: str
    scopes: frozenset[str]
    locations: frozenset[str] | None
    credential: str | None
    issued_at: float
    user: str | None = None
    grant: str | None = None
    amr: tuple[str, ...] = ()
    by_name: bool = False
    """Whether `client` is a name, as in tokens of other issuers."""
    until: float | None = None
    """When the credential ends by itself, in seconds since 1970; None where it does not."""


@dataclass(frozen=True)
class Checked:
    """A token whose signature was good, what it says, and from when to when that is believed."""

    claims: Claims
    says: Believed
    at: float
    until: float


class Ways:
    """Checks credentials, with the platform behind it: keys, clock, and what was used before."""

    def __init__(
        self, platform: Platform, verifier: Verifier, standings: Standings, us: str
    ) -> None:
        self._platform = platform
        self._clock = platform.clock
        self._verifier = verifier
        self._standings = standings
        self._us = us
        self._tokens: OrderedDict[bytes, Checked] = OrderedDict()
        self._noted: OrderedDict[str, datetime] = OrderedDict()
        self._noting: set[asyncio.Task[None]] = set()

    async def by_token(self, shown: Presented, scheme: str, token: str) -> Believed:
        """An access token: alone, or with the key or the certificate that it is bound to."""
        checked = await self._checked(token)
        claims = checked.claims
        if self._platform.revocations.voids(0, claims.kid):
            raise Rejected("signed by a revoked key")  # whenever it says that was
        if claims.certificate is not None:
            self._check_certificate(shown, claims.certificate)
        if (claims.dpop_key is not None) is not (scheme == "dpop"):
            raise Rejected("bound to a key and shown without it, or the other way round")
        if claims.dpop_key is not None:
            await self._check_proof(shown, token, claims.dpop_key)
        return checked.says

    def _says(self, claims: Claims) -> Believed:
        """On whose behalf a good token comes."""
        method: Method = "bearer" if claims.certificate is None else "mtls"
        is_ours = claims.issuer == self._us
        is_user = claims.user is not None and ids.prefix_of(claims.user) == "usr"
        if is_ours and claims.user is not None and not is_user:
            raise Rejected("a subject that is no user")
        return Believed(
            method=method if claims.dpop_key is None else "dpop",
            client=claims.client,
            tenant=claims.tenant,
            scopes=claims.scopes,
            locations=claims.locations,
            credential=claims.jti,
            issued_at=claims.issued_at,
            user=claims.user if is_user else None,
            grant=claims.grant,
            amr=claims.amr,
            by_name=not is_ours,
            until=claims.usable_until,
        )

    async def by_api_key(self, shown: Presented, text: str) -> Believed:
        """An API key. Mistyped ones do not reach the database."""
        name = keys.named(text)
        if name is None:
            raise Rejected("not an API key, or mistyped")
        key = await self._key(shown, name)
        if key is None or key.secret_hash is None:
            raise Rejected("unknown key")
        if not secrets.compare_digest(scannable.digest(text), key.secret_hash):
            raise Rejected("another key's secret")
        return self._by_key(shown, key, "api_key")

    async def by_signature(self, shown: Presented) -> Believed:
        """A signature over the request, by a key that the client registered."""
        message = signatures.Message(shown.method, shown.url, shown.headers, shown.body)
        signed = signatures.read(message, self._clock().timestamp())
        if ids.prefix_of(signed.keyid) != "key":
            raise Rejected("unknown key")
        key = await self._key(shown, signed.keyid)
        if key is None or key.public_key is None:
            raise Rejected("unknown key")
        _, algorithm = rules.CURVES[key.public_key["crv"]]
        signatures.verify(signed, key.public_key, algorithm)
        believed = self._by_key(shown, key, "signature")
        await self._use_once(f"signature:{key.id}:{signed.nonce}", signed.until)
        return believed

    async def _key(self, shown: Presented, name: str) -> Row[Any] | None:
        """A key by its id. Each that this process has not met costs a look into the database: so many an address."""
        if not self._standings.has_met(name):
            bucket = f"new-keys:{network_of(shown.address)}"
            verdict = await self._platform.limiter.take(bucket, NEW_KEYS)
            if not verdict.admitted:
                seconds = max(1, ceil(verdict.retry_after))
                message = "Too many unknown keys come from this address."
                headers, facts = {"retry-after": str(seconds)}, {"retryAfter": seconds}
                raise Refusal(Code.THROTTLED, 429, message, headers, facts)
        return await self._standings.key(name)

    async def _checked(self, token: str) -> Checked:
        """What the token says, checked now or within the last minute."""
        # In this process's memory only. OpenSSL's way to a digest is longer than the digest.
        digest = hashlib.blake2b(token.encode(), digest_size=32).digest()
        known = self._tokens.get(digest)
        now = self._clock().timestamp()
        if known and known.at <= now < known.until:
            self._tokens.move_to_end(digest)
            return known
        claims = await self._verifier.verified(token)
        until = min(now + TOKEN_KEPT, claims.usable_until)
        found = self._tokens[digest] = Checked(claims, self._says(claims), now, until)
        forget_oldest(self._tokens)
        return found

    def _check_certificate(self, shown: Presented, bound_to: str) -> None:
        found = certificate(shown, self._platform.settings.certificate_proxies)
        if found is None:
            raise Rejected("bound to a certificate and shown without it")
        if certificates.thumbprint(found, self._clock()) != bound_to:  # neither is a secret
            raise Rejected("bound to another certificate")

    async def _check_proof(self, shown: Presented, token: str, bound_to: str) -> None:
        proofs = shown.all("dpop")
        if len(proofs) != 1:
            raise Rejected("proof: must stand once")
        now = self._clock().timestamp()
        proof = dpop.proven(proofs[0], method=shown.method, url=shown.url, now=now, token=token)
        if proof.key != bound_to:
            raise Rejected("proof: by another key")
        await self._use_once(f"dpop:{proof.key}:{proof.jti}", proof.until)

    async def _use_once(self, what: str, until: float) -> None:
        if not await self._platform.once.first(what, datetime.fromtimestamp(until, UTC)):
            raise Rejected("used before")

    def _by_key(self, shown: Presented, key: Row[Any], method: Method) -> Believed:
        now = self._clock()
        if not keys.is_live(key, now):
            raise Rejected("revoked or over")
        if not rules.is_within(shown.address, key.networks):
            raise Rejected("from another network")
        self._note_use(key, now)
        return Believed(
            method=method,
            client=key.client_id,
            tenant=key.organization_id,
            scopes=frozenset(key.scopes),
            locations=None,
            credential=key.id,
            issued_at=key.created_at.timestamp(),
            until=key.expires_at.timestamp() if key.expires_at else None,
        )

    def _note_use(self, key: Row[Any], now: datetime) -> None:
        """Remember, beside the request, that the key was used; once a minute in each process."""
        last = self._noted.get(key.id)
        if last is not None and timedelta(0) <= now - last < USE_NOTED:
            return
        self._noted[key.id] = now
        forget_oldest(self._noted)
        task = asyncio.create_task(self._store_use(key.id, key.organization_id))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _store_use(self, key: str, tenant: str) -> None:
        database = self._platform.database
        try:
            async with transaction(database, worker(tenant), self._clock, "identify") as tx:
                await keys.note_use(tx, key)
        except Exception:
            log.exception("key.use_not_noted")
