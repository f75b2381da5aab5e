"""Processes come and go under load, and nobody's request is lost."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from .conftest import Running, connected

pytestmark = [pytest.mark.long, pytest.mark.parametrize("running", [2], indirect=True)]

QUESTION = {"query": "{ locations(first: 1) { totalCount } }"}
ANSWER = {"locations": {"totalCount": 0}}


class Callers:
    """Sixteen callers that ask as fast as they are answered, each on a connection it keeps."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.statuses: Counter[int] = Counter()
        self.lost: list[str] = []
        self.gone = False

    async def ask(self) -> None:
        async with httpx.AsyncClient(base_url=self.running.url, timeout=30) as http:
            while not self.gone:
                try:
                    answer = await http.post(
                        "/graphql", json=QUESTION, headers=self.running.headers
                    )
                    self.statuses[answer.status_code] += 1
                    assert answer.json()["data"] == ANSWER
                except httpx.HTTPError as error:
                    self.lost.append(repr(error))

    async def until(self, enough: int) -> None:
        wanted = self.statuses[200] + enough
        await holds(lambda: self.statuses[200] >= wanted, 60)


async def test_replacing_every_process_loses_no_request(running: Running) -> None:
    callers = Callers(running)
    before = processes(running)
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(callers.ask()) for _ in range(16)]
        await callers.until(200)
        running.process.send_signal(signal.SIGHUP)
        await holds(lambda: not processes(running) & before, 180)
        await callers.until(200)
        callers.gone = True
        await asyncio.gather(*asking)

    assert callers.lost == []
    assert set(callers.statuses) == {200}
    assert len(processes(running)) == 2


async def test_one_that_stops_says_so_first_and_finishes_what_it_began(running: Running) -> None:
    callers = Callers(running)
    body = json.dumps(QUESTION).encode()
    probe = httpx.AsyncClient(base_url=running.url)

    async with asyncio.TaskGroup() as group, probe:
        asking = [group.create_task(callers.ask()) for _ in range(16)]
        await callers.until(200)
        assert (await probe.get("/readyz")).status_code == 200
        reader, writer = await connected(running)
        writer.write(head(running, len(body)) + body[:10])  # a request whose body is on its way
        await writer.drain()
        running.process.send_signal(signal.SIGTERM)
        told = await probe.get("/readyz")
        while told.status_code == 200:  # a refused connection, were it not told, ends this too
            told = await probe.get("/readyz")
        assert told.status_code == 503
        assert told.json() == {"status": "draining"}
        assert told.headers["connection"] == "close"
        callers.gone = True  # as a load balancer does at its probe's word
        await asyncio.gather(*asking)
        writer.write(body[10:])
        answer = await reader.read()
        writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert callers.lost == []
    assert set(callers.statuses) == {200}
    assert await asyncio.to_thread(running.process.wait, 30) == 0


async def holds(condition: Callable[[], bool], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - another process decides
            await asyncio.sleep(0.05)


def head(running: Running, length: int) -> bytes:
    lines = {**running.headers, "host": "x", "content-type": "application/json"}
    told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST /graphql HTTP/1.1\r\n{told}content-length: {length}\r\n\r\n".encode()


def processes(running: Running) -> set[int]:
    """The children that serve, by /proc: their command line is not the resource tracker's."""
    pid = running.process.pid
    children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return {child for child in children if "spawn_main" in _command(child)}


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""
