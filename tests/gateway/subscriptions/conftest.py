"""Callers who listen, over ASGI and without a network."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest

from barberpro.domains.bookings import service as bookings
from barberpro.gateway.app import create_app
from barberpro.gateway.subscriptions import streams
from barberpro.platform import broadcast
from barberpro.platform.platform import Platform

CHANGED = """subscription BookingChanged($locationId: ID!) { bookingChanged(locationId: $locationId) {
  booking { id status startsAt provider { id name } } change occurredAt } }"""
SOON = 10.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox and the caller are looked at all the time."""
    monkeypatch.setattr(broadcast, "EVERY_SECONDS", 0.02)
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.05)


class Listening:
    """An answer as it comes: its status and headers, then its events."""

    def __init__(self, app: Any, scope: Mapping[str, Any], body: bytes) -> None:
        self._parts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._asked = [{"type": "http.request", "body": body, "more_body": False}]
        self._left = asyncio.Event()
        self._buffer = b""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.comments = 0
        self.takes = asyncio.Event()
        self.takes.set()
        self._answering = asyncio.create_task(app(dict(scope), self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._asked:
            return self._asked.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.takes.wait()
        await self._parts.put(message)

    async def begun(self) -> "Listening":
        """Wait for status and headers, and where it is a stream until it listens."""
        start = await self._part()
        self.status = start["status"]
        self.headers = {k.decode(): v.decode() for k, v in start["headers"]}
        if self.headers["content-type"].startswith("text/event-stream"):
            await self._read(lambda: b":\n\n" in self._buffer)
            await asyncio.sleep(0.2)  # until it has looked for the first time
        return self

    async def whole(self) -> Any:
        """The answer, where it is one."""
        body = b""
        while True:
            part = await self._part()
            body += part.get("body", b"")
            if not part.get("more_body", False):
                return json.loads(body)

    async def event(self) -> tuple[str, Any]:
        """The next event: its name, and its data."""
        while True:
            await self._read(lambda: b"\n\n" in self._buffer)
            event, _, self._buffer = self._buffer.partition(b"\n\n")
            if event == b":":
                self.comments += 1
                continue
            lines = dict(
                line.split(": ", 1) for line in event.decode().splitlines() if ": " in line
            )
            data = lines.get("data")
            return lines["event"], json.loads(data) if data else None

    async def silent(self, seconds: float = 0.4) -> bool:
        """Whether nothing is told for a while."""
        try:
            async with asyncio.timeout(seconds):
                await self.event()
        except TimeoutError:
            return True
        return False

    async def ended(self) -> None:
        """Wait for the last of it."""
        async with asyncio.timeout(SOON):
            await self._answering

    async def leave(self) -> None:
        """Hang up."""
        self._left.set()
        self.takes.set()
        async with asyncio.timeout(SOON):
            await asyncio.wait([self._answering])

    async def _read(self, is_enough: Callable[[], bool]) -> None:
        while not is_enough():
            self._buffer += (await self._part()).get("body", b"")

    async def _part(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            return await self._parts.get()


Listen = Callable[..., Awaitable[Listening]]


@pytest.fixture
async def listen(platform: Platform, state: dict[str, Any]) -> AsyncIterator[Listen]:
    """`await listen(headers, query=…, variables=…)` asks and waits for the answer to begin."""
    app = create_app(platform.settings)
    app.state.ready = True
    all_of_them: list[Listening] = []

    async def asking(
        headers: Mapping[str, str], accept: str = "text/event-stream", **asked: Any
    ) -> Listening:
        told = {"content-type": "application/json", "accept": accept, **headers}
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in told.items()],
            "client": ("127.0.0.1", 1),
            "state": dict(state),
        }
        made = Listening(app, scope, json.dumps(asked).encode())
        all_of_them.append(made)
        return await made.begun()

    yield asking
    for each in all_of_them:
        await each.leave()


@pytest.fixture
def book(done: Any, chain: Any) -> Callable[..., Awaitable[Any]]:
    """`await book(starts_at, …)` makes a booking."""

    async def made(starts_at: Any, **other: Any) -> Any:
        return await done(
            lambda tx: bookings.create(tx, **chain.asks(starts_at=starts_at, **other))
        )

    return made
