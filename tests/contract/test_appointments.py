"""Several services booked together, as frontends see it."""

from pathlib import Path
from typing import Any

import pytest

OPERATIONS = Path("schema/operations/frontend")


@pytest.fixture
def run(ask: Any) -> Any:
    """`await run("AppointmentBook", …)` is what the registered document gives for that input."""

    async def send(name: str, **given: Any) -> Any:
        document = (OPERATIONS / f"{name}.graphql").read_text()
        answer = await ask(document, input=given)
        assert answer.errors == []
        (payload,) = answer.data.values()
        return payload

    return send


@pytest.fixture
def wish(chain: Any) -> dict[str, Any]:
    cut = {"serviceId": chain.cut.id}
    return {
        "locationId": chain.centro.id,
        "customerId": chain.carla.id,
        "startsAt": "2026-11-24T14:00:00Z",
        "items": [cut | {"providerId": chain.ana.id}, cut | {"providerId": chain.bruno.id}],
    }


def starts(payload: Any) -> list[str]:
    return [item["booking"]["startsAt"] for item in payload["appointment"]["items"]]


async def test_an_appointment_is_held_confirmed_moved_and_called_off(run: Any, wish: Any) -> None:
    held = await run("AppointmentBook", **wish, holdMinutes=10, idempotencyKey="a")
    assert held == await run("AppointmentBook", **wish, holdMinutes=10, idempotencyKey="a")
    assert held["appointment"]["status"] == "HELD"
    assert starts(held) == ["2026-11-24T14:00:00Z", "2026-11-24T14:30:00Z"]
    made = held["appointment"]["id"]

    confirmed = await run("AppointmentConfirm", appointmentId=made)
    assert confirmed["appointment"]["status"] == "CONFIRMED"
    moved = await run("AppointmentMove", appointmentId=made, startsAt="2026-11-24T14:15:00Z")
    assert starts(moved) == ["2026-11-24T14:15:00Z", "2026-11-24T14:45:00Z"]
    off = await run("AppointmentCancel", appointmentId=made, reason="Llueve")
    assert off["appointment"]["status"] == "CANCELLED"
    (error,) = (await run("AppointmentCancel", appointmentId=made))["errors"]
    assert error == {
        "__typename": "AppointmentOver",
        "code": "APPOINTMENT_OVER",
        "message": "La cita está en estado CANCELLED; no queda nada de ella para eso.",
        "field": ["appointmentId"],
    }


async def test_what_does_not_fit_is_pointed_at(run: Any, wish: Any, chain: Any) -> None:
    first, second = wish["items"]
    taken = {**wish, "items": [second | {"afterMinutes": 40}]}
    assert (await run("AppointmentBook", **taken))["errors"] == []

    (error,) = (await run("AppointmentBook", **wish))["errors"]
    assert (error["code"], error["field"]) == ("SLOT_TAKEN", ["items", "1"])
    unskilled = {**wish, "items": [first, second | {"providerId": chain.carla.id}]}
    (error,) = (await run("AppointmentBook", **unskilled))["errors"]
    assert (error["code"], error["field"]) == ("PROVIDER_NOT_FOUND", ["items", "1", "providerId"])
    (error,) = (await run("AppointmentBook", **{**wish, "items": []}))["errors"]
    assert (error["code"], error["field"]) == ("APPOINTMENT_OUT_OF_RANGE", ["items"])


def ways(found: Any) -> list[tuple[str, str, list[tuple[int, str]]]]:
    return [
        (
            way["startsAt"][11:16],
            way["endsAt"][11:16],
            [(item["guest"], item["startsAt"][11:16]) for item in way["items"]],
        )
        for way in found["options"]
    ]


async def test_options_are_the_earliest_finishes_and_each_can_be_booked(
    run: Any, wish: Any, chain: Any
) -> None:
    asked = {
        "items": [{"serviceId": chain.cut.id}] * 2 + [{"serviceId": chain.cut.id, "guest": 1}],
        "locationIds": [chain.centro.id],
        "startsFrom": "2026-11-24T12:00:00Z",
        "startsBefore": "2026-11-24T16:00:00Z",
        "stepMinutes": 30,
        "first": 2,
    }
    found = await run("AppointmentOptions", **asked)
    # Two work here: one cuts for both services of the first guest and clears up between, the other for the second.
    assert ways(found) == [
        ("12:00", "13:10", [(0, "12:00"), (0, "12:40"), (1, "12:00")]),
        ("12:30", "13:40", [(0, "12:30"), (0, "13:10"), (1, "12:30")]),
    ]
    (first, _) = found["options"]
    items = [
        {"serviceId": i["service"]["id"], "providerId": i["provider"]["id"], "guest": i["guest"]}
        for i in first["items"]
    ]
    made = await run("AppointmentBook", **{**wish, "startsAt": first["startsAt"], "items": items})
    assert starts(made) == [item["startsAt"] for item in first["items"]]
    after = await run("AppointmentOptions", **asked)
    assert [way["startsAt"] for way in after["options"]] == [
        "2026-11-24T13:30:00Z",
        "2026-11-24T14:00:00Z",
    ]


async def test_options_take_whom_one_asks_for_and_find_the_quicker_of_two_shops(
    run: Any, wish: Any, chain: Any
) -> None:
    asked = {
        "items": [
            {"serviceId": chain.cut.id, "providerIds": [chain.ana.id]},
            {"serviceId": chain.cut.id, "providerIds": [chain.bruno.id], "afterMinutes": 10},
        ],
        "locationIds": [chain.centro.id, chain.norte.id],
        "startsFrom": "2026-11-24T14:00:00Z",
        "startsBefore": "2026-11-24T14:15:00Z",
    }
    found = await run("AppointmentOptions", **asked)
    assert [way["location"]["id"] for way in found["options"]] == sorted(asked["locationIds"])
    assert {w[:2] for w in ways(found)} == {("14:00", "15:10")}
    odd = await run("AppointmentOptions", **{**asked, "locationIds": [chain.ana.id]})
    assert (odd["options"], odd["refusals"][0]["code"]) == ([], "LOCATION_NOT_FOUND")
