"""`_service` and `_entities`: what a federation router asks of a subgraph beside its own fields.

Entities are found as `nodes` finds them: one statement a type, by the caller's own door. What is not the caller's to
see is null. See "Apollo Federation subgraph specification", `Query._entities`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NewType

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.types.union import StrawberryUnion

from ..context import Context
from ..cost import INTROSPECTION_COST
from ..errors import BadInput
from ..fields import PUBLIC, batched
from ..nodes import find, may_see
from ..scopes import held_by
from ..types import Node, definition_of, table_of, value

ENTITY, SERVICE, ANY = "_Entity", "_Service", "_Any"
"""The types that federation adds to a schema."""

Representation = NewType("Representation", dict[str, Any])
Text = Callable[[frozenset[str]], str]
"""The SDL of what is open to who holds these scopes."""


@value
class Subgraph:
    """This schema, to be composed with others."""

    sdl: str
    """Its SDL with the directives of federation: of what the caller may see, and nothing else."""


definition_of(Subgraph).name = SERVICE  # Strawberry would leave out the underscore


class _Entities(StrawberryUnion):
    """Rows know their type by their id; Strawberry would take the first that might fit."""

    def get_type_resolver(self, type_map: Any) -> Any:
        return Node.resolve_type


def representation(given: object) -> Representation:
    """An entity by its key, `{"__typename": "Location", "id": "loc_…"}`. ValueError where it names no type."""
    if not isinstance(given, dict) or not isinstance(given.get("__typename"), str):
        raise ValueError("A representation is an object with a `__typename`.")
    return Representation(given)


def federation_fields(entities: Iterable[type], text: Text) -> list[StrawberryField]:
    """The fields of `Query` that make a schema with these entities a subgraph."""
    found = {definition_of(entity).name: entity for entity in entities}
    fields = [_named("_service", _service(text), Subgraph)]
    if found:
        union = _Entities(
            ENTITY,
            tuple(StrawberryAnnotation(found[name]) for name in sorted(found)),
            "Whatever a router may ask for by its key.",
        )
        each = StrawberryList(StrawberryOptional(union))
        fields.append(_named("_entities", _by_key(found), each))
    return fields


def _service(text: Text) -> Any:
    async def service(parents: Any, context: Context) -> list[Subgraph]:
        """This schema as a subgraph: what a router composes it by."""
        return [Subgraph(sdl=text(held_by(context.principal))) for _ in parents]

    return batched(service, cost=INTROSPECTION_COST, scope=PUBLIC)


def _by_key(entities: Mapping[str, type]) -> Any:
    async def by_key(
        parents: Any, context: Context, *, representations: list[Representation]
    ) -> list[list[Any]]:
        """Entities by their keys, in the order asked; null for each that is not there, or not the caller's to see."""
        return [await _found(entities, representations, context) for _ in parents]

    return batched(by_key, cost=1, scope=PUBLIC)


async def _found(
    entities: Mapping[str, type], asked: list[Representation], context: Context
) -> list[Any]:
    """A row, None or an error for each: one that is wrong does not cost the others their answer."""
    keys = [_key(entities, each, context) for each in asked]
    unique = list(dict.fromkeys(key for key in keys if isinstance(key, str)))
    rows = dict(zip(unique, await find(unique, context), strict=True))
    return [rows.get(key) if isinstance(key, str) else key for key in keys]


def _key(
    entities: Mapping[str, type], given: Representation, context: Context
) -> str | BadInput | None:
    """The id behind a representation; None where it cannot be one of that type."""
    entity = entities.get(given["__typename"])
    if entity is None or not may_see(entity, context):  # one is as unknown as the other
        return BadInput("There is no entity of this `__typename`.")
    key = given.get("id")
    if not isinstance(key, str):
        return BadInput("A representation holds the key of its type: `id`, a string.")
    return key if key.startswith(f"{table_of(entity).info['prefix']}_") else None


def _named(name: str, declared: Any, type_: Any) -> StrawberryField:
    """A declaration as a field of this name and type: neither can be said in a class, as both vary by schema."""
    field: StrawberryField = declared
    field.python_name = name
    field.graphql_name = name
    field.type = type_
    return field


ANY_SCALAR = strawberry.scalar(
    name=ANY,
    description='An entity by its key, as in `{"__typename": "Location", "id": "loc_…"}`.',
    specified_by_url="https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec",
    serialize=dict,
    parse_value=representation,
)
