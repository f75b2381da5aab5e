"""Each kind of change between two schemas: how it is for callers, and the coordinate it stands at."""

from datetime import date
from typing import Any

import pytest
from graphql.utilities.find_schema_changes import (
    BreakingChangeType,
    DangerousChangeType,
    SafeChangeType,
)

from barberpro.graph.changes import excuses
from barberpro.graph.changes.found import schema_of
from barberpro.graph.changes.report import Use, as_data, compared, lines
from barberpro.graph.changes.stated import needed
from barberpro.graph.schema import Graph

TODAY = date(2026, 11, 23)
DIRECTIVES = """
directive @requiresScopes(scopes: [[String!]!]!) on OBJECT | FIELD_DEFINITION
directive @policy(policies: [[String!]!]!) on OBJECT | FIELD_DEFINITION
directive @authenticated on FIELD_DEFINITION
directive @cost(weight: String!) on OBJECT | FIELD_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!]) on FIELD_DEFINITION
"""
BEFORE = f"""{DIRECTIVES}
directive @old on FIELD
directive @shown(at: Int = 1, of: Int) repeatable on FIELD | QUERY
union _Entity = Shop
scalar Day
scalar Instant @specifiedBy(url: "https://a.example")
interface Named {{ name: String }}
interface Kept {{ id: ID! }}
enum Status {{ OPEN SHUT }}
union Found = Shop | Chair
input Wanted {{ city: String = "Azul", zip: String, near: Int = 3, far: Int! }}
type Chair implements Kept {{ id: ID! number: Int }}
type Desk {{ id: ID! }}
"A shop."
type Shop implements Named & Kept {{
  id: ID!
  name: String
  status: Status
  phone(area: String, code: Int = 5, of: Int = 1): String
  chairs(first: Int = 50): [Chair!]! @cost(weight: "2") @listSize(slicingArguments: ["first"])
  opened: Day
}}
type Query {{ shops(wanted: Wanted): [Shop!] desk(at: Int!): Desk found: Found kept: Kept instant: Instant }}
"""
NONE: list[tuple[str, str, str]] = []


def changed(*edits: tuple[str, str], before: str = BEFORE) -> list[tuple[str, str, str]]:
    """What comes of edits, but for what they do to nothing else."""
    after = before
    for old, new in edits:
        assert old in after
        after = after.replace(old, new)
    report = compared(before, after, documents={}, today=TODAY)
    return [(s.change.severity.value, s.change.kind, s.change.coordinate) for s in report.seen]


