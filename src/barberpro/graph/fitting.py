"""Whether a schema answers a document: found by parsing, measuring, validating and planning it, in this order.

A call with a text of its own and a document that is published go through the same steps. Who publishes is told besides
whether its client has the scopes, and what one call costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    IntValueNode,
    OperationDefinitionNode,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_operation_ast,
    parse,
    validate,
    visit,
)

from .errors import BadInput, TooComplex, TooExpensive
from .limits import MAX_TOKENS, measure, scan
from .plan import Plan, plan, reached
from .schema import Graph
from .scopes import POLICIES

MAX_ERRORS = 10
LONGEST_NAME = 128
PARSE, VALIDATION = "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"
RESOLUTION, FORBIDDEN = "OPERATION_RESOLUTION_FAILURE", "FORBIDDEN"


class Unfit(Exception):
    """A document that cannot be answered: the code a call is refused with, and each thing that is wrong."""

    def __init__(self, code: str, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.code, self.errors = code, errors

    @property
    def place(self) -> tuple[int, int]:
        """Line and column of the first thing that is wrong, from 1 on; the beginning where it is the whole."""
        for error in self.errors:
            for found in error.locations or ():
                return found.line, found.column
        return 1, 1


@dataclass(frozen=True)
class Fit:
    """A document that a client may be registered with."""

    name: str
    plan: Plan
    cost: int
    """Of one call at most, where every variable has its default."""

    @property
    def scopes(self) -> list[str]:
        """What is needed: all of these. Where one of several will do, they stand together, as in `a:read | b:read`."""
        needed = self.plan.requires
        return [*sorted(needed.always - POLICIES.keys()), *map(str, needed.choices)]


def parsed(graph: Graph, text: str) -> DocumentNode:
    """A valid document. Unfit where it is none."""
    try:
        scan(text)
    except TooComplex as error:
        raise _whole(PARSE, str(error)) from None
    try:
        document = parse(text, max_tokens=MAX_TOKENS)
        measure(document)
        _check_text(text, document)
    except GraphQLError as error:
        raise Unfit(PARSE, [error]) from None
    except RecursionError:
        raise _whole(PARSE, "The document is nested too deeply.") from None
    except TooComplex as error:
        raise _whole(VALIDATION, str(error)) from None
    errors = validate(graph.core, document, max_errors=MAX_ERRORS, hide_suggestions=True)
    if errors:
        raise Unfit(VALIDATION, errors)
    return document


def planned(graph: Graph, document: DocumentNode, name: str | None = None) -> Plan:
    """The plan of an operation of a valid document: the only one, or the one of this name."""
    operation = get_operation_ast(document, name)
    if operation is None:
        which = (
            f"no operation {name!r}"
            if name
            else "no single operation: say which by `operationName`"
        )
        raise _whole(RESOLUTION, f"The document has {which}.")
    try:
        return plan(graph, document, operation)
    except TooComplex as error:
        raise _whole(VALIDATION, str(error)) from None


def fit(graph: Graph, text: str, held: frozenset[str]) -> Fit:
    """What it takes to register this document for a client that holds these scopes and policies.

    Unfit where it is not one named operation that the schema answers, where the client lacks a scope, and where one
    call costs too much by the defaults of its variables.
    """
    if "\0" in text:
        raise _whole(PARSE, "Text with a NUL character cannot be stored.")
    found = planned(graph, parsed(graph, text))
    operation = found.operation
    if operation.name is None or len(operation.name.value) > LONGEST_NAME:
        message = f"The operation needs a name of at most {LONGEST_NAME} characters."
        raise Unfit(RESOLUTION, [GraphQLError(message, operation)])
    if found.requires.lacking(held):
        raise Unfit(FORBIDDEN, [_lacking(graph, found, held)])
    try:
        cost = found.cost(_defaults(operation), registered=True)
    except (TooExpensive, BadInput) as error:
        raise Unfit(error.code, [GraphQLError(str(error), operation)]) from None
    return Fit(operation.name.value, found, cost)


def _defaults(operation: OperationDefinitionNode) -> dict[str, int]:
    """The sizes that a call asks for which gives none: what it gives is held against the limits when it comes."""
    return {
        declared.variable.name.value: int(declared.default_value.value)
        for declared in operation.variable_definitions or ()
        if isinstance(declared.default_value, IntValueNode)
    }


def _lacking(graph: Graph, found: Plan, held: frozenset[str]) -> GraphQLError:
    """The first field that the client lacks a scope for."""
    types, wrong = TypeInfo(graph.core), list[GraphQLError]()

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent, name = types.get_parent_type(), node.name.value
            if parent is None or (parent.name, name) not in graph.scopes or wrong:
                return
            needed = graph.scope(parent.name, name)
            if not needed.met_by(held):
                lacking = " and ".join(needed.lacking(held))
                message = f"{parent.name}.{name} needs {lacking}, which the client does not have."
                wrong.append(GraphQLError(message, node))

    for definition in reached(found.document, found.operation):
        visit(definition, TypeInfoVisitor(types, Fields()))
    return wrong[0]


def _whole(code: str, message: str) -> Unfit:
    return Unfit(code, [GraphQLError(message)])


def _check_text(text: str, document: DocumentNode) -> None:
    """Raise TooComplex where a string in the document holds U+0000, which no table stores."""
    if "\\u" not in text and "\0" not in text:
        return

    class Strings(Visitor):
        def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
            if "\0" in node.value:
                raise TooComplex("Text with a NUL character cannot be stored.")

    visit(document, Strings())
