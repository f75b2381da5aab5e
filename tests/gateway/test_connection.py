"""How answers leave: what a caller's socket is given at once."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from barberpro.gateway.connection import Connection

App = Callable[[Any, Any, Any], Awaitable[None]]
LENGTH = (b"content-length", b"5")


def start(*headers: tuple[bytes, bytes], status: int = 200) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def body(data: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": data, "more_body": more}


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the connection's transport was given, call by call."""
    calls: list[bytes] = []
    made = Connection.connection_made

    class Recording:
        def __init__(self, transport: Any) -> None:
            self._transport = transport

        def write(self, data: bytes) -> None:
            calls.append(bytes(data))
            self._transport.write(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._transport, name)

    def connection_made(self: Connection, transport: Any) -> None:
        made(self, Recording(transport))  # type: ignore[arg-type]

    monkeypatch.setattr(Connection, "connection_made", connection_made)
    return calls


async def asked(app: App, *requests: bytes, ends_with: bytes) -> bytes:
    """What a server of this application answers on one connection, up to these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, http=Connection, lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        try:
            writer.write(b"".join(requests))
            async with asyncio.timeout(5):
                return await reader.readuntil(ends_with)
        finally:
            writer.close()
            server.should_exit = True
            await running


def request(method: bytes = b"GET", *headers: bytes) -> bytes:
    return b"\r\n".join([method + b" / HTTP/1.1", b"host: x", *headers, b"", b""])


async def hello(_scope: Any, _receive: Any, send: Any) -> None:
    await send(start(LENGTH))
    await send(body(b"hel", more=True))
    await send(body(b"lo"))


async def test_a_head_leaves_with_the_body_it_tells_the_length_of(written: list[bytes]) -> None:
    await asked(hello, request(), ends_with=b"\r\n\r\nhello")
    assert written[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert written[0].endswith(b"\r\n\r\nhel")
    assert written[1] == b"lo"


async def test_a_head_that_no_body_follows_leaves_at_once(written: list[bytes]) -> None:
    async def empty(_scope: Any, _receive: Any, send: Any) -> None:
        await send(start(LENGTH))
        await send(body(b"hello"))

    found = await asked(empty, request(b"HEAD"), ends_with=b"\r\n\r\n")
    assert b"content-length: 5\r\n" in found
    assert written == [found]


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_is_told(status: int) -> None:
    async def nothing(_scope: Any, _receive: Any, send: Any) -> None:
        await send(start(status=status))
        await send(body(b""))

    found = await asked(nothing, request(), ends_with=b"\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 %d " % status)


async def test_the_head_of_a_stream_does_not_wait_for_its_first_event() -> None:
    async def stream(_scope: Any, receive: Any, send: Any) -> None:
        await send(start((b"content-type", b"text/event-stream")))
        while (await receive())["type"] != "http.disconnect":
            pass

    found = await asked(stream, request(), ends_with=b"\r\n\r\n")
    assert b"transfer-encoding: chunked\r\n" in found


async def test_who_waits_to_send_a_body_is_told_to_go_on(written: list[bytes]) -> None:
    async def told(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await hello(_scope, receive, send)

    sent = request(b"POST", b"content-length: 2", b"expect: 100-continue") + b"{}"
    await asked(told, sent, ends_with=b"\r\n\r\nhello")
    assert written[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert written[1].endswith(b"\r\n\r\nhel")


async def test_a_defect_after_the_head_ends_the_connection() -> None:
    async def broken(_scope: Any, _receive: Any, send: Any) -> None:
        await send(start(LENGTH))
        raise ValueError

    with pytest.raises(asyncio.IncompleteReadError) as ended:
        await asked(broken, request(), ends_with=b"\r\n\r\n")
    assert ended.value.partial == b""
