"""Whoever owns the database may change any row: it is found, and named."""

import hashlib

import pytest

from barberpro.platform.audit.checkpoints import BadHead
from barberpro.platform.audit.merkle import Growing

from .conftest import Log


async def victim(audit_log: Log, at: int) -> str:
    rows = await audit_log.owner(f"SELECT entry FROM audit_leaves WHERE position = {at}")
    return rows[0].entry


async def first(audit_log: Log) -> tuple[int | None, str | None, str]:
    report = await audit_log.verify()
    assert not report.is_sound
    finding = report.findings[0]
    return finding.position, finding.entry, finding.says


async def test_an_untouched_log_is_sound(audit_log: Log) -> None:
    await audit_log.record("TestKeyChanged")
    await audit_log.grow(5)
    await audit_log.grow(300)
    report = await audit_log.verify(chunk=100)
    assert (report.findings, report.size, report.heads, report.waiting) == ([], 307, 2, 0)


@pytest.mark.parametrize(
    "change",
    [
        "type = 'X'",
        "subject = 'X'",
        "data = '{}'",
        "client = 'X'",
        "actor = 'X'",
        "request_id = 'X'",
        "occurred_at = '2020-01-01T00:00:00.000000Z'",
        "salt = 'X'",
        "before = 'X'",
        "after = 'X'",
    ],
)
async def test_a_changed_event_is_named(audit_log: Log, change: str) -> None:
    await audit_log.grow(20)
    entry = await victim(audit_log, 7)
    await audit_log.owner(f"UPDATE events SET {change} WHERE id = :id", id=entry)
    assert await first(audit_log) == (7, entry, f"leaf 7: its event {entry} was changed")


@pytest.mark.parametrize("change", ["data = 'X'", "data = ''", "occurred_at = 'X'"])
async def test_an_event_that_was_spoiled_is_named_too(audit_log: Log, change: str) -> None:
    if audit_log.database.dialect == "postgresql":
        pytest.skip("its columns take no such value")
    await audit_log.grow(20)
    entry = await victim(audit_log, 7)
    await audit_log.owner(f"UPDATE events SET {change} WHERE id = :id", id=entry)
    assert await first(audit_log) == (7, entry, f"leaf 7: its event {entry} was changed")


async def test_a_leaf_whose_hash_was_changed_is_named_before_the_head_that_differs(
    audit_log: Log,
) -> None:
    await audit_log.grow(20)
    entry = await victim(audit_log, 7)
    await audit_log.owner(
        "UPDATE audit_leaves SET hash = :h WHERE position = 7", h=hashlib.sha256().digest()
    )
    assert [(f.position, f.says) for f in (await audit_log.verify()).findings] == [
        (7, f"leaf 7: its event {entry} was changed"),
        (7, "leaves 0 to 20 are not those that were signed"),
    ]


@pytest.mark.parametrize("microseconds", [0, 1, 120_000, 999_999])
async def test_an_instant_is_the_same_in_the_leaf_however_it_is_stored(
    audit_log: Log, microseconds: int
) -> None:
    audit_log.clock.forward(microseconds=microseconds)
    await audit_log.record("TestKeyChanged")
    await audit_log.grow(1)
    report = await audit_log.verify()
    assert (report.findings, report.size) == ([], 3)


async def test_an_event_given_to_another_organization_is_named(audit_log: Log) -> None:
    from tests.conftest import tenant

    other = await tenant(audit_log.database, audit_log.clock)
    await audit_log.grow(20)
    entry = await victim(audit_log, 7)
    moved = "UPDATE events SET organization_id = :to WHERE id = :id"
    await audit_log.owner(moved, to=other.tenant, id=entry)
    assert await first(audit_log) == (7, entry, f"leaf 7: its event {entry} was changed")


async def test_a_changed_event_of_the_installation_is_named(audit_log: Log) -> None:
    entry = await audit_log.record("TestKeyChanged")
    await audit_log.grow(5)
    await audit_log.owner("UPDATE installation_events SET data = '{}'")
    assert await first(audit_log) == (0, entry, f"leaf 0: its event {entry} was changed")


