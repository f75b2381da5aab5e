"""How the authorization server says no: to programs by RFC 6749 section 5.2, in our own words; to people on a page."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="BarberPro", charset="UTF-8"'}

# Authlib's own texts name its methods and repeat what was sent.
TEXTS = {
    "insufficient_scope": "The token lacks the scope for this.",
    "invalid_dpop_proof": "The DPoP proof is missing, or does not hold.",
    "invalid_grant": "The code or token is wrong, used, over, revoked, or not this client's.",
    "invalid_client": "The client's id or what it shows is wrong, or the client may not call any more.",
    "invalid_request": "The request lacks a parameter, or has one that makes no sense.",
    "invalid_scope": "The client may not have every scope that it asks for.",
    "invalid_token": "The token is missing, wrong or not good any more.",
    "invalid_target": "Tokens are issued for this gateway only.",
    "server_error": "Something is broken on our side. Tell us the request id.",
    "temporarily_unavailable": "The request took too long. Try again in a moment.",
    "too_many": "Too many requests from this address. Wait as long as Retry-After says.",
    "unauthorized_client": "The client may not use this grant type.",
    "unsupported_grant_type": "This grant type is not offered.",
}


@dataclass(eq=False)
class Unanswerable(Exception):
    """Nobody can be sent anywhere with this: the person is told, in the words that `texts.toml` has for the reason."""

    reason: str
    status: int = 400

    def __str__(self) -> str:
        return self.reason


def refusal(
    error: str,
    text: str | None = None,
    status: int = 400,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error response; who was not believed gets 401 and is told how to authenticate."""
    body = {"error": error, "error_description": text or TEXTS.get(error, "The request failed.")}
    if error == "invalid_client":
        return JSONResponse(body, 401, headers=NO_STORE | CHALLENGE)
    return JSONResponse(body, status, headers={**NO_STORE, **(headers or {})})


def told(
    _request: Request,
    reason: str,
    text: str | None = None,
    status: int = 400,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The same for whatever may go wrong before a request is understood (`reception.py`)."""
    error = "temporarily_unavailable" if reason == "too_many" else reason
    return refusal(error, text or TEXTS[reason], status, headers)
