"""Reads a request's headers as they came."""

from starlette.requests import Request


def first(request: Request, name: bytes) -> str | None:
    """The first value of a header, by its name in lower case; None where it was not sent."""
    for key, value in request.scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None
