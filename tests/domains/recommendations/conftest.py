"""A chain with a history in the database, and its training."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.people import service as people
from barberpro.domains.recommendations.training import Trained, train
from barberpro.platform.money import Money


@pytest.fixture
def trained(database: Any, clock: Any, principal: Any) -> Callable[..., Awaitable[Trained]]:
    """`await trained()` learns from what is there; each time a minute later."""

    async def run(who: Any = None) -> Trained:
        clock.forward(minutes=1)
        return await train(database, who or principal, clock)

    return run


@pytest.fixture
def offered(done: Any) -> Callable[[str], Awaitable[Any]]:
    """`await offered("Barba")` puts a service on the menu."""

    async def offer(name: str) -> Any:
        price = Money(900_000, "ARS")
        return await done(
            lambda tx: catalogue.offer_service(
                tx, name=name, duration_minutes=20, buffer_minutes=0, price=price
            )
        )

    return offer


@pytest.fixture
def guest(done: Any) -> Callable[..., Awaitable[Any]]:
    """`await guest("Dora", home)` registers a customer."""

    async def register(name: str, home: str | None) -> Any:
        return await done(lambda tx: people.register_customer(tx, name=name, home_location_id=home))

    return register


@pytest.fixture
def came(done: Any, clock: Any, chain: Any) -> Callable[..., Awaitable[list[str]]]:
    """`await came([40, 19], service_id=…)`: Carla was there so many days ago. Gives the bookings' ids."""

    async def record(days_ago: Any, *, hour: float = 0, **other: Any) -> list[str]:
        start = clock().replace(hour=14, minute=0)

        async def act(tx: Any) -> list[str]:
            made = []
            for days in days_ago:
                starts_at = start - timedelta(days=days, hours=-hour)
                asked = chain.asks(starts_at=starts_at, **other)
                made.append((await bookings.record(tx, **asked | {"channel": Channel.WEB})).id)
            return made

        return await done(act)

    return record
