"""Documents that no honest client sends, refused before the schema is asked, and at what it costs to refuse them."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    SelectionSetNode,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.graph import limits
from barberpro.graph.errors import TooComplex
from barberpro.graph.limits import LONGEST, MAX_TOKENS, TOKEN, Limits, measure, scan


def refused(text: str) -> str:
    document = parse(text, max_tokens=None)
    with pytest.raises(TooComplex) as caught:
        measure(document)
    assert caught.value.code == "GRAPHQL_VALIDATION_FAILED"
    return str(caught.value)


def fields(count: int) -> str:
    return " ".join(f"f{n}" for n in range(count))


def fragments(bodies: list[str]) -> str:
    return " ".join(f"fragment F{n} on T {{ {body} }}" for n, body in enumerate(bodies))


# Each limit: what just fits, and one more


@pytest.mark.parametrize(
    ("text", "largest", "complaint"),
    [
        (lambda n: "{a" * n + "}" * n, 15, "levels: 16, at most 15"),
        (lambda n: "{a" + "{...on T" * (n - 2) + "{b" + "}" * n, 15, "levels: 16, at most 15"),
        (
            lambda n: "{a{...F0}}" + fragments(["{".join("a" * (n - 1)) + "}" * (n - 2)]),
            15,
            "levels: 16, at most 15",
        ),
        (lambda n: "{a{" + fields(n - 1) + "}}", 2_000, "fields: 2001, at most 2000"),
        (
            lambda n: (
                "{a{...F0 ... {"
                + fields(n // 2)
                + "}}}"
                + fragments(["g{" + fields(n - n // 2 - 4) + "}"])
            ),
            2_000,
            "fields: 2001, at most 2000",
        ),
        (
            lambda n: "{a{" + " ".join(f"a{i}: b" for i in range(n)) + "}}",
            200,
            "aliases: 201, at most 200",
        ),
        (lambda n: "{" + fields(n) + "}", 20, "root fields: 21, at most 20"),
        (lambda n: "mutation {" + fields(n) + "}", 20, "root fields: 21, at most 20"),
        (
            lambda n: "mutation {f ...F0}" + fragments(["...on T {...F1}", fields(n)[2:]]),
            20,
            "root fields: 21, at most 20",
        ),
        (lambda n: "{a}" + fragments(["a"] * n), 100, "fragments: 101, at most 100"),
        (
            lambda n: "{a @x ...F0 @x ...on T @x {b " + "@x " * (n - 3) + "}}" + fragments(["c"]),
            100,
            "directives: 101, at most 100",
        ),
        (lambda n: "{a{" + "b " * n + "}}", 100, "repeated fields: 101, at most 100"),
        (
            lambda n: "{a{b ...F0 ...on T {b}}}" + fragments(["b " * (n - 2)]),
            100,
            "repeated fields: 101, at most 100",
        ),
        (
            lambda n: "{a{b b} c{" + "d d " * ((n - 2) // 2) + "d " * (n % 2) + "}}",
            100,
            "repeated fields: 101, at most 100",
        ),
        (
            # 80 alike are compared 79 × 80 times, and 5 with 183 below each 4 × 5 × 184 times.
            lambda n: (
                "{a{" + "b " * 80 + f"x{{{fields(183)}}}" * 5 + "c " * (n - 10_000 and 2) + "}}"
            ),
            10_000,
            "comparisons: 10002, at most 10000",
        ),
        (
            lambda n: " ".join(f"query Q{i} {{a}}" for i in range(n)),
            20,
            "operations: 21, at most 20",
        ),
        (
            lambda n: "query(" + " ".join(f"$v{i}: T" for i in range(n)) + ") {a}",
            100,
            "variables: 101, at most 100",
        ),
        (lambda n: "{a(x: [" + "1 " * (n - 1) + "])}", 500, "values: 501, at most 500"),
        (
            lambda n: "{a(x: {k: {" + " ".join(f"k{i}: $v" for i in range(n - 2)) + "}})}",
            500,
            "values: 501, at most 500",
        ),
        (
            lambda n: (
                "{a {...F0 @d(x: 1) ...F0} c(x: ["
                + "1 " * (n - 202)
                + "])}"
                + "fragment F0 on T {b(x: ["
                + "1 " * 99
                + "])}"
            ),
            500,
            "values: 501, at most 500",
        ),
        (
            lambda n: "query($v: [Int!] = [" + "1 " * (n - 3) + "] @d(x: 1)) @d(x: 2) {a}",
            500,
            "values: 501, at most 500",
        ),
        (
            lambda n: "query " + "@d " * (n - 1) + "{...F0} fragment F0 on T @d {a}",
            100,
            "directives: 101, at most 100",
        ),
        (lambda n: "query($v: Int " + "@d " * n + ") {a}", 100, "directives: 101, at most 100"),
    ],
)
def test_a_document_may_reach_a_limit_and_not_pass_it(
    text: Any, largest: int, complaint: str
) -> None:
    measure(parse(text(largest)))
    assert refused(text(largest + 1)) == f"The document has too many {complaint}."


def test_limits_can_be_others() -> None:
    document = parse("{a{b{c}}}")
    measure(document, Limits(depth=3))
    with pytest.raises(TooComplex, match="too many levels: 3, at most 2"):
        measure(document, Limits(depth=2))


def test_every_operation_has_the_limits_to_itself() -> None:
    measure(parse(" ".join(f"query Q{n} {{a{{{fields(1_500)}}}}}" for n in range(3))))


def test_names_may_repeat_where_they_do_not_meet() -> None:
    measure(parse("{" + " ".join(f"a{n}: a {{b c d e}}" for n in range(20)) + "}"))


@pytest.mark.parametrize(
    "other",
    [
        "type T { a: Int }",
        "schema { query: Q }",
        "extend type Query { a: Int }",
        "directive @d on FIELD",
    ],
)
def test_nothing_but_operations_and_fragments_is_looked_at(other: str) -> None:
    told = "A document holds operations and fragments, and nothing else."
    assert refused("{a} " + other) == told


# Fragments


@pytest.mark.parametrize(
    "text",
    [
        "{...F0}" + fragments(["a ...F0"]),
        "{...F0}" + fragments(["a {b {...F0}}"]),
        "{...F0}" + fragments(["...F1", "...F2", "... on T {...F0}"]),
        "{a}" + fragments(["...F1", "...F0"]),
        "{...F50}" + fragments([f"a{{...F{(n + 1) % 100}}}" for n in range(100)]),
    ],
)
def test_fragments_that_spread_themselves_are_refused(text: str) -> None:
    told = refused(text)
    assert told.startswith("The fragment F") or "too many levels" in told


def test_two_fragments_of_one_name_are_refused() -> None:
    # Measured was the one that came last, and validated were both: 2,000 equal fields in the first cost 0.25 s.
    large = "fragment F on T {" + "a " * 2_000 + "}"
    assert refused("{...F}" + large + "fragment F on T {a}") == (
        "There can be only one fragment named F."
    )


def test_an_unknown_fragment_is_for_validation_to_tell() -> None:
    measure(parse("{a ...Missing}"))


def test_an_unused_fragment_is_measured_too() -> None:
    assert "repeated fields" in refused("{a}" + fragments(["x{" + "a " * 201 + "}"]))


@pytest.mark.parametrize("nest", ["b{%s}", "... on T {%s}", "b{%s} c"])
def test_a_chain_of_deep_fragments_does_not_exhaust_the_stack(nest: str) -> None:
    bodies = [f"...F{n + 1}" for n in range(99)] + ["a"]
    for _ in range(12):
        bodies = [nest % body for body in bodies]
    assert refused("{...F0}" + fragments(bodies)) == (
        "The document has too many levels: 16, at most 15."
    )


def test_a_long_chain_of_flat_fragments_is_fine() -> None:
    measure(parse("{...F0}" + fragments([f"...F{n + 1}" for n in range(99)] + ["a"])))


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a selection set was walked."""
    counted: Counter[str] = Counter()
    walk = limits._Measure._selection

    def counting(self: Any, *given: Any) -> Any:
        counted["walks"] += 1
        return walk(self, *given)

    monkeypatch.setattr(limits._Measure, "_selection", counting)
    return counted


