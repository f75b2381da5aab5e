"""A call to another service: its time, its one retry, when it is left alone, and who it says is asking."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from barberpro.demo.loyalty.callers import Refused
from barberpro.demo.loyalty.ledger import Ledger
from barberpro.platform.settings import Settings, Upstream
from barberpro.platform.upstreams.breaker import FAILURES, REST, Breaker, Retries
from barberpro.platform.upstreams.service import Garbled, Service, Silent

from ...elsewhere import URL, Elsewhere

QUESTION = {"query": "{ _service { sdl } }"}
SCOPES = ["loyalty:read"]


class Watch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def elsewhere(platform: Any, tmp_path: Any) -> Elsewhere:
    return Elsewhere(platform, Ledger(tmp_path / "loyalty.db"))


Answer = Callable[[httpx.Request], Any]


@pytest.fixture
def service(elsewhere: Elsewhere, watch: Watch) -> Callable[[Answer], Service]:
    """`service(answer)` is one whose requests this function answers."""

    def make(answer: Answer) -> Service:
        transport = httpx.MockTransport(answer)
        return elsewhere.upstreams(transport=transport, now=watch).service("loyalty")

    return make


async def test_what_it_answers_is_given_back(elsewhere: Elsewhere, principal: Any) -> None:
    answer = await elsewhere.upstreams().service("loyalty").ask(QUESTION, principal, SCOPES)
    assert answer["data"]["_service"]["sdl"].startswith("extend schema @link")


async def test_a_service_without_an_address_is_silent(elsewhere: Elsewhere) -> None:
    with pytest.raises(Silent, match="no address"):
        elsewhere.upstreams().service("another")


async def test_it_is_given_no_more_time_than_the_operation_has(
    service: Any, principal: Any
) -> None:
    async def slow(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError("waited")

    with pytest.raises(Silent, match="too slow"):
        await service(slow).ask(QUESTION, principal, SCOPES, 0.05)


async def test_a_body_that_trickles_is_too_slow_too(service: Any, principal: Any) -> None:
    async def drops() -> Any:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    answer = service(lambda _: httpx.Response(200, content=drops()))
    with pytest.raises(Silent, match="too slow"):
        await answer.ask(QUESTION, principal, SCOPES, 0.1)


async def test_a_body_without_end_is_read_to_the_cap(service: Any, principal: Any) -> None:
    read = 0

    async def flood() -> Any:
        nonlocal read
        while True:
            read += 65_536
            yield b" " * 65_536

    with pytest.raises(Garbled, match="too large"):
        await service(lambda _: httpx.Response(200, content=flood())).ask(
            QUESTION, principal, SCOPES
        )
    assert read == 2_097_152 + 65_536


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 429, 500, 503])
async def test_a_redirect_or_a_failure_is_no_answer(
    service: Any, principal: Any, status: int
) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": "http://169.254.169.254/"}, json={})

    with pytest.raises(Silent, match=f"status {status}"):
        await service(answer).ask(QUESTION, principal, SCOPES)
    assert asked == [URL]


async def test_of_a_hundred_calls_ten_are_made_again(
    elsewhere: Elsewhere, principal: Any, watch: Watch
) -> None:
    made = 0

    def refused(request: httpx.Request) -> httpx.Response:
        nonlocal made
        made += 1
        raise httpx.ConnectError("refused", request=request)

    upstreams = elsewhere.upstreams(transport=httpx.MockTransport(refused), now=watch)
    for _ in range(100):
        with pytest.raises(Silent, match="ConnectError"):
            await upstreams.service("loyalty").ask(QUESTION, principal, SCOPES)
        watch.now += REST
    assert made == 110


async def test_a_lost_connection_is_tried_again_and_a_failure_is_not(
    service: Any, principal: Any
) -> None:
    told: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        what = told.pop(0)
        if isinstance(what, Exception):
            raise what
        return httpx.Response(what, json={"data": {}})

    asked = service(answer)
    told += [200] * 10
    for _ in range(10):
        await asked.ask(QUESTION, principal, SCOPES)
    told += [httpx.RemoteProtocolError("gone"), 200]
    assert await asked.ask(QUESTION, principal, SCOPES) == {"data": {}}
    told += [200] * 10
    for _ in range(10):
        await asked.ask(QUESTION, principal, SCOPES)
    told += [500, 200]
    with pytest.raises(Silent):
        await asked.ask(QUESTION, principal, SCOPES)
    assert told == [200]


async def test_after_failures_in_a_row_it_is_left_alone_and_then_tried_by_one(
    service: Any, principal: Any, watch: Watch
) -> None:
    made, is_up = 0, False
    entered, leave = asyncio.Event(), asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        nonlocal made
        made += 1
        if is_up:
            entered.set()
            await leave.wait()
        return httpx.Response(200 if is_up else 503, json={"data": {}})

    asked = service(answer)
    for _ in range(FAILURES + 3):
        with pytest.raises(Silent):
            await asked.ask(QUESTION, principal, SCOPES)
    assert made == FAILURES
    watch.now += REST
    with pytest.raises(Silent, match="status 503"):
        await asked.ask(QUESTION, principal, SCOPES)
    with pytest.raises(Silent, match="left alone"):
        await asked.ask(QUESTION, principal, SCOPES)
    assert made == FAILURES + 1
    watch.now += REST
    is_up = True
    trial = asyncio.create_task(asked.ask(QUESTION, principal, SCOPES))
    await entered.wait()
    with pytest.raises(Silent, match="left alone"):
        await asked.ask(QUESTION, principal, SCOPES)
    leave.set()
    assert await trial == {"data": {}}
    assert await asked.ask(QUESTION, principal, SCOPES) == {"data": {}}


async def test_a_trial_that_was_cancelled_lets_the_next_one_try(
    service: Any, principal: Any, watch: Watch
) -> None:
    status, entered, leave = 503, asyncio.Event(), asyncio.Event()

    async def answer(_: httpx.Request) -> httpx.Response:
        if status == 200:
            entered.set()
            await leave.wait()
        return httpx.Response(status, json={"data": {}})

    asked = service(answer)
    for _ in range(FAILURES):
        with pytest.raises(Silent):
            await asked.ask(QUESTION, principal, SCOPES)
    watch.now += REST
    status = 200
    trial = asyncio.create_task(asked.ask(QUESTION, principal, SCOPES))
    await entered.wait()
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    leave.set()
    assert await asked.ask(QUESTION, principal, SCOPES) == {"data": {}}


@given(st.lists(st.booleans(), max_size=200))
def test_retries_are_never_more_than_a_tenth_of_calls(wanted: list[bool]) -> None:
    retries, taken = Retries(), 0
    for calls, is_wanted in enumerate(wanted, start=1):
        retries.called()
        taken += is_wanted and retries.take()
        assert taken <= calls / 10


@given(st.lists(st.sampled_from(["fails", "succeeds", "rests"]), max_size=60))
def test_a_breaker_admits_whoever_comes_until_failures_in_a_row(steps: list[str]) -> None:
    watch = Watch()
    breaker, failed, opened_at = Breaker(watch), 0, None
    for step in steps:
        if step == "rests":
            watch.now += REST
            continue
        is_open = opened_at is not None and watch.now - opened_at < REST
        assert breaker.admits() is not is_open
        if is_open:
            continue
        if step == "succeeds":
            breaker.succeeded()
            failed, opened_at = 0, None
        else:
            breaker.failed()
            failed += 1
            opened_at = watch.now if failed >= FAILURES else None


async def test_the_token_says_who_asks_and_is_for_that_service_alone(
    elsewhere: Elsewhere, principal: Any, clock: Any
) -> None:
    who = replace(principal, locations=frozenset({"loc_b", "loc_a"}))
    await elsewhere.upstreams().service("loyalty").ask(QUESTION, who, SCOPES)
    (token,) = elsewhere.tokens
    caller = await elsewhere.callers(URL).identified(f"Bearer {token}")
    assert (caller.tenant, caller.locations) == (who.tenant, who.locations)
    for audience in ("https://another.example", elsewhere.platform.settings.public_url):
        with pytest.raises(Refused):
            await elsewhere.callers(audience).identified(f"Bearer {token}")
    for header in (None, "", f"Basic {token}", f"Bearer {token[:-4]}AAAA", "Bearer x"):
        with pytest.raises(Refused):
            await elsewhere.callers(URL).identified(header)
    clock.forward(seconds=61)
    with pytest.raises(Refused, match="Expired"):
        await elsewhere.callers(URL).identified(f"Bearer {token}")


async def test_a_token_without_the_scope_is_refused(elsewhere: Elsewhere, principal: Any) -> None:
    with pytest.raises(Silent, match="status 401"):
        await elsewhere.upstreams().service("loyalty").ask(QUESTION, principal, ["bookings:read"])


@pytest.mark.parametrize(
    "url",
    [
        "http://loyalty.example/graphql", "http://10.0.0.1/", "ftp://127.0.0.1/", "//127.0.0.1/",
        "https://user:word@loyalty.example/", "https:///graphql", "https://a.example/#x", "",
    ],
)  # fmt: skip
def test_an_address_is_https_or_of_this_machine(url: str) -> None:
    with pytest.raises(ValidationError):
        Upstream(name="loyalty", url=url)


def test_addresses_come_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "BARBERPRO_UPSTREAMS", '[{"name": "loyalty", "url": "http://127.0.0.1:9/graphql"}]'
    )
    (known,) = Settings().upstreams
    assert (known.name, known.url, known.seconds) == ("loyalty", "http://127.0.0.1:9/graphql", 2.0)
