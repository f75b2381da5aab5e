"""The SDL of a subgraph, in the words of Federation 2.9: keys on entities, values that several subgraphs may give.

It is the schema's own SDL with what federation imports in place of our definitions of the same directives, and without
what no caller asks for by itself. Made for each set of scopes, over the same view that introspection is answered by.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    GraphQLSchema,
    GraphQLUnionType,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from ..cost import LISTED
from ..declared import BACKREF, ROOTS
from ..types import about
from ..visible import MOST_VIEWS, visible
from .entities import ANY, ENTITY, SERVICE

if TYPE_CHECKING:
    from ..schema import Graph

SPECIFICATION = "https://specs.apollo.dev/federation/v2.9"
IMPORTED = ("cost", "key", "listSize", "shareable")
OURS = {"authenticated", "policy", "requiresScopes"}
"""What a caller must hold stays out: we hold callers to it anyway, and not every router takes these words."""
ADDED = {ANY, ENTITY, SERVICE}
ASKED_BY_ROUTERS = {"_entities", "_service"}


class SubgraphText:
    """The SDL of one schema, for whoever asks; kept for the last few sets of scopes."""

    def __init__(self) -> None:
        self.graph: Graph | None = None
        """The schema, once it is built: it holds the field that tells this."""
        self._document: DocumentNode | None = None
        self._kept: OrderedDict[frozenset[str], str] = OrderedDict()

    def __call__(self, held: frozenset[str]) -> str:
        """The SDL of what is open to who holds these scopes and policies."""
        graph = self.graph
        assert graph is not None  # nobody asks a schema that is not built  # noqa: S101
        key = held & graph.names
        if key not in self._kept:
            if self._document is None:
                self._document = parse(graph.sdl)
            self._kept[key] = subgraph_sdl(self._document, visible(graph, key))
            if len(self._kept) > MOST_VIEWS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def subgraph_sdl(document: DocumentNode, view: GraphQLSchema) -> str:
    """What of a schema's SDL stands in this view of it, as a subgraph's."""
    names = ", ".join(f'"@{name}"' for name in IMPORTED)
    head = f'extend schema @link(url: "{SPECIFICATION}", import: [{names}])'
    kept = DocumentNode(definitions=tuple(_definitions(document, view)))
    return f"{head}\n\n{print_ast(kept)}\n"


def _definitions(document: DocumentNode, view: GraphQLSchema) -> Iterator[DefinitionNode]:
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode):
            if node.name.value not in OURS.union(IMPORTED):
                yield node
            continue
        named: Any = node
        name = named.name.value
        if name in ADDED or name not in view.type_map:
            continue
        shown = _shown(named, view)
        if getattr(shown, "fields", True):  # a domain may add no root field of its own
            yield shown


def _shown(node: Any, view: GraphQLSchema) -> Any:
    type_: Any = view.type_map[node.name.value]
    if isinstance(node, UnionTypeDefinitionNode):
        members = {member.name for member in type_.types}
        return replace(node, types=tuple(t for t in node.types or () if t.name.value in members))
    if not isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        return node
    is_object = isinstance(node, ObjectTypeDefinitionNode) and node.name.value not in ROOTS
    return replace(
        node,
        interfaces=tuple(i for i in node.interfaces or () if i.name.value in view.type_map),
        fields=tuple(
            replace(f, directives=_said(f))
            for f in node.fields or ()
            if f.name.value in type_.fields and f.name.value not in ASKED_BY_ROUTERS
        ),
        directives=(*(_directives(type_, view) if is_object else ()), *_said(node)),
    )


def _said(node: Any) -> tuple[ConstDirectiveNode, ...]:
    """The directives of a type or a field in federation's words: costs are Ints there, and lists are sized by Ints."""
    return tuple(chain.from_iterable(map(_in_its_words, node.directives or ())))


def _in_its_words(node: ConstDirectiveNode) -> Iterable[ConstDirectiveNode]:
    name = node.name.value
    given: dict[str, Any] = {a.name.value: a.value for a in node.arguments or ()}
    if name in OURS:
        return ()
    if name == "cost":
        return _written(f"@cost(weight: {given['weight'].value})")
    if name == "listSize" and "slicingArguments" in given:
        (argument,) = (value.value for value in given["slicingArguments"].values)
        if argument in LISTED:
            return _written(f"@listSize(assumedSize: {LISTED[argument]})")
    return (node,)


def _directives(type_: Any, view: GraphQLSchema) -> Iterable[ConstDirectiveNode]:
    """An entity has its key, and others may find it here or not; any other object is a value."""
    known = about(getattr(type_.extensions.get(BACKREF), "origin", None))
    if known is None or known.table is None:
        return _written("@shareable")
    union = view.type_map.get(ENTITY)
    is_found = isinstance(union, GraphQLUnionType) and type_ in union.types
    return _written('@key(fields: "id")' if is_found else '@key(fields: "id", resolvable: false)')


def _written(directives: str) -> Iterable[ConstDirectiveNode]:
    (node,) = parse(f"scalar X {directives}", no_location=True).definitions
    return node.directives or ()  # type: ignore[attr-defined]
