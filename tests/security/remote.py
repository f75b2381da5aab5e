"""An issuer of someone else's, over real HTTP: its metadata, its keys, and how often it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc.jwk import ECKey, RSAKey


@dataclass
class Remote:
    """What the server answers may be changed while it runs."""

    url: str
    key: ECKey | RSAKey
    documents: dict[str, Any] = field(default_factory=dict)
    """By path: a document, or (status, body, headers)."""
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    @property
    def kid(self) -> str:
        return self.key.thumbprint()

    def publish(self, *keys: ECKey | RSAKey) -> None:
        """Show these keys, and metadata that leads to them."""
        listed = [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in keys]
        self.documents["/jwks"] = {"keys": listed}
        self.documents["/.well-known/oauth-authorization-server"] = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/jwks",
        }


@contextmanager
def serving(key: ECKey | RSAKey) -> Iterator[Remote]:
    """A server on a loopback port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            remote.asked.append(self.path)
            found = remote.documents.get(self.path, (404, b"", {}))
            if remote.is_down:
                found = (503, b"", {})
            if not isinstance(found, tuple):
                found = (200, json.dumps(found).encode(), {})
            status, body, headers = found
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    remote = Remote(f"http://127.0.0.1:{server.server_address[1]}", key)
    remote.publish(key)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield remote
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
