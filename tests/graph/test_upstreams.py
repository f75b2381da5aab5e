"""A field of another service: one question a level, the same answer by both ways, and nothing believed."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from graphql import parse

from barberpro.demo.loyalty.ledger import Ledger, Visit
from barberpro.domains.people import service as people
from barberpro.graph.errors import UpstreamFault, UpstreamUnavailable
from barberpro.platform.clock import iso

from ..elsewhere import Elsewhere
from .ways import WAYS, Ways, all_scopes, errors_of

DOWN = "The service `loyalty` does not answer. Ask again in a moment."
WRONG = "The service `loyalty` could not answer this."
ALL = """
    query($n: Int = 2, $no: Boolean = false) {
      customers(orderBy: {field: NAME}) { nodes { name loyalty { ...of __typename class: points none: tier @skip(if: true) } } }
    }
    fragment of on CustomerLoyalty { points tier pointsToNextTier
      ... @include(if: true) { lately: entries(first: $n) { points earnedAt bookingId } }
      more: entries(first: 1) @include(if: $no) { points } }
"""  # noqa: E501 - a document


@pytest.fixture
def elsewhere(platform: Any, tmp_path: Any, principal: Any, chain: Any) -> Elsewhere:
    """Carla has come three times, once more than a year ago; others of her id are another tenant's."""
    ledger, now = Ledger(tmp_path / "loyalty.db"), platform.clock()
    ledger.replace(
        principal.tenant,
        [
            Visit(f"b{n}", chain.carla.id, chain.centro.id, price, iso(now - timedelta(days=days)))
            for n, (price, days) in enumerate([(1_259_999, 400), (2_000_000, 30), (1_250_000, 1)])
        ],
    )
    theirs = Visit("x", chain.carla.id, chain.centro.id, 99_000_000, iso(now))
    ledger.replace("org_of_others", [theirs])
    return Elsewhere(platform, ledger)


@pytest.fixture
def asking(graph: Any, database: Any, clock: Any, principal: Any, elsewhere: Elsewhere) -> Any:
    """`await asking(way, document)`: the answer, and what it was counted to cost."""

    async def ask(way: str, text: str = ALL, variables: Any = None, **changes: Any) -> Any:
        who = replace(principal, scopes=all_scopes(graph), **changes)
        ways = Ways(graph, database, clock, upstreams=elsewhere.upstreams())
        answer, _, cost = await ways.priced(way, who, parse(text), variables or {})
        return answer, cost

    return ask


@pytest.mark.parametrize("way", WAYS)
async def test_what_it_tells_stands_in_the_answer(
    asking: Any, elsewhere: Elsewhere, way: str, clock: Any
) -> None:
    answer, cost = await asking(way)
    assert answer.errors is None
    (carla,) = answer.data["customers"]["nodes"]
    assert carla["loyalty"] == {
        "points": 125 + 200 + 125, "tier": "SILVER", "pointsToNextTier": 1_000 - 325,
        "lately": [
            {"points": 125, "earnedAt": iso(clock() - timedelta(days=1)), "bookingId": "b2"},
            {"points": 200, "earnedAt": iso(clock() - timedelta(days=30)), "bookingId": "b1"},
        ],
        "__typename": "CustomerLoyalty", "class": 450,
    }  # fmt: skip
    assert len(elsewhere.asked) == 1
    # page 2, Carla 1, the question 5, her standing 1, two entries.
    assert cost == 2 + 1 + 5 + 1 + 2


async def test_both_ways_ask_the_same_and_no_word_of_the_caller_is_passed_on(
    asking: Any, elsewhere: Elsewhere, chain: Any
) -> None:
    for way in WAYS:
        await asking(way, variables={"n": 1, "no": True})
    first, second = elsewhere.asked
    assert first == second
    assert first["variables"] == {
        "representations": [{"__typename": "Customer", "id": chain.carla.id}]
    }
    assert re.sub(r"\s+", " ", first["query"]) == (
        "query($representations: [_Any!]!) { _entities(representations: $representations) "
        "{ ... on Customer { loyalty { points tier pointsToNextTier lately: entries(first: 1) "
        "{ points earnedAt bookingId } more: entries(first: 1) { points } class: points } } } }"
    )


