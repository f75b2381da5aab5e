"""WSAA: a signed request becomes a ticket; and WSFEv1's look at a ticket, in the order ARCA was seen to look."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from secrets import randbits
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256

from barberpro.domains.billing.arca.signing import ARGENTINA, SERVICE
from barberpro.domains.billing.arca.soap import Fault, Malformed, child, children, text_of, tree

from .authority import Authority
from .cms import content_of

LASTS = timedelta(hours=12)
WIDER = timedelta(seconds=60)
DAY = timedelta(days=1)
SOURCE = "CN=wsaahomo, O=AFIP, C=AR, SERIALNUMBER=CUIT 33693450239"


class Refusal(Exception):
    """An error for the whole answer of WSFEv1: its code and words."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def requested(cms: str, authority: Authority, now: datetime) -> int:
    """The CUIT that rightly asks for a ticket to WSFEv1. Raises Fault with WSAA's code."""
    try:
        der = base64.b64decode("".join(cms.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Fault("cms.bad.base64", "No se puede decodificar el BASE64") from error
    content, cuit = content_of(der, authority.certificate, now)
    try:
        request = tree(content)
    except Malformed as error:
        raise Fault("xml.bad", "No se ha podido interpretar el XML contra el SCHEMA") from error
    generated = _time(text_of(request, "header", "generationTime"), "generationTime")
    expires = _time(text_of(request, "header", "expirationTime"), "expirationTime")
    if not now - DAY <= generated <= now:
        raise Fault("xml.generationTime.invalid", "generationTime fuera de rango")
    if expires <= now:
        raise Fault("xml.expirationTime.expired", "El TRA ha expirado")
    if expires > now + DAY:
        raise Fault("xml.expirationTime.invalid", "expirationTime fuera de rango")
    if text_of(request, "service") != SERVICE:
        raise Fault("wsn.notFound", "Servicio inexistente")
    return cuit


def given(cuit: int, authority: Authority, now: datetime) -> str:
    """A `loginTicketResponse` for the CUIT, with a signed token."""
    until = now + LASTS
    number = randbits(32)
    begin, end = (int(each.timestamp()) for each in (now - WIDER, until + WIDER))
    sso = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<sso version="2.0">\n'
        f'    <id src="{SOURCE}" dst="CN=wsfe, O=AFIP, C=AR" unique_id="{number}"'
        f' gen_time="{begin}" exp_time="{end}"/>\n'
        '    <operation type="login" value="granted">\n'
        f'        <login entity="33693450239" service="{SERVICE}" uid="SERIALNUMBER=CUIT {cuit}"'
        ' authmethod="cms" regmethod="22">\n            <relations>\n'
        f'                <relation key="{cuit}" reltype="4"/>\n'
        "            </relations>\n        </login>\n    </operation>\n</sso>\n"
    )
    token = base64.b64encode(sso.encode())
    sign = base64.b64encode(authority.key.sign(token, padding.PKCS1v15(), SHA256()))
    times = (
        f"<generationTime>{_written(now)}</generationTime>"
        f"<expirationTime>{_written(until)}</expirationTime>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><loginTicketResponse version="1.0">'
        f"<header><source>{escape(SOURCE)}</source>"
        f"<destination>SERIALNUMBER=CUIT {cuit}</destination><uniqueId>{number}</uniqueId>{times}"
        f"</header><credentials><token>{token.decode()}</token><sign>{sign.decode()}</sign>"
        "</credentials></loginTicketResponse>"
    )


def admitted(request: Element, authority: Authority, now: datetime) -> int:
    """The CUIT that `Auth` rightly speaks for. Raises Refusal, codes 500 and 600."""
    token, sign, cuit = (text_of(request, "Auth", name) for name in ("Token", "Sign", "Cuit"))
    if not token or not sign or not (cuit.isascii() and cuit.isdigit()):
        raise Refusal(500, "Campo Auth no fue ingresado o esta mal formado.")
    try:
        sso = tree(base64.b64decode(token, validate=True))
        times = child(sso, "id")
        login = child(sso, "operation", "login")
        relations = child(sso, "operation", "login", "relations")
        if times is None or login is None or relations is None:
            raise Malformed("not an sso")
        begin, end = int(times.get("gen_time", "")), int(times.get("exp_time", ""))
    except ValueError as error:  # Malformed and binascii.Error are
        raise Refusal(600, "ValidacionDeToken: No se pudo leer el token") from error
    if not begin <= now.timestamp() <= end:
        raise Refusal(
            600,
            "ValidacionDeToken: No validaron las fechas del token GenTime, ExpTime, NowUTC: "
            f"{begin}, {end}, {int(now.timestamp())}",
        )
    try:
        authority.key.public_key().verify(
            base64.b64decode(sign, validate=True), token.encode(), padding.PKCS1v15(), SHA256()
        )
    except (ValueError, InvalidSignature) as error:
        raise Refusal(600, "ValidacionDeToken: No valido la firma del token") from error
    if login.get("service") != SERVICE:
        raise Refusal(600, "ValidacionDeToken: El token es de otro servicio")
    if cuit not in {each.get("key") for each in children(relations, "relation")}:
        raise Refusal(
            600, "ValidacionDeToken: No apareci\u00f3 CUIT en lista de relaciones: " + cuit
        )
    return int(cuit)


def _time(text: str, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Fault(f"xml.{name}.invalid", f"{name} invalido") from error
    # Without an offset it is Argentina's, as WSAA takes it.
    return found if found.tzinfo else found.replace(tzinfo=ARGENTINA)


def _written(instant: datetime) -> str:
    return instant.astimezone(ARGENTINA).isoformat(timespec="milliseconds")
