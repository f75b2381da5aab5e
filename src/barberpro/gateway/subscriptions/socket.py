"""The graph over a WebSocket, by the graphql-transport-ws protocol: queries, mutations and subscriptions side by side.

One caller a socket, told in `connection_init` or by the headers of the handshake, and looked at again as long as it is
open. Each operation goes through the stages that a request goes through, and has its line in the log. The older
`graphql-ws` subprotocol is not spoken.
https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
import enum
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from barberpro.platform import ids

from ..call import Call
from ..deadline import Deadline
from ..identify import Believed, presented
from ..negotiation import Accepted, MediaType
from ..pipeline import Pipeline
from ..present import present_refusal
from ..problems import Refusal
from ..receive import asked, decoded
from . import streams
from .bodies import bodies
from .sse import EventStream
from .streams import Ended, Stream

SUBPROTOCOL = "graphql-transport-ws"
LARGEST_MESSAGE = 262_144
"""Bytes; uvicorn closes with 1009 what is larger."""
INIT_SECONDS = 5.0
SEND_SECONDS = 20.0
MOST_OPERATIONS = 100
"""At once on one socket."""
LONGEST_ID = 128
LONGEST_CREDENTIAL = 16_384
TAKEN = Accepted(MediaType.GRAPHQL_RESPONSE, stream=True)

log = structlog.get_logger(__name__)


class Close(enum.IntEnum):
    """Why a socket is closed."""

    GOING_AWAY = 1001
    TOO_SLOW = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    OTHER_SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    ID_IN_USE = 4409
    TOO_MANY_INITS = 4429


class Closing(Exception):
    """The socket is to be closed."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def endpoint(websocket: WebSocket) -> None:
    """Serve one socket until either end closes it."""
    await Socket(websocket, websocket.scope["state"]["pipeline"]).serve()


