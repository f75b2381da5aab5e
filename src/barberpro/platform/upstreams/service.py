"""One call to another service: pooled, within its time, retried once where the connection failed, and capped."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson

from ..principal import Principal
from ..settings import Upstream
from .breaker import Breaker, Monotonic, Retries
from .identity import Identity

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 2_097_152
MOST_CONNECTIONS = 50
MARGIN = 0.9
"""What a call may take of the operation's time that is left: an answer with a null is better than none."""
ANSWERS = frozenset({200, 400})
"""Statuses under which a service may speak GraphQL to us."""


class Silent(Exception):
    """The service is down, too slow, or was left alone; the reason is for our log."""


class Garbled(Exception):
    """The service answered with what is no answer."""


class Service:
    """One other service."""

    def __init__(self, at: Upstream, identity: Identity, now: Monotonic, transport: Any) -> None:
        self._at = at
        self._identity = identity
        self._breaker = Breaker(now)
        self._retries = Retries()
        self._transport = transport

    async def ask(
        self,
        body: Mapping[str, Any],
        caller: Principal,
        scopes: Iterable[str],
        seconds: float | None = None,
    ) -> dict[str, Any]:
        """The answer to a GraphQL request; `seconds` are what the operation has left. Raises Silent or Garbled."""
        if not self._breaker.admits():
            raise Silent("left alone after failures")
        limit = self._at.seconds if seconds is None else min(self._at.seconds, seconds * MARGIN)
        try:
            async with asyncio.timeout(limit):
                answer = await self._sent(orjson.dumps(body), self._headers(caller, scopes))
        except (Silent, Garbled):
            self._breaker.failed()
            raise
        except TimeoutError:
            self._breaker.failed()
            raise Silent("too slow") from None
        except BaseException:
            self._breaker.given_up()
            raise
        self._breaker.succeeded()
        return answer

    async def close(self) -> None:
        if "_client" in vars(self):
            await self._client.aclose()

    @cached_property
    def _client(self) -> "httpx.AsyncClient":
        import httpx  # 30 ms and some megabytes, which an installation without upstreams is spared

        limits = httpx.Limits(max_connections=MOST_CONNECTIONS)
        return httpx.AsyncClient(
            transport=self._transport,
            limits=limits,
            timeout=self._at.seconds,
            trust_env=False,
            follow_redirects=False,
        )

    def _headers(self, caller: Principal, scopes: Iterable[str]) -> dict[str, str]:
        audience = self._at.audience or self._at.url
        return {
            "authorization": f"Bearer {self._identity.token(caller, audience, scopes)}",
            "content-type": "application/json",
            "accept": "application/json",
            "accept-encoding": "identity",  # a small body that unfolds would pass the cap
        }

    async def _sent(self, content: bytes, headers: dict[str, str]) -> dict[str, Any]:
        import httpx

        self._retries.called()
        while True:
            request = self._client.build_request(
                "POST", self._at.url, content=content, headers=headers
            )
            try:
                response = await self._client.send(request, stream=True)
            except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
                if self._retries.take():
                    continue
                raise Silent(type(error).__name__) from None
            except httpx.HTTPError as error:
                raise Silent(type(error).__name__) from None
            try:
                return await _read(response)
            except httpx.HTTPError as error:
                raise Silent(type(error).__name__) from None
            finally:
                await response.aclose()


async def _read(response: "httpx.Response") -> dict[str, Any]:
    if response.status_code not in ANSWERS:
        raise Silent(f"status {response.status_code}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Garbled("compressed, though asked not to be")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Garbled("too large")
    try:
        answer = orjson.loads(body)  # refuses what is nested deeper than 1,024 levels
    except orjson.JSONDecodeError:
        raise Garbled("no JSON") from None
    if not isinstance(answer, dict):
        raise Garbled("no JSON object")
    return answer


class Upstreams:
    """The services that this installation knows, by name."""

    def __init__(
        self,
        known: Iterable[Upstream],
        identity: Identity,
        *,
        now: Monotonic = time.monotonic,
        transport: Any = None,
    ) -> None:
        self._services = {at.name: Service(at, identity, now, transport) for at in known}

    def service(self, name: str) -> Service:
        """Raises Silent where the operator named no such service."""
        if name not in self._services:
            raise Silent("no address in BARBERPRO_UPSTREAMS")
        return self._services[name]

    async def aclose(self) -> None:
        """Close what connections are open."""
        for service in self._services.values():
            await service.close()
