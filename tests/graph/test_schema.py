"""How the schema is built: what every field must state, and what a domain's subgraph holds."""

from collections.abc import Iterator

import pytest
import strawberry
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType

from barberpro.domains.locations import tables
from barberpro.graph.errors import Undeclared
from barberpro.graph.fields import PUBLIC, Connection, batched, page
from barberpro.graph.schema import build_schema
from barberpro.graph.scopes import SIGNED_IN, needs
from barberpro.graph.types import EXTENSIONS, Query, extends
from resolvers.locations import Location, LocationOrder

BAD = __name__


@pytest.fixture(autouse=True)
def forget_bad_ones() -> Iterator[None]:
    yield
    for extensions in EXTENSIONS.values():
        extensions[:] = [e for e in extensions if e.domain != BAD]


def adding(cls: type, target: type = Location):
    """The schema with one more extension, of a domain of its own."""
    extends(target)(cls)
    return build_schema({"resolvers.locations", BAD})


async def answer(parents, context):
    return [1 for _ in parents]


async def described(parents, context):
    """What it says."""
    return [1 for _ in parents]


def test_a_field_without_a_cost_does_not_build():
    class Bad:
        worth: int = batched(described)

    with pytest.raises(Undeclared, match=r"Location\.worth has no cost"):
        adding(Bad)


def test_a_field_without_a_description_does_not_build():
    class Bad:
        worth: int = batched(answer, cost=1)

    with pytest.raises(Undeclared, match=r"Location\.worth has no description"):
        adding(Bad)


def test_a_root_field_without_a_scope_does_not_build():
    class Bad:
        worth: int = batched(described, cost=1)

    with pytest.raises(Undeclared, match=r"Query\.worth has no scope"):
        adding(Bad, Query)


def test_a_list_that_needs_more_than_node_does_not_build():
    class Bad:
        places: Connection[Location] = page(
            tables.locations, ordering=LocationOrder, scope=needs("locations:read") & SIGNED_IN
        )
        """Every place."""

    with pytest.raises(Undeclared, match=r"Query\.places needs .*, and node locations:read: state"):
        adding(Bad, Query)


def test_a_public_field_says_so():
    class Good:
        worth: int = batched(described, cost=1, scope=PUBLIC)

    assert adding(Good, Query).scope("Query", "worth").is_public


def test_a_field_that_is_no_column_does_not_build():
    class Bad:
        altitude: int = strawberry.field(description="Metres.")

    with pytest.raises(Undeclared, match=r"Location\.altitude is no column of locations"):
        adding(Bad)


def test_a_resolver_of_its_own_does_not_build():
    def resolve() -> str:
        return "by hand"

    class Bad:
        name: str = strawberry.field(resolver=resolve, description="By hand.")

    with pytest.raises(Undeclared, match=r"Location\.name has a resolver of its own"):
        adding(Bad)


def test_an_extension_is_in_the_schema_it_was_chosen_for_and_in_no_other(graph):
    alone = build_schema({"resolvers.locations"})
    assert "bookings" not in alone.core.type_map["Location"].fields
    assert "Booking" not in alone.core.type_map
    assert "bookings" in graph.core.type_map["Location"].fields
    assert alone.core.mutation_type is not None
    assert "bookingCreate" not in alone.core.mutation_type.fields


def test_in_a_subgraph_a_foreign_entity_is_its_key_and_what_the_domain_adds():
    bookings = build_schema({"resolvers.bookings"})
    assert list(bookings.core.type_map["Location"].fields) == ["id", "bookings"]
    assert list(bookings.core.type_map["Customer"].fields) == [
        "id",
        "bookings",
        "appointments",
        "bookingSeries",
    ]
    assert set(bookings.core.query_type.fields) - {"_service", "_entities"} == {
        "node",
        "nodes",
        "booking",
        "bookings",
        "appointment",
        "bookingSeries",
        "bookingSeriesPreview",
        "bookingPolicies",
        "calendarFeeds",
    }


def test_the_same_declarations_build_the_same_schema_twice(graph):
    assert build_schema().version == graph.version


def test_every_type_field_value_and_member_is_described(graph):
    missing = []
    for name, type_ in graph.core.type_map.items():
        if name.startswith("__"):
            continue
        if not type_.description:
            missing.append(name)
        if isinstance(type_, GraphQLObjectType | GraphQLInputObjectType):
            missing += [f"{name}.{f}" for f, field in type_.fields.items() if not field.description]
        if isinstance(type_, GraphQLEnumType):
            missing += [f"{name}.{v}" for v, value in type_.values.items() if not value.description]
    assert missing == []


def test_every_mutation_takes_one_input_and_gives_a_payload_with_typed_errors(graph):
    for name, field in graph.core.mutation_type.fields.items():
        title = name[0].upper() + name[1:]
        assert [(a, str(g.type)) for a, g in field.args.items()] == [("input", f"{title}Input!")]
        assert str(field.type) == f"{title}Payload!"
        assert str(field.type.of_type.fields["errors"].type) == f"[{title}Error!]!"


def test_every_entity_field_needs_a_scope(graph):
    entities = {n for n, t in graph.core.type_map.items() if n in _entity_names()}
    unprotected = [
        key for key, scope in graph.scopes.items() if key[0] in entities and scope.is_public
    ]
    assert unprotected == []


def _entity_names() -> set[str]:
    from barberpro.graph.types import ENTITIES, definition_of

    return {definition_of(entity).name for entity in ENTITIES.values()}


def test_a_field_needs_its_types_scope_beside_its_own(graph):
    assert str(graph.scope("Booking", "customer")) == "bookings:read & people:read"
    assert str(graph.scope("Booking", "startsAt")) == "bookings:read"
    assert "Booking.customer  bookings:read & people:read" in graph.access().splitlines()
