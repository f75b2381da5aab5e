"""What an operation needs and costs, known before its first statement."""

import pytest
from graphql import parse, validate

from barberpro.graph.errors import BadInput, TooExpensive
from barberpro.graph.plan import plan
from barberpro.graph.scopes import Requirement


@pytest.fixture
def planned(graph):
    def make(text):
        document = parse(text)
        assert validate(graph.core, document) == []
        return plan(graph, document, document.definitions[0])

    return make


@pytest.mark.parametrize(
    ("document", "scopes"),
    [
        ("{ viewer { clientId scopes } }", set()),
        ("{ locations { nodes { name } } }", {"locations:read"}),
        ("{ locations { totalCount } }", {"locations:read"}),
        (
            "{ locations { nodes { bookings { totalCount } } } }",
            {"locations:read", "bookings:read"},
        ),
        ("{ bookings { nodes { id customer { name } } } }", {"bookings:read", "people:read"}),
        ('{ node(id: "x") { id } }', set()),
        ('{ node(id: "x") { ... on Service { name } } }', {"catalogue:read"}),
        ('{ node(id: "x") { ...F } } fragment F on Provider { name }', {"people:read"}),
        ('{ a: location(id: "x") @skip(if: true) { id } }', {"locations:read"}),
    ],
)
def test_scopes_are_those_of_every_field_named(planned, document, scopes):
    assert planned(document).requires == Requirement(frozenset(scopes))


@pytest.mark.parametrize(
    ("document", "cost"),
    [
        ('{ location(id: "x") { id name } }', 1),
        ("{ bookings(first: 50) { nodes { id } } }", 2 + 50 * 1),
        (
            "{ bookings(first: 50) { edges { cursor node { id } } pageInfo { endCursor } } }",
            2 + 50 * 1,
        ),
        ("{ bookings(first: 50) { totalCount } }", 2 + 1),
        ("{ bookings { nodes { id price { amount } } } }", 2 + 20 * (1 + 1)),
        ('{ location(id: "x") { chairs { label } } }', 1 + 10 * 1),
        ('{ nodes(ids: ["a", "b"]) { id } }', 2 * (1 + 1)),
        ('mutation { bookingCancel(input: { bookingId: "x" }) { booking { id } } }', 10 + 1 + 1),
    ],
)
def test_cost_follows_from_kinds_and_sizes(planned, document, cost):
    assert planned(document).cost({}, registered=False) == cost


def test_a_size_in_a_variable_counts_as_given(planned):
    page = planned("query ($n: Int!) { bookings(first: $n) { nodes { id } } }")
    costs = [page.cost({"n": n}, registered=False) for n in (0, 1, 100)]
    assert costs[1] - costs[0] == (costs[2] - costs[0]) / 100


@pytest.mark.parametrize("n", [-1, 101, 2**31 - 1])
def test_a_page_beyond_the_limit_is_bad_input_and_never_cut(planned, n):
    page = planned("query ($n: Int!) { bookings(first: $n) { nodes { id } } }")
    with pytest.raises(BadInput, match=f"it is {n}"):
        page.cost({"n": n}, registered=False)


def test_registered_documents_may_ask_for_a_thousand(planned):
    page = planned("query ($n: Int!) { bookings(first: $n) { nodes { id } } }")
    page.cost({"n": 1000}, registered=True)
    with pytest.raises(BadInput):
        page.cost({"n": 1001}, registered=True)


def test_more_than_a_hundred_ids_are_bad_input(planned):
    some = planned("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }")
    with pytest.raises(BadInput, match="at most 100"):
        some.cost({"ids": ["x"] * 101}, registered=False)


def test_an_operation_beyond_the_limit_is_too_expensive(planned):
    deep = planned(
        """{ locations(first: 50) { nodes { providers(first: 20) { nodes {
          bookings(first: 10) { nodes { id } } } } } } }"""
    )
    with pytest.raises(TooExpensive, match="at most 10000"):
        deep.cost({}, registered=False)


def test_a_fragment_spread_many_times_is_summed_quickly_and_in_full(planned):
    spreads = " ".join(f"a{n}: locations(first: 1) {{ nodes {{ ...F }} }}" for n in range(15))
    one = planned(
        "{ a: locations(first: 1) { nodes { ...F } } } fragment F on Location { chairs { id } }"
    )
    many = planned(f"{{ {spreads} }} fragment F on Location {{ chairs {{ id }} }}")
    assert many.cost({}, registered=False) == 15 * one.cost({}, registered=False)
