"""Scopes as sets of sets: any one, whole."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.graph.scopes import (
    ANYBODY,
    ORGANIZATION_WIDE,
    SIGNED_IN,
    Needed,
    Requirement,
    held_by,
    needs,
    together,
)
from barberpro.platform.principal import Principal

NAMES = st.frozensets(st.sampled_from("abcd"), max_size=4)
NEEDED = st.builds(Needed, st.frozensets(NAMES, max_size=4))
CALLER = Principal("org_1", client="cli_1", client_name="test", scopes=frozenset({"a:b"}))


@given(NEEDED, NEEDED, NAMES)
def test_and_takes_both_and_or_takes_either(
    one: Needed, other: Needed, held: frozenset[str]
) -> None:
    assert (one & other).met_by(held) is (one.met_by(held) and other.met_by(held))
    assert (one | other).met_by(held) is (one.met_by(held) or other.met_by(held))


@given(st.lists(NEEDED.filter(lambda n: n.sets), max_size=4), NAMES)
def test_an_operation_is_allowed_where_every_field_is(
    fields: list[Needed], held: frozenset[str]
) -> None:
    lacking = Requirement.of(fields).lacking(held)
    assert (lacking == frozenset()) is all(field.met_by(held) for field in fields)
    assert together(fields).met_by(held) is (lacking == frozenset())
    assert not Requirement.of(fields).lacking(held | lacking)


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        (ANYBODY, "anybody"),
        (needs("a:b"), "a:b"),
        (needs("c:d", "a:b"), "a:b & c:d"),
        (needs("b:c") & SIGNED_IN | needs("a:b"), "a:b | SIGNED_IN & b:c"),
        (needs("a:b") | needs("a:b", "c:d"), "a:b"),
        (Needed(frozenset()), "nobody"),
    ],
)
def test_it_reads_as_it_is_meant(needed: Needed, words: str) -> None:
    assert str(needed) == words


def test_policies_are_facts_about_the_caller() -> None:
    person = replace(CALLER, user="usr_1", locations=frozenset({"loc_1"}))
    assert held_by(CALLER) == {"a:b", "ORGANIZATION_WIDE"}
    assert held_by(person) == {"a:b", "SIGNED_IN"}
    assert (needs("a:b") & ORGANIZATION_WIDE).met_by(held_by(CALLER))
    assert not (needs("a:b") & ORGANIZATION_WIDE).met_by(held_by(person))


def test_no_scope_passes_for_a_policy() -> None:
    sly = replace(
        CALLER, scopes=frozenset({"SIGNED_IN", "ORGANIZATION_WIDE"}), locations=frozenset()
    )
    assert held_by(sly) == frozenset()
