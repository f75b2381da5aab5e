"""What an object of a shape costs whatever is found for it, and which of its fields cost by what is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from graphql import get_named_type, is_leaf_type, is_non_null_type

from ..loads import One
from ..wanted import beside

if TYPE_CHECKING:
    from .selections import Field, Shape

Term = Callable[[Sequence[Any]], int]
"""What a field adds for many objects at once."""


@dataclass(frozen=True)
class Priced:
    """The fields of a shape, by what they cost."""

    each: int
    """What all objects of the shape cost alike."""
    growing: "tuple[Field, ...]"
    """Fields of which some objects have more below them than others."""
    terms: tuple[Term, ...] | None = None
    """What each of those adds, where that is told by the objects alone."""

    @property
    def is_flat(self) -> bool:
        """Whether all objects cost the same."""
        return not self.growing

    def of(self, objects: Sequence[Any]) -> int:
        """What many objects cost together, where there are `terms`."""
        assert self.terms is not None  # noqa: S101 - who asks has looked
        return self.each * len(objects) + sum([term(objects) for term in self.terms])


def priced(shape: "Shape") -> Priced:
    """Read once a shape, from the prices in the schema."""
    each = 0
    growing: list[Field] = []
    for field in shape.fields:
        if field.is_typename:
            continue
        each += field.reading.graph.prices.of_field(field.owner.name, field.nodes[0].name.value)
        if field.below is None:
            continue
        if field.depth == 0:
            each += field.item_price
        inside = inside_of(field)
        if field.depth > 0 or inside is None or not inside.is_flat:
            growing.append(field)
        elif inside.each and is_non_null_type(field.type):
            each += inside.each
        elif inside.each:
            growing.append(field)  # where it is null, there is nothing inside
    terms = [_term(field, shape) for field in growing]
    told = tuple(term for term in terms if term is not None)
    return Priced(each, tuple(growing), told if len(told) == len(terms) else None)


def _term(field: "Field", shape: "Shape") -> Term | None:
    """What a field adds: of a page its rows, of a joined row whether it is there. None for any other field."""
    inside = inside_of(field)
    if inside is None:
        return None
    if field.holds_rows and inside.terms is not None:
        listed, price = attrgetter(field.attribute), field.item_price
        return lambda pages: sum([price * len(r) + inside.of(r) for r in map(listed, pages)])
    if isinstance(field.load, One) and field.is_joined and inside.is_flat and shape.wanted:
        there = beside(field.load.local, field.load.remote.name)
        cell = itemgetter(shape.wanted.places[there])
        return lambda rows: inside.each * (len(rows) - list(map(cell, rows)).count(None))
    return None


def inside_of(field: "Field") -> Priced | None:
    """What an object costs that the field gives; None where its type is known with the object only."""
    shape = field.below.shape if field.below is not None else None
    return shape.priced if shape is not None else None


def item(field: "Field") -> int:
    """What the type costs that the field gives."""
    named = get_named_type(field.type)
    return 0 if is_leaf_type(named) else field.reading.graph.prices.of_type(named.name)
