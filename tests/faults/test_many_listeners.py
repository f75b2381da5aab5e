"""Fifty callers listen at two processes while others book at both: each hears of each change once, where it may.

Few changes are made in every run of the suite; `scripts/soak subscriptions` makes a thousand.
"""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.identity.clients import register_client, set_tier
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.service import Span
from barberpro.domains.people import service as people
from barberpro.platform.money import Money
from tests.soaking import draws

from .fighter import CREATE

CHANGES = draws(40)
LISTENERS = 10  # of each of the five kinds
PROVIDERS = 10
CALLERS = 8
CHANGED = (
    """subscription ($at: ID!) { bookingChanged(locationId: $at) { booking { id } change } }"""
)
PATIENCE = 60


@pytest.mark.long
@pytest.mark.parametrize("running", [2], indirect=True)
async def test_each_hears_of_each_change_once_where_it_may(
    running: Any, opening: Any, principal: Any, stranger: Any
) -> None:
    async with opening() as tx:
        shops = [await shop(tx, name) for name in ("Norte", "Sur")]
    (north, _), (south, _) = shops
    everywhere = await token(running, opening, principal, "everywhere")
    of_south = await token(running, opening, principal, "of-south", locations=[south])
    strangers = await token(running, opening, stranger, "strangers")
    kinds = {
        "all, of the north": (everywhere, north),
        "all, of the south": (everywhere, south),
        "the south's, of the south": (of_south, south),
        "the south's, of the north": (of_south, north),
        "another tenant's, of the north": (strangers, north),
    }
    heard: dict[str, list[Counter[str]]] = {kind: [] for kind in kinds}
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=running.url, timeout=PATIENCE, limits=httpx.Limits())
        )
        for kind, (headers, at) in kinds.items():
            for _ in range(LISTENERS):
                heard[kind].append(await listen(stack, http, headers, at))
        await asyncio.sleep(2)  # until each process has looked for the first time
        made = await book(http, running.headers, shops)
        expected = {
            "all, of the north": made[north],
            "all, of the south": made[south],
            "the south's, of the south": made[south],
            "the south's, of the north": [],
            "another tenant's, of the north": [],
        }
        async with asyncio.timeout(PATIENCE):
            while not all(  # noqa: ASYNC110 - of fifty counters
                each.total() >= len(expected[kind]) for kind in kinds for each in heard[kind]
            ):
                await asyncio.sleep(0.1)
        await asyncio.sleep(2)  # nothing comes late
    assert sum(map(len, made.values())) == CHANGES
    for kind in kinds:
        assert heard[kind] == [Counter(expected[kind])] * LISTENERS, kind


async def shop(tx: Any, name: str) -> tuple[str, list[dict[str, str]]]:
    """A shop that never closes, and who can be booked there."""
    week = [Span(day, 0, 1440) for day in range(1, 8)]
    place = await locations.open_location(
        tx, name=name, city="Rosario", province="S", time_zone="UTC", chairs=PROVIDERS, hours=week
    )
    cut = await catalogue.offer_service(
        tx, name=f"Corte {name}", duration_minutes=30, buffer_minutes=0, price=Money(100, "ARS")
    )
    customer = await people.register_customer(tx, name="C", home_location_id=place.id)
    wishes = []
    for n in range(PROVIDERS):
        who = await people.register_provider(tx, name=f"{name} {n}", location_ids=[place.id])
        wish = {"locationId": place.id, "serviceId": cut.id, "customerId": customer.id}
        wishes.append(wish | {"providerId": who.id})
    return place.id, wishes


async def token(running: Any, opening: Any, who: Any, name: str, **limits: Any) -> dict[str, str]:
    async with opening(who) as tx:
        client, secret = await register_client(
            tx, name=f"{name}-{who.tenant[-8:]}", scopes=sorted(who.scopes), **limits
        )
        await set_tier(tx, client.id, "own")
    answer = httpx.post(
        f"{running.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client.id, secret),
    )
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


async def listen(
    stack: AsyncExitStack, http: httpx.AsyncClient, headers: dict[str, str], at: str
) -> Counter[str]:
    """Listen until the stack is left; what was heard, as it comes."""
    heard: Counter[str] = Counter()
    answer = await stack.enter_async_context(
        http.stream(
            "POST",
            "/graphql",
            json={"query": CHANGED, "variables": {"at": at}},
            headers={**headers, "accept": "text/event-stream"},
        )
    )
    assert answer.status_code == 200

    async def follow() -> None:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                told = json.loads(line.removeprefix("data: "))["data"]["bookingChanged"]
                assert told["change"] == "MADE"
                heard[told["booking"]["id"]] += 1

    following = asyncio.create_task(follow())
    stack.callback(following.cancel)
    return heard


async def book(
    http: httpx.AsyncClient, headers: dict[str, str], shops: list[tuple[str, list[dict[str, str]]]]
) -> dict[str, list[str]]:
    """Bookings at both shops, several at a time, none in another's way; their ids by shop."""
    begin = (datetime.now(UTC) + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    left = [
        (place, wish | {"startsAt": (begin + timedelta(minutes=30 * (n // 20))).isoformat()})
        for n in range(CHANGES)
        for place, wishes in [shops[n % 2]]
        for wish in [wishes[n // 2 % PROVIDERS]]
    ]
    made: dict[str, list[str]] = {place: [] for place, _ in shops}

    async def caller() -> None:
        while left:
            place, given = left.pop()
            body = {"query": CREATE, "variables": {"input": given}}
            answer = await http.post("/graphql", json=body, headers=headers)
            payload = answer.json()["data"]["bookingCreate"]
            assert payload["errors"] == [], payload
            made[place].append(payload["booking"]["id"])

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return made
