"""Wall-clock times become the instants that the locations' own rule gives, one by one; and back."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from barberpro.demo.columns import texts
from barberpro.demo.zones import instants, local
from barberpro.domains.locations.hours import instant

CASES = [
    ("America/Argentina/Buenos_Aires", date(2026, 11, 22), 0),
    ("America/Argentina/Ushuaia", date(2026, 6, 1), 615),
    ("America/Santiago", date(2026, 9, 5), 1425),
    ("America/Santiago", date(2026, 9, 6), 30),  # left out: clocks go from 0:00 to 1:00
    ("America/Santiago", date(2026, 4, 4), 1410),  # occurs twice: clocks go from 24:00 to 23:00
    ("America/Santiago", date(2026, 4, 5), 0),
    ("America/Buenos_Aires", date(2008, 12, 1), 600),  # summer time, the last year there was any
]


def test_instants_are_those_of_the_zones() -> None:
    local = np.array([np.datetime64(day) + np.timedelta64(minute, "m") for _, day, minute in CASES])
    found = instants(local, texts(zone for zone, _, _ in CASES))
    expected = [instant(day, minute, ZoneInfo(zone)) for zone, day, minute in CASES]
    assert found.tolist() == [each.replace(tzinfo=None) for each in expected]


def test_clocks_show_what_they_showed() -> None:
    moments = np.array(
        ["2026-11-22T02:59:59", "2026-09-06T03:59:59", "2026-09-06T04:00:00"],
        dtype="datetime64[us]",
    )
    zones = texts(["America/Argentina/Buenos_Aires", "America/Santiago", "America/Santiago"])
    shown = ["2026-11-21T23:59:59", "2026-09-05T23:59:59", "2026-09-06T01:00:00"]
    assert np.datetime_as_string(local(moments, zones), unit="s").tolist() == shown
