"""The routes of `schema/rest.toml`, each bound to its document and to where its variables come from."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, cast

from graphql import (
    FieldNode,
    GraphQLInputObjectType,
    GraphQLInputType,
    OperationType,
    VariableDefinitionNode,
    get_nullable_type,
    is_input_object_type,
    is_non_null_type,
    type_from_ast,
    value_from_ast_untyped,
)

from barberpro.graph.loads import Load
from barberpro.graph.mutations import Act
from barberpro.graph.schema import Graph

from ..documents import Registered

CLIENT = "rest"
"""The folder of `schema/operations/` whose documents are routes."""
PLACES = frozenset({"path", "query", "header", "body"})
IN_PATH = re.compile(r"\{(\w+)\}")
MEMBERS = frozenset(
    {"group", "method", "path", "operation", "at", "found", "status", "location", "from", "says"}
)
UNSET: Any = object()
"""Where there is no default."""


class BrokenRoutes(Exception):
    """Routes that their documents cannot answer."""


@dataclass(frozen=True)
class Source:
    """Where one variable, or one part of one, comes from."""

    target: tuple[str, ...]
    """The variable, and the way into it."""
    place: str
    """`path`, `query`, `header` or `body`."""
    name: str
    """There; empty for all of the body."""
    type: GraphQLInputType
    description: str
    default: Any = UNSET
    """As it stands in JSON."""

    @property
    def is_required(self) -> bool:
        """Whether the operation cannot do without."""
        return self.place == "path" or (is_non_null_type(self.type) and self.default is UNSET)


@dataclass(frozen=True)
class Route:
    """A method and a path, and what answers there."""

    group: str
    method: str
    path: str
    document: Registered
    types: Mapping[str, GraphQLInputType]
    """Of the document's variables."""
    needed: frozenset[str]
    """Variables that it cannot do without."""
    sources: tuple[Source, ...]
    at: tuple[str, ...]
    found: tuple[str, ...]
    status: int
    location: str | None
    says: str
    """What it does; empty where the schema says it."""
    failures: Mapping[str, int]
    """Code of a failure that the operation foresees → its HTTP status."""

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.document.plan.operation.operation is OperationType.MUTATION

    def of(self, place: str) -> list[Source]:
        """What comes from there, in the order of the file."""
        return [source for source in self.sources if source.place == place]


def load_routes(
    graph: Graph, registered: Mapping[tuple[str, str], Registered], folder: Traversable
) -> list[Route]:
    """The routes, in the order of the file. BrokenRoutes names every one that its document does not fit."""
    documents = {each.name: each for (client, _), each in registered.items() if client == CLIENT}
    rows = tomllib.loads((folder / "rest.toml").read_text("utf-8")).get("route", [])
    found: list[Route] = []
    broken: list[str] = []
    for row in rows:
        try:
            found.append(_route(graph, documents, row))
        except (KeyError, ValueError) as error:
            broken.append(f"{row.get('method')} {row.get('path')}: {error}")
    if not broken and (unused := documents.keys() - {route.document.name for route in found}):
        broken.append(f"no route for {', '.join(sorted(unused))}")
    if broken:
        raise BrokenRoutes("routes do not fit their documents:\n  " + "\n  ".join(broken))
    return found


def _route(graph: Graph, documents: Mapping[str, Registered], row: Mapping[str, Any]) -> Route:
    if unknown := row.keys() - MEMBERS:
        raise ValueError(f"unknown members {', '.join(sorted(unknown))}")
    document = documents[row["operation"]]
    sources = tuple(_source(graph, document, *pair) for pair in row.get("from", {}).items())
    named = {source.name for source in sources if source.place == "path"}
    if named != set(IN_PATH.findall(row["path"])):
        raise ValueError("what stands in the path is not what is taken from it")
    declared = {
        v.variable.name.value: v for v in document.plan.operation.variable_definitions or ()
    }
    if forgotten := declared.keys() - {source.target[0] for source in sources}:
        raise ValueError(f"{', '.join(sorted(forgotten))} come from nowhere")
    types = {name: _type(graph, variable) for name, variable in declared.items()}
    at, found = _way(row.get("at")), _way(row.get("found"))
    for way in (at, found):
        _check_way(document, way)
    return Route(
        group=row["group"],
        method=row["method"],
        path=row["path"],
        document=document,
        types=types,
        needed=frozenset(
            name
            for name, kind in types.items()
            if is_non_null_type(kind) and declared[name].default_value is None
        ),
        sources=sources,
        at=at,
        found=found or at,
        status=row.get("status", 200),
        location=row.get("location"),
        says=row.get("says", ""),
        failures=_failures(graph, document),
    )


def _way(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _check_way(document: Registered, way: tuple[str, ...]) -> None:
    selections = document.plan.operation.selection_set
    for step in way:
        held = selections.selections if selections else ()
        asked = [n for n in held if isinstance(n, FieldNode) and (n.alias or n.name).value == step]
        if not asked:
            raise ValueError(f"the document asks for no {'.'.join(way)}")
        selections = asked[0].selection_set


def _source(graph: Graph, document: Registered, target: str, origin: str) -> Source:
    place, _, name = origin.partition(".")
    if place not in PLACES or (not name and place != "body"):
        raise ValueError(f"{origin} is no place a value can come from")
    variable, *way = target.split(".")
    for declared in document.plan.operation.variable_definitions or ():
        if declared.variable.name.value == variable:
            break
    else:
        raise ValueError(f"the document has no ${variable}")
    kind = _type(graph, declared)
    described, default = "", UNSET
    if declared.default_value is not None:
        default = value_from_ast_untyped(declared.default_value)
    for step in way:
        held = get_nullable_type(kind)
        if not is_input_object_type(held) or step not in held.fields:
            raise ValueError(f"{target} is not in the variables")
        field = cast(GraphQLInputObjectType, held).fields[step]
        kind, described = field.type, field.description or ""
        default = UNSET
    return Source((variable, *way), place, name, kind, described, default)


def _type(graph: Graph, variable: VariableDefinitionNode) -> GraphQLInputType:
    return cast(GraphQLInputType, type_from_ast(graph.core, variable.type))


def _failures(graph: Graph, document: Registered) -> dict[str, int]:
    if document.plan.operation.operation is not OperationType.MUTATION:
        return {}
    return {
        failure.code: failure.status for load in _acts(graph, document) for failure in load.raises
    }


def _acts(graph: Graph, document: Registered) -> Iterable[Act]:
    for field in document.plan.operation.selection_set.selections:
        load: Load | None = graph.load("Mutation", field.name.value)  # type: ignore[attr-defined]
        if isinstance(load, Act):
            yield load
