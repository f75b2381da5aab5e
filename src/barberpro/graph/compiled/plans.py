"""Keeps what was compiled of each plan: one shape for each way its `@skip` and `@include` may fall."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import OperationType, VariableNode, Visitor, visit

from ..plan import Plan, reached
from ..schema import Graph
from .selections import NotCompiled, Shape, root

MOST_VARIANTS = 8
"""Of a registered document; of any other, one: a caller can make many. The rest is left to graphql-core."""


@dataclass(frozen=True)
class Left:
    """An operation that is left to graphql-core, and why: one of few sentences, so that they can be counted."""

    why: str


def compiled(graph: Graph, plan: Plan, variables: Mapping[str, Any]) -> Shape | None:
    """What the operation asks of its root with these variables; None where graphql-core answers it."""
    found = decided(graph, plan, variables)
    return found if isinstance(found, Shape) else None


def decided(
    graph: Graph, plan: Plan, variables: Mapping[str, Any], *, apart: bool = False
) -> Shape | Left:
    """The same, and where graphql-core answers it, why.

    `apart` is for when a statement with joins has failed: every relation then has a statement of its own.
    """
    if plan.kept.switches is None:
        plan.kept.switches = tuple(_switches(plan))
    key: tuple[Any, ...] = tuple(variables.get(name) for name in plan.kept.switches)
    if apart:
        return _compiled(graph, plan, key, joins=False)
    if key in plan.kept.variants:
        return plan.kept.variants[key]
    if not all(isinstance(v, bool) for v in key):
        return Left("a condition without a value")
    if len(plan.kept.variants) >= plan.kept.most_variants:
        return Left("too many combinations of conditions")
    # What a mutation did it does once, so a statement below it could not be sent anew.
    joins = plan.operation.operation is not OperationType.MUTATION
    found = plan.kept.variants[key] = _compiled(graph, plan, key, joins=joins)
    graph.counts.plans["compiled"] += isinstance(found, Shape)
    return found


def _compiled(graph: Graph, plan: Plan, key: tuple[Any, ...], *, joins: bool) -> Shape | Left:
    _, *spread = reached(plan.document, plan.operation)
    fragments = {each.name.value: each for each in spread}
    switches = dict(zip(plan.kept.switches or (), key, strict=True))
    try:
        return root(graph, plan.operation, fragments, switches, joins=joins)
    except NotCompiled as why:
        return Left(str(why))


def prepare(graph: Graph, plan: Plan) -> None:
    """Compile an operation before anybody asks, source and all, unless variables decide what is in it."""
    plan.kept.most_variants = MOST_VARIANTS
    shape = compiled(graph, plan, {})
    if shape is not None:
        _write(shape)


def _write(shape: Shape) -> None:
    shape.assembly  # noqa: B018 - written when it is first looked at
    for field in shape.asked:
        if field.below is not None and field.below.shape is not None:
            _write(field.below.shape)


def _switches(plan: Plan) -> Iterator[str]:
    """The variables that `@skip` and `@include` read, each once."""
    found: dict[str, None] = {}

    class Conditions(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            if node.name.value in ("skip", "include"):
                found.update(
                    {
                        a.value.name.value: None
                        for a in node.arguments
                        if isinstance(a.value, VariableNode)
                    }
                )

    for definition in reached(plan.document, plan.operation):
        visit(definition, Conditions())
    return iter(found)
