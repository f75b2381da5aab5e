"""Reads of the usual peer: an ORM session a load, and a DataLoader for each relation, made anew for every request."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aiodataloader import DataLoader
from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from barberpro.graph.cursors import Cursors

from . import notes
from .door import Caller
from .rows import FIELD, ORDER, SECRET
from .usual_models import Booking, Location, Provider, ProviderLocation

Sessions = async_sessionmaker[AsyncSession]


class Loads:
    """What a request reads by, for one caller."""

    def __init__(self, sessions: Sessions, caller: Caller, vault: notes.Notes) -> None:
        self._sessions = sessions
        self._tenant = caller.tenant
        self._vault = vault
        self._by_id: dict[Any, DataLoader] = {}
        self.providers = DataLoader(self._providers)
        self.bookings = DataLoader(self._bookings)
        self.notes = DataLoader(self._notes)

    def one(self, model: Any) -> DataLoader:
        """The loader of a model's rows by their ids."""
        if model not in self._by_id:

            async def load(keys: list[str]) -> list[Any]:
                wanted = select(model).where(
                    model.organization_id == self._tenant, model.id.in_(keys)
                )
                found = {each.id: each for each in await self._all(wanted)}
                return [found.get(key) for key in keys]

            self._by_id[model] = DataLoader(load)
        return self._by_id[model]

    async def locations(self, first: int) -> Sequence[Location]:
        """The first locations by name."""
        found = select(Location).where(Location.organization_id == self._tenant)
        return await self._all(found.order_by(Location.name_key, Location.id).limit(first))

    async def page(self, first: int, after: str | None) -> Sequence[Booking]:
        """The latest bookings behind a cursor, and one more."""
        found = select(Booking).where(Booking.organization_id == self._tenant)
        if after is not None:
            starts_at, id_ = Cursors(SECRET, self._tenant).read(FIELD, ORDER, after)
            behind = (datetime.fromisoformat(starts_at), id_)
            found = found.where(tuple_(Booking.starts_at, Booking.id) < behind)
        found = found.order_by(Booking.starts_at.desc(), Booking.id.desc())
        return await self._all(found.limit(first + 1))

    def cursor(self, booking: Booking) -> str:
        """Where a page ends that ends with this booking."""
        return Cursors(SECRET, self._tenant).write(FIELD, ORDER, (booking.starts_at, booking.id))

    async def _all(self, statement: Any) -> Sequence[Any]:
        async with self._sessions() as session:
            return (await session.scalars(statement)).all()

    async def _providers(self, keys: list[tuple[str, int]]) -> list[list[Provider]]:
        """The first providers of each location, by name."""
        place = ProviderLocation.location_id
        rank = func.row_number().over(partition_by=place, order_by=(Provider.name_key, Provider.id))
        ranked = (
            select(Provider, place.label("place"), rank.label("rank"))
            .join(ProviderLocation, ProviderLocation.provider_id == Provider.id)
            .where(Provider.organization_id == self._tenant, place.in_([key for key, _ in keys]))
            .subquery()
        )
        return await self._ranked(Provider, ranked, ranked.c.place, keys)

    async def _bookings(self, keys: list[tuple[str, int]]) -> list[list[Booking]]:
        """The latest bookings of each provider."""
        rank = func.row_number().over(
            partition_by=Booking.provider_id, order_by=(Booking.starts_at.desc(), Booking.id.desc())
        )
        ranked = (
            select(Booking, rank.label("rank"))
            .where(
                Booking.organization_id == self._tenant,
                Booking.provider_id.in_([key for key, _ in keys]),
            )
            .subquery()
        )
        return await self._ranked(Booking, ranked, ranked.c.provider_id, keys)

    async def _ranked(
        self, model: Any, ranked: Any, parent: Any, keys: list[tuple[str, int]]
    ) -> list[list[Any]]:
        most = max(first for _, first in keys)
        rows = aliased(model, ranked)
        found: dict[str, list[Any]] = {key: [] for key, _ in keys}
        async with self._sessions() as session:
            wanted = select(rows, parent).where(ranked.c.rank <= most).order_by(ranked.c.rank)
            for row, key in await session.execute(wanted):
                found[key].append(row)
        return [found[key][:first] for key, first in keys]

    async def _notes(self, keys: list[str]) -> list[str | None]:
        asked = notes.STATEMENT.replace("$1", ":tenant").replace("$2::text[]", ":keys")
        async with self._sessions() as session:
            rows = await session.execute(text(asked), {"tenant": self._tenant, "keys": keys})
            found = self._vault.opened(self._tenant, [tuple(row) for row in rows])
        return [found.get(key) for key in keys]
