"""Documents made to cost more than they say: refused before validation sees them, most of them even unparsed."""

from typing import Any

import pytest

from barberpro.gateway.documents import checked
from barberpro.gateway.problems import Refusal
from barberpro.graph import fitting
from barberpro.graph.schema import Graph


def many(count: int, piece: str, between: str = " ") -> str:
    """The piece again and again; `#` in it is the number of each."""
    return between.join(piece.replace("#", str(n)) for n in range(count))


def spreading(count: int, body: str, last: str) -> str:
    """Fragments that each spread the next; `>` in the body is its name."""
    bodies = [body.replace(">", f"F{n + 1}").replace("#", str(n)) for n in range(count - 1)]
    return many(1, "{...F0} ") + " ".join(
        f"fragment F{n} on Query {{ {each} }}" for n, each in enumerate([*bodies, last])
    )


UNPARSED = {
    "thousands of aliases": "{ " + many(2_000, "a#: __typename") + " }",
    "ten thousand variables": "query (" + many(10_000, "$v#: Int") + ") { __typename }",
    "a thousand variables": "query (" + many(1_200, "$v#: Int") + ") { __typename }",
    "a list of thousands": '{ nodes(ids: ["' + many(2_000, "x", '", "') + '"]) { id } }',
    "an object of thousands": "{ bookings(filter: {" + many(1_500, "k#: E") + "}) { totalCount } }",
    "thousands of arguments": "{ bookings(" + many(1_500, "k#: E") + ") { totalCount } }",
    "thousands of directives": "{ __typename " + many(1_100, "@skip(if: true)") + " }",
    "thousands of directives on an operation": "query " + many(1_100, "@d") + " { __typename }",
    "a long string": '{ location(id: "' + "x" * 200_000 + '") { id } }',
    "a long block string": '{ location(id: """' + "\n x" * 50_000 + '""") { id } }',
    "quotes that never end": '{ location(id: "' + '\\"' * 60_000,
    "blanks": "{ __typename" + "," * 200_000 + "}",
    "comments": "{ __typename }" + "#\n" * 20_000,
}
PARSED = {
    "doubling fragments": spreading(100, "...> ...>", "__typename"),
    "doubling fields": spreading(60, "a#: viewer { clientId } ...> ...>", "__typename"),
    "a cycle of fragments": spreading(50, "...>", "...F0"),
    "a cycle below a field": spreading(2, "viewer { ...> }", "viewer { ...F0 }"),
    "deep nesting": "{" + "a{" * 60 + "b" + "}" * 61,
    "deep inline fragments": "{" + "... on Query {" * 60 + "__typename" + "}" * 61,
    "the same nested fields": "{ locations { nodes { "
    + many(60, "bookings { nodes { customer { bookings { nodes { id } } } } }")
    + " } } }",
    "the same nested fields in fragments": "{ locations { nodes { "
    + many(60, "...L#")
    + " } } } "
    + many(60, "fragment L# on Location { bookings { nodes { id status startsAt endsAt } } }"),
    "many roots": "{ " + many(100, "a#: viewer { clientId }") + " }",
    "wide lists of lists": "{ nodes(ids: [" + many(300, "[a, a]") + "]) { id } }",
    "literals in defaults": "query ($v: [Int!] = [" + many(600, "1") + "]) { __typename }",
    "literals in directives": "{ __typename @skip(if: [" + many(600, "1") + "]) }",
    "literals spread again and again": "{ " + many(19, "...F ") + " } fragment F on Query {"
    " b: nodes(ids: [" + many(40, "1") + "]) { id } }",
    "directives on variables": "query ($v: Int " + many(200, "@d") + ") { __typename }",
    "types": "{ __typename } " + many(300, "type T# { a: Int }"),
}


def refused(graph: Graph, text: str) -> str:
    with pytest.raises(Refusal) as caught:
        checked(graph, text)
    assert caught.value.code in ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED")
    return caught.value.message


@pytest.fixture
def unvalidated(monkeypatch: pytest.MonkeyPatch) -> None:
    def reached(*_: Any, **__: Any) -> Any:
        raise AssertionError("validation was reached")

    monkeypatch.setattr(fitting, "validate", reached)


@pytest.mark.usefixtures("unvalidated")
@pytest.mark.parametrize("name", UNPARSED)
def test_some_are_not_even_parsed(graph: Graph, monkeypatch: Any, name: str) -> None:
    def parsed(*_: Any, **__: Any) -> Any:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(fitting, "parse", parsed)
    assert "too many" in refused(graph, UNPARSED[name])


@pytest.mark.usefixtures("unvalidated")
@pytest.mark.parametrize("name", PARSED)
def test_none_is_validated(graph: Graph, name: str) -> None:
    told = refused(graph, PARSED[name])
    assert "too many" in told or "spreads itself" in told or "nothing else" in told


@pytest.mark.usefixtures("unvalidated")
def test_what_is_refused_here_is_refused_by_these_limits_alone(graph: Graph) -> None:
    with pytest.raises(AssertionError, match="validation was reached"):
        checked(graph, "{ __typename }")
