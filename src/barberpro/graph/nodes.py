"""`node` and `nodes`: anything by its id, one statement a type."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import strawberry

from .context import Context, gathered
from .fields import PUBLIC, batched
from .loads import ById
from .scopes import as_needed, held_by
from .types import ENTITIES, Node, Query, about, extends, table_of


async def node(parents: Any, context: Context, *, id: strawberry.ID) -> list[Any]:
    """Anything by its id; null where there is no such thing, or the caller may not see it."""
    return [(await find([id], context))[0] for _ in parents]


async def nodes(parents: Any, context: Context, *, ids: list[strawberry.ID]) -> list[list[Any]]:
    """Things by their ids, in the order asked; null for each that is not there. At most 100 ids."""
    return [await find(ids, context) for _ in parents]


async def find(asked: Sequence[str], context: Context) -> list[Any]:
    """The rows behind these ids, of whatever types the caller has the scope for."""
    groups: dict[str, list[str]] = defaultdict(list)
    for id_ in asked:
        prefix = id_.partition("_")[0]
        if prefix in ENTITIES and may_see(ENTITIES[prefix], context):
            groups[prefix].append(id_)
    loads = [_by_id(prefix).by_ids(known, context) for prefix, known in groups.items()]
    found = {row.id: row for rows in await gathered(*loads) for row in rows if row is not None}
    return [found.get(id_) for id_ in asked]


@cache
def _by_id(prefix: str) -> ById:
    return ById(target=table_of(ENTITIES[prefix]))


def may_see(entity: type, context: Context) -> bool:
    """Whether the caller holds what finding one of these by its id needs."""
    known = about(entity)
    if known is None:
        return False
    needed = as_needed(known.scope) & as_needed(known.found)
    return needed.met_by(held_by(context.principal))


@extends(Query)
class NodeQueries:
    node: Node | None = batched(node, cost=1, scope=PUBLIC)
    nodes: list[Node | None] = batched(nodes, cost=1, scope=PUBLIC)
