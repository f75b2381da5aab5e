"""What an operation needs and costs, known before its first statement."""

import pytest
from graphql import parse, validate
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from barberpro.graph.errors import BadInput, TooExpensive
from barberpro.graph.execute import BadVariables, coerced
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
        ('{ nodes(ids: ["a", "b"]) { id } }', 1 + 2 * 1),
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


def test_every_size_has_its_own_cost_and_its_own_refusal(planned):
    paged = planned("query ($n: Int!) { bookings(first: $n) { nodes { id } } }")
    for _ in range(2):
        assert [paged.cost({"n": n}, registered=False) for n in (1, 50, 2)] == [3, 52, 4]
        with pytest.raises(BadInput, match="from 0 to 100; it is 101"):
            paged.cost({"n": 101}, registered=False)
        assert paged.cost({"n": 101}, registered=True) == 103
    listed = planned("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }")
    assert [listed.cost({"ids": ["x"] * n}, registered=False) for n in (1, 3, 2)] == [2, 4, 3]


def test_as_many_sizes_as_one_likes_leave_few_behind(planned):
    paged = planned("query ($n: Int!) { bookings(first: $n) { nodes { id } } }")
    for n in range(1_000):
        paged.cost({"n": n}, registered=True)
    assert len(paged.kept.costs) <= 64


PLAIN = """query ($i: ID!, $s: String, $n: Int, $b: Boolean!) {
  location(id: $i) { id @skip(if: $b) } bookings(first: $n, after: $s) { nodes { id } }
}"""
GIVEN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(allow_nan=False),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=1),
)


@given(st.dictionaries(st.sampled_from(["i", "s", "n", "b", "other"]), GIVEN))
def test_plain_variables_come_to_what_graphql_core_makes_of_them(graph, variables):
    document = parse(PLAIN)
    planned = plan(graph, document, document.definitions[0])
    assert planned.plain is not None
    whole = get_variable_values(graph.core, planned.operation.variable_definitions, variables)
    try:
        mine = coerced(graph, planned, variables).coerced
    except BadVariables:
        assert isinstance(whole, list)
    else:
        assert mine == whole.coerced
        assert [type(v) for v in mine.values()] == [type(v) for v in whole.coerced.values()]
