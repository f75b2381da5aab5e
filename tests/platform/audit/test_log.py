import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from barberpro.platform.audit.checkpoints import Signer
from barberpro.platform.audit.keeper import Keeper, Rewritten
from barberpro.platform.audit.merkle import Growing, continues, includes
from barberpro.platform.audit.proofs import proof
from barberpro.platform.audit.sequencer import sequence
from barberpro.platform.audit.tree import Tree
from barberpro.platform.crypto import Sealer
from barberpro.platform.database import postgresql
from tests.conftest import MASTER_KEY, tenant

from .conftest import Log, until

PUT_HEAD = (
    "INSERT INTO audit_heads (size, root, note, signed_at)"
    " SELECT :size, :root, :note, max(signed_at) FROM audit_heads"
)
LEAVES = "SELECT position, entry, hash FROM audit_leaves ORDER BY position"


async def test_every_event_gets_one_place_whosever_it_is(audit_log: Log) -> None:
    stranger = await tenant(audit_log.database, audit_log.clock)
    made = {*await audit_log.ring(3), *await audit_log.ring(2, stranger)}
    own = await audit_log.record("TestKeyChanged")
    assert await audit_log.sequence() == 8  # two organizations were founded
    rows = await audit_log.owner(LEAVES)
    assert [row.position for row in rows] == list(range(8))
    assert made | {own} < {row.entry for row in rows}
    placed = await audit_log.owner(
        "SELECT id, position FROM events UNION ALL SELECT id, position FROM installation_events"
    )
    assert dict(placed) == {row.entry: row.position for row in rows}
    assert await audit_log.sequence() == 0


async def test_the_stored_tree_is_the_tree_over_its_leaves(audit_log: Log) -> None:
    """Over more than one stored node, and in batches that end anywhere."""
    await audit_log.ring(700)
    while await sequence(audit_log.database, audit_log.clock, most=97):
        pass
    expected, roots = Growing(), [Growing().root()]
    for row in await audit_log.owner(LEAVES):
        expected.append(row.hash)
        roots.append(expected.root())
    for size in (1, 255, 256, 257, 511, 512, 701):
        assert await audit_log.asked(lambda ask, n=size: Tree(ask).root(n)) == roots[size]
    nodes = await audit_log.owner("SELECT level, position FROM audit_nodes ORDER BY position")
    assert [tuple(node) for node in nodes] == [(8, 0), (8, 1)]


async def test_proofs_from_the_stored_tree_hold(audit_log: Log) -> None:
    await audit_log.ring(600)
    await audit_log.sequence()
    leaves = [row.hash for row in await audit_log.owner(LEAVES)]
    root = await audit_log.asked(lambda ask: Tree(ask).root(601))
    for at in (0, 255, 256, 599, 600):
        path = await audit_log.asked(lambda ask, n=at: Tree(ask).inclusion(n, 601))
        assert includes(leaves[at], at, 601, path, root)
    for old in (1, 256, 300, 512, 600):
        then = await audit_log.asked(lambda ask, n=old: Tree(ask).root(n))
        path = await audit_log.asked(lambda ask, n=old: Tree(ask).consistency(n, 601))
        assert continues(old, then, 601, root, path)


async def test_a_proof_reads_few_tiles_however_large_the_log(audit_log: Log) -> None:
    await audit_log.ring(600)
    await audit_log.sequence()
    asked = 0

    async def prove(ask):
        async def counting(statement, values):
            nonlocal asked
            asked += 1
            return await ask(statement, values)

        return await Tree(counting).inclusion(300, 601)

    await audit_log.asked(prove)
    assert asked == 3  # its own tile, the right edge's, and the one of stored nodes above


async def test_a_head_is_signed_only_where_the_log_has_grown(audit_log: Log) -> None:
    await audit_log.sequence()
    first = await audit_log.keeper.sign()
    assert first is not None
    assert first.size == 1
    assert await audit_log.keeper.sign() is None
    await audit_log.grow(2)
    (file,) = audit_log.keeper.files
    assert [head.size for head in file.heads()] == [1, 3]
    assert await audit_log.newest() == file.newest()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_leaves SET hash = :h WHERE position = 2",
        "DELETE FROM audit_leaves WHERE position > 1",
    ],
)
async def test_a_log_that_does_not_go_on_from_its_last_head_is_not_signed(
    audit_log: Log, change: str
) -> None:
    """A log must never sign two histories (c2sp.org/tlog-checkpoint), not even after a backup was put back."""
    await audit_log.grow(4)
    values = {"h": bytes(32)} if ":h" in change else {}
    await audit_log.owner(change, **values)
    await audit_log.owner("DELETE FROM audit_heads")
    await audit_log.ring(1)
    await audit_log.sequence()
    with pytest.raises(Rewritten, match="does not go on from the 5 leaves that were signed"):
        await audit_log.keeper.sign()
    (file,) = audit_log.keeper.files
    assert [head.size for head in file.heads()] == [5]
    assert await audit_log.owner("SELECT * FROM audit_heads") == []


