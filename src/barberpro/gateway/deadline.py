"""A time limit on the work of one task, which may be put off while it runs."""

import asyncio
from time import monotonic
from types import TracebackType
from weakref import WeakKeyDictionary

STEP = 0.05  # seconds between two looks at who is late


class Watch:
    """Looks every so often which deadlines of an event loop are over, as long as there are any.

    A timer for each request is dear: it is put into the loop's heap, and stays there long after the request is gone.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.open: set[Deadline] = set()
        self._loop = loop
        self._is_looking = False

    def add(self, deadline: "Deadline") -> None:
        """Watch this one too."""
        self.open.add(deadline)
        if not self._is_looking:
            self._is_looking = True
            self._loop.call_later(STEP, self._look)

    def _look(self) -> None:
        now = monotonic()
        for deadline in [d for d in self.open if d.at <= now]:
            self.open.discard(deadline)
            deadline.ring()
        self._is_looking = bool(self.open)
        if self._is_looking:
            self._loop.call_later(STEP, self._look)


watches: WeakKeyDictionary[asyncio.AbstractEventLoop, Watch] = WeakKeyDictionary()


class Deadline:
    """`with deadline:` cancels the work in it when the time is over, and raises TimeoutError.

    As `asyncio.timeout`, but it costs next to nothing, nor does putting it off: it may ring late by a twentieth of a
    second.
    """

    __slots__ = ("_cancelling", "_task", "_watch", "at", "is_over")

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        """Whether the work was cancelled for it."""
        self.at = monotonic() + seconds
        """When the time is over, on the monotonic clock."""
        self._task: asyncio.Task[object] | None = None
        self._cancelling = 0

    def put_off(self, seconds: float) -> None:
        """Let the work go on for so long from now."""
        self.at = monotonic() + seconds

    def left(self) -> float:
        """Seconds until the time is over."""
        return self.at - monotonic()

    def __enter__(self) -> "Deadline":
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task(loop)
        assert self._task is not None  # noqa: S101 - coroutines run in tasks
        self._cancelling = self._task.cancelling()
        self._watch = watches.get(loop) or watches.setdefault(loop, Watch(loop))
        self._watch.add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._watch.open.discard(self)
        if not self.is_over or self._task is None:
            return
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def ring(self) -> None:
        """The time is over."""
        self.is_over = True
        if self._task is not None:
            self._task.cancel()
