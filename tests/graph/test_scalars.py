"""What scalars take and refuse, as a caller meets it: in the text of a document and in its variables."""

import zoneinfo
from datetime import UTC, datetime
from typing import Any

import pytest
import strawberry
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from barberpro.graph.scalars import (
    SCALARS,
    CurrencyCode,
    Decimal,
    LocalTime,
    TimeZone,
    local_time,
    minutes,
)

seen: list[Any] = []
"""What the resolvers of `Echo` were given."""


def echoed(value: Any) -> Any:
    seen.append(value)
    return value


@strawberry.type
class Echo:
    """Gives back what it is given."""

    @strawberry.field
    def date_time(self, value: datetime) -> datetime:
        return echoed(value)

    @strawberry.field
    def local_time(self, value: LocalTime) -> LocalTime:
        return echoed(value)

    @strawberry.field
    def time_zone(self, value: TimeZone) -> TimeZone:
        return echoed(value)

    @strawberry.field
    def currency_code(self, value: CurrencyCode) -> CurrencyCode:
        return echoed(value)

    @strawberry.field
    def decimal(self, value: Decimal) -> Decimal:
        return echoed(value)


SCHEMA = strawberry.Schema(Echo, config=StrawberryConfig(scalar_map=SCALARS))


def taken(scalar: str, text: str) -> tuple[Any, str]:
    """What a resolver gets for a text, and what the caller sees of that; the same for both ways to send it."""
    (first, *_) = results = [_in_text(scalar, _quoted(text)), _in_variable(scalar, text)]
    for result in results:
        assert result.errors is None, result.errors
        assert result.data == first.data
    last, other = seen.pop(), seen.pop()
    assert last == other
    return last, first.data["it"]


def refused(scalar: str, value: Any, complaint: str) -> None:
    seen.clear()
    results = [_in_variable(scalar, value)]
    if isinstance(value, str):
        results.append(_in_text(scalar, _quoted(value)))
    for result in results:
        assert result.data is None
        assert [complaint in error.message for error in result.errors] == [True]
    assert seen == []


def _in_text(scalar: str, literal: str) -> Any:
    return SCHEMA.execute_sync(f"{{ it: {_field(scalar)}(value: {literal}) }}")


def _in_variable(scalar: str, value: Any) -> Any:
    document = f"query($value: {scalar}!) {{ it: {_field(scalar)}(value: $value) }}"
    return SCHEMA.execute_sync(document, {"value": value})


def _field(scalar: str) -> str:
    return scalar[0].lower() + scalar[1:]


def _quoted(text: str) -> str:
    return '"' + "".join(f"\\u{{{ord(letter):x}}}" for letter in text) + '"'


# DateTime


