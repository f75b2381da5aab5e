"""Texts that own frontends sent once with their SHA-256, and name by it from then on.

Apollo calls it automatic persisted queries. It saves bytes and gives nobody a right: such a text counts as one that was
sent. Only clients of a tier with `automatic_documents` take part, each for itself. What is kept is a cache: in Redis
where there is one, for a day, and in each process; who asks for what is in neither sends the text again.
"""

import asyncio
import time
from collections import OrderedDict
from typing import Any

import structlog

from barberpro.domains.identity.documents import identifiers

KEPT = 1_000
LENGTH = 5_000_000
"""Characters of all texts that a process keeps."""
LONGEST = 20_000
"""Characters; a longer text is sent whole each time."""
SECONDS = 24 * 60 * 60
PATIENCE = 0.25  # seconds that a request waits for Redis
PAUSE = 2.0  # seconds until a Redis that did not answer is asked again

log = structlog.get_logger(__name__)


class Automatic:
    """What clients have sent with its digest."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._redis = _redis(redis_url) if redis_url else None
        self._ask_again_at = 0.0
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._length = 0

    async def find(self, client: str, digest: str) -> str | None:
        """The text of this SHA-256 that the client sent, if it is still known."""
        text = self._texts.get((client, digest))
        if text is not None:
            self._texts.move_to_end((client, digest))
            return text
        text = await self._asked("get", _key(client, digest))
        if text is None or identifiers.of(text).digest != digest:
            return None
        self._remember(client, digest, text)
        return text

    async def keep(self, client: str, digest: str, text: str) -> None:
        """Keep a text of this SHA-256 for the client that sent it."""
        if len(text) > LONGEST or (client, digest) in self._texts:
            return
        self._remember(client, digest, text)
        await self._asked("set", _key(client, digest), text, ex=SECONDS)

    async def close(self) -> None:
        """Let go of connections."""
        if self._redis is not None:
            await self._redis.aclose()

    def _remember(self, client: str, digest: str, text: str) -> None:
        self._texts[client, digest] = text
        self._length += len(text)
        while len(self._texts) > KEPT or self._length > LENGTH:
            _, forgotten = self._texts.popitem(last=False)
            self._length -= len(forgotten)

    async def _asked(self, command: str, *words: Any, **more: Any) -> Any:
        if self._redis is None or time.monotonic() < self._ask_again_at:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                return await getattr(self._redis, command)(*words, **more)
        except Exception as error:  # no request fails for a cache
            log.warning("automatic_documents.alone", error=type(error).__name__)
            self._ask_again_at = time.monotonic() + PAUSE
            return None


def _key(client: str, digest: str) -> str:
    return f"document:{client}:{digest}"


def _redis(url: str) -> Any:
    # Its import takes a third of a second: only who shares anything pays for it.
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=None, decode_responses=True
    )
