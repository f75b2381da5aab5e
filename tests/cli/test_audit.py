"""`barberpro audit` as an operator uses it: what it says, and how it ends."""

import asyncio
import base64
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from barberpro.cli.audit import app
from barberpro.domains.organizations import service as organizations
from barberpro.platform import clock, ids, migrations
from barberpro.platform.audit import installation
from barberpro.platform.audit.checkpoints import Verifier
from barberpro.platform.audit.keeper import Keeper
from barberpro.platform.audit.merkle import includes
from barberpro.platform.audit.sequencer import sequence
from barberpro.platform.crypto import Sealer, load_master
from barberpro.platform.database import Database
from barberpro.platform.doors import housekeeping, transaction
from barberpro.platform.principal import Principal
from barberpro.platform.settings import Settings


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BARBERPRO_MASTER_KEY", base64.b64encode(bytes(32)).decode())
    migrations.upgrade(Settings(data_dir=tmp_path).database)
    return tmp_path


def grown(data_dir: Path, *kinds: str, signed: bool = True) -> list[str]:
    """What a worker does with as many events as there are kinds; their ids."""

    async def grow() -> list[str]:
        settings = Settings(data_dir=data_dir)
        database = Database(settings.database)
        async with housekeeping(database, clock.now) as house:
            made = [await installation.record(house, kind, {"n": 1}) for kind in kinds]
        if signed:
            await sequence(database, clock.now)
            await Keeper(database, clock.now, Sealer(load_master(settings)), settings).sign()
        await database.close()
        return made

    return asyncio.run(grow())