async def test_a_head_put_into_the_database_stops_no_signing(audit_log: Log) -> None:
    """The relay may insert there: a row that claims a huge log must not keep later leaves from being signed."""
    await audit_log.grow(2)
    put = "INSERT INTO audit_heads SELECT 1000000000, root, note, signed_at FROM audit_heads"
    await audit_log.owner(put)
    await audit_log.ring(1)
    await audit_log.sequence()
    signed = await audit_log.keeper.sign()
    assert signed is not None
    assert signed.size == 4
    assert await audit_log.newest() == signed


async def test_a_head_that_our_key_has_not_signed_is_never_shown(audit_log: Log) -> None:
    """However many are put beside ours, for a log of any size."""
    await audit_log.grow(30)
    (ours,) = audit_log.keeper.files[0].heads()
    await audit_log.ring(30)
    await audit_log.sequence()
    thief = Signer(Sealer(bytes(32)), audit_log.settings)
    for size in range(32, 60):
        await audit_log.owner(
            PUT_HEAD, size=size, root=bytes(32), note=thief.sign(size, bytes(32)).note
        )
    assert await audit_log.newest() == ours


async def test_an_old_head_shown_as_a_new_one_is_passed_over(audit_log: Log) -> None:
    """It is ours, and would hide what was signed since."""
    await audit_log.grow(10)
    (old,) = audit_log.keeper.files[0].heads()
    await audit_log.ring(10)
    await audit_log.sequence()
    newest = await audit_log.keeper.sign()
    assert newest is not None
    await audit_log.ring(10)
    await audit_log.sequence()
    await audit_log.owner(PUT_HEAD, size=newest.size + 1, root=bytes(32), note=old.note)
    assert await audit_log.newest() == newest


async def test_a_head_for_more_leaves_than_there_are_is_never_shown(audit_log: Log) -> None:
    """Ours, put back beside an older log under a size that this one has: no proof could lead to it."""
    await audit_log.grow(30)
    (ours,) = audit_log.keeper.files[0].heads()
    await audit_log.owner("DELETE FROM audit_leaves WHERE position > 9")
    await audit_log.owner("UPDATE audit_heads SET size = 5 WHERE size = :size", size=ours.size)
    assert await audit_log.newest() is None


async def test_nothing_is_signed_where_the_files_of_earlier_heads_are_gone(audit_log: Log) -> None:
    await audit_log.grow(2)
    (file,) = audit_log.keeper.files
    (file.folder / "heads.jsonl").unlink()
    await audit_log.ring(1)
    await audit_log.sequence()
    with pytest.raises(Rewritten, match="their files are gone"):
        await audit_log.keeper.sign()
    assert [*file.heads()] == []


async def test_heads_are_kept_in_a_second_folder_too(audit_log: Log, tmp_path: Path) -> None:
    settings = audit_log.settings.model_copy(update={"audit_copy_dir": tmp_path / "copy"})
    audit_log.keeper = Keeper(audit_log.database, audit_log.clock, Sealer(MASTER_KEY), settings)
    await audit_log.grow(2)
    own, copy = audit_log.keeper.files
    assert [*own.heads()] == [*copy.heads()] != []
    (own.folder / "heads.jsonl").unlink()
    report = await audit_log.verify()
    assert (report.heads, report.is_sound) == (1, True)


async def test_the_keeper_gives_places_and_signs_until_it_is_stopped(audit_log: Log) -> None:
    stop, keeper = asyncio.Event(), audit_log.keeper
    running = asyncio.create_task(keeper.run(stop))
    await until(audit_log.shows_a_head)
    await audit_log.ring(3)
    stop.set()  # what was told before is under the last head
    await running
    newest = keeper.files[0].newest()
    assert newest is not None
    assert (newest.size, newest) == (4, await audit_log.newest())


