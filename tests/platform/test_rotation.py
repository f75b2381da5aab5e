"""Signing keys change on schedule, on demand, and under another master key; no token fails for it."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.platform.audit.tables import installation_events
from barberpro.platform.crypto import Sealer, Unsealable
from barberpro.platform.doors import housekeeping
from barberpro.platform.keys import BEFORE_SIGNING, KeyRing
from barberpro.platform.rotation import (
    KEPT,
    SOON,
    NoSuchKey,
    keep_rotated,
    revoke,
    rewrap,
    rotate,
)
from barberpro.platform.settings import Settings

from .test_keys import OTHER, SEALER, stored, unkeyed

__all__ = ["unkeyed"]

SETTINGS = Settings(signing_key_days=30, signing_key_lead_hours=24)
THIRD = Sealer(bytes(32))


async def rewrapped(database: Any, old: Sealer, new: Sealer, clock: Any) -> int:
    async with housekeeping(database, clock) as house:
        return await rewrap(house, old, new)


def kid(ring: KeyRing) -> str:
    """The key that signs now."""
    head = ring.sign({}, "at+jwt").partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]


async def test_the_next_key_is_published_a_day_before_it_signs(unkeyed: Any, clock: Any) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    first = kid(ring)
    clock.forward(days=28, hours=23)
    await keep_rotated(unkeyed, SEALER, SETTINGS, clock)
    assert len(await stored(unkeyed)) == 1
    clock.forward(hours=1)
    for _ in range(3):
        await keep_rotated(unkeyed, SEALER, SETTINGS, clock)
    assert len(await stored(unkeyed)) == 2
    await ring.look_again()
    (_, second) = [key["kid"] for key in ring.public_jwks()["keys"]]
    clock.forward(hours=23, minutes=59, seconds=59)
    assert kid(ring) == first
    clock.forward(seconds=1)
    assert kid(ring) == second


async def test_a_worker_that_slept_for_a_year_still_publishes_first(
    unkeyed: Any, clock: Any
) -> None:
    await KeyRing.load(unkeyed, SEALER, clock)
    clock.forward(days=365)
    await keep_rotated(unkeyed, SEALER, SETTINGS, clock)
    (_, second) = await stored(unkeyed)
    assert second.signs_from == clock() + timedelta(hours=24)


async def test_the_key_before_stays_until_its_last_token_has_ended(
    unkeyed: Any, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    begins = await rotate(unkeyed, SEALER, clock, timedelta(0))
    assert begins == clock() + SOON
    clock.forward(seconds=60)
    clock.time = begins + KEPT - timedelta(seconds=1)
    await keep_rotated(unkeyed, SEALER, SETTINGS, clock)
    assert len(await stored(unkeyed)) == 2
    clock.forward(seconds=1)
    await keep_rotated(unkeyed, SEALER, SETTINGS, clock)
    assert [row.generation for row in await stored(unkeyed)] == [2]
    await ring.look_again()
    assert len(ring.public_jwks()["keys"]) == 1
    assert kid(ring) == (await stored(unkeyed))[0].kid


async def test_a_key_that_waits_is_brought_forward_and_never_put_off(
    unkeyed: Any, clock: Any
) -> None:
    await KeyRing.load(unkeyed, SEALER, clock)
    late = await rotate(unkeyed, SEALER, clock, timedelta(hours=24))
    assert await rotate(unkeyed, SEALER, clock, timedelta(hours=48)) == late
    assert await rotate(unkeyed, SEALER, clock, timedelta(0)) == clock() + SOON
    (_, second) = await stored(unkeyed)
    assert (second.generation, second.signs_from) == (2, clock() + SOON)


async def test_the_signing_keys_move_to_another_master_key_all_or_none(
    unkeyed: Any, clock: Any
) -> None:
    before = await KeyRing.load(unkeyed, SEALER, clock)
    await rotate(unkeyed, SEALER, clock, timedelta(0))
    assert await rewrapped(unkeyed, SEALER, OTHER, clock) == 2
    assert await rewrapped(unkeyed, SEALER, OTHER, clock) == 0
    after = await KeyRing.load(unkeyed, OTHER, clock)
    assert kid(before) == kid(after)
    kept = await stored(unkeyed)
    with pytest.raises(Unsealable):
        await rewrapped(unkeyed, SEALER, THIRD, clock)
    assert await stored(unkeyed) == kept


async def test_a_process_with_the_old_master_key_goes_on_with_the_keys_it_has(
    unkeyed: Any, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    first = kid(ring)
    await rewrapped(unkeyed, SEALER, OTHER, clock)
    await rotate(unkeyed, OTHER, clock, timedelta(0))
    clock.forward(hours=2)
    await ring.look_again()
    assert [key["kid"] for key in ring.public_jwks()["keys"]] == [first]
    assert kid(ring) == first


async def told(database: Any) -> list[tuple[str, str]]:
    """What the installation's log says of signing keys: what happened, to which one."""
    query = select(installation_events).order_by(installation_events.c.id)
    async with database.surveying() as connection:
        rows = (await connection.execute(query)).all()
    return [(row.type, row.data["kid"]) for row in rows if row.type.startswith("signing_key.")]


async def test_a_revoked_key_is_gone_and_a_fresh_one_signs_at_once(
    unkeyed: Any, clock: Any
) -> None:
    ring = await KeyRing.load(unkeyed, SEALER, clock)
    first = kid(ring)
    await rotate(unkeyed, SEALER, clock, timedelta(hours=24))
    await revoke(unkeyed, SEALER, clock, first)
    clock.forward(seconds=4)
    await ring.look_again(BEFORE_SIGNING)
    waiting, fresh = await stored(unkeyed)
    assert (waiting.generation, fresh.generation) == (2, 3)
    assert kid(ring) == fresh.kid
    assert first not in {key["kid"] for key in ring.public_jwks()["keys"]}
    clock.forward(hours=48)
    assert kid(ring) == fresh.kid  # the one that waited may have been seen by the same eyes


async def test_a_key_that_is_not_there_is_not_revoked(unkeyed: Any, clock: Any) -> None:
    await KeyRing.load(unkeyed, SEALER, clock)
    kept, before = await stored(unkeyed), await told(unkeyed)
    with pytest.raises(NoSuchKey):
        await revoke(unkeyed, SEALER, clock, "nobody's")
    assert (await stored(unkeyed), await told(unkeyed)) == (kept, before)


async def test_the_log_tells_of_every_change(unkeyed: Any, clock: Any) -> None:
    before = len(await told(unkeyed))
    first = kid(await KeyRing.load(unkeyed, SEALER, clock))
    await KeyRing.load(unkeyed, SEALER, clock)
    await rotate(unkeyed, SEALER, clock, timedelta(hours=24))
    begins = await rotate(unkeyed, SEALER, clock, timedelta(0))
    (_, second) = await stored(unkeyed)
    clock.time = begins + KEPT
    await keep_rotated(unkeyed, SEALER, SETTINGS, clock)
    await revoke(unkeyed, SEALER, clock, second.kid)
    (third,) = await stored(unkeyed)
    assert (await told(unkeyed))[before:] == [
        ("signing_key.made", first),
        ("signing_key.made", second.kid),
        ("signing_key.brought_forward", second.kid),
        ("signing_key.retired", first),
        ("signing_key.revoked", second.kid),
        ("signing_key.made", third.kid),
    ]
