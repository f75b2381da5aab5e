"""aiodataloader, with two faults mended.

A caller that was cancelled took along all who waited for the same key, for they shared its future, and every later load
of that key failed with it; and a CancelledError inside the batch function was not caught, so those who waited for the
batch hung. Both happen when a client disconnects or a deadline strikes while siblings share a loader.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiodataloader import DataLoader


class BatchCancelled(Exception):
    """The batch this value was waiting for was cancelled."""


class Batch(DataLoader[Any, Any]):
    """One batch function, asked once for all keys that a tick of the event loop brings."""

    def __init__(
        self,
        load: Callable[[Sequence[Any]], Awaitable[Sequence[Any]]],
        *,
        cache: bool = True,
        running: set[asyncio.Task[Any]] | None = None,
    ) -> None:
        self._load = load
        self._running = running if running is not None else set()
        """Tasks that batches run in: not the caller's own, so whoever ends early must end them."""
        super().__init__(cache=cache)

    def load(self, key: Any) -> asyncio.Future[Any]:
        found = super().load(key)
        # To each caller a future of its own, so that cancelling one leaves the others and the cache alone.
        return asyncio.shield(found) if self.cache else found

    async def batch_load_fn(self, keys: list[Any]) -> list[Any]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - aiodataloader runs each batch in one
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return list(await self._load(keys))
        except asyncio.CancelledError:
            # Told as an ordinary error, so that aiodataloader fails the waiters instead of forgetting them.
            raise BatchCancelled("the batch was cancelled") from None
