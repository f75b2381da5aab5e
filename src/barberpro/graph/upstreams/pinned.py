"""Holds what we declare of other services against their schemas, pinned in `schema/upstreams/NAME.graphql`.

A service that changed is noticed by `barberpro upstreams check`; a declaration that asks for what is not there stops
the build: neither is left for a caller to find.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    build_ast_schema,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    is_required_argument,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    parse,
    print_type,
)

from barberpro.platform.contract import contract

from ..declared import BACKREF
from ..errors import Undeclared
from ..loads import Load, Told
from .loads import Remote
from .words import Foreign

FOLDER = "upstreams"
MACHINERY = ("_", "federation__", "link__")
"""How the names begin that federation and introspection add."""


def sdl_of(service: str) -> str:
    """The pinned SDL of a service. Undeclared where there is none."""
    file = contract() / FOLDER / f"{service}.graphql"
    if not file.is_file():
        raise Undeclared(f"the schema of {service} is not pinned: there is no {FOLDER}/{file.name}")
    return file.read_text(encoding="utf-8")


@lru_cache(maxsize=32)
def schema_of(sdl: str) -> GraphQLSchema:
    """A subgraph's schema from its SDL; federation's own directives need not be defined in it."""
    return build_ast_schema(parse(sdl), assume_valid=True, assume_valid_sdl=True)


def in_one_form(sdl: str) -> str:
    """The same schema always as the same text, to be compared: its types, sorted, and their keys.

    What federation adds to every subgraph is left out, for some show it and some do not. Undeclared where it is no
    schema.
    """
    try:
        schema = lexicographic_sort_schema(schema_of(sdl))
    except (GraphQLError, TypeError) as error:
        raise Undeclared(f"this is no schema: {error}") from None
    shown = []
    for name, each in schema.type_map.items():
        type_: Any = each
        if name.startswith(MACHINERY) or is_specified_scalar_type(type_):
            continue
        if type_ is schema.query_type:
            fields = {n: f for n, f in type_.fields.items() if not n.startswith(MACHINERY)}
            type_ = GraphQLObjectType(name, fields)
            if not fields:
                continue
        keys = (f"# {name} is found by {key}" for key in sorted(_keys(type_)))
        shown.append("\n".join([print_type(type_), *keys]))
    return "\n\n".join(shown) + "\n"


def check_upstreams(core: GraphQLSchema, loads: Mapping[tuple[str, str], Load]) -> None:
    """Raise Undeclared, naming the field, where we declare of another service what its schema does not hold."""
    for (type_name, name), load in loads.items():
        for fault in _faults(core, type_name, name, load):
            raise Undeclared(f"{type_name}.{name} {fault}")


def services(loads: Mapping[tuple[str, str], Load]) -> list[str]:
    """The services that own something of the schema."""
    return sorted({load.service for load in loads.values() if isinstance(load, Remote)})


def _faults(core: GraphQLSchema, type_name: str, name: str, load: Load) -> Iterator[str]:
    owner: Any = core.type_map[type_name]
    known = _foreign(owner)
    if isinstance(load, Told) != (known is not None):
        yield "is of a type that another service owns: declare it with `told`, and `told` nowhere else"
    elif isinstance(load, Remote):
        if is_non_null_type(owner.fields[name].type):
            yield f"is not nullable: {load.service} may be down"
        yield from _entity_faults(owner.fields[name], name, load)
    elif known is not None:
        yield from _field_faults(owner.fields[name], known.service, known.there, name)


def _entity_faults(field: Any, name: str, load: Remote) -> Iterator[str]:
    entity: Any = schema_of(sdl_of(load.service)).type_map.get(load.entity)
    if entity is None or not is_object_type(entity):
        yield f"needs the entity {load.entity}, which {load.service} does not have"
        return
    if "id" not in _keys(entity):
        yield f'needs @key(fields: "id") on {load.entity} of {load.service}'
    yield from _field_faults(field, load.service, load.entity, name)


def _keys(type_: Any) -> list[str]:
    """The fields that stand in the `@key` of a type."""
    nodes = [type_.ast_node, *(type_.extension_ast_nodes or ())]
    directives = (d for node in nodes if node for d in node.directives or ())
    arguments = (a for d in directives if d.name.value == "key" for a in d.arguments)
    return [str(getattr(a.value, "value", "")) for a in arguments if a.name.value == "fields"]


def _field_faults(field: Any, service: str, there: str, name: str) -> Iterator[str]:
    owner: Any = schema_of(sdl_of(service)).type_map.get(there)
    theirs = getattr(owner, "fields", {}).get(name)
    if theirs is None:
        yield f"is asked of {service}, whose pinned schema has no {there}.{name}"
        return
    if not _fits(field.type, theirs.type, service):
        yield f"is {field.type} here, and {theirs.type} in the pinned schema of {service}"
    for key, argument in field.args.items():
        if key not in theirs.args or str(theirs.args[key].type).rstrip("!") != str(
            argument.type
        ).rstrip("!"):
            yield f"takes {key}: {argument.type}, which {there}.{name} of {service} does not take"
    for key, argument in theirs.args.items():
        if is_required_argument(argument) and key not in field.args:
            yield f"does not take {key}, which {there}.{name} of {service} needs"


def _fits(ours: Any, theirs: Any, service: str) -> bool:
    """Whether all that they may answer is what we promise."""
    if is_non_null_type(ours) and not is_non_null_type(theirs):
        return False
    here: Any = get_nullable_type(ours)
    there: Any = get_nullable_type(theirs)
    if is_list_type(here) or is_list_type(there):
        both = is_list_type(here) and is_list_type(there)
        return both and _fits(here.of_type, there.of_type, service)
    if is_enum_type(here):
        return is_enum_type(there) and there.values.keys() <= here.values.keys()
    if is_leaf_type(here):
        return here.name == there.name
    known = _foreign(get_named_type(here))
    return known is not None and (known.service, known.there) == (service, there.name)


def _foreign(type_: Any) -> Foreign | None:
    definition = type_.extensions.get(BACKREF)
    known = getattr(getattr(definition, "origin", None), "__barberpro__", None)
    return known if isinstance(known, Foreign) else None