@pytest.mark.parametrize("way", WAYS)
async def test_a_hundred_customers_are_one_question(
    asking: Any, elsewhere: Elsewhere, done: Any, way: str
) -> None:
    for n in range(99):
        await done(
            lambda tx, n=n: people.register_customer(
                tx, name=f"C{n}", home_location_id=None, contact={}
            )
        )
    answer, _ = await asking(
        way, "{ customers(first: 100) { nodes { id loyalty { points tier } } } }"
    )
    assert answer.errors is None
    points = [n["loyalty"]["points"] for n in answer.data["customers"]["nodes"]]
    assert sorted(points) == [0] * 99 + [450]
    (asked,) = elsewhere.asked
    assert len(asked["variables"]["representations"]) == 100


@pytest.mark.parametrize("way", WAYS)
async def test_a_name_of_pythons_own_is_a_name_like_any(asking: Any, way: str) -> None:
    text = (
        "{ customers { nodes { loyalty { __class__: points is_whole: points __dict__: tier } } } }"
    )
    answer, _ = await asking(way, text)
    assert answer.data["customers"]["nodes"] == [
        {"loyalty": {"__class__": 450, "is_whole": 450, "__dict__": "SILVER"}}
    ]


@pytest.mark.parametrize("way", WAYS)
async def test_only_its_name_can_be_asked(asking: Any, way: str) -> None:
    answer, _ = await asking(way, "{ customers { nodes { loyalty { __typename } } } }")
    assert answer.data["customers"]["nodes"] == [{"loyalty": {"__typename": "CustomerLoyalty"}}]


@pytest.mark.parametrize("way", WAYS)
async def test_who_is_limited_to_a_shop_sees_the_points_of_that_one(
    asking: Any, way: str, chain: Any
) -> None:
    text = "{ customers { nodes { name loyalty { points } } } }"
    answer, _ = await asking(way, text, locations=frozenset({chain.norte.id}))
    assert answer.errors is None
    assert [n["loyalty"]["points"] for n in answer.data["customers"]["nodes"]] in ([], [0])


def _loyalty(answer: Any, **changes: Any) -> Any:
    answer["data"]["_entities"][0]["loyalty"].update(changes)
    return answer


def _without(answer: Any, key: str) -> Any:
    del answer["data"]["_entities"][0]["loyalty"][key]
    return answer


def _entry(answer: Any, value: Any) -> Any:
    answer["data"]["_entities"][0]["loyalty"]["lately"][1] = value
    return answer


def _error(answer: Any, *path: Any) -> Any:
    at = answer["data"]
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = None
    return answer | {"errors": [{"message": "SECRET", "path": list(path)}]}


