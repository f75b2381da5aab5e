"""What becomes of an invoice stands in the ledger, in the same transaction, to the last centavo."""

import asyncio
from collections import defaultdict
from datetime import date
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.billing import service as billing
from barberpro.domains.billing.errors import NotAnInvoice, WrongInvoiceStatus
from barberpro.domains.ledger import service
from barberpro.domains.ledger.chart import Method
from barberpro.platform.money import Money
from barberpro.platform.tables import metadata

from ...chain import open_shop


def line(price: int, **other: Any) -> billing.Line:
    usual: dict[str, Any] = {"description": "Gel", "quantity": 1, "unit_price": Money(price, "ARS")}
    return billing.Line(**usual | other)


@pytest.fixture
def book(done: Any) -> Any:
    """`await book()`: every posting of this test's tenant as (kind, day, role, detail, amount), in order."""
    a, t, p = (
        metadata.tables[f"ledger_{name}"] for name in ("accounts", "transactions", "postings")
    )
    wanted = (
        select(t.c.kind, t.c.effective_on, a.c.role, a.c.detail, p.c.amount_minor)
        .join(t, t.c.id == p.c.transaction_id)
        .join(a, a.c.id == p.c.account_id)
        .order_by(p.c.transaction_id, p.c.position)
    )

    async def read() -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await done(lambda tx: tx.rows(wanted))]

    return read


@pytest.fixture
def issued(done: Any, chain: Any) -> Any:
    async def issue(*lines: billing.Line) -> Any:
        draft = await done(
            lambda tx: billing.create(tx, location_id=chain.centro.id, by_hand=lines)
        )
        return await done(lambda tx: billing.issue(tx, draft.id))

    return issue


DAY = date(2026, 11, 23)


async def test_an_invoice_is_posted_by_rate_with_its_discount_beside_it(
    issued: Any, book: Any
) -> None:
    """At 21 %: 13000.00 less 520.00 is 10314.05 and 2165.95; the discount is 429.75 without its tax."""
    await issued(line(1_300_000, discount=Money(52_000, "ARS")), line(100_005, tax_rate_bps=1050))
    assert await book() == [
        ("INVOICE_ISSUED", DAY, "RECEIVABLE", "", 1_348_005),
        ("INVOICE_ISSUED", DAY, "DISCOUNTS", "", 42_975),
        ("INVOICE_ISSUED", DAY, "REVENUE", "2100", -1_031_405 - 42_975),
        ("INVOICE_ISSUED", DAY, "VAT_DEBIT", "2100", -216_595),
        ("INVOICE_ISSUED", DAY, "REVENUE", "1050", -90_502),
        ("INVOICE_ISSUED", DAY, "VAT_DEBIT", "1050", -9_503),
    ]


async def test_a_draft_and_one_thrown_away_are_not_posted(done: Any, chain: Any, book: Any) -> None:
    draft = await done(
        lambda tx: billing.create(tx, location_id=chain.centro.id, by_hand=[line(100)])
    )
    await done(lambda tx: billing.void(tx, draft.id))
    assert await book() == []


async def test_what_is_paid_is_posted_by_how_it_was_received(
    issued: Any, done: Any, book: Any, clock: Any
) -> None:
    invoice = await issued(line(1_210))
    clock.forward(hours=15)  # after midnight in Buenos Aires
    await done(lambda tx: billing.pay(tx, invoice.id, method=Method.TRANSFER))
    assert (await book())[3:] == [
        ("INVOICE_PAID", date(2026, 11, 24), "FUNDS", "TRANSFER", 1_210),
        ("INVOICE_PAID", date(2026, 11, 24), "RECEIVABLE", "", -1_210),
    ]


async def test_a_credit_note_takes_the_issue_back_and_leaves_the_money(
    issued: Any, done: Any, book: Any, stored_transactions: Any
) -> None:
    invoice = await issued(line(1_210))
    await done(lambda tx: billing.pay(tx, invoice.id))
    note = await done(lambda tx: billing.credit(tx, invoice.id))
    assert (await book())[5:] == [
        ("INVOICE_CREDITED", DAY, "RECEIVABLE", "", -1_210),
        ("INVOICE_CREDITED", DAY, "REVENUE", "2100", 1_000),
        ("INVOICE_CREDITED", DAY, "VAT_DEBIT", "2100", 210),
    ]
    first, _, last = await stored_transactions()
    assert (first.invoice_id, last.invoice_id, last.reverses_id) == (invoice.id, note.id, first.id)


