"""What amounts mean, written down a second time: what is billed, why, and what accounts come to."""

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from types import SimpleNamespace
from typing import Any


def money(minor: int, currency: str) -> Any:
    """An amount of pesos, as all here are."""
    sign = "-" if minor < 0 else ""
    whole, cents = divmod(abs(minor), 100)
    shown = f"{whole:,}".replace(",", ".")
    return SimpleNamespace(
        amount=f"{sign}{whole}.{cents:02}",
        currency_code=currency,
        formatted=f"{sign}${shown},{cents:02}",
    )


def number(me: Any, invoice: Any) -> str | None:
    if invoice.number is None:
        return None
    return f"{invoice.series:0>4}-{invoice.number:0>8}"


def is_overdue(me: Any, invoice: Any) -> bool:
    due = invoice.due_at
    return invoice.status == "ISSUED" and due is not None and due <= me.world.now


def taxes(me: Any, invoice: Any) -> list[Any]:
    lines = me.where("invoice_lines", invoice_id=invoice.id)
    return [
        SimpleNamespace(
            rate_bps=rate,
            net_minor=sum(x.net_minor for x in lines if x.tax_rate_bps == rate),
            tax_minor=sum(x.tax_minor for x in lines if x.tax_rate_bps == rate),
            currency_code=invoice.currency_code,
        )
        for rate in sorted({line.tax_rate_bps for line in lines})
    ]


SIDES = {"RECEIVABLE": "ASSET", "FUNDS": "ASSET", "VAT_DEBIT": "LIABILITY"}
TAXED = {"REVENUE", "VAT_DEBIT"}


def rate_of(row: Any) -> int | None:
    return int(row.detail) if row.role in TAXED else None


def came_to(me: Any, given: Mapping[str, Any], account: Any) -> list[Any]:
    """What stands on an account when a day had ended."""
    until = date.fromisoformat(given["on"]) if given.get("on") else date.max
    return [
        p for p in me.where("ledger_postings", account_id=account.id) if p.effective_on <= until
    ]


def balances(me: Any, account: Any, given: Mapping[str, Any]) -> list[Any]:
    rows = came_to(me, given, account)
    return [
        money(sum(p.amount_minor for p in rows if p.currency_code == code), code)
        for code in sorted({p.currency_code for p in rows})
    ]


def trial_balance(me: Any, _: Any, given: Mapping[str, Any]) -> list[Any]:
    lines: dict[tuple[str, str, str], list[int]] = {}
    for account in me.all("ledger_accounts"):
        if given.get("locationId") in (None, account.location_id):
            for p in came_to(me, given, account):
                at = (account.role, account.detail, p.currency_code)
                lines.setdefault(at, []).append(p.amount_minor)
    return [
        SimpleNamespace(
            role=role,
            detail=detail,
            currency_code=code,
            debit_minor=sum(n for n in amounts if n > 0),
            credit_minor=-sum(n for n in amounts if n < 0),
            balance_minor=sum(amounts),
        )
        for (role, detail, code), amounts in sorted(lines.items())
    ]


def explanation(me: Any, invoice: Any) -> list[Any]:
    """Each amount with its rule, reckoned in fractions."""
    lines = sorted(me.where("invoice_lines", invoice_id=invoice.id), key=lambda x: x.position)
    made: list[tuple[Any, ...]] = []
    for x in lines:
        full = x.quantity * x.unit_price_minor
        rule = "BOOKED_PRICE" if x.booking_id else "WRITTEN_PRICE"
        made.append((rule, x.position, None, x.unit_price_minor, full))
        made += [("DISCOUNT", x.position, None, full, -x.discount_minor)] * bool(x.discount_minor)
    for rate in sorted({x.tax_rate_bps for x in lines}):
        mine = [x for x in lines if x.tax_rate_bps == rate]
        whole = sum(x.total_minor for x in mine)
        net = round(Fraction(whole * 10_000, 10_000 + rate))
        made.append(("NET_OF_RATE", None, rate, whole, net))
        made.append(("TAX_OF_RATE", None, rate, whole, whole - net))
        for x in mine:
            at, share = (x.position, rate, x.total_minor), net * x.total_minor // (whole or 1)
            made.append(("NET_SHARE", *at, share))
            made += [("NET_REMAINDER", *at, 1)] * (x.net_minor > share)
            made.append(("TAX_SHARE", *at, x.tax_minor))
    return [
        SimpleNamespace(
            rule=rule,
            position=position,
            tax_rate_bps=rate,
            base_minor=base,
            amount_minor=amount,
            currency_code=invoice.currency_code,
        )
        for rule, position, rate, base, amount in made
    ]


OF_MONEY: dict[tuple[str, str], Callable[[Any, Any], Any]] = {
    ("Invoice", "number"): number,
    ("Invoice", "isOverdue"): is_overdue,
    ("Invoice", "taxes"): taxes,
    ("Invoice", "explanation"): explanation,
    ("LedgerAccount", "kind"): lambda me, row: SIDES.get(row.role, "INCOME"),
    ("LedgerAccount", "taxRateBps"): lambda me, row: rate_of(row),
    ("LedgerAccount", "method"): lambda me, row: row.detail if row.role == "FUNDS" else None,
    ("TrialBalanceLine", "taxRateBps"): lambda me, row: rate_of(row),
    ("TrialBalanceLine", "kind"): lambda me, row: SIDES.get(row.role, "INCOME"),
    ("TrialBalanceLine", "method"): lambda me, row: row.detail if row.role == "FUNDS" else None,
}
ASKED: dict[tuple[str, str], Callable[[Any, Any, Mapping[str, Any]], Any]] = {
    ("LedgerAccount", "balances"): balances,
    ("Query", "trialBalance"): trial_balance,
}
"""Those that take arguments."""
