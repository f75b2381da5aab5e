"""Makes `.venv` what the locks say, with the standard library alone.

`prepare("run")` or `prepare("test")` returns the folder of its programs. When nothing has changed
since the last time it reads a few small files and returns at once.

Scripts must parse under old Pythons, so that those can be refused with a sentence.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import _installer
from _installer import HERE, Checkout, StepFailed, say

MINIMUM = (3, 11)
# The first is what the locks are tested with; the rest have wheels as well.
CANDIDATES = ("python3.11", "python3.12", "python3.13", "python3.14", "python3")
SUPPORTS = "import sys; sys.exit(sys.version_info < (3, 11))"

# Each set holds all of those before it.
LEVELS = ("run", "test")

UNFINISHED = "unfinished"


def require_python() -> None:
    """Go on under Python 3.11 or newer: this one, another on PATH, or leave with a sentence."""
    if sys.version_info[:2] >= MINIMUM:
        return
    python = find_python(CANDIDATES)
    if python is None:
        raise SystemExit(too_old(sys.version_info[:2]))
    os.execv(python, [python, *sys.argv])  # noqa: S606 - no shell is the point


def find_python(names: Sequence[str]) -> str | None:
    """The first of these programs on PATH that really is Python 3.11 or newer."""
    for name in names:
        path = shutil.which(name)
        if path and subprocess.run([path, "-c", SUPPORTS], capture_output=True).returncode == 0:
            return path
    return None


def too_old(version: Sequence[int]) -> str:
    found = ".".join(str(part) for part in version)
    return f"BarberPro needs Python 3.11 or newer and found only {found}: install python3.11."


def prepare(level: str, checkout: Checkout = HERE) -> Path:
    """Set up `.venv` for "run" or "test" if it is not, and return the folder of its programs.

    A venv that was set up for more stays as it is.
    """
    require_python()
    if not is_ready(level, checkout):
        with _alone(checkout):
            if not is_ready(level, checkout):
                _set_up(level, checkout)
    return checkout.programs


def prepare_uv(checkout: Checkout = HERE) -> Path:
    """The path of uv, in a venv that may hold nothing else yet: enough to write the locks."""
    require_python()
    uv = checkout.programs / "uv"
    if not uv.exists():
        with _alone(checkout):
            _make_venv(checkout)
            if not _installer.install_uv(checkout):
                raise SystemExit("The locks are written with uv, which could not be installed.")
    return uv


def is_ready(level: str, checkout: Checkout) -> bool:
    """Whether the stamp of the last set-up still says what one of today would."""
    python = _interpreter(checkout)
    if python is None:
        return False
    enough = LEVELS[LEVELS.index(level) :]
    return _read(checkout.stamp) in [stamp(each, checkout, python) for each in enough]


def stamp(level: str, checkout: Checkout, python: str) -> str:
    """The level and one digest for all that decides what belongs into a venv."""
    digest = hashlib.sha256()
    for part in (
        (checkout.root / checkout.lock(level)).read_bytes(),
        (checkout.root / "pyproject.toml").read_bytes(),
        python.encode(),
        os.fsencode(checkout.root),
    ):
        digest.update(hashlib.sha256(part).digest())
    return f"{level} {digest.hexdigest()}"


def _interpreter(checkout: Checkout) -> str | None:
    """What Python is behind the venv: another one after an upgrade, None if it is gone."""
    try:
        real = checkout.python.resolve(strict=True)
        version = (checkout.venv / "pyvenv.cfg").read_text()
        return f"{real} {real.stat().st_mtime_ns} {version}"
    except OSError:
        return None


def _set_up(level: str, checkout: Checkout) -> None:
    """Bring `.venv` to the lock. The stamp comes last, so what was interrupted is made anew."""
    started = time.monotonic()
    level = _level_to_keep(level, checkout)
    _make_venv(checkout)
    _write_stamp(UNFINISHED, checkout)
    _installer.install(level, checkout)
    _write_stamp(stamp(level, checkout, _interpreter(checkout) or ""), checkout)
    say(f"Set up for {level} in {time.monotonic() - started:.1f} s.")


def _level_to_keep(wanted: str, checkout: Checkout) -> str:
    had = _read(checkout.stamp).partition(" ")[0]
    return had if had in LEVELS[LEVELS.index(wanted) :] else wanted


def _make_venv(checkout: Checkout) -> None:
    """A venv that works: the one that is there, unless it is half made or its Python is gone."""
    if _read(checkout.stamp) != UNFINISHED and _installer.is_usable(checkout):
        return
    if checkout.venv.is_symlink():
        checkout.venv.unlink()
    elif checkout.venv.exists():
        shutil.rmtree(checkout.venv)
    checkout.venv.mkdir()
    _write_stamp(UNFINISHED, checkout)
    _installer.make_venv(checkout)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _write_stamp(text: str, checkout: Checkout) -> None:
    draft = checkout.stamp.with_suffix(".draft")
    draft.write_text(text)
    draft.replace(checkout.stamp)


@contextlib.contextmanager
def _alone(checkout: Checkout) -> Iterator[None]:
    """Hold the checkout's set-up lock, which the system lets go of if this process dies.

    What goes wrong meanwhile ends the program with a sentence.
    """
    path = checkout.root / "var" / "set-up.lock"
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("a") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another set-up of this checkout is under way; waiting for it.")
                fcntl.flock(held, fcntl.LOCK_EX)
            yield
    except StepFailed as failed:
        raise SystemExit(f"{failed}\n\nSet-up did not finish; the lines above say why.") from None
    except OSError as error:
        raise SystemExit(f"Set-up did not finish: {error}") from None
