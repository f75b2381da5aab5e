"""A field's arguments as its declaration takes them: what stands in the document is read once, variables each time."""

from copy import copy
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    VariableNode,
    get_nullable_type,
    is_required_argument,
    is_scalar_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments

from ..declared import BACKREF


class Arguments:
    """The arguments of one field of one document. What a caller gave in variables is never kept."""

    def __init__(self, definition: GraphQLField, node: FieldNode, converter: Any) -> None:
        self._definition = definition
        self._node = node
        self._converter = converter

    def values(self, variables: VariableValues) -> dict[str, Any]:
        """By the names that the declaration gives them."""
        if not self._definition.args:
            return {}
        if self._passed is None:
            return self._read(self._definition, self._node, variables)
        given, values = variables.coerced, dict(self._constant)
        for name, python in self._passed:
            if name in given:
                values[python] = given[name]
        return values

    @cached_property
    def _passed(self) -> tuple[tuple[str, str], ...] | None:
        """The variables that are passed on as they are, and what they are called there.

        None where one stands within a larger value, or is of a type that the declaration takes in another form.
        """
        found = []
        for argument in self._node.arguments or ():
            name = argument.name.value
            type_ = get_nullable_type(self._definition.args[name].type)
            if isinstance(argument.value, VariableNode) and is_scalar_type(type_):
                found.append((argument.value.name.value, self._python_names[name]))
            elif _names_variable(argument.value):
                return None
        return tuple(found)

    @cached_property
    def _constant(self) -> dict[str, Any]:
        """All but those that are passed on; of those, what holds where the variable is not given."""
        passed = {python for _, python in self._passed or ()}
        given = (
            a for a in self._node.arguments or () if self._python_names[a.name.value] not in passed
        )
        node = FieldNode(name=self._node.name, arguments=tuple(given), loc=self._node.loc)
        definition = copy(self._definition)
        definition.args = {
            name: argument
            for name, argument in definition.args.items()
            if self._python_names[name] not in passed or not is_required_argument(argument)
        }
        return self._read(definition, node, None)

    @cached_property
    def _python_names(self) -> dict[str, str]:
        named = self._converter.config.name_converter.from_argument
        return {named(a): a.python_name for a in self._definition.extensions[BACKREF].arguments}

    def _read(
        self, definition: GraphQLField, node: FieldNode, variables: VariableValues | None
    ) -> dict[str, Any]:
        given = get_argument_values(definition, node, variables)
        declared = self._definition.extensions[BACKREF].arguments
        config = self._converter.config
        return convert_arguments(given, declared, self._converter.scalar_registry, config)


def _names_variable(value: Any) -> bool:
    """Whether an argument names a variable, at any depth."""
    if isinstance(value, VariableNode):
        return True
    inner = [*getattr(value, "values", ()), *(f.value for f in getattr(value, "fields", ()))]
    return any(map(_names_variable, inner))
