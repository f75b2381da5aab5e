"""The gateway's one door, as a caller meets it: answers, refusals, their codes and their status."""

import asyncio

import httpx
import pytest
from sqlalchemy import func, select

from barberpro.domains.bookings import service as bookings
from barberpro.platform.events import events
from barberpro.platform.tables import metadata

GRAPHQL = "application/graphql-response+json"
CITY = "query City($id: ID!) { location(id: $id) { id name city } }"


def only_error(answer: httpx.Response) -> dict:
    body = answer.json()
    assert "data" not in body
    (error,) = body["errors"]
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return error


async def test_a_query_is_answered(http, bearer, chain):
    headers = await bearer(scopes=["locations:read"])
    answer = await http.post(
        "/graphql", json={"query": CITY, "variables": {"id": chain.centro.id}}, headers=headers
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.json()["data"] == {
        "location": {"id": chain.centro.id, "name": "Centro", "city": "Buenos Aires"}
    }


async def test_a_registered_document_is_answered_by_its_id(http, bearer, chain, ids):
    headers = await bearer(documents=("LocationById",), document_mode="locked")
    answer = await http.post(
        "/graphql",
        json={"documentId": ids["LocationById"], "variables": {"id": chain.norte.id}},
        headers=headers,
    )
    assert answer.json()["data"]["location"]["name"] == "Norte"


async def test_a_client_held_to_its_documents_may_send_no_other(http, bearer, ids):
    headers = await bearer(documents=("LocationById",), document_mode="locked")
    raw = await http.post("/graphql", json={"query": "{ viewer { clientId } }"}, headers=headers)
    foreign = await http.post("/graphql", json={"documentId": ids["BookingBoard"]}, headers=headers)
    unknown = await http.post(
        "/graphql", json={"documentId": f"sha256:{'0' * 64}"}, headers=headers
    )
    assert (raw.status_code, only_error(raw)["extensions"]["code"]) == (
        403,
        "PERSISTED_QUERY_REQUIRED",
    )
    for answer in (foreign, unknown):
        assert answer.status_code == 400
        assert only_error(answer)["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_without_a_token_nothing_is_answered(http):
    answer = await http.post("/graphql", json={"query": "{ __typename }"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert only_error(answer)["extensions"]["code"] == "UNAUTHENTICATED"


async def test_an_expired_token_is_refused(http, bearer, clock, platform):
    headers = await bearer()
    clock.forward(seconds=platform.settings.token_seconds + 60)
    answer = await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_missing_scope_refuses_the_whole_operation_before_any_statement(
    http, bearer, chain, statements
):
    headers = await bearer(scopes=["locations:read"])
    document = "{ locations { nodes { name bookings { nodes { id } } } } }"
    await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    with statements() as sent:
        answer = await http.post("/graphql", json={"query": document}, headers=headers)
    error = only_error(answer)
    assert answer.status_code == 403
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert error["extensions"]["requiredScopes"] == ["bookings:read"]
    assert sent == []


async def test_who_may_not_introspect_learns_nothing_of_scopes(http, bearer, ids):
    headers = await bearer(
        documents=("BookingBoard",), document_mode="locked", scopes=["locations:read"]
    )
    answer = await http.post("/graphql", json={"documentId": ids["BookingBoard"]}, headers=headers)
    error = only_error(answer)
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "requiredScopes" not in error["extensions"]
    assert "bookings" not in error["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{ viewer { nonsense } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ viewer { clientId"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{" * 2_000}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{a" * 2_000 + "}" * 2_000}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ " + "a " * 6_000 + "}"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": CITY, "variables": {}}, "BAD_USER_INPUT"),
        ({"query": CITY, "variables": {"id": {"deep": 1}}}, "BAD_USER_INPUT"),
        ({"query": "{ bookings(first: 101) { nodes { id } } }"}, "BAD_USER_INPUT"),
        ({"query": "{ bookings(first: -1) { nodes { id } } }"}, "BAD_USER_INPUT"),
        ({"query": "{ location(id: 1.5) { id } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": r'{ location(id: "a\u0000") { id } }'}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": r'{ location(id: "\u{0}") { id } }'}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{ a: __schema { description } b: __schema { description } }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($n: Int) { locations(first: $n) { nodes { id } } }", "variables": {"n": None}},
         "BAD_USER_INPUT"),
        ({"query": "query ($s: Boolean = true) { viewer { clientId @skip(if: $s) } }", "variables": {"s": None}},
         "BAD_USER_INPUT"),
        ({"query": "query ($s: [BookingStatus!]) { bookings(filter: { status: $s }) { totalCount } }",
          "variables": {"s": ["CONFIRMED"] * 20_000}}, "BAD_USER_INPUT"),
        ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_RESOLUTION_FAILURE"),
        (
            {"query": "query A { __typename }", "operationName": "B"},
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            {"query": "{ locations(first: 100) { nodes { providers(first: 100) { nodes { id name"
                      " bookings(first: 100) { nodes { id } } } } } } }"},
            "COST_LIMIT_EXCEEDED",
        ),
    ],
)  # fmt: skip
async def test_a_bad_operation_is_refused_with_its_code(http, bearer, statements, body, code):
    headers = await bearer()
    await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    with statements() as sent:
        answer = await http.post("/graphql", json=body, headers=headers | {"accept": GRAPHQL})
        lenient = await http.post(
            "/graphql", json=body, headers=headers | {"accept": "application/json"}
        )
    assert {e["extensions"]["code"] for e in answer.json()["errors"]} == {code}
    assert answer.status_code == 400
    assert lenient.status_code == 200
    assert lenient.headers["content-type"] == "application/json; charset=utf-8"
    assert sent == []


