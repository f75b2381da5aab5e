"""Whoever lacks a scope that a document needs is refused before any statement, by whichever executor would answer."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from graphql import TypeInfo, TypeInfoVisitor, Visitor, visit

from barberpro.gateway import pipeline
from barberpro.gateway.budgets import Budgets
from barberpro.gateway.documents import contract
from barberpro.gateway.gate import Gate
from barberpro.gateway.tiers import load_tiers
from barberpro.graph.errors import TooComplex
from barberpro.graph.execute import interpreted, run
from barberpro.graph.limits import measure
from barberpro.graph.schema import Graph
from barberpro.graph.scopes import POLICIES, Needed, held_by
from barberpro.platform.limits import limiter
from barberpro.platform.principal import Principal
from tests.graph.documents import Writer, Written
from tests.graph.ways import all_scopes, told
from tests.soaking import SEED, draws

from .conftest import Always

DOCUMENTS = draws(75)


def needs(graph: Graph, written: Written) -> set[Needed]:
    """What each field that a document names needs, skipped or not."""
    types, found = TypeInfo(graph.core), set[Needed]()

    class Fields(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            parent = types.get_parent_type()
            assert parent is not None
            if not node.name.value.startswith("__"):
                found.add(graph.scopes[parent.name, node.name.value])

    visit(written.document, TypeInfoVisitor(types, Fields()))
    return found


@pytest.fixture
def knocking(state: dict[str, Any], http: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`await knocking(who, way, document)` is the gateway's answer to this caller, by this way."""

    async def knock(who: Principal, way: Any, written: Written) -> Any:
        gate = Gate(limiter(None), requests_per_address=10_000, max_concurrency=10)
        known = state["pipeline"]
        budgets = Budgets(limiter(None), load_tiers(contract()))  # full again for each
        state["pipeline"] = replace(known, identify=Always(who), gate=gate, budgets=budgets)
        monkeypatch.setattr(pipeline, "run", way)
        body = {"query": written.text, "variables": written.variables}
        answer = await http.post("/graphql", json=body)
        shown = answer.json()
        shown.pop("extensions", None)  # the budget is another after each
        for error in shown.get("errors", ()):
            error["extensions"].pop("requestId")
        return answer.status_code, shown

    return knock


async def test_who_lacks_a_scope_is_refused_before_any_statement(
    graph: Graph, knocking: Any, statements: Any, principal: Principal
) -> None:
    rng = Random(SEED)
    every = sorted(all_scopes(graph) - POLICIES.keys())
    refused = answered = 0
    while refused < DOCUMENTS:
        written = Writer(graph, rng, ["loc_" + "0" * 26]).write()
        if written is None or not is_small(written):
            continue
        share = rng.uniform(0.5, 1)
        scopes = frozenset(scope for scope in every if rng.random() < share)
        locations = rng.choice([None, frozenset({"loc_" + "0" * 26})])
        who = replace(principal, scopes=scopes, locations=locations)
        held = held_by(who)
        lacking = {n for n in needs(graph, written) if not n.met_by(held)}
        with statements() as sent:
            status, shown = await knocking(who, run, written)
            assert alike((status, shown), await knocking(who, interpreted, written)), written.text
        if not lacking:
            assert "FORBIDDEN" not in repr(shown), written.text
            answered += 1
            continue
        refused += 1
        assert (status, sent) == (403, []), written.text
        (error,) = shown["errors"]
        facts = error["extensions"]
        assert facts["code"] == "FORBIDDEN"
        told = frozenset(facts["requiredScopes"]) | frozenset(facts.get("requiredPolicies", ()))
        assert told.isdisjoint(held)
        assert all(need.met_by(held | told) for need in lacking), written.text
    assert answered


def alike(mine: tuple[int, Any], core: tuple[int, Any]) -> bool:
    """Whether two answers are one: to the letter, but that of several errors beneath one null any may be told of."""
    if mine == core:
        return True
    answers = [answer for _, answer in (mine, core)]
    if mine[0] != core[0] or any("data" not in answer for answer in answers):
        return False
    errors = [
        told(each["data"], [(tuple(e["path"]), e["message"]) for e in each.get("errors", ())])
        for each in answers
    ]
    return answers[0]["data"] == answers[1]["data"] and errors[0] == errors[1]


def is_small(written: Written) -> bool:
    """Whether the limits of documents let it pass: what they refuse, they refuse whoever asks."""
    try:
        measure(written.document)
    except TooComplex:
        return False
    return True
