"""Forms that only our pages can send: a token in the form that belongs to a cookie of the browser and to its session.

Other sites cannot read the token, and a browser with SameSite=Lax sends no cookie with a form of theirs.
"""

import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

from barberpro.platform.platform import Platform

COOKIE = "form"
BYTES = 32
LIFE = 12 * 3_600  # seconds
OURS = ("same-origin", "none")


def guarded(request: Request) -> tuple[str, str]:
    """The browser's cookie, made where it has none, and the token that a form on this page carries."""
    known = getattr(request.state, "form_guard", None) or request.cookies.get(name(request, COOKIE))
    guard = known if known and len(known) == 2 * BYTES else secrets.token_hex(BYTES)
    request.state.form_guard = guard
    return guard, _token(request, guard)


def keep(request: Request, response: Response, guard: str) -> None:
    """Have the browser keep the cookie that the page's forms belong to."""
    if request.cookies.get(name(request, COOKIE)) != guard:
        set_cookie(request, response, COOKIE, guard, LIFE)


def is_ours(request: Request, token: str | None) -> bool:
    """Whether the form came from a page that we showed to this browser, in this session."""
    guard = request.cookies.get(name(request, COOKIE))
    if not guard or not token or request.headers.get("sec-fetch-site", "none") not in OURS:
        return False
    return hmac.compare_digest(token.encode(), _token(request, guard).encode())


def name(request: Request, cookie: str) -> str:
    """What a cookie is called: on https with the prefix that keeps other hosts from setting it (RFC 6265bis)."""
    return f"__Host-{cookie}" if _is_https(request) else f"barberpro-{cookie}"


def set_cookie(request: Request, response: Response, cookie: str, value: str, life: int) -> None:
    """Set a cookie of ours, unreadable to scripts; with a life of 0 it goes."""
    response.set_cookie(
        name(request, cookie),
        value,
        max_age=life,
        path="/",
        secure=_is_https(request),
        httponly=True,
        samesite="lax",
    )


def _token(request: Request, guard: str) -> str:
    platform: Platform = request.state.platform
    session = request.cookies.get(name(request, "session"), "")
    key = platform.sealer.derived("oauth.csrf")
    return hmac.digest(key, f"{guard}|{session}".encode(), hashlib.sha256).hex()


def _is_https(request: Request) -> bool:
    platform: Platform = request.state.platform
    return platform.settings.public_url.startswith("https:")
