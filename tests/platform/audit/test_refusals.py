import json
from dataclasses import replace
from typing import Any

import pytest

from barberpro.platform.audit.refusals import Refusals

from .conftest import Log

READ = "SELECT * FROM {} WHERE type = 'access.refused' ORDER BY id"


@pytest.fixture
def refusals(audit_log: Log) -> Refusals:
    return Refusals(audit_log.database, audit_log.clock, most=3)


async def told(audit_log: Log, table: str = "events") -> list[dict[str, Any]]:
    rows = await audit_log.owner(READ.format(table))
    return [json.loads(r.data) if isinstance(r.data, str) else r.data for r in rows]


async def test_alike_refusals_are_one_entry_with_their_number(
    audit_log: Log, refusals: Refusals
) -> None:
    who = replace(audit_log.principal, method="bearer", user="usr_1", credential="tok_1")
    for token in range(500):
        refusals.note(replace(who, credential=f"tok_{token}"), "FORBIDDEN", {"missing": "a:b"})
    assert await told(audit_log) == []
    assert await refusals.flush() == 0
    audit_log.clock.forward(seconds=10)
    assert await refusals.flush() == 1
    assert await told(audit_log) == [
        {
            "subject": who.client,
            "reason": "FORBIDDEN",
            "method": "bearer",
            "times": 500,
            "since": "2026-11-23T13:00:00Z",
            "facts": {"missing": "a:b"},
        }
    ]
    (row,) = await audit_log.owner(READ.format("events"))
    assert (row.organization_id, row.client, row.actor) == (who.tenant, who.client, "usr_1")
    assert await refusals.flush(all_of_it=True) == 0


async def test_refusals_that_differ_are_told_apart(audit_log: Log, refusals: Refusals) -> None:
    refusals.note(audit_log.principal, "FORBIDDEN", {"missing": "a:b"})
    refusals.note(audit_log.principal, "FORBIDDEN", {"missing": "c:d"})
    refusals.note(replace(audit_log.principal, user="usr_2"), "FORBIDDEN", {"missing": "a:b"})
    assert await refusals.flush(all_of_it=True) == 3
    assert [entry["times"] for entry in await told(audit_log)] == [1, 1, 1]


async def test_who_is_not_known_is_told_to_the_installation(
    audit_log: Log, refusals: Refusals
) -> None:
    refusals.note(None, "UNKNOWN_CLIENT", {"method": "bearer"})
    await refusals.flush(all_of_it=True)
    assert await told(audit_log) == []
    (entry,) = await told(audit_log, "installation_events")
    assert entry == {
        "method": "bearer", "reason": "UNKNOWN_CLIENT", "times": 1, "since": "2026-11-23T13:00:00Z",
    }  # fmt: skip
    await audit_log.sequence()
    await audit_log.keeper.sign()
    assert (await audit_log.verify()).is_sound


async def test_a_flood_of_kinds_is_counted_as_one(audit_log: Log, refusals: Refusals) -> None:
    for n in range(10_000):
        refusals.note(None, "UNKNOWN_CLIENT", {"client": f"cli_{n}"})
    assert await refusals.flush(all_of_it=True) == 4
    entries = await told(audit_log, "installation_events")
    assert sorted((e["reason"], e["times"]) for e in entries) == [
        ("UNKNOWN_CLIENT", 1), ("UNKNOWN_CLIENT", 1), ("UNKNOWN_CLIENT", 1), ("overflow", 9_997),
    ]  # fmt: skip


async def test_a_callers_flood_of_kinds_is_its_own_and_hides_no_other(audit_log: Log) -> None:
    refusals = Refusals(audit_log.database, audit_log.clock, most_of_one=2)
    loud, quiet = audit_log.principal, replace(audit_log.principal, client="cli_quiet")
    for n in range(10_000):
        refusals.note(replace(loud, user=f"usr_{n}"), "FORBIDDEN", {"missing": f"a:{n}"})
    refusals.note(quiet, "FORBIDDEN", {"missing": "a:b"})
    assert await refusals.flush(all_of_it=True) == 4
    assert [(e["subject"], e["reason"], e["times"], e["facts"]) for e in await told(audit_log)] == [
        (loud.client, "FORBIDDEN", 1, {"missing": "a:0"}),
        (loud.client, "FORBIDDEN", 1, {"missing": "a:1"}),
        (loud.client, "overflow", 9_998, {}),
        ("cli_quiet", "FORBIDDEN", 1, {"missing": "a:b"}),
    ]
    assert not refusals._of_one  # the next ten seconds begin with room


async def test_however_many_flood_the_log_each_client_is_told_of(
    audit_log: Log, refusals: Refusals
) -> None:
    for n in range(5):
        each = replace(audit_log.principal, client=f"cli_{n}", user="usr_1")
        refusals.note(each, "FORBIDDEN", {"missing": "a:b"})
        refusals.note(each, "FORBIDDEN", {"missing": "c:d"})
    await refusals.flush(all_of_it=True)
    times: dict[str, int] = {}
    for entry in await told(audit_log):
        times[entry["subject"]] = times.get(entry["subject"], 0) + entry["times"]
    assert times == {f"cli_{n}": 2 for n in range(5)}


async def test_what_a_caller_sends_is_cut(audit_log: Log, refusals: Refusals) -> None:
    refusals.note(None, "UNKNOWN_CLIENT", {f"f{n}": "x" * 10_000 for n in range(100)})
    await refusals.flush(all_of_it=True)
    (entry,) = await told(audit_log, "installation_events")
    assert {name: len(value) for name, value in entry.items() if name.startswith("f")} == {
        f"f{n}": 200 for n in (0, 1, 10, 11, 12, 13, 14, 15)
    }


async def test_facts_never_pass_for_ours(audit_log: Log, refusals: Refusals) -> None:
    refusals.note(None, "UNKNOWN_CLIENT", {"reason": "NOTHING", "times": "0"})
    await refusals.flush(all_of_it=True)
    (entry,) = await told(audit_log, "installation_events")
    assert (entry["reason"], entry["times"]) == ("UNKNOWN_CLIENT", 1)


async def test_one_that_cannot_be_written_keeps_no_other_from_it(
    audit_log: Log, refusals: Refusals
) -> None:
    refusals.note(replace(audit_log.principal, tenant="org_none"), "FORBIDDEN")
    refusals.note(audit_log.principal, "FORBIDDEN")
    assert await refusals.flush(all_of_it=True) == 2
    assert [entry["times"] for entry in await told(audit_log)] == [1]


async def test_what_is_left_is_told_at_shutdown(audit_log: Log, refusals: Refusals) -> None:
    refusals.start()
    refusals.note(audit_log.principal, "FORBIDDEN")
    await refusals.close()
    assert len(await told(audit_log)) == 1
