"""The gates of scripts/check that are its own, and how it reports them."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from _installer import Checkout

WHOLE = [
    ".gitignore",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "resolvers/a.py",
    "schema/a.graphql",
    "scripts/check",
    "src/a.py",
    "tests/test_a.py",
]


@pytest.fixture
def check(
    program: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """The program, looking at an empty checkout."""
    module = program("check")
    monkeypatch.setattr(module, "HERE", Checkout(tmp_path))
    return module


def write(root: Path, name: str, text: str) -> str:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return name


def test_the_top_level_holds_what_it_should(check: ModuleType) -> None:
    assert check.top_level(WHOLE) == ""
    assert check.top_level([*WHOLE, "notes.txt", "docs/a.md"]) == (
        "docs does not belong at the top\nnotes.txt does not belong at the top"
    )
    assert check.top_level(WHOLE[:-1]) == "tests is missing at the top"


def test_locks_that_name_registries_are_not_tracked(check: ModuleType) -> None:
    assert check.registry_addresses(["uv.lock", "sub/pylock.toml"]) == (
        "uv.lock must not be tracked\nsub/pylock.toml must not be tracked"
    )


def test_a_package_lock_names_no_registry(check: ModuleType, tmp_path: Path) -> None:
    lock = write(tmp_path, "console/package-lock.json", '{"a": {"integrity": "sha512-x"}}')
    assert check.registry_addresses([lock]) == ""

    write(tmp_path, lock, '{"a": {"resolved": "https://npm.test/a.tgz"}}')
    assert check.registry_addresses([lock]).startswith(f"{lock} names a registry 1 times")


def test_a_python_lock_holds_no_address(check: ModuleType, tmp_path: Path) -> None:
    lock = write(tmp_path, "scripts/locks/run.txt", "a==1\n")
    assert check.registry_addresses([lock]) == ""

    write(tmp_path, lock, "--index-url https://pypi.test/simple\na==1\n")
    assert check.registry_addresses([lock]) == f"{lock} holds an address"


def test_long_modules_are_named_unless_no_one_wrote_them(check: ModuleType, tmp_path: Path) -> None:
    just = write(tmp_path, "src/just.py", "\n" * 400)
    long = write(tmp_path, "src/long.ts", "\n" * 401)
    excused = [
        write(tmp_path, "src/barberpro/console/static/a.ts", "\n" * 401),
        write(tmp_path, "src/barberpro/platform/migrations/versions/1.py", "\n" * 401),
        write(tmp_path, "schema/a.graphql", "\n" * 401),
    ]

    assert check.long_modules([just, *excused]) == ""
    assert check.long_modules([just, long, *excused]) == "src/long.ts: 401 lines"


def test_one_gate_that_fails_fails_the_check(
    check: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreadable() -> str:
        raise FileNotFoundError(2, "No such file", "gone")

    gates = [
        check.Gate("fine", lambda: ""),
        check.Gate("wrong", lambda: "line 3 is wrong"),
        check.Gate("lost", unreadable),
    ]

    assert check.run(gates[:1]) == 0
    assert check.run(gates) == 1
    said = capsys.readouterr().out
    assert "--- wrong\nline 3 is wrong\n" in said
    assert "--- lost\n[Errno 2] No such file: 'gone'\n" in said
    assert "1 of 3 gates hold" in said


def test_long_complaints_are_cut(check: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    check.run([check.Gate("talkative", lambda: "\n".join(str(n) for n in range(1, 44)))])

    assert "\n40\n... and 3 lines more\n" in capsys.readouterr().out


def test_a_program_complains_only_when_it_fails(check: ModuleType) -> None:
    gate = check._complaints

    assert gate(["sh", "-c", "echo talks a lot"]) == ""
    assert gate(["sh", "-c", "echo out; echo err >&2; exit 3"]) == "out\nerr"
    assert gate(["sh", "-c", "exit 3"]) == "exit code 3"
