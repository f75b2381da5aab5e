"""What may become of an invoice: the machine as a table, and each step through the service."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from barberpro.domains.billing import service
from barberpro.domains.billing.errors import InvoiceNotFound, NotAnInvoice, WrongInvoiceStatus
from barberpro.domains.billing.lifecycle import STEPS, Change, Status, after
from barberpro.domains.billing.terms import Terms
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.errors import NotBillable
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal

from .conftest import gel

# From each status, what each step makes of it; None where it is refused.
TABLE = {
    "DRAFT": {"issue": "ISSUED", "void": "VOID"},
    "ISSUED": {"pay": "PAID", "credit": "CREDITED"},
    "PAID": {"credit": "CREDITED"},
    "CREDITED": {},
    "VOID": {},
}
ENDS = {"issue": "ISSUED", "void": "VOID", "pay": "PAID", "credit": "CREDITED"}
LEADING_TO = {
    "DRAFT": [],
    "ISSUED": ["issue"],
    "PAID": ["issue", "pay"],
    "CREDITED": ["issue", "credit"],
    "VOID": ["void"],
}
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
SOME = "01h455vb4pex5vsknk084sn02q"


def step(invoice_id: str, name: str) -> Any:
    return lambda tx: getattr(service, name)(tx, invoice_id)


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("status", TABLE)
async def test_each_step_from_each_status(
    drafted: Any, done: Any, refused: Any, stored: Any, status: str, name: str
) -> None:
    invoice = await drafted()
    for earlier in LEADING_TO[status]:
        await done(step(invoice.id, earlier))
    outcome = TABLE[status].get(name)
    if outcome is None:
        facts = {"from_status": status, "to_status": ENDS[name]}
        await refused(step(invoice.id, name), WrongInvoiceStatus, **facts)
        return
    await done(step(invoice.id, name))
    ((reached,),) = [[row.status for row in await stored("invoices", id=invoice.id)]]
    assert reached == outcome


def test_the_machine_is_the_table() -> None:
    called = {
        Change.ISSUED: "issue",
        Change.VOIDED: "void",
        Change.PAID: "pay",
        Change.CREDITED: "credit",
    }
    assert set(STEPS) == set(Change) == set(called)
    for status in Status:
        allowed = {called[c]: after(status, c) for c in STEPS if status in STEPS[c].starts}
        assert allowed == TABLE[status]


async def test_issuing_gives_a_number_and_the_dates(
    chain: Any, drafted: Any, done: Any, two_cuts: Any, told: Any, clock: Any
) -> None:
    draft = await drafted(booking_ids=[two_cuts[0].id], terms=Terms.NET_15)
    clock.forward(days=1)
    invoice = await done(step(draft.id, "issue"))
    due = datetime(2026, 12, 10, 3, 0, tzinfo=UTC)  # the midnight after the 9th, in Buenos Aires
    assert invoice._asdict() == draft._asdict() | {
        "status": "ISSUED",
        "series": 1,
        "number": 1,
        "issued_at": NOW + timedelta(days=1),
        "due_at": due,
    }
    assert (await told(draft.id))[1:] == [
        (
            "invoice.issued",
            draft.id,
            {
                "subject": draft.id,
                "location_id": chain.centro.id,
                "customer_id": chain.carla.id,
                "series": 1,
                "number": 1,
                "total_minor": 1_250_000,
                "currency_code": "ARS",
                "issued_at": "2026-11-24T13:00:00Z",
                "due_at": "2026-12-10T03:00:00Z",
            },
        )
    ]


async def test_a_booking_called_off_since_is_not_billed(
    drafted: Any, done: Any, refused: Any, two_cuts: Any
) -> None:
    draft = await drafted(booking_ids=[b.id for b in two_cuts])
    await done(lambda tx: bookings.cancel(tx, two_cuts[1].id))
    facts = {"booking_id": two_cuts[1].id, "from_status": "CANCELLED"}
    await refused(step(draft.id, "issue"), NotBillable, **facts)
    assert (await done(step(draft.id, "void"))).status == "VOID"


async def test_paying_says_when(issued: Any, done: Any, told: Any, clock: Any) -> None:
    invoice = await issued()
    clock.forward(hours=1)
    paid = await done(step(invoice.id, "pay"))
    assert paid._asdict() == invoice._asdict() | {"status": "PAID", "paid_at": clock.time}
    assert (await told(invoice.id))[-1] == (
        "invoice.paid",
        invoice.id,
        {
            "subject": invoice.id,
            "location_id": invoice.location_id,
            "customer_id": None,
            "total_minor": 484_000,
            "currency_code": "ARS",
        },
    )


async def test_a_draft_thrown_away_frees_its_bookings_and_takes_no_number(
    drafted: Any, done: Any, stored: Any, two_cuts: Any, told: Any
) -> None:
    wanted = [b.id for b in two_cuts]
    draft = await drafted(booking_ids=wanted)
    void = await done(step(draft.id, "void"))
    assert void._asdict() == draft._asdict() | {"status": "VOID"}
    assert [b.invoice_id for b in await stored("bookings")] == [None, None]
    assert await stored("invoice_series") == []
    assert (await told(draft.id))[-1] == (
        "invoice.voided",
        draft.id,
        {"subject": draft.id, "location_id": draft.location_id, "booking_ids": wanted},
    )
    again = await drafted(booking_ids=wanted)
    assert {b.invoice_id for b in await stored("bookings")} == {again.id}


async def test_a_credit_note_takes_back_all_of_an_invoice(
    issued: Any, drafted: Any, done: Any, stored: Any, two_cuts: Any, told: Any, clock: Any
) -> None:
    wanted = [b.id for b in two_cuts]
    by_hand = [gel(1_001, quantity=3, discount=Money(2, "ARS"), tax_rate_bps=1050)]
    invoice = await issued(booking_ids=wanted, by_hand=by_hand, terms=Terms.NET_7)
    clock.forward(days=40)
    note = await done(step(invoice.id, "credit"))
    assert note._asdict() == invoice._asdict() | {
        "id": note.id,
        "corrects_id": invoice.id,
        "kind": "CREDIT_NOTE",
        "status": "ISSUED",
        "issued_at": clock.time,
        "created_at": clock.time,
        "due_at": None,
    }
    assert (note.series, note.number) == (1, 1)  # credit notes count for themselves
    same = {"id", "invoice_id"}
    charged, back = [
        [
            {k: v for k, v in row._asdict().items() if k not in same}
            for row in sorted(await stored("invoice_lines", invoice_id=i), key=lambda r: r.position)
        ]
        for i in (invoice.id, note.id)
    ]
    assert len(back) == 3
    assert back == charged
    assert [b.invoice_id for b in await stored("bookings")] == [None, None]
    assert (await told(invoice.id))[-1] == (
        "invoice.credited",
        invoice.id,
        {
            "subject": invoice.id,
            "location_id": invoice.location_id,
            "customer_id": invoice.customer_id,
            "booking_ids": wanted,
            "credit_note_id": note.id,
            "total_minor": invoice.total_minor,
            "currency_code": "ARS",
        },
    )
    assert [event.type for event in await told(note.id)] == ["credit_note.issued"]
    assert (await drafted(booking_ids=wanted)).status == "DRAFT"


async def test_what_was_paid_stays_known_when_it_is_credited(
    issued: Any, done: Any, stored: Any, clock: Any
) -> None:
    invoice = await issued()
    await done(step(invoice.id, "pay"))
    await done(step(invoice.id, "credit"))
    (credited,) = await stored("invoices", id=invoice.id)
    assert (credited.status, credited.paid_at) == ("CREDITED", clock.time)


@pytest.mark.parametrize("name", ["pay", "credit"])
async def test_a_credit_note_is_neither_paid_nor_credited(
    issued: Any, done: Any, refused: Any, name: str
) -> None:
    invoice = await issued()
    note = await done(step(invoice.id, "credit"))
    await refused(step(note.id, name), NotAnInvoice, invoice_id=note.id)


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("unknown", [f"inv_{SOME}", f"bkg_{SOME}", "", "x" * 99])
async def test_what_is_not_there_is_not_found(refused: Any, name: str, unknown: str) -> None:
    await refused(step(unknown, name), InvoiceNotFound, invoice_id=unknown[:40])


@pytest.mark.parametrize("name", ENDS)
async def test_who_is_limited_to_another_shop_finds_no_invoice(
    chain: Any, issued: Any, principal: Principal, refused: Any, name: str
) -> None:
    invoice = await issued()
    at_norte = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    await refused(step(invoice.id, name), InvoiceNotFound, who=at_norte, invoice_id=invoice.id)
