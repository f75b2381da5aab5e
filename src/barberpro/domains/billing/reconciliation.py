"""Whether the ledger says what the invoices say: what is owed at each shop, and the VAT of each rate."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, case, cast, func, select

from barberpro.domains.ledger import service as ledger
from barberpro.platform.doors import Reader

from .catching_up import WAITING
from .lifecycle import Kind
from .tables import invoice_lines, invoices

i, c = invoices.c, invoice_lines.c
SIGN = case((i.kind == Kind.CREDIT_NOTE, -1), else_=1)
TOTAL = cast(func.sum(SIGN * i.total_minor), BigInteger)
PAID = cast(func.sum(case((i.paid_at.is_not(None), i.total_minor), else_=0)), BigInteger)
OPEN = (
    select(i.location_id, i.currency_code, (TOTAL - PAID).label("balance_minor"))
    .where(i.number.is_not(None))
    .group_by(i.location_id, i.currency_code)
)
CHARGED = (
    select(
        i.location_id,
        c.tax_rate_bps,
        c.currency_code,
        cast(func.sum(-SIGN * c.tax_minor), BigInteger).label("balance_minor"),
    )
    .join(invoices, i.id == c.invoice_id)
    .where(i.number.is_not(None))
    .group_by(i.location_id, c.tax_rate_bps, c.currency_code)
)


async def differences(reader: Reader) -> list[str]:
    """One sentence for each thing that is not as it should be; none is right."""
    waiting = (await reader.rows(WAITING))[0].waiting
    found = [f"{waiting} invoices or credit notes are not posted"] if waiting else []
    found += [
        f"{row.transaction_id} comes to {row.balance_minor} {row.currency_code}, not to zero"
        for row in await reader.rows(ledger.astray())
    ]
    found += _compared("customers owe", await reader.rows(ledger.owed()), await reader.rows(OPEN))
    found += _compared("VAT", await reader.rows(ledger.vat()), await reader.rows(CHARGED))
    return found


def _compared(what: str, posted: Sequence[Any], billed: Sequence[Any]) -> list[str]:
    ours, theirs = _sums(posted), _sums(billed)
    return [
        f"{what} {' '.join(at)}: the ledger says {ours[at]}, the invoices {theirs[at]}"
        for at in sorted(ours.keys() | theirs.keys())
        if ours[at] != theirs[at]
    ]


def _sums(rows: Sequence[Any]) -> Counter[tuple[str, ...]]:
    return Counter({tuple(map(str, row[:-1])): row.balance_minor for row in rows})
