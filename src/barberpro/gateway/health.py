"""Probes: `/livez` says the process runs, `/readyz` that it can answer."""

import asyncio

from sqlalchemy import literal, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from barberpro.platform.doors import Reader
from barberpro.platform.platform import Platform
from barberpro.platform.principal import worker

DATABASE_SECONDS = 2.0


def routes() -> list[Route]:
    return [Route("/livez", live), Route("/readyz", ready)]


async def live(request: Request) -> Response:
    """200 as long as the event loop turns."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """200 when requests should come here; 503 before, on the way out, and where the database says nothing for 2 s."""
    if not request.app.state.ready:
        return JSONResponse({"status": "starting"}, 503)
    if request.state.draining.begun.is_set():
        return JSONResponse({"status": "draining"}, 503)
    platform: Platform = request.state.platform
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await Reader(platform.database, worker("")).rows(select(literal(1)))
    except Exception:
        return JSONResponse({"status": "database unreachable"}, 503, {"retry-after": "1"})
    return JSONResponse({"status": "ok"})
