"""Tells the application who stands at the other end of a connection, which ASGI under uvicorn does not.

The peer's address is taken before `X-Forwarded-For` of a trusted proxy replaces the caller's, and the certificate is
what TLS has verified. Neither can be written by a caller.
"""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .identify.presented import CONNECTION


class Connection(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, with one extension in each request's scope."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {CONNECTION: self._told()}

    def _told(self) -> dict[str, Any]:
        told: dict[str, Any] = {"peer": self.client[0] if self.client else "unknown"}
        tls = self.transport.get_extra_info("ssl_object")
        if tls is not None and (certificate := tls.getpeercert(binary_form=True)):
            told["certificate"] = certificate
        return told
