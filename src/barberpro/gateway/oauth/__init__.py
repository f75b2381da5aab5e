"""The authorization server: who gets a token, what stands in it, and how it is told from a forgery.

To add a grant, write it beside `ClientCredentials` in `server.py` and name it in `metadata`.
"""

from .endpoints import routes

__all__ = ["routes"]
