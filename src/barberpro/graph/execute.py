"""Runs a plan: compiled where it can be, else by graphql-core, which the compiled way is also tested against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType, execute
from graphql.execution.values import VariableValues, get_variable_values

from .compiled import careful
from .compiled.levels import Group, Run
from .compiled.plans import Left, decided
from .compiled.selections import Shape
from .compiled.source import INT_END
from .compiled.tally import total
from .context import Context
from .counting import counting
from .counts import COMPILED, INTERPRETED, WITH_CARE
from .plan import UNDEFINED, Plan
from .schema import Graph
from .scopes import held_by
from .visible import visible


@dataclass(eq=False)
class BadVariables(Exception):
    """The variables do not fit their declared types; `errors` say which."""

    errors: list[GraphQLError]


@dataclass(slots=True)
class Variables:
    """An operation's variables: as they came, and as the operation declares them."""

    raw: Mapping[str, Any]
    values: VariableValues

    @property
    def coerced(self) -> dict[str, Any]:
        return self.values.coerced


def coerced(graph: Graph, plan: Plan, variables: Mapping[str, Any]) -> Variables:
    """The variables as the operation declares them. BadVariables where they do not fit."""
    plain = _as_they_are(plan, variables)
    if plain is not None:
        return Variables(variables, VariableValues({}, plain))
    found = get_variable_values(
        graph.core, list(plan.operation.variable_definitions or ()), dict(variables), max_errors=10
    )
    if isinstance(found, list):
        raise BadVariables(found)
    return Variables(variables, found)


def _as_they_are(plan: Plan, variables: Mapping[str, Any]) -> dict[str, Any] | None:
    """The variables, where each is declared as a plain scalar and given as exactly that."""
    if plan.plain is None:
        return None
    found: dict[str, Any] = {}
    for each in plan.plain:
        value: Any = variables.get(each.name, each.default)
        if value is UNDEFINED and not each.is_required:
            continue
        if type(value) is each.kind and (each.kind is not int or -INT_END <= value < INT_END):
            found[each.name] = value
        elif value is None and not each.is_required:
            found[each.name] = None
        else:
            return None
    return found


def encoded(answer: Any) -> bytes:
    """An answer as JSON. Instants stand in it as they came: the encoder writes them as `clock.iso` does."""
    return orjson.dumps(answer, option=orjson.OPT_UTC_Z)


async def run(graph: Graph, plan: Plan, variables: Variables, context: Context) -> ExecutionResult:
    """The answer of the operation for this caller."""
    found = decided(graph, plan, variables.coerced)
    if isinstance(found, Left):
        context.answered_by = graph.counts.answered(INTERPRETED, found.why)
        return await interpreted(graph, plan, variables, context)
    run = await _asked(found, plan, variables, context)
    if run.torn:
        apart = decided(graph, plan, variables.coerced, apart=True)
        assert isinstance(apart, Shape)  # noqa: S101 - as it was with joins
        run = await _asked(apart, plan, variables, context)
    run.assemble(run.root)
    context.answered_by = graph.counts.answered(COMPILED, WITH_CARE if run.failed else "")
    context.cost = total(run.root, context)
    if run.failed:
        return careful.answered(run.root, context)
    return ExecutionResult(run.root.made[0], None)


async def _asked(shape: Shape, plan: Plan, variables: Variables, context: Context) -> Run:
    """All that the operation asks, asked: fields of the root side by side, but mutations one after the other."""
    run = Run(context, variables.values, Group(shape, [None]))
    if plan.operation.operation is OperationType.MUTATION:
        for field in shape.asked:
            await run.ask(run.root, field)
            if run.failed and careful.stops(run.root, field, context):
                break
    else:
        await run.ask_all(run.root)
    return run


async def interpreted(
    graph: Graph, plan: Plan, variables: Variables, context: Context
) -> ExecutionResult:
    """The same by graphql-core: right for every operation, field by field.

    Who asks for the schema is told of what they may ask for, as if there were nothing else.
    """
    schema = visible(graph, held_by(context.principal)) if plan.introspects else graph.core
    name = plan.operation.name
    result = execute(
        schema,
        plan.document,
        context_value=context,
        variable_values=dict(variables.raw),
        operation_name=name.value if name else None,
        executor_class=counting(graph.prices),
    )
    return result if isinstance(result, ExecutionResult) else await result