@pytest.fixture
def stored_transactions(done: Any) -> Any:
    table = metadata.tables["ledger_transactions"]

    async def read() -> Any:
        return await done(lambda tx: tx.rows(select(table).order_by(table.c.id)))

    return read


async def test_a_step_that_is_refused_is_not_posted(issued: Any, refused: Any, done: Any) -> None:
    invoice = await issued(line(1_210))
    await done(lambda tx: billing.pay(tx, invoice.id))
    await refused(
        lambda tx: billing.pay(tx, invoice.id),
        WrongInvoiceStatus,
        from_status="PAID",
        to_status="PAID",
    )


async def test_many_first_issues_at_once_open_each_account_once(
    opening: Any, done: Any, chain: Any
) -> None:
    async def whole(n: int) -> None:
        async with opening() as tx:
            lines = [line(100 + n), line(100, tax_rate_bps=1050)]
            draft = await billing.create(tx, location_id=chain.centro.id, by_hand=lines)
            await billing.issue(tx, draft.id)
            await billing.pay(tx, draft.id, method=list(Method)[n % 5])

    async with asyncio.timeout(60):
        await asyncio.gather(*[whole(n) for n in range(16)])
    accounts = metadata.tables["ledger_accounts"]
    rows = await done(lambda tx: tx.rows(select(accounts.c.role, accounts.c.detail)))
    assert sorted(map(tuple, rows)) == [
        *[("FUNDS", way) for way in sorted(Method)],
        ("RECEIVABLE", ""),
        *[(role, rate) for role in ("REVENUE", "VAT_DEBIT") for rate in ("1050", "2100")],
    ]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_the_ledger_agrees_with_the_invoices(
    opening: Any, done: Any, seed: int
) -> None:
    """Random steps at two shops in two currencies, some of them refused or rolled back."""
    rng = Random(seed)
    async with opening() as tx:
        shops = [await open_shop(tx, f"Sucursal {n}") for n in range(2)]
    known: list[str] = []
    for _ in range(60):
        act = rng.choice(["create", "issue", "pay", "credit", "void", "issue", "pay"])
        try:
            async with opening() as tx:
                if act == "create" or not known:
                    known.append(await draft(tx, rng.choice(shops).id, rng))
                else:
                    await getattr(billing, act)(tx, rng.choice(known))
                if rng.random() < 0.1:
                    raise Undone
        except (WrongInvoiceStatus, NotAnInvoice, Undone):
            known = [row.id for row in await invoices(done)]
    owed: dict[tuple[str, str], int] = defaultdict(int)
    revenue: dict[str, int] = defaultdict(int)
    for row in await invoices(done):
        sign = -1 if row.kind == "CREDIT_NOTE" else 1
        if row.number is not None:
            owed[row.location_id, row.currency_code] += sign * row.total_minor
            revenue[row.currency_code] -= sign * row.net_minor
        if row.paid_at is not None:
            owed[row.location_id, row.currency_code] -= row.total_minor
    rows = await done(lambda tx: tx.rows(service.owed()))
    found = {(row.location_id, row.currency_code): row.balance_minor for row in rows}
    assert {at: n for at, n in found.items() if n} == {at: n for at, n in owed.items() if n}
    trial = await done(lambda tx: tx.rows(service.trial_balance(), {"until": date.max}))
    sums: dict[str, int] = defaultdict(int)
    for row in trial:
        sums[row.currency_code] += row.debit_minor - row.credit_minor
        if row.role in ("REVENUE", "DISCOUNTS"):
            revenue[row.currency_code] -= row.balance_minor
    assert not any(sums.values())
    assert not any(revenue.values())
    assert len(trial) > 5
    assert await done(lambda tx: tx.rows(service.astray())) == []


class Undone(Exception):
    """Rolls a transaction back."""


async def draft(tx: Any, location: str, rng: Random) -> str:
    code = rng.choice(["ARS", "USD"])
    lines = []
    for _ in range(rng.randint(1, 4)):
        price = rng.randint(1, 10 ** rng.randint(1, 7))
        lines.append(
            line(
                price,
                unit_price=Money(price, code),
                quantity=rng.randint(1, 3),
                discount=Money(rng.randint(0, price - 1), code),
                tax_rate_bps=rng.choice([0, 250, 500, 1050, 2100, 2700]),
            )
        )
    return (await billing.create(tx, location_id=location, by_hand=lines)).id


async def invoices(done: Any) -> Any:
    table = metadata.tables["invoices"]
    return await done(lambda tx: tx.rows(select(table)))
