"""How every request to the authorization server is received: named, counted, in time, and answered whatever happens.

A program is told in the JSON of RFC 6749 what went wrong, a person on a page: `refuse` knows how.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

import structlog
from starlette.requests import Request
from starlette.responses import Response

from barberpro.platform import ids
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.platform import Platform
from barberpro.platform.principal import Principal

from .. import problems
from .form import Malformed
from .gatekeeping import TooMany, count
from .refusals import Unanswerable

Act = Callable[[Request], Awaitable[Response]]
Refuse = Callable[[Request, str, str | None, int, Mapping[str, str] | None], Response]
"""Says no for a reason, in these words, with this status and these headers."""
log = structlog.get_logger(__name__)


def received(act: Act, refuse: Refuse, name: str) -> Act:
    """`act` behind a limit for each address, and under the deadline. Each name has a limit of its own."""

    async def answered(request: Request) -> Response:
        request.state.request_id = request_id = ids.new("req")
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = await _safely(request, act, refuse, name)
            response.headers["x-request-id"] = request_id
            log.info(f"{name}.request", status=response.status_code)
            return response

    return answered


def opening(request: Request, who: Principal) -> AbstractAsyncContextManager[Transaction]:
    """A transaction of this principal for this request."""
    platform: Platform = request.state.platform
    return transaction(platform.database, who, platform.clock, request.state.request_id)


async def _safely(request: Request, act: Act, refuse: Refuse, name: str) -> Response:
    platform: Platform = request.state.platform
    try:
        await count(request, name)
        async with asyncio.timeout(platform.settings.deadline_seconds):
            return await act(request)
    except TooMany as problem:
        platform.refusals.note(None, "too_many", {"endpoint": name})
        return refuse(request, "too_many", None, 429, {"Retry-After": str(problem.wait)})
    except Unanswerable as problem:
        log.info(f"{name}.refused", reason=problem.reason)
        platform.refusals.note(None, problem.reason, {"endpoint": name})
        return refuse(request, problem.reason, None, problem.status, None)
    except Malformed as problem:
        return refuse(request, "invalid_request", problem.message, problem.status, problem.headers)
    except problems.Refusal as problem:  # of a token, by `identify`
        reason = "too_many" if problem.status == 429 else "invalid_token"
        return refuse(request, reason, None, problem.status, problem.headers)
    except TimeoutError:
        return refuse(request, "temporarily_unavailable", None, 503, {"Retry-After": "1"})
    except Exception:
        log.exception("defect")
        return refuse(request, "server_error", None, 500, None)