@pytest.mark.parametrize(
    ("text", "instant", "shown"),
    [
        ("2026-11-22T13:00:00Z", (2026, 11, 22, 13), "2026-11-22T13:00:00Z"),
        ("2026-11-22T10:00:00-03:00", (2026, 11, 22, 13), "2026-11-22T13:00:00Z"),
        ("2026-11-22T23:30:00-03:00", (2026, 11, 23, 2, 30), "2026-11-23T02:30:00Z"),
        ("2026-11-22T18:45:00+05:45", (2026, 11, 22, 13), "2026-11-22T13:00:00Z"),
        ("2026-11-22T13:00:00+00:00", (2026, 11, 22, 13), "2026-11-22T13:00:00Z"),
        ("2026-11-22T13:00:00-00:00", (2026, 11, 22, 13), "2026-11-22T13:00:00Z"),
        (
            "2026-11-22T13:00:00.5Z",
            (2026, 11, 22, 13, 0, 0, 500_000),
            "2026-11-22T13:00:00.500000Z",
        ),
        ("2026-11-22T13:00:00.000001Z", (2026, 11, 22, 13, 0, 0, 1), "2026-11-22T13:00:00.000001Z"),
        ("2026-11-22T13:00:00.000Z", (2026, 11, 22, 13), "2026-11-22T13:00:00Z"),
        ("2028-02-29T00:00:00Z", (2028, 2, 29), "2028-02-29T00:00:00Z"),
        ("0001-01-01T00:00:00Z", (1, 1, 1), "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", (9999, 12, 31, 23, 59, 59), "9999-12-31T23:59:59Z"),
    ],
)
def test_instants_come_in_with_any_offset_and_leave_in_utc(
    text: str, instant: tuple[Any, ...], shown: str
) -> None:
    assert taken("DateTime", text) == (datetime(*instant, tzinfo=UTC), shown)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T13:00:00",  # no offset: which instant?
        "2026-11-22T13:00Z",
        "2026-11-22T13Z",
        "2026-11-22 13:00:00Z",
        "2026-11-22t13:00:00z",
        "20261122T130000Z",
        "2026-W47-7T13:00:00Z",
        "2026-326T13:00:00Z",
        "2026-11-22T13:00:00+03",
        "2026-11-22T13:00:00+0300",
        "2026-11-22T13:00:00+03:00:00",
        "2026-11-22T13:00:00+03:60",
        "2026-11-22T13:00:00.Z",
        "2026-11-22T13:00:00,5Z",
        "2026-11-22T13:00:00.1234567Z",
        "2026-11-22T24:00:00Z",
        "+2026-11-22T13:00:00Z",
        "12026-11-22T13:00:00Z",
        " 2026-11-22T13:00:00Z",
        "2026-11-22T13:00:00Z\n",
        "٢٠٢٦-11-22T13:00:00Z",
        "2026-11-22T13:00:00Z[America/Argentina/Buenos_Aires]",
        "tomorrow",
    ],
)
def test_other_forms_of_instants_are_refused(text: str) -> None:
    refused(
        "DateTime",
        text,
        "DateTime must be an RFC 3339 instant with an offset, such as 2026-11-22T13:00:00Z.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2016-12-31T23:59:60Z",  # a leap second, and a true one: our instants have none
        "2026-11-22T13:60:00Z",
        "2026-11-22T13:00:61Z",
        "2026-11-22T13:00:00+24:00",
        "0001-01-01T00:00:00+14:00",  # before the first year, in UTC
        "9999-12-31T23:59:59-00:01",
    ],
)
def test_instants_that_are_not_in_the_calendar_are_refused(text: str) -> None:
    refused("DateTime", text, f"DateTime {text} does not exist.")


@pytest.mark.parametrize("value", [1_795_352_400, 1.5, True, ["2026-11-22T13:00:00Z"], {"at": 1}])
def test_an_instant_is_a_string(value: Any) -> None:
    refused("DateTime", value, "DateTime must be an RFC 3339 instant with an offset")


@given(st.datetimes(timezones=st.just(UTC)))
@settings(deadline=None, max_examples=50)
def test_every_instant_comes_back_as_it_was_sent(instant: datetime) -> None:
    value, shown = taken("DateTime", instant.isoformat().replace("+00:00", "Z"))
    assert value == instant
    assert taken("DateTime", shown) == (instant, shown)


# LocalTime


@pytest.mark.parametrize("text", ["00:00", "09:05", "19:59", "20:00", "23:59", "24:00"])
def test_times_on_the_wall(text: str) -> None:
    assert taken("LocalTime", text) == (text, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9:00",
        "24:01",
        "25:00",
        "12:60",
        "12:5",
        "12",
        "1200",
        "12:00:00",
        "-1:00",
        "09:00 AM",
        "12:00\n",
        " 12:00",
        "1２:00",
        "1٢:00",
        "noon",
    ],
)
def test_what_no_clock_shows_is_refused(text: str) -> None:
    refused("LocalTime", text, "LocalTime must be HH:MM, from 00:00 to 24:00.")


@pytest.mark.parametrize("value", [900, 9.5, False, ["09:00"]])
def test_a_local_time_is_a_string(value: Any) -> None:
    refused("LocalTime", value, "LocalTime must be HH:MM, from 00:00 to 24:00.")


def test_local_times_are_minutes_after_midnight() -> None:
    shown = [local_time(minute) for minute in range(1_441)]
    assert (shown[0], shown[59], shown[60], shown[1_439], shown[1_440]) == (
        ("00:00", "00:59", "01:00", "23:59", "24:00")
    )
    assert [minutes(text) for text in shown] == list(range(1_441))
    assert shown == sorted(shown)
    assert [taken("LocalTime", text)[0] for text in shown[::97]] == shown[::97]


