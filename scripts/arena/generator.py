"""Sends requests and times their answers, in a process of its own: `python -m arena.generator` with a job on stdin.

It shares two cores with what it measures, so it does next to nothing: the requests' bytes were made before, and of an
answer it reads the status and the length. HTTP/1.1 with Content-Length over kept connections, as all contenders speak.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop


@dataclass(frozen=True)
class Job:
    """Requests to send, each whole as bytes, at most so many at once."""

    port: int
    requests: Sequence[bytes]
    connections: int = 16
    per_second: float | None = None
    """Sent at this rate, whatever comes back; without it each connection sends its next request on an answer."""


@dataclass
class Told:
    """How it went: seconds from when each request was due to its whole answer, all in all, and what failed."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    failed: int = 0
    """Answers whose status is not 200."""


class Connection(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._due = 0.0
        self._missing = -1
        self._head = b""
        self._answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    async def send(self, request: bytes, due: float) -> None:
        """Send it, and wait for the whole answer."""
        self._due, self._missing, self._head = due, -1, b""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)  # type: ignore[attr-defined]
        await self._answered

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, found, body = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._missing = int(length) - len(body)
            self._told.failed += head[9:12] != b"200"
        else:
            self._missing -= len(data)
        if self._missing == 0 and self._answered is not None:
            self._told.seconds.append(time.perf_counter() - self._due)
            self._answered.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionError("the server closed the connection"))

    def close(self) -> None:
        self._transport.close()


async def sent(job: Job) -> Told:
    """Send all of them."""
    told, loop = Told(), asyncio.get_running_loop()
    made = [
        (await loop.create_connection(lambda: Connection(told), "127.0.0.1", job.port))[1]
        for _ in range(job.connections)
    ]
    began = time.perf_counter()
    if job.per_second is None:
        left = deque(job.requests)
        await asyncio.gather(*(_in_turn(each, left) for each in made))
    else:
        await _in_time(made, job.requests, job.per_second)
    told.wall = time.perf_counter() - began
    for each in made:
        each.close()
    return told


async def _in_turn(connection: Connection, left: deque[bytes]) -> None:
    while left:
        await connection.send(left.popleft(), time.perf_counter())


async def _in_time(made: list[Connection], requests: Sequence[bytes], per_second: float) -> None:
    """Each when it is due; one that finds every connection busy waits, and the wait counts."""
    idle: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
    for each in made:
        idle.put_nowait(each)

    async def one(request: bytes, due: float) -> None:
        connection = await idle.get()
        await connection.send(request, due)
        idle.put_nowait(connection)

    began = time.perf_counter() + 0.05
    async with asyncio.TaskGroup() as group:
        for n, request in enumerate(requests):
            due = began + n / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(request, due))


def main() -> None:
    """One job from stdin, and what came of it to stdout."""
    job = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
    pickle.dump(uvloop.run(sent(job)), sys.stdout.buffer)


if __name__ == "__main__":
    # Under its own name, so that what is pickled here is found there.
    from arena import generator

    generator.main()
