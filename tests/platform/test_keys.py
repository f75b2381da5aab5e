"""The signing keys: made once, sealed, shared."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import delete, insert, select, update

from barberpro.platform import keys
from barberpro.platform.crypto import MasterKeyUnusable, Sealer
from barberpro.platform.database import Database
from barberpro.platform.keys import KeyRing, signing_keys

SEALER = Sealer(bytes(range(32)))
OTHER = Sealer(bytes(reversed(range(32))))


@pytest.fixture
async def unkeyed(database: Database) -> AsyncIterator[Database]:
    """A database as before its first start."""

    async def clear() -> None:
        async with database.writer.begin() as connection:
            await connection.execute(delete(signing_keys))

    await clear()
    yield database
    await clear()


async def stored(database: Database) -> list:
    async with database.reader.connect() as connection:
        query = select(signing_keys).order_by(signing_keys.c.generation)
        return list((await connection.execute(query)).all())


async def add_key(database: Database, clock: Any, generation: int) -> ECKey:
    """A key made by another process of the installation."""
    key = ECKey.generate_key("P-256")
    kid = key.thumbprint()
    sealed = SEALER.seal(orjson.dumps(key.as_dict(private=True)), f"signing_keys/{kid}".encode())
    async with database.writer.begin() as connection:
        await connection.execute(
            insert(signing_keys).values(
                kid=kid, generation=generation, algorithm="ES256", sealed=sealed, created_at=clock()
            )
        )
    return key


async def test_the_first_start_makes_one_key_and_later_ones_find_it(
    unkeyed: Database, clock: Any
) -> None:
    first = await KeyRing.load(unkeyed, SEALER, clock)
    second = await KeyRing.load(unkeyed, SEALER, clock)
    (row,) = await stored(unkeyed)
    assert (row.generation, row.algorithm, row.created_at) == (1, "ES256", clock())
    assert first.public_jwks() == second.public_jwks()
    assert [key["kid"] for key in first.public_jwks()["keys"]] == [row.kid]


async def test_processes_that_start_at_once_agree_on_the_key(
    unkeyed: Database, database_url: str, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases = [Database(database_url, pool_size=1) for _ in range(4)]
    if unkeyed.dialect == "postgresql":  # on SQLite they queue for the one write lock
        make, all_found_none = keys.make, asyncio.Barrier(4)

        async def make_together(*args: Any, **values: Any) -> None:
            await all_found_none.wait()
            await make(*args, **values)

        monkeypatch.setattr(keys, "make", make_together)
    try:
        rings = await asyncio.gather(*[KeyRing.load(d, SEALER, clock) for d in databases])
    finally:
        for database in databases:
            await database.close()
    assert len(await stored(unkeyed)) == 1
    assert all(ring.public_jwks() == rings[0].public_jwks() for ring in rings)


async def test_the_private_key_rests_sealed(unkeyed: Database, clock: Any) -> None:
    await KeyRing.load(unkeyed, SEALER, clock)
    (row,) = await stored(unkeyed)
    jwk = orjson.loads(SEALER.open(row.sealed, f"signing_keys/{row.kid}".encode()))
    assert ECKey.import_key(jwk).thumbprint() == row.kid
    assert jwk["d"].encode() not in row.sealed


async def test_public_keys_are_published_without_their_private_half(
    unkeyed: Database, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    (key,) = ring.public_jwks()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert key["kid"] == ECKey.import_key(key).thumbprint()


async def test_what_is_signed_can_be_checked_by_the_published_keys(
    unkeyed: Database, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    published = KeySet.import_key_set(ring.public_jwks())
    token = jwt.decode(ring.sign({"sub": "cli_1"}, "at+jwt"), published, algorithms=["ES256"])
    kid = ring.public_jwks()["keys"][0]["kid"]
    assert token.header == {"typ": "at+jwt", "alg": "ES256", "kid": kid}
    assert token.claims == {"sub": "cli_1"}


async def test_the_newest_key_signs_and_the_older_ones_still_check(
    unkeyed: Database, clock: Any
) -> None:
    old = await KeyRing.load(unkeyed, SEALER, clock)
    signed_before = old.sign({}, "at+jwt")
    newest = await add_key(unkeyed, clock, generation=2)
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    (first, second) = [key["kid"] for key in ring.public_jwks()["keys"]]
    assert second == newest.thumbprint()
    assert jwt.decode(ring.sign({}, "at+jwt"), newest).header["kid"] == second
    older = await ring.public_key(first)
    assert older is not None
    assert jwt.decode(signed_before, older).header["kid"] == first
    assert not older.is_private


async def test_a_key_made_by_another_process_is_found_when_first_met(
    unkeyed: Database, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    made = await add_key(unkeyed, clock, generation=2)
    found = await ring.public_key(made.thumbprint())
    assert found is not None
    assert found.as_dict() == made.as_dict(private=False)


async def test_a_hundred_unknown_keys_cost_one_look_and_another_30_seconds_later(
    unkeyed: Database, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    for number in range(50):
        assert await ring.public_key(f"k{number}") is None
    await asyncio.gather(*[ring.public_key(f"k{number}") for number in range(50, 100)])
    made = await add_key(unkeyed, clock, generation=2)
    clock.forward(seconds=29.999)
    assert await ring.public_key(made.thumbprint()) is None
    clock.forward(seconds=0.001)
    assert await ring.public_key(made.thumbprint()) is not None


async def test_a_look_that_failed_was_none(
    unkeyed: Database, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    made = await add_key(unkeyed, clock, generation=2)

    async def fail(_: Any) -> Any:
        raise OSError

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(keys, "stored", fail)
        await ring.public_key(made.thumbprint())
    assert await ring.public_key(made.thumbprint()) is not None


async def test_after_an_announcement_an_unknown_key_is_looked_for_at_once(
    unkeyed: Database, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    assert await ring.public_key("unknown") is None
    made = await add_key(unkeyed, clock, generation=2)
    assert await ring.public_key(made.thumbprint()) is None
    ring.expect_news()
    assert await ring.public_key(made.thumbprint()) is not None


async def test_a_clock_that_was_set_back_does_not_hide_new_keys(
    unkeyed: Database, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    assert await ring.public_key("unknown") is None
    made = await add_key(unkeyed, clock, generation=2)
    clock.forward(hours=-1)
    assert await ring.public_key(made.thumbprint()) is not None


async def test_another_master_key_is_told_at_the_start_and_nothing_is_made(
    unkeyed: Database, clock: Any
) -> None:
    await KeyRing.load(unkeyed, SEALER, clock)
    before = await stored(unkeyed)
    with pytest.raises(MasterKeyUnusable, match="first started with"):
        await KeyRing.load(unkeyed, OTHER, clock)
    assert await stored(unkeyed) == before


async def test_a_key_slipped_into_the_database_is_refused(unkeyed: Database, clock: Any) -> None:
    await KeyRing.load(unkeyed, SEALER, clock)
    mine = ECKey.generate_key("P-256")
    sealed = OTHER.seal(orjson.dumps(mine.as_dict(private=True)), b"signing_keys/mine")
    async with unkeyed.writer.begin() as connection:
        await connection.execute(
            insert(signing_keys).values(
                kid="mine", generation=2, algorithm="ES256", sealed=sealed, created_at=clock()
            )
        )
    with pytest.raises(MasterKeyUnusable):
        await KeyRing.load(unkeyed, SEALER, clock)


async def test_a_key_under_another_name_is_refused(unkeyed: Database, clock: Any) -> None:
    await KeyRing.load(unkeyed, SEALER, clock)
    async with unkeyed.writer.begin() as connection:
        await connection.execute(update(signing_keys).values(kid="renamed"))
    with pytest.raises(MasterKeyUnusable):
        await KeyRing.load(unkeyed, SEALER, clock)