async def test_a_forged_cursor_is_bad_input(http, bearer, chain):
    headers = await bearer()
    body = {"query": '{ bookings(after: "Zm9yZ2Vk") { nodes { id } } }'}
    answer = await http.post("/graphql", json=body, headers=headers)
    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["path"] == ["bookings"]


async def test_another_tenants_id_looks_like_no_id(http, bearer, chain, done, stranger):
    headers = await bearer()

    async def elsewhere(tx):
        from barberpro.domains.locations import service

        return await service.open_location(
            tx, name="Ajeno", city="Rosario", province="S", chairs=1, hours=[],
            time_zone="America/Argentina/Buenos_Aires",
        )  # fmt: skip

    foreign = await done(elsewhere, stranger)
    asked = [foreign.id, "loc_00000000000000000000000000"]
    answers = [
        (
            await http.post(
                "/graphql", json={"query": CITY, "variables": {"id": i}}, headers=headers
            )
        ).json()
        for i in asked
    ]
    for answer in answers:
        assert answer["data"] == {"location": None} and "errors" not in answer
        assert answer["extensions"]["cost"]["actualQueryCost"] == 1


async def test_a_defect_is_masked_and_told_by_its_request_id(http, bearer, monkeypatch, chain):
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(bookings, "create", broken)
    headers = await bearer()
    document = """mutation ($input: BookingCreateInput!) {
      bookingCreate(input: $input) { booking { id } errors { __typename } } }"""
    given = {
        "locationId": chain.centro.id, "providerId": chain.ana.id, "customerId": chain.carla.id,
        "serviceId": chain.cut.id, "startsAt": "2026-11-23T15:00:00Z",
    }  # fmt: skip
    answer = await http.post(
        "/graphql", json={"query": document, "variables": {"input": given}}, headers=headers
    )
    (error,) = answer.json()["errors"]
    assert answer.status_code == 500
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": answer.headers["x-request-id"],
    }
    assert "swordfish" not in answer.text


async def test_what_takes_too_long_is_stopped_and_undone(
    http, bearer, monkeypatch, chain, opening, state
):
    from dataclasses import replace

    real = bookings.create

    async def slow(tx, **given):
        await real(tx, **given)
        await asyncio.sleep(30)

    monkeypatch.setattr(bookings, "create", slow)
    pipeline = state["pipeline"]
    settings = pipeline.platform.settings.model_copy(update={"deadline_seconds": 0.5})
    state["pipeline"] = replace(pipeline, platform=replace(pipeline.platform, settings=settings))
    headers = await bearer()
    document = """mutation ($input: BookingCreateInput!) {
      bookingCreate(input: $input) { booking { id } } }"""
    given = {
        "locationId": chain.centro.id, "providerId": chain.ana.id, "customerId": chain.carla.id,
        "serviceId": chain.cut.id, "startsAt": "2026-11-23T15:00:00Z",
    }  # fmt: skip
    answer = await http.post(
        "/graphql", json={"query": document, "variables": {"input": given}}, headers=headers
    )
    assert answer.status_code == 503
    assert only_error(answer)["extensions"]["code"] == "DEADLINE_EXCEEDED"
    async with opening() as tx:
        table = metadata.tables["bookings"]
        (row,) = await tx.rows(select(func.count(table.c.id).label("n")))
        made = await tx.rows(select(events).where(events.c.type == "booking.made"))
    assert (row.n, made) == (0, [])


