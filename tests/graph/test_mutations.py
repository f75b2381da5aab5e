"""Mutations: typed errors with facts and a path, idempotency, and the audit log of what was refused."""

import asyncio

from sqlalchemy import func, select

from barberpro.platform.events import events
from barberpro.platform.tables import metadata

CREATE = """mutation ($input: BookingCreateInput!) { bookingCreate(input: $input) {
  booking { id status startsAt location { name } }
  errors { __typename ... on UserError { code message field }
    ... on SlotTaken { providerId until timeZone } }
} }"""


def wish(chain, starts="2026-11-23T15:00:00Z", **other):
    return {
        "locationId": chain.centro.id,
        "providerId": chain.ana.id,
        "customerId": chain.carla.id,
        "serviceId": chain.cut.id,
        "startsAt": starts,
        **other,
    }


async def test_a_booking_is_made_and_read_back(ask, chain):
    made = (await ask(CREATE, input=wish(chain))).data["bookingCreate"]
    assert made["errors"] == []
    assert made["booking"].pop("id").startswith("bkg_")
    assert made["booking"] == {
        "status": "CONFIRMED",
        "startsAt": "2026-11-23T15:00:00Z",
        "location": {"name": "Centro"},
    }


async def test_a_refusal_is_typed_and_speaks_the_callers_language(ask, chain, booked):
    taken = wish(chain, "2026-11-23T15:15:00Z")
    spanish = (await ask(CREATE, input=taken)).data["bookingCreate"]
    english = (await ask(CREATE, input=taken, language="en")).data["bookingCreate"]
    (error,) = spanish["errors"]
    assert spanish["booking"] is None
    assert "23/11 12:40" in error.pop("message")
    assert error == {
        "__typename": "SlotTaken",
        "code": "SLOT_TAKEN",
        "field": ["startsAt"],
        "providerId": chain.ana.id,
        "until": "2026-11-23T15:40:00Z",
        "timeZone": "America/Argentina/Buenos_Aires",
    }
    assert english["errors"][0]["message"] == (
        "The provider is taken until 23/11 12:40. Choose another time or provider."
    )


async def test_what_was_refused_is_in_the_audit_log_and_nowhere_else(ask, chain, opening):
    before = await count(opening, "bookings"), await count(opening, "booking_changes")
    answer = await ask(CREATE, input=wish(chain, providerId="prv_00000000000000000000000000"))
    (error,) = answer.data["bookingCreate"]["errors"]
    assert (error["code"], error["field"]) == ("PROVIDER_NOT_FOUND", ["providerId"])
    assert (await count(opening, "bookings"), await count(opening, "booking_changes")) == before
    async with opening() as tx:
        refused = select(events).where(events.c.type == "mutation.refused")
        (event,) = await tx.rows(refused)
    assert event.data == {"subject": "booking_create", "code": "PROVIDER_NOT_FOUND"}


async def test_a_refused_request_leaves_its_key_free(ask, chain):
    wrong = wish(chain, "2026-11-23T06:00:00Z", idempotencyKey="k")
    assert (await ask(CREATE, input=wrong)).data["bookingCreate"]["errors"] != []
    right = wish(chain, idempotencyKey="k")
    assert (await ask(CREATE, input=right)).data["bookingCreate"]["errors"] == []


async def test_one_key_makes_one_booking_however_often_it_is_sent(ask, chain, opening):
    asked = [ask(CREATE, input=wish(chain, idempotencyKey="once")) for _ in range(20)]
    answers = [a.data["bookingCreate"] for a in await asyncio.gather(*asked)]
    assert [a["errors"] for a in answers] == [[]] * 20
    assert len({a["booking"]["id"] for a in answers}) == 1
    assert await count(opening, "bookings") == 1


async def test_a_key_used_for_another_request_is_refused(ask, chain, opening):
    await ask(CREATE, input=wish(chain, idempotencyKey="once"))
    other = wish(chain, "2026-11-23T18:00:00Z", idempotencyKey="once")
    answer = (await ask(CREATE, input=other)).data["bookingCreate"]
    (error,) = answer["errors"]
    assert (error["code"], error["field"]) == ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])
    assert await count(opening, "bookings") == 1


async def test_a_key_out_of_bounds_is_bad_input(ask, chain, opening):
    for key in ("", "k" * 129):
        (error,) = (await ask(CREATE, input=wish(chain, idempotencyKey=key))).errors
        assert error.original_error.code == "BAD_USER_INPUT"
    assert await count(opening, "bookings") == 0


