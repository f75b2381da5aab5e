"""Runs a plan: compiled where it can be, else by graphql-core, which the compiled way is also tested against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType, execute
from graphql.execution.values import VariableValues, get_variable_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .compiled import careful
from .compiled.levels import Group, Run
from .compiled.plans import compiled
from .compiled.selections import Shape
from .context import Context
from .plan import Plan
from .schema import Graph


@dataclass(eq=False)
class BadVariables(Exception):
    """The variables do not fit their declared types; `errors` say which."""

    errors: list[GraphQLError]


@dataclass(frozen=True)
class Variables:
    """An operation's variables: as they came, and as the operation declares them."""

    raw: Mapping[str, Any]
    values: VariableValues

    @property
    def coerced(self) -> dict[str, Any]:
        return self.values.coerced


def coerced(graph: Graph, plan: Plan, variables: Mapping[str, Any]) -> Variables:
    """The variables as the operation declares them. BadVariables where they do not fit."""
    found = get_variable_values(
        graph.core, list(plan.operation.variable_definitions or ()), dict(variables), max_errors=10
    )
    if isinstance(found, list):
        raise BadVariables(found)
    return Variables(variables, found)


async def run(graph: Graph, plan: Plan, variables: Variables, context: Context) -> ExecutionResult:
    """The answer of the operation for this caller."""
    shape = compiled(graph, plan, variables.coerced)
    if shape is None:
        return await interpreted(graph, plan, variables, context)
    return await _run_compiled(shape, plan, variables, context)


async def _run_compiled(
    shape: Shape, plan: Plan, variables: Variables, context: Context
) -> ExecutionResult:
    run = Run(context, variables.values)
    group = Group(shape, [None])
    if plan.operation.operation is OperationType.MUTATION:
        for field in shape.asked:
            await run.ask(group, field)
            if run.failed and careful.stops(group, field, context):
                break
    else:
        await run.ask_all(group)
    run.assemble(group)
    if run.failed:
        return careful.answered(group, context)
    return ExecutionResult(group.made[0], None)


async def interpreted(
    graph: Graph, plan: Plan, variables: Variables, context: Context
) -> ExecutionResult:
    """The same by graphql-core: right for every operation, field by field."""
    name = plan.operation.name
    result = execute(
        graph.core,
        plan.document,
        context_value=context,
        variable_values=dict(variables.raw),
        operation_name=name.value if name else None,
        executor_class=StrawberryGraphQLCoreExecutionContext,
    )
    return result if isinstance(result, ExecutionResult) else await result
