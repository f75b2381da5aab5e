"""What others need to know to use the authorization server: RFC 8414, OpenID Connect Discovery 1.0, and the keys."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from barberpro.platform.keys import ALGORITHM
from barberpro.platform.settings import Settings

from ..credentials import dpop
from . import assertions
from .authentication import ALL, PROVEN, TOKEN_PATH
from .authorize import AUTHORIZE_PATH
from .endpoints import INTROSPECTION_PATH, PUSHING_PATH, REVOCATION_PATH
from .grants import GRANTS
from .registration import REGISTRATION_PATH
from .scopes import PROTOCOL
from .tokens import issuer
from .userinfo import PATH as USERINFO_PATH

OAUTH_PATH = "/.well-known/oauth-authorization-server"
OPENID_PATH = "/.well-known/openid-configuration"
JWKS_PATH = "/.well-known/jwks.json"
HOUR = {"Cache-Control": "public, max-age=3600"}


async def document(request: Request) -> JSONResponse:
    """One document for both: who found us by RFC 8414 is issued ID tokens as well, and must know what signs them."""
    return JSONResponse(described(request.state.platform.settings), headers=HOUR)


async def keys(request: Request) -> JSONResponse:
    """The public keys that check our tokens, those of other processes included."""
    ring = request.state.platform.keys
    await ring.look_again()
    return JSONResponse(
        ring.public_jwks(),
        headers={"Cache-Control": "public, max-age=300"},
        media_type="application/jwk-set+json",
    )


def described(settings: Settings) -> dict[str, Any]:
    """Each line is taken from what does it, so that none promises what is not there."""
    us, signatures = issuer(settings), sorted(assertions.KINDS)
    return {
        "issuer": us,
        "authorization_endpoint": us + AUTHORIZE_PATH,
        "token_endpoint": us + TOKEN_PATH,
        "jwks_uri": us + JWKS_PATH,
        "registration_endpoint": us + REGISTRATION_PATH,
        "revocation_endpoint": us + REVOCATION_PATH,
        "introspection_endpoint": us + INTROSPECTION_PATH,
        "pushed_authorization_request_endpoint": us + PUSHING_PATH,
        "scopes_supported": sorted(PROTOCOL),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": sorted(str(grant.GRANT_TYPE) for grant in GRANTS),
        "token_endpoint_auth_methods_supported": ALL,
        "token_endpoint_auth_signing_alg_values_supported": signatures,
        "revocation_endpoint_auth_methods_supported": ALL,
        "revocation_endpoint_auth_signing_alg_values_supported": signatures,
        "introspection_endpoint_auth_methods_supported": PROVEN,
        "introspection_endpoint_auth_signing_alg_values_supported": signatures,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": sorted(dpop.ALGORITHMS),
        "tls_client_certificate_bound_access_tokens": True,
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": ["es-AR", "en"],
        "userinfo_endpoint": us + USERINFO_PATH,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "amr", "nonce"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
