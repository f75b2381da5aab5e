"""`/oauth/userinfo`: who the user of an access token is (OpenID Connect Core 1.0 section 5.3)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from barberpro.platform.platform import Platform

from .. import problems
from ..identify import Identify, presented
from .gatekeeping import counted
from .refusals import NO_STORE, refusal

PATH = "/oauth/userinfo"


async def userinfo(request: Request) -> Response:
    """The user's id: all else that is known of them is asked in the graph, where every field has its scope."""
    platform: Platform = request.state.platform
    if not (await counted(request, platform, "userinfo")).admitted:
        return refusal("temporarily_unavailable", status=429)
    try:
        # The body may hold nothing of use: a token there is not taken.
        caller = await Identify(platform)(presented(request, b"", platform.settings))
    except problems.Refusal as problem:
        return refusal("invalid_token", status=401, headers=problem.headers)
    if caller.user is None:
        return refusal("insufficient_scope", status=403)
    return JSONResponse({"sub": caller.user}, headers=NO_STORE)