B, D, S = "breaking", "dangerous", "safe"
ONE_EDIT = [
    ("scalar Day\n", "type Day { n: Int }\n", B, "TYPE_CHANGED_KIND", "Day"),
    ("union Found = Shop | Chair", "union Found = Shop", B, "TYPE_REMOVED_FROM_UNION", "Found"),
    ("Found = Shop", "Found = Desk | Shop", D, "TYPE_ADDED_TO_UNION", "Found"),
    ("_Entity = Shop", "_Entity = Shop | Chair", S, "TYPE_ADDED_TO_UNION", "_Entity"),
    ("OPEN SHUT", "OPEN", B, "VALUE_REMOVED_FROM_ENUM", "Status.SHUT"),
    ("OPEN SHUT", "OPEN AJAR SHUT", D, "VALUE_ADDED_TO_ENUM", "Status.AJAR"),
    ("far: Int!", "far: Int!, on: Day!", B, "REQUIRED_INPUT_FIELD_ADDED", "Wanted.on"),
    ("far: Int!", "far: Int!, on: Day", D, "OPTIONAL_INPUT_FIELD_ADDED", "Wanted.on"),
    ("Named & Kept", "Kept", B, "IMPLEMENTED_INTERFACE_REMOVED", "Shop"),
    ("Desk {", "Desk implements Kept {", D, "IMPLEMENTED_INTERFACE_ADDED", "Desk"),
    ("  status: Status\n", "", B, "FIELD_REMOVED", "Shop.status"),
    (", zip: String", "", B, "FIELD_REMOVED", "Wanted.zip"),
    ("number: Int", "number: String", B, "FIELD_CHANGED_KIND", "Chair.number"),
    ("number: Int", "number: Int!", S, "FIELD_CHANGED_KIND_SAFE", "Chair.number"),
    ("zip: String", "zip: String!", B, "FIELD_CHANGED_KIND", "Wanted.zip"),
    ("far: Int!", "far: Int", S, "FIELD_CHANGED_KIND_SAFE", "Wanted.far"),
    ("area: String", "area: String, at: Int!", B, "REQUIRED_ARG_ADDED", "Shop.phone(at:)"),
    ("area: String", "area: String, at: Int", D, "OPTIONAL_ARG_ADDED", "Shop.phone(at:)"),
    ("area: String, ", "", B, "ARG_REMOVED", "Shop.phone(area:)"),
    ("area: String", "area: Int", B, "ARG_CHANGED_KIND", "Shop.phone(area:)"),
    ("desk(at: Int!)", "desk(at: Int)", S, "ARG_CHANGED_KIND_SAFE", "Query.desk(at:)"),
    ("code: Int = 5", "code: Int = 6", D, "ARG_DEFAULT_VALUE_CHANGE", "Shop.phone(code:)"),
    ("code: Int = 5", "code: Int", D, "ARG_DEFAULT_VALUE_CHANGE", "Shop.phone(code:)"),
    ("area: String", 'area: String = "@a.b"', S, "ARG_DEFAULT_VALUE_ADDED", "Shop.phone(area:)"),
    ("near: Int = 3", "near: Int = 4", D, "INPUT_FIELD_DEFAULT_VALUE_CHANGE", "Wanted.near"),
    ("zip: String", 'zip: String = ""', S, "INPUT_FIELD_DEFAULT_VALUE_ADDED", "Wanted.zip"),
    ("directive @old on FIELD\n", "", B, "DIRECTIVE_REMOVED", "@old"),
    ("@old on FIELD\n", "@old on FIELD\ndirective @new on FIELD\n", S, "DIRECTIVE_ADDED", "@new"),
    (", of: Int) repeatable", ") repeatable", B, "DIRECTIVE_ARG_REMOVED", "@shown(of:)"),
    ("@shown(", "@shown(a: Int!, ", B, "REQUIRED_DIRECTIVE_ARG_ADDED", "@shown(a:)"),
    ("@shown(", "@shown(a: Int, ", S, "OPTIONAL_DIRECTIVE_ARG_ADDED", "@shown(a:)"),
    ("at: Int = 1", "at: Int = 2", D, "ARG_DEFAULT_VALUE_CHANGE", "@shown(at:)"),
    (" repeatable", "", B, "DIRECTIVE_REPEATABLE_REMOVED", "@shown"),
    ("@old on", "@old repeatable on", S, "DIRECTIVE_REPEATABLE_ADDED", "@old"),
    (" | QUERY", "", B, "DIRECTIVE_LOCATION_REMOVED", "@shown"),
    ("@old on FIELD", "@old on QUERY | FIELD", S, "DIRECTIVE_LOCATION_ADDED", "@old"),
    ("type Desk {", "type Desk { no: Int", S, "FIELD_ADDED", "Desk.no"),
    ("type Desk {", "type Bench { id: ID } type Desk {", S, "TYPE_ADDED", "Bench"),
    ('"A shop."', '"Field A.b has changed to C.d"', S, "DESCRIPTION_CHANGED", "Shop"),
    ("  status:", '  "Now."\n  status:', S, "DESCRIPTION_CHANGED", "Shop.status"),
    ("area:", '"The area." area:', S, "DESCRIPTION_CHANGED", "Shop.phone(area:)"),
    ("  status: Status", "  status: Status @deprecated", S, "DEPRECATED", "Shop.status"),
    ("number: Int", 'number: Int @cost(weight: "3")', D, "COST_RAISED", "Chair.number"),
    ('@cost(weight: "2")', "", S, "COST_LOWERED", "Shop.chairs"),
    ("type Desk ", 'type Desk @cost(weight: "7") ', D, "COST_RAISED", "Desk"),
    ("type Desk ", 'type Desk @cost(weight: "0") ', S, "COST_LOWERED", "Desk"),
    ('slicingArguments: ["first"]', "assumedSize: 9", D, "SIZE_CHANGED", "Shop.chairs"),
    ("input Wanted {", "input Wanted @oneOf {", B, "ONE_OF_ADDED", "Wanted"),
    ("https://a.example", "https://b.example", D, "SPECIFICATION_CHANGED", "Instant"),
]


