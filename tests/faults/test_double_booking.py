"""Nobody is booked twice, and no acknowledgement is lost: 64 callers over HTTP, 5 chairs, and servers that are killed.

Twelve things are done by each caller in every run of the suite; `scripts/soak bookings` has them do more.
"""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings.tables import booking_changes, bookings
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.platform.doors import Transaction
from barberpro.platform.money import Money
from tests.soaking import SEED, draws

from .checking import Entry, check_acknowledgements, check_rows, clashes
from .conftest import Running

PROCESSES, CALLERS, ROUNDS = 4, 16, draws(12)
KILLS = max(2, ROUNDS // 10)
BEFORE, BUFFER = timedelta(minutes=10), timedelta(minutes=5)
FIGHTER = Path(__file__).with_name("fighter.py")
FORESEEN = {"SLOT_TAKEN", "NO_CHAIR_FREE", "CHAIR_TAKEN", "TOO_MANY_HOLDS"}


@pytest.mark.long
@pytest.mark.parametrize("running", [2], indirect=True)
async def test_sixty_four_callers_fight_for_five_chairs(
    running: Running, opening: Any, tmp_path: Path
) -> None:
    async with opening() as tx:
        wishes = await shop(tx)
    day = (datetime.now(UTC) + timedelta(days=2)).replace(
        hour=12, minute=0, second=0, microsecond=0
    )
    starts = [(day + timedelta(minutes=10 * n)).isoformat() for n in range(18)]
    entries = await fought(running, wishes, starts, tmp_path)
    assert len(entries) == PROCESSES * CALLERS * ROUNDS
    assert [e for e in entries if "status" in e] == []
    assert {error["code"] for e in entries for error in e["errors"]} <= FORESEEN
    assert any(e["lost"] for e in entries)

    async with opening() as tx:
        kept = await tx.rows(select(bookings))
        changes = await tx.rows(select(booking_changes).order_by(booking_changes.c.id))
    check_rows(kept)
    check_acknowledgements(entries, kept, changes)
    assert clashes(entries, BEFORE, BUFFER) == []


async def shop(tx: Transaction) -> list[dict[str, str]]:
    """One location with five chairs and ten providers, open around the clock, and twenty customers."""
    week = [Span(day, 0, 1440) for day in range(1, 8)]
    place = await locations.open_location(
        tx, name="Pelea", city="Rosario", province="S", time_zone="UTC", chairs=5, hours=week
    )
    cut = await catalogue.offer_service(
        tx,
        name="Corte",
        duration_minutes=30,
        buffer_before_minutes=10,
        buffer_minutes=5,
        price=Money(100, "ARS"),
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


async def fought(
    running: Running, wishes: list[dict[str, str]], starts: list[str], folder: Path
) -> list[Entry]:
    """All that was asked and answered, while the server was killed again and again."""
    processes: list[tuple[subprocess.Popen[bytes], Path]] = []
    for n in range(PROCESSES):
        task = {
            "url": running.url, "headers": running.headers, "callers": CALLERS, "rounds": ROUNDS,
            "seed": SEED + n * CALLERS, "wishes": wishes, "starts": starts,
        }  # fmt: skip
        task_file, result = folder / f"task{n}.json", folder / f"result{n}.json"
        task_file.write_text(json.dumps(task))
        command = [sys.executable, str(FIGHTER), str(task_file), str(result)]
        processes.append((subprocess.Popen(command), result))
    for _ in range(KILLS):
        await asyncio.sleep(3)  # whatever is in work then
        running.kill()
        running.start()
    for process, _ in processes:
        assert process.wait(1_800) == 0
    return [entry for _, result in processes for entry in json.loads(result.read_text())]


def entry(
    id_: str, asked: float, told: float, *, minute: int = 0, status: str = "CONFIRMED"
) -> Entry:
    starts = datetime(2026, 12, 1, 12, minute, tzinfo=UTC)
    booking = {
        "id": id_, "status": status, "startsAt": starts.isoformat(),
        "endsAt": (starts + timedelta(minutes=30)).isoformat(),
        "provider": {"id": "p"}, "chair": {"id": f"chair of {id_}"},
    }  # fmt: skip
    return {"booking": booking, "errors": [], "asked": asked, "told": told}


@pytest.mark.parametrize(
    ("entries", "clash"),
    [
        ([entry("a", 0, 1), entry("b", 2, 3, minute=30)], True),  # within the buffer
        ([entry("a", 0, 1), entry("b", 2, 3, minute=44)], True),  # its own buffer before is in it
        ([entry("a", 0, 1), entry("b", 2, 3, minute=45)], False),
        ([entry("a", 0, 1), entry("b", 2, 3, status="CANCELLED")], False),
        # The other came while the first was being cancelled: nobody knows which was first.
        ([entry("a", 0, 1), entry("b", 2, 5), entry("a", 4, 6, status="CANCELLED")], False),
        ([entry("a", 0, 1), entry("b", 2, 3), entry("a", 4, 6, status="CANCELLED")], True),
        ([entry("a", 0, 1), entry("a", 2, 3, minute=45), entry("b", 4, 5)], False),
    ],
)
def test_a_place_that_was_held_twice_is_seen(entries: list[Entry], clash: bool) -> None:
    assert bool(clashes(entries, BEFORE, BUFFER)) is clash
