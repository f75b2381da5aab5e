"""Receipts as WSFEv1 wants them told, and its answers as values: exact decimals both ways."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from .port import Associated, Authorised, Known, Receipt, Refused, Remark, Ticket
from .soap import Content, Malformed, child, children, text_of, tree


def amount(centavos: int) -> str:
    """Centavos as pesos with two decimals."""
    return f"{Decimal(centavos).scaleb(-2):.2f}"


def centavos(text: str) -> int:
    """Pesos as they come (`122`, `12100.5`) as centavos. Raises Malformed for what is not whole centavos."""
    try:
        exact = Decimal(text).scaleb(2)
        whole = int(exact)
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise Malformed(f"{text!r} is no amount.") from error
    if whole != exact:
        raise Malformed(f"{text!r} has parts of a centavo.")
    return whole


def day(value: date) -> str:
    """A day as ARCA writes it: `yyyymmdd`."""
    return f"{value:%Y%m%d}"


def day_of(text: str) -> date:
    """The day of a `yyyymmdd`. Raises Malformed."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day, not an instant
    except ValueError as error:
        raise Malformed(f"{text!r} is no day.") from error


def asked(receipt: Receipt) -> dict[str, Content]:
    """`FeCAEReq` of one receipt. The order of names is the schema's: ARCA drops a field that stands elsewhere."""
    return {
        "FeCabReq": {
            "CantReg": "1",
            "PtoVta": str(receipt.series.point_of_sale),
            "CbteTipo": str(receipt.series.kind),
        },
        "FeDetReq": {"FECAEDetRequest": _detail(receipt)},
    }


def _detail(receipt: Receipt) -> dict[str, Content]:
    detail: dict[str, Content] = {
        "Concepto": str(receipt.concept),
        "DocTipo": str(receipt.document_kind),
        "DocNro": str(receipt.document_number),
        "CbteDesde": str(receipt.number),
        "CbteHasta": str(receipt.number),
        "CbteFch": day(receipt.issued_on),
        "ImpTotal": amount(receipt.total),
        "ImpTotConc": amount(receipt.untaxed),
        "ImpNeto": amount(receipt.net),
        "ImpOpEx": amount(receipt.exempt),
        "ImpTrib": amount(receipt.tributes_total),
        "ImpIVA": amount(receipt.vat),
    }
    if receipt.served is not None:
        detail["FchServDesde"], detail["FchServHasta"] = map(day, receipt.served)
    if receipt.due_on is not None:
        detail["FchVtoPago"] = day(receipt.due_on)
    detail["MonId"] = receipt.currency
    detail["MonCotiz"] = f"{receipt.exchange_rate:f}"
    detail["CondicionIVAReceptorId"] = str(receipt.receiver_condition)
    if receipt.associated:
        detail["CbtesAsoc"] = {"CbteAsoc": [_associated(each) for each in receipt.associated]}
    if receipt.tributes:
        detail["Tributos"] = {
            "Tributo": [
                {
                    "Id": str(each.kind),
                    "Desc": each.description,
                    "BaseImp": amount(each.base),
                    "Alic": amount(each.rate_bps),
                    "Importe": amount(each.amount),
                }
                for each in receipt.tributes
            ]
        }
    if receipt.vats:
        detail["Iva"] = {
            "AlicIva": [
                {"Id": str(each.rate), "BaseImp": amount(each.base), "Importe": amount(each.amount)}
                for each in receipt.vats
            ]
        }
    return detail


def _associated(each: Associated) -> Content:
    return {
        "Tipo": str(each.series.kind),
        "PtoVta": str(each.series.point_of_sale),
        "Nro": str(each.number),
        "Cuit": str(each.series.cuit),
        "CbteFch": day(each.issued_on),
    }


def errors(result: Element) -> tuple[Remark, ...]:
    """The errors of the whole answer."""
    return _remarks(child(result, "Errors"), "Err")


def authorisation(result: Element) -> Authorised | Refused:
    """What `FECAESolicitarResult` says of its one receipt. Raises Malformed where it says neither."""
    detail = child(result, "FeDetResp", "FECAEDetResponse")
    observations = () if detail is None else _remarks(child(detail, "Observaciones"), "Obs")
    if detail is not None and text_of(detail, "Resultado") == "A":
        cae = _cae(text_of(detail, "CAE"))
        return Authorised(cae, day_of(text_of(detail, "CAEFchVto")), observations)
    remarks = errors(result) + observations
    if not remarks:
        raise Malformed("The answer neither authorises nor says why not.")
    return Refused(remarks)


def known(result: Element) -> Known:
    """What `FECompConsultarResult` remembers of a number."""
    found = child(result, "ResultGet")
    if found is None:
        raise Malformed("The answer has neither a receipt nor an error.")
    return Known(
        Authorised(
            _cae(text_of(found, "CodAutorizacion")),
            day_of(text_of(found, "FchVto")),
            _remarks(child(found, "Observaciones"), "Obs"),
        ),
        day_of(text_of(found, "CbteFch")),
        whole(text_of(found, "DocTipo")),
        whole(text_of(found, "DocNro")),
        centavos(text_of(found, "ImpTotal")),
    )


def ticket(text: str) -> Ticket:
    """The ticket in a `loginTicketResponse`. Raises Malformed."""
    root = tree(text)
    token, sign = (text_of(root, "credentials", name) for name in ("token", "sign"))
    try:
        expires_at = datetime.fromisoformat(text_of(root, "header", "expirationTime"))
    except ValueError as error:
        raise Malformed("The ticket does not say when it ends.") from error
    if not token or not sign or expires_at.tzinfo is None:
        raise Malformed("The ticket is not whole.")
    return Ticket(token, sign, expires_at)


def whole(text: str) -> int:
    """A whole number in ASCII digits. Raises Malformed."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise Malformed(f"{text!r} is no whole number.")
    return int(text)


def _cae(text: str) -> str:
    if len(text) != 14:
        raise Malformed("A CAE has 14 digits.")
    whole(text)
    return text


def _remarks(element: Element | None, name: str) -> tuple[Remark, ...]:
    if element is None:
        return ()
    return tuple(
        Remark(whole(text_of(each, "Code")), text_of(each, "Msg"))
        for each in children(element, name)
    )
