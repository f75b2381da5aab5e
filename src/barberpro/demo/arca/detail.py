"""A receipt as the simulator is told it: exact decimals read from the text, None where a field is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from barberpro.domains.billing.arca.reading import day_of, whole
from barberpro.domains.billing.arca.soap import Malformed, child, children, text_of


@dataclass(frozen=True)
class Vat:
    """One `AlicIva`."""

    rate: int
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Tribute:
    """One `Tributo`."""

    kind: int
    description: str
    amount: Decimal


@dataclass(frozen=True)
class Associated:
    """One `CbteAsoc`; the CUIT is the issuer's where it is not said."""

    kind: int
    point_of_sale: int
    number: int
    cuit: int | None


@dataclass(frozen=True)
class Detail:
    """One `FECAEDetRequest`."""

    concept: int
    document_kind: int
    document_number: int
    first: int
    last: int
    issued_on: date
    total: Decimal
    untaxed: Decimal
    net: Decimal
    exempt: Decimal
    tributes_total: Decimal
    vat: Decimal
    served_from: date | None
    served_to: date | None
    due_on: date | None
    currency: str
    exchange_rate: Decimal
    condition: int | None
    vats: tuple[Vat, ...]
    tributes: tuple[Tribute, ...]
    associated: tuple[Associated, ...]

    def amounts(self) -> list[Decimal]:
        """Every amount of money in it."""
        return [
            *(self.total, self.untaxed, self.net, self.exempt, self.tributes_total, self.vat),
            *(part for each in self.vats for part in (each.base, each.amount)),
            *(each.amount for each in self.tributes),
        ]


def detail_of(element: Element, today: date) -> Detail:
    """What stands in a `FECAEDetRequest`. Raises Malformed where a field is not of its type."""

    def decimal(name: str) -> Decimal:
        return _decimal(text_of(element, name) or "0")

    def number(name: str) -> int:
        return whole(text_of(element, name))

    def maybe_day(name: str) -> date | None:
        text = text_of(element, name)
        return day_of(text) if text else None

    condition = text_of(element, "CondicionIVAReceptorId")
    return Detail(
        number("Concepto"),
        number("DocTipo"),
        number("DocNro"),
        number("CbteDesde"),
        number("CbteHasta"),
        maybe_day("CbteFch") or today,
        decimal("ImpTotal"),
        decimal("ImpTotConc"),
        decimal("ImpNeto"),
        decimal("ImpOpEx"),
        decimal("ImpTrib"),
        decimal("ImpIVA"),
        maybe_day("FchServDesde"),
        maybe_day("FchServHasta"),
        maybe_day("FchVtoPago"),
        text_of(element, "MonId"),
        decimal("MonCotiz"),
        whole(condition) if condition else None,
        tuple(
            Vat(
                whole(text_of(each, "Id")),
                _decimal(text_of(each, "BaseImp")),
                _decimal(text_of(each, "Importe")),
            )
            for each in _list(element, "Iva", "AlicIva")
        ),
        tuple(
            Tribute(
                whole(text_of(each, "Id")),
                text_of(each, "Desc"),
                _decimal(text_of(each, "Importe")),
            )
            for each in _list(element, "Tributos", "Tributo")
        ),
        tuple(_associated(each) for each in _list(element, "CbtesAsoc", "CbteAsoc")),
    )


def _associated(each: Element) -> Associated:
    cuit = text_of(each, "Cuit")
    return Associated(
        whole(text_of(each, "Tipo")),
        whole(text_of(each, "PtoVta")),
        whole(text_of(each, "Nro")),
        whole(cuit) if cuit else None,
    )


def _list(element: Element, name: str, item: str) -> list[Element]:
    found = child(element, name)
    return [] if found is None else list(children(found, item))


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Malformed(f"{text!r} is no number.") from error
    # Past 15 digits ARCA's doubles are not exact either.
    if not value.is_finite() or len(value.as_tuple().digits) > 15 or abs(value.adjusted()) > 15:
        raise Malformed(f"{text!r} is out of range.")
    return value