@pytest.mark.parametrize("minute", [-1, 1_441])
def test_a_day_has_1440_minutes(minute: int) -> None:
    with pytest.raises(ValueError, match="hour must be in"):
        local_time(minute)


# TimeZone


@pytest.mark.parametrize(
    "text", ["America/Argentina/Buenos_Aires", "Europe/Madrid", "UTC", "Asia/Kathmandu"]
)
def test_zones_of_the_iana_database(text: str) -> None:
    assert taken("TimeZone", text) == (text, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "America",
        "america/argentina/buenos_aires",
        "America/Argentina/Buenos Aires",
        "America/Argentina/Buenos_Aires\n",
        "GMT-3:00",
        "-03:00",
        "localtime",
        "posixrules",
        "../../../etc/passwd",
        "/usr/share/zoneinfo/UTC",
        "x" * 10_000,
    ],
)
def test_other_zones_are_refused(text: str) -> None:
    refused("TimeZone", text, "TimeZone must be a name of the IANA time zone database.")


def test_the_names_of_zones_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    taken("TimeZone", "UTC")
    # Their folder takes 20 ms to read, which a caller could ask for a hundred times in a document.
    monkeypatch.setattr(zoneinfo, "available_timezones", lambda: pytest.fail("read again"))
    taken("TimeZone", "Europe/Madrid")
    refused("TimeZone", "Europe/Atlantis", "TimeZone must be")


@pytest.mark.parametrize("value", [3, True, ["UTC"]])
def test_a_zone_is_a_string(value: Any) -> None:
    refused("TimeZone", value, "TimeZone must be a name of the IANA time zone database.")


# CurrencyCode, Decimal


def test_currencies_are_three_letters() -> None:
    assert taken("CurrencyCode", "ARS") == ("ARS", "ARS")
    for text in ("", "ars", "AR", "ARSS", "AR$", "ARS\n", "ÁRS", "ＡＲＳ", "032"):
        refused("CurrencyCode", text, "CurrencyCode must be three capital letters of ISO 4217.")
    refused("CurrencyCode", 32, "CurrencyCode must be three capital letters of ISO 4217.")


@pytest.mark.parametrize(
    "text", ["0", "12500.00", "-0.5", "0.000001", "999999999999999.999999", "-999999999999999"]
)
def test_decimals_are_exact(text: str) -> None:
    assert taken("Decimal", text) == (text, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".5",
        "1.",
        "+1",
        "1,5",
        "1 000",
        "1_000",
        "1e3",
        "0x10",
        "NaN",
        "Infinity",
        "--1",
        "1.0000001",
        "1000000000000000",
        "12.50\n",
        " 1",
        "١٢.٥٠",
        "½",
        "²",
    ],
)
def test_what_is_no_decimal_is_refused(text: str) -> None:
    refused("Decimal", text, 'Decimal must be a string such as "12500.00".')


@pytest.mark.parametrize("value", [12_500, 12.5, True, None, ["1"]])
def test_a_decimal_is_never_a_number_of_json(value: Any) -> None:
    complaint = "Decimal" if value is None else 'Decimal must be a string such as "12500.00".'
    refused("Decimal", value, complaint)


@pytest.mark.parametrize("literal", ["12.5", "12", "true", '{a: "1"}', "[]"])
@pytest.mark.parametrize("scalar", ["Decimal", "DateTime", "LocalTime", "TimeZone", "CurrencyCode"])
def test_literals_other_than_strings_are_refused(scalar: str, literal: str) -> None:
    seen.clear()
    result = _in_text(scalar, literal)
    assert result.data is None
    assert len(result.errors) == 1
    assert seen == []


def test_each_says_where_its_form_is_specified() -> None:
    printed = SCHEMA.as_str()
    for scalar in ("Decimal", "DateTime", "LocalTime", "TimeZone", "CurrencyCode"):
        assert f"scalar {scalar} @specifiedBy(url: " in printed
