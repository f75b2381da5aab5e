"""What a request shows of who sent it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.requests import Request

from barberpro.platform.settings import Settings

from ..credentials import certificates

CONNECTION = "barberpro.connection"
"""The ASGI extension in which our server tells the peer's address and certificate; see `gateway/connection.py`."""
LONGEST_PATH = 2_048


@dataclass(slots=True)
class Presented:
    """The parts of a request that show who sends it, and what a proof or signature may cover."""

    raw: Sequence[tuple[bytes, bytes]]
    """The headers, names in lower case, in the order they came, as often as they came."""
    method: str = "POST"
    url: str = ""
    """With the configured base: Host is anyone's to write."""
    body: bytes = field(default=b"", repr=False)
    address: str = "unknown"
    """The caller's address, as a proxy of ours may have told it."""
    peer: str = "unknown"
    """The other end of the connection itself."""
    certificate: bytes | None = field(default=None, repr=False)
    """What the connection's TLS showed, in DER."""

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers as text: few ways in look at more than one of them."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.raw]

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]


def presented(request: Request, body: bytes, settings: Settings) -> Presented:
    """What this request shows, once its body was read."""
    scope = request.scope
    client = scope.get("client")
    address = client[0] if client else "unknown"
    connection = scope.get("extensions", {}).get(CONNECTION, {})
    path = scope.get("raw_path") or request.url.path.encode()
    query = b"?" + scope["query_string"] if scope.get("query_string") else b""
    return Presented(
        raw=scope["headers"],  # ASGI has names in lower case already
        method=scope["method"],
        url=settings.public_url.rstrip("/") + (path + query).decode("latin-1"),
        body=body,
        address=address,
        peer=connection.get("peer", address),
        certificate=connection.get("certificate"),
    )


def certificate(shown: Presented, proxies: Sequence[str]) -> bytes | None:
    """The certificate behind the request, in DER: of the connection, or handed on by one of these proxies."""
    if shown.certificate is not None:
        return shown.certificate
    return certificates.of_proxy(shown.all(certificates.HEADER), shown.peer, proxies)
