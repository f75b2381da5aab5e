"""The demo's loyalty service beside a test, asked through everything but the network; and it can be made to lie."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson

from barberpro.demo.loyalty.app import create_app
from barberpro.demo.loyalty.callers import Callers
from barberpro.demo.loyalty.ledger import Ledger
from barberpro.platform.platform import Platform
from barberpro.platform.settings import Upstream
from barberpro.platform.upstreams.identity import Identity
from barberpro.platform.upstreams.service import Upstreams

URL = "https://loyalty.example/graphql"


@dataclass
class Elsewhere:
    """The service, and what it was asked."""

    platform: Platform
    ledger: Ledger
    asked: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    lie: Callable[[Any], Any] | None = None
    """Makes another answer of the right one: JSON, a response, or an exception that it raises."""

    def __post_init__(self) -> None:
        app = create_app(self.ledger, self.callers(URL), self.platform.clock)
        self.sound = httpx.ASGITransport(app)

    def callers(self, audience: str) -> Callers:
        async def jwks() -> dict[str, Any]:
            return self.platform.keys.public_jwks()

        issuer = self.platform.settings.public_url
        return Callers(issuer, audience, jwks, self.platform.clock)

    def upstreams(self, **changes: Any) -> Upstreams:
        """The way to it, for one process."""
        keys, clock = self.platform.keys, self.platform.clock
        identity = Identity(self.platform.settings.public_url, keys, clock)
        at = Upstream(name="loyalty", url=URL)
        return Upstreams(
            [at], identity, **{"transport": httpx.MockTransport(self._answer)} | changes
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(orjson.loads(request.content))
        self.tokens.append(request.headers["authorization"].removeprefix("Bearer "))
        right = await self.sound.handle_async_request(request)
        if self.lie is None:
            return right
        told = self.lie(orjson.loads(await right.aread()))
        if isinstance(told, httpx.Response):
            return told
        return httpx.Response(200, content=orjson.dumps(told))