async def test_a_deleted_event_is_named(audit_log: Log) -> None:
    await audit_log.grow(20)
    entry = await victim(audit_log, 7)
    await audit_log.owner("DELETE FROM events WHERE id = :id", id=entry)
    assert await first(audit_log) == (7, entry, f"leaf 7: its event {entry} is gone")


@pytest.mark.parametrize(("at", "chunk"), [(0, 4096), (7, 4096), (7, 4), (8, 4), (19, 4)])
async def test_a_deleted_leaf_is_named(audit_log: Log, at: int, chunk: int) -> None:
    await audit_log.grow(20)
    await audit_log.owner(f"DELETE FROM audit_leaves WHERE position = {at}")
    report = await audit_log.verify(chunk=chunk)
    assert (report.findings[0].position, report.findings[0].says) == (at, f"leaf {at} is gone")


async def test_a_log_cut_off_at_its_end_is_found_by_the_head(audit_log: Log) -> None:
    await audit_log.grow(20)
    await audit_log.owner(
        "DELETE FROM events WHERE position >= 15", "DELETE FROM audit_leaves WHERE position >= 15"
    )
    expected = (15, None, "leaf 15 is gone: a signed head has 21 leaves")
    assert await first(audit_log) == expected


async def test_an_emptied_log_is_found_by_the_head(audit_log: Log) -> None:
    await audit_log.grow(3)
    await audit_log.owner("DELETE FROM events", "DELETE FROM audit_leaves")
    assert await first(audit_log) == (0, None, "leaf 0 is gone: a signed head has 4 leaves")


async def test_leaves_in_another_order_are_named(audit_log: Log) -> None:
    await audit_log.grow(20)
    entry, other = await victim(audit_log, 7), await victim(audit_log, 8)
    await audit_log.owner(
        "UPDATE audit_leaves SET position = -1 WHERE position = 7",
        "UPDATE audit_leaves SET position = 7 WHERE position = 8",
        "UPDATE audit_leaves SET position = 8 WHERE position = -1",
    )
    assert await first(audit_log) == (7, other, f"leaf 7: its event {other} stands at 8")
    assert entry != other


async def test_events_and_leaves_in_another_order_are_found_by_the_head(audit_log: Log) -> None:
    await audit_log.grow(3)
    await audit_log.grow(20)
    swap = "position = CASE position WHEN 7 THEN -8 ELSE -7 END WHERE position IN (7, 8)"
    for table in ("events", "audit_leaves"):
        await audit_log.owner(
            f"UPDATE {table} SET {swap}",
            f"UPDATE {table} SET position = -position WHERE position < 0",
        )
    assert await first(audit_log) == (4, None, "leaves 4 to 23 are not those that were signed")


COPY = (
    "INSERT INTO events (id, organization_id, type, subject, data, client, actor, request_id,"
    " occurred_at, salt, leaf, position) SELECT 'evt_forged', organization_id, type, subject, data,"
    " client, actor, request_id, occurred_at, salt, leaf, {} FROM events WHERE position = 7"
)


@pytest.mark.parametrize("at", [7, 99])
async def test_an_event_put_beside_the_log_is_named(audit_log: Log, at: int) -> None:
    await audit_log.grow(20)
    await audit_log.owner(COPY.format(at))
    says = f"event evt_forged was put beside the log: leaf {at} is not its own"
    assert await first(audit_log) == (at, "evt_forged", says)


async def test_an_event_with_the_leaf_of_another_is_named_once_it_is_in_the_log(
    audit_log: Log,
) -> None:
    await audit_log.grow(20)
    await audit_log.owner(COPY.format("NULL"))
    await audit_log.sequence()
    assert await first(audit_log) == (21, "evt_forged", "leaf 21: its event evt_forged was changed")


async def test_what_waits_too_long_is_told(audit_log: Log) -> None:
    await audit_log.grow(2)
    await audit_log.ring(3)
    assert ((await audit_log.verify()).waiting, (await audit_log.verify()).is_sound) == (3, True)
    audit_log.clock.forward(minutes=11)
    position, entry, says = await first(audit_log)
    assert (position, entry) == (None, None)
    assert says.startswith("3 events wait for their place since ")


