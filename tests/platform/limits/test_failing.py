"""What callers notice of a Redis that fails: nothing but other numbers."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from barberpro.platform import ids
from barberpro.platform.limits import Rate

from .traces import FOREVER, sharing


class Line:
    """A line to Redis that a test can cut or hold up."""

    def __init__(self, redis_url: str) -> None:
        self._target = urlsplit(redis_url)
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._port = 0
        self.calls = 0
        """How often someone connected."""

    @property
    def url(self) -> str:
        credentials, _, _ = self._target.netloc.rpartition("@")
        return f"redis://{credentials}@127.0.0.1:{self._port}{self._target.path}"

    async def restore(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """The server is gone: connections break, and nobody listens."""
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def hold(self) -> None:
        """The server is there, and says nothing."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        there = await asyncio.open_connection(self._target.hostname, self._target.port or 6379)
        for source, sink in ((reader, there[1]), (there[0], writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self._open.wait()
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            sink.close()


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    line = Line(redis_url)
    await line.restore()
    yield line
    line.release()
    await line.cut()


async def test_a_redis_killed_midway_is_noticed_by_no_caller(line: Line, redis_url: str) -> None:
    async with sharing(line.url) as shared:
        key, rate = ids.new("key"), Rate(200, FOREVER)
        verdicts: list[bool] = []
        midway = asyncio.Event()

        async def hammer() -> None:
            for _ in range(30):
                verdicts.append((await shared.take(key, rate)).admitted)
                if len(verdicts) == 60:
                    midway.set()

        async def kill() -> None:
            await midway.wait()
            await line.cut()

        await asyncio.gather(*[hammer() for _ in range(10)], kill())
        assert len(verdicts) == 300
        # What was under way when the line broke, one take a task, may count in one place only, or in both.
        assert abs(sum(verdicts) - 200) <= 10
        assert not (await shared.take(key, rate)).admitted
    async with sharing(redis_url) as shared:
        assert 100 < (await shared.take(key, rate, 0)).remaining <= 140


async def test_a_bucket_that_was_empty_stays_empty_when_redis_goes(line: Line) -> None:
    async with sharing(line.url) as shared:
        key, rate = ids.new("key"), Rate(10, FOREVER)
        assert (await shared.take(key, rate, 10)).admitted
        await line.cut()
        verdict = await shared.take(key, rate)
        assert (verdict.admitted, verdict.remaining) == (False, 0)


async def test_a_silent_redis_is_waited_for_once(line: Line) -> None:
    async with sharing(line.url, patience=0.05) as shared:
        rate = Rate(10, FOREVER)
        line.hold()
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert (await shared.take(ids.new("key"), rate)).admitted
        waited = loop.time() - began
        assert 0.05 <= waited < 2
        calls = line.calls
        for _ in range(200):
            assert (await shared.take(ids.new("key"), rate)).admitted
        assert loop.time() - began - waited < 5  # 200 waits would be ten seconds
        assert line.calls == calls


async def test_redis_is_asked_again_after_a_pause_by_one_caller(line: Line, redis: Redis) -> None:
    async with sharing(line.url, pause=0.5) as shared:
        rate = Rate(10, FOREVER)
        await line.cut()
        await shared.take(ids.new("key"), rate)
        await line.restore()
        alone = ids.new("key")
        await shared.take(alone, rate)
        assert await redis.exists(f"limit:gcra:{alone}") == 0
        await asyncio.sleep(0.51)
        keys = [ids.new("key") for _ in range(5)]
        await asyncio.gather(*[shared.take(key, rate) for key in keys])
        assert await redis.exists(*[f"limit:gcra:{key}" for key in keys]) == 1
        back = ids.new("key")
        await shared.take(back, rate)
        assert await redis.exists(f"limit:gcra:{back}") == 1


async def test_a_server_that_refuses_the_command_is_a_failure_like_any_other(
    redis_url: str, redis: Redis
) -> None:
    key = ids.new("key")
    await redis.lpush(f"limit:gcra:{key}", "not a bucket")  # pyright: ignore[reportGeneralTypeIssues]
    async with sharing(redis_url) as shared:
        assert (await shared.take(key, Rate(10, FOREVER))).remaining == 9
    await redis.delete(f"limit:gcra:{key}")


async def test_a_cancelled_caller_is_cancelled_and_leaves_no_answer_for_the_next(
    line: Line,
) -> None:
    async with sharing(line.url) as shared:
        rate = Rate(100, FOREVER)
        first, second = ids.new("key"), ids.new("key")
        await shared.take(first, rate, 50)
        line.hold()
        waiting = asyncio.create_task(shared.take(first, rate, 10))
        await asyncio.sleep(0.02)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        line.release()
        assert (await shared.take(second, rate)).remaining == 99
        assert (await shared.take(first, rate, 0)).remaining in (40, 50)
