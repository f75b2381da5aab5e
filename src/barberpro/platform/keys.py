"""The keys that sign our tokens: made at the first start, sealed, shared through the database.

Public keys are not stored: they are derived from the sealed ones, so that whoever can only write
to the database cannot slip in a key of their own.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import Column, Integer, LargeBinary, Row, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite

from .binding import across_tenants
from .clock import Clock
from .crypto import MasterKeyUnusable, Sealer, Unsealable
from .database import Database
from .doors import Reader, Transaction, transaction
from .principal import worker
from .tables import Instant, Key, shared_table

ALGORITHM = "ES256"
CURVE = "P-256"
PATIENCE = timedelta(seconds=30)  # between two looks for keys that another process made

signing_keys = shared_table(
    "signing_keys",
    Column("kid", Key, primary_key=True),  # the key's thumbprint by RFC 7638
    Column(
        "generation", Integer, nullable=False
    ),  # of two processes that make the next key, one wins
    Column("algorithm", Key, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the private JWK
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("generation"),
)
INSTALLATION = worker("")  # the keys are the installation's: no tenant's rules apply to them


class KeyRing:
    """Signs with the newest key and knows the public half of every one."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._public: dict[str, ECKey] = {}
        self._signer: tuple[str, ECKey]
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    @classmethod
    async def load(cls, database: Database, sealer: Sealer, clock: Clock) -> "KeyRing":
        """The keys of this installation; the first one is made here where there is none."""
        ring = cls(database, sealer, clock)
        async with transaction(database, INSTALLATION, clock, "start") as tx:
            rows = await _stored(tx)
            if not rows:
                await _make(tx, sealer, generation=1)
                rows = await _stored(tx)
        ring._take(rows)
        return ring

    def sign(self, claims: Mapping[str, Any], kind: str) -> str:
        """A compact JWT whose header says `kind` as its type."""
        kid, key = self._signer
        header = {"typ": kind, "alg": ALGORITHM, "kid": kid}
        return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])

    async def public_key(self, kid: str) -> ECKey | None:
        """The key that checks signatures of `kid`, or None where no process of ours made it."""
        if kid not in self._public:
            await self.look_again()
        return self._public.get(kid)

    async def look_again(self) -> None:
        """Take in what other processes made; asks the database at most once in 30 seconds."""
        async with self._looking:
            now = self._clock()
            if self._looked_at is not None and timedelta(0) <= now - self._looked_at < PATIENCE:
                return
            self._looked_at = now
            self._take(await _stored(Reader(self._database, INSTALLATION)))

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The JWK Set (RFC 7517) for those who check our tokens themselves."""
        about = {"use": "sig", "alg": ALGORITHM}
        return {
            "keys": [{**key.as_dict(), "kid": kid, **about} for kid, key in self._public.items()]
        }

    def _take(self, rows: Iterable[Row[Any]]) -> None:
        """Hold these keys, oldest first."""
        private = {row.kid: _opened(self._sealer, row) for row in rows}
        self._public = {kid: ECKey.import_key(key.public_key) for kid, key in private.items()}
        if private:
            self._signer = list(private.items())[-1]


async def _stored(door: Reader | Transaction) -> Any:
    statement = select(signing_keys).order_by(signing_keys.c.generation)
    return await door.rows(across_tenants(statement, "signing keys belong to the installation"))


async def _make(tx: Transaction, sealer: Sealer, *, generation: int) -> None:
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
            sealed=sealer.seal(orjson.dumps(key.as_dict(private=True)), _about(kid)),
            created_at=tx.now,
        )
        .on_conflict_do_nothing()
    )
    await tx.execute(across_tenants(statement, "signing keys belong to the installation"))


def _opened(sealer: Sealer, row: Row[Any]) -> ECKey:
    try:
        plain = sealer.open(row.sealed, _about(row.kid))
    except Unsealable as error:
        raise MasterKeyUnusable(
            f"the master key does not open the signing keys in this database ({error}): "
            "give the one it was first started with"
        ) from None
    return ECKey.import_key(orjson.loads(plain))


def _about(kid: str) -> bytes:
    return f"signing_keys/{kid}".encode()
