"""Fetches an operation level by level, for all parents at once, and assembles each when those below it are done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any

from graphql import get_nullable_type, is_list_type, is_non_null_type
from graphql.execution.values import VariableValues

from ..context import Context, gathered
from ..loads import Batched, Computed, Fetched, OfRows, One
from ..mutations import Act
from ..upstreams.loads import Remote
from ..upstreams.reading import is_whole
from .selections import Field, Selection, Shape
from .source import Unexpected


@dataclass(eq=False)
class Group:
    """The objects of one type at one place in the document: what was found for each, and the answers made of it."""

    shape: Shape
    parents: Sequence[Any]
    found: dict[Field, Sequence[Any] | Exception] = field(default_factory=dict)
    """For each field that was asked: its value for every parent, or why there is none for any."""
    below: dict[Field, "Level"] = field(default_factory=dict)
    made: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class Level:
    """The objects below one field, each of them once."""

    groups: list[Group]
    in_order: bool = False
    """Whether they are of one type, and stand in its group as they stand in the field's values."""

    @cached_property
    def places(self) -> dict[int, tuple[Group, int]]:
        """Where an object is found, by its identity: its group keeps it alive."""
        return {id(p): (g, at) for g in self.groups for at, p in enumerate(g.parents)}

    def answers(self) -> dict[int, Any]:
        """What was made of each object, by its identity."""
        return {id(p): m for g in self.groups for p, m in zip(g.parents, g.made, strict=True)}


class Run:
    """One execution.

    `failed` says that something was not as it should be: the answer is then made with care. `torn` says that it was a
    statement with joins, so that nobody knows to which of its fields the error belongs.
    """

    def __init__(self, context: Context, variables: VariableValues, root: Group) -> None:
        self.root = root
        self.context = context
        self.variables = variables
        self.failed = False
        self.torn = False

    async def ask(self, group: Group, asked: Field) -> None:
        """A field's values for all parents, and all that is asked below them."""
        try:
            values = group.found[asked] = await self._values(group, asked)
            if isinstance(asked.load, Batched) and any_failed(values):
                self.failed = True
            if isinstance(asked.load, Remote) and not all(map(is_whole, values)):
                self.failed = True
            if asked.below is not None:
                group.below[asked] = await self._level(asked.below, _objects(asked, values))
        except Exception as error:
            group.found[asked] = _without(asked, group.parents, error)
            self.failed = True
            self.torn = self.torn or (isinstance(asked.load, OfRows) and bool(asked.wanted.joins))

    async def ask_all(self, group: Group) -> None:
        """All fields of a group that do not come from the parents alone, side by side."""
        asked = group.shape.asked
        if len(asked) == 1:
            await self.ask(group, asked[0])
        elif asked:
            await gathered(*(self.ask(group, each) for each in asked))

    def assemble(self, group: Group) -> None:
        """The answers, as long as all went well: what failed is found again, and told, by the careful walk."""
        if self.failed:
            return
        try:
            columns = [_column(group, asked) for asked in group.shape.asked]
            group.made = group.shape.assembly.make(group.parents, self.context, *columns)
        except Exception:
            self.failed = True

    async def _level(self, selection: Selection, values: list[Any]) -> Level:
        """All of these objects, of one type or, behind an interface or a union, of several."""
        in_order = len(set(map(id, values))) == len(values)
        unique = values if in_order else list({id(v): v for v in values}.values())
        if selection.shape is not None:
            groups = [await self._group(selection.shape, unique)]
        else:
            in_order = False
            by_type: dict[str, list[Any]] = {}
            for value in unique:
                by_type.setdefault(selection.name_of(value), []).append(value)
            work = [self._group(selection.shape_of(name), some) for name, some in by_type.items()]
            groups = await gathered(*work)
        return Level(groups, in_order)

    async def _group(self, shape: Shape, parents: Sequence[Any]) -> Group:
        group = Group(shape, parents)
        if parents:
            await self.ask_all(group)
            self.assemble(group)
        return group

    async def _values(self, group: Group, asked: Field) -> Sequence[Any]:
        load, parents = asked.load, group.parents
        if isinstance(load, OfRows):
            given = asked.arguments.values(self.variables)
            return await load.fetch(parents, self.context, wanted=asked.wanted, **given)
        if isinstance(load, Remote):
            question = asked.forwarded(load.entity, self.variables.coerced)
            return await load.fetch(parents, self.context, asked=question)
        if isinstance(load, Fetched):
            given = asked.arguments.values(self.variables)
            return await load.fetch(parents, self.context, **given)
        if isinstance(load, Act):
            given = asked.arguments.values(self.variables)
            return [await load.perform(self.context, given["input"]) for _ in parents]
        if isinstance(load, Computed):
            return [load.value(parent, self.context) for parent in parents]
        return [getattr(parent, asked.attribute) for parent in parents]


def _without(asked: Field, parents: Sequence[Any], error: Exception) -> Sequence[Any] | Exception:
    """Why there is no value for any parent; where there is nothing to read, there is none all the same."""
    if not isinstance(asked.load, One):
        return error
    local = asked.load.local
    return [None if getattr(parent, local) is None else error for parent in parents]


def any_failed(values: Sequence[Any]) -> bool:
    """Whether an error stands among values, which are of few types."""
    return any(issubclass(kind, Exception) for kind in set(map(type, values)))


def _column(group: Group, asked: Field) -> Sequence[Any]:
    found = group.found[asked]
    assert not isinstance(found, Exception)  # noqa: S101 - then `failed` would be set
    if asked.below is None:
        return found
    level = group.below[asked]
    if level.in_order and (folded := _in_order(found, level.groups[0].made, asked.depth)):
        return folded
    answers = level.answers()
    if not is_non_null_type(asked.innermost):
        answers[id(None)] = None
    if asked.depth == 0:
        return [answers[id(value)] for value in found]
    return [_folded(asked.type, value, answers) for value in found]


def _in_order(found: Sequence[Any], made: list[Any], depth: int) -> Sequence[Any] | None:
    """The answers in place of objects that stand in the same order; None where nulls stand among those."""
    if depth == 0:
        return made if len(found) == len(made) else None
    if depth > 1 or not all(type(value) is list for value in found):
        return None
    if sum(map(len, found)) != len(made):
        return None
    rest = iter(made)
    return [list(islice(rest, len(value))) for value in found]


def _objects(asked: Field, values: Sequence[Any]) -> list[Any]:
    """The objects in values, or in lists of them; no nulls, no errors."""
    if asked.holds_rows:
        return list(chain.from_iterable(values))
    for _ in range(asked.depth):
        values = [v for some in values if isinstance(some, list | tuple) for v in some]
    return [v for v in values if v is not None and not isinstance(v, Exception)]


def _folded(type_: Any, value: Any, answers: dict[int, Any]) -> Any:
    """The answers in place of the objects of a list."""
    if value is None:
        if is_non_null_type(type_):
            raise Unexpected
        return None
    item = get_nullable_type(type_).of_type
    if is_list_type(get_nullable_type(item)):
        return [_folded(item, each, answers) for each in value]
    return [answers[id(each)] for each in value]