async def test_mutations_of_one_document_run_in_order_and_each_reads_what_it_wrote(ask, chain):
    answer = await ask(
        """mutation ($a: BookingCreateInput!, $b: BookingCreateInput!) {
          first: bookingCreate(input: $a) { booking { isFirstVisit customer { bookings { totalCount } } } }
          second: bookingCreate(input: $b) { booking { isFirstVisit customer { bookings { totalCount } } } }
        }""",
        a=wish(chain),
        b=wish(chain, "2026-11-23T18:00:00Z"),
    )
    assert answer.data == {
        "first": {"booking": {"isFirstVisit": True, "customer": {"bookings": {"totalCount": 1}}}},
        "second": {"booking": {"isFirstVisit": False, "customer": {"bookings": {"totalCount": 2}}}},
    }


async def test_a_booking_is_moved_and_cancelled(ask, chain, booked):
    moved = await ask(
        """mutation ($input: BookingRescheduleInput!) { bookingReschedule(input: $input) {
          booking { startsAt endsAt } errors { __typename } } }""",
        input={"bookingId": booked[0].id, "startsAt": "2026-11-23T20:00:00Z"},
    )
    assert moved.data["bookingReschedule"] == {
        "booking": {"startsAt": "2026-11-23T20:00:00Z", "endsAt": "2026-11-23T20:30:00Z"},
        "errors": [],
    }
    cancel = """mutation ($input: BookingCancelInput!) { bookingCancel(input: $input) {
      booking { status history { kind reason } } errors { ... on UserError { code field } } } }"""
    given = {"bookingId": booked[0].id, "reason": "Está enferma"}
    assert (await ask(cancel, input=given)).data["bookingCancel"] == {
        "booking": {
            "status": "CANCELLED",
            "history": [
                {"kind": "MADE", "reason": None},
                {"kind": "MOVED", "reason": None},
                {"kind": "CANCELLED", "reason": "Está enferma"},
            ],
        },
        "errors": [],
    }
    assert (await ask(cancel, input=given)).data["bookingCancel"] == {
        "booking": None,
        "errors": [{"code": "WRONG_STATUS", "field": ["bookingId"]}],
    }


async def test_a_shop_can_be_set_up_through_the_graph_alone(ask):
    opened = await ask(
        """mutation { locationOpen(input: {
          name: "Almagro", city: "Buenos Aires", province: "C", chairs: ["A", "B"],
          openingHours: [{ weekday: 1, opensAt: "09:00", closesAt: "24:00" }]
        }) { location { id chairCount openingHours { closesAt } } errors { __typename } }
        serviceOffer(input: {
          name: "Barba", durationMinutes: 20, price: { amount: "8000.50", currencyCode: "ARS" }
        }) { service { id price { amount } } errors { __typename } } }"""
    )
    location = opened.data["locationOpen"]["location"]
    assert location["chairCount"] == 2
    assert location["openingHours"] == [{"closesAt": "24:00"}]
    assert opened.data["serviceOffer"]["service"]["price"] == {"amount": "8000.50"}
    people = await ask(
        """mutation ($at: [ID!]!, $home: ID!) {
          providerRegister(input: { name: "Dana", locationIds: $at }) { provider { id locations { name } } }
          customerRegister(input: { name: "Elsa", homeLocationId: $home }) {
            customer { id visitCount lastVisitAt homeLocation { name } } }
        }""",
        at=[location["id"]],
        home=location["id"],
    )
    assert people.data["providerRegister"]["provider"]["locations"] == [{"name": "Almagro"}]
    customer = people.data["customerRegister"]["customer"]
    assert (customer["visitCount"], customer["lastVisitAt"]) == (0, None)
    booked = await ask(
        CREATE,
        input={
            "locationId": location["id"],
            "providerId": people.data["providerRegister"]["provider"]["id"],
            "customerId": customer["id"],
            "serviceId": opened.data["serviceOffer"]["service"]["id"],
            "startsAt": "2026-11-24T02:40:00Z",
        },
    )
    assert booked.data["bookingCreate"]["errors"] == []


