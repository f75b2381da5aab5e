"""A calendar over HTTP, as calendar programs read it, through somebody else's reader."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from barberpro.domains.bookings import service
from barberpro.domains.people import service as people
from barberpro.platform import scannable
from barberpro.platform.principal import Principal

ELEVEN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # an hour from now
OPEN = """mutation M($input: CalendarFeedOpenInput!) { calendarFeedOpen(input: $input) {
    calendarFeed { id path names closedAt location { name } provider { name } }
    errors { ... on UserError { code field } } } }"""
CLOSE = """mutation M($input: CalendarFeedCloseInput!) { calendarFeedClose(input: $input) {
    calendarFeed { id path closedAt } errors { ... on UserError { code field } } } }"""
LIST = "{ calendarFeeds { nodes { id path closedAt } } }"
Asking = Callable[..., Awaitable[Any]]


@pytest.fixture
def asking(http: httpx.AsyncClient, bearer: Any) -> Asking:
    """`data = await asking(query, **input)` asks as one who may do everything."""
    kept: dict[str, str] = {}

    async def ask(query: str, **given: Any) -> Any:
        kept.update(kept or await bearer())
        body = {"query": query, "variables": {"input": given}} if given else {"query": query}
        answer = await http.post("/graphql", json=body, headers=kept)
        assert "errors" not in answer.json(), answer.text
        return next(iter(answer.json()["data"].values()))

    return ask


@pytest.fixture
def opened(asking: Asking) -> Asking:
    """`path = await opened(locationId=…)` is where a fresh calendar is."""

    async def open_one(**given: Any) -> str:
        answer = await asking(OPEN, **given)
        assert answer["errors"] == []
        return answer["calendarFeed"]["path"]

    return open_one


@pytest.fixture
def booked(done: Any, chain: Any) -> Asking:
    """`await booked(starts_at=…)` books Carla's cut with Ana in the centre, or whatever else is asked."""

    async def book(**other: Any) -> Any:
        asked = chain.asks(**{"starts_at": ELEVEN, **other})
        return await done(lambda tx: service.create(tx, **asked))

    return book


async def events(http: httpx.AsyncClient, path: str) -> list[Any]:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return Calendar.from_ical(answer.content).events


async def uids(http: httpx.AsyncClient, path: str) -> list[str]:
    return [str(event["UID"]) for event in await events(http, path)]


async def test_a_calendar_is_opened_read_and_closed(
    http: httpx.AsyncClient, asking: Asking, booked: Asking, chain: Any
) -> None:
    booking = await booked()
    answer = await asking(OPEN, locationId=chain.centro.id)
    feed = answer["calendarFeed"]
    assert feed | {"id": 1, "path": 2} == {
        "id": 1, "path": 2, "names": "FIRST", "closedAt": None, "location": {"name": "Centro"},
        "provider": None,
    }  # fmt: skip
    read = await http.get(feed["path"])
    assert read.headers["content-type"] == "text/calendar; charset=utf-8"
    assert read.headers["cache-control"] == "private, no-cache"
    (event,) = Calendar.from_ical(read.content).events
    assert (event.start, event.end) == (ELEVEN, ELEVEN + timedelta(minutes=30))
    shown = {name: str(event[name]) for name in ("UID", "SUMMARY", "LOCATION", "STATUS")}
    assert shown == {
        "UID": booking.id,
        "SUMMARY": f"Ana: {chain.cut.name}, Carla",
        "LOCATION": "Centro, Buenos Aires",
        "STATUS": "CONFIRMED",
    }
    listed = await asking(LIST)
    assert listed["nodes"] == [{"id": feed["id"], "path": None, "closedAt": None}]
    closed = await asking(CLOSE, calendarFeedId=feed["id"])
    assert closed["calendarFeed"]["closedAt"] == "2026-11-23T13:00:00Z"
    gone = await http.get(feed["path"])
    assert (gone.status_code, gone.json()["code"]) == (404, "NOT_FOUND")


