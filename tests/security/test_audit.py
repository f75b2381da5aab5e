"""The log of what happened, by query: proofs that hold, and nothing of another organization."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import false

from barberpro.graph.plan import plan
from barberpro.graph.scopes import held_by
from barberpro.platform.audit import keeper as module
from barberpro.platform.audit.keeper import Keeper
from barberpro.platform.audit.merkle import continues, includes
from barberpro.platform.audit.sequencer import sequence
from barberpro.platform.binding import across_tenants
from tests.asking import Ask

EVENTS = """query Q { auditEvents(first: 50) { nodes { id type actor data leaf subject } } }"""
PROOF = """query Q($id: ID!) { auditProof(eventId: $id) { position leaf path head { size root note } } }"""
CONSISTENCY = """query Q($from: Int!) {
  auditConsistency(from: $from) { fromSize toSize fromRoot toRoot path }
}"""
HEAD = "query Q { auditHead { size root note } }"


@pytest.fixture
async def signed(platform: Any, principal: Any, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """Everything so far is in the log and under a signed head.

    Tests share a database and not the files of its heads, which a keeper would take for lost.
    """
    unseen = across_tenants(module.ANY_SHOWN.where(false()), "test")
    monkeypatch.setattr(module, "ANY_SHOWN", unseen)
    keeper = Keeper(platform.database, platform.clock, platform.sealer, platform.settings)
    while await sequence(platform.database, platform.clock):
        pass
    await keeper.sign()
    return keeper


async def test_a_caller_can_prove_each_of_their_events(ask: Ask, signed: Keeper) -> None:
    nodes = (await ask(EVENTS)).data["auditEvents"]["nodes"]
    assert [node["type"] for node in nodes] == ["organization.founded"]
    proof = (await ask(PROOF, id=nodes[0]["id"])).data["auditProof"]
    leaf, path = base64.b64decode(proof["leaf"]), [base64.b64decode(p) for p in proof["path"]]
    assert leaf.hex() == nodes[0]["leaf"]
    head = signed.signer.verifier.opened(proof["head"]["note"])
    assert (head.size, base64.b64encode(head.root).decode()) == (
        proof["head"]["size"],
        proof["head"]["root"],
    )
    assert includes(leaf, proof["position"], head.size, path, head.root)


async def test_a_caller_can_prove_that_the_log_only_grew(ask: Ask, signed: Keeper) -> None:
    found = (await ask(CONSISTENCY, **{"from": 1})).data["auditConsistency"]
    old, new = base64.b64decode(found["fromRoot"]), base64.b64decode(found["toRoot"])
    path = [base64.b64decode(p) for p in found["path"]]
    assert continues(1, old, found["toSize"], new, path)
    assert found["toSize"] == (await ask(HEAD)).data["auditHead"]["size"]


async def test_a_strangers_event_is_neither_listed_nor_proved(
    ask: Ask, signed: Keeper, stranger: Any
) -> None:
    (mine,) = (await ask(EVENTS)).data["auditEvents"]["nodes"]
    theirs = (await ask(EVENTS, who=stranger)).data["auditEvents"]["nodes"]
    assert mine["id"] not in {node["id"] for node in theirs}
    assert (await ask(PROOF, who=stranger, id=mine["id"])).data["auditProof"] is None


@pytest.mark.parametrize("size", [0, -1, 10**9])
async def test_a_size_that_never_was_is_refused(ask: Ask, signed: Keeper, size: int) -> None:
    answer = await ask(CONSISTENCY, **{"from": size})
    assert "`auditConsistency` needs 1 ≤ from ≤ to" in answer.errors[0].message


@pytest.mark.parametrize("document", [EVENTS, PROOF, CONSISTENCY, HEAD])
def test_who_lacks_the_scope_or_is_limited_to_locations_is_refused(
    graph: Any, document: str
) -> None:
    from graphql import parse

    from barberpro.platform.principal import Principal

    parsed = parse(document)
    needed = plan(graph, parsed, parsed.definitions[0]).requires
    may = Principal("org_x", "cli_x", "x", scopes=frozenset({"audit:read"}))
    assert not needed.lacking(held_by(may))
    limited = replace(may, locations=frozenset({"loc_x"}))
    assert needed.lacking(held_by(limited)) == {"ORGANIZATION_WIDE"}
    assert needed.lacking(held_by(replace(may, scopes=frozenset()))) == {"audit:read"}
