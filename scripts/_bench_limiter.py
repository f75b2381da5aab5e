"""What limits cost a request, and how exactly several processes keep one limit together."""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import secrets
import time
from typing import Any

import _servers

PROCESSES = 4
OVERLOAD = 10
PER_SECOND = 200
CAPACITY = 100
COST = 5
ROUNDS = 20_000
TRIPS = 2_000
CROWD = 20


def limiter(given: argparse.Namespace) -> int:
    """Microseconds a take, in process and on Redis; then what processes that ask for ten times the limit are given."""
    with _servers.valkey() as url:
        asyncio.run(_cost(url))
        for name in ("gcra", "token-bucket", "sliding-window", "fixed-window"):
            _together(url, name, min(int(given.seconds), 60))
    return 0


def _policies() -> dict[str, Any]:
    from barberpro.platform.limits import FixedWindow, Rate, SlidingWindow, TokenBucket

    seconds = 1.0
    return {
        "gcra": Rate(CAPACITY, PER_SECOND),
        "token-bucket": TokenBucket(CAPACITY, PER_SECOND),
        "sliding-window": SlidingWindow(PER_SECOND, seconds),
        "fixed-window": FixedWindow(PER_SECOND, seconds),
    }


async def _cost(url: str) -> None:
    from barberpro.platform.limits import LocalLimiter
    from barberpro.platform.limits.shared import SharedLimiter

    local, shared = LocalLimiter(), SharedLimiter(url, patience=5.0)
    print(
        f"{'':16}{'in process':>12}{'give back':>12}{'Redis, CPU':>12}{'its time':>12}{f'{CROWD} at once':>12}"
    )
    for name, policy in _policies().items():
        key = secrets.token_hex(8)
        taken = await local.take(key, policy)
        began = time.process_time()
        for _ in range(ROUNDS):
            taken = await local.take(key, policy)
        took = (time.process_time() - began) / ROUNDS * 1e6
        began = time.process_time()
        for _ in range(ROUNDS):
            local.give_back(key, policy, 1, taken)
        gave = (time.process_time() - began) / ROUNDS * 1e6
        began, wall = time.process_time(), time.perf_counter()
        for _ in range(TRIPS):
            await shared.take(key, policy)
        cpu = (time.process_time() - began) / TRIPS * 1e6
        alone = (time.perf_counter() - wall) / TRIPS * 1e6
        began = time.process_time()
        for _ in range(TRIPS // CROWD):
            await asyncio.gather(*[shared.take(key, policy) for _ in range(CROWD)])
        crowd = (time.process_time() - began) / TRIPS * 1e6
        print(f"{name:16}{took:9.1f} µs{gave:9.1f} µs{cpu:9.0f} µs{alone:9.0f} µs{crowd:9.0f} µs")
    await shared.close()


def _together(url: str, name: str, seconds: float) -> None:
    """Processes ask in turns of their own, for ten times what comes back."""
    context = multiprocessing.get_context("spawn")
    key, answers = secrets.token_hex(8), context.Queue()
    begins = int(time.time()) + 4.0  # with a second, as the windows do
    given = (url, name, key, begins, seconds, answers)
    processes = [context.Process(target=_asks, args=given) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    found = [answers.get(timeout=seconds + 60) for _ in processes]
    for process in processes:
        process.join()
    asked, admitted = (sum(each[n] for each in found) for n in (0, 1))
    first, last = min(each[2] for each in found), max(each[3] for each in found)
    span = last - first
    limit = PER_SECOND * span + (CAPACITY if name in ("gcra", "token-bucket") else 0)
    if name == "fixed-window":  # of whole windows
        limit = PER_SECOND * (int(last) - int(first) + 1)
    if name == "sliding-window":  # a unit comes back after the span and up to a slice more
        limit = PER_SECOND * (int(span / 1.1) + 1)
    alone = sum(each[4] for each in found)
    print(
        f"{name}: {PROCESSES} processes asked for {asked} in {span:.1f} s, {asked / limit:.1f} times the limit of"
        f" {limit:.0f}; admitted {admitted}, {admitted / limit - 1:+.2%}; {alone} decided without Redis"
    )


def _asks(url: str, name: str, key: str, begins: float, seconds: float, answers: Any) -> None:
    """One process: `COST` units at a time, at its share of the overload, whatever is answered."""
    answers.put(asyncio.run(_share(url, name, key, begins, seconds)))


async def _share(
    url: str, name: str, key: str, begins: float, seconds: float
) -> tuple[int, int, float, float, int]:
    from barberpro.platform.limits.shared import SharedLimiter

    shared, policy = SharedLimiter(url, patience=2.0), _policies()[name]
    await shared.look(key + os.urandom(4).hex(), policy)  # connected before the time comes
    await asyncio.sleep(max(0.0, begins - time.time()))
    gap = COST * PROCESSES / (PER_SECOND * OVERLOAD)
    asked = admitted = turn = 0
    first = last = time.time()
    while time.time() < begins + seconds - 0.02:
        asked += COST
        admitted += COST * (await shared.take(key, policy, COST)).admitted
        last = time.time()
        turn += 1
        await asyncio.sleep(max(0.0, begins + turn * gap - time.time()))
    alone = int(shared._ask_again_at is not None)
    await shared.close()
    return asked, admitted, first, last, alone
