"""When a checkout is set up, when it is left alone, and what an old Python is told.

Installing packages is the part that lies outside this machine; here it is written down instead.
"""

import ast
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import _bootstrap
import _installer
import pytest
from _installer import Checkout, StepFailed

SCRIPTS = Path(_bootstrap.__file__).parent
OLDEST_PYTHON_TOLD = (3, 7)
RUN_BEFORE_SET_UP = (
    "run.py", "test.py", "check", "lock",
    "_bootstrap.py", "_installer.py", "_pip_settings.py", "_servers.py", "_throwaway.py",
)  # fmt: skip


class Installations(list[str]):
    """The levels that were installed, in order; `trouble` is raised by the next one."""

    trouble: BaseException | None = None

    def note(self, level: str, _checkout: Checkout) -> None:
        if self.trouble:
            trouble, self.trouble = self.trouble, None
            raise trouble
        self.append(level)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "check out"
    (root / "scripts" / "locks").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\n")
    for level in _bootstrap.LEVELS:
        (root / "scripts" / "locks" / f"{level}.txt").write_text("some==1\n")
    return Checkout(root)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installations]:
    installations = Installations()
    monkeypatch.setattr(_installer, "install", installations.note)
    monkeypatch.setattr(_installer, "make_venv", quick_venv)
    return installations


def quick_venv(checkout: Checkout) -> None:
    """A real venv, but for a pip that does nothing: the true one takes seconds to install."""
    command = [sys.executable, "-m", "venv", "--without-pip", checkout.venv]
    subprocess.run(command, check=True)
    (packages,) = checkout.venv.glob("lib/python3*/site-packages")
    (packages / "pip.py").touch()
    (checkout.programs / "pip").write_text(f"#!{checkout.python}\n")


def is_new(checkout: Checkout) -> bool:
    """Whether the venv was made since this was last asked."""
    seen = checkout.venv / "seen"
    new = not seen.exists()
    seen.touch()
    return new


def test_a_checkout_is_set_up_once(checkout: Checkout, installed: Installations) -> None:
    assert _bootstrap.prepare("run", checkout) == checkout.root / ".venv" / "bin"
    _bootstrap.prepare("run", checkout)

    assert installed == ["run"]


@pytest.mark.parametrize("file", ["pyproject.toml", "scripts/locks/run.txt"])
def test_a_changed_file_is_installed_into_the_same_venv(
    checkout: Checkout, installed: Installations, file: str
) -> None:
    _bootstrap.prepare("run", checkout)
    assert is_new(checkout)

    (checkout.root / file).write_text("other==2\n")
    _bootstrap.prepare("run", checkout)

    assert installed == ["run", "run"]
    assert not is_new(checkout)


def test_what_is_set_up_for_tests_runs_as_well(
    checkout: Checkout, installed: Installations
) -> None:
    _bootstrap.prepare("test", checkout)
    _bootstrap.prepare("run", checkout)
    assert installed == ["test"]

    (checkout.root / "pyproject.toml").write_text("changed")
    _bootstrap.prepare("run", checkout)
    assert installed == ["test", "test"]


def test_what_is_set_up_to_run_is_not_enough_for_tests(
    checkout: Checkout, installed: Installations
) -> None:
    _bootstrap.prepare("run", checkout)
    _bootstrap.prepare("test", checkout)

    assert installed == ["run", "test"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), StepFailed("no network")])
def test_an_interrupted_set_up_starts_from_nothing(
    checkout: Checkout, installed: Installations, trouble: BaseException
) -> None:
    _bootstrap.prepare("run", checkout)
    assert is_new(checkout)
    installed.trouble = trouble
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        _bootstrap.prepare("test", checkout)
    assert not _bootstrap.is_ready("run", checkout)

    _bootstrap.prepare("run", checkout)

    assert installed == ["run", "run"]
    assert is_new(checkout)


def test_a_failure_is_told_in_words(checkout: Checkout, installed: Installations) -> None:
    installed.trouble = StepFailed("no network")

    with pytest.raises(SystemExit) as ending:
        _bootstrap.prepare("run", checkout)

    assert ending.value.code == "no network\n\nSet-up did not finish; the lines above say why."


def test_a_venv_made_by_hand_is_filled(checkout: Checkout, installed: Installations) -> None:
    quick_venv(checkout)
    assert is_new(checkout)

    _bootstrap.prepare("run", checkout)

    assert installed == ["run"]
    assert not is_new(checkout)


