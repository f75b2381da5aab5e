"""Ids made for many rows at once are the ids that the platform makes one by one."""

from datetime import UTC, datetime

import numpy as np

from barberpro.demo import identifiers
from barberpro.platform import ids

AT = np.array(["2026-11-22T13:00:00.123456", "1999-12-31T23:59:59.999999"], dtype="datetime64[us]")


def test_an_id_is_the_platforms_for_the_same_time_and_noise() -> None:
    made = identifiers.made(np.random.default_rng(3), "bkg", AT)
    noise = np.random.default_rng(3).integers(0, 2**64, size=(2, 2), dtype=np.uint64)
    for n, moment in enumerate((1795352400123, 946684799999)):
        high, low = int(noise[0, n]), int(noise[1, n])
        # uuid7 takes 12 bits from 68 on and the lowest 62 of its 80.
        random = ((high & 0xFFF) << 68 | low & ((1 << 62) - 1)).to_bytes(10)
        assert made[n] == f"bkg_{ids.encode(ids.uuid7(moment, random))}"


def test_an_id_tells_its_type_and_its_time() -> None:
    made = identifiers.made(np.random.default_rng(3), "loc", AT)
    assert [ids.prefix_of(each) for each in made] == ["loc", "loc"]
    assert ids.made_at(made[0]) == datetime(2026, 11, 22, 13, 0, 0, 123000, tzinfo=UTC)


def test_ids_of_one_moment_differ_and_those_of_later_ones_sort_behind() -> None:
    moments = np.repeat(np.datetime64("2026-11-22T13:00:00", "us"), 5000)
    now = identifiers.made(np.random.default_rng(3), "cus", moments)
    later = identifiers.made(np.random.default_rng(4), "cus", moments + np.timedelta64(1, "ms"))
    assert len(set(now)) == 5000
    assert max(now) < min(later)
