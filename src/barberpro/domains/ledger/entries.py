"""What is to be posted, and whether it can be. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from barberpro.platform.money import Money

from .chart import Account


class EntryKind(StrEnum):
    """What happened that is posted."""

    INVOICE_ISSUED = "INVOICE_ISSUED"
    INVOICE_PAID = "INVOICE_PAID"
    INVOICE_CREDITED = "INVOICE_CREDITED"


class Unbalanced(AssertionError):
    """An entry whose debits are not its credits: a defect of whoever made it, never of a caller."""


@dataclass(frozen=True)
class Posting:
    """An amount on one account: a debit above zero, a credit below."""

    account: Account
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What happened at one location, as postings that come to zero in each currency.

    `key` names what happened, once in an organization for good; `effective_on` is the day that it
    counts for, on the location's calendar. `reverses_id` is a transaction that this takes back.
    """

    location_id: str
    kind: EntryKind
    key: str
    effective_on: date
    postings: tuple[Posting, ...]
    invoice_id: str | None = None
    reverses_id: str | None = None

    def __post_init__(self) -> None:
        if len(self.postings) < 2 or any(self._sums().values()):
            raise Unbalanced(f"{self.key} comes to {self._sums()}")

    def _sums(self) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for posting in self.postings:
            sums[posting.amount.currency_code] += posting.amount.minor
        return dict(sums)


def netted(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """One posting for each account and currency, in order of first mention; none of nothing."""
    sums: dict[tuple[Account, str], int] = defaultdict(int)
    for posting in postings:
        sums[posting.account, posting.amount.currency_code] += posting.amount.minor
    return tuple(
        Posting(account, Money(minor, currency))
        for (account, currency), minor in sums.items()
        if minor
    )
