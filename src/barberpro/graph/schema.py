"""Builds one GraphQL schema from what resolver modules declared: the whole, or any domains of it.

Extensions are applied to the schema being built and to no other, so one process can hold the whole schema and the
subgraph of a single domain.
"""

import dataclasses
import hashlib
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from . import nodes
from .connections import Edge, PageInfo
from .cost import Prices, sizing
from .counts import Counts
from .declared import BACKREF, ROOTS, check, needed
from .directives import Authenticated, Cost, ListSize, Policy, RequiresScopes
from .errors import UnknownSubgraph
from .federation.entities import ANY_SCALAR, Representation, federation_fields
from .federation.sdl import SubgraphText
from .fields import Connection, load_of
from .loads import INHERITED, PUBLIC, Load
from .scalars import SCALARS
from .scopes import POLICIES, Needed, Scope, as_needed
from .types import ENTITIES, EXTENSIONS, INHERIT_FROM_PARENT, Mutation, Query, Subscription, about
from .upstreams.pinned import check_upstreams

NODES = "nodes"
"""The subgraph of `node` and `nodes`."""

TYPE_COSTS: dict[type, int] = {Connection: 2, Edge: 0, PageInfo: 0}
"""An edge stands for its node; what a page costs beside its items, the connection does."""


@dataclass(frozen=True)
class Graph:
    """A schema, ready to plan and execute over."""

    core: GraphQLSchema
    sdl: str
    scopes: dict[tuple[str, str], Needed]
    """(type, field) → what a caller must hold to ask for it."""
    loads: dict[tuple[str, str], Load]
    """(type, field) → its declaration; plain columns have none."""
    version: str
    """Changes with the SDL."""
    converter: GraphQLCoreConverter
    """Makes Strawberry's values of graphql-core's: input objects, enum members."""
    prices: Prices
    """What types and fields cost."""
    text: SubgraphText
    """Its SDL as a subgraph."""
    counts: Counts = dataclasses.field(default_factory=Counts)
    views: OrderedDict[frozenset[str], GraphQLSchema] = dataclasses.field(
        default_factory=OrderedDict
    )
    """What callers with these scopes may see of it; see `visible.py`."""

    @cached_property
    def names(self) -> frozenset[str]:
        """Every scope and policy that some field needs."""
        return frozenset[str]().union(*(s for needed in self.scopes.values() for s in needed.sets))

    def scope(self, type_name: str, field_name: str) -> Needed:
        return self.scopes[type_name, field_name]

    def access(self) -> str:
        """Every field and what it needs, one a line: reviewed like the SDL.

        Left out is what shows nothing of its own: whoever may see a value may see all of it.
        """
        lines = [
            f"{type_name}.{name}  {'any valid token' if needed.is_public else needed}"
            for (type_name, name), needed in self.scopes.items()
            if type_name in ROOTS or not needed.is_public
        ]
        return "\n".join(sorted(lines)) + "\n"

    def load(self, type_name: str, field_name: str) -> Load | None:
        return self.loads.get((type_name, field_name))


def discover() -> list[str]:
    """Import every resolver module that is installed; the names of those modules."""
    found = sorted(entry_points(group="barberpro.subgraphs"), key=lambda e: e.name)
    return [entry.load().__name__ for entry in found]


def build_schema(domains: Collection[str] | None = None) -> Graph:
    """The schema of these resolver modules, or of all that are installed.

    Raises Undeclared, naming the field, where one lacks its scope, its cost or its description.
    """
    return _built({*(discover() if domains is None else domains), nodes.__name__})


def subgraphs() -> dict[str, str]:
    """The modules that a federation may serve apart, by the names of their subgraphs."""
    found = entry_points(group="barberpro.subgraphs")
    return {NODES: nodes.__name__} | {each.name: each.value for each in found}


def build_subgraph(name: str) -> Graph:
    """One domain's own fields. UnknownSubgraph where there is no such domain.

    Of other domains' entities it has the keys. `node` and `nodes` are a subgraph of their own, which has nothing but
    keys: a router asks whoever owns the rest.
    """
    known = subgraphs()
    if name not in known:
        raise UnknownSubgraph(f"no subgraph {name!r}: there are {', '.join(sorted(known))}")
    discover()
    return _built({known[name]})


def _built(modules: set[str]) -> Graph:
    schema = _Schema(modules)
    core = schema._schema
    scopes: dict[tuple[str, str], Needed] = {}
    loads: dict[tuple[str, str], Load] = {}
    for type_name, name, field in _fields(core):
        declared: StrawberryField | None = field.extensions.get(BACKREF)
        load = load_of(declared) if declared is not None else None
        check(core, type_name, name, declared, load)
        scopes[type_name, name] = needed(core, type_name, name, load)
        if load is not None:
            loads[type_name, name] = load
    check_upstreams(core, loads)
    sdl = print_schema(schema) + "\n"
    schema.text.graph = Graph(
        core,
        sdl,
        scopes,
        loads,
        hashlib.sha256(sdl.encode()).hexdigest()[:16],
        schema.schema_converter,
        _prices(core, loads),
        schema.text,
    )
    return schema.text.graph


