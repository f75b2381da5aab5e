"""Nobody is booked twice, and no acknowledgement is lost: 64 callers in 4 processes over HTTP, 5 chairs."""

import json
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from barberpro.domains.bookings.tables import bookings
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.platform.money import Money

PROCESSES, CALLERS, ROUNDS = 4, 16, 12
FIGHTER = Path(__file__).with_name("fighter.py")
FORESEEN = {"SLOT_TAKEN", "NO_CHAIR_FREE", "CHAIR_TAKEN", "TOO_MANY_HOLDS"}


@pytest.mark.long
async def test_sixty_four_callers_fight_for_five_chairs(running, opening, tmp_path):
    async with opening() as tx:
        wishes = await shop(tx)
    day = (datetime.now(UTC) + timedelta(days=2)).replace(
        hour=12, minute=0, second=0, microsecond=0
    )
    starts = [(day + timedelta(minutes=10 * n)).isoformat() for n in range(18)]
    entries = fight(running, wishes, starts, tmp_path)
    assert len(entries) == PROCESSES * CALLERS * ROUNDS
    assert [e for e in entries if "status" in e] == []
    assert {error["code"] for e in entries for error in e["errors"]} <= FORESEEN

    async with opening() as tx:
        kept = await tx.rows(select(bookings))
    check_no_overlap(kept)
    check_acknowledgements(entries, kept)


async def shop(tx) -> list[dict]:
    """One location with five chairs and ten providers, open around the clock, and twenty customers."""
    week = [Span(day, 0, 1440) for day in range(1, 8)]
    place = await locations.open_location(
        tx, name="Pelea", city="Rosario", province="S", time_zone="UTC", chairs=5, hours=week
    )
    cut = await catalogue.offer_service(
        tx, name="Corte", duration_minutes=30, buffer_minutes=5, price=Money(100, "ARS")
    )
    providers = [
        await people.register_provider(tx, name=f"P{n}", location_ids=[place.id]) for n in range(10)
    ]
    customers = [
        await people.register_customer(tx, name=f"C{n}", home_location_id=place.id)
        for n in range(20)
    ]
    return [
        {"locationId": place.id, "serviceId": cut.id, "providerId": p.id, "customerId": c.id}
        for p in providers
        for c in customers
    ]


def fight(running, wishes, starts, folder: Path) -> list[dict]:
    processes = []
    for n in range(PROCESSES):
        task = {
            "url": running.url, "headers": running.headers, "callers": CALLERS, "rounds": ROUNDS,
            "seed": n * CALLERS, "wishes": wishes, "starts": starts,
        }  # fmt: skip
        task_file, result = folder / f"task{n}.json", folder / f"result{n}.json"
        task_file.write_text(json.dumps(task))
        command = [sys.executable, str(FIGHTER), str(task_file), str(result)]
        processes.append((subprocess.Popen(command), result))
    for process, _ in processes:
        assert process.wait(300) == 0
    return [entry for _, result in processes for entry in json.loads(result.read_text())]


def check_no_overlap(kept) -> None:
    """No provider and no chair is held by two bookings at any instant."""
    occupying = [b for b in kept if b.status in ("HELD", "CONFIRMED", "CHECKED_IN", "COMPLETED")]
    assert len(occupying) > 10
    for what in ("provider_id", "chair_id"):
        held = defaultdict(list)
        for booking in occupying:
            held[getattr(booking, what)].append((booking.starts_at, booking.free_at))
        for spans in held.values():
            spans.sort()
            assert all(a[1] <= b[0] for a, b in pairwise(spans))


def check_acknowledgements(entries, kept) -> None:
    """Every booking that was acknowledged is there as last acknowledged, and no other is."""
    by_id = {b.id: b for b in kept}
    expected: dict[str, dict] = {}
    for (
        entry
    ) in entries:  # a caller's own entries are in order, and nobody touches another's booking
        if entry["booking"]:
            expected[entry["booking"]["id"]] = entry["booking"]
    assert set(by_id) == set(expected)
    for id_, told in expected.items():
        assert by_id[id_].status == told["status"]
        assert by_id[id_].starts_at == datetime.fromisoformat(told["startsAt"])
