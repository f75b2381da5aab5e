"""Runs a server program in a folder of its own, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 60.0
LAST_LINES = 5


class NoServer(Exception):
    """A server could not be started; the message says why."""


@dataclass(frozen=True)
class Place:
    """A folder for one server, with its program where the user it runs as can reach it."""

    folder: Path
    program: Path
    run_as: dict[str, Any]

    def make(self, name: str, content: str | None = None) -> Path:
        """A private folder, or a private file with this content, that belongs to the server."""
        path = self.folder / name
        if content is None:
            path.mkdir(mode=0o700)
        else:
            path.touch(mode=0o600)
            path.write_text(content)
        if self.run_as:
            os.chown(path, self.run_as["user"], self.run_as["group"])
        return path


@contextlib.contextmanager
def place_for(program: Path, package: Path | None) -> Iterator[Place]:
    """A place to run this program, removed afterwards.

    PostgreSQL refuses to be root, and a server on a port should not be. So for root the server
    runs as `nobody`, who can seldom read a venv: a program from a pip package is copied here.
    """
    run_as = _run_as()
    folder = Path(tempfile.mkdtemp(prefix="barberpro-", dir=_shared_folder() if run_as else None))
    try:
        if run_as:
            folder.chmod(0o755)
            if package:
                # With its libraries, which programs look for beside their package.
                for part in (package, package.with_name(f"{package.name}.libs")):
                    if part.is_dir():
                        shutil.copytree(part, folder / part.name, symlinks=True)
                program = folder / program.relative_to(package.parent)
        yield Place(folder, program, run_as)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(command: Sequence[str | Path], place: Place) -> str:
    """What a short program says; `NoServer` when it fails."""
    done = subprocess.run(
        command,
        cwd=place.folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        **place.run_as,
    )
    if done.returncode:
        raise NoServer(f"{Path(command[0]).name} failed: {_end(done.stderr or done.stdout)}")
    return done.stdout


@contextlib.contextmanager
def server(
    command: Sequence[str | Path],
    place: Place,
    is_ready: Callable[[], bool],
    stop_with: signal.Signals,
) -> Iterator[None]:
    """Run a server until the block ends. It starts with the block, once it is ready."""
    log = place.folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=place.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal is for the tests; they still need their servers to tidy up.
            start_new_session=True,
            preexec_fn=_end_with_parent(stop_with),
            **place.run_as,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not is_ready():
            if process.poll() is not None:
                raise NoServer(f"it ended at once: {_end(log.read_text(errors='replace'))}")
            if time.monotonic() > deadline:
                raise NoServer(f"it was not ready after {PATIENCE:.0f} s")
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(stop_with)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run_as() -> dict[str, Any]:
    """Who the server runs as, in the words of `subprocess`: nobody, if we are root."""
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise NoServer("it may not run as root, and there is no user `nobody`") from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _shared_folder() -> Path:
    """A folder for temporary files that other users can reach, as TMPDIR need not be."""
    for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp is used there
        path = Path(folder).resolve()
        above = (path, *path.parents)
        if path.is_dir() and all(each.stat().st_mode & stat.S_IXOTH for each in above):
            return path
    raise NoServer("no folder for temporary files can be reached by the user `nobody`")


def _environment() -> dict[str, str]:
    """The user's environment without what would steer a PostgreSQL program elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _end_with_parent(with_signal: signal.Signals) -> Callable[[], None] | None:
    """Has the kernel stop the server should this process be killed outright (Linux only)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    set_parent_death_signal = 1
    return lambda: libc.prctl(set_parent_death_signal, int(with_signal))


def _end(output: str) -> str:
    return " / ".join(line.strip() for line in output.strip().splitlines()[-LAST_LINES:])