@pytest.mark.parametrize(("old", "new", "severity", "kind", "coordinate"), ONE_EDIT)
def test_a_change_has_its_severity_and_its_place(
    old: str, new: str, severity: str, kind: str, coordinate: str
) -> None:
    assert changed((old, new)) == [(severity, kind, coordinate)]


def test_no_kind_of_change_is_left_out() -> None:
    tried = {kind for *_, kind, _ in ONE_EDIT} | {"TYPE_REMOVED"}
    every = {*BreakingChangeType, *DangerousChangeType, *SafeChangeType}
    assert {each.name for each in every} - tried == set()


def test_one_edit_is_one_change() -> None:
    assert changed() == NONE
    assert changed(("  status: Status\n", "")) == [(B, "FIELD_REMOVED", "Shop.status")]
    assert changed((" desk(at: Int!): Desk", ""), ("type Desk { id: ID! }\n", "")) == [
        (B, "TYPE_REMOVED", "Desk"),
        (B, "FIELD_REMOVED", "Query.desk"),
    ]
    assert changed(("far: Int!", "far: Int! = 2")) == [
        (S, "INPUT_FIELD_DEFAULT_VALUE_ADDED", "Wanted.far")
    ]


def scoped(of_type: str, of_field: str) -> str:
    return f"""{DIRECTIVES}
type Shop{of_type} {{ id: ID! name: String{of_field} }}
type Page {{ nodes: [Shop!] }}
type Query {{ shop: Shop shops: Page @authenticated pages: Page }}
"""


A, AB, AORB = (
    f" @requiresScopes(scopes: {s})" for s in ('[["a"]]', '[["a", "b"]]', '[["a"],["b"]]')
)
ROOTS = [(B, "NEEDS_MORE", "Query.pages"), (B, "NEEDS_MORE", "Query.shop")]
LESS = [(S, "NEEDS_LESS", "Query.pages"), (S, "NEEDS_LESS", "Query.shop")]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (scoped("", ""), scoped("", A), [(B, "NEEDS_MORE", "Shop.name")]),
        (scoped("", A), scoped("", AB), [(B, "NEEDS_MORE", "Shop.name")]),
        (scoped("", AORB), scoped("", A), [(B, "NEEDS_MORE", "Shop.name")]),
        (scoped("", A), scoped("", AORB), [(S, "NEEDS_LESS", "Shop.name")]),
        (scoped("", A), scoped("", ""), [(S, "NEEDS_LESS", "Shop.name")]),
        (scoped(A, A), scoped(A, ""), NONE),
        (scoped("", ""), scoped(A, ""), [*ROOTS, (B, "NEEDS_MORE", "Shop")]),
        (scoped(A, AB), scoped(AB, AB), [*ROOTS, (B, "NEEDS_MORE", "Shop")]),
        (scoped(A, AB), scoped("", AB), [*LESS, (S, "NEEDS_LESS", "Shop")]),
        (scoped(A, ""), scoped(A, ' @policy(policies: [["P"]])'), [(B, "NEEDS_MORE", "Shop.name")]),
    ],
)
def test_scopes_are_a_change_where_a_caller_may_no_longer_ask(
    before: str, after: str, changes: list[tuple[str, str, str]]
) -> None:
    report = compared(before, after, documents={}, today=TODAY)
    seen = [(s.change.severity.value, s.change.kind, s.change.coordinate) for s in report.seen]
    assert seen == changes


