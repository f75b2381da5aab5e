"""Time, always aware and in UTC. Shops have zones; the platform has one."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The system's time; the one place that reads it."""
    return datetime.now(UTC)


def iso(instant: datetime) -> str:
    """An instant as the wire shows it: `2026-11-22T13:00:00Z`, with fractions only when not zero."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone")
    text = instant.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"
