"""Reading the graph: every kind of field, its exact answer, and how many statements it takes."""

from datetime import timedelta

import pytest

from barberpro.domains.bookings import service as bookings
from barberpro.platform.principal import Principal


async def test_a_location_with_everything_a_location_has(ask, chain):
    answer = await ask(
        """query ($id: ID!) { location(id: $id) {
          id name city province timeZone isActive chairCount
          chairs { label isActive }
          openingHours { weekday opensAt closesAt }
        } }""",
        id=chain.centro.id,
    )
    location = answer.data["location"]
    assert answer.errors == []
    assert location["openingHours"][:2] == [
        {"weekday": 1, "opensAt": "09:00", "closesAt": "13:00"},
        {"weekday": 1, "opensAt": "14:00", "closesAt": "20:00"},
    ]
    assert len(location.pop("openingHours")) == 12
    assert location == {
        "id": chain.centro.id,
        "name": "Centro",
        "city": "Buenos Aires",
        "province": "C",
        "timeZone": "America/Argentina/Buenos_Aires",
        "isActive": True,
        "chairCount": 2,
        "chairs": [{"label": "01", "isActive": True}, {"label": "02", "isActive": True}],
    }
    assert answer.statements == 4


async def test_a_booking_with_all_its_relations(ask, chain, booked):
    answer = await ask(
        """query ($id: ID!) { booking(id: $id) {
          startsAt endsAt createdAt status channel durationMinutes isFirstVisit notes
          price { amount currencyCode formatted }
          location { name } provider { name } chair { label } customer { name } service { name }
          history { kind fromStatus toStatus fromStartsAt toStartsAt changedBy reason }
        } }""",
        id=booked[0].id,
    )
    assert answer.errors == []
    booking = answer.data["booking"]
    assert booking["price"].pop("formatted").replace("\xa0", " ") == "$12.500,00"
    (made,) = booking.pop("history")
    assert made.pop("changedBy").startswith("cli_")
    assert made == {
        "kind": "MADE",
        "fromStatus": None,
        "toStatus": "CONFIRMED",
        "fromStartsAt": None,
        "toStartsAt": "2026-11-23T14:00:00Z",
        "reason": None,
    }
    assert booking == {
        "startsAt": "2026-11-23T14:00:00Z",
        "endsAt": "2026-11-23T14:30:00Z",
        "createdAt": "2026-11-23T13:00:00Z",
        "status": "CONFIRMED",
        "channel": "WEB",
        "durationMinutes": 30,
        "isFirstVisit": True,
        "notes": None,
        "price": {"amount": "12500.00", "currencyCode": "ARS"},
        "location": {"name": "Centro"},
        "provider": {"name": "Ana"},
        "chair": {"label": "01"},
        "customer": {"name": "Carla"},
        "service": {"name": "Corte"},
    }


async def test_money_is_formatted_in_the_callers_language(ask, chain):
    document = "query ($id: ID!) { service(id: $id) { price { formatted } } }"
    spanish = await ask(document, id=chain.cut.id)
    english = await ask(document, id=chain.cut.id, language="en")
    assert spanish.data["service"]["price"]["formatted"].replace("\xa0", " ") == "$12.500,00"
    assert english.data["service"]["price"]["formatted"] == "ARS12,500.00"


async def test_pages_follow_each_other_without_gap_or_overlap(ask, booked):
    document = """query ($first: Int!, $after: String) {
      bookings(first: $first, after: $after, orderBy: { field: STARTS_AT, direction: DESC }) {
        totalCount edges { cursor node { id } } nodes { id }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }"""
    first = (await ask(document, first=3)).data["bookings"]
    second = (await ask(document, first=3, after=first["pageInfo"]["endCursor"])).data["bookings"]
    newest_first = [b.id for b in reversed(booked)]
    assert [n["id"] for n in first["nodes"]] == newest_first[:3]
    assert [e["node"]["id"] for e in first["edges"]] == newest_first[:3]
    assert [n["id"] for n in second["nodes"]] == newest_first[3:]
    assert first["totalCount"] == second["totalCount"] == 4
    assert first["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": first["edges"][0]["cursor"],
        "endCursor": first["edges"][2]["cursor"],
    }
    assert second["pageInfo"]["hasNextPage"] is False
    assert second["pageInfo"]["hasPreviousPage"] is True


