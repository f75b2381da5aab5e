"""A chain large enough that a statement too many would show."""

from datetime import timedelta
from typing import Any

import pytest

from barberpro.domains.billing import service as billing
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.gateway.documents import contract, operation_files
from barberpro.platform.money import Money


@pytest.fixture(scope="session")
def documents() -> dict[str, str]:
    """The registered documents of the frontend, by name."""
    found = operation_files(contract() / "operations")
    return {name: text for client, name, text in found if client == "frontend"}


@pytest.fixture
def grow(opening: Any, clock: Any) -> Any:
    """`await grow(shops, providers, visits)` opens shops with providers, each with visits of their own, all billed."""

    async def add(shops: int, providers: int, visits: int) -> str:
        async with opening() as tx:
            cut = await catalogue.offer_service(
                tx,
                name=f"Corte {shops}",
                duration_minutes=30,
                buffer_minutes=0,
                price=Money(100, "ARS"),
            )
            for s in range(shops):
                shop = await locations.open_location(
                    tx, name=f"Sucursal {shops}.{s}", city="Salta", province="A", time_zone="UTC",
                    chairs=providers, hours=[Span(day, 0, 1440) for day in range(1, 8)],
                )  # fmt: skip
                for p in range(providers):
                    barber = await people.register_provider(
                        tx, name=f"P{p}", location_ids=[shop.id]
                    )
                    guest = await people.register_customer(
                        tx, name=f"C{p}", home_location_id=shop.id
                    )
                    for v in range(visits):
                        visit = await bookings.create(
                            tx, location_id=shop.id, provider_id=barber.id, customer_id=guest.id,
                            service_id=cut.id, starts_at=clock.time + timedelta(hours=v), channel=Channel.WEB,
                        )  # fmt: skip
                        draft = await billing.create(
                            tx, location_id=shop.id, booking_ids=[visit.id]
                        )
                        await billing.issue(tx, draft.id)
            return shop.id

    return add
