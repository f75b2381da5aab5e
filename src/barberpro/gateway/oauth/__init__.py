"""The authorization server: who gets a token, what stands in it, and how it is told from a forgery.

To add a grant, write it in `grants.py`; `metadata.py` tells of it by itself.
"""

from starlette.routing import Route


def routes() -> list[Route]:
    """The routes of the authorization server; they find the platform in `request.state`."""
    # Imported when asked for: what knows callers (`identify`) needs this package's tokens, and is needed by these.
    from . import authorize, endpoints, entrance, metadata, registration, userinfo

    return [
        Route(endpoints.TOKEN_PATH, endpoints.TOKEN),
        Route(endpoints.REVOCATION_PATH, endpoints.REVOCATION),
        Route(endpoints.INTROSPECTION_PATH, endpoints.INTROSPECTION),
        Route(endpoints.PUSHING_PATH, endpoints.PUSHING),
        *entrance.routes(),
        Route(authorize.AUTHORIZE_PATH, authorize.authorize, methods=["GET"]),
        Route(authorize.CONSENT_PATH, authorize.consent, methods=["POST"]),
        Route(registration.REGISTRATION_PATH, registration.register, methods=["POST"]),
        Route(registration.MANAGEMENT_PATH, registration.manage, methods=["GET", "DELETE"]),
        Route(userinfo.PATH, userinfo.userinfo, methods=["GET", "POST"]),
        Route(metadata.OAUTH_PATH, metadata.oauth),
        Route(metadata.OPENID_PATH, metadata.openid),
        Route(metadata.JWKS_PATH, metadata.keys),
    ]
