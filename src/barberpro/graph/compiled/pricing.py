"""What an object of a shape costs whatever is found for it, and which of its fields cost by what is found."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import get_named_type, is_leaf_type, is_non_null_type

if TYPE_CHECKING:
    from .selections import Field, Shape


@dataclass(frozen=True)
class Priced:
    """The fields of a shape, by what they cost."""

    each: int
    """What all objects of the shape cost alike."""
    growing: "tuple[Field, ...]"
    """Fields of which some objects have more below them than others."""

    @property
    def is_flat(self) -> bool:
        """Whether all objects cost the same."""
        return not self.growing


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
    return Priced(each, tuple(growing))


def inside_of(field: "Field") -> Priced | None:
    """What an object costs that the field gives; None where its type is known with the object only."""
    shape = field.below.shape if field.below is not None else None
    return shape.priced if shape is not None else None


def item(field: "Field") -> int:
    """What the type costs that the field gives."""
    named = get_named_type(field.type)
    return 0 if is_leaf_type(named) else field.reading.graph.prices.of_type(named.name)
