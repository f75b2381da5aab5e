"""What ASGI under uvicorn does not do: tell who stands at the other end of a connection, and end one politely.

The peer's address is taken before `X-Forwarded-For` of a trusted proxy replaces the caller's, and the certificate is
what TLS has verified. Neither can be written by a caller. And an answer of known length leaves in one piece: uvicorn
writes its head alone, which costs a second call of the system and wakes the caller twice.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from .draining import Draining
from .identify.presented import CONNECTION

IDLE_SECONDS = (
    0.5  # a request that its caller sent before it saw the connection end is still answered
)


class OnePiece:
    """The transport of one answer: a head that is followed by a body of known length waits for it."""

    def __init__(self, transport: Any, cycle: RequestResponseCycle) -> None:
        self._transport = transport
        self._cycle = cycle
        self._head = b""
        self._is_begun = False

    def write(self, data: bytes) -> None:
        """To the caller, at once or with what follows."""
        cycle = self._cycle
        if not self._is_begun and cycle.response_started:
            self._is_begun = True
            # A stream's caller waits for the head; and after HEAD nothing is written that could follow.
            if cycle.chunked_encoding is False and cycle.scope["method"] != "HEAD":
                self._head = data
                return
        if self._head:
            data, self._head = self._head + data, b""
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with one extension in each request's scope; no connection is cut while a request comes in."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._extensions = {CONNECTION: self._told()}

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = self._extensions

    def on_headers_complete(self) -> None:
        before = self.cycle
        super().on_headers_complete()
        cycle: Any = self.cycle
        if cycle is before:  # it becomes a WebSocket
            return
        cycle.transport = OnePiece(self.transport, cycle)
        draining: Draining | None = self.app_state.get("draining")
        if draining is not None and draining.begun.is_set():
            cycle.keep_alive = False

    def shutdown(self) -> None:
        """The server stops: finish the request in work, or give the next one a moment to arrive."""
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(IDLE_SECONDS, self._end_if_idle)
        else:
            self.cycle.keep_alive = False

    def _end_if_idle(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = {"peer": self.client[0] if self.client else "unknown"}
        tls = self.transport.get_extra_info("ssl_object")
        if tls is not None and (certificate := tls.getpeercert(binary_form=True)):
            told["certificate"] = certificate
        return told
