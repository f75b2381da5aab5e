"""Runs a plan with graphql-core: right for every operation, and the oracle the compiled executor is held to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError, execute
from graphql.execution.values import get_variable_values
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .context import Context
from .plan import Plan
from .schema import Graph


@dataclass(frozen=True)
class BadVariables(Exception):
    """The variables do not fit their declared types; `errors` say which."""

    errors: list[GraphQLError]


def coerced(graph: Graph, plan: Plan, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables as the operation declares them. BadVariables where they do not fit."""
    found = get_variable_values(
        graph.core, list(plan.operation.variable_definitions or ()), dict(variables), max_errors=10
    )
    if isinstance(found, list):
        raise BadVariables(found)
    return found.coerced


async def run(
    graph: Graph, plan: Plan, variables: Mapping[str, Any], context: Context
) -> ExecutionResult:
    """The answer of the operation for this caller. `variables` are as they came; they are coerced once more."""
    name = plan.operation.name
    result = execute(
        graph.core,
        plan.document,
        context_value=context,
        variable_values=dict(variables),
        operation_name=name.value if name else None,
        executor_class=StrawberryGraphQLCoreExecutionContext,
    )
    return result if isinstance(result, ExecutionResult) else await result
