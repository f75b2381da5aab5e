"""Copies in memory are as new as the answer they are used for, in every process."""

from typing import Any

import pytest
from sqlalchemy import select

from barberpro.platform import editions
from barberpro.platform.doors import Reader
from barberpro.platform.editions import Copies
from barberpro.platform.principal import worker


@pytest.fixture
def reader(database: Any, principal: Any) -> Reader:
    return Reader(database, worker(principal.tenant))


class Source:
    """What copies are made of: a number for each subject, and how often it was asked."""

    def __init__(self, **numbers: int) -> None:
        self.numbers = numbers
        self.asked: list[list[str]] = []

    async def __call__(self, reader: Reader, subjects: list[str]) -> dict[str, int]:
        self.asked.append(subjects)
        return {each: self.numbers[each] for each in subjects if each in self.numbers}


async def change(opening: Any, *subjects: str) -> None:
    async with opening() as tx:
        await editions.changed(tx, *subjects)


async def test_a_copy_is_made_once_and_anew_after_each_change(opening: Any, reader: Reader) -> None:
    copies, source = Copies(), Source(a=1, b=2)
    assert await copies.of(reader, ["a", "b", "a"], source) == {"a": 1, "b": 2}
    assert await copies.of(reader, ["b", "a"], source) == {"a": 1, "b": 2}
    assert source.asked == [["a", "b"]]
    source.numbers["a"] = 7
    await change(opening, "a")
    assert await copies.of(reader, ["a", "b"], source) == {"a": 7, "b": 2}
    await change(opening, "a", "a")
    await copies.of(reader, ["a", "b"], source)
    assert source.asked == [["a", "b"], ["a"], ["a"]]


async def test_every_process_makes_its_own_anew(opening: Any, reader: Reader) -> None:
    source, processes = Source(a=1), [Copies(), Copies()]
    for each in processes:
        await each.of(reader, ["a"], source)
    source.numbers["a"] = 2
    await change(opening, "a")
    assert [await each.of(reader, ["a"], source) for each in processes] == [{"a": 2}] * 2


async def test_what_was_rolled_back_changed_nothing(opening: Any, reader: Reader) -> None:
    copies, source = Copies(), Source(a=1)
    await copies.of(reader, ["a"], source)
    with pytest.raises(ZeroDivisionError):
        async with opening() as tx:
            await editions.changed(tx, "a")
            raise ZeroDivisionError
    await copies.of(reader, ["a"], source)
    assert source.asked == [["a"]]


async def test_a_change_while_a_copy_is_made_makes_it_old(opening: Any, reader: Reader) -> None:
    copies = Copies()

    async def slow(_: Reader, subjects: list[str]) -> dict[str, str]:
        await change(opening, "a")
        return dict.fromkeys(subjects, "read before")

    assert await copies.of(reader, ["a"], slow) == {"a": "read before"}
    assert await copies.of(reader, ["a"], Source(a=2)) == {"a": 2}


async def test_what_is_not_there_is_asked_for_again(reader: Reader) -> None:
    copies, source = Copies(), Source()
    assert await copies.of(reader, ["a"], source) == {}
    source.numbers["a"] = 1
    assert await copies.of(reader, ["a"], source) == {"a": 1}
    assert await copies.of(reader, [], source) == {}


async def test_copies_of_tenants_are_apart(
    database: Any, opening: Any, reader: Reader, stranger: Any
) -> None:
    copies, theirs = Copies(), Reader(database, worker(stranger.tenant))
    assert await copies.of(reader, ["a"], Source(a=1)) == {"a": 1}
    assert await copies.of(theirs, ["a"], Source(a=2)) == {"a": 2}
    await change(opening, "a")
    nothing = Source()
    assert await copies.of(theirs, ["a"], nothing) == {"a": 2}
    assert nothing.asked == []


async def test_the_ones_not_used_for_longest_go_first(reader: Reader) -> None:
    copies, source = Copies(most=2), Source(a=1, b=2, c=3)
    await copies.of(reader, ["a", "b"], source)
    await copies.of(reader, ["a"], source)
    await copies.of(reader, ["c"], source)
    await copies.of(reader, ["a", "c"], source)
    await copies.of(reader, ["b"], source)
    assert source.asked == [["a", "b"], ["c"], ["b"]]


async def test_an_edition_rises_by_one_a_change(opening: Any) -> None:
    for _ in range(3):
        await change(opening, "a", "b")
    await change(opening, "b")
    async with opening() as tx:
        c = editions.editions.c
        rows = await tx.rows(select(c.subject, c.edition).order_by(c.subject))
    assert [tuple(row) for row in rows] == [("a", 3), ("b", 4)]
