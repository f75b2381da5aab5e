"""`/metrics`: what this process counts of its own work, for whoever scrapes it with the operator's token.

Each process tells of itself alone: where several take requests at one address, `process` says whose counts they are.
"""

import hmac
import os
from collections.abc import Awaitable, Callable

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from barberpro.platform.settings import Settings

MEDIA = "text/plain; version=0.0.4"
SCHEME = "bearer "


def routes(settings: Settings) -> list[Route]:
    """The path, where an operator has set a token for it."""
    if settings.metrics_token is None:
        return []
    return [Route("/metrics", scraped(settings.metrics_token))]


def scraped(token: SecretStr) -> Callable[[Request], Awaitable[Response]]:
    """What answers a scrape: the counts, or 401 for who has not the token."""
    expected = token.get_secret_value().encode()

    async def endpoint(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        shown = given[len(SCHEME) :] if given[: len(SCHEME)].lower() == SCHEME else ""
        if not hmac.compare_digest(shown.encode(), expected):
            return PlainTextResponse("", 401, {"www-authenticate": "Bearer"})
        pipeline, process = request.state.pipeline, os.getpid()
        lines = [*pipeline.graph.counts.lines(process), *pipeline.usage.lines(process)]
        return PlainTextResponse("\n".join([*lines, ""]), media_type=MEDIA)

    return endpoint
