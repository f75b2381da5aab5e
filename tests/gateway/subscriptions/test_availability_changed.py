"""Who shows free times hears when to ask for them again."""

from datetime import timedelta
from typing import Any

import pytest

from barberpro.domains.bookings import service as bookings
from barberpro.domains.locations import service as locations
from barberpro.domains.people import rosters

from ...conftest import MONDAY

TOMORROW = MONDAY + timedelta(days=1)
CHANGED = """subscription Free($at: ID!) { availabilityChanged(locationId: $at) {
  location { id name } change } }"""


@pytest.fixture
async def heard(listen: Any, bearer: Any, chain: Any) -> Any:
    return await listen(await bearer(), query=CHANGED, variables={"at": chain.centro.id})


def change(answer: Any) -> str:
    return answer["data"]["availabilityChanged"]["change"]


async def test_a_time_that_is_taken_and_freed_again_is_told(
    heard: Any, chain: Any, book: Any, done: Any, clock: Any
) -> None:
    booking = await book(TOMORROW)
    _, taken = await heard.event()
    assert taken["data"] == {
        "availabilityChanged": {
            "location": {"id": chain.centro.id, "name": "Centro"},
            "change": "TAKEN",
        }
    }
    clock.forward(seconds=1)
    await done(lambda tx: bookings.cancel(tx, booking.id))
    _, freed = await heard.event()
    assert change(freed) == "FREED"


async def test_other_hours_and_other_shifts_are_told(
    heard: Any, chain: Any, done: Any, clock: Any
) -> None:
    await done(lambda tx: locations.close(tx, chain.centro.id))
    assert change((await heard.event())[1]) == "HOURS"
    clock.forward(seconds=1)
    absent = {"starts_at": TOMORROW, "ends_at": TOMORROW + timedelta(hours=2)}
    await done(lambda tx: rosters.take_off(tx, chain.ana.id, location_id=None, **absent))
    assert change((await heard.event())[1]) == "STAFF"


async def test_another_location_s_are_not(listen: Any, bearer: Any, chain: Any, book: Any) -> None:
    heard = await listen(await bearer(), query=CHANGED, variables={"at": chain.norte.id})
    await book(TOMORROW)
    assert await heard.silent()
