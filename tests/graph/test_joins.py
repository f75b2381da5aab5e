"""The compiled executor fetches what is asked: no other column, and to-one rows beside those that point at them."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from graphql import ExecutionResult, parse

from barberpro.graph.context import Context
from barberpro.graph.cursors import Cursors
from barberpro.graph.execute import coerced, interpreted, run
from barberpro.graph.fields import one
from barberpro.graph.loads import One
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.platform.direct import ReadFailed
from barberpro.platform.doors import Reader
from barberpro.platform.locale import Catalogue

from ..asking import shown

BOARD = "{ bookings(first: 5) { nodes { status location { name } invoice { number total { amount } } } } }"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text of every statement that was sent."""
    texts: list[str] = []
    direct = Reader.direct

    async def noted(self: Reader, statement: Any, values: Any) -> Any:
        texts.append(str(statement))
        return await direct(self, statement, values)

    monkeypatch.setattr(Reader, "direct", noted)
    return texts


@pytest.fixture
def ask_as(graph: Graph, database: Any, clock: Any) -> Callable[..., Any]:
    """`await ask_as(who, document, way)`: the answer by one of the two ways, as JSON has it."""

    async def ask(who: Any, text: str, way: Any = run) -> ExecutionResult:
        planned = plan(graph, document := parse(text), document.definitions[0])
        context = Context(
            principal=who,
            database=database,
            clock=clock,
            catalogue=Catalogue({}),
            cursors=Cursors(b"a secret of thirty-two bytes, yes", who.tenant),
        )
        answer = await way(graph, planned, coerced(graph, planned, {}), context)
        await context.close()
        return ExecutionResult(shown(answer.data), answer.errors)

    return ask


def failing(monkeypatch: pytest.MonkeyPatch, table: str, times: int) -> None:
    """Reads of this table fail, so many times."""
    left = [times]
    direct = Reader.direct

    async def worse(self: Reader, statement: Any, values: Any) -> Any:
        if table in str(statement) and left[0]:
            left[0] -= 1
            raise ReadFailed("the table is away")
        return await direct(self, statement, values)

    monkeypatch.setattr(Reader, "direct", worse)


async def test_columns_that_nobody_asked_for_are_not_read(ask, chain, sent):
    answer = await ask("query ($id: ID!) { location(id: $id) { name } }", id=chain.centro.id)
    assert answer.data == {"location": {"name": "Centro"}}
    (text,) = sent
    assert set(re.findall(r"locations\.(\w+)", text.partition("FROM")[0])) == {"id", "name"}


async def test_to_one_rows_come_in_the_statement_of_those_that_point_at_them(ask, booked, sent):
    answer = await ask(BOARD)
    assert answer.data["bookings"]["nodes"][0] == {
        "status": "CONFIRMED",
        "location": {"name": "Centro"},
        "invoice": None,
    }
    (text,) = sent
    assert text.count("LEFT OUTER JOIN") == 2


async def test_a_row_with_lists_below_it_is_read_once_for_all_that_point_at_it(ask, booked, sent):
    document = "{ bookings(first: 5) { nodes { location { name chairs { label } } } } }"
    answer = await ask(document)
    chairs = [{"label": "01"}, {"label": "02"}]
    assert answer.data["bookings"]["nodes"] == [
        {"location": {"name": "Centro", "chairs": chairs}} for _ in booked
    ]
    assert len(sent) == 3


async def test_one_that_is_declared_apart_is_never_joined(ask, booked, sent, graph, monkeypatch):
    load = graph.load("Booking", "location")
    monkeypatch.setitem(vars(load), "apart", "tried here")
    answer = await ask(BOARD)
    assert answer.data["bookings"]["nodes"][0]["location"] == {"name": "Centro"}
    assert len(sent) == 2


def test_what_stands_apart_says_why() -> None:
    from barberpro.domains.bookings.tables import bookings

    load = one(bookings.c.location_id, apart="few stand behind many").metadata["load"]
    assert isinstance(load, One)
    assert load.apart == "few stand behind many"


async def test_an_error_of_a_joined_statement_lands_where_it_belongs(
    ask_as, booked, principal, monkeypatch
):
    document = "{ customers { nodes { name homeLocation { name } } } }"
    failing(monkeypatch, "JOIN locations", times=1_000)
    failing(monkeypatch, "FROM locations", times=1_000)
    mine = await ask_as(principal, document)
    core = await ask_as(principal, document, interpreted)
    assert mine.data == {"customers": {"nodes": [{"name": "Carla", "homeLocation": None}]}}
    assert core.data == mine.data
    for answer in (mine, core):
        (error,) = answer.errors
        assert error.path == ["customers", "nodes", 0, "homeLocation"]
        assert error.message == "the table is away"


async def test_a_joined_statement_that_fails_once_leaves_no_trace(
    ask_as, booked, principal, monkeypatch
):
    whole = await ask_as(principal, BOARD)
    failing(monkeypatch, "JOIN", times=1)
    again = await ask_as(principal, BOARD)
    assert (again.data, again.errors) == (whole.data, None)


async def test_what_a_caller_may_not_see_is_as_hidden_beside_a_row_as_alone(
    ask_as, chain, booked, principal
):
    limited = replace(principal, locations=frozenset({chain.norte.id}))
    # Carla belongs to the centre; her bookings there are out of reach, so nothing points at her.
    document = "{ customers { nodes { name homeLocation { name } } } bookings { nodes { id } } }"
    mine = await ask_as(limited, document)
    core = await ask_as(limited, document, interpreted)
    assert mine.data == core.data
    assert (mine.errors or []) == (core.errors or [])
    assert mine.data["bookings"]["nodes"] == []
