"""The arena: what its figures are made of, and that the contenders answer alike."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from arena import contenders, report
from arena.contenders import Contender
from arena.generator import Job, sent
from arena.peers.hand import AMOUNTS
from arena.processes import cpu_seconds, resident_mb
from arena.questions import Question
from arena.rounds import Arena, Sample

from ..databases import empty_database
from .conftest import SCRIPTS

OPERATIONS = ["LocationById", "BookingBoard", "ChainOverview", "BookingLedger"]


def sample(contender: str, round_: int, server: float, database: float = 0.0) -> Sample:
    return Sample(contender, "BookingBoard", round_, server, database, 1.0, 2.0, 100.0)


@contextlib.asynccontextmanager
async def answering(
    body: bytes, status: bytes = b"200 OK"
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that gives every request this body, in two pieces: its port, and what it was sent."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                heads.append(head + await reader.readexactly(length))
                writer.write(
                    b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body[:1])
                )
                await writer.drain()
                await asyncio.sleep(0.001)
                writer.write(body[1:])
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heads


def test_a_ratio_is_of_one_round_and_told_as_median_and_quartiles() -> None:
    found = [sample("gateway", n, server) for n, server in enumerate((3.0, 4.0, 10.0, 6.0, 5.0))]
    found += [sample("hand", n, server) for n, server in enumerate((3.0, 2.0, 2.0, 2.0, 2.0))]
    assert report.ratio(found, "hand") == report.Spread(2.5, 2.0, 3.0)  # of 1, 2, 5, 3, 2.5


def test_all_cpu_is_compared_with_the_cheaper_hand_of_each_round() -> None:
    found = [sample("gateway", 1, 2.0, 4.0), sample("gateway", 2, 2.0, 4.0)]
    found += [sample("hand", 1, 1.0, 1.0), sample("hand", 2, 1.0, 5.0)]
    assert report.cheaper_total(found) is None
    found += [sample("hand-json", 1, 0.5, 5.5), sample("hand-json", 2, 0.5, 3.5)]
    assert report.cheaper_total(found) == report.spread([6 / 2, 6 / 4])


def test_the_table_tells_how_many_times_less_the_gateway_takes() -> None:
    told = report.table([sample("strawberry", 1, 40.0), sample("gateway", 1, 2.0, 1.0)])
    title, gateway, strawberry = told.splitlines()
    assert title.startswith("BookingBoard")
    assert gateway.split() == ["gateway", "2.000", "1.000", "3.000", "1.0", "2.0", "100.0"]
    assert strawberry.endswith("0.05 [0.05–0.05], or 20.0 times less [20.0–20.0]")


async def test_every_request_is_sent_once_and_its_answer_read_whole() -> None:
    requests = [b"POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\n%d" % n for n in range(8)]
    async with answering(b"x" * 200_000) as (port, heads):
        told = await sent(Job(port, requests, connections=3))
    assert sorted(heads) == sorted(requests)
    assert (len(told.seconds), told.failed) == (8, 0)
    assert sum(told.seconds) / 3 <= told.wall


async def test_at_a_rate_a_request_counts_from_when_it_was_due() -> None:
    request = b"POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\n1"
    async with answering(b"{}", b"503 Busy") as (port, _):
        told = await sent(Job(port, [request] * 20, connections=1, per_second=1e6))
    assert told.failed == 20
    # One connection and all due at once: each waited for those before it, and the wait counts.
    assert told.seconds == sorted(told.seconds)
    assert sum(told.seconds) > told.wall


def question() -> Question:
    return Question("BookingBoard", 10, 1.0, lambda chance: {"n": chance.randrange(10**9)})


def test_variables_are_others_in_each_request_and_the_same_in_each_run() -> None:
    found = [each["n"] for each in question().some(100, seed=3)]
    assert len(set(found)) == 100
    assert found == [each["n"] for each in question().some(100, seed=3)]
    assert set(found).isdisjoint(each["n"] for each in question().some(100, seed=4))


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (b'{"data":{"a":[{"b":1}]}}', None),
        (b'{"data":{"a":[{"b":2}]}}', "data.a.0.b is 1 there and 2 here"),
        (b'{"data":{"a":null}}', "hand answers"),
        (b'{"data":null,"errors":[]}', "hand answers"),
    ],
)
async def test_who_answers_otherwise_ends_the_run(
    theirs: bytes, says: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contenders, "documents", lambda: {"BookingBoard": "sha256:x"})
    async with (
        answering(b'{"data":{"a":[{"b":1}]}}') as (ours, heads),
        answering(theirs) as (port, _),
    ):
        process: Any = SimpleNamespace(pid=os.getpid())
        running = {
            "gateway": Contender("gateway", ours, process),
            "hand": Contender("hand", port, process),
        }
        arena = Arena(None, running, [question()])  # type: ignore[arg-type]
        compared = arena.compare("BookingBoard", {"first": 2}, "token")
        if says is None:
            await compared
        else:
            with pytest.raises(SystemExit, match=says):
                await compared
    assert heads[0].endswith(b'{"documentId": "sha256:x", "variables": {"first": 2}}')
    assert b"authorization: Bearer token" in heads[0]


def test_a_process_is_seen_from_outside() -> None:
    before = cpu_seconds(os.getpid())
    assert sum(n * n for n in range(2_000_000)) > 0
    assert cpu_seconds(os.getpid()) > before
    assert resident_mb(os.getpid()) > 5
    assert cpu_seconds(2**30) == 0.0


def test_the_hand_writes_amounts_as_we_do() -> None:
    assert [AMOUNTS[n] for n in (0, 7, 100, 1_234_567)] == ["0.00", "0.07", "1.00", "12345.67"]


@pytest.mark.long
def test_all_contenders_answer_alike_and_are_measured(tmp_path: Path) -> None:
    told = tmp_path / "figures.json"
    with empty_database("postgresql", tmp_path) as database:
        done = subprocess.run(
            [
                sys.executable, SCRIPTS / "bench", "arena", "--scale", "tiny", "--database", database,
                "--keep", tmp_path / "kept", "--rounds", "1", "--share", "0.01", "--json", told,
                "--further", "steady,first,memory",
            ],
            capture_output=True, text=True, timeout=1_200,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads(told.read_text())
    measured = [(each["operation"], each["contender"]) for each in figures["samples"]]
    assert sorted(measured) == sorted((o, c) for o in OPERATIONS for c in contenders.NAMES)
    assert all(each["server"] > 0 and each["p99"] >= each["p50"] > 0 for each in figures["samples"])
    assert set(figures["further"]) == {"steady", "first", "memory"}
    assert len(figures["further"]["memory"]["megabytes"]) == 6
    for operation in OPERATIONS:
        assert f"\n{operation}: at " in done.stdout
