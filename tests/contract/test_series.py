"""A service that is booked again and again, as frontends see it."""

from pathlib import Path
from typing import Any

import pytest

OPERATIONS = Path("schema/operations/frontend")


@pytest.fixture
def run(ask: Any) -> Any:
    """`await run("BookingSeriesBook", …)` is what the registered document gives for that input."""

    async def send(name: str, **given: Any) -> Any:
        document = (OPERATIONS / f"{name}.graphql").read_text()
        answer = await ask(document, input=given)
        assert answer.errors == []
        (payload,) = answer.data.values()
        return payload

    return send


@pytest.fixture
def wish(chain: Any) -> dict[str, Any]:
    """Saturdays, Sundays and Mondays at ten, from the last in November on; on Sundays nobody is there."""
    return {
        "locationId": chain.centro.id,
        "providerId": chain.ana.id,
        "serviceId": chain.cut.id,
        "pattern": {"rule": "FREQ=DAILY;COUNT=3", "startsOn": "2026-11-28", "time": "10:00"},
    }


async def test_a_preview_says_what_the_booking_does(run: Any, wish: Any, chain: Any) -> None:
    before = await run("BookingSeriesPreview", **wish)
    assert (before["code"], [each["code"] for each in before["occurrences"]]) == (
        None,
        [None, "OUTSIDE_OPENING_HOURS", None],
    )
    assert before["occurrences"][1]["startsAt"] == "2026-11-29T13:00:00Z"
    assert before["occurrences"][1]["message"]
    skipping = {**wish, "pattern": wish["pattern"] | {"skipClosedDays": True}}
    passed = await run("BookingSeriesPreview", **skipping)
    assert [each["isSkipped"] for each in passed["occurrences"]] == [False, True, False]

    customer = {"customerId": chain.carla.id}
    made = await run("BookingSeriesBook", **wish, **customer, idempotencyKey="a")
    assert made == await run("BookingSeriesBook", **wish, **customer, idempotencyKey="a")
    series = made["bookingSeries"]
    assert (series["rule"], series["time"]) == ("FREQ=DAILY;COUNT=3", "10:00")
    assert [(each["status"], each["code"]) for each in series["occurrences"]] == [
        ("BOOKED", None),
        ("CONFLICT", "OUTSIDE_OPENING_HOURS"),
        ("BOOKED", None),
    ]
    after = await run("BookingSeriesPreview", **wish)
    assert [each["code"] for each in after["occurrences"]] == [
        "SLOT_TAKEN", "OUTSIDE_OPENING_HOURS", "SLOT_TAKEN",
    ]  # fmt: skip


async def test_it_is_moved_and_called_off(run: Any, wish: Any, chain: Any) -> None:
    made = await run("BookingSeriesBook", **wish, customerId=chain.carla.id)
    first, _, last = made["bookingSeries"]["occurrences"]
    moved = await run("BookingSeriesMove", occurrenceId=first["id"], following=True, time="11:30")
    assert [
        each["booking"] and each["booking"]["startsAt"]
        for each in moved["bookingSeries"]["occurrences"]
    ] == ["2026-11-28T14:30:00Z", None, "2026-11-30T14:30:00Z"]
    series = made["bookingSeries"]["id"]
    ended = await run("BookingSeriesEnd", seriesId=series, fromOccurrenceId=last["id"])
    assert [
        each["booking"] and each["booking"]["status"]
        for each in ended["bookingSeries"]["occurrences"]
    ] == ["CONFIRMED", None, "CANCELLED"]


async def test_what_cannot_be_is_told(run: Any, wish: Any, chain: Any) -> None:
    for rule, code in (("FREQ=YEARLY;COUNT=2", "RULE_UNSUPPORTED"), ("FREQ=", "RULE_INVALID")):
        odd = {**wish, "pattern": wish["pattern"] | {"rule": rule}}
        (error,) = (await run("BookingSeriesBook", **odd, customerId=chain.carla.id))["errors"]
        assert (error["code"], error["field"]) == (code, ["pattern", "rule"])
        told = await run("BookingSeriesPreview", **odd)
        assert (told["code"], told["occurrences"]) == (code, [])
    nobody = await run("BookingSeriesPreview", **{**wish, "providerId": chain.carla.id})
    assert nobody["code"] == "PROVIDER_NOT_FOUND"
