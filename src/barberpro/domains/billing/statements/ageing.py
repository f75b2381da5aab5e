"""How long debts are overdue. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

BUCKETS = ((0, "not_due"), (30, "to_30"), (60, "to_60"), (90, "to_90"))
"""The most days overdue that are in each, in order; what is overdue for longer is in `over_90`."""


@dataclass(frozen=True)
class Ageing:
    """What is owed in one currency, in minor units, by how many days it is overdue.

    `total_minor` is all of it less `refund_minor`: what stands in the ledger.
    """

    currency_code: str
    not_due_minor: int
    to_30_minor: int
    to_60_minor: int
    to_90_minor: int
    over_90_minor: int
    refund_minor: int
    total_minor: int


def days_overdue(due_at: datetime, time_zone: str, on: date) -> int:
    """Days from the last one to pay on until `on`; none or below on that day or before. `due_at` is when it ended."""
    last = (due_at - timedelta(microseconds=1)).astimezone(ZoneInfo(time_zone)).date()
    return (on - last).days


def aged(rows: Iterable[Any], on: date) -> list[Ageing]:
    """What rows of `service.outstanding` come to on a day, by currency."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault(row.currency_code, {})
        bucket = _bucket(days_overdue(row.due_at, row.time_zone, on))
        sums[bucket] = sums.get(bucket, 0) + row.owed_minor
        sums["refund"] = sums.get("refund", 0) + row.refund_minor
    return [_ageing(code, found[code]) for code in sorted(found)]


def _bucket(days: int) -> str:
    return next((name for most, name in BUCKETS if days <= most), "over_90")


def _ageing(currency_code: str, sums: dict[str, int]) -> Ageing:
    refund = sums.get("refund", 0)
    return Ageing(
        currency_code=currency_code,
        not_due_minor=sums.get("not_due", 0),
        to_30_minor=sums.get("to_30", 0),
        to_60_minor=sums.get("to_60", 0),
        to_90_minor=sums.get("to_90", 0),
        over_90_minor=sums.get("over_90", 0),
        refund_minor=refund,
        total_minor=sum(minor for name, minor in sums.items() if name != "refund") - refund,
    )
