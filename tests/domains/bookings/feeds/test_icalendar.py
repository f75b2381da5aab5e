"""What is written is read back by somebody else's reader, and keeps RFC 5545's form byte for byte."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar as Read

from barberpro.domains.bookings.feeds.icalendar import Calendar, Visit, written

ELEVEN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
SPOKEN = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1).map(str.strip)


def visit(**other: object) -> Visit:
    usual = {
        "uid": "bkg_1",
        "summary": "Corte, Carla",
        "place": "Centro, Buenos Aires",
        "starts_at": ELEVEN,
        "ends_at": ELEVEN + timedelta(minutes=30),
        "made_at": ELEVEN - timedelta(days=2),
        "changed_at": ELEVEN - timedelta(days=1),
        "sequence": 2,
        "is_off": False,
    }
    return Visit(**usual | other)  # type: ignore[arg-type]


def test_a_calendar_is_written_so() -> None:
    offset = timezone(timedelta(hours=-3))
    text = written(Calendar("Centro; y más", [visit(starts_at=ELEVEN.astimezone(offset))]))
    assert text.decode() == "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//BarberPro//Calendar feed//EN",
            "CALSCALE:GREGORIAN",
            "NAME:Centro\\; y más",
            "X-WR-CALNAME:Centro\\; y más",
            "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
            "BEGIN:VEVENT",
            "UID:bkg_1",
            "DTSTAMP:20261122T140000Z",
            "CREATED:20261121T140000Z",
            "LAST-MODIFIED:20261122T140000Z",
            "SEQUENCE:2",
            "DTSTART:20261123T140000Z",
            "DTEND:20261123T143000Z",
            "SUMMARY:Corte\\, Carla",
            "LOCATION:Centro\\, Buenos Aires",
            "CLASS:PRIVATE",
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def test_what_is_off_takes_no_time() -> None:
    (event,) = Read.from_ical(written(Calendar("Centro", [visit(is_off=True)]))).events
    assert (event["STATUS"], event["TRANSP"]) == ("CANCELLED", "TRANSPARENT")


@given(SPOKEN, SPOKEN)
def test_any_text_is_read_back_as_it_was(summary: str, place: str) -> None:
    text = written(Calendar("Centro", [visit(summary=summary, place=place)]))
    (event,) = Read.from_ical(text).events
    assert (event["SUMMARY"], event["LOCATION"]) == (summary, place)
    assert text.endswith(b"\r\n")
    for line in text.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is split
        assert b"\r" not in line and b"\n" not in line


def test_a_name_cannot_write_lines_of_its_own() -> None:
    name = "Carla\r\nEND:VEVENT\nATTACH:https://evil.example\r\x00\\n"
    (event,) = Read.from_ical(written(Calendar("Centro", [visit(summary=name)]))).events
    assert "ATTACH" not in event
    assert event["SUMMARY"] == "Carla\nEND:VEVENT\nATTACH:https://evil.example\n \\n"
