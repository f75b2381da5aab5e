"""The operations of WSFEv1 on receipts: authorise the next of a row of numbers, tell the last, tell one."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from barberpro.domains.billing.arca.reading import day, whole
from barberpro.domains.billing.arca.signing import ARGENTINA
from barberpro.domains.billing.arca.soap import Content, Malformed, child, children, text_of

from .detail import Detail, detail_of
from .register import Kept, Place, Register
from .rules import CREDIT_NOTES, KINDS, observations, rejections, window
from .tickets import Refusal
from .words import NEXT, WORDS

USABLE = timedelta(days=10)
ECHOED = ("Concepto", "DocTipo", "DocNro", "CbteDesde", "CbteHasta", "CbteFch")


class Receipts:
    """WSFEv1's receipts over a register."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._active: set[Place] = set()

    def last(self, cuit: int, asked: ET.Element) -> Content:
        """`FECompUltimoAutorizadoResult`."""
        place = _place(cuit, asked)
        if not 1 <= place.point_of_sale <= 99998:
            raise Refusal(11000, "PtoVta no es valido.")
        if place.kind not in KINDS:
            raise Refusal(11001, "CbteTipo no es valido.")
        number, _ = self._register.last(place)
        return {
            "PtoVta": str(place.point_of_sale),
            "CbteTipo": str(place.kind),
            "CbteNro": str(number),
        }

    def find(self, cuit: int, asked: ET.Element) -> Content:
        """`FECompConsultarResult`."""
        request = child(asked, "FeCompConsReq")
        if request is None:
            raise Refusal(602, WORDS[602])
        place = _place(cuit, request)
        kept = self._register.find(place, whole(text_of(request, "CbteNro")))
        if kept is None:
            raise Refusal(602, WORDS[602])
        told: dict[str, Content] = {**_echo(ET.fromstring(kept.told))}  # noqa: S314 - our own register
        told |= {
            "Resultado": "A",
            "CodAutorizacion": kept.cae,
            "EmisionTipo": "CAE",
            "FchVto": day(kept.issued_on + USABLE),
            "FchProceso": kept.processed,
        }
        if kept.observed:
            told["Observaciones"] = _listed("Obs", kept.observed)
        told |= {"PtoVta": str(place.point_of_sale), "CbteTipo": str(place.kind)}
        return {"ResultGet": told}

    async def authorise(
        self, cuit: int, asked: ET.Element, now: datetime, wait: Callable[[], Awaitable[None]]
    ) -> Content:
        """`FECAESolicitarResult`. `wait` is awaited while the row of numbers is taken: others then get 502."""
        header = child(asked, "FeCAEReq", "FeCabReq")
        list_ = child(asked, "FeCAEReq", "FeDetReq")
        if header is None or list_ is None:
            raise Malformed("FeCAEReq is not whole.")
        details = list(children(list_, "FECAEDetRequest"))
        place = _checked(_place(cuit, header), whole(text_of(header, "CantReg")), len(details))
        if place in self._active:
            raise Refusal(502, WORDS[502])
        self._active.add(place)
        try:
            await wait()
            return self._decide(place, details[0], now)
        finally:
            self._active.discard(place)

    def _decide(self, place: Place, told: ET.Element, now: datetime) -> Content:
        local = now.astimezone(ARGENTINA)
        today, processed = local.date(), f"{local:%Y%m%d%H%M%S}"
        detail = detail_of(told, today)
        if not 1 <= detail.first <= 99999999:
            raise Refusal(10008, WORDS[10008])
        number, issued_on = self._register.last(place)
        if detail.first != number + 1 or (issued_on and detail.issued_on < issued_on):
            answer = _answer(place, told, detail, processed, "R", (), "")
            return {**answer, "Errors": {"Err": {"Code": "10016", "Msg": NEXT}}}
        rejected = (
            *window(detail, today),
            *rejections(place.kind, place.cuit, detail, today),
        )
        if rejected:
            return _answer(place, told, detail, processed, "R", rejected, "")
        observed = (*observations(place.kind, detail, today), *self._associations(place, detail))
        kept = Kept("", detail.issued_on, detail.total, ET.tostring(told), observed, processed)
        cae = self._register.authorise(place, detail.first, kept)
        return _answer(place, told, detail, processed, "A", observed, cae)

    def _associations(self, place: Place, detail: Detail) -> tuple[int, ...]:
        """10041 for what the register does not have, 10237 for a credit above what it is about."""
        mine = [each for each in detail.associated if each.cuit in {None, place.cuit}]
        found = [
            self._register.find(Place(place.cuit, each.point_of_sale, each.kind), each.number)
            for each in mine
        ]
        if None in found:
            return (10041,)
        associated = sum((each.total for each in found if each), Decimal(0))
        return (
            (10237,) if found and place.kind in CREDIT_NOTES and detail.total > associated else ()
        )


def refused(operation: str, refusal: Refusal) -> Content:
    """The result of an operation that failed as a whole; the last number then reads 0 (as recorded)."""
    errors: dict[str, Content] = {
        "Errors": {"Err": {"Code": str(refusal.code), "Msg": refusal.text}}
    }
    if operation == "FECompUltimoAutorizado":
        return {"PtoVta": "0", "CbteTipo": "0", "CbteNro": "0", **errors}
    return errors


def _place(cuit: int, element: ET.Element) -> Place:
    return Place(cuit, whole(text_of(element, "PtoVta")), whole(text_of(element, "CbteTipo")))


def _checked(place: Place, said: int, sent: int) -> Place:
    """The place, or Refusal for what is wrong with the head of a request."""
    wrong = (
        (10001, not 1 <= said <= 9998),
        (10002, said != sent),
        (10003, sent > 1),
        (10004, not 1 <= place.point_of_sale <= 99998),
        (10007, place.kind not in KINDS),
    )
    for code, is_so in wrong:
        if is_so:
            raise Refusal(code, WORDS[code])
    return place


def _answer(
    place: Place,
    told: ET.Element,
    detail: Detail,
    processed: str,
    outcome: str,
    remarked: tuple[int, ...],
    cae: str,
) -> dict[str, Content]:
    response: dict[str, Content] = {name: text_of(told, name) for name in ECHOED}
    response["CbteFch"] = day(detail.issued_on)
    response["Resultado"] = outcome
    if remarked:
        response["Observaciones"] = _listed("Obs", remarked)
    response["CAE"] = cae
    response["CAEFchVto"] = day(detail.issued_on + USABLE) if cae else ""
    return {
        "FeCabResp": {
            "Cuit": str(place.cuit),
            "PtoVta": str(place.point_of_sale),
            "CbteTipo": str(place.kind),
            "FchProceso": processed,
            "CantReg": "1",
            "Resultado": outcome,
            "Reproceso": "N",
        },
        "FeDetResp": {"FECAEDetResponse": response},
    }


def _listed(name: str, codes: tuple[int, ...]) -> Content:
    return {name: [{"Code": str(code), "Msg": WORDS[code]} for code in codes]}


def _echo(element: ET.Element) -> dict[str, Content]:
    """What was told, with amounts in their short form: `122`, not `122.00`."""
    told: dict[str, list[Content]] = {}
    for each in element:
        name = each.tag.rpartition("}")[2]
        inner: Content = _echo(each) if len(each) else (each.text or "").strip()
        if isinstance(inner, str) and name.startswith(("Imp", "Base", "Alic", "MonCotiz")):
            inner = _short(inner)
        told.setdefault(name, []).append(inner)
    return {name: many[0] if len(many) == 1 else many for name, many in told.items()}


def _short(text: str) -> str:
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text
