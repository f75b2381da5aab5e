"""Two chains whose names, labels and channels are alike, so that only the rules keep them apart."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert

from barberpro.domains.bookings.tables import booking_changes, bookings
from barberpro.domains.catalogue.tables import services
from barberpro.domains.locations.tables import chairs, locations
from barberpro.domains.organizations.tables import organizations
from barberpro.domains.people.tables import customers, provider_locations, providers
from barberpro.platform import ids
from barberpro.platform.database import Database
from barberpro.platform.principal import Principal

NOON = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
STATUSES = ("CONFIRMED", "COMPLETED", "CANCELLED", "NO_SHOW")
RowDict = dict[str, Any]


@dataclass
class Chain:
    """Every row of one tenant, as plain dicts by table name, in the order they were made."""

    tenant: str = field(default_factory=lambda: ids.new("org"))
    rows: dict[str, list[RowDict]] = field(default_factory=dict)

    def add(self, table: Table, **values: Any) -> RowDict:
        row = {c.name: None for c in table.c}
        row |= {"id": ids.new(table.info["prefix"]), table.info["tenant"]: self.tenant} | values
        self.rows.setdefault(table.name, []).append(row)
        return row

    @property
    def everyone(self) -> Principal:
        """A caller who sees the whole chain."""
        return Principal(self.tenant, client="cli_test", client_name="test")

    def limited(self, *places: int) -> Principal:
        """A caller limited to the locations at these places."""
        chosen = frozenset(self.rows["locations"][place]["id"] for place in places)
        return replace(self.everyone, locations=chosen)

    def seen_by(self, caller: Principal) -> dict[str, list[RowDict]]:
        """The rows this caller may see, by rules written out here once more."""
        if caller.tenant != self.tenant:
            return {}
        mine = caller.locations
        if mine is None:
            return self.rows
        there = [b for b in self.rows["bookings"] if b["location_id"] in mine]
        employed = [p for p in self.rows["provider_locations"] if p["location_id"] in mine]
        cut = {b["provider_id"] for b in there} | {p["provider_id"] for p in employed}
        sat = {b["customer_id"] for b in there}
        shown = {b["id"] for b in there}
        return self.rows | {
            "locations": [r for r in self.rows["locations"] if r["id"] in mine],
            "chairs": [r for r in self.rows["chairs"] if r["location_id"] in mine],
            "bookings": there,
            "booking_changes": [
                r for r in self.rows["booking_changes"] if r["booking_id"] in shown
            ],
            "provider_locations": employed,
            "providers": [r for r in self.rows["providers"] if r["id"] in cut],
            "customers": [
                r for r in self.rows["customers"] if r["id"] in sat or r["home_location_id"] in mine
            ],
        }


def furnished() -> Chain:
    """Three shops; provider 2 works nowhere and was booked once; customer 3 never came."""
    chain = Chain()
    chain.add(organizations, name="Cadena", created_at=NOON)
    shops = [
        chain.add(
            locations, name=f"Local {n}", name_key=f"local {n}", city="xyx"[n], province="C",
            time_zone="America/Argentina/Buenos_Aires", is_active=n < 2, closes_on_holidays=False, created_at=NOON,
        )
        for n in range(3)
    ]  # fmt: skip
    seats = [
        chain.add(chairs, location_id=shop["id"], label=label, is_active=True)
        for shop in shops
        for label in "xy"
    ]
    barbers = [
        chain.add(providers, name="Ana", name_key="xyyx"[n], is_active=True, created_at=NOON)
        for n in range(4)
    ]
    for barber, shop in ((0, 0), (0, 1), (1, 1), (3, 2)):
        chain.add(
            provider_locations, provider_id=barbers[barber]["id"], location_id=shops[shop]["id"]
        )
    offers = [
        chain.add(
            services, name=f"Corte {n}", name_key=f"corte {n}", duration_minutes=30,
            buffer_before_minutes=0, buffer_minutes=5 * n, gap_after_minutes=0, gap_minutes=0,
            price_minor=1000, currency_code="xy"[n], is_active=True,
            created_at=NOON,
        )
        for n in range(2)
    ]  # fmt: skip
    sitters = [
        chain.add(
            customers, name="Beto", name_key="xyxy"[n],
            home_location_id=[shops[0]["id"], shops[1]["id"], None, None][n], created_at=NOON,
        )
        for n in range(4)
    ]  # fmt: skip
    plan = ((0, 0, 0), (0, 0, 1), (1, 0, 1), (1, 1, 2), (2, 3, 0), (0, 2, 2), (1, 1, 0))
    for n, (shop, barber, sitter) in enumerate(plan):
        start = NOON + timedelta(hours=n)
        booking = chain.add(
            bookings, location_id=shops[shop]["id"], provider_id=barbers[barber]["id"],
            chair_id=seats[2 * shop + n % 2]["id"], customer_id=sitters[sitter]["id"],
            service_id=offers[n % 2]["id"], status=STATUSES[n % 4], channel="xy"[n % 2],
            taken_from=start, starts_at=start, ends_at=start + timedelta(minutes=30),
            free_at=start + timedelta(minutes=35), duration_minutes=30 + n, price_minor=1000 + n,
            currency_code="ARS", is_first_visit=n < 3, created_at=NOON,
        )  # fmt: skip
        chain.add(
            booking_changes, booking_id=booking["id"], kind="xy"[n % 2], to_status="CONFIRMED",
            to_starts_at=start, to_provider_id=booking["provider_id"], changed_by="cli_test",
            changed_at=NOON,
        )  # fmt: skip
    return chain


@dataclass(frozen=True)
class World:
    ours: Chain
    theirs: Chain


@pytest.fixture(scope="session")
async def world(database: Database) -> World:
    """Both chains, stored. Tests of this folder read them; who writes rolls back."""
    made = World(furnished(), furnished())
    tables = (
        organizations, locations, chairs, providers, provider_locations, services, customers,
        bookings, booking_changes,
    )  # fmt: skip
    async with database.housekeeping() as connection:
        for chain in (made.ours, made.theirs):
            for table in tables:
                await connection.execute(insert(table), chain.rows[table.name])
    return made
