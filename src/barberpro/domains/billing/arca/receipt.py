"""The receipt that an invoice becomes: its class, its amounts by rate, and what ARCA would refuse it for. Pure.

ARCA's codes and rules are those of the manual of WSFEv1, 4.7; a code of five digits is the error it would answer with.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from barberpro.domains.billing.arca.cuit import is_cuit
from barberpro.domains.billing.arca.errors import (
    ConditionUnfit,
    NoteUnassociated,
    NothingCharged,
    ReceiptDayUnfit,
    ReceiverDocumentUnfit,
    ReceiverUnidentified,
)
from barberpro.domains.billing.arca.port import Associated, Receipt, Series, Vat
from barberpro.domains.billing.totals import Charge, split

REGISTERED = 1  # Responsable Inscripto
FINAL_CONSUMER = 5
CUIT, CUIL, CDI, PASSPORT, DNI, NO_DOCUMENT = 80, 86, 87, 94, 96, 99
SERVICES = 2

VAT_IDS = {0: 3, 250: 9, 500: 8, 1050: 4, 2100: 5, 2700: 6}
"""ARCA's id of each rate in basis points (FEParamGetTiposIva)."""

_SMALL = frozenset({4, 6, 13, 16})  # exempt, and the kinds of monotributo: they add no VAT
_CREDITS_VAT = frozenset({1, 6, 13, 16})  # to these a registered issuer gives class A
_CONSUMES = frozenset({4, 5, 7, 8, 9, 10, 15})  # and to these class B (10243)

IDENTIFIED_FROM = ((date(2025, 5, 29), 1_000_000_000),)
"""From which day, from which total in centavos, a receiver is identified: RG 5700/2025. The last that began holds."""

WINDOW = timedelta(days=10)
"""How far a receipt of services may be dated from the day ARCA is asked, either way (10016)."""


class Form(Enum):
    """What a receipt does; its place among the kinds of a class."""

    INVOICE = 0
    DEBIT_NOTE = 1
    CREDIT_NOTE = 2


_FIRST_KIND = {"A": 1, "B": 6, "C": 11}


@dataclass(frozen=True)
class Issuer:
    """A taxpayer who issues at a point of sale; the condition is ARCA's number of it."""

    cuit: int
    condition: int
    point_of_sale: int


@dataclass(frozen=True)
class Receiver:
    """To whom a receipt is given: by default a final consumer who is not named.

    RG 5616 wants the condition on each receipt (10246 from 1 December 2026), so there is always one.
    """

    condition: int = FINAL_CONSUMER
    document_kind: int = NO_DOCUMENT
    document_number: int = 0


@dataclass(frozen=True)
class Days:
    """The receipt's day, the first and last day of the services, the day payment is due: all of Argentina."""

    issued_on: date
    served: tuple[date, date]
    due_on: date


def letter(issuer_condition: int, receiver_condition: int) -> str:
    """The class of what one condition gives to another: A, B or C."""
    if issuer_condition in _SMALL and receiver_condition in _CREDITS_VAT | _CONSUMES:
        return "C"
    if issuer_condition == REGISTERED and receiver_condition in _CREDITS_VAT:
        return "A"
    if issuer_condition == REGISTERED and receiver_condition in _CONSUMES:
        return "B"
    raise ConditionUnfit(issuer_condition, receiver_condition)


def series(issuer: Issuer, receiver: Receiver, form: Form) -> Series:
    """The row of numbers the receipt stands in."""
    kind = _FIRST_KIND[letter(issuer.condition, receiver.condition)] + form.value
    return Series(issuer.cuit, issuer.point_of_sale, kind)


def compose(
    issuer: Issuer,
    receiver: Receiver,
    charges: Sequence[Charge],
    days: Days,
    *,
    number: int,
    today: date,
    form: Form = Form.INVOICE,
    associated: tuple[Associated, ...] = (),
) -> Receipt:
    """The receipt for final prices of services in pesos, or the failure ARCA would refuse it with.

    `today` is the Argentine day on which ARCA is asked. A credit note is of positive amounts, as its invoice is.
    """
    row = series(issuer, receiver, form)
    total = sum(charge.total_minor for charge in charges)
    if total <= 0 or any(charge.total_minor < 0 for charge in charges):
        raise NothingCharged
    if abs(days.issued_on - today) > WINDOW:
        raise ReceiptDayUnfit(days.issued_on, days.issued_on - WINDOW, days.issued_on + WINDOW)
    _associates(row, form, associated)
    _identifies(row, receiver, total, days.issued_on)
    # A class C receipt tells no VAT: its net amount is the whole price (10071).
    vats = () if row.kind >= _FIRST_KIND["C"] else _vats(charges)
    vat = sum(each.amount for each in vats)
    return Receipt(
        series=row,
        number=number,
        issued_on=days.issued_on,
        concept=SERVICES,
        document_kind=receiver.document_kind,
        document_number=receiver.document_number,
        receiver_condition=receiver.condition,
        net=total - vat,
        vat=vat,
        untaxed=0,
        exempt=0,
        tributes_total=0,
        total=total,
        vats=vats,
        associated=associated,
        served=days.served,
        due_on=days.due_on,
    )


def _vats(charges: Sequence[Charge]) -> tuple[Vat, ...]:
    """Each rate once (10022), rounded once over all that is charged at it; a rate on nothing is left out (10020)."""
    totals: dict[int, int] = defaultdict(int)
    for charge in charges:
        totals[charge.rate_bps] += charge.total_minor
    parts = {rate: split(total, rate) for rate, total in sorted(totals.items())}
    return tuple(
        Vat(VAT_IDS[rate], part.net_minor, part.tax_minor)
        for rate, part in parts.items()
        if part.net_minor
    )


def _associates(row: Series, form: Form, associated: tuple[Associated, ...]) -> None:
    first = row.kind - form.value
    own = range(first, first + len(Form))
    fits = all(a.series.cuit == row.cuit and a.series.kind in own for a in associated)
    if not fits or (form is Form.INVOICE) == bool(associated):  # 10040, 10197
        raise NoteUnassociated(row.kind)


def _identifies(row: Series, receiver: Receiver, total: int, on: date) -> None:
    kind, number = receiver.document_kind, receiver.document_number
    if row.kind < _FIRST_KIND["B"] and kind != CUIT:  # 10013
        raise ReceiverDocumentUnfit(kind)
    if kind in {CUIT, CUIL, CDI}:
        fits = is_cuit(number)  # 10284
    elif kind == NO_DOCUMENT:
        fits = number == 0
    else:
        fits = kind in {PASSPORT, DNI} and 0 < number < 10**11
    if not fits:
        raise ReceiverDocumentUnfit(kind)
    thresholds = [threshold for since, threshold in IDENTIFIED_FROM if since <= on]
    if kind == NO_DOCUMENT and thresholds and total >= thresholds[-1]:  # 10015
        raise ReceiverUnidentified(thresholds[-1])
