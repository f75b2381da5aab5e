"""Until when an invoice is to be paid. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from barberpro.domains.locations.service import business_day

from .lifecycle import Status


class Terms(StrEnum):
    """How long a customer may take to pay."""

    IMMEDIATE = "IMMEDIATE"
    NET_7 = "NET_7"
    NET_15 = "NET_15"
    NET_30 = "NET_30"


DAYS = {Terms.IMMEDIATE: 0, Terms.NET_7: 7, Terms.NET_15: 15, Terms.NET_30: 30}


def last_day(issued_on: date, terms: Terms, province: str) -> date:
    """The last day to pay on: so many days after that of issue, or the next business day of the province.

    `IMMEDIATE` is the day of issue whatever day it is: who is at the till can pay.
    """
    if terms is Terms.IMMEDIATE:
        return issued_on
    return business_day(issued_on + timedelta(days=DAYS[terms]), province)


def due_at(issued_at: datetime, terms: Terms, time_zone: str, province: str) -> datetime:
    """The end of the last day to pay on, in UTC: that day's closing midnight at the location."""
    zone = ZoneInfo(time_zone)
    last = last_day(issued_at.astimezone(zone).date(), terms, province)
    return datetime.combine(last + timedelta(days=1), time(0), zone).astimezone(UTC)


def is_overdue(status: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether it should have been paid by now, and was not."""
    return status == Status.ISSUED and due_at is not None and now >= due_at
