"""Requests at a constant rate over kept connections, timed from the moment each was due.

A closed loop would wait for a slow server and never see its queue; here a late answer counts from when its request
should have been sent. Reads HTTP/1.1 with Content-Length, which is all our gateway sends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Outcome:
    """One request: seconds from when it was due to the whole answer, its status and its body."""

    seconds: float
    status: int
    body: bytes


async def constant_rate(
    url: str,
    headers: dict[str, str],
    bodies: Sequence[bytes],
    per_second: float,
    connections: int = 64,
) -> list[Outcome]:
    """Send every body, `per_second` of them, over at most so many connections."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    fixed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    start = f"POST {parts.path} HTTP/1.1\r\nhost: {host}:{port}\r\n{fixed}".encode()
    idle: asyncio.LifoQueue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.LifoQueue()
    for _ in range(connections):
        idle.put_nowait(await asyncio.open_connection(host, port))

    async def send(body: bytes, due: float) -> Outcome:
        reader, writer = await idle.get()
        writer.write(start + b"content-length: %d\r\n\r\n%b" % (len(body), body))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = await reader.readexactly(length)
        idle.put_nowait((reader, writer))
        return Outcome(time.perf_counter() - due, int(head[9:12]), answer)

    began = time.perf_counter() + 0.1
    sent = []
    for n, body in enumerate(bodies):
        due = began + n / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.append(asyncio.create_task(send(body, due)))
    outcomes = await asyncio.gather(*sent)
    while not idle.empty():
        idle.get_nowait()[1].close()
    return outcomes


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
