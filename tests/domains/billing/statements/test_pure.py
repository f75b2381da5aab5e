"""Statements and ages of debts close, whatever happened."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.billing.statements.account import drawn_up
from barberpro.domains.billing.statements.ageing import aged, days_overdue
from barberpro.domains.ledger.service import EntryKind

ZONE = "America/Argentina/Buenos_Aires"
DAY = date(2026, 11, 23)
minor = st.integers(0, 10**12)


def due_until(last: date, zone: str = ZONE) -> datetime:
    """The midnight that ends it, as it is stored."""
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    return midnight.astimezone(UTC)


def debt(days: int, owed: int = 0, refund: int = 0, code: str = "ARS") -> Any:
    """What was to be paid so many days before DAY."""
    return SimpleNamespace(
        due_at=due_until(DAY - timedelta(days=days)),
        time_zone=ZONE,
        currency_code=code,
        owed_minor=owed,
        refund_minor=refund,
    )


@pytest.mark.parametrize(
    ("days", "bucket"),
    [
        (-30, "not_due"),
        (0, "not_due"),
        (1, "to_30"),
        (30, "to_30"),
        (31, "to_60"),
        (60, "to_60"),
        (61, "to_90"),
        (90, "to_90"),
        (91, "over_90"),
    ],
)
def test_a_debt_is_in_the_bucket_of_its_days(days: int, bucket: str) -> None:
    (found,) = aged([debt(days, owed=7)], DAY)
    named = {name: n for name, n in vars(found).items() if name != "currency_code" and n}
    assert named == {f"{bucket}_minor": 7, "total_minor": 7}


@given(st.sampled_from([ZONE, "Europe/Madrid", "Asia/Tokyo", "UTC"]), st.integers(-400, 400))
def test_days_are_those_of_the_shop_also_where_clocks_change(zone: str, days: int) -> None:
    last = DAY - timedelta(days=days)
    assert days_overdue(due_until(last, zone), zone, DAY) == days


@given(st.lists(st.tuples(st.integers(-99, 199), minor, minor, st.sampled_from(["ARS", "USD"]))))
def test_buckets_add_up_to_what_is_owed(made: list[tuple[int, int, int, str]]) -> None:
    found = {each.currency_code: each for each in aged([debt(*each) for each in made], DAY)}
    assert found.keys() == {each[3] for each in made}
    for code, each in found.items():
        mine = [m for m in made if m[3] == code]
        buckets = (each.to_30_minor, each.to_60_minor, each.to_90_minor, each.over_90_minor)
        assert each.not_due_minor + sum(buckets) == sum(m[1] for m in mine)
        assert each.refund_minor == sum(m[2] for m in mine)
        assert each.total_minor == sum(m[1] - m[2] for m in mine)


moves = st.lists(
    st.builds(
        lambda kind, amount, code: SimpleNamespace(
            invoice_id="inv",
            kind=kind,
            effective_on=DAY,
            currency_code=code,
            amount_minor=amount if kind is EntryKind.INVOICE_ISSUED else -amount,
        ),
        st.sampled_from(EntryKind),
        st.integers(1, 10**12),
        st.sampled_from(["ARS", "USD"]),
    )
)


@given(st.dictionaries(st.sampled_from(["ARS", "EUR"]), st.integers(-(10**9), 10**9)), moves)
def test_a_statement_closes(opening: dict[str, int], rows: list[Any]) -> None:
    found = drawn_up(opening, rows)
    codes = {code for code, owed in opening.items() if owed} | {r.currency_code for r in rows}
    assert [each.currency_code for each in found] == sorted(codes)
    for each in found:
        assert each.opening_minor == opening.get(each.currency_code, 0)
        change = each.invoiced_minor - each.credited_minor - each.paid_minor
        assert each.closing_minor == each.opening_minor + change
        last = each.entries[-1].balance_minor if each.entries else each.opening_minor
        assert last == each.closing_minor
        amounts = [r.amount_minor for r in rows if r.currency_code == each.currency_code]
        assert [entry.amount_minor for entry in each.entries] == amounts
