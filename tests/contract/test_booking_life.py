"""A booking's life as frontends see it: held, confirmed, under terms, and what being late costs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

OPERATIONS = Path("schema/operations/frontend")
TUESDAY = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # 11:00 in Buenos Aires


@pytest.fixture
def run(ask: Any) -> Any:
    """`await run("BookingHold", …)` is what the registered document gives for that input."""

    async def send(name: str, **given: Any) -> Any:
        document = (OPERATIONS / f"{name}.graphql").read_text()
        answer = await ask(document, input=given)
        assert answer.errors == []
        (payload,) = answer.data.values()
        return payload

    return send


@pytest.fixture
def wish(chain: Any) -> dict[str, Any]:
    return {
        "locationId": chain.centro.id,
        "providerId": chain.ana.id,
        "customerId": chain.carla.id,
        "serviceId": chain.cut.id,
        "startsAt": "2026-11-24T14:00:00Z",
    }


async def test_a_place_is_held_extended_and_confirmed(run: Any, wish: Any, clock: Any) -> None:
    held = await run("BookingHold", **wish, idempotencyKey="a")
    again = await run("BookingHold", **wish, idempotencyKey="a")
    assert held == again
    booking = held["booking"]
    assert (booking["status"], booking["heldUntil"]) == ("HELD", "2026-11-23T13:05:00Z")
    longer = await run("BookingHoldExtend", bookingId=booking["id"], minutes=12)
    assert longer["booking"]["heldUntil"] == "2026-11-23T13:12:00Z"
    clock.forward(minutes=11)
    confirmed = await run("BookingConfirm", bookingId=booking["id"])
    assert confirmed["booking"] == {**booking, "status": "CONFIRMED", "heldUntil": None}


async def test_what_ran_out_is_told_in_the_shop_s_time(run: Any, wish: Any, clock: Any) -> None:
    booking = (await run("BookingHold", **wish))["booking"]
    clock.forward(minutes=5)
    (error,) = (await run("BookingConfirm", bookingId=booking["id"]))["errors"]
    assert error == {
        "__typename": "HoldRanOut",
        "code": "HOLD_RAN_OUT",
        "message": "Ese lugar estuvo guardado hasta el 23/11 10:05. Volvé a guardarlo o elegí otro horario.",
        "field": ["bookingId"],
    }


async def test_what_is_given_back_is_free(run: Any, wish: Any) -> None:
    booking = (await run("BookingHold", **wish))["booking"]
    assert (await run("BookingHold", **wish))["errors"][0]["code"] == "SLOT_TAKEN"
    released = await run("BookingHoldRelease", bookingId=booking["id"])
    assert released["booking"]["status"] == "RELEASED"
    assert (await run("BookingHold", **wish))["errors"] == []


async def test_being_late_costs_what_the_terms_say_unless_it_is_waived(
    run: Any, ask: Any, wish: Any, clock: Any
) -> None:
    published = await run("PolicyPublish", noticeMinutes=180, lateFeeBps=2_500, depositBps=2_000)
    assert (published["bookingPolicy"]["version"], published["errors"]) == (1, [])
    booking = (await run("BookingCreate", **wish))["booking"]
    paid = {"amount": "2500.00", "currencyCode": "ARS"}
    await run("BookingDepositRecord", bookingId=booking["id"], amount=paid)
    clock.time = TUESDAY - timedelta(hours=1)
    await run("BookingCancel", bookingId=booking["id"])

    async def terms() -> Any:
        document = (OPERATIONS / "BookingTerms.graphql").read_text()
        return (await ask(document, id=booking["id"])).data["booking"]

    told = await terms()
    assert told["policy"] == {
        "version": 1,
        "noticeMinutes": 180,
        "lateFeeBps": 2_500,
        "noShowFeeBps": 0,
        "depositBps": 2_000,
    }
    assert [(c["kind"], c["state"], c["amount"]["amount"]) for c in told["charges"]] == [
        ("DEPOSIT", "FORFEITED", "2500.00"),
        ("LATE_CANCELLATION", "DUE", "3125.00"),
    ]
    waived = await run("BookingFeeWaive", chargeId=told["charges"][1]["id"])
    assert [c["state"] for c in waived["booking"]["charges"]] == ["RETURNABLE", "WAIVED"]