async def test_trouble_of_the_keeper_is_told_and_tried_again(
    audit_log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barberpro.platform.audit.keeper.TROUBLE_SECONDS", 0.01)
    stop, keeper = asyncio.Event(), audit_log.keeper
    folder = keeper.files[0].folder
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    with capture_logs() as logged:

        async def in_trouble() -> bool:
            return any(line["event"] == "audit_in_trouble" for line in logged)

        running = asyncio.create_task(keeper.run(stop))
        await until(in_trouble)
        folder.unlink()
        await until(audit_log.shows_a_head)
        stop.set()
        await running
    assert [head.size for head in keeper.files[0].heads()] == [1]


async def test_an_event_is_proved_once_a_head_covers_it(audit_log: Log) -> None:
    (event,) = await audit_log.grow(1)
    (later,) = await audit_log.ring(1)
    await audit_log.sequence()
    (head,) = audit_log.keeper.files[0].heads()
    found = await proof(audit_log.database, event, head)
    assert found is not None
    assert (found["position"], found["size"], found["head"]) == (1, 2, head.note)
    assert await proof(audit_log.database, later, head) is None
    assert await proof(audit_log.database, "evt_none", head) is None
    assert await proof(audit_log.database, event, None) is None


async def test_workers_at_once_give_each_event_one_place(audit_log: Log) -> None:
    await audit_log.grow(0)
    for _ in range(4):
        await audit_log.ring(50)
    for _ in range(12):
        await asyncio.gather(
            *(sequence(audit_log.database, audit_log.clock, most=20) for _ in range(3))
        )
    await audit_log.sequence()
    assert (await audit_log.owner("SELECT count(*), count(DISTINCT entry) FROM audit_leaves"))[
        0
    ] == (
        201,
        201,
    )
    assert (await audit_log.verify()).is_sound


KILLED = """
import asyncio, os, signal, sys
from barberpro.platform.audit import sequencer
from barberpro.platform.clock import now
from barberpro.platform.database import Database
from barberpro.platform.doors import Housekeeping

left = int(sys.argv[2])
execute = Housekeeping.execute

async def counting(self, statement, values=None):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return await execute(self, statement, values)

Housekeeping.execute = counting

async def main():
    database = Database(sys.argv[1])
    while await sequencer.sequence(database, now, most=100):
        pass
    await database.close()

asyncio.run(main())
"""


@pytest.mark.long
async def test_killed_anywhere_it_goes_on_where_it_stood(audit_log: Log) -> None:
    await audit_log.grow(0)
    await audit_log.ring(300)
    for statements in range(3, 33, 3):
        done = subprocess.run([sys.executable, "-c", KILLED, audit_log.url, str(statements)])
        assert done.returncode in (0, -signal.SIGKILL)
        assert (await audit_log.verify()).is_sound
    await audit_log.sequence()
    report = await audit_log.verify()
    assert (report.is_sound, report.size, report.waiting) == (True, 301, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET actor = 'nobody'",
        "UPDATE events SET position = 7",
        "DELETE FROM events",
        "UPDATE installation_events SET type = 'x'",
        "UPDATE installation_events SET position = 7",
        "DELETE FROM installation_events",
        "UPDATE audit_leaves SET entry = 'x'",
        "DELETE FROM audit_leaves",
        "UPDATE audit_heads SET size = 9",
        "DELETE FROM audit_heads",
        "UPDATE audit_nodes SET level = 9",
        "DELETE FROM audit_nodes",
    ],
)
async def test_nobody_changes_the_log_not_even_housekeeping(audit_log: Log, statement: str) -> None:
    await audit_log.record("TestKeyChanged")
    await audit_log.grow(300)
    with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
        async with audit_log.database.housekeeping() as connection:
            await connection.exec_driver_sql(statement)
    assert (await audit_log.verify()).is_sound


@pytest.mark.parametrize("leaf", ["nonsense", "", "é" * 64, "AB" * 32, "ab" * 33])
async def test_an_event_without_a_leaf_keeps_no_other_from_its_place(
    audit_log: Log, leaf: str
) -> None:
    """Whoever can insert an event can give it any text for a leaf: it is set aside, and named."""
    first, *_ = await audit_log.ring(3)
    await audit_log.record("TestKeyChanged")
    for table in ("events", "installation_events"):
        await audit_log.owner(
            f"UPDATE {table} SET leaf = :leaf WHERE id = :id", leaf=leaf, id=first
        )
    await audit_log.owner("UPDATE installation_events SET leaf = :leaf", leaf=leaf)
    assert await audit_log.sequence() == 3
    await audit_log.keeper.sign()
    report = await audit_log.verify()
    assert (report.size, report.waiting) == (3, 0)
    assert (None, first) in [(f.position, f.entry) for f in report.findings]
    assert [f.says.partition(" ")[2].partition(" ")[2] for f in report.findings] == [
        "was never put to the log: what it has for a leaf is none"
    ] * 2


async def test_the_worker_tells_of_an_event_without_a_leaf(audit_log: Log) -> None:
    (bad,) = await audit_log.ring(1)
    await audit_log.owner("UPDATE events SET leaf = 'x' WHERE id = :id", id=bad)
    await audit_log.sequence()
    with capture_logs() as logged:
        await audit_log.keeper.tell_of_set_aside()
    assert [(line["event"], line["entries"]) for line in logged] == [("audit_set_aside", [bad])]


TABLES = ("events", "installation_events", "audit_leaves", "audit_nodes", "audit_heads")


@pytest.mark.parametrize("table", TABLES)
async def test_nobody_empties_the_log_not_even_the_owner(audit_log: Log, table: str) -> None:
    """PostgreSQL asks no trigger of rows at TRUNCATE."""
    if audit_log.database.dialect == "sqlite":
        pytest.skip("it has no TRUNCATE")
    await audit_log.record("TestKeyChanged")
    await audit_log.grow(300)
    engine = postgresql(make_url(audit_log.url), None, pool_size=1)
    try:
        with pytest.raises(DBAPIError, match="append-only"):
            async with engine.begin() as connection:
                await connection.exec_driver_sql(f"TRUNCATE {table} CASCADE")
    finally:
        await engine.dispose()
    assert (await audit_log.verify()).is_sound
