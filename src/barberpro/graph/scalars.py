"""Scalars of the schema, each with the specification of its form."""

import re
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from functools import cache
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from barberpro.platform import contacts
from barberpro.platform.clock import iso

CurrencyCode = NewType("CurrencyCode", str)
Decimal = NewType("Decimal", str)
EmailAddress = NewType("EmailAddress", str)
LocalTime = NewType("LocalTime", str)
PhoneNumber = NewType("PhoneNumber", str)
TimeZone = NewType("TimeZone", str)

LOCAL_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:[0-5]\d)", re.ASCII
)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


def _instant(text: object) -> datetime:
    if not isinstance(text, str) or not RFC_3339.fullmatch(text):
        raise ValueError(
            "DateTime must be an RFC 3339 instant with an offset, such as 2026-11-22T13:00:00Z."
        )
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC the year may be 0 or 10000
        raise ValueError(f"DateTime {text} does not exist.") from None


def _date(text: object) -> date:
    if not isinstance(text, str) or not DATE.fullmatch(text):
        raise ValueError("Date must be a calendar date such as 2026-11-22.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"Date {text} does not exist.") from None


def _local_time(text: object) -> str:
    if not isinstance(text, str) or not LOCAL_TIME.fullmatch(text):
        raise ValueError("LocalTime must be HH:MM, from 00:00 to 24:00.")
    return text


def _time_zone(text: object) -> str:
    if not isinstance(text, str) or text not in _time_zones():
        raise ValueError("TimeZone must be a name of the IANA time zone database.")
    return text


@cache
def _time_zones() -> frozenset[str]:
    # Reading their folder takes 20 ms. `localtime` is in it, and is no name of a zone.
    return frozenset(zoneinfo.available_timezones() - {"localtime"})


def _currency(text: object) -> str:
    if not isinstance(text, str) or not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError("CurrencyCode must be three capital letters of ISO 4217.")
    return text


def _decimal(text: object) -> str:
    if not isinstance(text, str) or not DECIMAL.fullmatch(text):
        raise ValueError('Decimal must be a string such as "12500.00".')
    return text


def _email(text: object) -> str:
    with _told_of("EmailAddress must be an e-mail address, such as ana@example.com."):
        return contacts.email(text if isinstance(text, str) else "")


def _phone(text: object) -> str:
    with _told_of("PhoneNumber must be a number of E.164, such as +5491155551234."):
        return contacts.phone(text if isinstance(text, str) else "")


@contextmanager
def _told_of(sentence: str) -> Iterator[None]:
    try:
        yield
    except ValueError:
        raise ValueError(sentence) from None


def minutes(local: str) -> int:
    """Minutes after midnight of a LocalTime."""
    hours, _, rest = local.partition(":")
    return int(hours) * 60 + int(rest)


def local_time(minute: int) -> LocalTime:
    """The LocalTime of minutes after midnight; 1440 is 24:00."""
    return LocalTime("24:00") if minute == 1440 else LocalTime(f"{time(*divmod(minute, 60)):%H:%M}")


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, as in `2026-11-22T13:00:00Z`. Fractions of a second only when not zero.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=iso,
        parse_value=_instant,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A date on the calendar of whoever it is about, as in `2026-11-22`.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=date.isoformat,
        parse_value=_date,
    ),
    LocalTime: strawberry.scalar(
        name="LocalTime",
        description="A time on the wall clock of a location, `HH:MM`. `24:00` is the end of a day.",
        specified_by_url="https://www.iso.org/iso-8601-date-and-time-format.html",
        serialize=str,
        parse_value=_local_time,
    ),
    TimeZone: strawberry.scalar(
        name="TimeZone",
        description="A name of the IANA time zone database, as in `America/Argentina/Buenos_Aires`.",
        specified_by_url="https://www.iana.org/time-zones",
        serialize=str,
        parse_value=_time_zone,
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description="A currency by its three letters, as in `ARS`.",
        specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
        serialize=str,
        parse_value=_currency,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number in a string, as in `"12500.00"`.',
        specified_by_url="https://www.w3.org/TR/xmlschema-2/#decimal",
        serialize=str,
        parse_value=_decimal,
    ),
    EmailAddress: strawberry.scalar(
        name="EmailAddress",
        description="An e-mail address, as in `ana@example.com`.",
        specified_by_url="https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address",
        serialize=str,
        parse_value=_email,
    ),
    PhoneNumber: strawberry.scalar(
        name="PhoneNumber",
        description="A telephone number with its country code, as in `+5491155551234`.",
        specified_by_url="https://www.itu.int/rec/T-REC-E.164",
        serialize=str,
        parse_value=_phone,
    ),
}
