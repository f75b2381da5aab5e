import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import false, func, select
from structlog.testing import capture_logs

from barberpro import worker
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.events import BookingRecorded
from barberpro.domains.people.tables import visits
from barberpro.platform import clock as system_clock
from barberpro.platform import migrations
from barberpro.platform.audit import keeper
from barberpro.platform.audit.heads import files
from barberpro.platform.binding import across_tenants
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.events import events
from barberpro.platform.idempotency import claim, idempotency_keys
from barberpro.platform.principal import Principal
from barberpro.platform.relay import HANDLERS, Handlers, Relay
from barberpro.platform.settings import Settings
from barberpro.worker import upkeep

from ..chain import found_chain


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=SecretStr(database_url), data_dir=tmp_path, pool_size=5)


async def completed(database: Database, who: Principal) -> str:
    """The id of a booking that took place an hour ago."""
    async with transaction(database, who, system_clock.now, "test") as tx:
        chain = await found_chain(tx)
        began = tx.now.replace(second=0, microsecond=0) - timedelta(hours=1)
        return (await bookings.record(tx, **chain.asks(starts_at=began))).id


async def until(question: Callable[[], Any], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not await question():  # noqa: ASYNC110 - another process answers
            await asyncio.sleep(0.05)


async def test_what_happened_reaches_the_domain_that_asked(
    settings: Settings, database: Database, principal: Principal
) -> None:
    booking, stop = await completed(database, principal), asyncio.Event()
    reader = Reader(database, principal)
    running = asyncio.create_task(worker.run(settings, stop))
    await until(lambda: reader.rows(select(visits.c.id)))
    stop.set()
    async with asyncio.timeout(30):
        await running
    rows = await reader.rows(select(visits.c.booking_id))
    assert [r.booking_id for r in rows] == [booking]


async def test_what_happened_is_under_a_signed_head_when_the_worker_ends(
    settings: Settings, database: Database, principal: Principal, monkeypatch: Any
) -> None:
    # Tests share a database that shows the heads of earlier ones, whose files were elsewhere.
    unseen = across_tenants(keeper.ANY_SHOWN.where(false()), "test")
    monkeypatch.setattr(keeper, "ANY_SHOWN", unseen)
    await completed(database, principal)
    reader, stop = Reader(database, principal), asyncio.Event()
    waiting = select(events.c.id).where(events.c.position.is_(None))
    running = asyncio.create_task(worker.run(settings, stop))

    async def all_placed() -> bool:
        return not await reader.rows(waiting)

    await until(all_placed)
    stop.set()
    async with asyncio.timeout(30):
        await running
    ((last,),) = await reader.rows(select(func.max(events.c.position)))
    (file,) = files(settings)
    newest = file.newest()
    assert newest is not None
    assert last < newest.size


async def test_a_delivery_in_hand_is_finished(
    settings: Settings, database: Database, principal: Principal, monkeypatch: Any
) -> None:
    begun, ended, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()
    own = Handlers()

    @own.handles(BookingRecorded)
    async def slowly(tx: Any, event: Any) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        ended.set()

    monkeypatch.setattr(HANDLERS, "by_name", own.by_name)
    monkeypatch.setattr(HANDLERS, "by_type", own.by_type)
    await completed(database, principal)
    running = asyncio.create_task(worker.run(settings, stop))
    async with asyncio.timeout(30):
        await begun.wait()
        stop.set()
        await running
    assert ended.is_set()


async def test_what_takes_too_long_is_cut_off(
    settings: Settings, database: Database, principal: Principal, monkeypatch: Any
) -> None:
    begun, stop, own = asyncio.Event(), asyncio.Event(), Handlers()

    @own.handles(BookingRecorded)
    async def forever(tx: Any, event: Any) -> None:
        begun.set()
        await asyncio.sleep(3600)

    monkeypatch.setattr(HANDLERS, "by_name", own.by_name)
    monkeypatch.setattr(HANDLERS, "by_type", own.by_type)
    monkeypatch.setattr(worker, "DRAIN_SECONDS", 0.1)
    await completed(database, principal)
    with capture_logs() as logged:
        running = asyncio.create_task(worker.run(settings, stop))
        async with asyncio.timeout(30):
            await begun.wait()
            stop.set()
            await running
    assert [line["event"] for line in logged][-2:] == ["worker_cut_off", "worker_stopped"]


async def test_a_defect_ends_the_worker_and_is_told(settings: Settings, monkeypatch: Any) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "keep_up", broken)
    async with asyncio.timeout(30):
        with pytest.raises(ZeroDivisionError):
            await worker.run(settings, asyncio.Event())


