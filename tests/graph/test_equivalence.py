"""The compiled executor answers as graphql-core does: random documents, with faults where loads may fail.

The two share declarations and statements, and nothing of execution. Compared are the data, the errors of fields that
are null by themselves, the places where null came up from below (graphql-core's own set of errors there varies), and
that compiled never sends more statements.
"""

import contextlib
import functools
import gc
import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from random import Random
from typing import Any

import pytest
from graphql import ExecutionResult, parse
from sqlalchemy import select

from barberpro.graph.compiled.plans import compiled
from barberpro.graph.context import Context
from barberpro.graph.cursors import Cursors
from barberpro.graph.execute import coerced, interpreted, run
from barberpro.graph.loads import Batched, Computed, One
from barberpro.graph.mutations import Act
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.platform.locale import Catalogue
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.tables import metadata

from .documents import Writer

DOCUMENTS = int(os.environ.get("BARBERPRO_EQUIVALENCE_DOCUMENTS", "150"))


@pytest.fixture
async def ids(booked: Any, opening: Any) -> list[str]:
    """The ids of all that there is."""
    know_all_tables()
    tables = [t for t in metadata.tables.values() if "tenant" in t.info]
    async with opening() as tx:
        return [row.id for t in tables for row in await tx.rows(select(t.c.id).order_by(t.c.id))]


@pytest.fixture
def both(graph: Graph, database: Any, clock: Any, principal: Any) -> Any:
    """The answers of the compiled way and of graphql-core, and how many statements each sent."""
    scopes = frozenset[str]().union(*(s for needed in graph.scopes.values() for s in needed.sets))
    who = replace(principal, scopes=scopes)
    catalogue = Catalogue.load(files("barberpro") / "domains" / "messages")

    async def ask(document: Any, variables: dict[str, Any]) -> tuple[Any, Any, int, int]:
        planned = plan(graph, document, document.definitions[0])
        given = coerced(graph, planned, variables)
        assert compiled(graph, planned, given.coerced) is not None
        answers: list[ExecutionResult] = []
        sent = []
        for way in (run, interpreted):
            context = Context(
                principal=who,
                database=database,
                clock=clock,
                catalogue=catalogue,
                cursors=Cursors(b"a secret of thirty-two bytes, yes", who.tenant),
            )
            answers.append(await way(graph, planned, given, context))
            await context.close()
            sent.append(context.statements)
        return *answers, *sent  # type: ignore[return-value]

    return ask


@pytest.mark.parametrize("faulty", [False, True], ids=["sound", "faulty"])
async def test_both_ways_answer_alike(
    graph: Graph, both: Any, ids: list[str], faulty: bool
) -> None:
    rng = Random(20_261_123 + faulty)
    drawn = failed = 0
    while drawn < DOCUMENTS:
        written = Writer(graph, rng, ids).write()
        if written is None:
            continue
        drawn += 1
        with faults(graph, rng) if faulty else contextlib.nullcontext():
            mine, core, sent, cores = await both(written.document, written.variables)
        assert mine.data == core.data, written.text
        assert told(mine) == told(core), written.text
        if not core.errors:
            assert sent <= cores, written.text
        failed += bool(core.errors)
    assert failed > DOCUMENTS // 4 if faulty else failed < DOCUMENTS // 4


def told(answer: ExecutionResult) -> tuple[set[Any], set[Any]]:
    """The errors of fields that are null by themselves, and the places that are null because of what is below them."""
    own, above = set(), set()
    for error in answer.errors or []:
        path = tuple(error.path or ())
        null = _first_null(answer.data, path)
        if null == path:
            own.add((path, error.message))
        else:
            above.add(null)
    return own, above


def _first_null(data: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    here: tuple[Any, ...] = ()
    for step in path:
        if data is None:
            return here
        data, here = data[step], (*here, step)
    return here


@contextlib.contextmanager
def faults(graph: Graph, rng: Random) -> Iterator[None]:
    """Some loads fail, some answer null where they should not, some raise for a few of their parents."""
    loads = [load for _, load in sorted(graph.loads.items()) if not isinstance(load, Act)]
    broken = rng.sample(loads, len(loads) // 3)
    sound = {load: load.fn for load in broken if isinstance(load, Computed)}
    for load in broken:
        _break(load, rng.choice(["fails", "null", "some"]))
    try:
        with warnings.catch_warnings():
            # graphql-core gives siblings up when null comes up from below, some of them never begun.
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            yield
            gc.collect()
    finally:
        for load in broken:
            for name in ("fetch", "by_keys"):
                vars(load).pop(name, None)
            if load in sound:
                vars(load)["fn"] = sound[load]


def _break(load: Any, how: str) -> None:
    def worse(of: Any, value: Any) -> Any:
        if hash(getattr(of, "id", of) or "") % 2:
            return value
        return (
            RuntimeError("one is broken") if how == "some" and isinstance(load, Batched) else None
        )

    name = "fn" if isinstance(load, Computed) else "by_keys" if isinstance(load, One) else "fetch"
    sound = getattr(load, name)

    async def fetch(of: Any, context: Any, **given: Any) -> Any:
        if how == "fails":
            raise RuntimeError("all is broken")
        return [worse(o, v) for o, v in zip(of, await sound(of, context, **given), strict=True)]

    @functools.wraps(sound)
    def made(*cells: Any, **context: Any) -> Any:
        if how == "fails":
            raise RuntimeError("this is broken")
        return worse(cells, sound(*cells, **context))

    vars(load)[name] = made if name == "fn" else fetch


DOCUMENTS_BY_HAND = {
    "merged": "{ locations(first: 2) { nodes { id } nodes { name id } } }",
    "unknown node": '{ node(id: "loc_x") { id __typename } nodes(ids: ["x", "bkg_"]) { id } }',
    "nothing asked": "{ __typename }",
    "a page of none": "{ bookings(first: 0) { nodes { id } pageInfo { endCursor hasNextPage } } }",
    "edges": "{ bookings(first: 2) { totalCount edges { cursor node { price { formatted } location { name } } } } }",
    "spread twice": "{ ...F ...F } fragment F on Query { locations { nodes { ...L } } } fragment L on Location { id }",
}


@pytest.mark.parametrize("name", DOCUMENTS_BY_HAND)
async def test_shapes_that_chance_may_miss(both: Any, booked: Any, name: str) -> None:
    mine, core, sent, cores = await both(parse(DOCUMENTS_BY_HAND[name]), {})
    assert mine.data == core.data
    assert list(mine.data) == list(core.data)
    assert mine.errors == core.errors is None
    assert sent <= cores
