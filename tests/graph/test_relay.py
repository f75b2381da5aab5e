"""What Relay asks of a server: its Global Object Identification and its Cursor Connections, over the whole schema.

https://relay.dev/graphql/objectidentification.htm, https://relay.dev/graphql/connections.htm
"""

from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type

from barberpro.graph.schema import Graph


def objects(graph: Graph) -> dict[str, GraphQLObjectType]:
    """All object types, by name."""
    found = graph.core.type_map.items()
    return {name: type_ for name, type_ in found if isinstance(type_, GraphQLObjectType)}


def shape(type_: Any) -> dict[str, str]:
    return {name: str(field.type) for name, field in type_.fields.items()}


def test_anything_is_found_by_its_id(graph: Graph) -> None:
    node = graph.core.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert shape(node) == {"id": "ID!"}
    roots = graph.core.query_type.fields  # type: ignore[union-attr]
    asked = {
        name: ({a: str(g.type) for a, g in field.args.items()}, str(field.type))
        for name, field in roots.items()
        if name in ("node", "nodes")
    }
    assert asked == {"node": ({"id": "ID!"}, "Node"), "nodes": ({"ids": "[ID!]!"}, "[Node]!")}


def test_whatever_has_an_id_is_a_node(graph: Graph) -> None:
    """Relay keeps records by `id` alone: two types of one id would overwrite each other in its store."""
    apart = {
        name
        for name, type_ in objects(graph).items()
        if "id" in type_.fields and "Node" not in {i.name for i in type_.interfaces}
    }
    assert apart == set()


def test_every_connection_has_the_form_that_relay_knows(graph: Graph) -> None:
    info = shape(graph.core.type_map["PageInfo"])
    assert info == {
        "hasNextPage": "Boolean!", "hasPreviousPage": "Boolean!",
        "startCursor": "String", "endCursor": "String",
    }  # fmt: skip
    connections = {n for n in graph.core.type_map if n.endswith("Connection")}
    assert "BookingConnection" in connections
    for name in connections:
        of = name.removesuffix("Connection")
        told = shape(objects(graph)[name])
        assert (told["edges"], told["pageInfo"]) == (f"[{of}Edge!]!", "PageInfo!"), name
        assert shape(objects(graph)[f"{of}Edge"]) == {"cursor": "String!", "node": f"{of}!"}


def test_every_field_that_gives_a_connection_pages_forward(graph: Graph) -> None:
    paging = {
        f"{name}.{key}": (str(field.args["first"].type), str(field.args["after"].type))
        for name, type_ in objects(graph).items()
        for key, field in type_.fields.items()
        if get_named_type(field.type).name.endswith("Connection")
    }
    assert "Location.bookings" in paging
    assert set(paging.values()) == {("Int!", "String")}


async def test_nodes_are_in_the_order_of_their_ids_however_often_one_is_asked(
    ask: Any, chain: Any
) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [chain.cut.id, "loc_none", chain.centro.id, chain.ana.id, chain.cut.id]
    for asked in (ids, ids[::-1], ids[2:] + ids[:2]):
        found = (await ask(document, ids=asked)).data["nodes"]
        assert found == [None if id_ == "loc_none" else {"id": id_} for id_ in asked]


async def test_a_page_begins_after_the_edge_whose_cursor_was_given(ask: Any, booked: Any) -> None:
    document = """query ($after: String) {
      bookings(after: $after, orderBy: { field: STARTS_AT, direction: ASC }) {
        edges { cursor node { id } } pageInfo { startCursor endCursor hasNextPage }
      }
    }"""
    whole = (await ask(document)).data["bookings"]["edges"]
    assert [edge["node"]["id"] for edge in whole] == [booking.id for booking in booked]
    for place, edge in enumerate(whole, 1):
        rest = (await ask(document, after=edge["cursor"])).data["bookings"]
        assert rest["edges"] == whole[place:]
        cursors = [e["cursor"] for e in rest["edges"]]
        assert rest["pageInfo"] == {
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
            "hasNextPage": False,
        }
