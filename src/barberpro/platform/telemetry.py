"""Logging: one JSON object a line on stderr, ours and the libraries', with secrets taken out.

    log = structlog.get_logger(__name__)
    log.info("booking_made", booking=booking.id)

What stands in `structlog.contextvars` (the request id) is in every line.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, BinaryIO

import orjson
import structlog
from structlog.processors import StackInfoRenderer, TimeStamper, format_exc_info
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name

from .errors import Misconfigured

LINE = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE

REDACTED = "[redacted]"
LONGEST = 16_384  # characters of one value; enough for a traceback
DEEPEST = 6
SHORT = 80
PLAIN = (int, float, bool)

SECRET_NAME = re.compile(
    r"secret|token|authorization|passw|cookie|credential|assertion|private|api_?-?key|master_?-?key",
    re.IGNORECASE,
)
SECRET_TEXT = re.compile(
    r"""
      (?P<scheme>\b(?:bearer|basic|dpop)\ +)[\w.~+/=-]{12,}  # Authorization: Bearer …
    | (?P<user>://[^\s/:@]*:)[^\s/@]+(?=@)                    # scheme://user:password@host
    | (?P<name>\b[\w-]{0,40}(?:secret|token|passw|assertion)[\w-]{0,40}["']?\s*[=:]\s*["']?)[^\s&"',;)}]+
    | \beyJ[\w-]{5,}\.[\w-]+\.[\w-]*                          # a JWT, wherever it stands
    | (?P<detail>(?-i:\bDETAIL):\ +)(?s:.+?)                  # a row's values, as PostgreSQL tells them
      (?=\n(?:HINT:|CONTEXT:|\[SQL:|\nThe\ above\ exception|\nDuring\ handling)|\Z)
    """,
    re.IGNORECASE | re.VERBOSE,
)

SIGNS = (
    "secret",
    "token",
    "passw",
    "bearer",
    "basic",
    "dpop",
    "assertion",
    "://",
    "eyj",
    "detail:",
)
"""One of these stands in whatever `SECRET_TEXT` finds."""

Event = MutableMapping[str, Any]


def configure(level: str, service: str) -> None:
    """Set up logging for this process, once. `service` says which kind of process it is."""
    least = logging.getLevelNamesMapping().get(level.upper())
    if least is None:
        raise Misconfigured(f"{level!r} is no log level: take DEBUG, INFO, WARNING or ERROR")
    stamp = TimeStamper(fmt="iso", utc=True)

    def named(_: Any, __: str, event: Event) -> Event:
        event["service"] = service
        return event

    ours = [
        structlog.contextvars.merge_contextvars,
        StackInfoRenderer(),
        format_exc_info,
        redact,
        add_log_level,
        stamp,
        named,
    ]
    structlog.configure(
        processors=[*ours, rendered],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    bridge = logging.StreamHandler(sys.stderr)
    bridge.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[add_logger_name, *ours],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                lambda *line: rendered(*line).decode(),
            ],
        )
    )
    logging.basicConfig(level=least, handlers=[bridge], force=True)
    logging.captureWarnings(True)
    lines.open(sys.stderr.buffer if least <= logging.INFO else None, service)
    # Statements come with their values, people's names among them; Alembic tells of every look.
    for chatty in ("sqlalchemy", "alembic"):
        logging.getLogger(chatty).setLevel(max(least, logging.WARNING))


class Lines:
    """Writes the line of each request: facts that can hold no secret, so nothing is looked for in them.

    A tenth of a small query went into a line by the long way, which is taken where nothing is configured.
    """

    def __init__(self) -> None:
        self._service = ""
        self._out: BinaryIO | None = None

    def open(self, out: BinaryIO | None, service: str) -> None:
        """Write to this from now on; to nothing, where it is None."""
        self._service, self._out = service, out

    def tell(self, event: str, facts: Mapping[str, object]) -> None:
        """A line at level info."""
        if not self._service:
            structlog.get_logger().info(event, **facts)
        elif self._out is not None:
            line = {
                "timestamp": datetime.now(UTC),
                "level": "info",
                "event": event,
                "service": self._service,
                **facts,
            }
            self._out.write(orjson.dumps(line, default=str, option=LINE))
            self._out.flush()


lines = Lines()


def redact(_: Any, __: str, event: Event) -> Event:
    """Take out what looks like a secret, by its name or by its form."""
    for name, value in event.items():
        if value.__class__ is str and len(value) <= SHORT:
            event[name] = _short(name, value)
        elif value.__class__ not in PLAIN or _is_secret(name):
            event[name] = _clean(name, value, DEEPEST)
    return event


def rendered(_: Any, __: str, event: Event) -> bytes:
    """The line, timestamp and level first; what JSON does not know is shown as text."""
    first = {"timestamp": event.pop("timestamp", None), "level": event.pop("level", None)}
    return orjson.dumps({**first, **event}, default=_shown, option=orjson.OPT_NON_STR_KEYS)


def _shown(value: Any) -> str:
    return _clean("", str(value), 0)


def _clean(name: str, value: Any, deep: int) -> Any:
    if value is None or (value.__class__ in PLAIN and not _is_secret(name)):
        return value
    if _is_secret(name):
        return REDACTED
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bytes | bytearray):
        return f"({len(value)} bytes)"
    if isinstance(value, Mapping):
        if not deep:
            return "{…}"
        return {str(k): _clean(str(k), v, deep - 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", v, deep - 1) for v in value] if deep else "[…]"
    return value


@lru_cache(maxsize=1024)
def _short(name: str, value: str) -> str:
    """What stands in line after line, names and ids, is looked at once."""
    return REDACTED if _is_secret(name) else _text(value)


def _text(value: str) -> str:
    """The pattern is slow where it finds nothing, so it is asked only about likely texts."""
    if len(value) > LONGEST:
        value = f"{value[:LONGEST]}… ({len(value)} characters)"
    plain = value.lower()
    for sign in SIGNS:
        if sign in plain:
            return SECRET_TEXT.sub(_without_secret, value)
    return value


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return SECRET_NAME.search(name) is not None


def _without_secret(found: re.Match[str]) -> str:
    return (found["scheme"] or found["user"] or found["name"] or found["detail"] or "") + REDACTED
