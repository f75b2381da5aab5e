"""Who feels a change: the fields through which it reaches a caller, and the documents that ask for them."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    get_named_type,
    is_abstract_type,
    is_object_type,
    parse,
)

from .. import coordinates

OF_ONE_ARGUMENT = {"ARG_REMOVED", "ARG_CHANGED_KIND"}
"""Kinds that only who gives the argument feels; every other change of an argument is felt by who leaves it out, too."""


def asked(schema: GraphQLSchema, text: str) -> frozenset[str]:
    """The coordinates that a document asks for, as far as the schema knows them.

    It has none where it is no GraphQL, which the check against the current schema tells of it.
    """
    try:
        return coordinates.asked(schema, parse(text))
    except GraphQLSyntaxError:
        return frozenset()


class Felt:
    """Where changes of a schema are felt."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._through: dict[str, set[str]] = {}
        """A type's name → the fields that give or take it."""
        for type_name, field_name, field in _fields(schema):
            for name in self._met(field):
                self._through.setdefault(name, set()).add(f"{type_name}.{field_name}")

    def through(self, kind: str, coordinate: str) -> frozenset[str]:
        """The coordinates, of fields or of arguments, that a caller has to ask for to feel a change."""
        if kind in OF_ONE_ARGUMENT:
            return self._also_by_interface(coordinate)
        type_name, _, member = coordinate.partition("(")[0].partition(".")
        type_: Any = self._schema.type_map.get(type_name)
        if member and hasattr(type_, "interfaces"):
            return self._also_by_interface(f"{type_name}.{member}")
        return frozenset(self._through.get(type_name, ()))

    def _also_by_interface(self, coordinate: str) -> frozenset[str]:
        """The field itself, and the same field where it is asked for by an interface of its type."""
        type_name, _, rest = coordinate.partition(".")
        type_: Any = self._schema.type_map.get(type_name)
        by = [each.name for each in getattr(type_, "interfaces", ()) if rest in each.fields]
        return frozenset(f"{name}.{rest}" for name in (type_name, *by))

    def _met(self, field: Any) -> set[str]:
        """The types that a field may give, and those that its arguments may hold, at any depth."""
        given = get_named_type(field.type)
        names = {given.name}
        if is_abstract_type(given):
            names.update(each.name for each in self._schema.get_possible_types(given))
        for argument in field.args.values():
            _add_inputs(get_named_type(argument.type), names)
        return names


def _add_inputs(type_: Any, names: set[str]) -> None:
    if type_.name in names:
        return
    names.add(type_.name)
    if isinstance(type_, GraphQLInputObjectType):
        for field in type_.fields.values():
            _add_inputs(get_named_type(field.type), names)


def _fields(schema: GraphQLSchema) -> Iterator[tuple[str, str, Any]]:
    for name, type_ in schema.type_map.items():
        if not name.startswith("__") and (is_object_type(type_) or hasattr(type_, "interfaces")):
            for field_name, field in getattr(type_, "fields", {}).items():
                yield name, field_name, field
