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
