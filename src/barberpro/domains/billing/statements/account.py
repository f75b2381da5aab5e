"""A customer's statement of account: what was owed, what changed it, and what is owed then. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from barberpro.domains.ledger.service import EntryKind


@dataclass(frozen=True)
class Move:
    """Something that changed what is owed. `balance_minor` is what was owed right after it."""

    invoice_id: str
    kind: str
    on: date
    currency_code: str
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True)
class Statement:
    """What a customer owed in one currency as a period began and ended, in minor units; below zero is owed to them."""

    currency_code: str
    opening_minor: int
    invoiced_minor: int
    credited_minor: int
    paid_minor: int
    closing_minor: int
    entries: list[Move]


def drawn_up(opening: Mapping[str, int], rows: Iterable[Any]) -> list[Statement]:
    """A statement for each currency, of what was owed in it before and of rows of `service.moved` in their order.

    Invoiced less credited less paid is what lies between opening and closing. None in a currency that has neither a
    balance nor a move.
    """
    by_currency: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_currency[row.currency_code].append(row)
    owed = {code for code, minor in opening.items() if minor}
    return [
        _statement(code, opening.get(code, 0), by_currency[code])
        for code in sorted(owed | by_currency.keys())
    ]


def _statement(currency_code: str, opening: int, rows: list[Any]) -> Statement:
    balance, moves = opening, []
    sums = dict.fromkeys(EntryKind, 0)
    for row in rows:
        balance += row.amount_minor
        sums[EntryKind(row.kind)] += row.amount_minor
        moves.append(
            Move(
                invoice_id=row.invoice_id,
                kind=row.kind,
                on=row.effective_on,
                currency_code=currency_code,
                amount_minor=row.amount_minor,
                balance_minor=balance,
            )
        )
    return Statement(
        currency_code=currency_code,
        opening_minor=opening,
        invoiced_minor=sums[EntryKind.INVOICE_ISSUED],
        credited_minor=-sums[EntryKind.INVOICE_CREDITED],
        paid_minor=-sums[EntryKind.INVOICE_PAID],
        closing_minor=balance,
        entries=moves,
    )
