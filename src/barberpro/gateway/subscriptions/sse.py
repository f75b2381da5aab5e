"""Streams over HTTP: Server-Sent Events, in the distinct connections mode of the GraphQL over SSE protocol.

`event: next` carries an answer, `event: complete` ends the stream, and a comment every few seconds keeps proxies from
ending it. What is refused before the stream begins is an answer like any other.
https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..answers import STANDARD
from .bodies import Body, bodies
from .streams import Ended, Stream

ALIVE_SECONDS = 12.0
SEND_SECONDS = 20.0
"""For a caller to take what was sent: who reads nothing for so long is let go."""
ALIVE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"

Put = Callable[[bytes], Awaitable[None]]


class EventStream(Response):
    """The answers of a stream, or one answer in this form."""

    def __init__(self, source: Stream | bytes, request_id: str) -> None:
        self.source = source
        self.status_code = 200
        self.background = None
        self.body = b""
        self.raw_headers = [
            *STANDARD,
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"x-accel-buffering", b"no"),
            (b"x-request-id", request_id.encode()),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def put(part: bytes) -> None:
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": part, "more_body": True})

        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if isinstance(self.source, bytes):
            await put(_next(self.source) + COMPLETE)
        else:
            await _told(self.source, receive, put)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _told(stream: Stream, receive: Receive, put: Put) -> None:
    """Tell all of a stream, until its end, or until its caller has left or reads nothing."""
    gone = asyncio.create_task(_left(receive))
    answers = bodies(stream)
    try:
        await put(ALIVE)
        while (body := await _following(answers, gone, put)) is not None:
            await put(_next(body.content))
        if not gone.done():
            await put(COMPLETE)
    except TimeoutError:
        return  # nobody is told of it: nobody reads
    finally:
        gone.cancel()
        await answers.aclose()


async def _following(
    answers: AsyncGenerator[Body], gone: "asyncio.Task[None]", put: Put
) -> Body | None:
    """The next answer, and signs of life until it is there; None where none follows."""
    following = asyncio.ensure_future(anext(answers, None))
    try:
        while not following.done() and not gone.done():
            await asyncio.wait(
                {following, gone}, timeout=ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not following.done() and not gone.done():
                await put(ALIVE)
        return following.result() if following.done() else None
    except Ended:
        return None
    finally:
        if not following.done():
            following.cancel()
            await asyncio.wait({following})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _next(content: bytes) -> bytes:
    return b"event: next\ndata: " + content + b"\n\n"