HERE = ("customers", "nodes", 0, "loyalty")
ENTITY = ("_entities", 0, "loyalty")
LIES = {
    "a number for a text": (lambda a: _loyalty(a, tier=7), (*HERE, "tier")),
    "a tier that is none": (lambda a: _loyalty(a, tier="TIN"), (*HERE, "tier")),
    "a text for a number": (lambda a: _loyalty(a, points="450"), (*HERE, "points")),
    "true for a number": (lambda a: _loyalty(a, points=True), (*HERE, "points")),
    "a fraction": (lambda a: _loyalty(a, points=4.5), (*HERE, "points")),
    "too long a number": (lambda a: _loyalty(a, points=2**31), (*HERE, "points")),
    "null where none may be": (lambda a: _loyalty(a, points=None), (*HERE, "points")),
    "a field is missing": (lambda a: _without(a, "points"), (*HERE, "points")),
    "no list": (lambda a: _loyalty(a, lately={}), (*HERE, "lately")),
    "null in a list": (lambda a: _entry(a, None), (*HERE, "lately", 1)),
    "a text for an object": (lambda a: _entry(a, "x"), (*HERE, "lately", 1)),
    "no instant": (
        lambda a: _entry(a, {"points": 1, "earnedAt": "soon", "bookingId": "b"}),
        (*HERE, "lately", 1, "earnedAt"),
    ),
    "a list for the entity": (lambda a: a | {"data": {"_entities": [[]]}}, HERE),
    "too few entities": (lambda a: a | {"data": {"_entities": []}}, HERE),
    "too many entities": (lambda a: a | {"data": {"_entities": [None, None]}}, HERE),
    "no entities": (lambda a: {"data": None}, HERE),
    "no object": (lambda a: [a], HERE),
    "garbage": (lambda a: httpx.Response(200, content=b"<html>"), HERE),
    "nested deeply": (lambda a: httpx.Response(200, content=b"[" * 9_999), HERE),
    "compressed": (
        lambda a: httpx.Response(200, headers={"content-encoding": "x-own"}, content=b"1"), HERE,
    ),
    "oversized": (lambda a: a | {"more": "x" * 2_100_000}, HERE),
    "an error of the field": (lambda a: _error(a, *ENTITY), HERE),
    "an error of the entity": (lambda a: _error(a, *ENTITY[:2]), HERE),
    "an error below": (lambda a: _error(a, *ENTITY, "points"), (*HERE, "points")),
    "an error without a path": (
        lambda a: {"data": {"_entities": [None]}, "errors": [{"message": "SECRET"}]}, HERE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lie", LIES)
async def test_a_lie_is_a_null_with_a_code_and_its_path(
    asking: Any, elsewhere: Elsewhere, way: str, lie: str
) -> None:
    elsewhere.lie, path = LIES[lie]
    answer, cost = await asking(way)
    assert answer.data == {"customers": {"nodes": [{"name": "Carla", "loyalty": None}]}}
    assert errors_of(answer) == [(path, WRONG)]
    assert isinstance(answer.errors[0].original_error, UpstreamFault)
    assert cost > 0


@pytest.mark.parametrize("way", WAYS)
async def test_a_nullable_field_that_failed_leaves_the_rest(
    asking: Any, elsewhere: Elsewhere, way: str
) -> None:
    elsewhere.lie = lambda a: _error(a, *ENTITY, "pointsToNextTier")
    answer, _ = await asking(way, "{ customers { nodes { loyalty { points pointsToNextTier } } } }")
    assert answer.data["customers"]["nodes"] == [
        {"loyalty": {"points": 450, "pointsToNextTier": None}}
    ]
    assert errors_of(answer) == [((*HERE, "pointsToNextTier"), WRONG)]


@pytest.mark.parametrize("way", WAYS)
async def test_a_customer_it_does_not_know_has_no_standing(
    asking: Any, elsewhere: Elsewhere, way: str
) -> None:
    elsewhere.lie = lambda a: {"data": {"_entities": [None]}}
    answer, _ = await asking(way)
    assert answer.errors is None
    assert answer.data["customers"]["nodes"] == [{"name": "Carla", "loyalty": None}]


@pytest.mark.parametrize("way", WAYS)
async def test_each_place_has_its_error_while_it_is_down(
    asking: Any, elsewhere: Elsewhere, booked: Any, way: str
) -> None:
    elsewhere.lie = lambda _: httpx.Response(503)
    text = "{ bookings { nodes { customer { name loyalty { points } } } } }"
    answer, _ = await asking(way, text)
    carla = {"customer": {"name": "Carla", "loyalty": None}}
    assert answer.data == {"bookings": {"nodes": [carla] * 4}}
    told = [(("bookings", "nodes", n, "customer", "loyalty"), DOWN) for n in range(4)]
    assert sorted(errors_of(answer)) == told
    assert {type(e.original_error) for e in answer.errors} == {UpstreamUnavailable}
    assert len(elsewhere.asked) == 1