@pytest.mark.parametrize("count", [12, 24, 100])
@pytest.mark.parametrize("last", ["a", "", "...Missing", "a{b}"])
def test_fragments_that_double_are_walked_once(count: int, last: str, visits: Counter[str]) -> None:
    # n fragments that each spread the next one twice: 2^n fields, in a walk without memory 2^n steps.
    bodies = [f"...F{n + 1} ...F{n + 1}" for n in range(count - 1)] + [last]
    text = "{a{...F0}}" + fragments(bodies)
    assert len(parse(text).definitions) == count + 1
    assert "too many" in refused(text)
    assert visits["walks"] <= text.count("{")


@pytest.mark.parametrize("field", ["b", "x: b"])
def test_fields_that_double_are_walked_once(field: str, visits: Counter[str]) -> None:
    bodies = [f"{field}{{...F{n + 1}}} c{n}: b{{...F{n + 1}}}" for n in range(13)] + ["a"]
    text = "{...F0}" + fragments(bodies)
    assert "too many" in refused(text)
    assert visits["walks"] <= text.count("{")


# What the lexer and the parser stop before measuring begins


@pytest.mark.parametrize(
    "text",
    [
        "{a" * 5_000 + "}" * 5_000,
        "{a(x: " + "[" * 2_000 + "]" * 2_000 + ")}",
        "{a(x: " + "{k: " * 1_000 + "1" + "}" * 1_000 + ")}",
        "query($a: " + "[" * 2_000 + "Int" + "]" * 2_000 + ") {a}",
    ],
)
def test_nesting_beyond_reason_is_a_syntax_error(text: str) -> None:
    with pytest.raises(GraphQLSyntaxError):
        parse(text, max_tokens=MAX_TOKENS)


