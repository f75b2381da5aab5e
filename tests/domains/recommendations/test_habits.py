"""A customer's own habit: its gap, its chance, and when it is due."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.domains.recommendations.training.habits import HORIZON_DAYS, Habits, habits

NOW = 1000.0
bookings = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 900).map(float)), max_size=60
)


def of(rows: list[tuple[int, int, float]]) -> Habits:
    customer, thing, day = (
        np.array([row[n] for row in rows], dtype=kind)
        for n, kind in enumerate((np.int64, np.int64, float))
    )
    return habits(customer, thing, day, shape=(3, 4), at=NOW)


def test_the_gap_is_the_median_of_the_last_five() -> None:
    days = [NOW - d for d in (500, 300, 200, 140, 119, 98, 77, 55)]  # gaps 200 100 60 21 21 21 22
    assert of([(0, 0, d) for d in days]).gap[0, 0] == 21.0
    even = of([(1, 2, NOW - d) for d in (60, 40, 16)])  # gaps 20 24
    assert even.gap[1, 2] == 22.0


def test_loose_gaps_are_no_cadence() -> None:
    loose = of(
        [(0, 0, NOW - d) for d in (100, 70, 61, 20, 1)]
    )  # gaps 30 9 41 19: off by 11 of 24.5
    assert np.isnan(loose.gap[0, 0])
    assert not loose.is_due[0, 0]


def test_two_bookings_make_no_habit_and_one_visit_counts_once() -> None:
    twice = of([(0, 0, NOW - 42), (0, 0, NOW - 21)])
    assert np.isnan(twice.gap[0, 0])
    assert (twice.times[0, 0], twice.last[0, 0]) == (2, NOW - 21)
    on_two_days = of([(0, 0, NOW - d) for d in (42, 41.9, 21, 20.9)])
    assert np.isnan(on_two_days.gap[0, 0])
    on_three_days = of([(0, 0, NOW - d) for d in (63, 62.9, 42, 41.9, 21, 20.9)])
    assert on_three_days.gap[0, 0] == pytest.approx(20.9)


@pytest.mark.parametrize(
    ("since", "is_due"), [(1, False), (15, False), (16, True), (21, True), (31, True), (33, False)]
)
def test_a_thing_is_due_around_its_gap(since: int, is_due: bool) -> None:
    found = of([(0, 0, NOW - since - 21 * n) for n in range(4)])
    assert bool(found.is_due[0, 0]) is is_due


def test_a_strict_cadence_gives_the_chance_of_a_poisson_process_of_its_rate() -> None:
    fresh = of([(0, 0, NOW - 1 - 20 * n) for n in range(4)])
    assert fresh.chance[0, 0] == pytest.approx(1 - np.exp(-HORIZON_DAYS / 20))
    due = of([(0, 0, NOW - 20 - 20 * n) for n in range(4)])
    assert due.chance[0, 0] == pytest.approx(1 - np.exp(-1.5 * HORIZON_DAYS / 20))
    stopped = of([(0, 0, NOW - 50 - 20 * n) for n in range(4)])  # one gap beyond the grace
    assert stopped.chance[0, 0] == pytest.approx(1 - np.exp(-HORIZON_DAYS / 20 / 2))


def test_without_a_cadence_recent_bookings_give_the_rate() -> None:
    once = of([(0, 0, NOW - 180)])  # half a year old, so it counts half
    rate = 0.5 * np.log(2) / 180
    assert once.chance[0, 0] == pytest.approx(1 - np.exp(-rate * HORIZON_DAYS))


def test_a_cadence_counts_in_so_far_as_it_is_strict() -> None:
    days = [
        1,
        19,
        39,
        61,
    ]  # gaps 22 20 18: at the median off by 2 of 20, and strict to 1 - 0.1 / 0.25
    found = of([(0, 0, NOW - d) for d in days])
    recent = sum(0.5 ** (d / 180) for d in days) * np.log(2) / 180
    rate = 0.6 / 20 + 0.4 * recent
    assert found.gap[0, 0] == 20
    assert found.chance[0, 0] == pytest.approx(1 - np.exp(-rate * HORIZON_DAYS))


@given(bookings)
def test_a_chance_is_one_and_is_zero_exactly_where_nothing_was_booked(
    rows: list[tuple[int, int, float]],
) -> None:
    found = of(rows)
    assert ((found.chance >= 0) & (found.chance <= 1)).all()
    assert ((found.times == 0) == (found.chance == 0)).all()
    assert (np.isnan(found.last) == (found.times == 0)).all()
    assert found.times.sum() == len(rows)


@given(bookings, st.randoms())
def test_pairs_do_not_touch_each_other_and_order_does_not_matter(
    rows: list[tuple[int, int, float]], random: object
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    alone = of([row for row in shuffled if row[:2] == (1, 1)])
    for name in ("times", "last", "gap", "chance"):
        together = getattr(of(rows), name)[1, 1]
        np.testing.assert_allclose(getattr(alone, name)[1, 1], together, rtol=1e-12)
