"""Shifts are given out by the rules, as well as can be, and the same each time."""

import sys
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.domains.bookings.staffing.checking import broken
from barberpro.domains.bookings.staffing.generating import generate
from barberpro.domains.bookings.staffing.roster import Given, Roster, figures_of
from barberpro.domains.bookings.staffing.solving import StaffingNotInstalled, staff
from barberpro.domains.bookings.staffing.week import read, written

from .weeks import week


def staffed(document: dict[str, Any]) -> Roster:
    roster = staff(read(document), seconds=60)
    assert roster.status == "OPTIMAL"
    assert broken(document, roster.document()) == []
    return roster


def test_two_share_a_week_as_evenly_as_seven_days_allow() -> None:
    roster = staffed(week())

    days = [sum(given.provider == who for given in roster.shifts) for who in ("ana", "beto")]
    assert sorted(days) == [3, 4]
    assert roster.figures.uncovered == roster.figures.overstaffed == 0
    assert (roster.figures.utilisation, roster.figures.spread_minutes) == (1.0, 480)


def test_nobody_works_more_than_the_week_allows() -> None:
    document = week(providers=[{"id": "ana"}])

    assert len(staffed(document).shifts) == 6
    document["rules"] = {"mostMinutes": 2399}
    assert len(staffed(document).shifts) == 4


def test_the_week_before_counts() -> None:
    tired = week(providers=[{"id": "ana", "daysInARow": 5, "lastUntil": -300}])

    assert [given.day for given in staffed(tired).shifts if given.day < 2] in ([1], [0])
    assert len(staffed(tired).shifts) == 6
    tired["providers"][0]["daysInARow"] = 6
    assert [given.day for given in staffed(tired).shifts] == [1, 2, 3, 4, 5, 6]


def test_who_must_know_a_skill_is_there() -> None:
    colour = {"day": 2, "start": 600, "need": [1, 1], "skill": "colour"}
    document = week()
    document["demand"].append(colour)

    assert Given("beto", 2, "day") in staffed(document).shifts


def test_who_is_away_does_not_work() -> None:
    away = {"id": "ana", "absent": [{"start": 0, "until": 4 * 1440}]}

    assert [given.day for given in staffed(week(providers=[away])).shifts] == [4, 5, 6]


def test_without_demand_or_anyone_who_could_nobody_works() -> None:
    assert staffed(week(demand=[])).shifts == ()
    spent = week(providers=[{"id": "ana", "mostMinutes": 0}])
    assert staffed(spent).figures.uncovered == 112


def test_the_same_seed_gives_the_same_roster() -> None:
    made = generate(providers=10, seed=3)

    first, second = (staff(made, seconds=60, seed=5) for _ in range(2))

    assert first.status == "OPTIMAL"
    assert first.shifts == second.shifts
    assert broken(written(made), first.document()) == []


needs = st.lists(st.integers(0, 2), min_size=2, max_size=2)


@settings(max_examples=25, deadline=None)
@given(st.lists(needs, min_size=2, max_size=2), st.integers(0, 12 * 60), st.booleans())
def test_no_roster_is_better(asked: list[list[int]], rest: int, can_both: bool) -> None:
    """Against all rosters of two days, two people and two shifts, ranked as promised."""
    document = {
        "demand": [{"day": d, "start": 720, "need": need} for d, need in enumerate(asked)],
        "templates": [
            {"id": "long", "start": 720, "until": 1440},
            {"id": "short", "start": 720, "until": 750},
        ],
        "providers": [{"id": "a"}, {"id": "b", **({} if can_both else {"mostMinutes": 30})}],
        "rules": {"restMinutes": rest},
    }
    made = read(document)
    ranks = []
    for choice in product((None, "long", "short"), repeat=4):
        spots = zip(product("ab", (0, 1)), choice, strict=True)
        shifts = [Given(who, day, name) for (who, day), name in spots if name]
        figures = figures_of(made, shifts)
        entire = Roster("OPTIMAL", 0, tuple(shifts), figures)
        if not broken(document, entire.document()):
            ranks.append((figures.uncovered, figures.overstaffed, figures.spread_minutes))

    best = staffed(document).figures

    assert (best.uncovered, best.overstaffed, best.spread_minutes) == min(ranks)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)

    with pytest.raises(StaffingNotInstalled, match=r"pip install 'barberpro\[staffing\]'"):
        staff(read(week()), seconds=1)