def test_the_sdl_says_of_every_field_what_the_build_enforces(graph: Graph) -> None:
    schema = schema_of(graph.sdl)
    assert {place: needed(schema, *place) for place in graph.scopes} == graph.scopes


DOCUMENTS = {
    "till/Names": "{ shops { name } }",
    "till/Ids": "{ kept { id ... on Chair { number } } }",
    "site/Open": "query ($w: Wanted) { shops(wanted: $w) { status } }",
    "site/Phones": "{ shops { phone(area: 11) } }",
    "site/Broken": "{ shops {",
}


@pytest.mark.parametrize(
    ("edit", "who"),
    [
        (("  status: Status\n", ""), ["site/Open"]),
        (("OPEN SHUT", "OPEN"), ["site/Open"]),
        (("area: String, ", ""), ["site/Phones"]),
        (("code: Int = 5, ", ""), []),
        (("code: Int = 5", "code: Int = 6"), ["site/Phones"]),
        ((", zip: String", ""), ["site/Open", "site/Phones", "till/Names"]),
        (("number: Int", "number: String"), ["till/Ids"]),
        (("Found = Shop |", "Found ="), []),
    ],
)
def test_a_document_is_named_that_asks_for_what_changes(
    edit: tuple[str, str], who: list[str]
) -> None:
    report = compared(BEFORE, BEFORE.replace(*edit), documents=DOCUMENTS, today=TODAY)
    assert [list(each.documents) for each in report.seen] == [who]


def test_use_is_told_by_client_since_when() -> None:
    january, may, june = date(2026, 1, 1), date(2026, 5, 1), date(2026, 6, 1)
    recorded = {
        "Shop.status": [Use("till", may, june), Use("app", may, may)],
        "Query.shops": [Use("site", january, june)],
    }

    def used(coordinate: str) -> Any:
        return recorded.get(coordinate, ())

    after = BEFORE.replace("OPEN SHUT", "OPEN").replace(" opened: Day\n", "")
    report = compared(BEFORE, after, documents={}, today=TODAY, used=used)
    assert list(lines(report)) == [
        "BREAKING (2)",
        "  Shop.opened  FIELD_REMOVED",
        "    Field Shop.opened was removed.",
        "    Give it back, deprecate it, release that, and remove it when nobody asks for it.",
        "    No registered document asks for it.",
        "    Nobody used it in this time.",
        "  Status.SHUT  VALUE_REMOVED_FROM_ENUM",
        "    Enum value Status.SHUT was removed.",
        "    Give it back, deprecate it, release that, and remove it when nobody asks for it.",
        "    No registered document asks for it.",
        "    Used by app (since 2026-05-01, last 2026-05-01), till (since 2026-05-01, last 2026-06-01).",
        "",
    ]
    opened, status = as_data(report)["breaking"]
    assert (opened["usedBy"], status["usedBy"][1]) == (
        [],
        {"client": "till", "since": "2026-05-01", "last": "2026-06-01"},
    )


def test_clients_of_several_fields_are_told_once() -> None:
    def used(coordinate: str) -> list[Use]:
        day = date(2026, 1, len(coordinate))
        return [Use("till", day, day)]

    after = BEFORE.replace("scalar Instant", "scalar Instant2").replace(": Instant", ": Instant2")
    report = compared(BEFORE, after, documents={}, today=TODAY, used=used)
    uses = {each.change.coordinate: each.uses for each in report.seen}
    assert uses["Query.instant"] == [Use("till", date(2026, 1, 13), date(2026, 1, 13))]


@pytest.mark.parametrize(
    "line",
    [
        "2026-13-01 FIELD_REMOVED Shop.status Why.",
        "2026-12-01 FIELD_REMOVED Shop.status",
        "soon FIELD_REMOVED Shop.status Why.",
    ],
)
def test_an_excuse_says_until_when_what_and_why(line: str) -> None:
    with pytest.raises(excuses.BadExcuse) as refused:
        excuses.read(f"# Meant.\n\n{line}\n", "excused.txt")
    assert str(refused.value) == (
        "excused.txt:3: write the last day, the kind, the coordinate and the reason"
    )
