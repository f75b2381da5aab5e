"""What the rounds do not show of the gateway: its answers at a steady rate, a document's first run, and its memory."""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from _load import quantile
from _throwaway import free_port

from .contenders import GATEWAY, Contender, answer, started, texts
from .generator import Job
from .processes import resident_mb
from .questions import Question
from .rounds import Arena, Sample, sent

CAPACITY = 0.7
SECONDS, FEWEST = 10.0, 200
STARTS, NEW_TEXTS = 3, 20
DOCUMENTS, REQUESTS, STEPS = 2_000, 10_000, 5
USUAL_PAGE = 100
"""The most that a document may ask for which is not registered."""

Facts = dict[str, Any]


async def steady(arena: Arena, samples: Sequence[Sample], share: float) -> Facts:
    """Latency from the moment each request was due, at 70 % of what the rounds have shown to be possible."""
    gateway, found = arena.running[GATEWAY], {}
    for question in arena.asked:
        ours = [s for s in samples if (s.contender, s.operation) == (GATEWAY, question.operation)]
        rate = CAPACITY * statistics.median(each.per_second for each in ours)
        count = max(16, int(max(FEWEST, SECONDS * rate) * share))
        told = await arena.send(gateway, question, count, seed=-1, per_second=rate, connections=64)
        took = [second * 1_000 for second in told.seconds]
        found[question.operation] = {
            "per_second": rate,
            "p50": statistics.median(took),
            "p99": quantile(took, 0.99),
            "aim": question.aim_ms,
        }
    return found


async def first_runs(arena: Arena, share: float) -> Facts:
    """Milliseconds of the first, second and third run: of registered documents, in processes just started, and of texts
    never seen before."""
    registered: dict[str, list[list[float]]] = {}
    new: dict[str, list[list[float]]] = {}
    for start in range(max(1, round(STARTS * share))):
        port = free_port()
        issuer = f"http://127.0.0.1:{arena.running[GATEWAY].port}"
        with started(GATEWAY, arena.world, issuer, port) as fresh:
            bearer = arena.token()
            await asyncio.sleep(1)  # for what else a process does when it starts
            for question in arena.asked:
                variables = question.some(1, seed=start)[0]
                request = fresh.request(question.operation, variables, bearer)
                runs = registered.setdefault(question.operation, [])
                runs.append(await _three_times(fresh, request))
            for question in arena.asked:
                for n in range(max(1, round(NEW_TEXTS * share))):
                    request = _new_text(fresh, question, start * NEW_TEXTS + n, bearer)
                    runs = new.setdefault(question.operation, [])
                    runs.append(await _three_times(fresh, request))
    return {"registered": _medians(registered), "new text": _medians(new)}


async def memory(arena: Arena, share: float) -> Facts:
    """MB held by the gateway while 10,000 requests bring 2,000 different documents, at every fifth of them."""
    gateway, bearer = arena.running[GATEWAY], arena.token()
    chance = random.Random("memory")  # noqa: S311 - not a secret
    place = next(q for q in arena.asked if q.operation == "LocationById")
    held = [resident_mb(gateway.pid)]
    for step in range(STEPS):
        count = max(16, int(REQUESTS / STEPS * share))
        given = place.some(count, seed=step)
        requests = [_of_many(gateway, chance.randrange(DOCUMENTS), each, bearer) for each in given]
        told = await sent(Job(gateway.port, requests))
        if told.failed:
            raise SystemExit(f"{told.failed} of {count} different documents were refused")
        held.append(resident_mb(gateway.pid))
    return {"megabytes": held}


def shown(facts: Mapping[str, Facts]) -> str:
    """The further figures as lines."""
    lines = []
    for operation, its in facts.get("steady", {}).items():
        lines.append(
            f"{operation}: at {its['per_second']:.1f} a second, from when each was due,"
            f" p50 {its['p50']:.1f} ms, p99 {its['p99']:.1f} ms (aim {its['aim']:g} ms)"
        )
    for kind, operations in facts.get("first", {}).items():
        for operation, (first, second, third) in operations.items():
            lines.append(
                f"{operation}, {kind}: first run {first:.1f} ms, second {second:.1f} ms,"
                f" third {third:.1f} ms: {first / second:.1f}x"
            )
    if "memory" in facts:
        held = " → ".join(f"{each:.0f}" for each in facts["memory"]["megabytes"])
        lines.append(f"memory over {REQUESTS:,} requests of {DOCUMENTS:,} documents: {held} MB")
    return "\n".join(lines)


def _new_text(gateway: Contender, question: Question, number: int, bearer: str) -> bytes:
    """The operation under a name that it never had."""
    name = question.operation
    variables = question.some(1, seed=number)[0]
    if "first" in variables:
        variables["first"] = USUAL_PAGE
    text = texts()[name].replace(f"query {name}", f"query {name}{number}")
    return _ad_hoc(gateway, text, variables, bearer)


def _of_many(gateway: Contender, number: int, variables: Mapping[str, Any], bearer: str) -> bytes:
    text = (
        f"query Place{number}($id: ID!) {{ location(id: $id) {{ id name{number}: name city timeZone"
        " chairs { label } providers(first: 3) { nodes { name } } } }"
    )
    return _ad_hoc(gateway, text, variables, bearer)


def _ad_hoc(gateway: Contender, text: str, variables: Mapping[str, Any], bearer: str) -> bytes:
    body = json.dumps({"query": text, "variables": variables}).encode()
    return gateway.whole("/graphql", body, bearer)


async def _three_times(contender: Contender, request: bytes) -> list[float]:
    took = []
    for _ in range(3):
        began = time.perf_counter()
        await answer(contender.port, request)
        took.append((time.perf_counter() - began) * 1_000)
    return took


def _medians(found: Mapping[str, list[list[float]]]) -> dict[str, list[float]]:
    return {
        name: [statistics.median(run[n] for run in runs) for n in range(3)]
        for name, runs in found.items()
    }
