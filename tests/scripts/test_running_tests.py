"""What scripts/test.py runs, what it says about it, and when it refuses to."""

import socket
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from _throwaway import NoServer

USUAL = ("-n", "2", "--dist", "loadgroup")


@pytest.fixture
def runner(program: Callable[[str], ModuleType]) -> ModuleType:
    return program("test.py")


@pytest.mark.parametrize(
    ("arguments", "everything", "chromium", "options", "left_out"),
    [
        (
            [],
            False,
            True,
            (*USUAL, "-m", "not browser and not long"),
            "browser, long runs (use --all)",
        ),
        ([], True, True, USUAL, "nothing"),
        (
            [],
            True,
            False,
            (*USUAL, "-m", "not browser"),
            "browser (no chromium on PATH and none named by BARBERPRO_CHROMIUM)",
        ),
        (["-m", "long"], False, True, USUAL, "what -m leaves out"),
        (["--maxfail=1"], True, True, USUAL, "nothing"),
    ],
)
def test_what_is_left_out_is_named(
    runner: ModuleType,
    arguments: list[str],
    everything: bool,
    chromium: bool,
    options: tuple[str, ...],
    left_out: str,
) -> None:
    choice = runner.choose(arguments, everything=everything, has_chromium=chromium)

    assert (choice.options, choice.left_out) == (options, left_out)


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (0, "ran: the whole suite in 12 s, passed; left out: nothing"),
        (1, "ran: the whole suite in 12 s, failed; left out: nothing"),
        (5, "ran: the whole suite in 12 s, no test was chosen; left out: nothing"),
        (143, "ran: the whole suite in 12 s, did not finish (exit code 143); left out: nothing"),
    ],
)
def test_the_last_line_says_how_it_went(runner: ModuleType, status: int, line: str) -> None:
    choice = runner.choose([], everything=True, has_chromium=True)

    assert runner.last_line(choice, status, 12.3) == line


def test_the_last_line_names_what_pytest_was_told(runner: ModuleType) -> None:
    choice = runner.choose(["tests/graph", "-x"], everything=True, has_chromium=True)

    assert choice.ran == "pytest tests/graph -x"


def test_chromium_is_the_one_that_is_named_or_one_on_path(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert runner.find_chromium({}) is None

    for name in ("chromium-browser", "mine"):
        (tmp_path / name).touch(mode=0o755)
    assert runner.find_chromium({}) == str(tmp_path / "chromium-browser")
    assert runner.find_chromium({"BARBERPRO_CHROMIUM": str(tmp_path / "mine")}) == str(
        tmp_path / "mine"
    )
    assert runner.find_chromium({"BARBERPRO_CHROMIUM": "/gone"}) is None


@contextmanager
def started(name: str):
    yield f"{name}://started"


@contextmanager
def not_started():
    raise NoServer("No Valkey would start (none is installed).")
    yield


def test_given_servers_are_used_and_the_others_started(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        given = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        servers = (
            ("DATABASE", lambda: started("postgresql"), 5432, "postgresql"),
            ("REDIS", not_started, 6379, "redis-server"),
        )
        monkeypatch.setattr(runner, "SERVERS", servers)

        with runner.servers({"REDIS": given, "DATABASE": ""}) as urls:
            assert urls == {"REDIS": given, "DATABASE": "postgresql://started"}


def test_tests_are_refused_without_a_server(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "SERVERS", (("REDIS", not_started, 6379, "redis-server"),))

    with pytest.raises(NoServer) as refusal:
        runner.servers({}).__enter__()

    assert str(refusal.value) == (
        "No Valkey would start (none is installed). Tests do not run without it: set REDIS to the"
        " URL of one that may be written to, or install one (Debian, Ubuntu: apt install"
        " redis-server)."
    )


def test_a_given_server_that_does_not_answer_is_refused(runner: ModuleType) -> None:
    with socket.create_server(("127.0.0.1", 0)) as soon_closed:
        port = soon_closed.getsockname()[1]
    environment = {"BARBERPRO_TEST_DATABASE_URL": f"postgresql+asyncpg://127.0.0.1:{port}/x"}

    with pytest.raises(
        NoServer, match=r"^Nothing answers where BARBERPRO_TEST_DATABASE_URL points"
    ):
        runner.servers(environment).__enter__()
