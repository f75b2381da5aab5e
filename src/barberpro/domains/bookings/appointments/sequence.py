"""When each service of an appointment begins, and where the whole of it stands. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from ..lifecycle import OCCUPYING
from ..lifecycle import Status as Booked
from ..rules import Shape, Slot
from .errors import AppointmentOutOfRange

ITEMS, GUESTS, AFTER = range(1, 11), range(10), range(481)
"""How many services an appointment has, its guests by number, and minutes between two services of one guest."""


class Status(StrEnum):
    """Where an appointment stands, by its bookings."""

    HELD = "HELD"
    CONFIRMED = "CONFIRMED"
    UNDER_WAY = "UNDER_WAY"
    COMPLETED = "COMPLETED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class Part:
    """A service of an appointment that has its time."""

    guest: int
    provider_id: str
    slot: Slot


def next_slot(
    before: Iterable[Part],
    *,
    shape: Shape | Row[Any],
    guest: int,
    provider_id: str,
    after_minutes: int,
    starts_at: datetime,
) -> Slot:
    """When the next service of a guest begins: as the one before ends, and so many minutes later.

    Where one provider does both, they clear up and prepare between: it begins when both buffers are over. A guest's
    first begins with the appointment.
    """
    last = next((part for part in reversed(list(before)) if part.guest == guest), None)
    begins = starts_at
    if last is not None:
        prepared = last.slot.free_at + timedelta(minutes=shape.buffer_before_minutes)
        begins = prepared if last.provider_id == provider_id else last.slot.ends_at
    return Slot.of(shape, begins + timedelta(minutes=after_minutes))


def check(guests: Sequence[int], after_minutes: Sequence[int]) -> None:
    """Raises AppointmentOutOfRange, of the first item that is."""
    if len(guests) not in ITEMS:
        raise AppointmentOutOfRange("items", ITEMS[0], ITEMS[-1], len(guests))
    for n, (guest, after) in enumerate(zip(guests, after_minutes, strict=True)):
        if guest not in GUESTS:
            raise AppointmentOutOfRange("guest", GUESTS[0], GUESTS[-1], guest).at(n)
        if after not in AFTER:
            raise AppointmentOutOfRange("afterMinutes", AFTER[0], AFTER[-1], after).at(n)


def status(of_bookings: Iterable[str]) -> Status:
    """What was called off or given back counts only where nothing else is left."""
    every = list(of_bookings)
    left = {each for each in every if each in OCCUPYING}
    if not left:
        return Status.NO_SHOW if Booked.NO_SHOW in every else Status.CANCELLED
    if left == {Booked.HELD}:
        return Status.HELD
    if left == {Booked.COMPLETED}:
        return Status.COMPLETED
    return Status.CONFIRMED if left <= {Booked.HELD, Booked.CONFIRMED} else Status.UNDER_WAY
