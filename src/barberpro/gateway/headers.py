"""Reads a request's headers as they came."""

from starlette.requests import Request

READ = "barberpro.headers"
"""Where the first value of each header is kept in a request's scope, once one was looked for."""


def first(request: Request, name: bytes) -> str | None:
    """The first value of a header, by its name in lower case; None where it was not sent."""
    scope = request.scope
    known = scope.get(READ)
    if known is None:
        known = scope[READ] = dict(reversed(scope["headers"]))
    value = known.get(name)
    return None if value is None else value.decode("latin-1")
