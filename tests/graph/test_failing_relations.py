"""A relation that cannot be read: an error where there was something to read, and none where there was not."""

from dataclasses import replace
from typing import Any

import pytest
from graphql import parse

from barberpro.domains.billing import service as billing
from barberpro.graph.schema import Graph

from .ways import WAYS, Ways, all_scopes, errors_of


@pytest.mark.parametrize("way", WAYS)
async def test_a_relation_without_a_key_does_not_fail_with_the_others(
    graph: Graph, database: Any, clock: Any, principal: Any, done: Any, booked: Any, chain: Any,
    monkeypatch: pytest.MonkeyPatch, way: str,
) -> None:  # fmt: skip
    first, *rest = booked
    await done(lambda tx: billing.create(tx, location_id=chain.centro.id, booking_ids=[first.id]))

    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the invoices cannot be read")

    relation = vars(graph.load("Booking", "invoice"))
    monkeypatch.setitem(relation, "by_keys", broken)
    monkeypatch.setitem(relation, "apart", "broken")  # what comes joined is not asked by its keys
    who = replace(principal, scopes=all_scopes(graph))
    document = parse("{ bookings { nodes { id invoice { id number } } } }")
    answer, _ = await Ways(graph, database, clock).ask(way, who, document, {})
    assert errors_of(answer) == [
        (("bookings", "nodes", 0, "invoice"), "the invoices cannot be read")
    ]
    assert answer.data == {
        "bookings": {"nodes": [{"id": b.id, "invoice": None} for b in (first, *rest)]}
    }
