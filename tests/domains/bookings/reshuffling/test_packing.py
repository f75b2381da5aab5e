"""Which visits are moved: against every way there is."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.domains.bookings.reshuffling.packing import Visit, packed

NINE, ONE = 9 * 60, 13 * 60


def visit(id_: str, at: int, within: int = 15, minutes: int = 40) -> Visit:
    return Visit(id_, at, minutes, tuple(range(at - within, at + within + 1, 5)))


def every_way(visits: list[Visit], begins: int, ends: int, usual: int) -> tuple[int, int, int]:
    """What the best way is worth, found by trying all."""
    found = []
    for starts in product(*(v.starts for v in visits)):
        free, bookable = min([begins, *(v.at for v in visits)]), 0
        for v, at in zip(visits, starts, strict=True):
            if at < free:
                break
            bookable += (at - free) // usual * usual
            free = at + v.minutes
        else:
            moved = [abs(at - v.at) for v, at in zip(visits, starts, strict=True) if at != v.at]
            last = max(0, ends - free) // usual * usual
            found.append((bookable + last, -len(moved), -sum(moved)))
    return max(found)


def test_two_small_gaps_become_one_that_is_booked() -> None:
    visits = [visit("a", NINE + 10), visit("b", NINE + 70)]  # 10 free, 20 free, 130 free
    found = packed(visits, NINE, ONE, 40)
    assert (found.moved, found.won) == ({"a": NINE, "b": NINE + 80}, 40)


def test_who_need_not_be_moved_is_not() -> None:
    visits = [visit("a", NINE + 15), visit("b", NINE + 80)]  # moving the first one is enough
    found = packed(visits, NINE, ONE, 40)
    assert (found.moved, found.won) == ({"a": NINE}, 40)
    assert packed([visit("a", NINE)], NINE, ONE, 40).moved == {}
    assert packed([], NINE, ONE, 40).won == 0


def test_nobody_is_moved_for_time_that_nobody_can_book() -> None:
    visits = [visit("a", NINE + 10), visit("b", NINE + 60)]
    assert packed(visits, NINE, NINE + 120, 40).moved == {}


def test_who_began_before_the_span_is_no_gap() -> None:
    early = Visit("early", NINE - 20, 40, (NINE - 20,))
    found = packed([early, visit("b", NINE + 50)], NINE, ONE, 40)
    assert (found.moved, found.won) == ({"b": NINE + 60}, 40)


@st.composite
def days(draw: Any) -> tuple[list[Visit], int, int]:
    """Up to five visits that do not overlap, in steps of five minutes, with the times they could be moved to."""
    at, visits = NINE, []
    for n in range(draw(st.integers(0, 5))):
        at += 5 * draw(st.integers(0, 9))
        minutes = 5 * draw(st.integers(2, 9))
        others = draw(st.lists(st.integers(-3, 3), max_size=4, unique=True))
        starts = {at, *(at + 5 * by for by in others if at + 5 * by >= NINE)}
        visits.append(Visit(str(n), at, minutes, tuple(sorted(starts))))
        at += minutes
    return visits, max(at - 5 * draw(st.integers(0, 4)), NINE), 5 * draw(st.integers(2, 10))


@settings(max_examples=150, deadline=None)
@given(days())
def test_no_other_way_is_better(day: tuple[list[Visit], int, int]) -> None:
    visits, ends, usual = day
    found = packed(visits, NINE, ends, usual)
    now = every_way([Visit(v.id, v.at, v.minutes, (v.at,)) for v in visits], NINE, ends, usual)
    moved = [abs(found.moved[v.id] - v.at) for v in visits if v.id in found.moved]
    best = (now[0] + found.won, -len(moved), -sum(moved))
    assert best == every_way(visits, NINE, ends, usual)
    assert found.won >= 0


@pytest.mark.parametrize("many", [60])
def test_a_full_day_is_packed_at_once(many: int) -> None:
    """Sixty visits have 7^60 ways; only a few thousand are looked at."""
    visits = [visit(str(n), 10_000 + 50 * n) for n in range(many)]
    found = packed(visits, 10_000, 10_000 + 50 * many, 40)
    assert found.won > 0
