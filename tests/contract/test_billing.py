"""Invoices through the graph: the registered operations to the letter, and all that hangs on them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from graphql import parse

from barberpro.domains.billing import service
from barberpro.domains.bookings import service as bookings
from barberpro.graph.errors import code_of
from barberpro.graph.execute import BadVariables
from barberpro.graph.plan import plan
from barberpro.platform.principal import Principal

ELEVEN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
GEL = {"description": "Gel", "unitPrice": {"amount": "4840.00", "currencyCode": "ARS"}}
UNKNOWN = "inv_01h455vb4pex5vsknk084sn02q"


@pytest.fixture
def cut(chain, done):
    """`await cut(day)` is a cut of Carla's with Ana, so many days from now."""

    async def book(day=0, **other):
        starts = ELEVEN + timedelta(days=day)
        return await done(lambda tx: bookings.create(tx, **chain.asks(starts_at=starts, **other)))

    return book


@pytest.fixture
def issue(ask, documents):
    """`await issue(draft={…})` runs the registered InvoiceIssue; gives the invoice and the errors."""

    async def run(**given):
        answer = await ask(documents["InvoiceIssue"], input=given)
        assert answer.errors == []
        payload = answer.data["invoiceIssue"]
        return payload["invoice"], payload["errors"]

    return run


@pytest.fixture
def act(ask):
    """`await act("invoicePay", invoiceId=…)` runs a mutation; gives the invoice and the errors."""

    async def run(name, asks="id number status kind", **given):
        title = name[0].upper() + name[1:]
        document = f"""mutation ($input: {title}Input!) {{ {name}(input: $input) {{
          invoice {{ {asks} }} errors {{ __typename ... on UserError {{ code message field }} }}
        }} }}"""
        answer = await ask(document, input=given)
        assert answer.errors == []
        return answer.data[name]["invoice"], answer.data[name]["errors"]

    return run


async def test_an_invoice_is_read_to_the_letter(ask, documents, chain, cut, issue):
    visit = await cut()
    gel = GEL | {"quantity": 2, "discount": {"amount": "80.00", "currencyCode": "ARS"}}
    made, errors = await issue(
        draft={
            "locationId": chain.centro.id,
            "bookingIds": [visit.id],
            "lines": [gel | {"taxRateBps": 1050}],
            "terms": "NET_15",
        }
    )
    assert errors == []
    answer = await ask(documents["InvoiceById"], id=made["id"])
    assert answer.statements == 2  # the invoice, and its lines
    assert answer.data["invoice"] == {
        "id": made["id"],
        "number": "0001-00000001",
        "status": "ISSUED",
        "issuedAt": "2026-11-23T13:00:00Z",
        "dueAt": "2026-12-10T03:00:00Z",
        "terms": "NET_15",
        "currencyCode": "ARS",
        "net": {"amount": "19018.36"},  # 12500 / 1.21 = 10330.58, and 9600 / 1.105 = 8687.78
        "tax": {"amount": "3081.64"},
        "total": {"amount": "22100.00", "currencyCode": "ARS"},
        "lines": [
            {
                "description": "Corte",
                "quantity": 1,
                "unitPrice": {"amount": "12500.00"},
                "discount": {"amount": "0.00"},
                "taxRateBps": 2100,
                "total": {"amount": "12500.00"},
            },
            {
                "description": "Gel",
                "quantity": 2,
                "unitPrice": {"amount": "4840.00"},
                "discount": {"amount": "80.00"},
                "taxRateBps": 1050,
                "total": {"amount": "9600.00"},
            },
        ],
    }


async def test_reading_an_invoice_takes_two_statements_however_long_it_is(
    ask, documents, chain, issue
):
    made, _ = await issue(draft={"locationId": chain.centro.id, "lines": [GEL] * 200})
    answer = await ask(documents["InvoiceById"], id=made["id"])
    assert (answer.statements, len(answer.data["invoice"]["lines"])) == (2, 200)


