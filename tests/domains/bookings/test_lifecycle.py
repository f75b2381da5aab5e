"""What may become of a booking: the machine as a table, and each step through the service."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.bookings import service
from barberpro.domains.bookings.errors import BookingNotFound, NotYet, ReasonTooLong, WrongStatus
from barberpro.domains.bookings.lifecycle import STEPS, Change, Status, after
from barberpro.domains.bookings.tables import REASONS
from barberpro.platform import ids
from barberpro.platform.principal import Principal

NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
ELEVEN = NOW + timedelta(hours=1)

# From each status, what each step makes of it; None where it is refused.
TABLE = {
    "CONFIRMED": {
        "check_in": "CHECKED_IN",
        "complete": "COMPLETED",
        "cancel": "CANCELLED",
        "mark_no_show": "NO_SHOW",
    },
    "CHECKED_IN": {"complete": "COMPLETED"},
    "COMPLETED": {"retract": "CANCELLED"},
    "CANCELLED": {},
    "NO_SHOW": {},
}
HOLDING = (Change.EXTENDED, Change.CONFIRMED, Change.RELEASED, Change.EXPIRED)
"""What can only be done with a hold (see test_holds)."""
LEADS_TO = TABLE["CONFIRMED"]
ENDS = {**LEADS_TO, "retract": "CANCELLED"}
TOLD = {
    "check_in": ("CHECKED_IN", "booking.checked_in", {}),
    "complete": ("COMPLETED", "booking.completed", {"ended_at": "2026-11-23T14:00:00Z"}),
    "cancel": ("CANCELLED", "booking.cancelled", {"starts_at": "2026-11-23T14:00:00Z"}),
    "mark_no_show": ("MISSED", "booking.missed", {"starts_at": "2026-11-23T14:00:00Z"}),
}


def steps(booking: Any, step: str) -> Any:
    return lambda tx: getattr(service, step)(tx, booking.id)


@pytest.mark.parametrize("status", TABLE)
async def test_each_step_from_each_status(
    booked: Any, done: Any, refused: Any, clock: Any, status: str
) -> None:
    reached = {outcome: step for step, outcome in LEADS_TO.items()}
    for day, (step, end) in enumerate(ENDS.items()):
        outcome = TABLE[status].get(step)
        booking = await booked(starts_at=ELEVEN + timedelta(days=day))
        clock.time = booking.starts_at
        if status != "CONFIRMED":
            await done(steps(booking, reached[status]))
        if outcome is None:
            await refused(steps(booking, step), WrongStatus, from_status=status, to_status=end)
            continue
        stepped = await done(steps(booking, step))
        assert stepped._asdict() == booking._asdict() | {"status": outcome}


@pytest.mark.parametrize("step", TOLD)
async def test_a_step_is_remembered_and_told(
    chain: Any,
    booked: Any,
    done: Any,
    history: Any,
    told: Any,
    principal: Principal,
    clock: Any,
    step: str,
) -> None:
    booking = await booked(starts_at=ELEVEN)
    clock.forward(hours=1)
    await done(steps(booking, step))
    kind, event, facts = TOLD[step]
    _, change = await history(booking.id)
    assert (change.kind, change.from_status, change.to_status) == (
        kind,
        "CONFIRMED",
        LEADS_TO[step],
    )
    assert (change.from_starts_at, change.to_starts_at) == (ELEVEN, ELEVEN)
    assert (change.from_provider_id, change.to_provider_id) == (chain.ana.id, chain.ana.id)
    assert (change.reason, change.changed_by, change.changed_at) == (None, principal.actor, ELEVEN)
    of_all = {
        "subject": booking.id,
        "location_id": chain.centro.id,
        "provider_id": chain.ana.id,
        "customer_id": chain.carla.id,
    }
    if step == "complete":
        facts = facts | {"service_id": chain.cut.id}
    assert (await told(booking.id))[1:] == [(event, booking.id, of_all | facts)]


@pytest.mark.parametrize("step", ["complete", "mark_no_show"])
async def test_what_has_not_begun_was_neither_done_nor_missed(
    booked: Any, done: Any, refused: Any, clock: Any, step: str
) -> None:
    booking = await booked(starts_at=ELEVEN)
    clock.forward(hours=1, microseconds=-1)
    zone = "America/Argentina/Buenos_Aires"
    await refused(steps(booking, step), NotYet, starts_at=ELEVEN, time_zone=zone)
    clock.forward(microseconds=1)
    assert (await done(steps(booking, step))).status == LEADS_TO[step]


async def test_a_booking_completed_the_next_day_ended_when_planned(
    booked: Any, done: Any, told: Any, clock: Any
) -> None:
    booking = await booked(starts_at=ELEVEN)
    clock.forward(days=1)
    await done(steps(booking, "complete"))
    assert (await told(booking.id))[1].data["ended_at"] == "2026-11-23T14:30:00Z"


@pytest.mark.parametrize("step", TOLD)
async def test_a_step_takes_four_statements_and_one_to_free_a_place(
    booked: Any, opening: Any, clock: Any, step: str
) -> None:
    booking = await booked(starts_at=ELEVEN)
    clock.forward(hours=1)
    async with opening() as tx:
        await steps(booking, step)(tx)
        assert tx.statements == 4 + (step in ("cancel", "mark_no_show"))


async def test_a_reason_is_kept_in_the_history_alone(
    booked: Any, done: Any, history: Any, told: Any, unsealed: Any
) -> None:
    booking = await booked(starts_at=ELEVEN)
    await done(lambda tx: service.cancel(tx, booking.id, reason=" Se mudó\x00 "))
    change = (await history(booking.id))[1]
    assert await unsealed(REASONS, change.id) == {"reason": "Se mudó"}
    assert "mudó" not in str(await told(booking.id))


async def test_a_reason_has_at_most_500_characters(booked: Any, refused: Any) -> None:
    booking = await booked(starts_at=ELEVEN)
    await refused(
        lambda tx: service.cancel(tx, booking.id, reason="x" * 501),
        ReasonTooLong,
        limit=500,
        length=501,
    )


@pytest.mark.parametrize("step", TOLD)
async def test_an_unknown_booking_is_not_found(refused: Any, step: str) -> None:
    for unknown in (ids.new("bkg"), ids.new("loc"), "", "bkg_\x00", "x" * 1000):
        await refused(
            lambda tx, unknown=unknown: getattr(service, step)(tx, unknown),
            BookingNotFound,
            booking_id=unknown[:40],
        )


@pytest.mark.parametrize("step", TOLD)
async def test_who_is_limited_to_a_shop_changes_nothing_elsewhere(
    chain: Any, booked: Any, refused: Any, at_centro: Principal, step: str
) -> None:
    booking = await booked(starts_at=ELEVEN, location_id=chain.norte.id)
    await refused(steps(booking, step), BookingNotFound, who=at_centro, booking_id=booking.id)


@given(st.lists(st.sampled_from(list(STEPS)), max_size=8))
def test_whatever_is_tried_a_booking_keeps_to_the_table(tried: list[Change]) -> None:
    """Any walk through the machine keeps to the table."""
    step_of = {
        Change.CHECKED_IN: "check_in",
        Change.COMPLETED: "complete",
        Change.CANCELLED: "cancel",
        Change.MISSED: "mark_no_show",
        Change.RETRACTED: "retract",
    }
    status = Status.CONFIRMED
    for change in tried:
        if change in HOLDING:
            with pytest.raises(WrongStatus):
                after(status, change)
            continue
        moves = change is Change.MOVED
        expected = (
            {"CONFIRMED": "CONFIRMED"}.get(status) if moves else TABLE[status].get(step_of[change])
        )
        if expected is None:
            with pytest.raises(WrongStatus):
                after(status, change)
            continue
        status = after(status, change)
        assert status == expected


def test_what_is_no_step_has_no_end() -> None:
    assert set(STEPS) == set(Change) - {Change.MADE, Change.RECORDED, Change.HELD}
