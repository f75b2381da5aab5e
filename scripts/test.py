#!/usr/bin/env python3
"""Sets up this checkout and runs its tests on real servers: `python3 scripts/test.py`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

import _bootstrap
from _servers import postgres, valkey
from _throwaway import NoServer

DATABASE = "BARBERPRO_TEST_DATABASE_URL"
REDIS = "BARBERPRO_TEST_REDIS_URL"
CHROMIUM = "BARBERPRO_CHROMIUM"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# Variable, how to start one's own, usual port, and the Debian package to name when that fails.
SERVERS = (
    (DATABASE, postgres, 5432, "postgresql"),
    (REDIS, valkey, 6379, "redis-server"),
)
CANNOT_RUN = 2
OUTCOMES = {0: "passed", 1: "failed", 5: "no test was chosen"}

# Long enough for pytest to end its fixtures, short enough to wait for.
PATIENCE = 20.0


@dataclass(frozen=True)
class Choice:
    """Which tests run: what pytest is told, and what a reader is told."""

    options: tuple[str, ...]
    ran: str
    left_out: str


def main() -> NoReturn:
    arguments, for_pytest = _parser().parse_known_args()
    programs = _bootstrap.prepare("test")
    chromium = find_chromium(os.environ)
    choice = choose(for_pytest, everything=arguments.all, has_chromium=chromium is not None)

    environment = dict(os.environ)
    if chromium:
        environment[CHROMIUM] = chromium

    # Both end the run as Ctrl-C does: by way of every `finally`.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _leave)
    started = time.monotonic()
    status = CANNOT_RUN
    try:
        with servers(environment) as urls:
            command = [str(programs / "pytest"), *choice.options, *for_pytest]
            status = _run(command, {**environment, **urls})
    except NoServer as missing:
        print(missing, file=sys.stderr, flush=True)
        choice = Choice((), ran="nothing", left_out=choice.ran)
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except _Left as left:
        status = 128 + left.signal
    print(last_line(choice, status, time.monotonic() - started), flush=True)
    sys.exit(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/test.py",
        usage="%(prog)s [-h] [--all] [arguments of pytest]",
        description="Set up .venv if need be, start PostgreSQL and Valkey, run pytest.",
        epilog="Everything else is handed to pytest: paths, -k, -x, -n and so on."
        f" {DATABASE} and {REDIS} name servers to use instead of starting some.",
        allow_abbrev=False,
    )
    parser.add_argument("--all", action="store_true", help="run browser tests and long ones too")
    return parser


def find_chromium(environment: Mapping[str, str]) -> str | None:
    """The browser that the variable names, or one on PATH."""
    names = [environment[CHROMIUM]] if environment.get(CHROMIUM) else CHROMIUM_NAMES
    return next((path for path in map(shutil.which, names) if path), None)


def choose(for_pytest: Sequence[str], *, everything: bool, has_chromium: bool) -> Choice:
    """The tests to run. What the user tells pytest comes after our options and overrides them."""
    options = ("-n", "2", "--dist", "loadgroup")
    ran = f"pytest {' '.join(for_pytest)}" if for_pytest else "the whole suite"
    if any(each.startswith("-m") for each in for_pytest):
        return Choice(options, ran, "what -m leaves out")
    if not everything:
        markers = ("-m", "not browser and not long")
        return Choice((*options, *markers), ran, "browser, long runs (use --all)")
    if not has_chromium:
        why = f"browser (no chromium on PATH and none named by {CHROMIUM})"
        return Choice((*options, "-m", "not browser"), ran, why)
    return Choice(options, ran, "nothing")


@contextlib.contextmanager
def servers(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Each server's URL by its variable: the one that is given, or one that lives for this run."""
    urls: dict[str, str] = {}
    for variable, _, port, _ in SERVERS:
        if environment.get(variable):
            urls[variable] = environment[variable]
            check_answers(variable, urls[variable], port)
    with contextlib.ExitStack() as stack:
        for variable, start, _, package in SERVERS:
            try:
                urls[variable] = urls.get(variable) or stack.enter_context(start())
            except NoServer as missing:
                raise NoServer(
                    f"{missing} Tests do not run without it: set {variable} to the URL of one that"
                    f" may be written to, or install one (Debian, Ubuntu: apt install {package})."
                ) from None
        yield urls


def check_answers(variable: str, url: str, usual_port: int) -> None:
    """Refuse a URL that nothing listens at; its sockets on disk are left for the tests to find."""
    where = urlsplit(url)
    if not where.hostname:
        return
    try:
        socket.create_connection((where.hostname, where.port or usual_port), timeout=5).close()
    except (OSError, ValueError) as error:
        raise NoServer(
            f"Nothing answers where {variable} points ({error}): start that server, mend the URL,"
            " or unset the variable to have one started."
        ) from None


def last_line(choice: Choice, status: int, seconds: float) -> str:
    outcome = OUTCOMES.get(status, f"did not finish (exit code {status})")
    return f"ran: {choice.ran} in {seconds:.0f} s, {outcome}; left out: {choice.left_out}"


class _Left(BaseException):
    """We were told to end, by a signal other than Ctrl-C's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise _Left(number)


def _run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """pytest's exit code. If we are told to end, pytest gets to end in order first."""
    process = subprocess.Popen(command, cwd=_bootstrap.HERE.root, env=environment)
    try:
        code = process.wait()
    except BaseException as ending:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        # A terminal sends Ctrl-C to pytest as well, and a second one would cut it short.
        if not (isinstance(ending, KeyboardInterrupt) and sys.stdin.isatty()):
            process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    main()
