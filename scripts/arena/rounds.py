"""Interleaved rounds: in each, every contender answers the same requests of each operation, one after another."""

from __future__ import annotations

import asyncio
import pickle
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg
from _load import quantile

from .contenders import FLOOR, GATEWAY, SLOW, Contender, answer, token
from .generator import Job, Told
from .processes import cpu_seconds
from .questions import Question
from .world import SCRIPTS, World

CHECKED = 5
"""Different variables for which the answers of all contenders are compared."""
WARMING, SLOW_WARMING = 64, 8
"""Requests of each operation before the first round: enough that PostgreSQL has settled on its plans."""
FEWEST, FLOOR_REQUESTS = 16, 2_000


@dataclass(frozen=True)
class Sample:
    """What one contender took for one operation in one round; milliseconds."""

    contender: str
    operation: str
    round: int
    server: float
    """CPU of the server's process, a request."""
    database: float
    """CPU of PostgreSQL's processes, a request."""
    p50: float
    p99: float
    per_second: float

    @property
    def total(self) -> float:
        return self.server + self.database

    def facts(self) -> dict[str, Any]:
        return asdict(self)


class Arena:
    """Contenders that run, over one world."""

    def __init__(
        self, world: World, running: Mapping[str, Contender], asked: list[Question]
    ) -> None:
        self.world = world
        self.running = running
        self.asked = asked
        self._base = f"http://127.0.0.1:{running[GATEWAY].port}"

    def token(self) -> str:
        return token(self._base, self.world)

    async def check(self) -> None:
        """Compare what all answer, and let each prepare its statements. SystemExit where two differ."""
        bearer = self.token()
        for question in self.asked:
            for variables in [*question.some(CHECKED, seed=0), *_first_page(question)]:
                await self.compare(question.operation, variables, bearer)
        for contender in self.running.values():
            count = SLOW_WARMING if contender.name in SLOW else WARMING
            for question in self.asked:
                await self.send(contender, question, count, seed=0)

    async def compare(self, operation: str, variables: Mapping[str, Any], bearer: str) -> None:
        found = {
            each.name: (await answer(each.port, each.request(operation, variables, bearer)))["data"]
            for each in self.running.values()
            if each.name != FLOOR
        }
        for name, data in found.items():
            if data != found[GATEWAY] or not _is_filled(data):
                raise SystemExit(
                    f"{name} answers {operation} {variables} otherwise than the gateway:"
                    f" {_difference(found[GATEWAY], data)}"
                )

    async def send(
        self, contender: Contender, question: Question, count: int, seed: int, **how: Any
    ) -> Told:
        """So many requests by the load generator."""
        bearer = self.token()
        requests = [
            contender.request(question.operation, variables, bearer)
            for variables in question.some(count, seed)
        ]
        return await sent(Job(contender.port, requests, **how))

    async def sample(
        self, contender: Contender, question: Question, count: int, round_: int
    ) -> Sample:
        """One contender, one operation, one round."""
        spent = await self._spent(contender)
        told = await self.send(contender, question, count, seed=round_)
        server, database = (
            now - then for now, then in zip(await self._spent(contender), spent, strict=True)
        )
        if told.failed:
            raise SystemExit(
                f"{contender.name} failed {told.failed} of {count} {question.operation}"
            )
        took = [second * 1_000 for second in told.seconds]
        return Sample(
            contender=contender.name,
            operation=question.operation,
            round=round_,
            server=server * 1_000 / count,
            database=database * 1_000 / count,
            p50=statistics.median(took),
            p99=quantile(took, 0.99),
            per_second=count / told.wall,
        )

    async def _spent(self, contender: Contender) -> tuple[float, float]:
        """CPU seconds so far, of the server and of all of PostgreSQL's connections."""
        connection = await asyncpg.connect(self.world.dsn)
        try:
            rows = await connection.fetch(
                "SELECT pid FROM pg_stat_activity"
                " WHERE backend_type IN ('client backend', 'parallel worker') AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()
        return cpu_seconds(contender.pid), sum(cpu_seconds(pid) for (pid,) in rows)

    async def round(self, number: int, share: float) -> list[Sample]:
        """Every operation by every contender, who take turns to begin."""
        names = list(self.running)
        begins = number % len(names)
        found = []
        for question in self.asked:
            for name in names[begins:] + names[:begins]:
                count = max(FEWEST, int(_usual(name, question) * share))
                found.append(await self.sample(self.running[name], question, count, number))
        return found


async def sent(job: Job) -> Told:
    """Have the generator do a job in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "arena.generator",
        cwd=SCRIPTS,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate(pickle.dumps(job))
    if process.returncode:
        raise SystemExit("the load generator failed")
    return pickle.loads(told)  # noqa: S301 - from the process started above


def _usual(name: str, question: Question) -> float:
    """How many requests a contender gets in a round."""
    if name == FLOOR:
        return FLOOR_REQUESTS
    return question.requests / 8 if name in SLOW else question.requests


def _first_page(question: Question) -> list[dict[str, Any]]:
    return {"BookingBoard": [{}], "BookingLedger": [{"first": 1_000}]}.get(question.operation, [])


def _is_filled(data: Any) -> bool:
    """Whether there is anything in an answer to compare."""
    return isinstance(data, dict) and all(value is not None for value in data.values())


def _difference(one: Any, other: Any, path: str = "data") -> str:
    """The first place where two answers differ."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs: Sequence[Any] = [(name, one[name], other[name]) for name in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(n, *pair) for n, pair in enumerate(zip(one, other, strict=True))]
    else:
        return f"{path} is {str(one)[:200]} there and {str(other)[:200]} here"
    for name, a, b in pairs:
        if a != b:
            return _difference(a, b, f"{path}.{name}")
    return "nothing"
