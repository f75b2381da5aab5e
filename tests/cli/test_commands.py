import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from graphql import parse

from barberpro import cli
from barberpro.cli import NOUNS
from barberpro.platform import migrations


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Types a command in this process, under these settings."""

    def typed(*arguments: str, **settings: str) -> Done:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TERMINAL_WIDTH", "100")
        monkeypatch.setattr(sys, "argv", ["barberpro", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, *capsys.readouterr())

    return typed


def test_help_names_every_noun(run: Run) -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for noun, (_, says) in NOUNS.items():
        assert f"  {noun} " in done.stdout
        assert says in done.stdout


def test_help_imports_nothing_heavy() -> None:
    """Which is what makes it quick; the clock of a shared machine proves nothing."""
    ask = (
        "import sys; from barberpro.cli import main; sys.argv = ['barberpro', '--help']\n"
        "try: main()\n"
        "except SystemExit: print(sorted({m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1].replace("'", '"')))
    heavy = {
        "sqlalchemy",
        "alembic",
        "pydantic",
        "strawberry",
        "graphql",
        "uvicorn",
        "numpy",
        "rich",
    }
    assert loaded & heavy == set()


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_explains_itself(noun: str, run: Run) -> None:
    done = run(noun, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"barberpro {noun}" in done.stdout


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").stdout == f"barberpro {metadata.version('barberpro')}\n"


@pytest.mark.parametrize("typed", [["frobnicate"], ["db", "frobnicate"], ["db", "check", "--loud"]])
def test_what_is_mistyped_ends_with_2(typed: list[str], run: Run) -> None:
    done = run(*typed)
    assert done.returncode == 2
    assert "No such" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_is_upgraded_and_checked(tmp_path: Path, run: Run) -> None:
    data = ("--data-dir", str(tmp_path / "data"))
    head = migrations.head()
    before = run("db", "current", "--json", *data)
    assert json.loads(before.stdout) == {"revision": None, "head": head}
    assert run("db", "check", *data).returncode == 1
    assert not (tmp_path / "data").exists()
    assert run("db", "upgrade", *data).stdout == f"The database is at {head}, from nothing.\n"
    assert run("db", "upgrade", *data).stdout == f"The database is at {head}.\n"
    assert (
        run("db", "current", *data).stdout
        == f"The database is at {head}; this version needs {head}.\n"
    )
    fits = run("db", "check", *data)
    assert (fits.returncode, fits.stdout) == (0, "The database is as the code declares it.\n")


def test_a_database_that_differs_fails_the_check(tmp_path: Path, run: Run) -> None:
    run("db", "upgrade", "--data-dir", str(tmp_path))
    connection = sqlite3.connect(tmp_path / "barberpro.db")
    connection.execute("DROP INDEX ix_events_unrelayed")
    connection.close()
    said = run("db", "check", "--data-dir", str(tmp_path))
    assert (said.returncode, said.stdout) == (1, "missing index events ix_events_unrelayed\n")
    shown = run("db", "check", "--json", "--data-dir", str(tmp_path))
    assert shown.returncode == 1
    assert json.loads(shown.stdout)["drift"] == ["missing index events ix_events_unrelayed"]


WRONG = {
    "a value out of range": (
        {"BARBERPRO_POOL_SIZE": "0"},
        "These settings will not do: BARBERPRO_POOL_SIZE: Input should be greater than or equal to 1",
    ),
    "another database": (
        {"BARBERPRO_DATABASE_URL": "mysql://root:hunter2@localhost/x"},
        "the database URL must start with postgresql+asyncpg:// or sqlite+aiosqlite://",
    ),
    "no database there": (
        {"BARBERPRO_DATABASE_URL": "postgresql+asyncpg://root:hunter2@127.0.0.1:1/x"},
        "The database cannot be used: [Errno 111] Connect call failed ('127.0.0.1', 1)",
    ),
    "not a URL": (
        {"BARBERPRO_DATABASE_URL": "hunter2"},
        "The database cannot be used: Could not parse SQLAlchemy URL from given URL string",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_an_operator_can_mend_is_one_line(what: str, run: Run) -> None:
    settings, line = WRONG[what]
    done = run("db", "current", **settings)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{line}\n")


def test_a_revision_that_is_not_there_is_one_line(tmp_path: Path, run: Run) -> None:
    done = run("db", "upgrade", "--to", "9999", "--data-dir", str(tmp_path))
    assert (done.returncode, done.stderr) == (1, "Can't locate revision identified by '9999'\n")


def test_a_plan_tells_every_question_that_is_asked(run: Run) -> None:
    told = run("plan", "BookingLedger", "--client", "frontend")
    assert told.returncode == 0
    first, scopes, cost, *asked = told.stdout.splitlines()
    assert first.startswith("BookingLedger  (frontend, sha256:")
    assert scopes == "scopes  bookings:read"
    assert cost == "cost    depends on its variables"
    assert asked == [
        "bookings                1 statement    a page of bookings",
        "  bookings.nodes.notes  1 call         barberpro.graph.sealed.opened_notes",
    ]
    wrong = run("plan", "Nothing")
    assert wrong.returncode == 2
    assert "BookingLedger" in wrong.stderr


def test_a_subgraph_is_printed_as_a_router_composes_it(run: Run) -> None:
    done = run("schema", "print", "--subgraph", "bookings")
    assert (done.returncode, done.stderr) == (0, "")
    head, _, body = done.stdout.partition("\n\n")
    assert head.startswith('extend schema @link(url: "https://specs.apollo.dev/federation/v2.9"')
    types = {node.name.value: node for node in parse(body).definitions}  # type: ignore[attr-defined]
    assert [field.name.value for field in types["Location"].fields] == ["id", "bookings"]


@pytest.mark.parametrize("command", [["schema", "print"], ["serve"]])
def test_a_subgraph_that_is_not_there_is_told_with_those_that_are(
    command: list[str], run: Run
) -> None:
    done = run(*command, "--subgraph", "shoes")
    assert done.returncode == 2
    assert "--subgraph" in done.stderr and "bookings, catalogue" in done.stderr
