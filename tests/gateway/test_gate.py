"""The first step of the pipeline: what is let in, how much of it is read, and what it is taken to ask for."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.requests import Request

from barberpro.gateway.gate import Gate, network_of
from barberpro.gateway.problems import Code, Refusal
from barberpro.platform.limits import LocalLimiter, Rate, Verdict

MOST = 10_000
DIGEST = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
JSON_TYPE = "application/json"


class Upload:
    """A request as the server hands it over, which knows how much of it was read."""

    def __init__(self, chunks: Iterable[bytes], headers: dict[str, str], *, breaks: bool) -> None:
        self._chunks = list(chunks)
        self._breaks = breaks
        self.read = 0
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": raw}
        self.request = Request(scope, self._receive)

    async def _receive(self) -> dict[str, Any]:
        if self._breaks and not self._chunks:
            return {"type": "http.disconnect"}
        chunk = self._chunks.pop(0) if self._chunks else b""
        self.read += len(chunk)
        more = bool(self._chunks) or self._breaks
        return {"type": "http.request", "body": chunk, "more_body": more}


# The gate


class Recorder:
    """A limiter that admits everything, slowly if told so, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Rate, int]] = []

    def count(self, key: str, rate: Rate, cost: int = 1) -> Verdict:
        self.asked.append((key, rate, cost))
        return Verdict(True, 1, 0.0, 0.0)

    async def close(self) -> None: ...


def gate(*, requests: int = 1_000, places: int = 10) -> tuple[Gate, "Stopwatch"]:
    watch = Stopwatch()
    limiter = LocalLimiter(watch)
    return Gate(limiter, requests_per_address=requests, max_concurrency=places), watch


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> int:
        return round(self.seconds * 1e9)


async def passes(at: Gate, address: str = "192.0.2.1") -> None:
    with at.admit(address):
        pass


async def test_an_address_has_its_requests_a_minute() -> None:
    at, watch = gate(requests=3)
    for _ in range(3):
        await passes(at)
    with pytest.raises(Refusal) as caught:
        await passes(at)
    told = caught.value
    assert (told.code, told.status, told.of_operation) == (Code.THROTTLED, 429, False)
    assert (told.headers, told.facts) == ({"retry-after": "20"}, {"retryAfter": 20})
    await passes(at, "192.0.2.2")  # others are not meant
    watch.seconds += 20
    await passes(at)
    with pytest.raises(Refusal):
        await passes(at)


async def test_a_wait_is_told_in_whole_seconds_and_at_least_one() -> None:
    at, watch = gate(requests=120)
    for _ in range(120):
        await passes(at)
    with pytest.raises(Refusal) as caught:
        await passes(at)
    assert caught.value.headers["retry-after"] == "1"  # half a second would do
    at, watch = gate(requests=1)
    await passes(at)
    watch.seconds += 0.5
    with pytest.raises(Refusal) as caught:
        await passes(at)
    assert caught.value.headers["retry-after"] == "60"  # 59.5 would do


async def test_a_place_is_held_while_the_request_is_in_work() -> None:
    at, _ = gate(places=2)
    done = asyncio.Event()

    async def work() -> None:
        with at.admit("192.0.2.1"):
            await done.wait()

    working = [asyncio.create_task(work()) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal) as caught:
        await passes(at, "192.0.2.2")
    told = caught.value
    assert (told.code, told.status, told.of_operation) == (Code.THROTTLED, 503, False)
    assert (told.headers, told.facts) == ({"retry-after": "1"}, {"retryAfter": 1})
    done.set()
    await asyncio.gather(*working)
    await passes(at, "192.0.2.2")


async def test_who_finds_no_place_has_not_spent_a_request() -> None:
    recorder = Recorder()
    at = Gate(recorder, requests_per_address=1, max_concurrency=1)
    with at.admit("192.0.2.1"), pytest.raises(Refusal):
        await passes(at, "192.0.2.2")
    assert [key for key, _, _ in recorder.asked] == ["address:192.0.2.1"]


async def test_places_come_back_however_a_request_ends() -> None:
    at, _ = gate(requests=4, places=1)
    with pytest.raises(RuntimeError), at.admit("192.0.2.1"):
        raise RuntimeError
    work = asyncio.create_task(_hold(at))
    await asyncio.sleep(0)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await passes(at)
    await passes(at)
    with pytest.raises(
        Refusal
    ) as caught:  # over the rate: the refused one gives its place back too
        await passes(at)
    assert caught.value.status == 429
    await passes(at, "192.0.2.2")


async def _hold(at: Gate) -> None:
    with at.admit("192.0.2.1"):
        await asyncio.Event().wait()


async def test_an_address_may_spend_its_minute_at_once() -> None:
    recorder = Recorder()
    await passes(Gate(recorder, requests_per_address=6_000, max_concurrency=1))
    assert recorder.asked == [("address:192.0.2.1", Rate(6_000, 100.0), 1)]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002/64"),
        ("2001:db8:1:2::", "20010db800010002/64"),
        ("2001:db8:1:3::1", "20010db800010003/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80000000000000/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
        ("192.0.2.1, 198.51.100.1", "unknown"),
    ],
)
def test_one_subscriber_is_one_address_whatever_its_form(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_addresses_of_one_ipv6_network_share_their_requests() -> None:
    at, _ = gate(requests=2)
    await passes(at, "2001:db8::1")
    await passes(at, "2001:db8::2")
    with pytest.raises(Refusal):
        await passes(at, "2001:db8::3")
    await passes(at, "2001:db8:0:1::1")
