"""What was planted through the API is what the models find, and nothing else; when it is gone, so is what they found.

A shop's Tuesdays are doubled for twelve weeks, and one customer has a beard trimmed every 21 days. All of it is written
down and taken back by HTTP requests, and what the models say is read so too.
"""

import base64
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, product
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from barberpro.demo.clients import CHAIN
from barberpro.demo.credentials import kept
from barberpro.demo.load import load_if_absent
from barberpro.demo.scales import Scale
from barberpro.domains.forecasts import training as forecasts
from barberpro.domains.recommendations import training as recommendations
from barberpro.gateway.app import create_app, serving
from barberpro.graph.schema import Graph
from barberpro.platform.audit.refusals import Refusals
from barberpro.platform.broadcast import Broadcast
from barberpro.platform.crypto import Sealer
from barberpro.platform.database import Database
from barberpro.platform.keys import KeyRing
from barberpro.platform.limits import limiter
from barberpro.platform.locale import Catalogue
from barberpro.platform.once import Once
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker
from barberpro.platform.revocations import Revocations
from barberpro.platform.settings import Settings
from barberpro.platform.upstreams.identity import Identity
from barberpro.platform.upstreams.service import Upstreams

pytestmark = pytest.mark.long

MIDNIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)  # at which that Sunday begins in Buenos Aires
NOW = MIDNIGHT + timedelta(hours=9)
TUESDAYS = [MIDNIGHT - timedelta(days=5 + 7 * week) for week in range(12)]
BEARDS = [NOW - timedelta(days=19 + 21 * n) for n in range(10)]
SCALE = Scale("truth", locations=2, providers=14, customers=900, bookings=14_000, back=420, ahead=7)
KEY = bytes(range(32))

SHOPS = """query Shops($from: DateTime!) { locations(first: 2) { nodes {
  id name providers(first: 20) { nodes { id isActive } }
  bookings(first: 1, filter: { startsFrom: $from }) { totalCount } } } }"""
DAY = """query Day($shop: ID!, $from: DateTime!, $to: DateTime!) { bookings(first: 1, filter: { locationId: $shop,
  startsFrom: $from, startsBefore: $to, status: [COMPLETED, CONFIRMED, CHECKED_IN] }) { totalCount } }"""
PEOPLE = """{ services(first: 30) { nodes { id name isActive } }
  customers(first: 100) { nodes { id homeLocation { id } bookings(first: 1) { totalCount }
    recommendations(first: 1) { service { name } } } } }"""
RECORD = """mutation Record($input: BookingRecordInput!) { bookingRecord(input: $input) {
  booking { id status } errors { __typename ... on UserError { code message } } } }"""
RETRACT = """mutation Retract($input: BookingRetractInput!) { bookingRetract(input: $input) {
  booking { status } errors { __typename ... on UserError { code } } } }"""
DEMAND = """{ locations(first: 2) { nodes { id forecast(metric: BOOKINGS) {
  modelUsed points { date mean isHoliday isClosed } } } } }"""
WANTED = """query Wanted($id: ID!) { customer(id: $id) { recommendations(first: 5) {
  rank score source service { name } reasons { code text } } } }"""
BUSY = {"SLOT_TAKEN", "NO_CHAIR_FREE"}


