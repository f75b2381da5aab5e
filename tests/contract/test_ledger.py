"""The ledger through the graph, from an invoice to the cent it put where."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from barberpro.domains.billing import service as billing
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal

TRIAL = Path(__file__).parents[2] / "schema/operations/analyst/TrialBalance.graphql"
INVOICE = """query ($id: ID!) { invoice(id: $id) { ledgerTransactions {
  kind key effectiveOn recordedAt location { name } reverses { kind } reversedBy { kind }
  postings { position amount { amount formatted } account {
    role kind taxRateBps method location { name } balances { amount currencyCode }
  } } } } }"""


@pytest.fixture
async def issued(chain: Any, done: Any) -> Any:
    line = billing.Line(description="Gel", quantity=1, unit_price=Money(121_000, "ARS"))
    draft = await done(lambda tx: billing.create(tx, location_id=chain.centro.id, by_hand=[line]))
    return await done(lambda tx: billing.issue(tx, draft.id))


@pytest.fixture
def pay(ask: Any, issued: Any) -> Any:
    async def run(**given: Any) -> Any:
        document = """mutation ($input: InvoicePayInput!) { invoicePay(input: $input) {
          invoice { status } errors { __typename } } }"""
        answer = await ask(document, input={"invoiceId": issued.id, **given})
        assert answer.errors == []
        return answer.data["invoicePay"]

    return run


async def test_an_invoice_shows_what_was_posted_of_it(ask: Any, issued: Any, pay: Any) -> None:
    assert await pay(method="TRANSFER") == {"invoice": {"status": "PAID"}, "errors": []}
    answer = await ask(INVOICE, id=issued.id)
    assert answer.errors == []
    first, second = answer.data["invoice"]["ledgerTransactions"]
    receivable, revenue, vat = first.pop("postings")
    assert first == {
        "kind": "INVOICE_ISSUED",
        "key": f"invoice.issued:{issued.id}",
        "effectiveOn": "2026-11-23",
        "recordedAt": "2026-11-23T13:00:00Z",
        "location": {"name": "Centro"},
        "reverses": None,
        "reversedBy": [],
    }
    assert receivable == {
        "position": 1,
        "amount": {"amount": "1210.00", "formatted": "$1.210,00"},
        "account": {
            "role": "RECEIVABLE",
            "kind": "ASSET",
            "taxRateBps": None,
            "method": None,
            "location": {"name": "Centro"},
            "balances": [{"amount": "0.00", "currencyCode": "ARS"}],
        },
    }
    assert revenue["amount"]["amount"] == "-1000.00"
    assert (revenue["account"]["kind"], revenue["account"]["taxRateBps"]) == ("INCOME", 2100)
    assert vat["amount"]["amount"] == "-210.00"
    assert (vat["account"]["kind"], vat["account"]["taxRateBps"]) == ("LIABILITY", 2100)
    assert second["kind"] == "INVOICE_PAID"
    assert [p["account"]["method"] for p in second["postings"]] == ["TRANSFER", None]


async def test_a_credit_note_and_the_issue_know_each_other(
    ask: Any, done: Any, issued: Any
) -> None:
    note = await done(lambda tx: billing.credit(tx, issued.id))
    shown = (await ask(INVOICE, id=note.id)).data["invoice"]["ledgerTransactions"]
    assert [each["reverses"] for each in shown] == [{"kind": "INVOICE_ISSUED"}]
    shown = (await ask(INVOICE, id=issued.id)).data["invoice"]["ledgerTransactions"]
    assert [each["reversedBy"] for each in shown] == [[{"kind": "INVOICE_CREDITED"}]]


async def test_the_trial_balance_to_the_letter(ask: Any, issued: Any, pay: Any, chain: Any) -> None:
    await pay(method="CASH")
    text = TRIAL.read_text()

    def line(role: str, kind: str, rate: Any, method: Any, *amounts: str) -> dict[str, Any]:
        sides = zip(("debit", "credit", "balance"), amounts, strict=True)
        return {
            "role": role,
            "kind": kind,
            "taxRateBps": rate,
            "method": method,
            "currencyCode": "ARS",
            **{name: {"amount": amount} for name, amount in sides},
        }

    whole = [
        line("FUNDS", "ASSET", None, "CASH", "1210.00", "0.00", "1210.00"),
        line("RECEIVABLE", "ASSET", None, None, "1210.00", "1210.00", "0.00"),
        line("REVENUE", "INCOME", 2100, None, "0.00", "1000.00", "-1000.00"),
        line("VAT_DEBIT", "LIABILITY", 2100, None, "0.00", "210.00", "-210.00"),
    ]
    assert (await ask(text)).data == {"trialBalance": whole}
    assert (await ask(text, on="2026-11-23")).data == {"trialBalance": whole}
    assert (await ask(text, on="2026-11-22")).data == {"trialBalance": []}
    assert (await ask(text, locationId=chain.centro.id)).data == {"trialBalance": whole}
    assert (await ask(text, locationId=chain.norte.id)).data == {"trialBalance": []}


async def test_every_cent_is_explained(ask: Any, issued: Any) -> None:
    document = """query ($id: ID!) { invoice(id: $id) { explanation {
      rule position taxRateBps base { amount } amount { amount } } } }"""
    answer = await ask(document, id=issued.id)
    assert answer.errors == []
    shown = [
        (c["rule"], c["position"], c["taxRateBps"], c["base"]["amount"], c["amount"]["amount"])
        for c in answer.data["invoice"]["explanation"]
    ]
    assert shown == [
        ("WRITTEN_PRICE", 1, None, "1210.00", "1210.00"),
        ("NET_OF_RATE", None, 2100, "1210.00", "1000.00"),
        ("TAX_OF_RATE", None, 2100, "1210.00", "210.00"),
        ("NET_SHARE", 1, 2100, "1210.00", "1000.00"),
        ("TAX_SHARE", 1, 2100, "1210.00", "210.00"),
    ]


async def test_transactions_are_listed_by_day_kind_and_invoice(
    ask: Any, issued: Any, pay: Any, clock: Any
) -> None:
    clock.time = datetime(2026, 11, 25, 13, tzinfo=UTC)
    await pay()
    document = """query ($f: LedgerTransactionFilter) {
      ledgerTransactions(filter: $f) { totalCount nodes { kind } } }"""

    async def kinds(**given: Any) -> list[str]:
        found = (await ask(document, f=given)).data["ledgerTransactions"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["kind"] for node in found["nodes"]]

    assert await kinds() == ["INVOICE_ISSUED", "INVOICE_PAID"]
    assert await kinds(effectiveFrom="2026-11-24") == ["INVOICE_PAID"]
    assert await kinds(effectiveBefore="2026-11-25") == ["INVOICE_ISSUED"]
    assert await kinds(kind=["INVOICE_PAID"], invoiceId=issued.id) == ["INVOICE_PAID"]
    assert await kinds(invoiceId="inv_01h455vb4pex5vsknk084sn02q") == []


async def test_who_is_limited_to_another_shop_sees_none_of_it(
    ask: Any, issued: Any, chain: Any, principal: Principal
) -> None:
    at_norte = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    document = """{ trialBalance { role } ledgerAccounts { nodes { id } }
      ledgerTransactions { nodes { id } } }"""
    assert (await ask(document, who=at_norte)).data == {
        "trialBalance": [],
        "ledgerAccounts": {"nodes": []},
        "ledgerTransactions": {"nodes": []},
    }
    seen = (await ask(document)).data
    assert [len(seen["trialBalance"]), len(seen["ledgerAccounts"]["nodes"])] == [3, 3]