async def test_a_partner_bills_bookings_in_one_call(ask, chain, cut, issue):
    visits = [await cut(0), await cut(1)]
    wanted = [visit.id for visit in visits]
    made, errors = await issue(draft={"locationId": chain.centro.id, "bookingIds": wanted})
    assert errors == []
    assert made == {
        "id": made["id"],
        "number": "0001-00000001",
        "status": "ISSUED",
        "total": {"amount": "25000.00", "currencyCode": "ARS"},
    }
    board = "{ bookings { nodes { id invoice { id number } } } }"
    assert (await ask(board)).data["bookings"]["nodes"] == [
        {"id": each, "invoice": {"id": made["id"], "number": "0001-00000001"}} for each in wanted
    ]
    again, (error,) = await issue(draft={"locationId": chain.centro.id, "bookingIds": wanted})
    assert again is None
    assert error == {
        "__typename": "AlreadyBilled",
        "code": "ALREADY_BILLED",
        "message": f"El turno {wanted[0]} ya está en la factura {made['id']}."
        " Primero anulá o acreditá esa factura.",
        "field": ["draft", "bookingIds"],
    }


async def test_a_draft_is_issued_once(act, issue, chain):
    draft, errors = await act(
        "invoiceCreate", draft={"locationId": chain.centro.id, "lines": [GEL]}
    )
    assert errors == []
    assert draft == {"id": draft["id"], "number": None, "status": "DRAFT", "kind": "INVOICE"}
    made, errors = await issue(invoiceId=draft["id"])
    assert errors == []
    assert (made["id"], made["number"]) == (draft["id"], "0001-00000001")
    again, (error,) = await issue(invoiceId=draft["id"])
    assert again is None
    assert error == {
        "__typename": "WrongInvoiceStatus",
        "code": "WRONG_INVOICE_STATUS",
        "message": "Una factura en estado ISSUED no puede pasar a ISSUED.",
        "field": ["invoiceId"],
    }


@pytest.mark.parametrize("both", [True, False])
async def test_what_to_issue_is_said_in_one_way(ask, documents, chain, both):
    draft = {"locationId": chain.centro.id, "lines": [GEL]}
    given = {"invoiceId": UNKNOWN, "draft": draft} if both else {"draft": None}
    answer = await ask(documents["InvoiceIssue"], input=given)
    assert [code_of(error) for error in answer.errors] == ["BAD_USER_INPUT"]
    assert (await ask("{ invoices { totalCount } }")).data == {"invoices": {"totalCount": 0}}


async def test_the_same_key_issues_once(ask, chain, issue):
    draft = {"locationId": chain.centro.id, "lines": [GEL]}
    first, _ = await issue(draft=draft, idempotencyKey="caja-1")
    assert await issue(draft=draft, idempotencyKey="caja-1") == (first, [])
    other, _ = await issue(draft=draft, idempotencyKey="caja-2")
    assert (first["number"], other["number"]) == ("0001-00000001", "0001-00000002")
    _, (error,) = await issue(draft=draft | {"terms": "NET_7"}, idempotencyKey="caja-1")
    assert (error["code"], error["field"]) == ("IDEMPOTENCY_KEY_REUSED", ["idempotencyKey"])


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"lines": []}, "NO_LINES", "draft"),
        ({"lines": [GEL | {"quantity": 0}]}, "QUANTITY_OUT_OF_RANGE", "draft.lines"),
        ({"lines": [GEL | {"taxRateBps": 2000}]}, "UNKNOWN_TAX_RATE", "draft.lines"),
        (
            {"lines": [GEL | {"unitPrice": {"amount": "1.005", "currencyCode": "ARS"}}]},
            "AMOUNT_INEXACT",
            "draft.lines",
        ),
        (
            {"lines": [GEL | {"unitPrice": {"amount": "-1.00", "currencyCode": "ARS"}}]},
            "UNIT_PRICE_OUT_OF_RANGE",
            "draft.lines",
        ),
        (
            {"lines": [GEL | {"unitPrice": {"amount": "1.00", "currencyCode": "QQQ"}}]},
            "UNKNOWN_CURRENCY",
            "draft.lines",
        ),
        ({"locationId": "loc"}, "LOCATION_NOT_FOUND", "draft.locationId"),
        ({"customerId": "cus"}, "CUSTOMER_NOT_FOUND", "draft.customerId"),
        ({"bookingIds": ["bkg"]}, "BOOKING_NOT_FOUND", "draft.bookingIds"),
    ],
)
async def test_a_refusal_says_where_in_the_input(ask, chain, issue, change, code, field):
    draft = {"locationId": chain.centro.id, "lines": [GEL]} | change
    made, (error,) = await issue(draft=draft)
    assert made is None
    assert (error["code"], error["field"]) == (code, field.split("."))
    assert (await ask("{ invoices { totalCount } }")).data == {"invoices": {"totalCount": 0}}


