"""Reads small JSON documents from other people's servers, without becoming their tool.

https only (http for loopback, where it is allowed at all), no redirects, a deadline for all of it, a cap on the body,
and no address inside our own network: the name is resolved once, every address is checked, and the one that was checked
is called. It has threads of its own: servers that keep us waiting keep nothing else of ours waiting.
"""

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import orjson

SECONDS = 5.0
MOST_BYTES = 262_144
CHUNK = 16_384
THREADS = ThreadPoolExecutor(4, "outside")
INWARDS = tuple(
    ip_network(network)
    for network in (
        "::/96",  # IPv4 in IPv6, as it was once
        "64:ff9b::/96",  # NAT64: RFC 6052
        "64:ff9b:1::/48",  # NAT64 of one's own: RFC 8215
        "3fff::/20",  # documentation: RFC 9637
        "5f00::/16",  # segment routing: RFC 9602
        "192.88.99.0/24",  # relays of 6to4, which are no more: RFC 7526
    )
)
"""Networks that may lead inwards, or nowhere, which not every Python calls other than global."""


class Unreachable(Exception):
    """The document could not be had; the reason is for our log."""


@dataclass(frozen=True)
class Outside:
    """What may be asked."""

    private_hosts: frozenset[str] = frozenset()
    """Names of hosts that may have addresses inside our network: an operator's choice, never a caller's."""
    seconds: float = SECONDS

    async def document(self, url: str, hosts: Collection[str]) -> dict[str, Any]:
        """The JSON object at this URL, whose host must be one of `hosts`. Raises Unreachable."""
        try:
            async with asyncio.timeout(2 * self.seconds):  # looking up the name has no deadline
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(THREADS, self._document, url, hosts)
        except TimeoutError:
            raise Unreachable("too slow") from None

    def _document(self, url: str, hosts: Collection[str]) -> dict[str, Any]:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise Unreachable("not a URL") from None
        if parts.username is not None or parts.fragment or host not in hosts:
            raise Unreachable("a host that was not named, or not a plain URL")
        is_private_allowed = host in self.private_hosts
        if parts.scheme != "https" and not (parts.scheme == "http" and is_private_allowed):
            raise Unreachable("not https")
        address = _address(
            host, port or (443 if parts.scheme == "https" else 80), is_private_allowed
        )
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = _Connection(
            host, port, address, is_tls=parts.scheme == "https", seconds=self.seconds
        )
        deadline = threading.Timer(self.seconds, connection.cut)
        deadline.start()
        try:
            return _object(_read(connection, path))
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable("too slow" if connection.is_cut else type(error).__name__) from None
        finally:
            deadline.cancel()
            connection.close()


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, under the host's name."""

    def __init__(
        self, host: str, port: int | None, address: tuple[str, int], *, is_tls: bool, seconds: float
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self._address = address
        self.is_cut = False
        self._tls = ssl.create_default_context() if is_tls else None

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address, self.timeout)
        if self._tls is not None:
            self.sock = self._tls.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def cut(self) -> None:
        """End whatever it waits for, from another thread: each byte that trickles in would begin a new wait."""
        self.is_cut = True
        if self.sock is not None:
            with contextlib.suppress(OSError):  # closed in this moment
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


def _address(host: str, port: int, is_private_allowed: bool) -> tuple[str, int]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unreachable("no such host") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not is_private_allowed and not all(_is_public(address) for address in addresses):
        raise Unreachable("an address inside our own network")
    return addresses[0], port


def _is_public(address: str) -> bool:
    found = ip_address(address.partition("%")[0])
    if any(found in network for network in INWARDS):
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (inner is None or inner.is_global)


def _read(connection: _Connection, path: str) -> bytes:
    connection.request("GET", path, headers={"Accept": "application/json"})
    with connection.getresponse() as response:
        if response.status != 200:
            raise Unreachable(f"status {response.status}")
        body = b""
        while chunk := response.read1(CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                raise Unreachable("too large")
        if connection.is_cut:
            raise Unreachable("too slow")
        return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Unreachable("not a JSON object")
    return value
