"""The schema as one caller may see it: what they may not ask for is not there, nor what only leads to it.

Introspection is answered over this view. It is made once for each set of scopes and kept; everything else runs over the
whole schema, where plans are shared by all callers.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from .declared import BACKREF
from .types import about

if TYPE_CHECKING:
    from .schema import Graph

MOST_VIEWS = 64
"""Kept at once: a caller's scopes are of their client's, and clients are of few kinds."""

Place = tuple[str, str]


def visible(graph: "Graph", held: frozenset[str]) -> GraphQLSchema:
    """The part of the schema that is open to who holds these scopes and policies."""
    key = held & graph.names
    views: OrderedDict[frozenset[str], GraphQLSchema] = graph.views
    if key in views:
        views.move_to_end(key)
        return views[key]
    views[key] = made = _View(graph, key).schema()
    if len(views) > MOST_VIEWS:
        views.popitem(last=False)
    return made


class _View:
    def __init__(self, graph: "Graph", held: frozenset[str]) -> None:
        self._core = graph.core
        self._types: dict[str, Any] = {}
        self._open = {place for place, needed in graph.scopes.items() if needed.met_by(held)}
        self._alive = set[str]()
        self._close()

    def schema(self) -> GraphQLSchema:
        core = self._core
        roots = [core.query_type, core.mutation_type, core.subscription_type]
        query, mutation, subscription = (
            self._named(root) if root is not None and root.name in self._alive else None
            for root in roots
        )
        return GraphQLSchema(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=[self._named(t) for t in core.type_map.values() if self._is_found_by_id(t)],
            directives=core.directives,
            description=core.description,
        )

    def _close(self) -> None:
        """Shut the fields that lead to nothing, until those that are left all lead somewhere."""
        while True:
            self._alive = {type_name for type_name, _ in self._open}
            for union in self._core.type_map.values():
                if isinstance(union, GraphQLUnionType) and any(
                    member.name in self._alive for member in union.types
                ):
                    self._alive.add(union.name)
            leading = {place for place in self._open if self._leads_somewhere(place)}
            if leading == self._open:
                return
            self._open = leading

    def _leads_somewhere(self, place: Place) -> bool:
        owner: Any = self._core.type_map[place[0]]
        answered = get_named_type(owner.fields[place[1]].type)
        return not is_composite_type(answered) or answered.name in self._alive

    def _is_found_by_id(self, type_: Any) -> bool:
        """Whether `node` may give it: such types need no field that leads to them."""
        known = about(getattr(type_.extensions.get(BACKREF), "origin", None))
        return known is not None and known.table is not None and type_.name in self._alive

    def _named(self, type_: Any) -> Any:
        """The view of a named type: of what has no fields to hide, the type itself."""
        if not is_composite_type(type_):
            return type_
        if type_.name not in self._types:
            self._types[type_.name] = self._made(type_)
        return self._types[type_.name]

    def _made(self, type_: Any) -> Any:
        said = {"description": type_.description, "extensions": type_.extensions}
        if isinstance(type_, GraphQLUnionType):
            return GraphQLUnionType(
                type_.name,
                lambda: [self._named(t) for t in type_.types if t.name in self._alive],
                resolve_type=type_.resolve_type,
                **said,
            )
        parts: Any = {
            "fields": lambda: dict(self._fields(type_)),
            "interfaces": lambda: [
                self._named(i) for i in type_.interfaces if i.name in self._alive
            ],
        }
        if isinstance(type_, GraphQLInterfaceType):
            parts["resolve_type"] = type_.resolve_type
            return GraphQLInterfaceType(type_.name, **parts, **said)
        return GraphQLObjectType(type_.name, **parts, is_type_of=type_.is_type_of, **said)

    def _fields(self, type_: Any) -> Iterator[tuple[str, GraphQLField]]:
        for name, field in type_.fields.items():
            if (type_.name, name) in self._open:
                yield (
                    name,
                    GraphQLField(
                        self._wrapped(field.type),
                        args=field.args,
                        resolve=field.resolve,
                        subscribe=field.subscribe,
                        description=field.description,
                        deprecation_reason=field.deprecation_reason,
                        extensions=field.extensions,
                    ),
                )

    def _wrapped(self, type_: Any) -> Any:
        if is_non_null_type(type_):
            return GraphQLNonNull(self._wrapped(type_.of_type))
        if is_list_type(type_):
            return GraphQLList(self._wrapped(type_.of_type))
        return self._named(type_)
