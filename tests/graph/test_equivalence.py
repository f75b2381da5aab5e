"""The compiled executor answers as graphql-core does: random documents, with faults where loads may fail.

The two share declarations and statements, and nothing of execution. Compared are the data, the errors of fields that
are null by themselves, the places where null came up from below (graphql-core's own set of errors there varies), and
that compiled never sends more statements.
"""

import contextlib
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from graphql import parse
from sqlalchemy import select

from barberpro.graph.compiled.plans import compiled
from barberpro.graph.execute import coerced
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.graph.scopes import POLICIES
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.tables import metadata
from tests.soaking import SEED, draws

from .documents import Writer
from .faults import faults
from .ways import WAYS, Ways, all_scopes, errors_of, told

DOCUMENTS = draws(75)


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
    ways = Ways(graph, database, clock)

    async def ask(document: Any, variables: Any, held: Any = None) -> tuple[Any, Any, int, int]:
        who = replace(principal, scopes=all_scopes(graph) if held is None else held)
        planned = plan(graph, document, document.definitions[0])
        given = coerced(graph, planned, variables)
        assert compiled(graph, planned, given.coerced) is not None
        (mine, sent), (core, cores) = [
            await ways.ask(way, who, document, variables) for way in WAYS
        ]
        return mine, core, sent, cores

    return ask


@pytest.mark.parametrize("faulty", [False, True], ids=["sound", "faulty"])
async def test_both_ways_answer_alike(
    graph: Graph, both: Any, ids: list[str], faulty: bool
) -> None:
    rng = Random(SEED + faulty)
    drawn = failed = 0
    while drawn < DOCUMENTS:
        written = Writer(graph, rng, ids).write()
        if written is None:
            continue
        drawn += 1
        held = enough(graph, rng, written.document)
        with faults(graph, rng) if faulty else contextlib.nullcontext():
            mine, core, sent, cores = await both(written.document, written.variables, held)
        assert mine.data == core.data, written.text
        assert told(mine.data, errors_of(mine)) == told(core.data, errors_of(core)), written.text
        if not core.errors:
            assert sent <= cores, written.text
        failed += bool(core.errors)
    assert failed > DOCUMENTS // 4 if faulty else failed < DOCUMENTS // 4


def enough(graph: Graph, rng: Random, document: Any) -> frozenset[str]:
    """A random set of scopes that opens the document: what `node` finds depends on what else is held."""
    needed = plan(graph, document, document.definitions[0]).requires
    every = all_scopes(graph) - POLICIES.keys()
    held = frozenset(scope for scope in sorted(every) if rng.random() < 0.5)
    return held | (needed.lacking(held | POLICIES.keys()) - POLICIES.keys())


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
