"""What an answer really held, by the same prices as its plan: what a caller is charged in the end.

Counted from what the levels of a run found, before anything is shown: an object that many point at counts at each place
where it stands, lists are as long as they are, and below a null there is nothing. `counting.py` has graphql-core count
the same.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from ..context import Context
from ..loads import Computed, One
from ..upstreams.reading import sound
from ..wanted import beside
from .careful import Beside
from .levels import Group, any_failed
from .pricing import inside_of
from .selections import Field

Worth = Callable[[Any], int]


def total(group: Group, context: Context) -> int:
    """The cost of all objects of a group, each counted once, with all that was found below them."""
    priced = group.shape.priced
    if priced.terms is not None:
        return priced.of(group.parents)
    below = sum(_total_below(field, group, context) for field in priced.growing)
    return priced.each * len(group.parents) + below


def _total_below(field: Field, group: Group, context: Context) -> int:
    """What the values of this field add, of all objects together."""
    values, inside, depth = _values(field, group, context), inside_of(field), field.depth
    is_asked = field in group.shape.asked
    if depth > 1 or (is_asked and any_failed(values)):
        return sum(_below(field, group, values, context))
    if inside is not None and inside.is_flat and depth == 0:
        return inside.each * (len(values) - values.count(None))
    level = group.below.get(field)
    if is_asked and (level is None or not level.in_order):
        return sum(_below(field, group, values, context))
    below = total(level.groups[0] if level and is_asked else _pure(field, values), context)
    listed = sum(map(len, filter(None, values))) if depth else 0
    return field.item_price * listed + below


def tally(group: Group, context: Context) -> list[int]:
    """The cost of each object's fields, in their order, with all that was found below them."""
    priced = group.shape.priced
    totals = [priced.each] * len(group.parents)
    for field in priced.growing:
        below = _below(field, group, _values(field, group, context), context)
        totals = [total + more for total, more in zip(totals, below, strict=True)]
    return totals


def _below(field: Field, group: Group, values: Sequence[Any], context: Context) -> list[int]:
    """What each object's value of this field adds beside the field itself."""
    inside, depth = inside_of(field), field.depth
    if inside is not None and inside.is_flat:
        alike = inside.each
        return [_sum(value, depth, field.item_price, lambda _: alike) for value in values]
    level = group.below.get(field)
    groups = level.groups if level is not None else []
    if field not in group.shape.asked:
        groups = [_pure(field, values)]
    found: dict[int, int] = {}
    for each in groups:
        found.update(zip(map(id, each.parents), tally(each, context), strict=True))
    return [_sum(value, depth, field.item_price, lambda v: found.get(id(v), 0)) for value in values]


def _sum(value: Any, depth: int, each: int, inside: Worth) -> int:
    """Of one value: where it is a list, so much for each, and for all that is there, what is inside it."""
    if value is None or isinstance(value, Exception):
        return 0
    if depth == 0:
        return inside(value)
    if depth > 1:
        return sum(_sum(v, depth - 1, each, inside) for v in value)
    return len(value) * each + sum(_sum(v, 0, each, inside) for v in value)


def _values(field: Field, group: Group, context: Context) -> Sequence[Any]:
    """The field's value for each object: as it was found, or as it is made from the object alone."""
    parents = group.parents
    if field in group.shape.asked:
        found = group.found.get(field)
        return [None] * len(parents) if found is None or isinstance(found, Exception) else found
    if isinstance(field.load, Computed):
        return [_computed(field.load, parent, context) for parent in parents]
    if isinstance(field.load, One):
        there = beside(field.load.local, field.load.remote.name)
        if (inside := inside_of(field)) is not None and inside.is_flat:
            wanted = group.shape.wanted
            cell = attrgetter(there) if wanted is None else itemgetter(wanted.places[there])
            return list(map(cell, parents))  # only whether there is one
        return [Beside.of(parent, field.load) for parent in parents]
    values = [getattr(parent, field.attribute) for parent in parents]
    return [sound(value) for value in values] if field.is_told else values


def _computed(load: Computed, parent: Any, context: Context) -> Any:
    try:
        return load.value(parent, context)
    except Exception:  # the answer tells of it
        return None


def _pure(field: Field, values: Sequence[Any]) -> Group:
    """The objects of a field that asks nobody, as a group of which nothing was asked."""
    assert field.below is not None and field.below.shape is not None  # noqa: S101 - it is pure
    objects = list(values)
    for _ in range(field.depth):
        objects = [v for some in objects if some is not None for v in some]
    return Group(field.below.shape, [v for v in objects if v is not None])
