"""Clocks that a test moves, and a limiter on a real server."""

import os
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis


@pytest.fixture(scope="session")
def redis_url() -> str:
    url = os.environ.get("BARBERPRO_TEST_REDIS_URL")
    if not url:
        pytest.fail("no Redis: run scripts/test.py, or set BARBERPRO_TEST_REDIS_URL")
    return url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client
