"""What WSFEv1 holds a receipt to (developer's manual 4.7): each rule gives ARCA's own code, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from .detail import Detail

A, A_WITH_LEGEND, B, C = {1, 2, 3}, {51, 52, 53}, {6, 7, 8}, {11, 12, 13}
KINDS = A | A_WITH_LEGEND | B | C
NOTES = {2, 3, 7, 8, 12, 13, 52, 53}
CREDIT_NOTES = {3, 8, 13, 53}
# The bases of these notes may be zero and need not fit (10020, 10051, 10061).
LOOSE = NOTES - C

RATES = {3: "0", 4: "0.105", 5: "0.21", 6: "0.27", 8: "0.05", 9: "0.025"}
TRIBUTES = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 99}
CURRENCIES = {"PES", "DOL", "060"}
TO_A = {1, 6, 13, 16}
TO_B = {4, 5, 7, 8, 9, 10, 15}
MONOTRIBUTO = {6, 13, 16}
CUIT, NONE = 80, 99

CONDITION_SINCE = date(2026, 12, 1)
"""RG 5616: until the day before, a receipt without the receiver's condition is only observed (10245)."""
IDENTIFIED_FROM = Decimal(10_000_000)
"""RG 5700/2025: a consumer is identified from this total on."""
ZERO, CENT, SHARE = Decimal(0), Decimal("0.01"), Decimal("0.0001")


def near(said: Decimal, right: Decimal, times: int = 1) -> bool:
    """Within ARCA's tolerance: 0.01 % of what is right, or a centavo for each part."""
    return abs(said - right) <= max(abs(right) * SHARE, CENT * times)


def window(detail: Detail, today: date) -> Iterator[int]:
    """The days a receipt may bear: 5 around today for goods, 10 where services are in it."""
    days = 5 if detail.concept == 1 else 10
    if abs(detail.issued_on - today) > timedelta(days=days):
        yield 10016
    elif detail.concept == 1 and detail.issued_on > today and detail.issued_on.month != today.month:
        yield 10152


def rejections(kind: int, cuit: int, detail: Detail, today: date) -> Iterator[int]:
    """The codes a receipt is rejected for, in the order of the manual's rules."""
    yield from _receiver(kind, cuit, detail)
    yield from _condition(kind, detail, today)
    yield from _dates(detail)
    yield from _amounts(kind, detail)
    yield from _vat(kind, detail)
    yield from _tributes(detail)
    if detail.currency not in CURRENCIES:
        yield 10037
    elif detail.currency == "PES" and detail.exchange_rate != 1:
        yield 10039
    elif detail.exchange_rate <= 0:
        yield 10038
    if kind in NOTES and not detail.associated:
        yield 10197
    family = next(each for each in (A, A_WITH_LEGEND, B, C) if kind in each)
    if detail.associated and (
        kind not in NOTES or any(each.kind not in family for each in detail.associated)
    ):
        yield 10040


def observations(kind: int, detail: Detail, today: date) -> Iterator[int]:
    """What is remarked on a receipt that is authorised, but for what needs the register."""
    if detail.condition is None and today < CONDITION_SINCE:
        yield 10245
    if kind in A | A_WITH_LEGEND and detail.condition in MONOTRIBUTO:
        yield 10217


def cuit_fits(number: int) -> bool:
    """Whether the last digit of 11 is right: weights 5 4 3 2 7 6 5 4 3 2, modulo 11."""
    digits = f"{number:011d}"
    weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    return (
        len(digits) == 11
        and sum(w * int(d) for w, d in zip(weights, digits, strict=True)) % 11 == 0
    )


def _receiver(kind: int, cuit: int, detail: Detail) -> Iterator[int]:
    if detail.first != detail.last:
        yield 10012
    if kind in A | A_WITH_LEGEND and detail.document_kind != CUIT:
        yield 10013
    elif detail.document_kind == NONE and (
        detail.document_number != 0 or detail.total * detail.exchange_rate >= IDENTIFIED_FROM
    ):
        yield 10015
    elif detail.document_kind == CUIT and not cuit_fits(detail.document_number):
        yield 10284
    if detail.document_kind == CUIT and detail.document_number == cuit:
        yield 10069


def _condition(kind: int, detail: Detail, today: date) -> Iterator[int]:
    if detail.condition is None:
        if today >= CONDITION_SINCE:
            yield 10246
    elif detail.condition not in TO_A | TO_B:
        yield 10242
    elif (kind in B and detail.condition not in TO_B) or (
        kind in A | A_WITH_LEGEND and detail.condition not in TO_A
    ):
        yield 10243


def _dates(detail: Detail) -> Iterator[int]:
    if detail.concept not in {1, 2, 3}:
        yield 10030
        return
    if detail.concept == 1:
        return
    if detail.served_from is None or detail.served_to is None or detail.due_on is None:
        yield 10049
        return
    if detail.served_from > detail.served_to:
        yield 10032
    if detail.due_on < detail.issued_on:
        yield 10036


def _amounts(kind: int, detail: Detail) -> Iterator[int]:
    of_c = kind in C
    if detail.untaxed < 0 or (of_c and detail.untaxed):
        yield 10043
    if detail.exempt < 0 or (of_c and detail.exempt):
        yield 10044
    if detail.net < 0:
        yield 10045
    if detail.vat < 0 or (of_c and detail.vat):
        yield 10047
    if any(each != each.quantize(CENT) for each in detail.amounts()):
        yield 10056
    parts = detail.net + detail.tributes_total
    if not of_c:
        parts += detail.untaxed + detail.exempt + detail.vat
    if not near(detail.total, parts):
        yield 10048


def _vat(kind: int, detail: Detail) -> Iterator[int]:
    if kind in C:
        if detail.vats:
            yield 10071
        return
    if not detail.vats:
        if detail.vat > 0:
            yield 10018
        if detail.net > 0:
            yield 10070
        return
    if any(each.rate not in RATES for each in detail.vats):
        yield 10019
        return
    if detail.vat == 0 and any(each.rate != 3 for each in detail.vats):
        yield 10018
    if len({each.rate for each in detail.vats}) < len(detail.vats):
        yield 10022
    if not near(sum((each.amount for each in detail.vats), ZERO), detail.vat, len(detail.vats)):
        yield 10023
    if kind in LOOSE:
        return
    if any(each.base <= 0 for each in detail.vats):
        yield 10020
    if any(not near(each.amount, each.base * Decimal(RATES[each.rate])) for each in detail.vats):
        yield 10051
    if not near(sum((each.base for each in detail.vats), ZERO), detail.net, len(detail.vats)):
        yield 10061


def _tributes(detail: Detail) -> Iterator[int]:
    if (detail.tributes_total > 0) != bool(detail.tributes):
        yield 10024
        return
    if any(each.kind not in TRIBUTES for each in detail.tributes):
        yield 10025
    if any(each.kind == 99 and not each.description for each in detail.tributes):
        yield 10042
    said = sum((each.amount for each in detail.tributes), ZERO)
    if not near(said, detail.tributes_total, max(1, len(detail.tributes))):
        yield 10029