@pytest.mark.parametrize("text", ["a " * 6_000, "# x\n" * 6_000 + "a}", "a(x: [" + "1 " * 6_000])
def test_there_is_an_end_to_tokens(text: str) -> None:
    with pytest.raises(GraphQLSyntaxError, match="more than 5000 tokens"):
        parse("{" + text, max_tokens=MAX_TOKENS)


# What is refused by its tokens, unparsed


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (lambda n: "{" + "a " * (n - 2) + "}", "tokens: 5001, at most 5000"),
        (
            lambda n: "query(" + " ".join(f"$v{i}: T" for i in range(n * 2 - 9_000)) + ") {a}",
            "tokens: 5001, at most 5000",  # as far as anyone looked
        ),
        (
            lambda n: "{" + " ".join(f"a{i}: b" for i in range(n)) + "}",
            "colons: 1001, at most 1000",
        ),
        (
            lambda n: "{a(x: {" + ", ".join(f"k{i}: E" for i in range(n - 1)) + "})}",
            "colons: 1001, at most 1000",
        ),
        (lambda n: "{a " + "@d" * n + "}", "directives: 1001, at most 1000"),
        (lambda n: '{a(x: ["' + '", "'.join("x" * n) + '"])}', "literals: 1001, at most 1000"),
        (
            lambda n: "{a(x: [" + ", ".join(f"-{i}.5e+{i}" for i in range(n)) + "])}",
            "literals: 1001, at most 1000",
        ),
        (lambda n: "{a}" + " " * (n - 3), "characters: 100001, at most 100000"),
        (lambda n: '{a(x: """' + "x" * (n - 14) + '""")}', "characters: 100001, at most 100000"),
    ],
)
def test_a_text_may_reach_a_limit_and_not_pass_it(text: Any, complaint: str) -> None:
    kind, count, _, _, most = complaint.replace(",", "").replace(":", "").split()
    scan(text(int(most)))
    with pytest.raises(TooComplex) as caught:
        scan(text(int(count) + (1_000 if kind == "tokens" else 0)))
    assert str(caught.value) == f"The document has too many {complaint}."


ODD = [
    "{a...F}fragment F on T{b}",
    '{a(x:"\\"{ : @ #",y:"""\\""" : @ " "" """,z:-1.5e+3)#: @ "\n{b:c}}',
    '{a(x:""y:""""""z:"\\\\")}',
    "query Q($v:[Int!]!=[1,2]@d)@d{a @skip(if:$v)}",
    "\ufeff{ a, , b\r\n c }",
]


