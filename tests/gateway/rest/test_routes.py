"""REST as a partner meets it: resources, problems, and both as the OpenAPI description has them."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import jsonschema
import pytest

from barberpro.gateway.documents import contract
from barberpro.platform.clock import iso

TOLD = json.loads((contract() / "openapi.json").read_text("utf-8"))
Ask = Callable[..., Awaitable[httpx.Response]]


def as_told(answer: httpx.Response, path: str) -> Any:
    """The answer's body, which is as the description of this path has it."""
    told = TOLD["paths"][path][answer.request.method.lower()]["responses"]
    assert str(answer.status_code) in told, answer.text
    ((media, content),) = told[str(answer.status_code)]["content"].items()
    assert answer.headers["content-type"] == media
    schema = {**content["schema"], "components": TOLD["components"]}
    body = answer.json()
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(
        body
    )
    return body


def problem(answer: httpx.Response, path: str, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal."""
    body = as_told(answer, path)
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["requestId"] == answer.headers["x-request-id"]
    assert body["type"] == f"/docs#problem-{code}"
    return body


@pytest.fixture
async def ask(http: httpx.AsyncClient, bearer: Any) -> Ask:
    """`await ask("GET", path, **what)` as a client who may run registered documents only."""
    headers = await bearer(document_mode="locked")

    async def send(method: str, path: str, **what: Any) -> httpx.Response:
        own = what.pop("headers", {})
        return await http.request(method, path, headers=headers | own, **what)

    return send


def wanted(chain: Any, clock: Any, **other: Any) -> dict[str, Any]:
    return {
        "locationId": chain.centro.id,
        "providerId": chain.ana.id,
        "customerId": chain.carla.id,
        "serviceId": chain.cut.id,
        "startsAt": iso(clock() + timedelta(hours=1)),
        **other,
    }


BOOKINGS = "/api/v1/bookings"
BOOKING = "/api/v1/bookings/{id}"


async def test_what_was_made_is_read_where_its_location_says(
    ask: Ask, chain: Any, clock: Any
) -> None:
    made = await ask("POST", BOOKINGS, json=wanted(chain, clock, notes="Sin máquina"))
    booking = as_told(made, BOOKINGS)
    assert made.status_code == 201
    assert made.headers["location"] == f"/api/v1/bookings/{booking['id']}"
    read = as_told(await ask("GET", made.headers["location"]), BOOKING)
    assert read.items() >= booking.items()
    assert (read["notes"], read["location"]) == ("Sin máquina", {"id": chain.centro.id})


async def test_a_booking_goes_its_way(ask: Ask, chain: Any, clock: Any) -> None:
    booking = (await ask("POST", BOOKINGS, json=wanted(chain, clock))).json()
    way = f"/api/v1/bookings/{booking['id']}"
    later = iso(clock() + timedelta(hours=2))
    moved = await ask("POST", f"{way}/reschedule", json={"startsAt": later})
    assert as_told(moved, f"{BOOKINGS}/{{bookingId}}/reschedule")["startsAt"] == later
    gone = await ask("POST", f"{way}/cancel")
    assert as_told(gone, f"{BOOKINGS}/{{bookingId}}/cancel")["status"] == "CANCELLED"
    again = await ask("POST", f"{way}/check-in")
    problem(again, f"{BOOKINGS}/{{bookingId}}/check-in", 409, "WRONG_STATUS")
    assert (await ask("GET", way)).json()["status"] == "CANCELLED"


async def test_a_free_time_can_be_found_and_booked(ask: Ask, chain: Any, clock: Any) -> None:
    search = "/api/v1/availability/search"
    asked = {"serviceIds": [chain.cut.id], "locationIds": [chain.centro.id], "first": 1}
    found = as_told(await ask("POST", search, json=asked), search)
    ((slot,), refusals) = found["slots"], found["refusals"]
    assert refusals == []
    assert slot["location"] == {
        "id": chain.centro.id,
        "name": "Centro",
        "timeZone": "America/Argentina/Buenos_Aires",
    }
    body = wanted(chain, clock, startsAt=slot["startsAt"], providerId=slot["provider"]["id"])
    made = as_told(await ask("POST", BOOKINGS, json=body), BOOKINGS)
    assert (made["startsAt"], made["endsAt"]) == (slot["startsAt"], slot["endsAt"])
    again = {**asked, "wanted": slot["startsAt"], "providerIds": [slot["provider"]["id"]]}
    told = as_told(await ask("POST", search, json=again), search)
    assert slot["startsAt"] not in [each["startsAt"] for each in told["slots"]]
    assert [each["code"] for each in told["refusals"]] == ["SLOT_TAKEN"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["#"]),
        ({"serviceIds": [], "first": 1}, []),
        ({"serviceIds": ["svc_x"], "startsFrom": "yesterday"}, ["#/startsFrom"]),
    ],
)
async def test_a_senseless_search_is_a_problem(ask: Ask, body: Any, pointers: list[str]) -> None:
    search = "/api/v1/availability/search"
    answer = await ask("POST", search, json=body)
    told = problem(answer, search, 400, "BAD_USER_INPUT")
    assert [each["pointer"] for each in told.get("errors", [])] == pointers


async def test_a_key_in_the_header_makes_it_happen_once(ask: Ask, chain: Any, clock: Any) -> None:
    once = {"headers": {"idempotency-key": '"k1"'}, "json": wanted(chain, clock)}
    first, second = await ask("POST", BOOKINGS, **once), await ask("POST", BOOKINGS, **once)
    assert first.json()["id"] == second.json()["id"]
    body = wanted(chain, clock, idempotencyKey="k1")
    told = problem(await ask("POST", BOOKINGS, json=body), BOOKINGS, 400, "BAD_USER_INPUT")
    assert told["errors"] == [{"detail": "There is no such member.", "pointer": "#/idempotencyKey"}]
    assert len((await ask("GET", BOOKINGS)).json()["nodes"]) == 1


async def test_a_taken_slot_is_a_conflict_with_its_facts(ask: Ask, chain: Any, clock: Any) -> None:
    await ask("POST", BOOKINGS, json=wanted(chain, clock))
    again = await ask(
        "POST", BOOKINGS, json=wanted(chain, clock), headers={"accept-language": "en"}
    )
    told = problem(again, BOOKINGS, 409, "SLOT_TAKEN")
    assert told["providerId"] == chain.ana.id
    assert told["errors"] == [{"detail": told["detail"], "pointer": "#/startsAt"}]


async def test_lists_are_paged_by_links(ask: Ask, chain: Any) -> None:
    path: str | None = "/api/v1/providers?first=1&isActive=true"
    names = []
    while path:
        answer = await ask("GET", path)
        names += [each["name"] for each in as_told(answer, "/api/v1/providers")["nodes"]]
        path = answer.links.get("next", {}).get("url")
    assert names == ["Ana", "Bruno"]


async def test_filters_of_lists_are_repeated(ask: Ask, chain: Any, clock: Any) -> None:
    await ask("POST", BOOKINGS, json=wanted(chain, clock))
    found = {}
    for status in ("CONFIRMED", "CANCELLED", "COMPLETED"):
        answer = await ask("GET", BOOKINGS, params={"status": [status], "direction": "ASC"})
        found[status] = len(as_told(answer, BOOKINGS)["nodes"])
    both = await ask("GET", BOOKINGS, params={"status": list(found)})
    assert len(as_told(both, BOOKINGS)["nodes"]) == sum(found.values()) == 1


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("first=viele", "first"),
        ("first=99999999999", "first"),
        ("startsFrom=gestern", "startsFrom"),
        ("status=CONFIRMED&status=NO", "status"),
        ("first=1&first=2", "first"),
        ("nonsense=1", "nonsense"),
        ("locationId=%00", "locationId"),
    ],
)
async def test_a_wrong_parameter_is_named(ask: Ask, chain: Any, query: str, parameter: str) -> None:
    told = problem(await ask("GET", f"{BOOKINGS}?{query}"), BOOKINGS, 400, "BAD_USER_INPUT")
    assert [error["parameter"] for error in told["errors"]] == [parameter]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"startsAt": 7}, "#/startsAt"), ({"channel": "TELEPATHY"}, "#/channel"), ({"a/b": 1}, "#")],
)
async def test_what_is_wrong_in_a_body_is_pointed_at(
    ask: Ask, chain: Any, clock: Any, change: Any, pointer: str
) -> None:
    answer = await ask("POST", BOOKINGS, json=wanted(chain, clock, **change))
    told = problem(answer, BOOKINGS, 400, "BAD_USER_INPUT")
    assert [error["pointer"] for error in told["errors"]] == [pointer]
    assert (await ask("GET", BOOKINGS)).json()["nodes"] == []


async def test_bodies_that_are_none_are_refused(ask: Ask) -> None:
    for content, media, status in (
        (b"[1]", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"notes": "\\u0000"}', "application/json", 400),
        (b"a=1", "application/x-www-form-urlencoded", 415),
    ):
        answer = await ask("POST", BOOKINGS, content=content, headers={"content-type": media})
        problem(answer, BOOKINGS, status, "BAD_REQUEST")


async def test_what_is_not_there_is_not_found(ask: Ask, http: httpx.AsyncClient) -> None:
    problem(await ask("GET", "/api/v1/bookings/bkg_none"), BOOKING, 404, "NOT_FOUND")
    for method, path, code in (
        ("GET", "/api/v2", "NOT_FOUND"),
        ("PUT", "/api/v1/bookings", "METHOD_NOT_ALLOWED"),
    ):
        answer = await http.request(method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == code


async def test_a_forged_cursor_is_bad_input(ask: Ask, chain: Any) -> None:
    answer = await ask("GET", "/api/v1/providers?after=forged")
    problem(answer, "/api/v1/providers", 400, "BAD_USER_INPUT")


async def test_scopes_are_those_of_the_document(
    http: httpx.AsyncClient, bearer: Any, chain: Any
) -> None:
    path = "/api/v1/locations"
    problem(await http.get(path), path, 401, "UNAUTHENTICATED")
    headers = await bearer(scopes=["locations:read"])
    assert len(as_told(await http.get(path, headers=headers), path)["nodes"]) == 2
    told = problem(await http.get(BOOKINGS, headers=headers), BOOKINGS, 403, "FORBIDDEN")
    assert "bookings:read" in told["requiredScopes"]


async def test_the_budget_stands_in_the_headers(ask: Ask, chain: Any) -> None:
    answer = await ask("GET", f"/api/v1/locations/{chain.centro.id}")
    assert as_told(answer, "/api/v1/locations/{id}")["chairCount"] == 2
    assert "r=" in answer.headers["ratelimit"]
    assert answer.headers["ratelimit-policy"]


async def test_an_invoice_from_draft_to_paid(ask: Ask, chain: Any) -> None:
    invoices = "/api/v1/invoices"
    line = {"description": "Peine", "unitPrice": {"amount": "121.00", "currencyCode": "ARS"}}
    draft = {"locationId": chain.centro.id, "lines": [line]}
    made = as_told(await ask("POST", invoices, json=draft), invoices)
    assert (made["status"], made["total"]["amount"]) == ("DRAFT", "121.00")
    for step, status in (("issue", "ISSUED"), ("pay", "PAID")):
        answer = await ask("POST", f"{invoices}/{made['id']}/{step}")
        assert as_told(answer, f"{invoices}/{{invoiceId}}/{step}")["status"] == status
    read = as_told(await ask("GET", f"{invoices}/{made['id']}"), f"{invoices}/{{id}}")
    assert (read["status"], read["tax"]["amount"]) == ("PAID", "21.00")


async def test_billing_issues_at_once(ask: Ask, chain: Any) -> None:
    path = "/api/enterprise/billing"
    line = {"description": "Peine", "unitPrice": {"amount": "121.00", "currencyCode": "ARS"}}
    answer = await ask("POST", path, json={"locationId": chain.centro.id, "lines": [line]})
    assert as_told(answer, path)["status"] == "ISSUED"
    read = await ask("GET", answer.headers["location"])
    assert as_told(read, "/api/v1/invoices/{id}")["number"] == answer.json()["number"]
    none = await ask("POST", path, json={"locationId": chain.centro.id, "lines": []})
    problem(none, path, 422, "NO_LINES")


async def test_the_audit_of_an_organization_is_its_own(
    ask: Ask, chain: Any, principal: Any, stranger: Any
) -> None:
    path = "/api/enterprise/compliance-audit/{organizationId}"
    answer = await ask("GET", path.replace("{organizationId}", principal.tenant) + "?first=1")
    told = as_told(answer, path)
    assert told["organization"]["name"] == "Cadena de prueba"
    assert len(told["events"]["nodes"]) == 1
    following = as_told(await ask("GET", answer.links["next"]["url"]), path)
    assert following["events"]["nodes"] != told["events"]["nodes"]
    for other in (stranger.tenant, chain.centro.id):
        problem(await ask("GET", path.replace("{organizationId}", other)), path, 404, "NOT_FOUND")


async def test_what_is_learned_is_asked_for(ask: Ask, chain: Any) -> None:
    path = "/api/ai/recommendations"
    told = as_told(await ask("GET", path, params={"customerId": chain.carla.id}), path)
    assert told == []
    told = problem(await ask("GET", path), path, 400, "BAD_USER_INPUT")
    assert told["errors"] == [{"detail": "It is needed.", "parameter": "customerId"}]
    path = "/api/ai/demand-forecast"
    # No model has been trained here.
    answer = await ask("POST", path, json={"locationId": chain.centro.id, "horizonDays": 7})
    problem(answer, path, 404, "NOT_FOUND")
    answer = await ask("POST", path, json={"locationId": chain.centro.id, "days": 7})
    assert problem(answer, path, 400, "BAD_USER_INPUT")["errors"][0]["pointer"] == "#/days"


async def test_the_other_resources(ask: Ask, chain: Any) -> None:
    customers = "/api/v1/customers"
    made = await ask("POST", customers, json={"name": "Dora", "homeLocationId": chain.centro.id})
    assert as_told(made, customers)["name"] == "Dora"
    for path, id_ in (
        ("services", chain.cut.id),
        ("providers", chain.bruno.id),
        ("customers", made.json()["id"]),
    ):
        listed = as_told(await ask("GET", f"/api/v1/{path}"), f"/api/v1/{path}")
        assert id_ in [each["id"] for each in listed["nodes"]]
        one = as_told(await ask("GET", f"/api/v1/{path}/{id_}"), f"/api/v1/{path}/{{id}}")
        assert one["id"] == id_
    assert as_told(await ask("GET", "/api/v1/invoices"), "/api/v1/invoices")["nodes"] == []
    viewer = as_told(await ask("GET", "/api/v1/viewer"), "/api/v1/viewer")
    assert "bookings:read" in viewer["scopes"]
    booking = as_told(await ask("GET", "/api/v1/bookings"), "/api/v1/bookings")
    assert booking["nodes"] == []


BULK = "/api/enterprise/bulk-scheduling"
PLAN = "/api/v1/schedule-plans/{id}"


def to_plan(chain: Any, clock: Any, count: int = 2, **other: Any) -> dict[str, Any]:
    visit = {
        "customerId": chain.carla.id,
        "serviceId": chain.cut.id,
        "earliest": iso(clock()),
        "latest": iso(clock() + timedelta(hours=3)),
    }
    return {"requests": [visit] * count, "improveSeconds": 0, **other}


async def test_many_visits_are_planned_read_and_booked_together(
    ask: Ask, chain: Any, clock: Any
) -> None:
    made = await ask("POST", BULK, json=to_plan(chain, clock))
    plan = as_told(made, BULK)
    assert (made.status_code, plan["status"], plan["accepted"]) == (201, "PROPOSED", 2)
    assert made.headers["location"] == f"/api/v1/schedule-plans/{plan['id']}"
    read = as_told(await ask("GET", made.headers["location"]), PLAN)
    assert [each["isPlaced"] for each in read["items"]["nodes"]] == [True, True]
    assert [each["booking"] for each in read["items"]["nodes"]] == [None, None]

    path = "/api/v1/schedule-plans/{planId}/apply"
    applied = await ask("POST", path.format(planId=plan["id"]))
    assert as_told(applied, path)["status"] == "APPLIED"
    after = as_told(await ask("GET", made.headers["location"]), PLAN)
    for item in after["items"]["nodes"]:
        booking = as_told(await ask("GET", f"{BOOKINGS}/{item['booking']['id']}"), BOOKING)
        assert booking["startsAt"] == item["startsAt"]
        assert booking["provider"] == item["provider"]
    problem(await ask("POST", path.format(planId=plan["id"])), path, 409, "WRONG_PLAN_STATUS")


async def test_a_plan_is_given_up_and_too_many_visits_are_refused(
    ask: Ask, chain: Any, clock: Any
) -> None:
    made = as_told(await ask("POST", BULK, json=to_plan(chain, clock, improveSeconds=9)), BULK)
    assert (made["status"], made["progress"]) == ("IMPROVING", 0)
    path = "/api/v1/schedule-plans/{planId}/cancel"
    given_up = await ask("POST", path.format(planId=made["id"]))
    assert as_told(given_up, path)["status"] == "CANCELLED"

    body = problem(
        await ask("POST", BULK, json=to_plan(chain, clock, 301)), BULK, 422, "PLAN_OUT_OF_RANGE"
    )
    assert body.items() >= {"what": "requests", "most": 300, "given": 301}.items()
    problem(
        await ask("POST", BULK, json=to_plan(chain, clock, fairness=-1)),
        BULK,
        400,
        "BAD_USER_INPUT",
    )
