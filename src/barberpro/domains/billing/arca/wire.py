"""ARCA over the network: WSAA and WSFEv1 as their published descriptions say, each call limited in time and size.

For workers and commands only: what answers requests must not import it (it loads httpx).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar
from xml.etree.ElementTree import Element

import httpx

from . import reading
from .port import (
    Authorised,
    Certificate,
    Known,
    Receipt,
    Refused,
    Series,
    Ticket,
    TicketRefused,
    Unanswered,
    Unreachable,
)
from .signing import login_request, signed
from .soap import Content, Fault, Malformed, child, envelope, opened, text_of

WSFE = "http://ar.gov.afip.dif.FEV1/"
WSAA = "http://wsaa.view.sua.dvadac.desein.afip.gov"
WSAA_PATH = "/ws/services/LoginCms"
WSFE_PATH = "/wsfev1/service.asmx"

T = TypeVar("T")

LARGEST = 1_000_000
"""Bytes of an answer; that to one receipt has some 3,000."""
LONGEST = 60.0
"""Seconds for one call from its first byte to its last, however slowly they drip."""
LIMITS = httpx.Timeout(30.0, connect=10.0)

# WSAA, manual, 4: these pass by themselves and may be asked again after a minute; no other fault may be.
PASSING = {"wsaa.unavailable", "wsaa.internalError", "wsn.unavailable"}
AGAIN_AFTER = 60.0
# The ticket given before stays the only one for 2 minutes in production and 10 in testing.
ALREADY = "coe.alreadyAuthenticated"
ALREADY_AFTER = 600.0

INTERNAL = {500, 501, 502}
TICKET = {600, 601}
NO_DATA = 602


@dataclass(frozen=True)
class Hosts:
    """Where the two services are, without their paths."""

    wsaa: str
    wsfe: str


TESTING = Hosts("https://wsaahomo.afip.gov.ar", "https://wswhomo.afip.gov.ar")
PRODUCTION = Hosts("https://wsaa.afip.gov.ar", "https://servicios1.afip.gov.ar")


def hosts(environment: str) -> Hosts:
    """`testing`, `production`, or the base URL of a simulator that has both."""
    if environment == "testing":
        return TESTING
    if environment == "production":
        return PRODUCTION
    base = environment.rstrip("/")
    if not base.startswith(("http://", "https://")):
        raise ValueError("ARCA's environment is testing, production, or a URL")
    return Hosts(base, base)


def tls() -> ssl.SSLContext:
    """TLS with ECDHE only: ARCA's servers offer DHE of 1024 bits first, which OpenSSL 3.2 refuses as too small."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES")
    return context


