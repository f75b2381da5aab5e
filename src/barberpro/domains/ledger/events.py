"""What this domain tells others. The subject is the transaction."""

from dataclasses import dataclass
from typing import Any

from barberpro.platform.events import Event


@dataclass(frozen=True, kw_only=True)
class LedgerPosted(Event):
    """A transaction was written, for good. Its leaf in the audit log so holds every amount of it.

    `postings` are objects of account_id, amount_minor (a debit above zero, a credit below) and
    currency_code, in order; `effective_on` is a date as in 2026-11-23.
    """

    type = "ledger.posted"
    location_id: str
    invoice_id: str | None
    reverses_id: str | None
    kind: str
    key: str
    effective_on: str
    postings: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class LedgerCaughtUp(Event):
    """Many transactions were written at once, of what happened before. The subject is the organization.

    `digest` is SHA-256 over the canonical JSON of every transaction as it was written, then of every posting.
    """

    type = "ledger.caught_up"
    transactions: int
    postings: int
    digest: str
