"""A gateway of several processes on a real port, over a database of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from barberpro.domains.identity.clients import register_client, set_tier
from barberpro.platform.doors import transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal


@dataclass
class Running:
    """A gateway that answers, and a caller of its."""

    url: str
    headers: dict[str, str]
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until_ready(self.url, self.process, self.log)

    def kill(self) -> None:
        """End all of its processes at once, as a machine does that loses its power."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
async def running(
    platform: Platform,
    database_url: str,
    principal: Principal,
    tmp_path: Path,
    clock: Any,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Running]:
    """Four web processes, or as many as the parameter says, over this test's database, and a token of its tenant."""
    async with transaction(platform.database, principal, clock, "test") as tx:
        name = "fighter-" + principal.tenant[-8:]
        client, secret = await register_client(tx, name=name, scopes=sorted(principal.scopes))
        await set_tier(tx, client.id, "own")  # it is not its limits that are tried here
    port, workers = free_port(), str(getattr(request, "param", 4))
    environment = {
        **os.environ,
        "BARBERPRO_DATA_DIR": str(tmp_path),
        "BARBERPRO_DATABASE_URL": database_url,
        "BARBERPRO_MASTER_KEY": platform.settings.master_key.get_secret_value(),
        "BARBERPRO_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "BARBERPRO_REQUESTS_PER_ADDRESS": "1000000",
        "BARBERPRO_LOG_LEVEL": "WARNING",
        "BARBERPRO_POOL_SIZE": "8",
    }
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "barberpro.gateway", "--port", str(port), "--workers", workers]
    found = Running(url, {}, command, environment, tmp_path / "gateway.log")
    try:
        found.start()
        answer = httpx.post(
            f"{url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client.id, secret),
        )
        found.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        yield found
    finally:
        found.process.terminate()
        found.process.wait(30)


async def connected(running: Running) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A bare connection to it."""
    at = urlsplit(running.url)
    return await asyncio.open_connection(at.hostname, at.port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 180  # four processes import on two busy cores
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the gateway did not become ready: {log.read_text()}")
