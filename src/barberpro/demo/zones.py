"""Wall-clock times to instants and back, for many rows at once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from .columns import Column


def instants(local: Column, zones: Column) -> Column:
    """The instants at which clocks in these zones show these times.

    Python is asked once for each hour of a zone, not for each row: zones change at full hours.
    Where clocks are turned, a time that occurs twice is the first, and one that does not occur is
    read by the offset before.
    """
    found = np.empty(len(local), dtype="datetime64[us]")
    for zone in set(zones.tolist()):
        here = zones == zone
        hours, of = np.unique(local[here].astype("datetime64[h]"), return_inverse=True)
        offsets = [_offset(hour, ZoneInfo(zone)) for hour in hours.tolist()]
        ahead = np.array(offsets, dtype="timedelta64[s]")
        found[here] = local[here].astype("datetime64[us]") - ahead[of]
    return found


def local(moments: Column, zones: Column) -> Column:
    """What clocks in these zones show at these instants."""
    found = np.empty(len(moments), dtype="datetime64[us]")
    for zone in set(zones.tolist()):
        here = zones == zone
        hours, of = np.unique(moments[here].astype("datetime64[h]"), return_inverse=True)
        offsets = [_utc_offset(hour, ZoneInfo(zone)) for hour in hours.tolist()]
        found[here] = moments[here] + np.array(offsets, dtype="timedelta64[s]")[of]
    return found


def _offset(hour: datetime, zone: ZoneInfo) -> int:
    offset = hour.replace(tzinfo=zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _utc_offset(hour: datetime, zone: ZoneInfo) -> int:
    offset = hour.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
