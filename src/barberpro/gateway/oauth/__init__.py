"""The authorization server: who gets a token, what stands in it, and how it is told from a forgery.

Every request comes in by `reception.py`. To add a grant, write it in `grants.py`; `metadata.py` tells of it by itself.
"""

from starlette.routing import Route


def routes() -> list[Route]:
    """The routes of the authorization server; they find the platform, and who knows callers, in `request.state`."""
    # Imported when asked for: what knows callers (`identify`) needs this package's tokens, and is needed by these.
    from . import endpoints, entrance, metadata, registration, userinfo

    return [
        Route(endpoints.TOKEN_PATH, endpoints.TOKEN),
        Route(endpoints.REVOCATION_PATH, endpoints.REVOCATION),
        Route(endpoints.INTROSPECTION_PATH, endpoints.INTROSPECTION),
        Route(endpoints.PUSHING_PATH, endpoints.PUSHING),
        *entrance.routes(),
        *registration.routes(),
        Route(userinfo.PATH, userinfo.USERINFO, methods=["GET", "POST"]),
        Route(metadata.OAUTH_PATH, metadata.document),
        Route(metadata.OPENID_PATH, metadata.document),
        Route(metadata.JWKS_PATH, metadata.keys),
    ]
