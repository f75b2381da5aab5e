"""Subscriptions over HTTP: who hears of what, when, and how it ends."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.identity import clients
from barberpro.domains.identity.usage.tables import usage_days, usage_shapes
from barberpro.gateway.subscriptions import sse, streams
from barberpro.platform.broadcast import MOST_WAITING

from ...conftest import MONDAY
from .conftest import CHANGED

TOMORROW = MONDAY + timedelta(days=1)


async def test_a_change_is_told_as_it_is_then(
    listen: Any, bearer: Any, chain: Any, book: Any, clock: Any
) -> None:
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    assert heard.status == 200
    assert heard.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert heard.headers["cache-control"] == "no-store"
    booking = await book(TOMORROW)
    name, answer = await heard.event()
    assert name == "next"
    assert answer["data"] == {
        "bookingChanged": {
            "booking": {
                "id": booking.id,
                "status": "CONFIRMED",
                "startsAt": "2026-11-24T13:00:00Z",
                "provider": {"id": chain.ana.id, "name": "Ana"},
            },
            "change": "MADE",
            "occurredAt": "2026-11-23T13:00:00Z",
        }
    }
    assert answer["extensions"]["cost"]["actualQueryCost"] == 4  # event, payload, booking, provider


async def test_that_somebody_listens_is_counted_though_nothing_happens(
    listen: Any, bearer: Any, chain: Any, state: dict[str, Any], opening: Any
) -> None:
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    assert await heard.silent()
    await state["pipeline"].usage.flush()
    async with opening() as tx:
        (counted,) = await tx.rows(select(usage_days.c.requests, usage_days.c.cost))
        (shape,) = await tx.rows(select(usage_shapes.c.coordinates))
    assert tuple(counted) == (1, 0)
    assert "Subscription.bookingChanged" in shape.coordinates


async def test_each_step_is_told(
    listen: Any, bearer: Any, chain: Any, book: Any, done: Any, clock: Any
) -> None:
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    booking = await book(MONDAY + timedelta(minutes=2))
    seen = [(await heard.event())[1]]
    for act in (
        lambda tx: bookings.reschedule(tx, booking.id, starts_at=MONDAY + timedelta(minutes=3)),
        lambda tx: bookings.check_in(tx, booking.id),
        lambda tx: bookings.complete(tx, booking.id),
    ):
        clock.forward(seconds=1)
        if len(seen) == 3:
            clock.forward(minutes=3)  # it begins, and can be completed
        await done(act)
        seen.append((await heard.event())[1])
    told = [answer["data"]["bookingChanged"] for answer in seen]
    assert [(t["change"], t["booking"]["status"]) for t in told] == [
        ("MADE", "CONFIRMED"),
        ("MOVED", "CONFIRMED"),
        ("CHECKED_IN", "CHECKED_IN"),
        ("COMPLETED", "COMPLETED"),
    ]


async def test_another_location_s_bookings_are_not_told(
    listen: Any, bearer: Any, chain: Any, book: Any
) -> None:
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.norte.id})
    await book(TOMORROW)
    assert await heard.silent()


async def test_a_caller_limited_to_another_location_hears_nothing(
    listen: Any, bearer: Any, chain: Any, book: Any
) -> None:
    of_norte = await bearer(locations=[chain.norte.id])
    heard = await listen(of_norte, query=CHANGED, variables={"locationId": chain.centro.id})
    await book(TOMORROW)
    assert await heard.silent()


async def test_another_tenant_hears_nothing(
    listen: Any, bearer: Any, chain: Any, book: Any, stranger: Any, opening: Any, http: Any
) -> None:
    async with opening(stranger) as tx:
        client, secret = await clients.register_client(
            tx, name="s" + stranger.tenant[-10:], scopes=stranger.scopes
        )
    token = await http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client.id, secret)
    )
    theirs = {"authorization": f"Bearer {token.json()['access_token']}"}
    heard = await listen(theirs, query=CHANGED, variables={"locationId": chain.centro.id})
    assert heard.status == 200
    await book(TOMORROW)
    assert await heard.silent()


async def test_of_one_provider_only(listen: Any, bearer: Any, chain: Any, book: Any) -> None:
    query = CHANGED.replace(
        "locationId: $locationId)", f'locationId: $locationId, providerId: "{chain.bruno.id}")'
    )
    heard = await listen(await bearer(), query=query, variables={"locationId": chain.centro.id})
    await book(TOMORROW)
    other = await book(TOMORROW, provider_id=chain.bruno.id)
    _, answer = await heard.event()
    assert answer["data"]["bookingChanged"]["booking"]["id"] == other.id
    assert await heard.silent()


async def test_without_the_scope_it_is_refused_before_it_begins(
    listen: Any, bearer: Any, chain: Any
) -> None:
    heard = await listen(
        await bearer(scopes={"locations:read"}),
        accept="text/event-stream, application/graphql-response+json",
        query=CHANGED,
        variables={"locationId": chain.centro.id},
    )
    assert heard.status == 403
    (error,) = (await heard.whole())["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "bookings:read" in error["extensions"]["requiredScopes"]


async def test_who_takes_no_stream_is_told_so(listen: Any, bearer: Any, chain: Any) -> None:
    heard = await listen(
        await bearer(),
        accept="application/json",
        query=CHANGED,
        variables={"locationId": chain.centro.id},
    )
    assert heard.status == 406
    (error,) = (await heard.whole())["errors"]
    assert error["message"] == "Subscriptions are told as text/event-stream, or over a WebSocket."


async def test_a_query_can_be_asked_in_this_form(listen: Any, bearer: Any, chain: Any) -> None:
    heard = await listen(await bearer(), query="{ locations(first: 9) { totalCount } }")
    name, answer = await heard.event()
    assert (name, answer["data"]) == ("next", {"locations": {"totalCount": 2}})
    assert await heard.event() == ("complete", None)
    await heard.ended()


@pytest.mark.parametrize("what", ["suspended", "expired"])
async def test_who_may_not_call_any_longer_is_told_and_let_go(
    listen: Any, registering: Any, http: Any, chain: Any, clock: Any, done: Any, what: str
) -> None:
    client, secret = await registering()
    token = await http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client.id, secret)
    )
    headers = {"authorization": f"Bearer {token.json()['access_token']}"}
    heard = await listen(headers, query=CHANGED, variables={"locationId": chain.centro.id})
    if what == "suspended":
        await done(lambda tx: clients.suspend_client(tx, client.id))
        clock.forward(seconds=6)
    else:
        for _ in range(3):
            clock.forward(seconds=250)
            await asyncio.sleep(0.2)  # with looks between: more at once would be an outage
    name, answer = await heard.event()
    assert name == "next"
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "data" not in answer
    assert await heard.event() == ("complete", None)


async def test_who_missed_something_is_told_to_read_anew(
    listen: Any, bearer: Any, chain: Any, state: Any, principal: Any
) -> None:
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    (feed,) = state["pipeline"].platform.broadcast._feeds.values()
    for listener in feed.listeners:
        listener.fall_behind()
    _, answer = await heard.event()
    assert answer["errors"][0]["extensions"]["code"] == "EVENTS_MISSED"
    assert await heard.event() == ("complete", None)
    assert MOST_WAITING == 500


async def test_a_process_that_leaves_completes_its_streams(
    listen: Any, bearer: Any, chain: Any, state: Any
) -> None:
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    state["pipeline"].streams.draining.begun.set()
    assert await heard.event() == ("complete", None)
    await heard.ended()


async def test_who_hangs_up_leaves_nothing_behind(
    listen: Any, bearer: Any, chain: Any, state: Any
) -> None:
    before = len(asyncio.all_tasks())
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    pipeline = state["pipeline"]
    assert pipeline.streams._open.total() == 1
    await heard.leave()
    assert pipeline.streams._open == Counter()
    assert pipeline.platform.broadcast._feeds == {}
    assert len(asyncio.all_tasks()) == before


async def test_who_does_not_read_is_let_go(
    listen: Any, bearer: Any, chain: Any, book: Any, state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "SEND_SECONDS", 0.1)
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    heard.takes.clear()
    await book(TOMORROW)
    async with asyncio.timeout(5):
        while state["pipeline"].streams._open:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_client_has_so_many_streams_and_no_more(
    listen: Any, bearer: Any, chain: Any, state: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state["pipeline"].streams, "_of_client", 2)
    caller, asked = await bearer(), {"query": CHANGED, "variables": {"locationId": chain.centro.id}}
    for _ in range(2):
        await listen(caller, **asked)
    third = await listen(caller, accept="text/event-stream, application/json;q=0.1", **asked)
    (error,) = (await third.whole())["errors"]
    assert error["extensions"]["code"] == "THROTTLED"
    other = await listen(await bearer(), **asked)
    assert other.headers["content-type"].startswith("text/event-stream")


async def test_signs_of_life_come_while_nothing_happens(
    listen: Any, bearer: Any, chain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "ALIVE_SECONDS", 0.03)
    heard = await listen(await bearer(), query=CHANGED, variables={"locationId": chain.centro.id})
    assert await heard.silent(0.5)
    assert heard.comments > 3
    assert streams.LOOK_SECONDS == 0.05
