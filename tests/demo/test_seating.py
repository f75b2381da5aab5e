"""Places in agendas: nobody twice, nobody outside hours, everybody as near to their wish as can be."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.demo import seating
from barberpro.demo.hours import SPANS
from barberpro.demo.roster import OFF, Roster
from barberpro.demo.seating import OCCUPIED, SLOTS, agendas, seated

MONDAY = np.datetime64("2026-11-16")
NEVER = np.datetime64("2100-01-01")


def shop(providers: int, spans: list[tuple[int, int]], days: int = 1) -> tuple[Roster, np.ndarray]:
    """A shop whose providers work every day, and their agendas; spans are minutes."""
    plan = Roster(
        home=np.zeros(providers, dtype=int),
        second=np.full(providers, OFF),
        works=np.zeros((providers, 7), dtype=int),
        seat=np.repeat(np.arange(providers)[:, None], 7, axis=1),
        begins=np.full(providers, MONDAY),
        has_left=np.zeros(providers, dtype=bool),
        leaves=np.full(providers, NEVER),
    )
    week = np.zeros((1, 7, SPANS, 2), dtype=int)
    week[0, :, : len(spans)] = spans
    dates = MONDAY + np.arange(days)
    return plan, agendas(plan, week, np.zeros((1, days), dtype=bool), dates)


def asked(slots: list[int], services: list[int], *, flexible: bool = True) -> SimpleNamespace:
    count = len(slots)
    return SimpleNamespace(
        day=np.zeros(count, dtype=int),
        location=np.zeros(count, dtype=int),
        service=np.array(services),
        slot=np.array(slots),
        is_flexible=np.full(count, flexible),
    )


def seats(
    wishes: SimpleNamespace, favourite: list[int], plan: Roster, free: np.ndarray
) -> seating.Seats:
    dates = MONDAY + np.arange(free.shape[1])
    return seated(np.random.default_rng(1), wishes, np.array(favourite), free, plan, dates)


def test_hours_are_bits_of_a_day() -> None:
    _, free = shop(1, [(9 * 60, 10 * 60), (21 * 60, 22 * 60)])
    assert bin(int(free[0, 0])) == "0b" + "1111" + "0" * 44 + "1111" + "0" * 4


def test_who_is_alone_gets_what_they_ask_for() -> None:
    plan, free = shop(2, [(9 * 60, 20 * 60)])
    found = seats(asked([20], [0]), [1], plan, free)
    assert (found.provider.tolist(), found.day.tolist(), found.slot.tolist()) == ([1], [0], [20])
    assert OCCUPIED[0] == 3  # half an hour and five minutes
    assert int(free[1, 0]) >> 20 & 0b111 == 0
    assert int(free[0, 0]) >> 20 & 0b111 == 0b111


def test_the_flexible_go_to_a_colleague_and_the_loyal_come_another_day() -> None:
    plan, free = shop(2, [(9 * 60, 20 * 60)], days=3)
    free[0, 0] = 0
    found = seats(asked([20], [0]), [0], plan, free.copy())
    assert (found.provider.tolist(), found.day.tolist()) == ([1], [0])
    found = seats(asked([20], [0], flexible=False), [0], plan, free.copy())
    assert (found.provider.tolist(), found.day.tolist()) == ([0], [1])


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, SLOTS - 1), st.integers(0, 12), st.integers(0, 1)),
        min_size=1,
        max_size=60,
    )
)
def test_no_place_is_given_twice_and_none_outside_hours(wishes: list[tuple[int, int, int]]) -> None:
    slots, services, favourite = (list(each) for each in zip(*wishes, strict=True))
    plan, free = shop(2, [(9 * 60, 13 * 60), (17 * 60, 20 * 60)])
    before = free.copy()
    found = seats(asked(slots, services), favourite, plan, free)
    taken = np.zeros_like(free)
    for provider, day, slot, service in zip(
        found.provider, found.day, found.slot, services, strict=True
    ):
        if slot == OFF:
            continue
        block = np.uint64(((1 << int(OCCUPIED[service])) - 1) << int(slot))
        assert taken[provider, day] & block == 0
        assert before[provider, day] & block == block
        taken[provider, day] |= block
    assert (free == before & ~taken).all()
    assert taken.any()
