"""The checker finds each rule that a plan breaks: a plan that keeps all, and then one change."""

from typing import Any

import pytest

from barberpro.domains.bookings.planning.checking import broken

from .days import day, provider, put, wish

TWO_SHOPS: dict[str, Any] = {
    "locations": [{"id": "centro", "chairs": ["c1", "c2"]}, {"id": "norte", "chairs": ["n1"]}],
    "providers": [provider("ana", "centro", "norte"), provider("bo", "centro")],
    "travel": [{"between": ["norte", "centro"], "minutes": 30}],
}
A, B = wish("a"), wish("b")


@pytest.mark.parametrize(
    ("instance", "items", "said"),
    [
        (day(requests=[A, B]), [put("a", 540), put("b", 600)], []),
        (
            day(requests=[A, B]),
            [put("a", 540), put("b", 595)],
            [
                "a and b: both in chair c1",
                "a and b: ana has -5 minutes between them, needs 0",
            ],
        ),
        (
            day(requests=[A]),
            [put("a", 661)],
            [
                "a: outside its window",
                "a: 661 is between two steps",
                "a: outside the shifts of ana at centro",
            ],
        ),
        (day(requests=[A]), [put("a", 540), put("a", 600)], ["a: planned twice"]),
        (day(requests=[A]), [put("z", 540)], ["z: no such request"]),
        (day(requests=[A]), [put("a", 540, chair="c2")], ["a: no chair c2 at centro"]),
        (day(requests=[A]), [put("a", 540, who="bo")], ["a: no provider bo"]),
        (
            day(requests=[wish("a", service="colour")]),
            [put("a", 540)],
            ["a: ana does not know colour"],
        ),
        (
            day(requests=[wish("a", providers=[], locations=[])]),
            [put("a", 540)],
            ["a: ana is not wanted", "a: centro is not wanted"],
        ),
        (
            day(requests=[wish("a", before=5)]),
            [put("a", 540)],
            ["a: outside the shifts of ana at centro"],
        ),
        (
            day(requests=[wish("a", after=5), B]),
            [put("a", 540), put("b", 600)],
            ["a and b: both in chair c1", "a and b: ana has -5 minutes between them, needs 0"],
        ),
        (
            day(requests=[wish("a", pinned=put("a", 550))]),
            [put("a", 540)],
            ["a: pinned, and moved"],
        ),
        (day(requests=[wish("a", pinned=put("a", 550))]), [], ["a: pinned, and not in the plan"]),
        (
            day(requests=[A, B], policies={"minRestMinutes": 10}),
            [put("a", 540), put("b", 605)],
            ["a and b: ana has 5 minutes between them, needs 10"],
        ),
        (
            day(requests=[A, B], **TWO_SHOPS),
            [put("a", 540), put("b", 625, where="norte", chair="n1")],
            ["a and b: ana has 25 minutes between them, needs 30"],
        ),
        (
            day(requests=[A, B], **TWO_SHOPS),
            [put("a", 540), put("b", 630, where="norte", chair="n1")],
            [],
        ),
        (
            day(requests=[A, B], **TWO_SHOPS, policies={"maxTravelMinutes": 20}),
            [put("a", 540), put("b", 630, where="norte", chair="n1")],
            ["ana: travels 30 minutes on day 1, at most 20"],
        ),
        (
            day(requests=[A, B], **TWO_SHOPS | {"travel": []}),
            [put("a", 540), put("b", 660, where="norte", chair="n1")],
            ["a and b: ana does not travel there in a day"],
        ),
    ],
)
def test_names_each_rule_that_is_broken(
    instance: dict[str, Any], items: list[Any], said: list[str]
) -> None:
    assert broken(instance, {"assignments": items}) == said
