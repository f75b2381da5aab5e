"""Tells how an operation is answered: level by level, what each field asks, and of whom."""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import is_object_type

from ..loads import Batched, ById, Computed, Expression, Load, Many, OfRows, One, Pages
from ..paging import Link
from .selections import Field, Selection, Shape


@dataclass(frozen=True)
class Step:
    """One field that asks somebody: how deep it stands, its path, what it is, and how often it asks a level."""

    depth: int
    path: str
    what: str
    asks: str


def steps(shape: Shape, path: str = "", depth: int = 0) -> Iterator[Step]:
    """Every field of an operation that does not come from its parent alone, in the order of the answer."""
    for field in shape.asked:
        here = f"{path}.{field.key}" if path else field.key
        what, asks = _told(field)
        if asks:
            yield Step(depth, here, what, asks)
        if field.below is not None:
            for below in _shapes(field.below):
                yield from steps(below, here, depth + bool(asks))


def _shapes(selection: Selection) -> Iterator[Shape]:
    if selection.shape is not None:
        yield selection.shape
        return
    for type_ in selection.reading.graph.core.get_possible_types(selection.type):
        if is_object_type(type_):
            yield selection.shape_of(type_.name)


def _told(field: Field) -> tuple[str, str]:
    what, asks = _asked(field.load)
    if isinstance(field.load, OfRows) and field.wanted.joins:
        joined = ", ".join(f"{j.remote.table.name} by {j.local}" for j in field.wanted.joins)
        what = f"{what}; joined: {joined}"
    return what, asks


def _asked(load: Load | None) -> tuple[str, str]:
    match load:
        case One(remote=remote, apart=apart):
            why = f" (apart: {apart})" if apart else ""
            return f"{remote.table.name} by {remote.name}, each once{why}", "1 statement"
        case Many(target=target, link=link):
            return f"all {target.name} by {link.parent}", "1 statement"
        case Pages(target=target, link=None):
            return f"a page of {target.name}", "1 statement"
        case Pages(target=target, link=Link() as link):
            return f"a page of {target.name} by {link.parent}, for each parent", "1 statement"
        case Expression(table=table):
            return f"an expression over {table.name}", "1 statement"
        case ById(target=table):
            return f"{table.name} by id", "1 statement"
        case Batched(fn=fn):
            return f"{fn.__module__}.{fn.__name__}", "1 call"
        case None | Computed():
            return "", ""
        case other:
            return type(other).__name__, "1 transaction"