class Socket:
    """One connection, its caller and its operations."""

    def __init__(self, websocket: WebSocket, pipeline: Pipeline) -> None:
        self._websocket = websocket
        # Each message is a request with the headers of the handshake.
        self._request = Request({**websocket.scope, "type": "http", "method": "POST"})
        self._pipeline = pipeline
        self._identify = pipeline.identify
        self._believed: Believed | None = None
        self._has_begun = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    async def serve(self) -> None:
        """Take messages until the end."""
        try:
            with self._pipeline.gate.admit(self._address):
                pass
        except Refusal as refusal:
            call = Call(self._request, ids.new("req"), Deadline(INIT_SECONDS))
            denied = present_refusal(refusal, MediaType.JSON, call)
            await self._websocket.send_denial_response(denied)
            return
        if SUBPROTOCOL not in self._websocket.scope.get("subprotocols", ()):
            await self._websocket.accept()
            await self._close(Close.OTHER_SUBPROTOCOL, f"Speak {SUBPROTOCOL}.")
            return
        await self._websocket.accept(subprotocol=SUBPROTOCOL)
        watching = asyncio.create_task(self._watch())
        try:
            while True:
                await self._taken(*await self._message())
        except Closing as closing:
            await self._close(closing.code, closing.reason)
        except WebSocketDisconnect:
            pass
        finally:
            left = [watching, *self._operations.values()]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _message(self) -> tuple[dict[str, Any], bytes]:
        """The next message, and its text."""
        try:
            async with asyncio.timeout(None if self._believed else INIT_SECONDS):
                given = await self._websocket.receive()
        except TimeoutError:
            raise Closing(Close.INIT_TIMEOUT, "Connection initialisation timeout") from None
        if given["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(given.get("code", 1005))
        text = given.get("text")
        if text is None:
            raise Closing(Close.BAD_MESSAGE, "Messages are text.")
        sent = text.encode()
        try:
            return decoded(sent, "The message"), sent
        except Refusal as refusal:
            raise Closing(Close.BAD_MESSAGE, refusal.message) from None

    async def _taken(self, message: Mapping[str, Any], sent: bytes) -> None:
        """Do what a message asks for."""
        kind, payload = message.get("type"), message.get("payload")
        if payload is not None and not isinstance(payload, dict):
            raise Closing(Close.BAD_MESSAGE, "`payload` must be an object.")
        if kind == "subscribe":
            self._begin(message.get("id"), payload, sent)
            return
        self._count()
        if kind == "connection_init":
            await self._init(payload or {})
        elif kind == "complete":
            task = self._operations.pop(_id(message.get("id")), None)
            if task is not None:
                task.cancel()
        elif kind == "ping":
            await self._send(b'{"type":"pong"}')
        elif kind != "pong":
            raise Closing(Close.BAD_MESSAGE, "A message of no known type.")

    async def _init(self, payload: dict[str, Any]) -> None:
        """Learn who calls."""
        if self._has_begun:
            raise Closing(Close.TOO_MANY_INITS, "Too many initialisation requests")
        self._has_begun = True
        handshake = Request({**self._request.scope, "method": "GET"})
        shown = presented(handshake, b"", self._pipeline.platform.settings)
        told = payload.get("authorization", payload.get("Authorization"))
        if told is not None:
            if not isinstance(told, str) or len(told) > LONGEST_CREDENTIAL:
                raise Closing(Close.BAD_MESSAGE, "`authorization` must be a credential.")
            shown.raw = [*shown.raw, (b"authorization", told.encode("latin-1", "replace"))]
        try:
            _, self._believed = await self._identify.staying(shown)
        except Refusal:
            raise Closing(Close.FORBIDDEN, "Forbidden") from None
        await self._send(b'{"type":"connection_ack"}')

    def _begin(self, given: Any, payload: dict[str, Any] | None, sent: bytes) -> None:
        """Begin an operation."""
        id_, believed = _id(given), self._believed
        if believed is None:
            raise Closing(Close.UNAUTHORIZED, "Unauthorized")
        if id_ in self._operations:
            raise Closing(Close.ID_IN_USE, f"Subscriber for {id_} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            raise Closing(Close.TOO_SLOW, f"At most {MOST_OPERATIONS} operations at once.")
        task = asyncio.create_task(self._performed(id_, payload or {}, sent, believed))
        self._operations[id_] = task

    async def _performed(
        self, id_: str, payload: dict[str, Any], sent: bytes, believed: Believed
    ) -> None:
        """Perform an operation, and tell all that comes of it."""
        work = partial(self._answered, payload, sent, believed)
        try:
            response = await self._pipeline.framed(self._request, work, _refused)
            if isinstance(response, EventStream) and isinstance(response.source, Stream):
                await self._streamed(id_, response.source)
            elif response.status_code >= 400:
                await self._tell("error", id_, _errors(response.body))
            else:
                await self._tell("next", id_, bytes(response.body))
                await self._tell("complete", id_)
        except TimeoutError:
            await self._close(Close.TOO_SLOW, "Messages are taken too slowly.")
        finally:
            if self._operations.get(id_) is asyncio.current_task():
                del self._operations[id_]

    async def _answered(
        self, payload: dict[str, Any], sent: bytes, believed: Believed, call: Call
    ) -> Response:
        self._pipeline.begin(call)
        received = asked(payload, sent)
        principal, call.believed = await self._identify.again(believed), believed
        call.told.update(client=principal.client_name, tenant=principal.tenant)
        admitted = await self._pipeline.admitted(call, received, principal)
        return await self._pipeline.answered(call, admitted, TAKEN)

    async def _streamed(self, id_: str, stream: Stream) -> None:
        told = bodies(stream)
        try:
            async for body in told:
                if body.is_refusal:
                    await self._tell("error", id_, _errors(body.content))
                    return
                await self._tell("next", id_, body.content)
        except Ended:
            return  # the socket itself is closed
        finally:
            await told.aclose()

    async def _watch(self) -> None:
        """Close the socket when its caller may not call any longer, and when the process goes away."""
        leaving = self._pipeline.streams.draining.begun
        while True:
            try:
                async with asyncio.timeout(streams.LOOK_SECONDS):
                    await leaving.wait()
                await self._close(Close.GOING_AWAY, "The server goes away: connect again.")
                return
            except TimeoutError:
                pass
            try:
                if self._believed is not None:
                    await self._identify.again(self._believed)
            except Refusal:
                await self._close(Close.FORBIDDEN, "Forbidden")
                return
            except Exception:
                log.exception("socket.caller_not_looked_at")

    def _count(self) -> None:
        """What a message costs that asks for nothing: a place in its address's rate."""
        try:
            with self._pipeline.gate.admit(self._address):
                pass
        except Refusal as refusal:
            raise Closing(Close.TOO_SLOW, refusal.message) from None

    @property
    def _address(self) -> str:
        client = self._websocket.scope.get("client")
        return client[0] if client else "unknown"

    async def _tell(self, kind: str, id_: str, payload: bytes | None = None) -> None:
        body = b',"payload":' + payload if payload is not None else b""
        await self._send(b'{"id":%s,"type":"%s"%s}' % (orjson.dumps(id_), kind.encode(), body))

    async def _send(self, message: bytes) -> None:
        async with asyncio.timeout(SEND_SECONDS), self._turn:
            await self._websocket.send_text(message.decode())

    async def _close(self, code: Close, reason: str) -> None:
        with suppress(RuntimeError, WebSocketDisconnect):  # it may be closed already
            await self._websocket.close(code, reason)


def _id(given: Any) -> str:
    if not isinstance(given, str) or not 1 <= len(given) <= LONGEST_ID:
        raise Closing(Close.BAD_MESSAGE, f"`id` has 1 to {LONGEST_ID} characters.")
    return given


def _refused(refusal: Refusal, call: Call) -> Response:
    return present_refusal(refusal, MediaType.GRAPHQL_RESPONSE, call)


def _errors(body: bytes | memoryview) -> bytes:
    return orjson.dumps(orjson.loads(body)["errors"])