async def test_thirty_decimals_are_no_amount(ask, documents, chain):
    price = {"amount": "1." + "0" * 29 + "1", "currencyCode": "ARS"}
    draft = {"locationId": chain.centro.id, "lines": [GEL | {"unitPrice": price}]}
    with pytest.raises(BadVariables, match="Decimal must be a string"):
        await ask(documents["InvoiceIssue"], input={"draft": draft})


async def test_paid_void_and_credited(ask, act, issue, chain, cut, clock):
    visit = await cut()
    draft = {"locationId": chain.centro.id, "bookingIds": [visit.id]}
    thrown, _ = await act("invoiceCreate", draft=draft)
    assert (await act("invoiceVoid", invoiceId=thrown["id"]))[0]["status"] == "VOID"
    made, _ = await issue(draft=draft)
    clock.forward(hours=2)
    paid, _ = await act("invoicePay", "status paidAt", invoiceId=made["id"])
    assert paid == {"status": "PAID", "paidAt": "2026-11-23T15:00:00Z"}
    note, _ = await act(
        "invoiceCredit",
        "id number kind status dueAt total { amount } corrects { id status creditNotes { number } }",
        invoiceId=made["id"],
    )
    assert note == {
        "id": note["id"],
        "number": "0001-00000001",
        "kind": "CREDIT_NOTE",
        "status": "ISSUED",
        "dueAt": None,
        "total": {"amount": "12500.00"},
        "corrects": {
            "id": made["id"],
            "status": "CREDITED",
            "creditNotes": [{"number": "0001-00000001"}],
        },
    }
    _, (error,) = await act("invoicePay", invoiceId=note["id"])
    assert (error["code"], error["field"]) == ("NOT_AN_INVOICE", ["invoiceId"])
    free = await ask("query ($id: ID!) { booking(id: $id) { invoice { id } } }", id=visit.id)
    assert free.data == {"booking": {"invoice": None}}


ALL = """{ invoices(orderBy: { field: CREATED_AT, direction: DESC }) { nodes {
  series taxes { rateBps net { amount } tax { amount } } discount { amount } isOverdue
  location { name } customer { name } corrects { id } creditNotes { id }
  bookings { id } lines { position booking { id } net { amount } tax { amount } }
} } }"""


async def test_everything_about_invoices_in_one_statement_a_relation(ask, chain, cut, issue, clock):
    for day in range(3):
        visit = await cut(day)
        lines = [GEL | {"taxRateBps": 1050}, GEL]
        await issue(draft={"locationId": chain.centro.id, "bookingIds": [visit.id], "lines": lines})
    answer = await ask(ALL)
    # The page with locations, customers and what it corrects; taxes, credit notes, bookings; lines with their bookings.
    assert answer.statements == 5
    latest = answer.data["invoices"]["nodes"][0]
    assert len(answer.data["invoices"]["nodes"]) == 3
    assert latest == {
        "series": 1,
        "taxes": [
            {"rateBps": 1050, "net": {"amount": "4380.09"}, "tax": {"amount": "459.91"}},
            {"rateBps": 2100, "net": {"amount": "14330.58"}, "tax": {"amount": "3009.42"}},
        ],
        "discount": {"amount": "0.00"},
        "isOverdue": False,
        "location": {"name": "Centro"},
        "customer": {"name": "Carla"},
        "corrects": None,
        "creditNotes": [],
        "bookings": [{"id": visit.id}],
        "lines": [
            {
                "position": 1,
                "booking": {"id": visit.id},
                "net": {"amount": "10330.58"},
                "tax": {"amount": "2169.42"},
            },
            {
                "position": 2,
                "booking": None,
                "net": {"amount": "4380.09"},
                "tax": {"amount": "459.91"},
            },
            {
                "position": 3,
                "booking": None,
                "net": {"amount": "4000.00"},
                "tax": {"amount": "840.00"},
            },
        ],
    }
    clock.forward(days=1)
    overdue = (await ask("{ invoices { nodes { isOverdue } } }")).data["invoices"]["nodes"]
    assert overdue == [{"isOverdue": True}] * 3


