"""What is left of a body that was refused before it was read."""

import asyncio

from starlette.requests import Request

MOST_BYTES = 16_000_000
SECONDS = 1.0


async def dropped(request: Request) -> None:
    """Take the rest and keep none of it, for a second and up to 16 MB.

    A connection that ends while its caller still sends is reset, and the answer that says why is lost with it.
    """
    left = MOST_BYTES
    try:
        async with asyncio.timeout(SECONDS):
            while left > 0:
                message = await request.receive()
                left -= len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