@dataclass
class Api:
    """The gateway as a client sees it, and the models behind it."""

    http: httpx.AsyncClient
    database: Database
    headers: dict[str, str]

    async def ask(self, query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        answer = (await self.http.post("/graphql", json=body, headers=self.headers)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def train(self) -> None:
        for learner in (forecasts, recommendations):
            await learner.train(self.database, worker(CHAIN.id), lambda: NOW)

    async def demand(self) -> dict[str, dict[str, Any]]:
        """Each shop's points by date."""
        shops = (await self.ask(DEMAND))["locations"]["nodes"]
        assert {s["forecast"]["modelUsed"] for s in shops} == {"PROPHET"}
        return {s["id"]: {p["date"]: p for p in s["forecast"]["points"]} for s in shops}

    async def wanted(self, customer: str) -> list[dict[str, Any]]:
        return (await self.ask(WANTED, id=customer))["customer"]["recommendations"]

    async def record(self, seats: Iterator[tuple[str, datetime]], **booking: Any) -> str:
        """Write a booking down at the first of these seats that is free; its id."""
        for provider, at in seats:
            asked = {**booking, "providerId": provider, "startsAt": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
            told = (await self.ask(RECORD, input=asked))["bookingRecord"]
            if told["booking"]:
                return told["booking"]["id"]
            assert {e["code"] for e in told["errors"]} <= BUSY, told
        raise AssertionError("the shop is full")

    async def retract(self, booking: str) -> None:
        told = (await self.ask(RETRACT, input={"bookingId": booking}))["bookingRetract"]
        assert told == {"booking": {"status": "CANCELLED"}, "errors": []}


@pytest.fixture
async def api(new_database: Callable[[], str], tmp_path: Path, graph: Graph) -> AsyncIterator[Api]:
    url = new_database()
    database, sealer = Database(url), Sealer(KEY)
    await load_if_absent(database, lambda: NOW, tmp_path, SCALE, seed=5)
    settings = Settings(
        data_dir=tmp_path,
        database_url=SecretStr(url),
        master_key=SecretStr(base64.b64encode(KEY).decode()),
        public_url="https://gateway.example",
        requests_per_address=1_000_000,
    )
    keys = await KeyRing.load(database, sealer, lambda: NOW)
    platform = Platform(
        settings=settings,
        database=database,
        clock=lambda: NOW,
        sealer=sealer,
        keys=keys,
        limiter=limiter(None),
        catalogue=Catalogue({}),
        once=Once(database, lambda: NOW),
        revocations=Revocations(database, lambda: NOW),
        refusals=Refusals(database, lambda: NOW),
        broadcast=Broadcast(database, lambda: NOW),
        upstreams=Upstreams([], Identity(settings.public_url, keys, lambda: NOW)),
        cursor_secret=sealer.derived("cursors"),
    )
    app = create_app(settings)
    app.state.ready = True
    state = serving(platform, graph)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await app(scope | {"state": dict(state)}, receive, send)

    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as http:
        known = next(c for c in kept(tmp_path) if c.name == "frontend")
        asked = {"grant_type": "client_credentials"}
        token = await http.post(
            "/oauth/token", data=asked, auth=(known.client_id, str(known.client_secret))
        )
        yield Api(http, database, {"authorization": f"Bearer {token.json()['access_token']}"})
    await database.close()


async def test_models_find_what_was_planted_and_forget_it_with_the_rows(api: Api) -> None:
    await api.train()
    shops = (await api.ask(SHOPS, **{"from": f"{NOW - timedelta(days=84):%Y-%m-%dT%H:%M:%SZ}"}))[
        "locations"
    ]["nodes"]
    shop, other = sorted(shops, key=lambda s: -s["bookings"]["totalCount"])
    people = await api.ask(PEOPLE)
    services = {s["name"]: s["id"] for s in people["services"]["nodes"] if s["isActive"]}
    crowd = [c for c in people["customers"]["nodes"] if c["homeLocation"]["id"] == shop["id"]]
    bearded = next(
        c["id"]
        for c in crowd
        if 1 <= c["bookings"]["totalCount"] <= 3
        and c["recommendations"][0]["service"]["name"] != "Barba"
    )
    before, wanted = await api.demand(), await api.wanted(bearded)

    planted = await double_tuesdays(api, shop, services["Corte"], [c["id"] for c in crowd])
    staff = [p["id"] for p in shop["providers"]["nodes"] if p["isActive"]]
    for at in BEARDS:
        seats = product(staff, [at + timedelta(minutes=15 * n) for n in range(24)])
        planted.append(
            await api.record(
                iter(seats),
                locationId=shop["id"],
                customerId=bearded,
                serviceId=services["Barba"],
            )
        )
    await api.train()
    lifted = await api.demand()

    assert mean_lift(before[shop["id"]], lifted[shop["id"]], weekday=1) > 1.5
    for weekday in (0, 2, 3, 4, 5, 6):
        assert abs(mean_lift(before[shop["id"]], lifted[shop["id"]], weekday) - 1) < 0.15
    assert lifted[other["id"]] == before[other["id"]]
    first = (await api.wanted(bearded))[0]
    assert (first["service"]["name"], first["source"]) == ("Barba", "REPEAT")
    habit = next(r for r in first["reasons"] if r["code"] == "OWN_HABIT")
    assert "21" in habit["text"]

    for booking in planted:
        await api.retract(booking)
    await api.train()
    assert await api.demand() == before
    assert await api.wanted(bearded) == wanted


async def double_tuesdays(api: Api, shop: Any, service: str, crowd: list[str]) -> list[str]:
    """As many bookings again on each of the last twelve Tuesdays as there were; their ids."""
    planted, guests = [], cycle(crowd)
    staff = [p["id"] for p in shop["providers"]["nodes"] if p["isActive"]]
    for day in TUESDAYS:
        span = {
            "from": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "to": f"{day + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        }
        there = (await api.ask(DAY, shop=shop["id"], **span))["bookings"]["totalCount"]
        hours = [day + timedelta(hours=9, minutes=45 * n) for n in range(15)]
        seats = product(staff, hours)
        for _ in range(there):
            guest = next(guests)
            planted.append(
                await api.record(seats, locationId=shop["id"], customerId=guest, serviceId=service)
            )
    assert len(planted) > 60
    return planted


def mean_lift(before: dict[str, Any], after: dict[str, Any], weekday: int) -> float:
    """By which factor the open, ordinary days of this weekday rose; 1 where there are none."""
    days = [
        day
        for day, point in before.items()
        if datetime.fromisoformat(day).weekday() == weekday
        and not point["isHoliday"]
        and not point["isClosed"]
    ]
    if not days:
        return 1.0
    return sum(after[d]["mean"] for d in days) / sum(before[d]["mean"] for d in days)