class _Schema(strawberry.Schema):
    """Strawberry's schema, with the types and extensions of some modules and no others."""

    def __init__(self, modules: set[str]) -> None:
        self._modules = modules
        self.text = SubgraphText()
        entities = [e for e in ENTITIES.values() if (known := about(e)) and self._has(known.domain)]
        found = [e for e in ENTITIES.values() if e in entities or self._adds_to(e)]
        self._asked_by_routers = federation_fields(found, self.text)
        super().__init__(
            query=Query,
            mutation=Mutation if self._adds_to(Mutation) else None,
            subscription=Subscription if self._adds_to(Subscription) else None,
            types=entities if modules != {nodes.__name__} else list(ENTITIES.values()),
            config=StrawberryConfig(
                scalar_map=SCALARS | {Representation: ANY_SCALAR}, disable_field_suggestions=True
            ),
        )

    def _adds_to(self, root: type) -> bool:
        return any(self._has(extension.domain) for extension in EXTENSIONS.get(root, ()))

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        own = type_definition.fields
        known = about(type_definition.origin)
        if known is not None and known.table is not None and not self._has(known.domain):
            own = [f for f in own if f.python_name == "id"]  # a foreign entity is its key
        added = [
            field
            for extension in EXTENSIONS.get(type_definition.origin, ())
            if self._has(extension.domain)
            for field in extension.fields
        ]
        if type_definition.origin is Query:
            added += self._asked_by_routers
        fields = [*own, *added]
        _state_directives(type_definition, known.scope if known else PUBLIC, fields)
        return fields

    def _has(self, module: str) -> bool:
        """Whether a module is one of the chosen, or stands in a package that is."""
        return any(module == chosen or module.startswith(f"{chosen}.") for chosen in self._modules)


def _state_directives(
    definition: StrawberryObjectDefinition, scope: Scope, fields: Iterable[StrawberryField]
) -> None:
    """Say in the SDL what the declarations say; the same in every schema they are built into."""
    if scope not in (PUBLIC, INHERIT_FROM_PARENT):
        definition.directives = tuple(_access(as_needed(scope)))
    cost = _type_cost(definition)
    if cost is not None:
        definition.directives = (Cost(weight=str(cost)),)
    is_root = definition.name in ROOTS
    for field in fields:
        load = load_of(field)
        if load is not None:
            field.directives = list(_directives(load, is_root=is_root))


def _access(needed: Needed) -> Iterable[object]:
    """What must be held: scopes in one directive, policies in another where every set is of one kind.

    A set of both kinds cannot be said in two directives that hold apart: there the policies stand among the scopes.
    """
    if needed.is_public:
        yield Authenticated()
        return
    sets = needed.listed()
    if len(sets) == 1:
        policies = [name for name in sets[0] if name in POLICIES]
        names = [name for name in sets[0] if name not in POLICIES]
        if names:
            yield RequiresScopes(scopes=[names])
        if policies:
            yield Policy(policies=[policies])
        return
    yield RequiresScopes(scopes=sets)


def _directives(load: Load, *, is_root: bool) -> Iterable[object]:
    if load.scope != INHERITED and (is_root or load.scope != PUBLIC):
        yield from _access(as_needed(load.scope))
    if load.cost:
        yield Cost(weight=str(load.cost))
    size = sizing(load)
    if size is None:
        return
    if size.argument is None:
        yield ListSize(assumed_size=size.assumed, require_one_slicing_argument=strawberry.UNSET)
        return
    yield ListSize(
        slicing_arguments=[size.argument],
        sized_fields=list(size.sized_fields) or strawberry.UNSET,
        require_one_slicing_argument=False,  # without it, its default counts
    )


def _type_cost(definition: StrawberryObjectDefinition) -> int | None:
    """What an object of this type costs, where that is not 1."""
    return TYPE_COSTS.get((definition.concrete_of or definition).origin)


def _prices(core: GraphQLSchema, loads: dict[tuple[str, str], Load]) -> Prices:
    definitions = {name: t.extensions.get(BACKREF) for name, t in core.type_map.items()}
    types = {
        name: cost
        for name, definition in definitions.items()
        if isinstance(definition, StrawberryObjectDefinition)
        and (cost := _type_cost(definition)) is not None
    }
    sizings = {place: size for place, load in loads.items() if (size := sizing(load))}
    sized: set[tuple[str, str]] = set()
    for (type_name, name), size in sizings.items():
        owner: Any = core.type_map[type_name]
        given = get_named_type(owner.fields[name].type).name
        sized.update((given, each) for each in size.sized_fields)
    fields = {place: load.cost for place, load in loads.items() if load.cost}
    return Prices(types, fields, sizings, frozenset(sized))


def _fields(core: GraphQLSchema) -> Iterable[tuple[str, str, GraphQLField]]:
    for type_name, type_ in core.type_map.items():
        if type_name.startswith("__"):
            continue
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in type_.fields.items():
                yield type_name, name, field