async def test_a_service_with_a_gap_is_offered_and_booked(ask, chain):
    offered = await ask(
        """mutation { serviceOffer(input: {
          name: "Color", durationMinutes: 90, gapAfterMinutes: 30, gapMinutes: 40,
          price: { amount: "1", currencyCode: "ARS" }
        }) { service { id gapAfterMinutes gapMinutes } errors { __typename } } }"""
    )
    colour = offered.data["serviceOffer"]["service"]
    assert (colour["gapAfterMinutes"], colour["gapMinutes"]) == (30, 40)
    booked = await ask(
        """mutation ($input: BookingCreateInput!) { bookingCreate(input: $input) {
          booking { startsAt gapStartsAt gapEndsAt endsAt } errors { __typename } } }""",
        input={
            "locationId": chain.centro.id,
            "providerId": chain.ana.id,
            "customerId": chain.carla.id,
            "serviceId": colour["id"],
            "startsAt": "2026-11-23T14:00:00Z",
        },
    )
    assert booked.data["bookingCreate"]["booking"] == {
        "startsAt": "2026-11-23T14:00:00Z",
        "gapStartsAt": "2026-11-23T14:30:00Z",
        "gapEndsAt": "2026-11-23T15:10:00Z",
        "endsAt": "2026-11-23T15:30:00Z",
    }


async def test_a_service_with_a_buffer_before_it_is_offered_and_kept_free(ask, chain):
    offered = await ask(
        """mutation { serviceOffer(input: {
          name: "Láser", durationMinutes: 30, bufferBeforeMinutes: 15,
          price: { amount: "1", currencyCode: "ARS" }
        }) { service { id bufferBeforeMinutes bufferMinutes } errors { __typename } } }"""
    )
    laser = offered.data["serviceOffer"]["service"]
    assert (laser["bufferBeforeMinutes"], laser["bufferMinutes"]) == (15, 0)
    codes = []
    for service_id, time in (
        (laser["id"], "14:00"),  # from 13:45 on
        (chain.cut.id, "13:10"),  # until 13:50
        (chain.cut.id, "13:05"),
    ):
        answer = await ask(
            """mutation ($input: BookingCreateInput!) { bookingCreate(input: $input) {
              booking { id } errors { ... on UserError { code } } } }""",
            input={
                "locationId": chain.centro.id,
                "providerId": chain.ana.id,
                "customerId": chain.carla.id,
                "serviceId": service_id,
                "startsAt": f"2026-11-23T{time}:00Z",
            },
        )
        codes.append([each["code"] for each in answer.data["bookingCreate"]["errors"]])
    assert codes == [[], ["SLOT_TAKEN"], []]


async def test_a_buffer_before_that_is_too_long_is_refused(ask, opening):
    answer = await ask(
        """mutation { serviceOffer(input: {
          name: "Láser", durationMinutes: 60, bufferBeforeMinutes: 241,
          price: { amount: "1", currencyCode: "ARS" }
        }) { service { id } errors { ... on UserError { code field } } } }"""
    )
    assert answer.data["serviceOffer"] == {
        "service": None,
        "errors": [{"code": "BUFFER_BEFORE_OUT_OF_RANGE", "field": ["bufferBeforeMinutes"]}],
    }
    assert await count(opening, "services") == 0


async def test_a_gap_that_leaves_no_work_after_it_is_refused(ask, opening):
    answer = await ask(
        """mutation { serviceOffer(input: {
          name: "Color", durationMinutes: 60, gapAfterMinutes: 30, gapMinutes: 30,
          price: { amount: "1", currencyCode: "ARS" }
        }) { service { id } errors { ... on UserError { code field } } } }"""
    )
    assert answer.data["serviceOffer"] == {
        "service": None,
        "errors": [{"code": "GAP_OUT_OF_RANGE", "field": ["gapMinutes"]}],
    }
    assert await count(opening, "services") == 0


async def test_an_amount_finer_than_its_currency_is_refused(ask, opening):
    answer = await ask(
        """mutation { serviceOffer(input: {
          name: "Barba", durationMinutes: 20, price: { amount: "1.005", currencyCode: "ARS" }
        }) { service { id } errors { ... on UserError { code field } } } }"""
    )
    assert answer.data["serviceOffer"] == {
        "service": None,
        "errors": [{"code": "AMOUNT_INEXACT", "field": ["price", "amount"]}],
    }
    assert await count(opening, "services") == 0


async def count(opening, table):
    async with opening() as tx:
        (row,) = await tx.rows(select(func.count(metadata.tables[table].c.id).label("n")))
        return row.n