async def test_an_empty_page_has_no_cursors(ask, chain):
    answer = await ask("{ bookings(first: 0) { nodes { id } pageInfo { endCursor hasNextPage } } }")
    assert answer.data == {
        "bookings": {"nodes": [], "pageInfo": {"endCursor": None, "hasNextPage": False}}
    }


async def test_each_parent_has_a_page_of_its_own_in_one_statement(ask, chain, booked, done, clock):
    def with_bruno(tx):
        asked = chain.asks(starts_at=clock.time + timedelta(hours=1), provider_id=chain.bruno.id)
        return bookings.create(tx, **asked)

    only = await done(with_bruno)
    answer = await ask(
        """{ providers(first: 10) { nodes { name bookings(first: 2) {
          totalCount nodes { id } pageInfo { hasNextPage } } } } }"""
    )
    assert answer.data["providers"]["nodes"] == [
        {
            "name": "Ana",
            "bookings": {
                "totalCount": 4,
                "nodes": [{"id": booked[0].id}, {"id": booked[1].id}],
                "pageInfo": {"hasNextPage": True},
            },
        },
        {
            "name": "Bruno",
            "bookings": {
                "totalCount": 1,
                "nodes": [{"id": only.id}],
                "pageInfo": {"hasNextPage": False},
            },
        },
    ]
    assert answer.statements == 3


async def test_a_connection_through_a_link_table(ask, chain):
    answer = await ask(
        """query ($id: ID!) { location(id: $id) { providers(
          first: 1, orderBy: { field: NAME, direction: DESC }, filter: { isActive: true }
        ) { totalCount nodes { name locations { name } } } } }""",
        id=chain.norte.id,
    )
    assert answer.data["location"]["providers"]["totalCount"] == 2
    (bruno,) = answer.data["location"]["providers"]["nodes"]
    assert bruno["name"] == "Bruno"
    assert sorted(place["name"] for place in bruno["locations"]) == ["Centro", "Norte"]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ('{ startsFrom: "2026-11-23T15:00:00Z" }', [1, 2, 3]),
        ('{ startsBefore: "2026-11-23T15:00:00Z" }', [0]),
        (
            '{ startsFrom: "2026-11-23T12:00:00-03:00", startsBefore: "2026-11-23T18:00:01Z" }',
            [1, 2],
        ),
        ("{ status: [CANCELLED, NO_SHOW] }", []),
        ("{ status: [CONFIRMED], notes: null }", None),
        ("{ status: [CONFIRMED] }", [0, 1, 2, 3]),
        ('{ customerId: "cus_00000000000000000000000000" }', []),
        ("{}", [0, 1, 2, 3]),
    ],
)
async def test_filters_are_joined_by_and(ask, booked, filter, expected):
    document = f"{{ bookings(filter: {filter}) {{ nodes {{ id }} totalCount }} }}"
    if expected is None:
        with pytest.raises(AssertionError, match="notes"):
            await ask(document)
        return
    answer = await ask(document)
    assert [n["id"] for n in answer.data["bookings"]["nodes"]] == [booked[i].id for i in expected]
    assert answer.data["bookings"]["totalCount"] == len(expected)


async def test_a_cursor_of_another_ordering_or_field_is_refused(ask, booked):
    cursor = (await ask("{ bookings(first: 1) { pageInfo { endCursor } } }")).data
    after = cursor["bookings"]["pageInfo"]["endCursor"]
    other_order = await ask(
        "query ($after: String) { bookings(after: $after, orderBy: { field: CREATED_AT }) { nodes { id } } }",
        after=after,
    )
    other_field = await ask(
        "query ($after: String) { customers(after: $after) { nodes { id } } }", after=after
    )
    for answer in (other_order, other_field):
        (error,) = answer.errors
        assert answer.data is None
        assert error.original_error.code == "BAD_USER_INPUT"


