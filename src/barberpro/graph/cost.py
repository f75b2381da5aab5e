"""What an operation costs, by what the SDL says and nothing else.

    cost of a field = its @cost + size × (cost of the type it gives + cost of what is selected there)

A field costs 0 where it states no `@cost`; an object type, an interface or a union costs 1, unless `@cost` stands on
the type; a leaf costs 0. The size is 1 for whatever is no list. Of a list it is what `@listSize` says: the slicing
argument's value (a list's length), or the assumed size; a list without it came with what gave it, and counts once. With
`sizedFields` it is not the field's own size but that of those fields below it. `__schema` and `__type` cost 500.

Reckoned before execution, `@skip` and `@include` are taken to let everything stand, and every fragment to apply: an
upper bound that a caller can compute too. The words are those of the GraphQL Cost Directives Specification by IBM, as
Apollo Federation 2.9 has them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    IntValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

from .context import PAGE_LIMIT, REGISTERED_PAGE_LIMIT
from .errors import BadInput, TooExpensive
from .loads import Batched, Load, Many, Pages, Told

OBJECT_COST = 1
INTROSPECTION = frozenset({"__schema", "__type"})
INTROSPECTION_COST = 500
MOST = 10_000
MOST_REGISTERED = 20_000

FIRST = "first"
LISTED = {"ids": 100, "representations": 1_000}
"""Arguments that list what is asked for, and how much they may list: a router asks for all of a level at once."""
ITEMS = ("nodes", "edges")
"""What a connection's page is shown in."""

Variables = Mapping[str, Any]
Size = Callable[[Variables, int], int]
"""How many values a list has with these variables, where a page may have so many."""


@dataclass(frozen=True)
class Sizing:
    """What `@listSize` says of a field."""

    argument: str | None = None
    assumed: int | None = None
    sized_fields: tuple[str, ...] = ()


def sizing(load: Load | None) -> Sizing | None:
    """How long a declaration says that its lists are."""
    if isinstance(load, Pages):
        return Sizing(FIRST, sized_fields=ITEMS)
    if isinstance(load, Many):
        return Sizing(assumed=load.size)
    if isinstance(load, Batched | Told):
        function = load.fn if isinstance(load, Batched) else load.takes
        taken = signature(function).parameters if function else {}
        argument = next((name for name in (FIRST, *LISTED) if name in taken), None)
        if argument or load.size is not None:
            return Sizing(argument, None if argument else load.size)
    return None


@dataclass(frozen=True, eq=False)
class Prices:
    """What each type and each field of a schema costs."""

    types: Mapping[str, int]
    """Of types that do not cost 1."""
    fields: Mapping[tuple[str, str], int]
    """By type and field, where one states its own."""
    sizings: Mapping[tuple[str, str], Sizing]
    sized: frozenset[tuple[str, str]] = frozenset()
    """Fields that have the size of a page that they show."""

    def of_type(self, name: str) -> int:
        return self.types.get(name, OBJECT_COST)

    def of_field(self, type_name: str, name: str) -> int:
        return self.fields.get((type_name, name), 0)


@dataclass(frozen=True, eq=False)
class Weight:
    """What a field adds to the cost: its own once, and as often as it gives values, theirs and what lies below."""

    own: int
    item: int = 0
    below: tuple["Weight", ...] = ()
    size: Size | None = None
    page: Size | None = None
    """For a connection: the size of its sized fields."""
    is_sized: bool = False
    """Whether it is such a field."""


def reckoned(weights: tuple[Weight, ...], variables: Variables, *, registered: bool) -> int:
    """The cost of an operation's selection.

    BadInput where a page is larger than allowed, TooExpensive where the whole is.
    """
    limit = REGISTERED_PAGE_LIMIT if registered else PAGE_LIMIT
    most = MOST_REGISTERED if registered else MOST
    memo: dict[tuple[int, int], int] = {}

    def total(some: tuple[Weight, ...], items: int) -> int:
        key = id(some), items
        if key not in memo:
            memo[key] = sum(one(w, items) for w in some)
        return memo[key]

    def one(w: Weight, items: int) -> int:
        below = total(w.below, w.page(variables, limit) if w.page else items)
        size = w.size(variables, limit) if w.size else items if w.is_sized else 1
        return w.own + size * (w.item + below)

    cost = total(weights, 1)
    if cost > most:
        raise TooExpensive(f"The operation costs {cost}; at most {most} is allowed.")
    return cost


@dataclass(frozen=True)
class Sizer:
    """The size that one field of a document asks for, by one of its arguments."""

    node: FieldNode
    field: GraphQLField
    argument: str
    is_page: bool

    @cached_property
    def given(self) -> Any:
        named = (a.value for a in self.node.arguments or () if a.name.value == self.argument)
        return next(named, None)

    @property
    def variable(self) -> str | None:
        """The variable that decides it, if one does."""
        return self.given.name.value if isinstance(self.given, VariableNode) else None

    def __call__(self, variables: Variables, limit: int) -> int:
        """BadInput where a page or a list of ids is larger than allowed; of other lists the field itself will say."""
        if self.argument in LISTED:
            return self._listed(variables, LISTED[self.argument])
        return self._first(variables, limit)

    def _first(self, variables: Variables, limit: int) -> int:
        asked = self.field.args[self.argument].default_value
        if isinstance(self.given, IntValueNode):
            asked = int(self.given.value)
        elif self.variable is not None and variables.get(self.variable) is not None:
            asked = variables[self.variable]
        if self.is_page and not 0 <= asked <= limit:
            name = self.node.name.value
            raise BadInput(f"`{name}(first:)` must be from 0 to {limit}; it is {asked}.")
        return max(0, asked)

    def _listed(self, variables: Variables, most: int) -> int:
        if self.variable is not None:
            values = variables.get(self.variable) or []
            count = len(values) if isinstance(values, list) else 1
        else:
            count = len(self.given.values) if hasattr(self.given, "values") else 1
        if count > most:
            name, what = self.node.name.value, self.argument
            raise BadInput(f"`{name}({what}:)` takes at most {most} {what}; there are {count}.")
        return count


def weight(
    prices: Prices,
    place: tuple[str, str],
    node: FieldNode,
    field: GraphQLField,
    below: tuple[Weight, ...],
) -> tuple[Weight, str | None]:
    """What a field weighs, and the variable that its size depends on. `place` is its type and its name."""
    own, stated = prices.of_field(*place), prices.sizings.get(place)
    named = get_named_type(field.type)
    item = 0 if is_leaf_type(named) else prices.of_type(named.name)
    if stated is None:
        return Weight(own, item, below, is_sized=place in prices.sized), None
    if stated.argument is None:
        assumed = stated.assumed or 0
        return Weight(own, item, below, size=lambda _variables, _limit: assumed), None
    sizer = Sizer(node, field, stated.argument, bool(stated.sized_fields))
    if stated.sized_fields:
        return Weight(own, item, below, page=sizer), sizer.variable
    return Weight(own, item, below, size=sizer), sizer.variable
