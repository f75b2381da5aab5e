"""The keys that sign our tokens: made at the first start, sealed, shared through the database.

Public keys are not stored: they are derived from the sealed ones, so that whoever can only write
to the database cannot slip in a key of their own.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import Column, Integer, LargeBinary, Row, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite

from .audit.installation import record
from .binding import across_tenants
from .clock import Clock, iso
from .crypto import MasterKeyUnusable, Sealer, Unsealable
from .database import Database
from .doors import Reader, Transaction, transaction
from .principal import worker
from .tables import Instant, Key, shared_table

ALGORITHM = "ES256"
CURVE = "P-256"
PATIENCE = timedelta(seconds=30)  # between two looks for keys that another process made
LOOK_EVERY = timedelta(minutes=5)  # also where every key that is met is known
BEFORE_SIGNING = timedelta(seconds=4)  # a key that was revoked signs no longer than it is believed
WHY = "signing keys belong to the installation"

signing_keys = shared_table(
    "signing_keys",
    Column("kid", Key, primary_key=True),  # the key's thumbprint by RFC 7638
    Column(
        "generation", Integer, nullable=False
    ),  # of two processes that make the next key, one wins
    Column("algorithm", Key, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the private JWK
    Column("created_at", Instant, nullable=False),
    Column("signs_from", Instant),  # None: from when it was made, as the first one does
    UniqueConstraint("generation"),
)
log = structlog.get_logger(__name__)

INSTALLATION = worker("")  # the keys are the installation's: no tenant's rules apply to them


class KeyRing:
    """Signs with the newest key whose time has come, and knows the public half of every one.

    The next key is made long before it signs (`rotation.py`), so that everyone who checks our tokens knows it by then.
    """

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._held: dict[str, Held] = {}
        self._read_at = clock()
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    @classmethod
    async def load(cls, database: Database, sealer: Sealer, clock: Clock) -> "KeyRing":
        """The keys of this installation; the first one is made here where there is none."""
        ring = cls(database, sealer, clock)
        async with transaction(database, INSTALLATION, clock, "start") as tx:
            rows = await stored(tx)
            if not rows:
                await make(tx, sealer, generation=1)
                rows = await stored(tx)
        ring._held = {row.kid: _opened(sealer, row) for row in rows}
        ring._read_at = clock()
        return ring

    def sign(self, claims: Mapping[str, Any], kind: str) -> str:
        """A compact JWT whose header says `kind` as its type."""
        kid, held = self._signer()
        header = {"typ": kind, "alg": ALGORITHM, "kid": kid}
        return jwt.encode(header, dict(claims), held.private, algorithms=[ALGORITHM])

    async def public_key(self, kid: str) -> ECKey | None:
        """The key that checks signatures of `kid`, or None where no process of ours made it."""
        if kid not in self._held:
            await self.look_again()
        elif not timedelta(0) <= self._clock() - self._read_at < LOOK_EVERY:
            await (
                self.look_again()
            )  # what is known may have been taken away, and what signs next made
        held = self._held.get(kid)
        return held and held.public

    async def look_again(self, patience: timedelta = PATIENCE) -> None:
        """Take in what other processes made and revoked; asks the database once in this time at most."""
        async with self._looking:
            now = self._clock()
            if self._looked_at is not None and timedelta(0) <= now - self._looked_at < patience:
                return
            rows = await stored(Reader(self._database, INSTALLATION))
            self._looked_at = self._read_at = now  # a look that failed was none
            self._held = {row.kid: held for row in rows if (held := self._known_or_opened(row))}

    def expect_news(self) -> None:
        """Something was announced: an unknown key is looked for at once, for it may replace a revoked one."""
        self._looked_at = None

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The JWK Set (RFC 7517) for those who check our tokens themselves."""
        purpose = {"use": "sig", "alg": ALGORITHM}
        return {
            "keys": [
                {**held.public.as_dict(), "kid": kid, **purpose} for kid, held in self._held.items()
            ]
        }

    def _signer(self) -> tuple[str, "Held"]:
        """The newest key whose time has come; the oldest where the clock says that none has."""
        now = self._clock()
        ready = [item for item in self._held.items() if item[1].signs_from <= now]
        return ready[-1] if ready else next(iter(self._held.items()))

    def _known_or_opened(self, row: Row[Any]) -> "Held | None":
        """A key sealed by a master key that this process does not have yet must not stop it."""
        known = self._held.get(row.kid)
        if known is not None:
            return replace(known, signs_from=row.signs_from or row.created_at)
        try:
            return _opened(self._sealer, row)
        except MasterKeyUnusable:
            log.exception("signing_key.unusable", kid=row.kid)
            return None


@dataclass(frozen=True)
class Held:
    """A signing key in both halves."""

    private: ECKey = field(repr=False)
    public: ECKey
    signs_from: datetime


STORED = across_tenants(select(signing_keys).order_by(signing_keys.c.generation), WHY)


async def stored(door: Reader | Transaction) -> Sequence[Row[Any]]:
    """The signing keys, oldest first, still sealed."""
    return await door.rows(STORED)


async def make(
    tx: Transaction, sealer: Sealer, *, generation: int, signs_from: datetime | None = None
) -> None:
    """Store a fresh key, unless another process has just stored the same generation."""
    key = ECKey.generate_key(CURVE)
    kid = key.thumbprint()
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = (
        insert(signing_keys)
        .values(
            kid=kid,
            generation=generation,
            algorithm=ALGORITHM,
            sealed=sealer.seal(orjson.dumps(key.as_dict(private=True)), about(kid)),
            created_at=tx.now,
            signs_from=signs_from,
        )
        .on_conflict_do_nothing()
        .returning(signing_keys.c.kid)
    )
    if await tx.row(across_tenants(statement, WHY)) is not None:
        facts = {"kid": kid, "generation": generation, "signs_from": iso(signs_from or tx.now)}
        await record(tx, "signing_key.made", facts)


def _opened(sealer: Sealer, row: Row[Any]) -> Held:
    try:
        plain = sealer.open(row.sealed, about(row.kid))
    except Unsealable as error:
        raise MasterKeyUnusable(
            f"the master key does not open the signing keys in this database ({error}): "
            "give the one it was first started with"
        ) from None
    key = ECKey.import_key(orjson.loads(plain))
    return Held(key, ECKey.import_key(key.public_key), row.signs_from or row.created_at)


def about(kid: str) -> bytes:
    """What a signing key is sealed as."""
    return f"signing_keys/{kid}".encode()
