"""Browsers that someone has signed in with before, so that who guesses at an account locks out nobody who is at home.

The cookie holds what the browser is called, at random, and a proof for each account that signed in there: an HMAC of
both under a key of the installation. What is proved has a budget of its own (`attempts.py`), and gives nothing else.
It is the device cookie of OWASP ("Slow Down Online Guessing Attacks with Device Cookies"), without a list to keep.
"""

import hashlib
import hmac
import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from barberpro.platform.platform import Platform

from . import csrf

COOKIE = "known"
MOST = 8
"""Accounts that one browser proves: the colleagues at one counter."""
LIFE = 180 * 86_400  # seconds
NAME = re.compile(r"[0-9a-f]{32}")
PROOF = re.compile(r"[0-9a-f]{32}")


def browser(request: Request, account: str) -> str | None:
    """What the browser is called, where someone has signed in to this account with it; else None."""
    name, proofs = _shown(request)
    wanted = _proof(request, name, account)
    return name if any(hmac.compare_digest(wanted, proof) for proof in proofs) else None


def remember(request: Request, response: Response, account: str) -> None:
    """Let the browser prove this account from now on; past `MOST` it forgets whom it has not seen for longest."""
    name, proofs = _shown(request)
    name = name or secrets.token_hex(16)
    proof = _proof(request, name, account)
    kept = [proof, *(other for other in proofs if other != proof)][:MOST]
    csrf.set_cookie(request, response, COOKIE, ".".join((name, *kept)), LIFE)


def _shown(request: Request) -> tuple[str, list[str]]:
    """The browser's name and its proofs, not yet believed; nothing of what cannot be ours."""
    name, *proofs = request.cookies.get(csrf.name(request, COOKIE), "").split(".", MOST + 1)
    if not NAME.fullmatch(name):
        return "", []
    return name, [proof for proof in proofs if PROOF.fullmatch(proof)]


def _proof(request: Request, name: str, account: str) -> str:
    platform: Platform = request.state.platform
    key = platform.sealer.derived("oauth.known")
    return hmac.digest(key, f"{name}|{account}".encode(), hashlib.sha256).hex()[:32]
