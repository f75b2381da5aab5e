"""What is asked of ARCA and what it answers, as values: the port between a receipt's rules and the wire.

Amounts are centavos. Codes (kinds of receipt, documents, conditions, rates) are ARCA's own numbers, as its tables list
them (manual of WSFEv1, 4.7). Days are those of Argentina, whatever the shop's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True)
class Certificate:
    """The computer fiscal certificate of a taxpayer and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class Ticket:
    """Access to one service until a time (WSAA's `credentials`), for the taxpayers it names."""

    token: str
    sign: str
    expires_at: datetime


@dataclass(frozen=True)
class Series:
    """One row of numbers: receipts of one kind by one taxpayer at one point of sale, counted from 1 without a gap."""

    cuit: int
    point_of_sale: int
    kind: int


@dataclass(frozen=True)
class Vat:
    """The VAT of all lines of one rate: ARCA's id of the rate, what it is reckoned on, and the tax."""

    rate: int
    base: int
    amount: int


@dataclass(frozen=True)
class Tribute:
    """A tax beside VAT, such as a perception: ARCA's id, words, base, rate in hundredths of a percent, amount."""

    kind: int
    description: str
    base: int
    rate_bps: int
    amount: int


@dataclass(frozen=True)
class Associated:
    """An earlier receipt that a credit or debit note is about."""

    series: Series
    number: int
    issued_on: date


@dataclass(frozen=True)
class Receipt:
    """One receipt as WSFEv1 is told of it; `total` is the sum of the five parts before it."""

    series: Series
    number: int
    issued_on: date
    concept: int
    """1 goods, 2 services, 3 both. 2 and 3 need `served` and `due_on`."""
    document_kind: int
    document_number: int
    receiver_condition: int
    net: int
    vat: int
    untaxed: int
    exempt: int
    tributes_total: int
    total: int
    vats: tuple[Vat, ...] = ()
    tributes: tuple[Tribute, ...] = ()
    associated: tuple[Associated, ...] = ()
    served: tuple[date, date] | None = None
    due_on: date | None = None
    currency: str = "PES"
    exchange_rate: Decimal = Decimal(1)


@dataclass(frozen=True)
class Remark:
    """An error or observation of ARCA: its code, and its words as they came."""

    code: int
    text: str


@dataclass(frozen=True)
class Authorised:
    """ARCA took the receipt: 14 digits of CAE, the last day it may be used, and what was observed nevertheless."""

    cae: str
    expires_on: date
    observations: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Refused:
    """ARCA did not take the receipt; its number is still free."""

    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Known:
    """What ARCA remembers of a number: enough to tell whether it is our own receipt whose answer was lost."""

    authorised: Authorised
    issued_on: date
    document_kind: int
    document_number: int
    total: int


class Unreachable(Exception):
    """The request surely did nothing: ARCA was not reached, or said that it does not work now."""


class Unanswered(Exception):
    """The request may have done its work: the answer was lost. `find` tells."""


class TicketRefused(Exception):
    """ARCA does not take the ticket, or gives none; `remark` has its words, `again_after` the seconds to wait."""

    def __init__(self, remark: str, again_after: float | None) -> None:
        super().__init__(remark)
        self.remark = remark
        self.again_after = again_after


class Arca(Protocol):
    """The two services, WSAA and WSFEv1. Every method may raise `Unreachable`, `Unanswered` or `TicketRefused`."""

    async def login(self, certificate: Certificate, now: datetime) -> Ticket:
        """A ticket for WSFEv1. ARCA gives one a service in some minutes: keep it and use it until it ends."""
        ...

    async def last_number(self, ticket: Ticket, series: Series) -> int:
        """The last authorised number; 0 before the first."""
        ...

    async def authorise(self, ticket: Ticket, receipt: Receipt) -> Authorised | Refused:
        """Asks for the CAE of a receipt. Never repeat it after `Unanswered` without asking `find` first."""
        ...

    async def find(self, ticket: Ticket, series: Series, number: int) -> Known | None:
        """What ARCA knows of a number, or nothing (its code 602)."""
        ...
