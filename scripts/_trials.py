"""Runs tests again and again, each time in a fork of one process that has imported what all of them need.

It is started with the Python of the tests, in the tree whose tests it runs. Each line of its input is a number of
seconds and a list of arguments for pytest; each line of its output is the exit code and the last lines of what pytest
said, all as JSON. The code is null where it took more than those seconds.
"""

import importlib
import json
import os
import signal
import sys
import tempfile
import time

NEEDED = (
    "alembic.command",
    "asyncpg",
    "authlib.oauth2.rfc6749",
    "cryptography.x509",
    "graphql",
    "httpx",
    "hypothesis",
    "joserfc.jwk",
    "orjson",
    "pydantic_settings",
    "pytest",
    "redis.asyncio",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.ext.asyncio",
    "starlette.applications",
    "strawberry",
    "structlog",
    "uvicorn",
)
"""Of other people, never of ours: each fork must read our files as they are then. Half of a short test's time."""
TOLD = 2  # lines


def main() -> None:
    for name in NEEDED:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(tried(*json.loads(line))), flush=True)


def tried(patience: float, arguments: list[str]) -> tuple[int | None, str]:
    with tempfile.TemporaryFile("w+") as said:
        child = os.fork()
        if child == 0:
            _become_pytest(arguments, said.fileno())
        code = _waited(child, time.monotonic() + patience)
        said.seek(0)
        return code, " / ".join(said.read().strip().splitlines()[-TOLD:])


def _become_pytest(arguments: list[str], said: int) -> None:
    os.setpgid(0, 0)
    for stream in (1, 2):
        os.dup2(said, stream)
    import pytest

    code = 1
    try:
        # Pytest regrets that it cannot rewrite the assertions of what is imported already; there are none.
        quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        code = int(pytest.main([*quiet, *arguments]))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _waited(child: int, until: float) -> int | None:
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


if __name__ == "__main__":
    main()
