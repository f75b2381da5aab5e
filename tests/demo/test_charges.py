"""What a price holds is what billing itself would say, and what is charged closes to the last centavo."""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.demo.charges import nets
from barberpro.domains.billing import terms, totals
from barberpro.domains.billing.totals import STANDARD_RATE, Charge

from .conftest import MIDNIGHT, Row

Chain = dict[str, list[Row]]
VALID = {("INVOICE", status) for status in ("DRAFT", "ISSUED", "PAID")}
NOTE = ("CREDIT_NOTE", "ISSUED")
SUMS = ("discount_minor", "net_minor", "tax_minor", "total_minor")


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 10_000_000), min_size=1, max_size=4), max_size=20))
def test_many_receipts_are_split_as_each_alone(receipts: list[list[int]]) -> None:
    of = np.array([n for n, lines in enumerate(receipts) for _ in lines], dtype=np.int64)
    total = np.array([each for lines in receipts for each in lines], dtype=np.int64)
    expected = [
        split.net_minor
        for lines in receipts
        for split in totals.taxed([Charge(each, STANDARD_RATE) for each in lines])
    ]
    assert nets(of, total).tolist() == expected


def lines_of(chain: Chain) -> dict[str, list[Row]]:
    found = defaultdict(list)
    for line in sorted(chain["invoice_lines"], key=lambda line: line["position"]):
        found[line["invoice_id"]].append(line)
    return found


def test_an_invoice_is_the_sum_of_its_lines(chain: Chain) -> None:
    lines = lines_of(chain)
    assert len(lines) == len(chain["invoices"])
    for invoice in chain["invoices"]:
        its = lines[invoice["id"]]
        assert [line["position"] for line in its] == list(range(1, len(its) + 1))
        for name in SUMS:
            assert invoice[name] == sum(line[name] for line in its)
        assert invoice["total_minor"] == invoice["net_minor"] + invoice["tax_minor"] > 0
        for line in its:
            full = line["quantity"] * line["unit_price_minor"]
            assert line["total_minor"] == full - line["discount_minor"]
            assert line["total_minor"] == line["net_minor"] + line["tax_minor"]
    assert max(map(len, lines.values())) > 1
    assert any(line["discount_minor"] for line in chain["invoice_lines"])


def test_a_booking_is_billed_once_at_its_price(chain: Chain) -> None:
    invoices = {row["id"]: row for row in chain["invoices"]}
    names = {row["id"]: row["name"] for row in chain["services"]}
    billed_by: dict[str, Any] = {}
    for line in chain["invoice_lines"]:
        invoice = invoices[line["invoice_id"]]
        if line["booking_id"] and (invoice["kind"], invoice["status"]) in VALID:
            assert line["booking_id"] not in billed_by
            billed_by[line["booking_id"]] = line
    for booking in chain["bookings"]:
        line = billed_by.pop(booking["id"], None)
        assert booking["invoice_id"] == (line and line["invoice_id"])
        if line is None:
            continue
        invoice = invoices[line["invoice_id"]]
        assert booking["status"] == "COMPLETED"
        assert line["unit_price_minor"] == line["total_minor"] == booking["price_minor"]
        assert line["description"] == names[booking["service_id"]]
        for fact in ("location_id", "customer_id", "currency_code"):
            assert invoice[fact] == booking[fact]
        assert invoice["created_at"] > booking["ends_at"]
    assert not billed_by


def test_numbers_have_no_gaps_and_dates_do_not_run_back(chain: Chain) -> None:
    counters = defaultdict(list)
    for invoice in chain["invoices"]:
        if invoice["number"] is not None:
            counters[invoice["location_id"], invoice["kind"]].append(invoice)
    for issued in counters.values():
        issued.sort(key=lambda row: row["number"])
        assert [row["number"] for row in issued] == list(range(1, len(issued) + 1))
        assert all(a["issued_at"] <= b["issued_at"] for a, b in pairwise(issued))
        assert len({row["series"] for row in issued}) == 1
    told = {(row["location_id"], row["kind"]): row for row in chain["invoice_series"]}
    assert told.keys() == counters.keys()
    for counter, row in told.items():
        last = counters[counter][-1]
        kept = row["series"], row["last_number"], row["last_issued_at"]
        assert kept == (last["series"], last["number"], last["issued_at"])
    series = {row["location_id"]: row["series"] for row in chain["invoice_series"]}
    assert sorted(series.values()) == list(range(1, len(series) + 1))


def test_invoices_are_as_billing_would_have_left_them(chain: Chain) -> None:
    shops = {row["id"]: (row["time_zone"], row["province"]) for row in chain["locations"]}
    found = Counter((row["kind"], row["status"]) for row in chain["invoices"])
    assert set(found) == {*VALID, ("INVOICE", "CREDITED"), ("INVOICE", "VOID"), NOTE}
    assert found["INVOICE", "CREDITED"] == found[NOTE] > 10
    for row in chain["invoices"]:
        is_issued = row["status"] not in ("DRAFT", "VOID")
        assert is_issued == (row["issued_at"] is not None) == (row["number"] is not None)
        assert row["created_at"] < MIDNIGHT
        assert (row["paid_at"] is not None) == (row["status"] in ("PAID", "CREDITED"))
        if row["paid_at"]:
            assert row["created_at"] <= row["issued_at"] < row["paid_at"] < MIDNIGHT
        due = None
        if is_issued and row["kind"] == "INVOICE":
            due = terms.due_at(
                row["issued_at"], terms.Terms(row["terms"]), *shops[row["location_id"]]
            )
        assert row["due_at"] == due
    assert {row["terms"] for row in chain["invoices"]} == {each.value for each in terms.Terms}


def test_a_credit_note_takes_back_all_of_an_invoice(chain: Chain) -> None:
    invoices, lines = {row["id"]: row for row in chain["invoices"]}, lines_of(chain)
    again = 0
    for note in chain["invoices"]:
        if note["corrects_id"] is None:
            continue
        wrong = invoices[note["corrects_id"]]
        assert wrong["status"] == "CREDITED"
        assert wrong["paid_at"] < note["created_at"] == note["issued_at"]
        for fact in (*SUMS, "location_id", "customer_id", "terms", "currency_code"):
            assert note[fact] == wrong[fact]
        own = {"id", "invoice_id"}
        copies, originals = (
            [{name: line[name] for name in line.keys() - own} for line in lines[row["id"]]]
            for row in (note, wrong)
        )
        assert copies == originals
        again += any(
            line["booking_id"] == copies[0]["booking_id"]
            and (invoices[line["invoice_id"]]["kind"], invoices[line["invoice_id"]]["status"])
            in VALID
            for line in chain["invoice_lines"]
        )
    assert again > 5
