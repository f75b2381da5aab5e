"""What clients run is counted, written down in batches, and told to whom it may be told."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from graphql import parse
from graphql.execution.values import VariableValues
from sqlalchemy import select

from barberpro.domains.identity import clients
from barberpro.domains.identity.usage import noting
from barberpro.domains.identity.usage.tables import usage_days, usage_shapes
from barberpro.gateway import usage as counting
from barberpro.gateway.pipeline import Admitted
from barberpro.gateway.usage import Usage
from barberpro.graph.coordinates import asked, asked_by, deprecation
from barberpro.graph.execute import Variables
from barberpro.platform import ids as made

TOWNS = "query Towns { locations(first: 1) { nodes { city } } }"
MINE = """query ($since: Date, $until: Date, $client: ID, $of: String) {
  apiUsage(since: $since, until: $until, clientId: $client, coordinate: $of) {
    requests errors cost days { date requests errors cost }
    operations { clientId name documentId requests errors firstSeenAt lastSeenAt coordinates }
    fields { coordinate requests clients deprecationReason } } }"""


@pytest.fixture
def usage(state: dict[str, Any]) -> Usage:
    return state["pipeline"].usage


@pytest.fixture
def runs(http: Any) -> Any:
    """`await runs(headers, …)` sends a request, whose answer must be data."""

    async def run(headers: dict[str, str], **body: Any) -> Any:
        answer = await http.post("/graphql", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    return run


async def test_what_was_run_is_told_by_day_by_operation_and_by_field(
    runs: Any, bearer: Any, usage: Usage, clock: Any
) -> None:
    clock.time = clock.time.replace(hour=23, minute=58)
    mine = await bearer()
    for text in (TOWNS, TOWNS, TOWNS.replace("1", "2")):  # the last one asks for the same things
        await runs(mine, query=text)
    await usage.flush()
    clock.forward(minutes=4)
    await runs(mine, query=TOWNS)
    await usage.flush()

    told = (await runs(mine, query=MINE))["apiUsage"]
    assert (told["requests"], told["errors"]) == (4, 0)
    assert [(d["date"], d["requests"]) for d in told["days"]] == [
        ("2026-11-23", 3),
        ("2026-11-24", 1),
    ]
    assert sum(d["cost"] for d in told["days"]) == told["cost"] > 0
    (operation,) = told["operations"]
    assert (operation["name"], operation["documentId"], operation["requests"]) == ("Towns", None, 4)
    assert operation["firstSeenAt"] == "2026-11-23T23:58:00Z"
    assert operation["lastSeenAt"] == "2026-11-24T00:02:00Z"
    names = [
        "Location.city",
        "LocationConnection.nodes",
        "Query.locations",
        "Query.locations(first:)",
    ]
    assert operation["coordinates"] == names
    assert told["fields"] == [
        {"coordinate": name, "requests": 4, "clients": 1, "deprecationReason": None}
        for name in names
    ]

    later = (await runs(mine, query=MINE, variables={"since": "2026-11-24"}))["apiUsage"]
    assert later["requests"] == 1
    earlier = {"since": "2026-11-01", "until": "2026-11-23"}
    assert (await runs(mine, query=MINE, variables=earlier))["apiUsage"]["requests"] == 3


async def test_a_request_counts_on_its_day_however_late_it_is_written(
    runs: Any, bearer: Any, usage: Usage, clock: Any
) -> None:
    clock.time = clock.time.replace(hour=23, minute=59, second=58)
    mine = await bearer()
    await runs(mine, query=TOWNS)
    clock.forward(seconds=1)
    await runs(mine, query=TOWNS)
    clock.forward(seconds=1)
    await runs(mine, query=TOWNS)
    clock.forward(seconds=2)
    await usage.flush()
    told = (await runs(mine, query=MINE))["apiUsage"]
    assert [(d["date"], d["requests"]) for d in told["days"]] == [
        ("2026-11-23", 2),
        ("2026-11-24", 1),
    ]
    (operation,) = told["operations"]
    assert operation["firstSeenAt"] == "2026-11-23T23:59:58Z"
    assert operation["lastSeenAt"] == "2026-11-24T00:00:00Z"


async def test_usage_is_told_of_the_first_days_there_are(runs: Any, bearer: Any) -> None:
    told = await runs(await bearer(), query=MINE, variables={"until": "0001-01-05"})
    assert (told["apiUsage"]["requests"], told["apiUsage"]["days"]) == (0, [])


async def test_a_coordinate_tells_who_asks_for_it(runs: Any, bearer: Any, usage: Usage) -> None:
    mine = await bearer()
    await runs(mine, query=TOWNS)
    await runs(mine, query="query Names { locations { nodes { name } } }")
    await usage.flush()
    told = (await runs(mine, query=MINE, variables={"of": "Location.name"}))["apiUsage"]
    assert (told["requests"], [o["name"] for o in told["operations"]]) == (1, ["Names"])
    assert [f["coordinate"] for f in told["fields"]] == ["Location.name"]
    none = (await runs(mine, query=MINE, variables={"of": "Location.nothing"}))["apiUsage"]
    assert (none["requests"], none["days"], none["operations"]) == (0, [], [])


async def test_by_id_by_rest_and_by_text_it_is_counted(
    http: Any, runs: Any, bearer: Any, usage: Usage, ids: Any
) -> None:
    mine = await bearer(documents=("BookingBoard",))
    await runs(mine, documentId=ids["BookingBoard"])
    assert (await http.get("/api/v1/locations", headers=mine)).status_code == 200
    await usage.flush()
    told = (await runs(mine, query=MINE))["apiUsage"]["operations"]
    assert {o["documentId"] for o in told} > {ids["BookingBoard"]}
    assert len(told) == 2
    assert all(o["documentId"].startswith("sha256:") for o in told)


async def test_errors_in_answers_are_counted_and_refusals_are_not(
    http: Any, runs: Any, bearer: Any, usage: Usage
) -> None:
    mine = await bearer()
    wrong = await http.post("/graphql", json={"query": "{ nothing }"}, headers=mine)
    assert wrong.status_code == 400
    failing = 'query Failing { locations(after: "x") { nodes { id } } }'
    assert (await http.post("/graphql", json={"query": failing}, headers=mine)).json()["errors"]
    await usage.flush()
    told = (await runs(mine, query=MINE))["apiUsage"]
    assert [(o["name"], o["requests"], o["errors"]) for o in told["operations"]] == [
        ("Failing", 1, 1)
    ]


async def test_what_is_stopped_on_its_way_counts_as_an_error_and_costs_what_was_charged(
    http: Any, runs: Any, bearer: Any, usage: Usage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stopped(*_: Any) -> None:
        raise TimeoutError

    mine = await bearer()
    began = {"query": TOWNS, "operationName": "Towns"}
    whole = (await http.post("/graphql", json=began, headers=mine)).json()
    most = whole["extensions"]["cost"]["requestedQueryCost"]
    spent = whole["extensions"]["cost"]["actualQueryCost"]
    with monkeypatch.context() as patched:
        patched.setattr("barberpro.gateway.pipeline.run", stopped)
        answer = await http.post("/graphql", json=began, headers=mine)
        assert answer.status_code == 503
    await usage.flush()
    (told,) = (await runs(mine, query=MINE))["apiUsage"]["days"]
    assert (told["requests"], told["errors"], told["cost"]) == (2, 1, spent + most)


async def test_another_tenant_s_usage_is_unseen(
    runs: Any, http: Any, bearer: Any, usage: Usage, opening: Any, stranger: Any
) -> None:
    await runs(await bearer(), query=TOWNS)
    await usage.flush()
    async with opening(stranger) as tx:
        client, secret = await clients.register_client(
            tx, name="other", scopes=["locations:read", "usage:read", "audit:read"]
        )
    token = await http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client.id, secret)
    )
    theirs = {"authorization": f"Bearer {token.json()['access_token']}"}
    told = (await runs(theirs, query=MINE))["apiUsage"]
    assert (told["requests"], told["days"], told["operations"], told["fields"]) == (0, [], [], [])


async def test_partners_see_their_own_and_who_may_read_the_log_sees_all(
    runs: Any, http: Any, bearer: Any, usage: Usage, stranger: Any
) -> None:
    few = {"scopes": ["locations:read", "usage:read"]}
    mine, other = await bearer(**few), await bearer(**few)
    await runs(mine, query=TOWNS)
    await runs(other, query=TOWNS)
    await usage.flush()
    (seen,) = (await runs(mine, query=MINE))["apiUsage"]["operations"]
    (others,) = (await runs(other, query=MINE))["apiUsage"]["operations"]
    assert seen["clientId"] != others["clientId"]
    asked_for = {"query": MINE, "variables": {"client": others["clientId"]}}
    refused = (await http.post("/graphql", json=asked_for, headers=mine)).json()
    assert "audit:read" in refused["errors"][0]["message"]
    assert (await runs(mine, query=MINE, variables={"client": seen["clientId"]}))["apiUsage"][
        "requests"
    ]

    everything = await bearer(scopes=["locations:read", "usage:read", "audit:read"])
    of_all = (await runs(everything, query=MINE))["apiUsage"]
    clients = {o["clientId"] for o in of_all["operations"]}
    assert {seen["clientId"], others["clientId"]} <= clients
    field = next(f for f in of_all["fields"] if f["coordinate"] == "Location.city")
    assert (field["requests"], field["clients"]) == (2, 2)
    only = {"client": others["clientId"]}
    of_one = (await runs(everything, query=MINE, variables=only))["apiUsage"]["operations"]
    assert [o["clientId"] for o in of_one if o["name"] == "Towns"] == [others["clientId"]]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"since": "2026-11-24", "until": "2026-11-23"}, "1 to 93 days"),
        ({"since": "2026-08-22", "until": "2026-11-23"}, "1 to 93 days"),
        ({"of": "x" * 201}, "at most 200 characters"),
        ({"since": "2026-11-23", "until": "0001-01-05"}, "1 to 93 days"),
    ],
)
async def test_what_is_asked_has_its_measure(
    http: Any, bearer: Any, variables: dict[str, str], says: str
) -> None:
    body = {"query": MINE, "variables": variables}
    answer = await http.post("/graphql", json=body, headers=await bearer())
    assert says in answer.json()["errors"][0]["message"]


def ran(client: str, name: str, at: datetime, *coordinates: str) -> noting.Ran:
    return noting.Ran(client, noting.Shape(name, frozenset(coordinates)), None, 2, 1, 10, at, at)


def admitted(who: Any, document: Any) -> Admitted:
    return Admitted(who, document.plan, document.id, Variables({}, VariableValues({}, {})), 1)


async def test_processes_add_to_what_others_wrote(
    registering: Any, opening: Any, clock: Any
) -> None:
    client, _ = await registering()
    earlier, now = clock() - timedelta(hours=1), clock()
    for at in (now, earlier):
        async with opening() as tx:
            assert await noting.note(tx, [ran(client.id, "A", at, "Query.a")]) == 0
            tx.published += 1
    async with opening() as tx:
        (day,) = await tx.rows(select(usage_days).where(usage_days.c.client_id == client.id))
    assert (day.requests, day.errors, day.cost) == (4, 2, 20)
    assert (day.first_seen_at, day.last_seen_at) == (earlier, now)


async def test_two_processes_that_write_at_once_add_up(
    state: dict[str, Any], platform: Any, graph: Any, principal: Any, registering: Any, opening: Any
) -> None:
    callers = [
        type(principal)(**{**vars(principal), "client": (await registering())[0].id})
        for _ in range(3)
    ]
    registered = list(state["pipeline"].documents.registered.values())[:10]
    processes = [Usage(graph, platform.database, platform.clock) for _ in range(2)]
    for turn in range(5):
        for process, order in zip(processes, (1, -1), strict=True):
            for each in registered[::order]:
                for caller in callers[::order]:
                    process.count(admitted(caller, each), 3, failed=turn == 0)
        await asyncio.gather(*(process.flush() for process in processes))
    assert [(p.waiting, p.dropped) for p in processes] == [(0, 0), (0, 0)]
    c = usage_days.c
    of_them = select(c.requests, c.errors, c.cost).where(
        c.client_id.in_([caller.client for caller in callers])
    )
    async with opening() as tx:
        rows = await tx.rows(of_them)
    assert [tuple(row) for row in rows] == [(10, 2, 30)] * 30


async def test_counts_wait_for_a_database_that_is_away(
    usage: Usage, state: dict[str, Any], principal: Any, registering: Any, opening: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    first, second = list(state["pipeline"].documents.registered.values())[:2]
    client, _ = await registering()
    known = type(principal)(**{**vars(principal), "client": client.id})

    def away(*_: Any) -> None:
        raise OSError

    usage.count(admitted(known, first), 1, failed=False)
    usage.count(admitted(known, second), 1, failed=False)
    with monkeypatch.context() as patched:
        patched.setattr(usage._database, "writing", away)
        await usage.flush()
        assert (usage.waiting, usage.dropped) == (2, 0)
    usage.count(admitted(known, first), 1, failed=True)
    await usage.flush()
    assert (usage.waiting, usage.dropped) == (0, 0)
    c = usage_days.c
    counted = select(c.document_id, c.requests, c.errors).where(c.client_id == client.id)
    async with opening() as tx:
        rows = await tx.rows(counted)
    assert {tuple(row) for row in rows} == {(first.id, 2, 1), (second.id, 1, 0)}


async def test_what_is_left_is_written_when_the_process_ends(
    usage: Usage, state: dict[str, Any], principal: Any, registering: Any, opening: Any
) -> None:
    each = next(iter(state["pipeline"].documents.registered.values()))
    client, _ = await registering()
    known = type(principal)(**{**vars(principal), "client": client.id})
    async with usage.writing():
        usage.count(admitted(known, each), 1, failed=False)
    async with opening() as tx:
        rows = await tx.rows(
            select(usage_days.c.requests).where(usage_days.c.client_id == client.id)
        )
    assert [row.requests for row in rows] == [1]


async def test_only_so_many_shapes_are_kept(
    registering: Any, opening: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "MOST", 2)
    client, _ = await registering()
    async with opening() as tx:
        many = [ran(client.id, name, clock(), "Query.a") for name in "ABC"]
        assert await noting.note(tx, many) == 2
        assert await noting.note(tx, many) == 2  # what is known is counted on
        tx.published += 1
        assert len(await tx.rows(select(usage_shapes))) == 2
        rows = await tx.rows(select(usage_days.c.requests))
    assert [row.requests for row in rows] == [4, 4]


async def test_memory_is_bounded_and_says_what_it_dropped(
    usage: Usage, state: dict[str, Any], principal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST", 1)
    registered = list(state["pipeline"].documents.registered.values())
    for each in (registered[0], registered[0], registered[1]):
        usage.count(admitted(principal, each), 1, failed=False)
    assert (usage.waiting, usage.dropped) == (1, 1)
    assert usage.lines(7)[1::2] == [
        'usage_entries_waiting{process="7"} 1', 'usage_requests_dropped_total{process="7"} 1',
    ]  # fmt: skip


async def test_what_cannot_be_written_keeps_nothing_else_from_it(
    usage: Usage, state: dict[str, Any], principal: Any, registering: Any, opening: Any
) -> None:
    each = next(iter(state["pipeline"].documents.registered.values()))
    nobody = type(principal)(**{**vars(principal), "tenant": made.new("org"), "client": "cli_x"})
    client, _ = await registering()
    known = type(principal)(**{**vars(principal), "client": client.id})
    usage.count(admitted(nobody, each), 1, failed=False)
    usage.count(admitted(known, each), 1, failed=False)
    await usage.flush()
    assert (usage.waiting, usage.dropped) == (0, 1)
    async with opening() as tx:
        assert (
            len(await tx.rows(select(usage_days).where(usage_days.c.client_id == client.id))) == 1
        )


def test_a_document_asks_for_fields_arguments_and_values(graph: Any) -> None:
    text = """query A($first: Int) { ...F bookings(filter: { status: [HELD] }, first: $first) { nodes { notes } } }
      fragment F on Query { node(id: "x") { ... on Booking { status } } }
      query B { viewer { clientId } }"""
    document = parse(text)
    of_a = {
        "Query.bookings", "Query.bookings(filter:)", "Query.bookings(first:)", "BookingFilter.status",
        "BookingStatus.HELD", "BookingConnection.nodes", "Booking.notes", "Query.node",
        "Query.node(id:)", "Booking.status",
    }  # fmt: skip
    assert asked_by(graph.core, document, "A") == of_a
    assert asked(graph.core, document) == of_a | {"Query.viewer", "Viewer.clientId"}


def test_deprecations_are_told_by_coordinate(graph: Any) -> None:
    found = {"Location.city": None, "Nothing.at_all": None, "Booking.nothing": None, "x": None}
    for type_name, type_ in graph.core.type_map.items():
        for name, field in getattr(type_, "fields", {}).items():
            if field.deprecation_reason:
                found[f"{type_name}.{name}"] = field.deprecation_reason
    assert {name: deprecation(graph.core, name) for name in found} == found
