"""Who may come in at all: how many requests are in work at once, and how many come from one address."""

import math
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from barberpro.platform.limits import Limiter, Rate

from .problems import Code, Refusal


class Gate:
    """How many requests are in work at once, and how many come from one address.

    The address is the connection's. `X-Forwarded-For` is not read here, since anyone can write it: behind a proxy
    that `BARBERPRO_FORWARDED_BY` names, uvicorn puts the caller's in its place.
    """

    def __init__(
        self, limiter: Limiter, *, requests_per_address: int, max_concurrency: int
    ) -> None:
        self._limiter = limiter
        self._rate = Rate(requests_per_address, requests_per_address / 60)
        self._most = max_concurrency
        self._in_work = 0

    def admit(self, address: str) -> "Place":
        """`with gate.admit(address):` holds a place while a request is worked on.

        Refusal 503 where no place is free, 429 where the address is over its rate.
        """
        return Place(self, address)

    def enter(self, address: str) -> None:
        """Take a place, or raise the Refusal."""
        if self._in_work >= self._most:
            raise _come_back(503, "Too many requests are in work. Try again in a moment.", 1)
        self._in_work += 1
        try:
            verdict = self._limiter.count(f"address:{network_of(address)}", self._rate)
            if not verdict.admitted:
                wait = max(1, math.ceil(verdict.retry_after))
                raise _come_back(429, "Too many requests come from this address.", wait)
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Give the place back."""
        self._in_work -= 1


@dataclass(slots=True)
class Place:
    """A place for one request from this address."""

    gate: Gate
    address: str

    def __enter__(self) -> None:
        self.gate.enter(self.address)

    def __exit__(self, *_: object) -> None:
        self.gate.leave()


def _come_back(status: int, message: str, seconds: int) -> Refusal:
    headers, facts = {"retry-after": str(seconds)}, {"retryAfter": seconds}
    return Refusal(Code.THROTTLED, status, message, headers, facts)


@lru_cache(maxsize=4_096)
def network_of(address: str) -> str:
    """What one subscriber holds: an IPv4 address, or the /64 of an IPv6 one. Whatever is no address is one place."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped) if mapped else f"{found.packed[:8].hex()}/64"
    return str(found)