def spoil(data_dir: Path, *statements: str) -> None:
    """What an owner of the database may do to it."""
    connection = sqlite3.connect(data_dir / "barberpro.db")
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def ran(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_a_sound_log_is_said_to_be_sound(data_dir: Path) -> None:
    grown(data_dir, "first", "second")
    grown(data_dir, "third")
    grown(data_dir, "fourth", signed=False)
    result = ran("verify", "--data-dir", data_dir)
    assert result.exit_code == 0
    assert result.stdout == (
        "3 leaves, 1 events waiting for their place\n"
        "The log is sound, and agrees with 2 signed heads.\n"
    )


def test_before_the_first_head_the_lack_of_one_is_told(data_dir: Path) -> None:
    result = ran("verify", "--data-dir", data_dir)
    assert result.exit_code == 0
    assert result.stdout == (
        "0 leaves, 0 events waiting for their place\n"
        "The log is empty: there is no leaf yet, and no signed head.\n"
    )


def test_leaves_without_any_head_are_not_called_sound(data_dir: Path) -> None:
    """Who removes the folder of heads must not get a log that passes."""
    grown(data_dir, "first", "second")
    (data_dir / "audit" / "heads.jsonl").unlink()
    result = ran("verify", "--data-dir", data_dir)
    assert result.exit_code == 1
    assert result.stderr == "BAD there is no signed head to hold 2 leaves against\n"


def test_the_first_bad_leaf_is_named_first(data_dir: Path) -> None:
    made = sorted(grown(data_dir, *"abcde"))  # which is their order in the log
    spoil(
        data_dir,
        f"UPDATE installation_events SET type = 'x' WHERE id = '{made[3]}'",
        f"DELETE FROM installation_events WHERE id = '{made[1]}'",
    )
    result = ran("verify", "--data-dir", data_dir)
    assert result.exit_code == 1
    assert result.stderr == (
        f"BAD leaf 1: its event {made[1]} is gone\nBAD leaf 3: its event {made[3]} was changed\n"
    )
    assert "sound" not in result.output


def test_heads_that_cannot_be_used_are_bad_too(data_dir: Path) -> None:
    grown(data_dir, "first")
    heads = data_dir / "audit" / "heads.jsonl"
    heads.write_text(heads.read_text().replace("\\n1\\n", "\\n2\\n"))
    result = ran("verify", "--data-dir", data_dir)
    assert result.exit_code == 1
    assert result.stderr == (
        f"The signed heads cannot be used: {heads} line 1: the signature does not fit the head\n"
    )


def test_heads_kept_elsewhere_find_what_our_own_no_longer_can(
    data_dir: Path, tmp_path: Path
) -> None:
    """Who owns database and folder cuts the log and starts its heads anew."""
    grown(data_dir, *"abc")
    copy = tmp_path / "copy"
    (data_dir / "audit").rename(copy)
    spoil(
        data_dir,
        "DELETE FROM audit_leaves WHERE position = 2",
        "DELETE FROM installation_events WHERE position = 2",
        "DELETE FROM audit_heads",
    )
    grown(data_dir)
    assert ran("verify", "--data-dir", data_dir).exit_code == 0
    result = ran("verify", "--data-dir", data_dir, "--heads", copy)
    assert result.exit_code == 1
    assert result.stderr == "BAD leaf 2 is gone: a signed head has 3 leaves\n"


def test_the_head_is_printed_with_the_key_that_opens_it(data_dir: Path) -> None:
    nothing = ran("head", "--data-dir", data_dir)
    assert (nothing.exit_code, nothing.stdout) == (1, "")
    assert nothing.stderr == "No head has been signed yet: a worker does.\n"
    grown(data_dir, "first", "second")
    result = ran("head", "--data-dir", data_dir)
    note, _, key = result.stdout.partition("key ")
    assert (result.exit_code, Verifier.parsed(key).opened(note).size) == (0, 2)


def test_an_entry_is_proved_to_who_has_only_the_key(data_dir: Path) -> None:
    _, event, _ = grown(data_dir, *"abc")
    result = ran("prove", event, "--data-dir", data_dir)
    assert result.exit_code == 0
    proof = json.loads(result.stdout)
    key = ran("head", "--data-dir", data_dir).stdout.partition("key ")[2]
    head = Verifier.parsed(key).opened(proof["head"])
    path = [base64.b64decode(one) for one in proof["path"]]
    leaf = base64.b64decode(proof["leaf"])
    # Of one millisecond, in which order they came is nobody's to know.
    assert proof["position"] in range(3)
    assert proof["size"] == head.size == 3
    assert includes(leaf, proof["position"], head.size, path, head.root)


def test_what_no_head_covers_is_not_proved(data_dir: Path) -> None:
    grown(data_dir, "first")
    (later,) = grown(data_dir, "second", signed=False)
    for event in (later, "evt_none"):
        result = ran("prove", event, "--data-dir", data_dir)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"{event} is not in the log of a signed head, or not yet.\n"


def founded(data_dir: Path, name: str, at: datetime) -> str:
    """An organization, founded then; its id."""

    async def found() -> str:
        database = Database(Settings(data_dir=data_dir).database)
        who = Principal(ids.new("org"), f"cli_{name}", name)
        async with transaction(database, who, lambda: at, "test") as tx:
            await organizations.found(tx, name=name)
        await database.close()
        return who.tenant

    return asyncio.run(found())


def listed(data_dir: Path, *arguments: str) -> list[dict]:
    result = ran("list", *arguments, "--json", "--data-dir", data_dir)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_what_happened_is_listed_and_narrowed(data_dir: Path) -> None:
    early, late = (datetime(2026, 11, day, 9, tzinfo=UTC) for day in (2, 3))
    a, b = founded(data_dir, "a", early), founded(data_dir, "b", late)
    (own,) = grown(data_dir, "TestKeyChanged")

    def owners(*arguments: str) -> list[str]:
        return [entry["organization_id"] for entry in listed(data_dir, *arguments)]

    assert owners() == [b, a]
    assert owners("--first", "1") == [b]
    assert (
        owners("--organization", a) == owners("--actor", "cli_a") == owners("--subject", a) == [a]
    )
    assert owners("--type", "organization.founded", "--since", "2026-11-03T09:00:00") == [b]
    assert owners("--since", "2026-11-03T09:00:01") == owners("--type", "TestKeyChanged") == []
    (entry,) = listed(data_dir, "--installation")
    assert (entry["id"], entry["type"], entry["data"]) == (own, "TestKeyChanged", {"n": 1})
    assert listed(data_dir, "--installation", "--type", "TestOther") == []
    assert listed(data_dir, "--installation", "--since", "2100-01-01") == []


def test_an_entry_is_listed_as_a_line(data_dir: Path) -> None:
    organization = founded(data_dir, "a", datetime(2026, 11, 2, 9, tzinfo=UTC))
    (entry,) = listed(data_dir)
    line = f"2026-11-02T09:00:00Z  {entry['id']}  organization.founded  cli_a  {organization}\n"
    assert ran("list", "--data-dir", data_dir).stdout == f"-  {line}"
    grown(data_dir, signed=True)
    assert ran("list", "--data-dir", data_dir).stdout == f"0  {line}"


def test_what_the_installation_does_has_no_actor(data_dir: Path) -> None:
    result = ran("list", "--installation", "--actor", "usr_x", "--data-dir", data_dir)
    assert result.exit_code == 2
    assert "no actor and no subject" in result.output
