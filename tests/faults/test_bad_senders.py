"""Callers who send too much, or stop in the middle: they hear why, and nobody else feels it."""

import asyncio
import json

import httpx
import pytest

from .conftest import Running, connected

pytestmark = [pytest.mark.long, pytest.mark.parametrize("running", [1], indirect=True)]

QUESTION = {"query": "{ locations(first: 1) { totalCount } }"}
HALF_OPEN = 150


@pytest.mark.parametrize(
    ("path", "media"),
    [("/graphql", "application/json"), ("/oauth/token", "application/x-www-form-urlencoded")],
)
async def test_who_sends_12_mb_hears_that_it_is_too_much(
    running: Running, path: str, media: str
) -> None:
    reader, writer = await connected(running)
    headers = f"host: x\r\ncontent-type: {media}\r\ncontent-length: 12000000\r\n\r\n"
    writer.write(f"POST {path} HTTP/1.1\r\n{headers}".encode())
    for _ in range(120):
        writer.write(b"x" * 100_000)
        await writer.drain()
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413")
    assert "at most 262144 bytes" in told(answer) or "may have 8192 bytes" in told(answer)


async def test_requests_that_never_end_are_ended_and_take_nobody_s_place(running: Running) -> None:
    halves = [await connected(running) for _ in range(HALF_OPEN)]
    for number, (_, writer) in enumerate(halves):
        begun = b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        writer.write(begun + b"content-length: 50\r\n\r\n{" if number % 2 else begun)
    async with httpx.AsyncClient(base_url=running.url, headers=running.headers) as http:
        for _ in range(20):
            answer = await http.post("/graphql", json=QUESTION)
            assert answer.json()["data"] == {"locations": {"totalCount": 0}}

    bodies = [reader for reader, _ in halves[1::2]]
    answers = await asyncio.gather(*[reader.read() for reader in bodies])
    assert {answer.split(b"\r\n", 1)[0] for answer in answers} == {b"HTTP/1.1 408 Request Timeout"}
    for _, writer in halves:
        writer.close()


def told(answer: bytes) -> str:
    found = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found["errors"][0]["message"] if "errors" in found else found["error_description"]
