"""What graphql-core leaves out of a comparison: deprecations, `@oneOf`, specifications of scalars, and what our own
directives say of who may ask and at what cost.

A field's need is made of its own directives and its type's, as the schema's build does it, so that a scope which moves
from a type to all of its fields is no change. What fields need more or less by their type alone is one change, of the
type.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    value_from_ast_untyped,
)

from ..declared import ROOTS
from ..scopes import ANYBODY, Needed, together
from .found import Change, Severity

BREAKING, DANGEROUS, SAFE = Severity
Fielded = GraphQLObjectType | GraphQLInterfaceType


class Price(NamedTuple):
    """What the SDL says that a field or an object costs."""

    weight: float
    sized: tuple[tuple[str, Any], ...]
    """The arguments of `@listSize`."""


def stated(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[Change]:
    """Every change of what the two schemas state beside names and types, at what is in both."""
    for name, old in before.type_map.items():
        new = after.type_map.get(name)
        if new is None or type(new) is not type(old) or name.startswith("__"):
            continue
        yield from _of_type(name, old, new)
        yield from _deprecations(name, old, new)
        if isinstance(old, Fielded) and isinstance(new, Fielded):
            yield from _needs(before, after, old, new)
            yield from _prices(name, _price(old, 1), _price(new, 1))
            for field in old.fields.keys() & new.fields.keys():
                prices = _price(old.fields[field], 0), _price(new.fields[field], 0)
                yield from _prices(f"{name}.{field}", *prices)


def needed(schema: GraphQLSchema, type_name: str, field_name: str) -> Needed:
    """What the SDL says that a caller must hold to ask for a field."""
    type_: Any = schema.type_map[type_name]
    field = type_.fields[field_name]
    own = _need(field)
    if own is None and type_name in ROOTS:
        answered: Any = get_named_type(field.type)
        nodes = getattr(answered, "fields", {}).get("nodes")
        own = _need(get_named_type(nodes.type) if nodes is not None else answered)
    return (_need(type_) or ANYBODY) & (own or ANYBODY)


def _need(stated_at: Any) -> Needed | None:
    """What directives say there; None where they say nothing."""
    said = _directives(stated_at)
    sets = [
        Needed(frozenset(map(frozenset, said[name][argument])))
        for name, argument in (("requiresScopes", "scopes"), ("policy", "policies"))
        if name in said
    ]
    return together(sets) if sets or "authenticated" in said else None


def _needs(
    before: GraphQLSchema, after: GraphQLSchema, old: Fielded, new: Fielded
) -> Iterator[Change]:
    of_type = False
    for name in old.fields.keys() & new.fields.keys():
        move = needed(before, old.name, name), needed(after, old.name, name)
        if old.name in ROOTS or _need(old.fields[name]) != _need(new.fields[name]):
            yield from _need_change(f"{old.name}.{name}", *move)
        elif move[0] != move[1]:
            of_type = True
    if of_type:
        yield from _need_change(old.name, _need(old) or ANYBODY, _need(new) or ANYBODY)


def _need_change(coordinate: str, old: Needed, new: Needed) -> Iterator[Change]:
    if old == new:
        return
    words = f"needed {_told(old)} and needs {_told(new)}."
    if all(new.met_by(held) for held in old.sets):
        yield Change(SAFE, "NEEDS_LESS", coordinate, f"{coordinate} {words}")
    else:
        yield Change(BREAKING, "NEEDS_MORE", coordinate, f"{coordinate} {words}")


def _told(need: Needed) -> str:
    return "no scope" if need.is_public else str(need)


def _prices(coordinate: str, old: Price, new: Price) -> Iterator[Change]:
    if new.weight != old.weight:
        severity, kind = (
            (DANGEROUS, "COST_RAISED") if new.weight > old.weight else (SAFE, "COST_LOWERED")
        )
        says = f"{coordinate} cost {old.weight:g} and costs {new.weight:g}."
        yield Change(severity, kind, coordinate, says)
    if new.sized != old.sized:
        says = f"{coordinate} is reckoned with {_size(new)}, and was with {_size(old)}."
        yield Change(DANGEROUS, "SIZE_CHANGED", coordinate, says)


def _size(price: Price) -> str:
    said = ", ".join(f"{name}: {value}" for name, value in price.sized)
    return f"@listSize({said})" if said else "no size"


def _price(stated_at: Any, unstated: float) -> Price:
    said = _directives(stated_at)
    weight = said["cost"]["weight"] if "cost" in said else unstated
    return Price(float(weight), tuple(sorted(said.get("listSize", {}).items(), key=str)))


def _of_type(name: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, GraphQLInputObjectType) and old.is_one_of != new.is_one_of:
        if new.is_one_of:
            yield Change(BREAKING, "ONE_OF_ADDED", name, f"{name} takes exactly one field now.")
        else:
            yield Change(SAFE, "ONE_OF_REMOVED", name, f"{name} takes any number of fields now.")
    if isinstance(old, GraphQLScalarType) and old.specified_by_url != new.specified_by_url:
        says = f"{name} was specified by {old.specified_by_url}, and is by {new.specified_by_url}."
        yield Change(DANGEROUS, "SPECIFICATION_CHANGED", name, says)


def _deprecations(name: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = dict(_reasons(name, old)), dict(_reasons(name, new))
    for coordinate in before.keys() & after.keys():
        was, now = before[coordinate], after[coordinate]
        if was == now:
            continue
        if now is None:
            says = f"{coordinate} is no longer deprecated."
            yield Change(SAFE, "DEPRECATION_WITHDRAWN", coordinate, says)
        else:
            yield Change(SAFE, "DEPRECATED", coordinate, f"{coordinate} is deprecated: {now}")


def reasons(schema: GraphQLSchema) -> dict[str, str]:
    """What a schema calls deprecated, and why."""
    every = (pair for name, type_ in schema.type_map.items() for pair in _reasons(name, type_))
    return {coordinate: reason for coordinate, reason in every if reason is not None}


def _reasons(name: str, type_: Any) -> Iterator[tuple[str, str | None]]:
    for member, each in (getattr(type_, "fields", None) or getattr(type_, "values", {})).items():
        yield f"{name}.{member}", each.deprecation_reason
        for argument, given in getattr(each, "args", {}).items():
            yield f"{name}.{member}({argument}:)", given.deprecation_reason


def _directives(stated_at: Any) -> dict[str, dict[str, Any]]:
    """The directives that stand at a type or a field, by name, with their arguments."""
    node = stated_at.ast_node
    return {
        directive.name.value: {
            given.name.value: value_from_ast_untyped(given.value)
            for given in directive.arguments or ()
        }
        for directive in (node and node.directives) or ()
    }
