"""What the graph counts: operations by executor and reason, and what became of plans."""

from dataclasses import replace
from typing import Any

import pytest
from graphql import parse

from barberpro.gateway.documents import Documents, plans
from barberpro.gateway.receive import Received
from barberpro.graph.context import Context
from barberpro.graph.counts import Counts
from barberpro.graph.cursors import Cursors
from barberpro.graph.execute import coerced, run
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph

INTROSPECTION = "{ __schema { description } }"
SWITCHED = "query ($a: Boolean = true) { viewer { clientId @skip(if: $a) tenantId } }"


@pytest.fixture
def counted(graph: Graph) -> Graph:
    """The schema with nothing counted yet."""
    return replace(graph, counts=Counts())


@pytest.fixture
def asked(counted: Graph, database: Any, clock: Any, principal: Any) -> Any:
    """`await asked(text)` is what the log is told of who answered."""
    plans: dict[str, Any] = {}

    async def ask(text: str, **variables: Any) -> str:
        if text not in plans:
            document = parse(text)
            plans[text] = plan(counted, document, document.definitions[0])  # type: ignore[arg-type]
        context = Context(principal, database, clock, None, Cursors(b"x" * 32, "org_x"))  # type: ignore[arg-type]
        await run(counted, plans[text], coerced(counted, plans[text], variables), context)
        await context.close()
        return context.answered_by

    return ask


async def test_operations_are_counted_by_executor_and_reason(counted: Graph, asked: Any) -> None:
    assert await asked("{ __typename }") == "compiled"
    assert await asked("{ __typename }") == "compiled"
    assert await asked(INTROSPECTION) == "interpreted: introspection"
    assert await asked(SWITCHED) == "compiled"
    assert await asked(SWITCHED, a=True) == "compiled"
    many = "interpreted: too many combinations of conditions"
    assert await asked(SWITCHED, a=False) == many
    assert counted.counts.operations == {
        ("compiled", ""): 4,
        ("interpreted", "introspection"): 1,
        ("interpreted", "too many combinations of conditions"): 1,
    }
    assert counted.counts.plans == {"compiled": 2}  # one shape each, however often it is run


async def test_what_goes_wrong_is_counted_as_answered_with_care(counted: Graph, asked: Any) -> None:
    assert await asked('{ bookings(after: "forged") { totalCount } }') == "compiled: with care"
    assert counted.counts.operations == {("compiled", "with care"): 1}


async def test_what_becomes_of_plans(
    counted: Graph, principal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "KEPT", 2)
    kept = Documents(counted, {})
    for text in ("{ a: __typename }", "{ b: __typename }", "{ a: __typename }", "{ c: __typename }",
                 "{ b: __typename }"):  # fmt: skip
        await kept.resolve(Received(text, None, None, {}), principal)
    assert counted.counts.plans == {"miss": 4, "hit": 1, "evicted": 2}
    assert counted.counts.plans_kept == 2


def test_lines_tell_executor_and_reason() -> None:
    counts = Counts()
    counts.answered("compiled")
    counts.answered("interpreted", "introspection")
    assert counts.lines(process=7) == [
        "# TYPE graphql_operations_total counter",
        'graphql_operations_total{process="7",executor="compiled",reason=""} 1',
        'graphql_operations_total{process="7",executor="interpreted",reason="introspection"} 1',
        "# TYPE graphql_plans_total counter",
        "# TYPE graphql_plans_kept gauge",
        'graphql_plans_kept{process="7"} 0',
    ]