def test_a_venv_without_its_python_is_made_anew(
    checkout: Checkout, installed: Installations
) -> None:
    _bootstrap.prepare("run", checkout)
    assert is_new(checkout)
    checkout.python.unlink()
    checkout.python.symlink_to("/gone/python3.11")

    _bootstrap.prepare("run", checkout)

    assert installed == ["run", "run"]
    assert is_new(checkout)


def test_a_venv_whose_python_looks_for_packages_elsewhere_is_made_anew(
    checkout: Checkout, installed: Installations
) -> None:
    _bootstrap.prepare("run", checkout)
    assert is_new(checkout)
    (packages,) = checkout.venv.glob("lib/python3*")
    packages.rename(packages.with_name("python3.10"))
    (checkout.root / "pyproject.toml").write_text("changed")

    _bootstrap.prepare("run", checkout)

    assert is_new(checkout)


def test_a_moved_checkout_gets_a_venv_of_its_own(
    checkout: Checkout, installed: Installations
) -> None:
    _bootstrap.prepare("run", checkout)
    assert is_new(checkout)
    moved = Checkout(checkout.root.rename(checkout.root.with_name("moved")))

    _bootstrap.prepare("run", moved)

    assert installed == ["run", "run"]
    assert is_new(moved)


def test_of_two_set_ups_at_once_the_second_waits(
    checkout: Checkout, installed: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, waiting = threading.Event(), threading.Event()

    def install_slowly(level: str, at: Checkout) -> None:
        begun.set()
        assert waiting.wait(10), "the second did not wait for the first"
        installed.note(level, at)

    monkeypatch.setattr(_installer, "install", install_slowly)
    monkeypatch.setattr(_bootstrap, "say", lambda line: "waiting" in line and waiting.set())
    first = threading.Thread(target=_bootstrap.prepare, args=("run", checkout))
    first.start()
    assert begun.wait(10)

    _bootstrap.prepare("run", checkout)
    first.join(10)

    assert installed == ["run"]


def test_help_needs_no_set_up(tmp_path: Path) -> None:
    shutil.copytree(SCRIPTS, tmp_path / "scripts")

    for name in ("run.py", "test.py", "check", "lock"):
        answer = subprocess.run(
            [sys.executable, tmp_path / "scripts" / name, "--help"], capture_output=True, text=True
        )
        assert answer.stdout.startswith(f"usage: scripts/{name}"), answer.stderr

    assert [path.name for path in tmp_path.iterdir()] == ["scripts"]


def test_run_hands_its_options_to_the_demo(checkout: Checkout, installed: Installations) -> None:
    _bootstrap.prepare("run", checkout)
    product = checkout.programs / "barberpro"
    product.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    product.chmod(0o755)
    shutil.copytree(SCRIPTS, checkout.root / "scripts", dirs_exist_ok=True)
    _bootstrap.prepare("run", checkout)

    def served(*arguments: str) -> list[str]:
        command = [sys.executable, checkout.root / "scripts" / "run.py", *arguments]
        return subprocess.check_output(command, text=True).splitlines()

    usual = ["serve", "--demo", "--data-dir", str(checkout.root / "var" / "demo")]
    assert served() == usual
    assert served("--port", "9000", "--workers=3", "--scale", "small") == [
        *usual, "--port", "9000", "--scale", "small", "--workers", "3",
    ]  # fmt: skip
    assert served("--data-dir", "/srv/demo") == ["serve", "--demo", "--data-dir", "/srv/demo"]


def test_an_old_python_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))

    with pytest.raises(SystemExit) as refusal:
        _bootstrap.require_python()

    assert refusal.value.code == (
        "BarberPro needs Python 3.11 or newer and found only 3.9: install python3.11."
    )


def test_only_a_python_that_is_new_enough_takes_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, code in (("python3.11", 1), ("python3.12", 0), ("python3.13", 0)):
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert _bootstrap.find_python(_bootstrap.CANDIDATES) == str(tmp_path / "python3.12")
    assert _bootstrap.find_python(("python3.11", "python3.10")) is None


@pytest.mark.parametrize("script", RUN_BEFORE_SET_UP)
def test_what_runs_before_set_up_parses_under_the_pythons_it_refuses(script: str) -> None:
    ast.parse((SCRIPTS / script).read_text(), script, feature_version=OLDEST_PYTHON_TOLD)
