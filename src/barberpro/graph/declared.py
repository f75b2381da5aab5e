"""What every field must state, and what follows where it states nothing. The build stops at the first that fails."""

from typing import Any

from graphql import (
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
)
from strawberry.types.field import StrawberryField

from .cost import sizing
from .errors import Undeclared
from .loads import INHERITED, Batched, ById, Expression, Load, Pages, Told
from .mutations import Act
from .scopes import ANYBODY, Needed, as_needed
from .types import INHERIT_FROM_PARENT, About, about

BACKREF = "strawberry-definition"
ROOTS = ("Query", "Mutation", "Subscription")

ARGUMENTS = {
    "first": "How many items at most, from the start of the list or from `after`.",
    "after": "The cursor after which the page begins: `endCursor` of the page before.",
    "orderBy": "How the list is ordered.",
    "filter": "Which items are listed; all conditions must hold.",
    "id": "The id.",
    "ids": "The ids, at most 100.",
    "input": "What is to be done.",
    "representations": "The entities by their keys, at most 1,000.",
}
"""What the kernel's own arguments mean."""


def needed(core: GraphQLSchema, type_name: str, name: str, load: Load | None) -> Needed:
    """What a field needs: its type's scope and its own; a root field without one, that of the entity it answers."""
    own = as_needed(load.scope) if load is not None and load.scope != INHERITED else None
    known = _about(core.type_map[type_name])
    if known is not None:
        of_type = ANYBODY if known.scope == INHERIT_FROM_PARENT else as_needed(known.scope)
        return of_type & (own or ANYBODY)
    if own is not None:
        return own
    if type_name not in ROOTS:
        return (
            ANYBODY  # connections, edges, payloads and errors: what they hold is what is protected
        )
    answered = _about(_entity(core, type_name, name))
    if answered is None or answered.table is None:
        raise Undeclared(f"{type_name}.{name} has no scope: state one")
    return as_needed(answered.scope)


def check(
    core: GraphQLSchema,
    type_name: str,
    name: str,
    declared: StrawberryField | None,
    load: Load | None,
) -> None:
    """Raise Undeclared where a field says too little."""
    where = f"{type_name}.{name}"
    type_: Any = core.type_map[type_name]
    field = type_.fields[name]
    if not field.description:
        raise Undeclared(f"{where} has no description: write the sentence under it")
    for argument, given in field.args.items():
        given.description = given.description or ARGUMENTS.get(argument)
        if not given.description:
            raise Undeclared(f"{where}({argument}:) has no description")
    if isinstance(load, Batched | Expression | Act) and load.cost is None:
        raise Undeclared(f"{where} has no cost: state one")
    if isinstance(load, Batched | Told) and _lists_objects(field.type) and sizing(load) is None:
        raise Undeclared(f"{where} is a list of unknown size: state one, or take `first`")
    if isinstance(load, ById | Pages):
        _check_node(core, type_name, name, load)
    known = _about(type_)
    if load is None and known is not None and known.table is not None and declared is not None:
        _check_column(where, known.table, declared, field)


def _check_node(core: GraphQLSchema, type_name: str, name: str, load: Load) -> None:
    """Ids lead to no more than the fields of `Query` do: who knows one could ask `node` for the rest."""
    answered = _about(_entity(core, type_name, name))
    if type_name != "Query" or answered is None:
        return
    by_node = as_needed(answered.scope) & as_needed(answered.found)
    asked = needed(core, type_name, name, load)
    if not all(asked.met_by(held) for held in by_node.sets):
        raise Undeclared(f"{type_name}.{name} needs {asked}, and node {by_node}: state `found`")


def _lists_objects(type_: Any) -> bool:
    return is_list_type(get_nullable_type(type_)) and not is_leaf_type(get_named_type(type_))


def _check_column(where: str, table: Any, declared: StrawberryField, field: Any) -> None:
    if declared.base_resolver is not None:
        raise Undeclared(f"{where} has a resolver of its own: declare it with a word of the kernel")
    if declared.python_name not in table.c:
        raise Undeclared(f"{where} is no column of {table.name} and declares no load")
    if not is_leaf_type(get_named_type(field.type)):
        raise Undeclared(f"{where} is a relation without a declaration")


def _entity(core: GraphQLSchema, type_name: str, name: str) -> Any:
    """The type a field answers, or that its connection lists."""
    type_: Any = core.type_map[type_name]
    answered: Any = get_named_type(type_.fields[name].type)
    nodes = getattr(answered, "fields", {}).get("nodes")
    return get_named_type(nodes.type) if nodes is not None else answered


def _about(type_: Any) -> About | None:
    definition = type_.extensions.get(BACKREF)
    return about(getattr(definition, "origin", None))
