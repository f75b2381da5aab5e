"""Small organizations in which much has happened, and all their rows as they stand in the tables."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select

from barberpro.domains.billing import service as billing
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.events import BookingRecorded
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.forecasts.tables import forecast_points, forecast_summaries
from barberpro.domains.identity.users import service as users
from barberpro.domains.learning import service as learning
from barberpro.domains.locations import service as locations
from barberpro.domains.people import handlers
from barberpro.domains.people import service as people
from barberpro.domains.recommendations.tables import popular_services, recommendations
from barberpro.platform import ids
from barberpro.platform.database import Database
from barberpro.platform.doors import transaction
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata
from tests.chain import Chain, found_chain, open_shop

from .meanings import World

CONTACT = {
    "email": "delia@example.com",
    "phone": "+5491155551234",
    "document_number": "12345678",
    "birth_date": date(1990, 2, 28),
    "address": "Caminito 1",
    "notes": "Con cuidado",
}


class Founder:
    """Lets things happen in one organization, the same whenever it is given the same chance."""

    def __init__(self, database: Database, who: Principal, clock: Any, rng: Random) -> None:
        self.database = database
        self.who = who
        self.clock = clock
        self.rng = rng
        self.opened: dict[tuple[str, str], str] = {}

    async def do(self, act: Any, **other: Any) -> Any:
        async with transaction(self.database, self.who, self.clock, "req_world", **other) as tx:
            result = await act(tx)
        await asyncio.sleep(0.001)  # ids are in order from one millisecond to the next
        return result

    async def live(self, visits: int) -> Chain:
        """A chain with a past of so many visits, and what was booked, billed and learned since."""
        chain = await self.do(found_chain)
        await self._people(chain)
        await self._past(chain, visits)
        await self._days_to_come(chain)
        await self.do(lambda tx: catalogue.withdraw(tx, self.services[2].id))
        await self.do(lambda tx: people.leave(tx, self.zoe.id))
        await self.do(lambda tx: locations.close(tx, self.sur.id))
        await self._rostered(chain)
        await self._foretold(chain)
        await self._recommended(chain)
        return chain

    async def _rostered(self, chain: Chain) -> None:
        """What agendas are made of, at both shops."""
        now, both = self.clock(), [chain.centro.id, chain.norte.id]
        for n, here in enumerate(both):
            for ahead, hours in ((3, []), (1, [(600, 700), (800, 1440)])):
                day = (now + timedelta(days=ahead + n)).date()
                await self.do(
                    lambda tx, h=here, d=day, s=hours: locations.set_exception(
                        tx, h, day=d, hours=s
                    )
                )
        await self.do(lambda tx: locations.set_travel(tx, *both, minutes=35))
        await self.do(lambda tx: locations.set_holidays(tx, chain.norte.id, closes=True))
        week = [
            people.Shift(here, locations.Span(day, 540, 780))
            for here, day in zip(both * 2, (3, 1, 2, 4), strict=True)
        ]
        await self.do(lambda tx: people.set_shifts(tx, chain.ana.id, week=week))
        known = [service.id for service in self.services[:2]]
        await self.do(lambda tx: people.set_skills(tx, chain.ana.id, service_ids=known))
        for here in (*both, None):
            begins = now + timedelta(days=self.rng.randint(20, 40))
            off = {"starts_at": begins, "ends_at": begins + timedelta(hours=5), "location_id": here}
            await self.do(lambda tx, o=off: people.take_off(tx, chain.bruno.id, **o))

    async def _people(self, chain: Chain) -> None:
        self.sur = await self.do(lambda tx: open_shop(tx, "Álamo", city="Salta", province="A"))
        self.zoe = await self.do(
            lambda tx: people.register_provider(tx, name="Zoé", location_ids=[chain.norte.id])
        )
        self.services = [chain.cut]
        for name, minor in (("Barba", 99_950), ("Ñandú", 1_250_000)):
            price = Money(minor, "ARS")
            self.services.append(
                await self.do(
                    lambda tx, n=name, p=price: catalogue.offer_service(
                        tx, name=n, duration_minutes=20, buffer_minutes=0, price=p
                    )
                )
            )
        self.customers = [chain.carla]
        for name, home in (("Délia", None), ("Ema", chain.norte.id), ("carla", chain.centro.id)):
            contact: Any = CONTACT if name != "carla" else {}
            made = await self.do(
                lambda tx, n=name, h=home, c=contact: people.register_customer(
                    tx, name=n, home_location_id=h, contact=c
                )
            )
            self.customers.append(made)
            self.clock.forward(minutes=self.rng.randint(0, 1))
        delia, ema = self.customers[1:3]
        self.opened |= {(delia.id, name): str(value) for name, value in CONTACT.items()}
        await self.do(lambda tx: people.erase_customer(tx, ema.id))
        if {"users:write", "users:read"} <= self.who.scopes:
            invited, _ = await self.do(
                lambda tx: users.invite(
                    tx, email="uma@example.com", name="Uma", role_ids=["receptionist"],
                    location_ids=[chain.norte.id],
                )
            )  # fmt: skip
            self.opened[invited.id, "email"] = "uma@example.com"

    async def _past(self, chain: Chain, visits: int) -> None:
        for n in range(visits):
            asked = {
                "location_id": self.rng.choice([chain.centro, chain.norte]).id,
                "provider_id": self.rng.choice([chain.ana, chain.bruno]).id,
                "customer_id": self.rng.choice([c for c in self.customers if c.name != "Ema"]).id,
                "service_id": self.rng.choice(self.services).id,
                "starts_at": self.clock().replace(hour=13)
                - timedelta(days=2 + n // 2, hours=n % 2),
                "channel": self.rng.choice(list(Channel)),
            }
            notes = self.rng.choice([None, f"Nota {n}"])
            made = await self.do(lambda tx, a=asked, t=notes: bookings.record(tx, **a, notes=t))
            if notes:
                self.opened[made.id, "notes"] = notes
            told = BookingRecorded(
                subject=made.id, ended_at=made.ends_at,
                **{k: v for k, v in asked.items() if k != "channel"},
            )  # fmt: skip
            await self.do(lambda tx, e=told: handlers.remember_visit(tx, e), answering="evt_told")
            if self.rng.random() < 0.6:
                stars = self.rng.randint(1, 5)
                await self.do(lambda tx, b=made, s=stars: bookings.rate(tx, b.id, score=s))
            if self.rng.random() < 0.7:
                await self._bill(made)

    async def _bill(self, booking: Any) -> None:
        by_hand = [
            billing.Line(
                description="Cera", quantity=2, unit_price=Money(33_333, "ARS"), tax_rate_bps=1050,
                discount=Money(1_000, "ARS"),
            )
        ]  # fmt: skip
        draft = await self.do(
            lambda tx: billing.create(
                tx, location_id=booking.location_id, booking_ids=[booking.id],
                by_hand=self.rng.choice([[], by_hand]), terms=self.rng.choice(list(billing.Terms)),
            )
        )  # fmt: skip
        steps = {
            "draft": [],
            "void": [billing.void],
            "issued": [billing.issue],
            "paid": [billing.issue, billing.pay],
            "credited": [billing.issue, billing.credit],
        }
        for step in self.rng.choice(list(steps.values())):
            await self.do(lambda tx, s=step: s(tx, draft.id))
        self.clock.forward(minutes=self.rng.randint(0, 1))

    async def _days_to_come(self, chain: Chain) -> None:
        day = self.clock().replace(hour=13, minute=0, second=0)
        for n in range(8):
            who = (chain.ana, chain.bruno, self.zoe)[n % 3]
            place = chain.norte if who is self.zoe else self.rng.choice([chain.centro, chain.norte])
            asked = chain.asks(
                starts_at=day + timedelta(hours=1 + n % 2, days=n // 2),
                location_id=place.id,
                provider_id=who.id,
                service_id=self.rng.choice(self.services).id,
                customer_id=self.rng.choice([c for c in self.customers if c.name != "Ema"]).id,
            )
            made = await self.do(lambda tx, a=asked: bookings.create(tx, **a))
            if n % 3 == 0:
                reason = self.rng.choice([None, "Se enfermó"])
                await self.do(lambda tx, b=made, r=reason: bookings.cancel(tx, b.id, reason=r))
                if reason:
                    self.reasons = [*getattr(self, "reasons", []), (made.id, reason)]

    async def _foretold(self, chain: Chain) -> None:
        version = await self.do(lambda tx: learning.begin(tx, learning.Kind.DEMAND))
        today = self.clock().date()
        summaries, points = [], []
        for place in (chain.centro, chain.norte):
            for metric, unit in (("BOOKINGS", "bookings"), ("REVENUE", "ARS")):
                is_known = place is chain.centro
                series = {"location_id": place.id, "metric": metric}
                summaries.append(
                    {
                        "id": ids.new("fsm"), **series, "unit": unit, "time_zone": place.time_zone,
                        "trained_through": today - timedelta(days=1),
                        "model_used": "PROPHET" if is_known else "WEEKDAY_MEAN",
                        "fallback_reason": None if is_known else "SHORT_HISTORY",
                        "horizon_days": 7 if is_known else None,
                        "origins": 2 if is_known else None,
                        **dict.fromkeys(
                            ("mase", "wape", "smape", "bias", "coverage80", "vs_seasonal_naive"),
                            0.25 if is_known else None,
                        ),
                    }
                )  # fmt: skip
                points += [
                    {
                        "id": ids.new("fpt"), **series, "date": today + timedelta(days=n),
                        "mean": 3.5, "lower": 1.25, "upper": 7.0, "actual": 4.0 if n < 0 else None,
                        "is_holiday": n == 2, "holiday_name": "Feriado" if n == 2 else None,
                        "is_closed": n == 2,
                    }
                    for n in range(-5, 20)
                ]  # fmt: skip
        await self._learn(version, {forecast_summaries: summaries, forecast_points: points})

    async def _recommended(self, chain: Chain) -> None:
        version = await self.do(lambda tx: learning.begin(tx, learning.Kind.RECOMMENDATIONS))
        reasons = [
            {"code": "BOOKED_BEFORE", "times": 2, "local": True},
            {"code": "GOES_WITH", "local": False},
            {"code": "POPULAR_EVERYWHERE"},
        ]
        places = [chain.centro, chain.norte, self.sur, chain.norte]
        personal = [
            {
                "id": ids.new("rec"), "customer_id": customer.id, "rank": rank,
                "service_id": self.services[rank % 3].id, "provider_id": chain.ana.id,
                "location_id": places[rank % 4].id, "score": 1 / rank, "confidence": 0.5,
                "source": "REPEAT", "predicted_rating": 4.5, "companion_id": self.services[1].id,
                "reasons": reasons[: rank % 4],
            }
            for customer in self.customers[:2]
            for rank in (1, 2, 4, 5, 7)
        ]  # fmt: skip
        popular = [
            {
                "id": ids.new("pop"), "location_id": place, "rank": rank,
                "service_id": self.services[rank].id, "score": 10.0 - rank,
            }
            for place in (chain.centro.id, None)
            for rank in (0, 1, 2)
        ]  # fmt: skip
        for row in popular:
            row["rank"] += 1
        await self._learn(version, {recommendations: personal, popular_services: popular})

    async def _learn(self, version: Any, said: Mapping[Any, list[dict[str, Any]]]) -> None:
        for table, rows in said.items():
            await self.do(
                lambda tx, t=table, r=rows: learning.learned(tx, version.id, insert(t), r)
            )
        await self.do(
            lambda tx: learning.activate(
                tx, version.id, trained_through=self.clock(), data_hash="x", metrics={}
            )
        )


async def whole(database: Database, founders: list[Founder], now: Any) -> World:
    """All rows of the founders' tenants, read as they stand."""
    know_all_tables()
    tenants = [founder.who.tenant for founder in founders]
    async with database.surveying() as connection:
        rows = {
            t.name: list(
                (
                    await connection.execute(select(t).where(t.c[t.info["tenant"]].in_(tenants)))
                ).all()
            )
            for t in metadata.sorted_tables
            if "tenant" in t.info
        }
    opened: dict[tuple[str, str], str] = {}
    for founder in founders:
        opened |= founder.opened
        for booking_id, reason in getattr(founder, "reasons", []):
            for change in rows["booking_changes"]:
                if change.booking_id == booking_id and change.reason is not None:
                    opened[change.id, "reason"] = reason
    return World(rows, now, opened)
