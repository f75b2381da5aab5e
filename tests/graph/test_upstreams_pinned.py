"""What we declare of another service is held against its pinned schema; the build names the field that is not there."""

import re
from pathlib import Path
from typing import Any

import pytest

from barberpro.demo.loyalty.app import SDL
from barberpro.graph.errors import Undeclared
from barberpro.graph.schema import build_schema
from barberpro.graph.upstreams import pinned

MODULES = ["resolvers.loyalty", "resolvers.people", "resolvers.locations"]


def test_the_pinned_schema_is_what_the_demos_service_says() -> None:
    assert pinned.in_one_form(pinned.sdl_of("loyalty")) == pinned.in_one_form(SDL)


def test_its_types_stand_in_our_schema_like_ours(graph: Any) -> None:
    assert str(graph.scope("Customer", "loyalty")) == "loyalty:read & people:read"
    assert graph.prices.of_field("Customer", "loyalty") == 5
    assert pinned.services(graph.loads) == ["loyalty"]
    entries = graph.core.type_map["CustomerLoyalty"].fields["entries"]
    assert entries.description == "What was earned and when, the latest first; at most 100."


CHANGES = {
    "a field is gone": (
        ('  points: Int!\n  """\n  By', '  score: Int!\n  """\n  By'),
        "CustomerLoyalty.points is asked of loyalty, whose pinned schema has no Loyalty.points",
    ),
    "it may be null now": (
        ("tier: LoyaltyTier!", "tier: LoyaltyTier"),
        "CustomerLoyalty.tier is LoyaltyTier! here, and LoyaltyTier in the pinned schema",
    ),
    "another type": (("pointsToNextTier: Int", "pointsToNextTier: String"), "pointsToNextTier is"),
    "no list any more": (("): [LoyaltyEntry!]!", "): LoyaltyEntry!"), "entries is"),
    "a new tier": (("  GOLD\n", "  GOLD\n  PLATINUM\n"), "CustomerLoyalty.tier is"),
    "an argument is gone": (
        ("entries(first: Int! = 10)", "entries(last: Int)"), "entries takes first"
    ),
    "an argument is needed": (
        ("entries(first: Int! = 10)", "entries(first: Int! = 10, year: Int!)"),
        "does not take year",
    ),
    "no key": (('@key(fields: "id") ', ""), 'needs @key(fields: "id") on Customer of loyalty'),
    "another key": (('@key(fields: "id") ', '@key(fields: "no") '), "needs @key"),
    "no entity": (("type Customer", "type Client"), "needs the entity Customer"),
    "the entity's field is gone": (("  loyalty: Loyalty\n", "  standing: Loyalty\n"), "has no Customer.loyalty"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_build_names_what_the_service_no_longer_has(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old, new), told = CHANGES[change]
    sdl = pinned.sdl_of("loyalty")
    assert sdl.count(old) == 1
    (tmp_path / "upstreams").mkdir()
    (tmp_path / "upstreams" / "loyalty.graphql").write_text(sdl.replace(old, new))
    monkeypatch.setattr(pinned, "contract", lambda: tmp_path)
    with pytest.raises(Undeclared, match=re.escape(told)):
        build_schema(MODULES)


def test_a_service_that_was_not_pinned_stops_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinned, "contract", lambda: tmp_path)
    with pytest.raises(Undeclared, match="the schema of loyalty is not pinned"):
        build_schema(MODULES)


def test_what_federation_adds_is_no_change_and_a_key_is() -> None:
    sdl = pinned.sdl_of("loyalty")
    added = """
        directive @federation__key(fields: String!) repeatable on OBJECT
        scalar federation__FieldSet
        scalar _Any
        union _Entity = Customer
        type _Service { sdl: String }
        type Query { _entities(representations: [_Any!]!): [_Entity]!  _service: _Service! }
    """
    assert pinned.in_one_form(sdl + added) == pinned.in_one_form(sdl)
    other = sdl.replace('@key(fields: "id")', '@key(fields: "id loyalty { points }")')
    assert pinned.in_one_form(other) != pinned.in_one_form(sdl)
    asks = (
        sdl + "type Query { customers: [Customer!]!  _service: _Service } type _Service { sdl: ID }"
    )
    assert "type Query {\n  customers: [Customer!]!\n}" in pinned.in_one_form(asks)
    with pytest.raises(Undeclared, match="this is no schema"):
        pinned.in_one_form("type {")
