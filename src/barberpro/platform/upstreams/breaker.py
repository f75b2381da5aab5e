"""Leaves a failing service alone for a while, and keeps retries from making a bad hour worse."""

from collections.abc import Callable

FAILURES = 5
"""In a row, after which a service is left alone."""
REST = 5.0
"""Seconds until one call tries it again."""
RETRIES_PER_CALL = 0.1
MOST_RETRIES = 10.0

Monotonic = Callable[[], float]


class Breaker:
    """Closed: all may call. Open, after failures in a row: nobody may. Then half open: one call finds out."""

    def __init__(self, now: Monotonic) -> None:
        self._now = now
        self._failures = 0
        self._opened_at: float | None = None
        self._is_trying = False

    def admits(self) -> bool:
        """Whether a call may be made; who is admitted says afterwards what came of it."""
        if self._opened_at is None:
            return True
        if self._is_trying or self._now() - self._opened_at < REST:
            return False
        self._is_trying = True
        return True

    def succeeded(self) -> None:
        """The service answered."""
        self._failures, self._opened_at, self._is_trying = 0, None, False

    def failed(self) -> None:
        """It did not answer, or not in time."""
        self._failures += 1
        if self._is_trying or self._failures >= FAILURES:
            self._opened_at = self._now()
        self._is_trying = False

    def given_up(self) -> None:
        """The call was cancelled from outside, which says nothing about the service."""
        self._is_trying = False


class Retries:
    """At most one call in ten is made again: each call earns a tenth of a retry, and ten are kept at most."""

    def __init__(self) -> None:
        self._earned = 0.0

    def called(self) -> None:
        self._earned = min(MOST_RETRIES, round(self._earned + RETRIES_PER_CALL, 6))

    def take(self) -> bool:
        """Whether there is one left; it is gone then."""
        if self._earned < 1:
            return False
        self._earned -= 1
        return True
