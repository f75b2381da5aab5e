"""Statements of account and ages of debts, as accountants ask for them."""

from pathlib import Path
from typing import Any

import pytest

from barberpro.domains.billing import service as billing
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal

ANALYST = Path(__file__).parents[2] / "schema/operations/analyst"
STATEMENT = """query ($id: ID!, $since: Date!, $until: Date!) { customer(id: $id) {
  statements(since: $since, until: $until) { currencyCode
    opening { amount } invoiced { amount } credited { amount } paid { amount } closing { amount }
    entries { kind on amount { amount } balance { amount } invoice { number } } } } }"""
SUMS = """currencyCode notDue { amount } overdueTo30Days { amount } overdueTo60Days { amount }
  overdueTo90Days { amount } overdueLonger { amount } toRefund { amount } total { amount formatted }"""
RECEIVABLES = f"""query ($shop: ID!, $customer: ID!, $on: Date!) {{
  location(id: $shop) {{ receivables(on: $on) {{ {SUMS} }} }}
  customer(id: $customer) {{ receivables(on: $on) {{ {SUMS} }} }} }}"""


@pytest.fixture
async def issued(chain: Any, done: Any) -> Any:
    line = billing.Line(description="Gel", quantity=1, unit_price=Money(121_000, "ARS"))
    draft = await done(
        lambda tx: billing.create(
            tx, location_id=chain.centro.id, customer_id=chain.carla.id, by_hand=[line]
        )
    )
    return await done(lambda tx: billing.issue(tx, draft.id))


async def test_a_statement_shows_what_was_owed_and_paid(
    ask: Any, chain: Any, done: Any, issued: Any
) -> None:
    await done(lambda tx: billing.pay(tx, issued.id))
    asked = {"id": chain.carla.id, "since": "2026-11-01", "until": "2026-11-30"}
    answer = await ask(STATEMENT, **asked)
    assert answer.errors == []
    (found,) = answer.data["customer"]["statements"]
    number = {"number": "0001-00000001"}
    assert found == {
        "currencyCode": "ARS",
        "opening": {"amount": "0.00"},
        "invoiced": {"amount": "1210.00"},
        "credited": {"amount": "0.00"},
        "paid": {"amount": "1210.00"},
        "closing": {"amount": "0.00"},
        "entries": [
            {
                "kind": "INVOICE_ISSUED",
                "on": "2026-11-23",
                "amount": {"amount": "1210.00"},
                "balance": {"amount": "1210.00"},
                "invoice": number,
            },
            {
                "kind": "INVOICE_PAID",
                "on": "2026-11-23",
                "amount": {"amount": "-1210.00"},
                "balance": {"amount": "0.00"},
                "invoice": number,
            },
        ],
    }
    none = await ask(STATEMENT, **asked | {"since": "2026-12-01", "until": "2026-12-31"})
    assert none.data == {"customer": {"statements": []}}


@pytest.mark.parametrize(
    ("since", "until"), [("2026-11-02", "2026-11-01"), ("2026-01-01", "2027-01-02")]
)
async def test_a_period_that_is_no_statements_is_refused(
    ask: Any, chain: Any, since: str, until: str
) -> None:
    answer = await ask(STATEMENT, id=chain.carla.id, since=since, until=until)
    assert [type(e.original_error).code for e in answer.errors] == ["BAD_USER_INPUT"]


async def test_debts_are_shown_by_age_for_shop_and_customer(
    ask: Any, chain: Any, issued: Any
) -> None:
    asked = {"shop": chain.centro.id, "customer": chain.carla.id}
    late = (await ask(RECEIVABLES, **asked, on="2026-12-24")).data
    zero = {"amount": "0.00"}
    line = {
        "currencyCode": "ARS",
        "notDue": zero,
        "overdueTo30Days": zero,
        "overdueTo60Days": {"amount": "1210.00"},
        "overdueTo90Days": zero,
        "overdueLonger": zero,
        "toRefund": zero,
        "total": {"amount": "1210.00", "formatted": "$1.210,00"},
    }
    assert late == {"location": {"receivables": [line]}, "customer": {"receivables": [line]}}
    before = (await ask(RECEIVABLES, **asked, on="2026-11-22")).data
    assert before == {"location": {"receivables": []}, "customer": {"receivables": []}}


async def test_who_sees_one_shop_sees_only_its_part(
    ask: Any, chain: Any, issued: Any, principal: Principal
) -> None:
    limited = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    asked = {"shop": chain.norte.id, "customer": chain.carla.id, "on": "2026-12-24"}
    answer = await ask(RECEIVABLES, who=limited, **asked)
    assert answer.data["location"] == {"receivables": []}
    assert answer.data["customer"] in (None, {"receivables": []})


async def test_analysts_have_documents_for_both(ask: Any, chain: Any, issued: Any) -> None:
    asked = {"since": "2026-11-01", "until": "2026-11-30"}
    text = (ANALYST / "AccountStatement.graphql").read_text()
    answer = await ask(text, customerId=chain.carla.id, **asked)
    (drawn,) = answer.data["customer"]["statements"]
    assert drawn["closing"] == {"amount": "1210.00"}
    answer = await ask((ANALYST / "Receivables.graphql").read_text(), on="2026-11-30")
    found = {row["name"]: row["receivables"] for row in answer.data["locations"]["nodes"]}
    assert [row["total"] for row in found.pop("Centro")] == [{"amount": "1210.00"}]
    assert found == {"Norte": []}
