"""`/oauth/userinfo`: who the user of an access token is (OpenID Connect Core 1.0 section 5.3)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from barberpro.platform.platform import Platform

from ..identify import Identify, presented
from .reception import received
from .refusals import NO_STORE, refusal, told

PATH = "/oauth/userinfo"


async def userinfo(request: Request) -> Response:
    """The user's id: all else that is known of them is asked in the graph, where every field has its scope."""
    platform: Platform = request.state.platform
    identify: Identify = request.state.identify
    # The body may hold nothing of use: a token there is not taken.
    caller = await identify(presented(request, b"", platform.settings))
    if caller.user is None:
        platform.refusals.note(caller, "insufficient_scope", {"endpoint": "userinfo"})
        return refusal("insufficient_scope", status=403)
    return JSONResponse({"sub": caller.user}, headers=NO_STORE)


USERINFO = received(userinfo, told, "userinfo")
