"""Calendars as RFC 5545 writes them. Only what a feed needs, so it takes no library; tests read it with one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

LINE = 75
"""Octets of a line, its end not counted (section 3.1)."""
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
UNSPEAKABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
"""Controls but for the line feed, which is escaped: TEXT has none of them but tabs (section 3.3.11)."""


@dataclass(frozen=True)
class Visit:
    """One event of a calendar. Its times have zones."""

    uid: str
    summary: str
    place: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    changed_at: datetime
    sequence: int
    """How often it was revised; it only grows (section 3.8.7.4)."""
    is_off: bool
    """Whether it takes nobody's time: it was called off, or nobody came."""


@dataclass(frozen=True)
class Calendar:
    """Visits under a title."""

    title: str
    visits: Sequence[Visit]


def written(calendar: Calendar) -> bytes:
    """The calendar as a file: UTF-8, lines that end in CRLF and are folded at 75 octets.

    It has no METHOD: it is a copy to look at, not an invitation by RFC 5546. So DTSTAMP says when an event changed last
    (section 3.8.7.2), and what did not change is written byte for byte as before.
    """
    title = _text(calendar.title)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//BarberPro//Calendar feed//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{title}",  # RFC 7986 section 5.1
        f"X-WR-CALNAME:{title}",  # the same for who does not read RFC 7986
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",  # RFC 7986 section 5.7
        *(line for visit in calendar.visits for line in _event(visit)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(visit: Visit) -> Iterator[str]:
    changed = _utc(visit.changed_at)
    yield "BEGIN:VEVENT"
    yield f"UID:{visit.uid}"
    yield f"DTSTAMP:{changed}"
    yield f"CREATED:{_utc(visit.made_at)}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{visit.sequence}"
    yield f"DTSTART:{_utc(visit.starts_at)}"
    yield f"DTEND:{_utc(visit.ends_at)}"
    yield f"SUMMARY:{_text(visit.summary)}"
    yield f"LOCATION:{_text(visit.place)}"
    yield "CLASS:PRIVATE"
    yield f"STATUS:{'CANCELLED' if visit.is_off else 'CONFIRMED'}"
    yield f"TRANSP:{'TRANSPARENT' if visit.is_off else 'OPAQUE'}"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """A TEXT value (section 3.3.11)."""
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return UNSPEAKABLE.sub(" ", plain).translate(ESCAPED)


def _folded(line: str) -> bytes:
    """The line with its end, in pieces of 75 octets that split no character; a space begins each but the first."""
    octets = line.encode()
    pieces, start, room = [], 0, LINE
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # within a character
            end -= 1
        pieces.append(octets[start:end])
        start, room = end, LINE - 1
    pieces.append(octets[start:])
    return b"\r\n ".join(pieces) + b"\r\n"
