"""When a rule of RFC 5545 (section 3.3.10) has a service take place. Pure.

The rule is of the shop's wall clock: ten o'clock stays ten o'clock. A time that a change of clocks leaves out moves
forward, one that it repeats means the first.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule

from barberpro.domains.locations.service import MIDNIGHT, instant

from .errors import RuleInvalid, RuleUnsupported, SeriesOutOfRange

MOST, FURTHEST_DAYS, LONGEST_RULE = 104, 731, 300
"""Occurrences of a series, days from its start to the last of them, and characters of a rule."""
FREQUENCIES: dict[str, Any] = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
}
WEEKDAYS = {name: getattr(rrule, name) for name in ("MO", "TU", "WE", "TH", "FR", "SA", "SU")}
KNOWN = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST")
STANDARD = ("BYSECOND", "BYMINUTE", "BYHOUR", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS")
UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)
BY_DAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
NUMBER = re.compile(r"[+-]?\d{1,4}", re.ASCII)


@dataclass(frozen=True)
class Pattern:
    """When a series takes place: a rule, its first date, and the minute of the shop's day."""

    rule: str
    starts_on: date
    minute: int


def occurrences(pattern: Pattern, zone: ZoneInfo) -> list[tuple[date, datetime]]:
    """The dates on the wall clock, and the instants, in order.

    The first date is one of them where the rule has it. Raises RuleInvalid, RuleUnsupported or SeriesOutOfRange.
    """
    if not 0 <= pattern.minute < MIDNIGHT:
        raise SeriesOutOfRange("minute", 0, MIDNIGHT - 1, pattern.minute)
    parts = _parts(pattern.rule)
    count = _number(parts, "COUNT", 1, 9_999) if "COUNT" in parts else None
    last = pattern.starts_on + timedelta(days=FURTHEST_DAYS)
    until = _until(parts["UNTIL"], pattern.minute, zone) if "UNTIL" in parts else None
    if until is not None and until > last:
        raise SeriesOutOfRange("days", 0, FURTHEST_DAYS, (until - pattern.starts_on).days)
    if count is not None and count > MOST:
        raise SeriesOutOfRange("occurrences", 1, MOST, count)
    dates: list[date] = []
    for moment in _rule(parts, pattern.starts_on, until or last):
        if len(dates) == count:
            break
        dates.append(moment.date())
    if count is not None and len(dates) < count:
        raise SeriesOutOfRange("days", 0, FURTHEST_DAYS, FURTHEST_DAYS + 1)
    if not 1 <= len(dates) <= MOST:
        raise SeriesOutOfRange("occurrences", 1, MOST, len(dates))
    return [(day, instant(day, pattern.minute, zone)) for day in dates]


def _parts(rule: str) -> dict[str, str]:
    if len(rule) > LONGEST_RULE:
        raise RuleInvalid("RRULE")
    parts: dict[str, str] = {}
    for each in rule.upper().removeprefix("RRULE:").split(";"):
        name, equals, value = each.partition("=")
        if name in STANDARD:
            raise RuleUnsupported(name)
        if name not in KNOWN or not equals or not value or name in parts:
            raise RuleInvalid(name[:20] or "RRULE")
        parts[name] = value
    if "FREQ" not in parts:
        raise RuleInvalid("FREQ")
    if parts["FREQ"] in ("SECONDLY", "MINUTELY", "HOURLY", "YEARLY"):
        raise RuleUnsupported("FREQ")
    if parts["FREQ"] not in FREQUENCIES:
        raise RuleInvalid("FREQ")
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise RuleInvalid("COUNT")  # one of them; a series without an end is not booked
    return parts


def _rule(parts: dict[str, str], first: date, last: date) -> rrule.rrule:
    frequency = parts["FREQ"]
    more: dict[str, Any] = {}
    if "BYDAY" in parts:
        more["byweekday"] = [_weekday(each, frequency) for each in parts["BYDAY"].split(",")]
    if "BYMONTHDAY" in parts:
        if frequency != "MONTHLY":
            raise RuleUnsupported("BYMONTHDAY")
        days = parts["BYMONTHDAY"].split(",")
        more["bymonthday"] = [_one(each, "BYMONTHDAY", -31, 31) for each in days]
        if 0 in more["bymonthday"]:
            raise RuleInvalid("BYMONTHDAY")
    if "WKST" in parts:
        if parts["WKST"] not in WEEKDAYS:
            raise RuleInvalid("WKST")
        more["wkst"] = WEEKDAYS[parts["WKST"]]
    return rrule.rrule(
        FREQUENCIES[frequency],
        dtstart=datetime.combine(first, time()),
        until=datetime.combine(last, time()),
        interval=_number(parts, "INTERVAL", 1, 366) if "INTERVAL" in parts else 1,
        **more,
    )


def _weekday(given: str, frequency: str) -> Any:
    found = BY_DAY.fullmatch(given)
    if found is None:
        raise RuleInvalid("BYDAY")
    ordinal, name = found.groups()
    if ordinal is None:
        return WEEKDAYS[name]
    if frequency != "MONTHLY":
        raise RuleInvalid("BYDAY")  # an ordinal is of a month
    return WEEKDAYS[name](int(ordinal))


def _until(given: str, minute: int, zone: ZoneInfo) -> date:
    """The last date: of an instant, the last on which the series' own time is not after it."""
    if not UNTIL.fullmatch(given):
        raise RuleInvalid("UNTIL")
    try:
        if len(given) == 8:
            return datetime.strptime(given, "%Y%m%d").date()  # noqa: DTZ007
        local = datetime.strptime(given[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except ValueError:
        raise RuleInvalid("UNTIL") from None
    until = local.replace(tzinfo=UTC if given.endswith("Z") else zone)
    day = until.astimezone(zone).date()
    return day if instant(day, minute, zone) <= until else day - timedelta(days=1)


def _number(parts: dict[str, str], name: str, least: int, most: int) -> int:
    return _one(parts[name], name, least, most)


def _one(given: str, name: str, least: int, most: int) -> int:
    if not NUMBER.fullmatch(given) or not least <= int(given) <= most:
        raise RuleInvalid(name)
    return int(given)