class Wire:
    """`port.Arca` by HTTP. Close it with `async with`; it holds a pool of connections."""

    def __init__(self, environment: str, *, timeout: httpx.Timeout = LIMITS) -> None:
        self._hosts = hosts(environment)
        # Nothing of the process's environment: no proxy may stand between a taxpayer and ARCA by accident.
        self._http = httpx.AsyncClient(timeout=timeout, verify=tls(), trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def login(self, certificate: Certificate, now: datetime) -> Ticket:
        """A ticket. Raises ValueError for a certificate or key that cannot be read."""
        cms = signed(login_request(now), certificate)
        url = self._hosts.wsaa + WSAA_PATH
        try:
            answer = await self._ask(url, WSAA, "", "loginCms", {"in0": cms}, lost=Unanswered)
            return reading.ticket(text_of(answer, "loginCmsReturn"))
        except Fault as fault:
            raise TicketRefused(str(fault), _patience(fault.code)) from fault
        except Malformed as error:
            raise Unanswered(str(error)) from error

    async def last_number(self, ticket: Ticket, series: Series) -> int:
        """The last authorised number; 0 before the first."""
        result = await self._wsfe(
            "FECompUltimoAutorizado",
            ticket,
            series,
            {"PtoVta": str(series.point_of_sale), "CbteTipo": str(series.kind)},
            lost=Unreachable,
        )
        # Beside an error the number is 0 all the same; taken for an answer it would restart the series.
        found = reading.errors(result)
        if found:
            raise Unreachable("; ".join(f"{each.code} {each.text}" for each in found))
        return _read(lambda: reading.whole(text_of(result, "CbteNro")), Unreachable)

    async def authorise(self, ticket: Ticket, receipt: Receipt) -> Authorised | Refused:
        """The CAE of a receipt, or why not."""
        content: dict[str, Content] = {"FeCAEReq": reading.asked(receipt)}
        result = await self._wsfe(
            "FECAESolicitar", ticket, receipt.series, content, lost=Unanswered
        )
        return _read(lambda: reading.authorisation(result), Unanswered)

    async def find(self, ticket: Ticket, series: Series, number: int) -> Known | None:
        """What ARCA knows of a number, or nothing (its code 602)."""
        content: dict[str, Content] = {
            "FeCompConsReq": {
                "CbteTipo": str(series.kind),
                "CbteNro": str(number),
                "PtoVta": str(series.point_of_sale),
            }
        }
        result = await self._wsfe("FECompConsultar", ticket, series, content, lost=Unreachable)
        found = reading.errors(result)
        if any(each.code == NO_DATA for each in found):
            return None
        if found:
            raise Unreachable("; ".join(f"{each.code} {each.text}" for each in found))
        return _read(lambda: reading.known(result), Unreachable)

    async def healthy(self) -> bool:
        """Whether WSFEv1 says that its three servers work (`FEDummy`)."""
        answer = await self._ask(
            self._hosts.wsfe + WSFE_PATH, WSFE, WSFE + "FEDummy", "FEDummy", {}, lost=Unreachable
        )
        names = ("AppServer", "DbServer", "AuthServer")
        return all(text_of(answer, "FEDummyResult", name) == "OK" for name in names)

    async def _wsfe(
        self,
        method: str,
        ticket: Ticket,
        series: Series,
        content: dict[str, Content],
        *,
        lost: type[Exception],
    ) -> Element:
        """The result of a method; `lost` is what a lost answer means for it."""
        auth = {"Token": ticket.token, "Sign": ticket.sign, "Cuit": str(series.cuit)}
        url = self._hosts.wsfe + WSFE_PATH
        try:
            answer = await self._ask(
                url, WSFE, WSFE + method, method, {"Auth": auth, **content}, lost=lost
            )
        except Fault as fault:
            raise lost(str(fault)) from fault
        result = child(answer, f"{method}Result")
        if result is None:
            raise lost("The answer is of another method.")
        for each in _read(lambda: reading.errors(result), lost):
            if each.code in TICKET:
                raise TicketRefused(each.text, None)
            if each.code in INTERNAL:
                raise lost(f"{each.code} {each.text}")
        return result

    async def _ask(
        self,
        url: str,
        namespace: str,
        action: str,
        name: str,
        content: Content,
        *,
        lost: type[Exception],
    ) -> Element:
        """The element in the body of the answer. Raises Fault, Unreachable before sending, and `lost` after."""
        headers = {"content-type": "text/xml; charset=utf-8", "soapaction": f'"{action}"'}
        headers["accept-encoding"] = "identity"  # so that the limit counts what is kept
        body = envelope(namespace, name, content)
        received = bytearray()
        try:
            async with (
                asyncio.timeout(LONGEST),
                self._http.stream("POST", url, content=body, headers=headers) as response,
            ):
                async for part in response.aiter_bytes():
                    received += part
                    if len(received) > LARGEST:
                        raise lost("The answer is larger than any of ARCA's.")
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(str(error)) from error
        except (httpx.RequestError, TimeoutError) as error:
            raise lost(f"{type(error).__name__}: {error}") from error
        try:
            return opened(bytes(received))
        except Malformed as error:
            raise lost(f"HTTP {response.status_code}: {error}") from error


def _patience(code: str) -> float | None:
    if code == ALREADY:
        return ALREADY_AFTER
    return AGAIN_AFTER if code in PASSING else None


def _read(read: Callable[[], T], lost: type[Exception]) -> T:
    try:
        return read()
    except Malformed as error:
        raise lost(str(error)) from error
