"""How long it takes to say no: the worst requests we could think of, each timed over a new connection."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from _load import quantile

TIMES = 20
OTHERS_EVERY = 0.02  # seconds between the questions of a client that does no harm
QUESTION = {"query": "{ locations(first: 1) { nodes { id name } } }"}
LEAF = "bookings { nodes { customer { bookings { nodes { id } } } } }"


@dataclass(frozen=True)
class Worst:
    """A request that should be refused, or that is the dearest of those that are not."""

    name: str
    body: bytes
    path: str = "/graphql"
    method: str = "POST"
    media: str = "application/json"
    bearer: str | None = None


def refusals(_given: argparse.Namespace) -> int:
    """A table of milliseconds; then what a harmless client saw meanwhile, and what it sees alone."""
    from _bench import _bearer, serving

    with serving(None, workers=1, scale="default") as (url, folder, _):
        headers = _bearer(url, folder, "frontend")
        asyncio.run(_measured(url, headers["authorization"]))
    return 0


async def _measured(url: str, bearer: str) -> None:
    alone = await _undisturbed(url, bearer, 100)
    print(f"{'':34}{'bytes':>11}  {'answer':44}{'p50':>9}{'longest':>10}")
    meanwhile: list[float] = []
    other = asyncio.create_task(_asking(url, bearer, meanwhile))
    for worst in _all():
        took, answer = [], ""
        for _ in range(TIMES):
            seconds, answer = await _sent(url, bearer, worst)
            took.append(seconds * 1e3)
        print(
            f"{worst.name:34}{len(worst.body):>11,}  {answer:44}{quantile(took, 0.5):6.1f} ms{max(took):7.1f} ms"
        )
    other.cancel()
    for name, seen in (("alone", alone), ("meanwhile", meanwhile)):
        shares = "  ".join(f"p{s * 100:g} {quantile(seen, s):.1f} ms" for s in (0.5, 0.95, 0.99))
        print(f"a harmless client, {name}: {shares}  longest {max(seen):.1f} ms of {len(seen)}")


async def _undisturbed(url: str, bearer: str, times: int) -> list[float]:
    seen: list[float] = []
    asking = asyncio.create_task(_asking(url, bearer, seen))
    await asyncio.sleep(times * OTHERS_EVERY)
    asking.cancel()
    return seen[5:]


async def _asking(url: str, bearer: str, seen: list[float]) -> None:
    harmless = Worst("", json.dumps(QUESTION).encode())
    while True:
        seconds, answer = await _sent(url, bearer, harmless)
        if answer != "200":
            raise SystemExit(f"the harmless client was answered {answer}")
        seen.append(seconds * 1e3)
        await asyncio.sleep(OTHERS_EVERY)


async def _sent(url: str, bearer: str, worst: Worst) -> tuple[float, str]:
    """Seconds from the first byte sent to the last of the answer; status and code."""
    at = urlsplit(url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    head = (
        f"{worst.method} {worst.path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        f"authorization: {worst.bearer or bearer}\r\ncontent-type: {worst.media}\r\n"
        f"accept: application/graphql-response+json\r\ncontent-length: {len(worst.body)}\r\n\r\n"
    )
    began = time.perf_counter()
    try:
        writer.write(head.encode() + worst.body)
        answer = await reader.read()
        return time.perf_counter() - began, _summary(answer)
    finally:
        writer.close()


def _summary(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = head.split(b" ", 2)[1].decode() if head else "closed"
    try:
        errors = json.loads(body).get("errors") or []
    except ValueError:
        errors = []
    codes = {str(error["extensions"]["code"]) for error in errors}
    return " ".join(
        [status, *sorted(codes), f"({len(errors)} errors)" if len(errors) > 1 else ""]
    ).strip()


def _all() -> Iterator[Worst]:
    for name, text in _documents():
        yield Worst(name, json.dumps({"query": text}).encode())
    nodes = "query ($v: [ID!]!) { nodes(ids: $v) { id } }"
    yield _asked("10,000 ids in a variable", nodes, {"v": ["loc_x"] * 10_000})
    yield _asked("forged ids", nodes, {"v": ["loc_" + "0" * 26] * 100})
    yield _asked("a forged cursor", '{ locations(after: "' + "A" * 4_000 + '") { nodes { id } } }')
    yield _asked(
        "variables nested 5,000 deep", nodes, None, '{"v":' + "[" * 5_000 + "]" * 5_000 + "}"
    )
    yield Worst("JSON nested 100,000 deep", b"[" * 100_000 + b"]" * 100_000)
    yield Worst("a body of 12 MB", b"x" * 12_000_000)
    yield Worst("a document of 2 MB", json.dumps({"query": "{" + "a " * 1_000_000 + "}"}).encode())
    yield Worst("not JSON", b"{" * 200_000)
    yield Worst("another media type", b"query=x", media="application/x-www-form-urlencoded")
    yield Worst("a token of 60 kB", b"{}", bearer="Bearer " + "e" * 60_000)
    yield Worst("a mutation by GET", b"", "/graphql?query=mutation%7B__typename%7D", "GET")


def _asked(name: str, text: str, variables: Any = None, raw: str = "") -> Worst:
    told = raw or json.dumps(variables or {})
    return Worst(
        name, b'{"query":' + json.dumps(text).encode() + b',"variables":' + told.encode() + b"}"
    )


def _documents() -> Iterator[tuple[str, str]]:
    """Text that is small and means much, text that is large and means nothing, and text just within what is allowed."""
    spread = "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(99))
    yield "100 doubling fragments", "{ ...F0 } " + spread + "fragment F99 on Query { __typename }"
    for count in (40, 60, 130):
        yield (
            f"{count} times the same nested fields",
            "{ locations { nodes { " + LEAF * count + " } } }",
        )
    parts = "".join(
        f"fragment L{n} on Location {{ bookings {{ nodes {{ id status startsAt }} }} }} "
        for n in range(60)
    )
    spreads = " ".join(f"...L{n}" for n in range(60))
    yield (
        "the same nested fields in fragments",
        "{ locations { nodes { " + spreads + " } } } " + parts,
    )
    yield "30,000 levels", "{a" * 30_000 + "}" * 30_000
    yield "12,000 aliases", "{" + " ".join(f"a{n}: __typename" for n in range(12_000)) + "}"
    yield (
        "10,000 variables",
        "query (" + " ".join(f"$v{n}: Int" for n in range(10_000)) + ") { __typename }",
    )
    yield "240 kB of comments", "{ __typename }" + "#\n" * 80_000
    yield "a string that never ends", '{ location(id: "' + '\\"' * 60_000
    yield "200 unknown fields", "{ " + " ".join(f"locatoin{n}" for n in range(190)) + " }"
    yield (
        "dear: a thousand pages of a thousand",
        ("{ locations(first: 100) { nodes { bookings(first: 100) { nodes { id } } } } }"),
    )
    yield (
        "as wide as is allowed",
        "{ locations(first: 1) { nodes { " + " ".join(f"a{n}: name" for n in range(90)) + " } } }",
    )
