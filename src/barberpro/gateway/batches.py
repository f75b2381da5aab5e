"""What is counted in memory is written down every so often, and once more at the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

log = structlog.get_logger(__name__)


@asynccontextmanager
async def written(flush: Callable[[], Awaitable[None]], every: timedelta) -> AsyncIterator[None]:
    """Meanwhile flush every so often; and what is left, at the end. A flush that fails is not the last one."""
    ending = asyncio.Event()

    async def run() -> None:
        while not ending.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(every.total_seconds()):
                    await ending.wait()
            try:
                await flush()
            except Exception:
                log.exception("batch_in_trouble")

    running = asyncio.create_task(run())
    try:
        yield
    finally:
        ending.set()
        await running
        await flush()  # what was counted while the last one was under way
