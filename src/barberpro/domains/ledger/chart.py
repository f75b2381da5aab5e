"""What a location keeps accounts of. Pure.

The chart is the same for every organization; the accounts themselves are rows, opened at a location when something is
first posted to them. An organization's balance of a role is the sum over its locations.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The side of the balance sheet, or of the income statement, that an account stands on."""

    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    INCOME = "INCOME"


class Role(StrEnum):
    """What an account is for."""

    RECEIVABLE = "RECEIVABLE"
    FUNDS = "FUNDS"
    REVENUE = "REVENUE"
    DISCOUNTS = "DISCOUNTS"
    VAT_DEBIT = "VAT_DEBIT"


class Method(StrEnum):
    """How money was received."""

    CASH = "CASH"
    CARD = "CARD"
    TRANSFER = "TRANSFER"
    WALLET = "WALLET"
    OTHER = "OTHER"


KINDS = {
    Role.RECEIVABLE: Kind.ASSET,
    Role.FUNDS: Kind.ASSET,
    Role.REVENUE: Kind.INCOME,
    Role.DISCOUNTS: Kind.INCOME,  # they lessen revenue, and stand beside it
    Role.VAT_DEBIT: Kind.LIABILITY,
}


@dataclass(frozen=True, order=True)
class Account:
    """An account of one location: a role, and for some roles which of several it is.

    `detail` is a `Method` for FUNDS, a rate in basis points for REVENUE and VAT_DEBIT, else empty.
    """

    role: Role
    detail: str = ""


RECEIVABLE = Account(Role.RECEIVABLE)
DISCOUNTS = Account(Role.DISCOUNTS)


def funds(method: Method) -> Account:
    """Where money received this way is kept."""
    return Account(Role.FUNDS, method)


def revenue(rate_bps: int) -> Account:
    """What was earned at this rate of VAT, the tax not in it and discounts not taken off."""
    return Account(Role.REVENUE, str(rate_bps))


def vat_debit(rate_bps: int) -> Account:
    """The VAT of this rate that is owed to the tax authority (débito fiscal)."""
    return Account(Role.VAT_DEBIT, str(rate_bps))


def rate_of(role: str, detail: str) -> int | None:
    """The rate of VAT an account is of, in basis points; None where it is of none."""
    return int(detail) if role in (Role.REVENUE, Role.VAT_DEBIT) else None


def method_of(role: str, detail: str) -> str | None:
    """How the money of an account was received; None where it holds none."""
    return detail if role == Role.FUNDS else None
