"""`/calendars/{token}.ics`: calendars for programs that subscribe to an address and can show nothing else."""

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from barberpro.domains.bookings.feeds import reading
from barberpro.domains.bookings.feeds.icalendar import written
from barberpro.domains.bookings.feeds.service import PATH
from barberpro.platform.platform import Platform

from .answers import answered, tagged
from .oauth.reception import received
from .problems import Code
from .rest.problems import problem

MEDIA = "text/calendar; charset=utf-8"
TOLD = {
    404: (Code.NOT_FOUND, "There is no calendar here, or none any more."),
    429: (Code.THROTTLED, "Too many requests come from this address."),
    500: (Code.INTERNAL_SERVER_ERROR, "Something went wrong on our side."),
    503: (Code.DEADLINE_EXCEEDED, "This takes too long now. Try again in a moment."),
}
"""Status → the code and what is said."""


def routes() -> list[Route]:
    """The path."""
    return [Route(PATH, received(calendar, refused, "calendar"))]


async def calendar(request: Request) -> Response:
    """What is behind the token; 304 where the caller has just that. Wrong tokens and closed feeds look alike."""
    platform: Platform = request.state.platform
    token = request.path_params["token"]
    found = await reading.calendar(platform.database, token, platform.clock())
    if found is None:
        return refused(request, "unknown", None, 404, None)
    content = await asyncio.to_thread(written, found)  # thousands of visits take tens of ms
    return tagged(answered(content, MEDIA, 200, request.state.request_id), request, content)


def refused(
    request: Request,
    _reason: str,
    _words: str | None,
    status: int,
    headers: Mapping[str, str] | None,
) -> Response:
    """A problem document."""
    code, detail = TOLD[status]
    return problem(status, code, detail, request.state.request_id, headers=headers)
