"""A booked day to read."""

from datetime import timedelta
from typing import Any

import pytest

from barberpro.domains.bookings import service as bookings


@pytest.fixture
async def booked(chain: Any, done: Any, clock: Any) -> list[Any]:
    """Carla's cuts with Ana, at 11, 12, 15 and 16 today, in that order."""
    made = []
    for hour in (1, 2, 5, 6):
        starts = clock.time + timedelta(hours=hour)
        made.append(
            await done(lambda tx, at=starts: bookings.create(tx, **chain.asks(starts_at=at)))
        )
    return made