async def test_node_finds_anything_by_its_id(ask, chain, booked):
    answer = await ask(
        """query ($ids: [ID!]!, $id: ID!) {
          node(id: $id) { __typename id ... on Booking { status } }
          nodes(ids: $ids) { __typename ... on Location { name } ... on Service { name } }
        }""",
        id=booked[0].id,
        ids=[chain.cut.id, "loc_00000000000000000000000000", chain.norte.id, "nonsense", ""],
    )
    assert answer.errors == []
    assert answer.data == {
        "node": {"__typename": "Booking", "id": booked[0].id, "status": "CONFIRMED"},
        "nodes": [
            {"__typename": "Service", "name": "Corte"},
            None,
            {"__typename": "Location", "name": "Norte"},
            None,
            None,
        ],
    }
    assert answer.statements == 3


async def test_node_shows_nothing_of_a_type_the_caller_lacks_the_scope_for(ask, chain, principal):
    who = Principal(**{**vars(principal), "scopes": frozenset({"catalogue:read"})})
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    answer = await ask(document, who=who, ids=[chain.centro.id, chain.cut.id])
    assert answer.data == {"nodes": [None, {"__typename": "Service", "id": chain.cut.id}]}
    assert answer.statements == 1


async def test_fragments_aliases_and_directives(ask, chain):
    answer = await ask(
        """query ($yes: Boolean!, $id: ID!) {
          here: location(id: $id) { ...Named again: name city @skip(if: $yes) }
          there: location(id: $id) @include(if: $yes) { ... on Node { id } __typename }
        }
        fragment Named on Location { name }""",
        yes=True,
        id=chain.norte.id,
    )
    assert answer.data == {
        "here": {"name": "Norte", "again": "Norte"},
        "there": {"id": chain.norte.id, "__typename": "Location"},
    }


async def test_another_tenant_sees_nothing_of_it(ask, chain, booked, stranger):
    everything = """query ($id: ID!, $location: ID!) {
      booking(id: $id) { id } node(id: $id) { id } location(id: $location) { id }
      bookings { nodes { id } totalCount } locations { nodes { id } } providers { nodes { id } }
      customers { nodes { id } } services { nodes { id } }
    }"""
    answer = await ask(everything, who=stranger, id=booked[0].id, location=chain.centro.id)
    empty = {"nodes": []}
    assert answer.errors == []
    assert answer.data == {
        "booking": None,
        "node": None,
        "location": None,
        "bookings": {"nodes": [], "totalCount": 0},
        "locations": empty,
        "providers": empty,
        "customers": empty,
        "services": empty,
    }


async def test_a_caller_limited_to_a_location_sees_only_that(ask, chain, booked, principal):
    who = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    answer = await ask(
        """query ($id: ID!) {
          locations { nodes { name } } bookings { totalCount nodes { id } } booking(id: $id) { id }
          customers { nodes { name } } providers { nodes { name bookings { nodes { id } } } }
        }""",
        who=who,
        id=booked[0].id,
    )
    assert answer.errors == []
    assert answer.data == {
        "locations": {"nodes": [{"name": "Norte"}]},
        "bookings": {"totalCount": 0, "nodes": []},
        "booking": None,
        "customers": {"nodes": []},
        "providers": {
            "nodes": [
                {"name": "Ana", "bookings": {"nodes": []}},
                {"name": "Bruno", "bookings": {"nodes": []}},
            ]
        },
    }


async def test_one_fragment_under_several_lists_counts_each(ask, chain, booked):
    answer = await ask(
        """{
          all: locations { ...Count }
          here: locations(filter: { city: "Buenos Aires" }) { ...Count }
          nowhere: locations(filter: { city: "Rosario" }) { ...Count }
        }
        fragment Count on LocationConnection { totalCount }"""
    )
    assert answer.data == {
        "all": {"totalCount": 2},
        "here": {"totalCount": 2},
        "nowhere": {"totalCount": 0},
    }
