"""Until when an invoice is to be paid. Pure."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .lifecycle import Status


class Terms(StrEnum):
    """How long a customer may take to pay."""

    IMMEDIATE = "IMMEDIATE"
    NET_7 = "NET_7"
    NET_15 = "NET_15"
    NET_30 = "NET_30"


DAYS = {Terms.IMMEDIATE: 0, Terms.NET_7: 7, Terms.NET_15: 15, Terms.NET_30: 30}


def due_at(issued_at: datetime, terms: Terms, time_zone: str) -> datetime:
    """The end of the last day to pay on, in UTC: that day's closing midnight at the location.

    The day of issue does not count; `IMMEDIATE` may be paid until that day ends.
    """
    zone = ZoneInfo(time_zone)
    last_day = issued_at.astimezone(zone).date() + timedelta(days=DAYS[terms])
    return datetime.combine(last_day + timedelta(days=1), time(0), zone).astimezone(UTC)


def is_overdue(status: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether it should have been paid by now, and was not."""
    return status == Status.ISSUED and due_at is not None and now >= due_at
