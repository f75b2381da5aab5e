"""What `scripts/bench` measures."""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import _servers
from _bench_audit import audit
from _bench_availability import availability
from _bench_identify import identify
from _bench_limiter import limiter
from _bench_refusals import refusals
from _load import Outcome, constant_rate, quantile
from _throwaway import free_port
from arena.run import arena

CREATE = """mutation BookingCreate($input: BookingCreateInput!) { bookingCreate(input: $input) {
  booking { id status startsAt endsAt location { id } provider { id } }
  errors { __typename ... on UserError { code message field } } } }"""
AGENDA = """query { locations(first: 100) { nodes { id
    providers(first: 20, filter: { isActive: true }) { nodes { id } } } }
  services(first: 1, filter: { isActive: true }) { nodes { id } } customers(first: 100) { nodes { id } } }"""


@contextlib.contextmanager
def serving(database: str | None, *, workers: int, scale: str) -> Iterator[tuple[str, Path, float]]:
    """`barberpro serve --demo` in a fresh folder: its URL, the folder, and the seconds until it was ready."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        environment = {**os.environ, "BARBERPRO_LOG_LEVEL": "INFO"}
        if database:
            environment["BARBERPRO_DATABASE_URL"] = database
        command = [
            sys.executable, "-m", "barberpro.cli", "serve", "--demo", "--data-dir", folder,
            "--port", str(port), "--workers", str(workers), "--scale", scale,
        ]  # fmt: skip
        began = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        try:
            while not _answers(f"{url}/readyz"):
                if process.poll() is not None:
                    raise SystemExit("the gateway did not start")
                time.sleep(0.05)
            yield url, Path(folder), time.monotonic() - began
        finally:
            process.terminate()
            process.wait(60)


def booking_create(given: argparse.Namespace) -> int:
    """Bookings at a constant rate; slots are free and nearly all in opening hours, so each does all its work."""
    with (
        _servers.postgres() as database,
        serving(database, workers=given.workers, scale=given.scale) as (url, folder, _),
    ):
        headers = _bearer(url, folder, "frontend")
        count = int(given.rate * given.seconds)
        bodies = _bookings(url, headers, count)
        before = _cpu_seconds()
        outcomes = asyncio.run(constant_rate(f"{url}/graphql", headers, bodies, given.rate))
        _report(outcomes, given.rate, _cpu_seconds() - before)
    return 0


def start(given: argparse.Namespace) -> int:
    """How long a first and a second start take once the checkout is set up, and what the gateway holds."""
    with serving(None, workers=1, scale=given.scale) as (url, folder, seconds):
        print(f"first start, demo {given.scale} on SQLite: ready after {seconds:.1f} s")
        _ask(url, _bearer(url, folder, "frontend"), AGENDA)
        print(f"gateway, after a query: {_resident_mb('barberpro.gateway'):.0f} MB resident")
    return 0


def _bookings(url: str, headers: dict[str, str], count: int) -> list[bytes]:
    """As many wishes that do not stand in each other's way, half a year ahead."""
    agenda = _ask(url, headers, AGENDA)
    places = [
        (place["id"], p["id"])
        for place in agenda["locations"]["nodes"]
        for p in place["providers"]["nodes"]
    ]
    seen: set[str] = set()
    places = [pair for pair in places if not (pair[1] in seen or seen.add(pair[1]))]
    by_place: dict[str, int] = {}
    places = [
        p
        for p in places
        if by_place.setdefault(p[0], 0) < 3 and not by_place.update({p[0]: by_place[p[0]] + 1})
    ]
    service = agenda["services"]["nodes"][0]["id"]
    customers = [c["id"] for c in agenda["customers"]["nodes"]]
    monday = datetime.now(UTC) + timedelta(days=180)
    monday = (monday - timedelta(days=monday.weekday())).replace(
        hour=14, minute=0, second=0, microsecond=0
    )
    bodies = []
    for n in range(count):
        place, provider = places[n % len(places)]
        slot = n // len(places)
        starts = monday + timedelta(days=slot // 2 % 5 + slot // 10 * 7, hours=6 * (slot % 2))
        given = {
            "locationId": place, "providerId": provider, "serviceId": service,
            "customerId": customers[n % len(customers)], "startsAt": starts.isoformat(),
            "idempotencyKey": f"bench-{n}",
        }  # fmt: skip
        bodies.append(json.dumps({"query": CREATE, "variables": {"input": given}}).encode())
    return bodies


def _report(outcomes: list[Outcome], rate: float, cpu: float) -> None:
    milliseconds = [o.seconds * 1_000 for o in outcomes]
    answers = [json.loads(o.body) for o in outcomes]
    made = sum(1 for a in answers if a.get("data") and a["data"]["bookingCreate"]["booking"])
    codes: dict[str, int] = {}
    for answer in answers:
        refused = (answer.get("data") or {}).get("bookingCreate") or {
            "errors": answer.get("errors", [])
        }
        for error in refused["errors"]:
            code = error.get("code") or error.get("extensions", {}).get("code", "?")
            codes[code] = codes.get(code, 0) + 1
    shares = "  ".join(
        f"p{int(s * 1000) / 10:g} {quantile(milliseconds, s):.1f} ms" for s in (0.5, 0.95, 0.99)
    )
    print(f"bookingCreate at {rate:g}/s: {made} of {len(outcomes)} made, refused {codes or 'none'}")
    print(f"from when each was due: {shares}  max {max(milliseconds):.1f} ms")
    print(f"gateway CPU: {cpu / len(outcomes) * 1_000:.1f} ms a request")


def _bearer(url: str, folder: Path, name: str) -> dict[str, str]:
    clients = json.loads((folder / "demo-clients.json").read_text())
    client = next(c for c in clients if c["name"] == name)
    basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    request = urllib.request.Request(
        f"{url}/oauth/token", b"grant_type=client_credentials", {"authorization": f"Basic {basic}"}
    )
    with urllib.request.urlopen(request) as answer:
        token = json.load(answer)["access_token"]
    return {"authorization": f"Bearer {token}", "content-type": "application/json"}


def _ask(url: str, headers: dict[str, str], query: str) -> dict:
    request = urllib.request.Request(
        f"{url}/graphql", json.dumps({"query": query}).encode(), headers
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def _processes(module: str) -> list[Path]:
    """The /proc folders of the processes that run a module, and of their children."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            if module in command or "multiprocessing.spawn" in command:
                found.append(folder)
    return found


def _cpu_seconds() -> float:
    total = 0.0
    for folder in _processes("barberpro.gateway"):
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _resident_mb(module: str) -> float:
    pages = [int((folder / "statm").read_text().split()[1]) for folder in _processes(module)]
    return max(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


RUNS = {
    "arena": arena,
    "audit": audit,
    "availability": availability,
    "booking-create": booking_create,
    "identify": identify,
    "limiter": limiter,
    "refusals": refusals,
    "start": start,
}
