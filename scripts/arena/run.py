"""`scripts/bench arena`: the whole of it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import platform
import signal
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import _servers

from . import further, report
from .contenders import GATEWAY, NAMES, all_started
from .questions import questions
from .rounds import Arena, Sample
from .world import World

LIBRARIES = (
    "asyncpg",
    "graphql-core",
    "orjson",
    "sqlalchemy",
    "starlette",
    "strawberry-graphql",
    "uvicorn",
    "uvloop",
)


def arena(given: argparse.Namespace) -> int:
    """Load, compare, measure, tell."""
    if given.hold:
        return _hold(given)
    names = [GATEWAY, *(n for n in (given.only or ",".join(NAMES)).split(",") if n != GATEWAY)]
    if unknown := set(names) - set(NAMES):
        raise SystemExit(f"no contender {', '.join(sorted(unknown))}: take of {', '.join(NAMES)}")
    with world(given) as here, all_started(names, here) as running:
        samples, facts = asyncio.run(_measured(given, here, running))
    print(f"\nmilliseconds a request; {given.rounds} rounds, demo {given.scale}, 16 connections\n")
    print(report.table(samples))
    print(f"\n{further.shown(facts)}")
    if given.json:
        told = {
            "scale": given.scale,
            "rounds": given.rounds,
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
            "samples": [each.facts() for each in samples],
            "further": facts,
        }
        Path(given.json).write_text(json.dumps(told, indent=1))
    return 0


def _hold(given: argparse.Namespace) -> int:
    """Load, say how other runs find it, and keep it until interrupted."""
    with world(given) as here, contextlib.suppress(KeyboardInterrupt):
        print(f"--database {here.database} --keep {here.folder}", flush=True)
        signal.pause()
    return 0


@contextlib.contextmanager
def world(given: argparse.Namespace) -> Iterator[World]:
    """A database with the demo in it: the one that was named, or a throw-away."""
    with contextlib.ExitStack() as kept:
        folder = given.keep or kept.enter_context(tempfile.TemporaryDirectory())
        database = given.database or kept.enter_context(_servers.postgres())
        made = World(database, Path(folder).absolute())
        made.load(given.scale)
        yield made


async def _measured(
    given: argparse.Namespace, here: World, running: dict
) -> tuple[list[Sample], dict]:
    from barberpro.demo.clients import CHAIN

    asked = await questions(here, CHAIN.id)
    if given.operations:
        asked = [each for each in asked if each.operation in given.operations.split(",")]
    fight = Arena(here, running, asked)
    await fight.check()
    samples: list[Sample] = []
    for number in range(1, given.rounds + 1):
        samples += await fight.round(number, given.share)
        print(f"round {number} of {given.rounds}", flush=True)
    wanted = set((given.further or "").split(","))
    facts = {}
    if "steady" in wanted:
        facts["steady"] = await further.steady(fight, samples, given.share)
    if "first" in wanted:
        facts["first"] = await further.first_runs(fight, given.share)
    if "memory" in wanted:
        facts["memory"] = await further.memory(fight, given.share)
    return samples, facts