async def rewrite(audit_log: Log, at: int) -> None:
    """What a skilled owner does: change a row, then make every hash above it fit again."""
    from sqlalchemy import select

    from barberpro.platform.binding import across_tenants
    from barberpro.platform.doors import survey
    from barberpro.platform.events import events, leaf

    await audit_log.owner(f"UPDATE events SET actor = 'usr_other' WHERE position = {at}")
    async with survey(audit_log.database, audit_log.clock) as look:
        rows = await look.rows(across_tenants(select(events).order_by(events.c.position), "test"))
    tree = Growing()
    for row in rows:
        again = bytes.fromhex(leaf(row.organization_id, row._asdict()))
        done = tree.append(again)
        if row.position == at:
            await audit_log.owner(
                "UPDATE events SET leaf = :leaf WHERE id = :id", leaf=again.hex(), id=row.id
            )
            await audit_log.owner(
                f"UPDATE audit_leaves SET hash = :h WHERE position = {at}", h=again
            )
        for (level, position), hash_ in done:
            where = f"WHERE level = {level} AND position = {position}"
            await audit_log.owner(f"UPDATE audit_nodes SET hash = :h {where}", h=hash_)
    await audit_log.owner("UPDATE audit_heads SET root = :root", root=tree.root())


async def test_a_history_rewritten_whole_is_found_by_the_heads_outside(audit_log: Log) -> None:
    await audit_log.grow(100)
    await audit_log.grow(200)
    await rewrite(audit_log, 150)
    report = await audit_log.verify()
    assert [(f.position, f.says) for f in report.findings] == [
        (101, "leaves 101 to 300 are not those that were signed"),
        (101, "the database shows a head of 101 leaves that was not signed"),
        (301, "the database shows a head of 301 leaves that was not signed"),
    ]
    assert report.heads == 1


async def test_without_the_heads_outside_a_rewritten_history_would_pass(audit_log: Log) -> None:
    """Why they are kept there."""
    await audit_log.grow(300)
    await rewrite(audit_log, 150)
    (audit_log.settings.data_dir / "audit" / "heads.jsonl").unlink()
    expected = (None, None, "there is no signed head to hold 301 leaves against")
    assert await first(audit_log) == expected
    assert len((await audit_log.verify()).findings) == 1


async def test_leaves_that_nobody_signs_are_told_once_a_worker_would_have(audit_log: Log) -> None:
    await audit_log.grow(2)
    await audit_log.ring(2)
    await audit_log.sequence()
    assert (await audit_log.verify()).is_sound
    since = f"{audit_log.clock():%F %T}"
    audit_log.clock.forward(minutes=11)
    says = f"leaves from 3 on are under no signed head since {since}"
    assert await first(audit_log) == (3, None, says)


PUT_HEAD = "INSERT INTO audit_heads SELECT {}, root, note, signed_at FROM audit_heads"


@pytest.mark.parametrize(("size", "at"), [(2, 2), (10**15, 4)])
async def test_a_head_that_only_the_database_shows_is_told(
    audit_log: Log, size: int, at: int
) -> None:
    await audit_log.grow(3)
    await audit_log.owner(PUT_HEAD.format(size))
    says = f"the database shows a head of {size} leaves that was not signed"
    assert await first(audit_log) == (at, None, says)


async def test_a_stored_node_that_was_changed_is_found(audit_log: Log) -> None:
    await audit_log.grow(300)
    await audit_log.owner("UPDATE audit_nodes SET hash = :h", h=hashlib.sha256().digest())
    assert await first(audit_log) == (0, None, "leaves 0 to 255 are not those of the stored tree")


async def test_a_head_that_was_changed_is_refused(audit_log: Log) -> None:
    await audit_log.grow(3)
    path = audit_log.settings.data_dir / "audit" / "heads.jsonl"
    path.write_text(path.read_text().replace("\\n4\\n", "\\n5\\n"))
    with pytest.raises(BadHead, match=r"heads\.jsonl line 1: the signature does not fit the head"):
        await audit_log.verify()
