"""`barberpro demo`, as someone types it."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest

from barberpro.cli import main
from barberpro.cli.demo import is_loaded
from barberpro.demo import credentials
from barberpro.demo.clients import CHAIN, RIVAL
from barberpro.demo.credentials import NotADemo
from barberpro.gateway import documents
from barberpro.platform.settings import Settings

OPEN_SHOPS = (files("barberpro.demo") / "documents" / "OpenShops.graphql").read_bytes()
BOARD = b"query BookingBoard {\n  bookings { nodes { id } }\n}\n"


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A schema folder with one registered document, of the frontend."""
    folder = tmp_path / "schema"
    (folder / "operations" / "frontend").mkdir(parents=True)
    (folder / "operations" / "frontend" / "BookingBoard.graphql").write_bytes(BOARD)
    monkeypatch.setattr(documents, "contract", lambda: folder)
    return folder


@pytest.fixture
def url(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty database, which the environment names."""
    made = new_database()
    monkeypatch.setenv("BARBERPRO_DATABASE_URL", made)
    return made


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def typed(*arguments: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["barberpro", "demo", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return typed


@pytest.fixture
def load(run: Run) -> Run:
    """Loads the tiny demo into a data directory."""

    def typed(data_dir: Path, *more: str) -> Said:
        return run("load", "--scale", "tiny", "--data-dir", data_dir, *more)

    return typed


@pytest.mark.usefixtures("contract")
def test_load_and_then_print_the_credentials(url: str, tmp_path: Path, run: Run, load: Run) -> None:
    data_dir = tmp_path / "data"
    loaded = load(data_dir, "--seed", "3", "--anchor", "2026-11-22")
    assert loaded.code == 0
    assert "bookings: 600 rows" in loaded.err.splitlines()

    printed = run("credentials", "--json", "--data-dir", data_dir)
    assert printed.code == 0
    found = json.loads(printed.out)
    assert [(each["name"], each["tenant"]) for each in found] == [
        ("frontend", CHAIN.id),
        ("partner", CHAIN.id),
        ("analyst", CHAIN.id),
        ("app", CHAIN.id),
        ("rival", RIVAL.id),
    ]
    shape = {
        "name", "client_id", "client_secret", "scopes", "tenant", "redirect_uris", "documents",
    }  # fmt: skip
    assert all(set(each) == shape for each in found)
    assert found[0]["documents"] == {"BookingBoard": "sha256:" + hashlib.sha256(BOARD).hexdigest()}
    (published,) = found[1]["documents"].items()
    assert published == ("OpenShops", "sha256:" + hashlib.sha256(OPEN_SHOPS).hexdigest())
    assert [each["documents"] for each in found[2:]] == [{}, {}, {}]

    shown = run("credentials", "--data-dir", data_dir)
    assert shown.code == 0
    known = [each["client_secret"] for each in found if each["name"] != "app"]
    assert all(secret in shown.out for secret in known)
    assert "None" not in shown.out
    people = credentials.logins(data_dir)
    assert [person.role for person in people] == ["owner", "manager", "receptionist"]
    assert all(f"{each.email}  {each.password}  " in shown.out for each in people)
    assert is_loaded(Settings(data_dir=data_dir)) is True


def test_a_second_load_is_refused_unless_asked_not_to(url: str, tmp_path: Path, load: Run) -> None:
    data_dir = tmp_path / "data"
    assert load(data_dir).code == 0
    secrets = (data_dir / credentials.FILE).read_bytes()

    again = load(data_dir, "--seed", "4")
    assert again.code == 1
    assert again.err == "The demo is in this database already; nothing was changed.\n"
    assert load(data_dir, "--if-absent").code == 0
    assert (data_dir / credentials.FILE).read_bytes() == secrets


def test_a_directory_that_is_no_demo_is_told_in_one_line(tmp_path: Path, run: Run) -> None:
    refused = run("credentials", "--json", "--data-dir", tmp_path)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"{tmp_path} is not a demo installation: it has no demo-clients.json. "
        "Run `barberpro demo load` with this data directory first.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_demo_whose_secrets_are_elsewhere_is_told(url: str, tmp_path: Path, load: Run) -> None:
    assert is_loaded(Settings(data_dir=tmp_path)) is False
    assert load(tmp_path / "one").code == 0
    with pytest.raises(NotADemo, match=r"This database holds the demo, but .*two has no usable"):
        is_loaded(Settings(data_dir=tmp_path / "two"))


def test_an_unknown_scale_is_refused_before_anything_is_made(tmp_path: Path, run: Run) -> None:
    refused = run("load", "--scale", "vast", "--data-dir", tmp_path / "data")
    assert refused.code == 2
    assert "there is no scale 'vast'" in refused.err
    assert list(tmp_path.iterdir()) == []


def test_the_data_directory_comes_from_the_environment_where_none_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.setenv("BARBERPRO_DATA_DIR", str(tmp_path / "there"))
    assert str(tmp_path / "there") in run("credentials").err


def test_nothing_but_the_load_itself_brings_numpy_in() -> None:
    asked = (
        "import sys, barberpro.cli.demo, barberpro.demo.clients, barberpro.demo.credentials;"
        "import barberpro.gateway.documents; sys.exit('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", asked], env=dict(os.environ), check=False)
    assert done.returncode == 0
