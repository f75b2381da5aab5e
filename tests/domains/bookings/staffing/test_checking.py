"""The checker finds each rule that a roster breaks, and no other."""

from typing import Any

import pytest

from barberpro.domains.bookings.staffing.checking import broken

from .weeks import roster, week

RIGHT = {"staffed": 16, "uncovered": 96, "overstaffed": 0}
"""Of one shift of eight hours, where 112 half hours were asked for."""


def test_a_roster_that_keeps_every_rule_is_right() -> None:
    assert broken(week(), roster(("ana", 0, "day"), **RIGHT)) == []


def test_figures_that_differ_from_a_count_are_told() -> None:
    wrong = roster(("ana", 0, "day"), staffed=16, uncovered=95, overstaffed=0)

    assert broken(week(), wrong) == ["uncovered is 96, and said to be 95"]


ANA = {"id": "ana"}
LATE = {"id": "late", "start": 780, "until": 1320}
DAY = {"id": "day", "start": 540, "until": 1020}


@pytest.mark.parametrize(
    ("changes", "shifts", "says"),
    [
        ({}, [("carla", 0, "day")], "carla, day 0: no such provider, day or template"),
        ({}, [("ana", 7, "day")], "ana, day 7: no such provider, day or template"),
        (
            {"templates": [{**DAY, "days": [1]}]},
            [("ana", 0, "day")],
            "ana, day 0: day is not for that day",
        ),
        (
            {"templates": [DAY, LATE]},
            [("ana", 0, "late"), ("ana", 1, "day")],
            "ana: 660 minutes of rest before day 1, needs 720",
        ),
        (
            {"providers": [{**ANA, "lastUntil": -120}]},
            [("ana", 0, "day")],
            "ana: 660 minutes of rest before day 0, needs 720",
        ),
        (
            {"templates": [DAY, LATE], "rules": {"restMinutes": 0}},
            [("ana", 0, "day"), ("ana", 0, "late")],
            "ana: two shifts on day 0",
        ),
        (
            {"providers": [{**ANA, "absent": [{"start": 1019, "until": 1020}]}]},
            [("ana", 0, "day")],
            "ana: at work while away on day 0",
        ),
        (
            {"providers": [{**ANA, "mostMinutes": 479}]},
            [("ana", 0, "day")],
            "ana: 480 minutes in the week, at most 479",
        ),
        (
            {"rules": {"mostMinutes": 959}},
            [("ana", 0, "day"), ("ana", 1, "day")],
            "ana: 960 minutes in the week, at most 959",
        ),
        (
            {"providers": [{**ANA, "daysInARow": 6}]},
            [("ana", 0, "day")],
            "ana: day 0 is the 7th in a row, at most 6",
        ),
    ],
)
def test_each_broken_rule_is_told(
    changes: dict[str, Any], shifts: list[tuple[str, int, str]], says: str
) -> None:
    assert says in broken(week(**changes), roster(*shifts))