async def test_keys_past_their_day_are_swept_up_for_every_tenant(
    opening: Any, database: Database, clock: Any, principal: Principal, stranger: Principal
) -> None:
    async def keys(who: Principal) -> int:
        counted = select(func.count()).select_from(idempotency_keys)
        return (await Reader(database, who).rows(counted))[0][0]

    for who in (principal, stranger):
        async with opening(who) as tx:
            await claim(tx, "charge", "old", {})
    clock.forward(hours=12)
    async with opening() as tx:
        await claim(tx, "charge", "young", {})
    clock.forward(hours=12, seconds=1)
    await upkeep.forget_keys(database, clock)
    assert (await keys(principal), await keys(stranger)) == (1, 0)


async def test_upkeep_goes_on_after_trouble(
    settings: Settings, database: Database, clock: Any, monkeypatch: Any
) -> None:
    stop, swept = asyncio.Event(), []

    async def shaky(*_: Any) -> None:
        swept.append(len(swept))
        if len(swept) == 1:
            raise OSError("the database is away")
        stop.set()

    monkeypatch.setattr(upkeep, "EVERY", upkeep.timedelta(seconds=0.01))
    monkeypatch.setattr(upkeep, "forget_keys", shaky)
    with capture_logs() as logged:
        async with asyncio.timeout(30):
            relay = Relay(database, clock, Handlers())
            await upkeep.keep_up(database, clock, relay, settings, stop)
    assert swept == [0, 1]
    assert [line["event"] for line in logged] == ["upkeep_in_trouble"]


async def test_a_step_of_upkeep_that_fails_keeps_no_other_from_its_turn(
    settings: Settings, database: Database, clock: Any, monkeypatch: Any
) -> None:
    stop, ran = asyncio.Event(), []

    async def broken(*_: Any) -> None:
        raise OSError("the database is away")

    async def last(*_: Any) -> None:
        ran.append("retention")
        stop.set()

    async def rotated(*_: Any) -> None:
        ran.append("rotate")

    for name in ("forget_keys", "scrub", "forget_credentials"):
        monkeypatch.setattr(upkeep, name, broken)
    monkeypatch.setattr(upkeep, "forget", last)
    monkeypatch.setattr(upkeep, "keep_rotated", rotated)
    with capture_logs() as logged:
        async with asyncio.timeout(30):
            relay = Relay(database, clock, Handlers())
            await upkeep.keep_up(database, clock, relay, settings, stop)
    assert ran == ["rotate", "retention"]
    assert [line["step"] for line in logged] == ["idempotency_keys", "scrub", "credentials"]


def started(url: str, data: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"BARBERPRO_DATABASE_URL": url, "BARBERPRO_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "barberpro.cli", "worker"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


async def test_the_process_works_and_stops_when_told(
    database_url: str, database: Database, principal: Principal, tmp_path: Path
) -> None:
    await completed(database, principal)
    process = started(database_url, tmp_path)
    reader = Reader(database, principal)
    try:
        await until(lambda: reader.rows(select(visits.c.id)), 60)
        process.send_signal(signal.SIGTERM)
        _, said = await asyncio.to_thread(process.communicate, timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert '"event":"worker_stopped"' in said
    assert len(await reader.rows(select(visits.c.id))) == 1


def test_it_does_not_start_on_a_database_that_must_be_upgraded(tmp_path: Path) -> None:
    process = started(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}", tmp_path)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said == "The database must be upgraded first: run `barberpro db upgrade`.\n"
    assert list(tmp_path.iterdir()) == []


def test_a_database_of_a_newer_version_is_not_behind(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'barberpro.db'}"
    assert migrations.is_behind(url)
    migrations.upgrade(url)
    assert not migrations.is_behind(url)
    import sqlite3

    connection = sqlite3.connect(tmp_path / "barberpro.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    assert not migrations.is_behind(url)