@pytest.mark.parametrize("text", ODD)
def test_tokens_are_counted_as_the_parser_does(text: str) -> None:
    count = len(TOKEN.findall(text))
    parse(text, max_tokens=count)
    with pytest.raises(GraphQLSyntaxError, match=f"more than {count - 1} tokens"):
        parse(text, max_tokens=count - 1)


@given(st.text(alphabet='ab1-.e+"\\#@:${}()[]!=|&,\n\r \ufeffé', max_size=60))
@settings(deadline=None, max_examples=300)
def test_whatever_parses_has_as_many_tokens(text: str) -> None:
    count = len(TOKEN.findall(text))
    try:
        parse(text)
    except GraphQLSyntaxError:
        return
    parse(text, max_tokens=count)


@pytest.mark.parametrize(
    "opening", ['"""', '"', '"""\\"""', '"\\', '\\"""', "-", "1.", "1e", "#", ".."]
)
def test_no_text_makes_counting_its_tokens_slow(opening: str) -> None:
    # Were a string without an end given up and looked at again from its next quote, this would take minutes.
    text = opening * (LONGEST // len(opening))
    assert "".join(TOKEN.findall(text)) == text


# Against a walk that expands everything

SMALL = Limits(
    depth=4, fields=12, aliases=3, root_fields=4, directives=3, repeated_fields=4, fragments=4
)
selections = st.recursive(
    st.sampled_from(["a", "b", "c", "x: a", "a @d", "...F0", "...F1", "...F2", "...Gone"]),
    lambda inner: st.builds(
        "{} {{ {} }}".format,
        st.sampled_from(["a", "b", "x: b", "... on T", "... @d", "..."]),
        st.lists(inner, max_size=3).map(" ".join),
    ),
    max_leaves=5,
)
bodies = st.lists(selections, min_size=1, max_size=4).map(" ".join)


@given(bodies, st.lists(bodies, max_size=3), st.permutations([0, 1, 2, 3]))
@settings(deadline=None, max_examples=300)
def test_measures_what_a_full_expansion_shows(
    root: str, others: list[str], order: list[int]
) -> None:
    definitions = [
        f"{{ {root} }}",
        *(f"fragment F{n} on T {{ {b} }}" for n, b in enumerate(others)),
    ]
    document = parse(" ".join(definitions[n] for n in order if n < len(definitions)))
    try:
        measure(document, SMALL)
        accepted = True
    except TooComplex:
        accepted = False
    assert accepted == fits(document, SMALL)


class Endless(Exception):
    """The expansion does not stop by itself."""


def fits(document: DocumentNode, most: Limits) -> bool:
    known = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def nodes(
        within: SelectionSetNode, level: int, owner: int, spread: tuple[str, ...]
    ) -> Iterator[tuple[int, int, Any]]:
        """Every level, and every selection with the field it is below, as if no fragment existed."""
        yield level, owner, None
        for node in within.selections:
            yield level, owner, node
            if isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name in spread:
                    raise Endless
                if name in known:
                    yield from nodes(known[name].selection_set, level, owner, (*spread, name))
            elif getattr(node, "selection_set", None):
                below = next(owners) if isinstance(node, FieldNode) else owner
                yield from nodes(node.selection_set, level + 1, below, spread)  # type: ignore[union-attr]

    for definition in document.definitions:
        is_fragment = isinstance(definition, FragmentDefinitionNode)
        spread = (definition.name.value,) if is_fragment else ()
        owners = iter(range(1, 10_000))
        try:
            found = list(nodes(definition.selection_set, 1, 0, spread))  # type: ignore[union-attr]
        except Endless:
            return False
        selected = [(owner, node) for _, owner, node in found if node is not None]
        names = Counter(
            (owner, (node.alias or node.name).value)
            for owner, node in selected
            if isinstance(node, FieldNode) and not (is_fragment and owner == 0)
        )
        if (
            max(level for level, _, _ in found) > most.depth
            or len(selected) > most.fields
            or sum(getattr(n, "alias", None) is not None for _, n in selected) > most.aliases
            or sum(len(n.directives or ()) for _, n in selected) > most.directives
            or sum(count for count in names.values() if count > 1) > most.repeated_fields
            or sum(count for (owner, _), count in names.items() if owner == 0) > most.root_fields
        ):
            return False
    return True
