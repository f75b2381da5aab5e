"""The two services of ARCA on one port, and `/faults`, where the next calls can be told to go wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from barberpro.domains.billing.arca.soap import (
    Content,
    Fault,
    Malformed,
    envelope,
    fault,
    opened,
    text_of,
)
from barberpro.domains.billing.arca.wire import WSAA, WSAA_PATH, WSFE, WSFE_PATH
from barberpro.platform.clock import Clock

from .authority import Authority
from .receipts import Receipts, refused
from .register import Register
from .tickets import Refusal, admitted, given, requested

HEADER = (
    f'<soap:Header><FEHeaderInfo xmlns="{WSFE}">'
    "<ambiente>Simulador</ambiente></FEHeaderInfo></soap:Header>"
).encode()
LARGEST = 1_000_000
"""Bytes of a request; one receipt takes some 3,000."""
LONGEST_DELAY = 600.0
EFFECTS = {"drop", "delay", "http500", "error501"}
OPERATIONS = {"loginCms", "FECAESolicitar", "FECompUltimoAutorizado", "FECompConsultar", "FEDummy"}


@dataclass
class Trouble:
    """What goes wrong in the next `times` calls of an operation.

    `drop` does the work and closes the connection; `delay` waits `seconds` in the middle of the work; `http500` and
    `error501` do no work.
    """

    effect: str
    seconds: float
    times: int


class Dropped(Response):
    """Headers that promise a body, and none: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends no more than the headers."""
        headers = [(b"content-type", b"text/xml"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class Simulator:
    """Answers both services. Calls of one process take turns but where a delay is injected."""

    def __init__(self, authority: Authority, register: Register, clock: Clock) -> None:
        self._authority = authority
        self._register = register
        self._clock = clock
        self._receipts = Receipts(register)
        self._troubles: dict[str, Trouble] = {}

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route(WSAA_PATH, self._wsaa, methods=["POST"]),
                Route(WSFE_PATH, self._wsfe, methods=["POST"]),
                Route("/faults", self._fault, methods=["POST"]),
            ]
        )

    async def _fault(self, request: Request) -> Response:
        """`{"operation", "effect", "seconds": 0, "times": 1}`; 204, or 400 with what is wrong."""
        try:
            told = await request.json()
            operation, effect = told["operation"], told["effect"]
            trouble = Trouble(effect, float(told.get("seconds", 0)), int(told.get("times", 1)))
        except (ValueError, TypeError, KeyError, AttributeError):
            return JSONResponse({"error": "operation and effect are needed"}, 400)
        if operation not in OPERATIONS or effect not in EFFECTS:
            expected = {"operations": sorted(OPERATIONS), "effects": sorted(EFFECTS)}
            return JSONResponse(expected, 400)
        if not 0 <= trouble.seconds <= LONGEST_DELAY:
            return JSONResponse({"error": "seconds are from 0 to 600"}, 400)
        self._troubles[operation] = trouble
        return Response(status_code=204)

    async def _wsaa(self, request: Request) -> Response:
        trouble = self._next("loginCms")
        try:
            asked = opened(await _body(request))
            if trouble and trouble.effect in {"http500", "error501"}:
                raise Fault("wsaa.unavailable", "Servicio no disponible")
            await _wait(trouble)
            now = self._clock()
            cuit = requested(text_of(asked, "in0"), self._authority, now)
            if not self._register.may_have_ticket(cuit, now):
                raise Fault(
                    "coe.alreadyAuthenticated",
                    "El CEE ya posee un TA valido para el acceso al WSN solicitado",
                )
            ticket = given(cuit, self._authority, now)
        except (Fault, Malformed) as error:
            told = error if isinstance(error, Fault) else Fault("xml.bad", str(error))
            return _xml(fault(told.code, told.text), 500)
        return _sent(trouble, envelope(WSAA, "loginCmsResponse", {"loginCmsReturn": ticket}))

    async def _wsfe(self, request: Request) -> Response:
        try:
            asked = opened(await _body(request))
        except (Malformed, Fault) as error:
            return _xml(fault("Client", str(error)), 500)
        name = asked.tag.removeprefix(f"{{{WSFE}}}")
        if (
            name not in OPERATIONS
            or request.headers.get("soapaction", "").strip('"') != WSFE + name
        ):
            return _xml(
                fault("Client", "Server did not recognize the value of HTTP Header SOAPAction"), 500
            )
        trouble = self._next(name)
        if trouble and trouble.effect == "http500":
            return Response("Server Error", 500)
        try:
            result = await self._result(name, asked, trouble)
        except Refusal as refusal:
            result = refused(name, refusal)
        except Malformed as error:
            return _xml(fault("Client", str(error)), 500)
        body = envelope(WSFE, f"{name}Response", {f"{name}Result": result}, header=HEADER)
        return _sent(trouble, body)

    async def _result(self, name: str, asked: Element, trouble: Trouble | None) -> Content:
        if name == "FEDummy":
            return {"AppServer": "OK", "DbServer": "OK", "AuthServer": "OK"}
        if trouble and trouble.effect == "error501":
            raise Refusal(501, "Error interno de base de datos.")
        now = self._clock()
        cuit = admitted(asked, self._authority, now)
        if name == "FECompUltimoAutorizado":
            await _wait(trouble)
            return self._receipts.last(cuit, asked)
        if name == "FECompConsultar":
            await _wait(trouble)
            return self._receipts.find(cuit, asked)
        return await self._receipts.authorise(cuit, asked, now, lambda: _wait(trouble))

    def _next(self, operation: str) -> Trouble | None:
        trouble = self._troubles.get(operation)
        if trouble is not None:
            trouble.times -= 1
            if trouble.times <= 0:
                del self._troubles[operation]
        return trouble


async def _body(request: Request) -> bytes:
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > LARGEST:
            raise Malformed("The request is too large.")
    return bytes(received)


async def _wait(trouble: Trouble | None) -> None:
    if trouble and trouble.effect == "delay":
        await asyncio.sleep(trouble.seconds)


def _sent(trouble: Trouble | None, body: bytes) -> Response:
    return Dropped() if trouble and trouble.effect == "drop" else _xml(body, 200)


def _xml(body: bytes, http: int) -> Response:
    return Response(body, http, media_type="text/xml; charset=utf-8")