async def test_paths_and_methods_that_are_not_there_are_told_in_json(http):
    missing = await http.get("/nowhere")
    wrong = await http.put("/graphql")
    assert (missing.status_code, missing.json()["errors"][0]["extensions"]["code"]) == (
        404,
        "NOT_FOUND",
    )
    assert (wrong.status_code, set(wrong.headers["allow"].split(", "))) == (
        405,
        {"GET", "HEAD", "POST"},
    )
    assert wrong.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


async def test_probes_tell_whether_the_process_can_answer(http):
    assert (await http.get("/livez")).json() == {"status": "ok"}
    assert (await http.get("/readyz")).json() == {"status": "ok"}


HOSTILE = {
    "not JSON": (b"{", 400),
    "nested 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, 400),
    "nested in variables": (
        b'{"query":"{ __typename }","variables":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        400,
    ),
    "over the cap": (b'{"query":"' + b" " * 300_000 + b'"}', 413),
    "a batch": (b'[{"query":"{ __typename }"}]', 400),
    "no document": (b"{}", 400),
    "a number for a document": (b'{"query":7}', 400),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_hostile_bodies_are_refused_in_json_and_nothing_is_written(
    http, bearer, statements, what
):
    body, status = HOSTILE[what]
    headers = await bearer()
    await http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    with statements() as sent:
        answer = await http.post(
            "/graphql", content=body, headers=headers | {"content-type": "application/json"}
        )
    assert answer.status_code == status
    assert only_error(answer)["extensions"]["code"] == "BAD_REQUEST"
    assert sent == []


async def test_what_the_database_says_of_a_fault_is_masked(http, bearer, monkeypatch, chain):
    from sqlalchemy.exc import OperationalError

    from barberpro.graph.context import Context

    async def broken(*_: object, **__: object) -> None:
        raise OperationalError("SELECT secret FROM bookings", {}, Exception("database is locked"))

    monkeypatch.setattr(Context, "kept", broken)
    answer = await http.post(
        "/graphql",
        json={"query": "{ locations { nodes { id } } }"},
        headers=await bearer(),
    )
    (error,) = answer.json()["errors"]
    assert answer.status_code == 500
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret" not in answer.text
    assert "locked" not in answer.text


async def test_nothing_goes_on_after_the_deadline(http, bearer, monkeypatch, chain, state):
    from dataclasses import replace

    from barberpro.graph.context import Context

    real, ended = Context.kept, []

    async def slow(self, statement, values):
        if "keys" in values:
            await asyncio.sleep(1)
            ended.append(statement)
        return await real(self, statement, values)

    monkeypatch.setattr(Context, "kept", slow)
    pipeline = state["pipeline"]
    settings = pipeline.platform.settings.model_copy(update={"deadline_seconds": 0.4})
    state["pipeline"] = replace(pipeline, platform=replace(pipeline.platform, settings=settings))
    answer = await http.post(
        "/graphql",
        json={"query": "{ locations { nodes { chairs { id } } } }"},
        headers=await bearer(),
    )
    assert only_error(answer)["extensions"]["code"] == "DEADLINE_EXCEEDED"
    await asyncio.sleep(1.2)
    assert ended == []


async def test_one_fault_at_many_places_is_logged_once(http, bearer, monkeypatch, chain):
    from structlog.testing import capture_logs

    from barberpro.graph.context import Context

    real = Context.kept

    async def broken(self, statement, values):
        if "keys" in values:
            raise RuntimeError("a secret")
        return await real(self, statement, values)

    monkeypatch.setattr(Context, "kept", broken)
    with capture_logs() as logged:
        answer = await http.post(
            "/graphql",
            json={"query": "{ locations { nodes { chairs { id } openingHours { opensAt } } } }"},
            headers=await bearer(),
        )
    assert len(answer.json()["errors"]) >= 1
    assert len([line for line in logged if line["event"] == "defect"]) <= 2
    assert "secret" not in answer.text


async def test_of_two_operations_only_the_one_that_runs_counts(http, bearer, chain):
    text = """query A($n: Int = 5) { locations(first: $n) { nodes { id } } }
              query B($n: String) { locations(after: $n) { nodes { id } } }"""
    asked = {"query": text, "operationName": "B", "variables": {"n": None}}
    answer = await http.post("/graphql", json=asked, headers=await bearer())
    assert len(answer.json()["data"]["locations"]["nodes"]) == 2
