"""How long the question what is free takes, on a chain of the arena's size with bookings that come and go meanwhile."""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import resource
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from _load import quantile

DOCUMENT = """query Availability($input: AvailabilityInput!) { availability(input: $input) {
  slots { startsAt endsAt location { id name } provider { id name } price { amount currencyCode } }
  refusals { code message } } }"""
QUESTIONS = ((20, 14, 50), (200, 90, 150))
"""So many locations over so many days, and the milliseconds in which 95 of 100 should be answered."""
ROUNDS = 200
EVERY = 4
"""A booking is cancelled before each of so many questions, so that copies are made anew."""


def availability(given: argparse.Namespace) -> int:
    """Milliseconds of this process, the whole way from the variables to the JSON, on SQLite or the database given."""
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite+aiosqlite:///{folder}/chain.db"
        return asyncio.run(_measure(url, Path(folder)))


async def _measure(url: str, folder: Path) -> int:
    from sqlalchemy import select

    from barberpro.demo.clients import CHAIN
    from barberpro.demo.load import load_if_absent
    from barberpro.demo.scales import SCALES, SEED
    from barberpro.domains.bookings import service as bookings
    from barberpro.domains.bookings.tables import bookings as table
    from barberpro.domains.identity.users.roles import KNOWN_SCOPES
    from barberpro.gateway.app import COLLECT
    from barberpro.platform import migrations
    from barberpro.platform.clock import now
    from barberpro.platform.database import Database
    from barberpro.platform.doors import Reader, transaction
    from barberpro.platform.principal import worker

    await asyncio.to_thread(migrations.upgrade, url)
    database = Database(url)
    scale = replace(SCALES["arena"], name="availability")  # without the crowd of other tenants
    await load_if_absent(database, now, folder, scale, seed=SEED)
    who = replace(worker(CHAIN.id), scopes=KNOWN_SCOPES)
    reader = Reader(database, who)
    ask = _asker(database, who)
    places, services, ahead = await _known(reader)
    began = time.perf_counter()
    until = _iso(now() + timedelta(days=90) - timedelta(minutes=1))
    await ask(locationIds=places, serviceIds=services[:1], startsBefore=until)
    print(f"{1000 * (time.perf_counter() - began):.0f} ms with nothing in memory")
    # As the gateway has it: what lasts is not walked again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)
    rng, is_slow = random.Random(SEED), False  # noqa: S311 - a measurement
    for count, days, most in QUESTIONS:
        times: list[float] = []
        work: list[float] = []
        for n in range(-1, ROUNDS):
            if n >= 0 and n % EVERY == 0 and ahead:
                booking = ahead.pop(rng.randrange(len(ahead)))
                async with transaction(database, who, now, "bench") as tx:
                    await bookings.cancel(tx, booking)
            began, worked = time.perf_counter(), time.process_time()
            slots = await ask(
                locationIds=rng.sample(places, count),
                serviceIds=[rng.choice(services)],
                startsBefore=_iso(now() + timedelta(days=days) - timedelta(minutes=1)),
            )
            took = 1000 * (time.perf_counter() - began)
            if n < 0:
                print(f"{count} locations, {days} days: {took:.0f} ms for the first")
            else:
                times.append(took)
                work.append(1000 * (time.process_time() - worked))
            assert len(slots) == 20, "a chain of this size has free slots"  # noqa: S101
        p50, p95 = quantile(times, 0.5), quantile(times, 0.95)
        print(
            f"{count} locations, {days} days: p50 {p50:.1f} ms, p95 {p95:.1f} ms; CPU "
            f"p50 {quantile(work, 0.5):.1f} ms, p95 {quantile(work, 0.95):.1f} ms",
            flush=True,
        )
        is_slow = is_slow or p95 > most
    await _offered_again(database, who, reader, ask, ahead, select(table))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{memory:.0f} MiB at most, the loading of the chain included")
    await database.close()
    return 1 if is_slow else 0


async def _known(reader: Any) -> tuple[list[str], list[str], list[str]]:
    """Open locations, services, and bookings to come, by id."""
    from sqlalchemy import select

    from barberpro.domains.bookings.tables import bookings
    from barberpro.domains.catalogue.tables import services
    from barberpro.domains.locations.tables import locations
    from barberpro.platform.clock import now

    ahead = (bookings.c.status == "CONFIRMED", bookings.c.starts_at > now() + timedelta(days=1))
    asked = (
        select(locations.c.id),
        select(services.c.id).where(services.c.is_active),
        select(bookings.c.id).where(*ahead),
    )
    places, offered, coming = [[row.id for row in await reader.rows(each)] for each in asked]
    return places, offered, coming


def _asker(database: Any, who: Any) -> Any:
    """Asks the graph as the gateway does, with copies that outlast a question."""
    from importlib.resources import files

    import orjson
    from graphql import parse

    from barberpro.graph.context import Context
    from barberpro.graph.cursors import Cursors
    from barberpro.graph.execute import coerced, encoded, run
    from barberpro.graph.plan import plan
    from barberpro.graph.schema import build_schema
    from barberpro.platform.clock import now
    from barberpro.platform.editions import Copies
    from barberpro.platform.locale import Catalogue

    graph, copies = build_schema(), Copies()
    document = parse(DOCUMENT)
    planned = plan(graph, document, document.definitions[0])  # type: ignore[arg-type]
    catalogue = Catalogue.load(files("barberpro") / "domains" / "messages")

    async def ask(**given: Any) -> list[Any]:
        context = Context(
            principal=who,
            database=database,
            clock=now,
            catalogue=catalogue,
            cursors=Cursors(bytes(32), who.tenant),
            copies=copies,
        )
        result = await run(graph, planned, coerced(graph, planned, {"input": given}), context)
        assert not result.errors, result.errors  # noqa: S101
        return orjson.loads(encoded(result.data))["availability"]["slots"]

    return ask


async def _offered_again(
    database: Any, who: Any, reader: Any, ask: Any, ahead: list[str], every: Any
) -> None:
    """From the commit of a cancellation until the same time is offered again."""
    from barberpro.domains.bookings import service as bookings
    from barberpro.platform.clock import now
    from barberpro.platform.doors import transaction

    times = []
    for booking_id in ahead[:50]:
        (row,) = await reader.rows(every.where(every.selected_columns.id == booking_id))
        asked = {
            "locationIds": [row.location_id],
            "providerIds": [row.provider_id],
            "serviceIds": [row.service_id],
            "wanted": _iso(row.starts_at),
            "first": 1,
        }
        before = await ask(**asked)
        async with transaction(database, who, now, "bench") as tx:
            await bookings.cancel(tx, booking_id)
        began = time.perf_counter()
        after = await ask(**asked)
        if after[0]["startsAt"] == _iso(row.starts_at) and before != after:
            times.append(1000 * (time.perf_counter() - began))
    print(
        f"cancelled and offered again, {len(times)} of 50 (others are off the hours by now): "
        f"p50 {quantile(times, 0.5):.1f} ms, at most {max(times):.1f} ms"
    )


def _iso(at: Any) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
