"""The four operations, and variables for them: other ones in every request, the same in every run of a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from .peers.rows import FIELD, ORDER
from .world import World

Variables = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """An operation, how many requests of it make a round, and what its variables may be."""

    operation: str
    requests: int
    """Of those that answer in milliseconds; the slow ones get an eighth, and at least 16."""
    aim_ms: float
    """What the 99th percentile should be at 70 % of the capacity."""
    variables: Callable[[random.Random], Variables]

    def some(self, count: int, seed: int) -> list[Variables]:
        """So many variables, by this seed."""
        chance = random.Random(f"{self.operation} {seed}")  # noqa: S311 - not a secret
        return [self.variables(chance) for _ in range(count)]


async def questions(world: World, tenant: str) -> list[Question]:
    """The four, over what the measured tenant has."""
    connection = await asyncpg.connect(world.dsn)
    try:
        places = await connection.fetch(
            "SELECT id FROM locations WHERE organization_id = $1 ORDER BY id", tenant
        )
        starts = await connection.fetch(
            "SELECT starts_at, id FROM bookings WHERE organization_id = $1 ORDER BY id", tenant
        )
    finally:
        await connection.close()
    return [
        Question(
            "LocationById", 2_000, 25, lambda chance: {"id": chance.choice(places)[0]}
        ),
        Question("BookingBoard", 480, 25, lambda chance: behind(world, tenant, starts, chance)),
        Question("ChainOverview", 48, 142, lambda _: {}),
        Question(
            "BookingLedger",
            128,
            25,
            lambda chance: {"first": 1_000, **behind(world, tenant, starts, chance)},
        ),
    ]  # fmt: skip


def behind(world: World, tenant: str, starts: Sequence[Any], chance: random.Random) -> Variables:
    """Any place of the list; one time in ten its beginning, as most callers ask for it."""
    from barberpro.graph.cursors import Cursors

    if chance.random() < 0.1:
        return {}
    starts_at, id_ = chance.choice(starts)
    return {"after": Cursors(world.cursor_secret, tenant).write(FIELD, ORDER, (starts_at, id_))}
