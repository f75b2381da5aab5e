"""A time limit on the work of one task, which may be put off while it runs."""

import asyncio
from types import TracebackType


class Deadline:
    """`with deadline:` cancels the work in it when the time is over, and raises TimeoutError.

    As `asyncio.timeout`, but to put it off costs next to nothing: the timer looks, when it rings, whether it is time.
    """

    __slots__ = ("_at", "_cancelling", "_loop", "_task", "_timer", "is_over")

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        """Whether the work was cancelled for it."""
        self._loop = asyncio.get_running_loop()
        self._at = self._loop.time() + seconds
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._cancelling = 0

    def put_off(self, seconds: float) -> None:
        """Let the work go on for so long from now."""
        self._at = self._loop.time() + seconds
        if self._timer is not None and self._at < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(self._at, self._ring)

    def left(self) -> float:
        """Seconds until the time is over."""
        return self._at - self._loop.time()

    def __enter__(self) -> "Deadline":
        self._task = asyncio.current_task()
        assert self._task is not None  # noqa: S101 - coroutines run in tasks
        self._cancelling = self._task.cancelling()
        self._timer = self._loop.call_at(self._at, self._ring)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self.is_over or self._task is None:
            return
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _ring(self) -> None:
        if self._loop.time() < self._at:
            self._timer = self._loop.call_at(self._at, self._ring)
            return
        self.is_over = True
        if self._task is not None:
            self._task.cancel()