async def test_invoices_hang_on_their_location_and_customer_and_are_filtered(
    ask, chain, cut, issue, act
):
    visit = await cut()
    await issue(draft={"locationId": chain.centro.id, "bookingIds": [visit.id]})
    await act("invoiceCreate", draft={"locationId": chain.norte.id, "lines": [GEL]})
    found = await ask(
        """query ($centro: ID!, $carla: ID!) {
          location(id: $centro) { invoices { nodes { number } } }
          customer(id: $carla) { invoices(filter: { issuedFrom: "2026-11-23T13:00:00Z",
            issuedBefore: "2026-11-23T13:00:01Z", dueBefore: "2026-11-24T03:00:01Z" }) { totalCount } }
          drafts: invoices(filter: { status: [DRAFT, VOID] }) { nodes { location { name } } }
          notes: invoices(filter: { kind: CREDIT_NOTE }) { totalCount }
          there: invoices(filter: { locationId: $centro, customerId: $carla }) { totalCount }
        }""",
        centro=chain.centro.id,
        carla=chain.carla.id,
    )
    assert found.data == {
        "location": {"invoices": {"nodes": [{"number": "0001-00000001"}]}},
        "customer": {"invoices": {"totalCount": 1}},
        "drafts": {"nodes": [{"location": {"name": "Norte"}}]},
        "notes": {"totalCount": 0},
        "there": {"totalCount": 1},
    }


SEEN = """query ($id: ID!) { invoice(id: $id) { id } invoices { nodes { id lines { id } } }
  node(id: $id) { id } bookings { nodes { invoice { id } } } }"""


async def test_who_is_limited_to_a_shop_sees_the_invoices_of_that_one(
    ask, documents, chain, principal, stranger, cut, done
):
    visit = await cut()
    draft = await done(
        lambda tx: service.create(tx, location_id=chain.centro.id, booking_ids=[visit.id])
    )
    nothing = {"invoice": None, "invoices": {"nodes": []}, "node": None, "bookings": {"nodes": []}}
    at_norte = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    for who in (at_norte, stranger):
        assert (await ask(SEEN, who=who, id=draft.id)).data == nothing
    at_centro = Principal(**{**vars(principal), "locations": frozenset({chain.centro.id})})
    seen = (await ask(SEEN, who=at_centro, id=draft.id)).data
    assert seen["invoice"] == seen["node"] == {"id": draft.id}
    assert len(seen["invoices"]["nodes"][0]["lines"]) == 1
    assert seen["bookings"]["nodes"] == [{"invoice": {"id": draft.id}}]


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("InvoiceById", {"billing:read"}),
        ("InvoiceIssue", {"billing:read", "billing:write"}),
        (
            "BookingBoard",
            {"billing:read", "bookings:read", "catalogue:read", "locations:read", "people:read"},
        ),
        ("ChainOverview", {"billing:read", "bookings:read", "locations:read", "people:read"}),
    ],
)
def test_what_a_caller_must_be_allowed(graph, documents, name, scopes):
    document = parse(documents[name])
    assert plan(graph, document, document.definitions[0]).requires.always == scopes


def test_registered_documents_are_the_contracts_own_words_but_for_the_authorization(documents):
    shared = Path(__file__).parents[3] / "shared" / "contract" / "operations.graphql"
    if not shared.exists():
        pytest.skip("the contract's own file is not beside this checkout")
    text = shared.read_text()
    for before in (
        "    authorization { cae expiresOn qrUrl }\n",
        " authorization { cae expiresOn qrUrl }",
    ):
        text = text.replace(before, "")
    for name in ("InvoiceById", "InvoiceIssue"):
        assert documents[name] in text, name