async def test_who_has_it_already_is_told_so(
    http: httpx.AsyncClient, opened: Asking, booked: Asking, chain: Any, clock: Any
) -> None:
    path = await opened(locationId=chain.centro.id)
    tag = (await http.get(path)).headers["etag"]
    clock.forward(hours=1)
    same = await http.get(path, headers={"if-none-match": tag})
    assert (same.status_code, same.content) == (304, b"")
    await booked(starts_at=ELEVEN + timedelta(hours=1))
    other = await http.get(path, headers={"if-none-match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


async def test_changes_raise_the_sequence_and_cancelled_visits_stay(
    http: httpx.AsyncClient, opened: Asking, booked: Asking, done: Any, chain: Any, clock: Any
) -> None:
    path = await opened(providerId=chain.ana.id)
    booking = await booked()
    seen = []
    later = ELEVEN + timedelta(hours=1)
    for act in (
        None,
        lambda tx: service.reschedule(tx, booking.id, starts_at=later),
        lambda tx: service.cancel(tx, booking.id),
    ):
        clock.forward(minutes=1)
        if act:
            await done(act)
        (event,) = await events(http, path)
        stamp = event["DTSTAMP"].dt
        seen.append((str(event["STATUS"]), event["SEQUENCE"], event.start, stamp.minute))
    assert seen == [
        ("CONFIRMED", 0, ELEVEN, 0),
        ("CONFIRMED", 1, later, 2),
        ("CANCELLED", 2, later, 3),
    ]


async def test_holds_do_not_show_until_they_are_booked(
    http: httpx.AsyncClient, opened: Asking, done: Any, chain: Any
) -> None:
    path = await opened(locationId=chain.centro.id)
    kept, given_back = [
        await done(lambda tx, at=at: service.hold(tx, **chain.asks(starts_at=at)))
        for at in (ELEVEN, ELEVEN + timedelta(hours=1))
    ]
    assert await uids(http, path) == []
    await done(lambda tx: service.confirm(tx, kept.id))
    await done(lambda tx: service.release_hold(tx, given_back.id))
    assert await uids(http, path) == [kept.id]


async def test_it_shows_thirty_days_back_and_a_hundred_and_eighty_ahead(
    http: httpx.AsyncClient, opened: Asking, booked: Asking, chain: Any, clock: Any
) -> None:
    path = await opened(locationId=chain.centro.id)
    first = await booked()
    clock.time = ELEVEN + timedelta(days=30)
    assert await uids(http, path) == [first.id]
    clock.forward(seconds=1)
    assert await uids(http, path) == []
    far = await booked(starts_at=clock().replace(minute=0, second=0) + timedelta(days=180))
    assert await uids(http, path) == [far.id]
    clock.forward(seconds=-1)
    assert await uids(http, path) == [first.id]  # it is 180 days ahead by now: not before it


async def test_each_shows_its_own(
    http: httpx.AsyncClient, opened: Asking, booked: Asking, chain: Any
) -> None:
    hers = await booked()
    his = await booked(provider_id=chain.bruno.id)
    away = await booked(location_id=chain.norte.id, starts_at=ELEVEN + timedelta(hours=4))
    assert await uids(http, await opened(providerId=chain.ana.id)) == [hers.id, away.id]
    assert await uids(http, await opened(locationId=chain.centro.id)) == [hers.id, his.id]


async def test_names_are_as_whole_as_was_asked_and_gone_at_erasure(
    http: httpx.AsyncClient, opened: Asking, booked: Asking, done: Any, chain: Any
) -> None:
    eva = await done(
        lambda tx: people.register_customer(tx, name="Eva Luna Paz", home_location_id=None)
    )
    await booked(customer_id=eva.id)
    first = await opened(providerId=chain.ana.id)
    full = await opened(providerId=chain.ana.id, names="FULL")
    for path, name in ((first, ", Eva"), (full, ", Eva Luna Paz")):
        (event,) = await events(http, path)
        assert event["SUMMARY"] == chain.cut.name + name
    await done(lambda tx: people.erase_customer(tx, eva.id))
    for path in (first, full):
        (event,) = await events(http, path)
        assert event["SUMMARY"] == chain.cut.name


async def test_who_is_limited_to_a_shop_opens_what_they_see(
    http: httpx.AsyncClient, booked: Asking, bearer: Any, chain: Any
) -> None:
    here = await booked()
    await booked(location_id=chain.norte.id, starts_at=ELEVEN + timedelta(hours=4))
    limited = await bearer(locations=[chain.centro.id])
    body = {"query": OPEN, "variables": {"input": {"providerId": chain.ana.id}}}
    answer = (await http.post("/graphql", json=body, headers=limited)).json()
    path = answer["data"]["calendarFeedOpen"]["calendarFeed"]["path"]
    assert await uids(http, path) == [here.id]


async def test_a_token_is_good_for_its_own_organization_and_no_other(
    http: httpx.AsyncClient, opened: Asking, chain: Any, stranger: Principal, statements: Any
) -> None:
    path = await opened(locationId=chain.centro.id)
    token = path.removeprefix("/calendars/").removesuffix(".ics")
    of = token.split("_")[2]
    elsewhere = f"bpf_live_{stranger.tenant.removeprefix('org_')}_"
    moved = token.replace(f"bpf_live_{of}_", elsewhere)[: -scannable.CHECK]
    moved += scannable._checksum(moved)
    fresh = scannable.new(f"bpf_live_{of}_")
    for wrong in (moved, fresh):
        assert scannable.is_whole(wrong)
        assert (await http.get(f"/calendars/{wrong}.ics")).status_code == 404
    with statements() as sent:
        for wrong in (token[:-1], token + "0", "x" * 4_000, "%00", "bpf_live_", "ñ"):
            assert (await http.get(f"/calendars/{wrong}.ics")).status_code == 404
    assert sent == []
    assert (await http.get(path)).status_code == 200


async def test_an_address_that_asks_too_often_waits(
    http: httpx.AsyncClient, platform: Any, state: dict[str, Any]
) -> None:
    settings = platform.settings.model_copy(update={"token_requests_per_address": 3})
    state["platform"] = replace(platform, settings=settings)
    answers = [await http.get("/calendars/x.ics") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert answers[3].json()["code"] == "THROTTLED"
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20


async def test_no_token_is_logged(
    http: httpx.AsyncClient, opened: Asking, chain: Any, capsys: Any, caplog: Any
) -> None:
    caplog.set_level("DEBUG")
    path = await opened(locationId=chain.centro.id)
    assert (await http.get(path)).status_code == 200
    lines = "".join(capsys.readouterr()) + "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("httpx")
    )
    assert "calendar.request" in lines
    assert path.split("_")[-1].removesuffix(".ics") not in lines
