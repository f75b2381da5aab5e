"""What the tamper-evident log costs: to give events their places, and to work all of it out again."""

from __future__ import annotations

import argparse
import asyncio
import resource
import secrets
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

BATCH = 5_000


def audit(given: argparse.Namespace) -> int:
    """Wall and CPU seconds of this process, and its greatest memory, on SQLite or the database that is given."""
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite+aiosqlite:///{folder}/log.db"
        return asyncio.run(_measure(url, Path(folder), given.events))


async def _measure(url: str, folder: Path, events: int) -> int:
    from pydantic import SecretStr

    from barberpro.platform import migrations
    from barberpro.platform.audit.heads import files, in_order
    from barberpro.platform.audit.keeper import Keeper
    from barberpro.platform.audit.sequencer import sequence
    from barberpro.platform.audit.verify import verify
    from barberpro.platform.clock import now
    from barberpro.platform.crypto import Sealer
    from barberpro.platform.database import Database
    from barberpro.platform.settings import Settings

    await asyncio.to_thread(migrations.upgrade, url)
    database = Database(url, pool_size=2)
    settings = Settings(data_dir=folder, database_url=SecretStr(url))
    keeper = Keeper(database, now, Sealer(bytes(32)), settings)

    async def all_sequenced() -> None:
        while await sequence(database, now):
            pass

    async def verified() -> Any:
        return await verify(database, now, in_order(files(settings)))

    await _timed("written", lambda: _fill(database, events))
    await _timed("sequenced", all_sequenced)
    await _timed("signed", keeper.sign)
    report = await _timed("verified", verified)
    await database.close()
    print(f"{report.size} leaves, {report.heads} heads, sound: {report.is_sound}")
    return 0 if report.is_sound and report.size > events else 1


async def _timed(what: str, work: Callable[[], Awaitable[Any]]) -> Any:
    wall, cpu = time.perf_counter(), time.process_time()
    result = await work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:10} {wall:7.1f} s wall {cpu:7.1f} s CPU {memory:6.0f} MiB at most", flush=True)
    return result


async def _fill(database: Any, events: int) -> None:
    """Events as `publish` writes them, many to a statement: a booking that was moved, with row digests."""
    from sqlalchemy import insert

    from barberpro.domains.organizations import service as organizations
    from barberpro.platform import ids
    from barberpro.platform.binding import across_tenants
    from barberpro.platform.clock import iso, now
    from barberpro.platform.doors import housekeeping, transaction
    from barberpro.platform.events import events as table
    from barberpro.platform.events import leaf
    from barberpro.platform.principal import Principal

    who = Principal(ids.new("org"), client=ids.new("cli"), client_name="bench")
    async with transaction(database, who, now, "bench") as tx:
        await organizations.found(tx, name="Bench")
    put = across_tenants(insert(table), "events of a measurement")

    def event() -> dict[str, Any]:
        booking, digest = ids.new("bkg"), secrets.token_hex(32)
        entry = {
            "id": ids.new("evt"),
            "type": "booking.moved",
            "subject": booking,
            "data": {"subject": booking, "provider": ids.new("prv"), "starts_at": iso(now())},
            "client": who.client,
            "actor": who.client,
            "request_id": ids.new("req"),
            "occurred_at": now(),
            "salt": secrets.token_hex(16),
            "before": digest,
            "after": digest[::-1],
        }
        tenant = {"organization_id": who.tenant}
        return entry | tenant | {"leaf": leaf(who.tenant, entry)}

    for start in range(0, events, BATCH):
        async with housekeeping(database, now) as house:
            await house.execute(put, [event() for _ in range(min(BATCH, events - start))])
