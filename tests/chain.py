"""A small chain to try things on: two shops, two providers, a customer and a cut."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

import pytest
from sqlalchemy import Row, select

from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.platform.doors import Transaction
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata

BUENOS_AIRES = "America/Argentina/Buenos_Aires"
# Monday to Saturday, with a siesta.
WEEK = [
    Span.between(day, opens, closes)
    for day in range(1, 7)
    for opens, closes in ((time(9), time(13)), (time(14), time(20)))
]
Opening = Callable[..., Any]
Act = Callable[[Transaction], Awaitable[Any]]


@dataclass(frozen=True)
class Chain:
    """Two shops of one organization: `centro`, where all that is tried takes place, and `norte`."""

    centro: Row[Any]
    norte: Row[Any]
    chairs: Sequence[Row[Any]]
    """Those of `centro`, by label: 01 and 02."""
    cut: Row[Any]
    """30 minutes and a buffer of 10, for 12,500 pesos."""
    ana: Row[Any]
    bruno: Row[Any]
    """Both work at both shops."""
    carla: Row[Any]
    """A customer of `centro`."""

    def asks(self, **other: Any) -> dict[str, Any]:
        """What `create` takes for Carla's cut with Ana in the centre, and whatever is asked otherwise."""
        usual = {
            "location_id": self.centro.id,
            "provider_id": self.ana.id,
            "customer_id": self.carla.id,
            "service_id": self.cut.id,
            "channel": Channel.WEB,
        }
        return usual | other


async def open_shop(tx: Transaction, name: str, **other: Any) -> Row[Any]:
    usual = {
        "city": "Buenos Aires",
        "province": "C",
        "time_zone": BUENOS_AIRES,
        "chairs": 2,
        "hours": WEEK,
    }
    return await locations.open_location(tx, name=name, **usual | other)


async def found_chain(tx: Transaction) -> Chain:
    centro, norte = await open_shop(tx, "Centro"), await open_shop(tx, "Norte")
    both = [centro.id, norte.id]
    chairs = metadata.tables["chairs"]
    of_centro = select(chairs).where(chairs.c.location_id == centro.id).order_by(chairs.c.label)
    return Chain(
        centro=centro,
        norte=norte,
        chairs=await tx.rows(of_centro),
        cut=await catalogue.offer_service(
            tx, name="Corte", duration_minutes=30, buffer_minutes=10, price=Money(1_250_000, "ARS")
        ),
        ana=await people.register_provider(tx, name="Ana", location_ids=both),
        bruno=await people.register_provider(tx, name="Bruno", location_ids=both),
        carla=await people.register_customer(tx, name="Carla", home_location_id=centro.id),
    )


@pytest.fixture
async def chain(opening: Opening) -> Chain:
    async with opening() as tx:
        return await found_chain(tx)


@pytest.fixture
def done(opening: Opening) -> Callable[..., Awaitable[Any]]:
    """`await done(act)` does it in a transaction of its own, and gives what it gave."""

    async def do(act: Act, who: Principal | None = None) -> Any:
        async with opening(who) as tx:
            result = await act(tx)
        await asyncio.sleep(0.001)  # ids are in order from one millisecond to the next
        return result

    return do
