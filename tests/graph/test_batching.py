"""One batch a tick, whatever becomes of those who wait for it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from barberpro.graph.batching import Batch, BatchCancelled

PATIENCE = 2.0
"""Seconds after which a waiter is taken to hang."""


class Source:
    """Answers ten times the key, remembers how it was asked, and fails as told."""

    def __init__(self) -> None:
        self.asked: list[list[Any]] = []
        self.failure: BaseException | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def load(self, keys: Sequence[int]) -> list[int]:
        self.asked.append(list(keys))
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return [key * 10 for key in keys]


@pytest.fixture
def source() -> Source:
    return Source()


async def wait(batch: Batch, key: Any) -> Any:
    async with asyncio.timeout(PATIENCE):
        return await batch.load(key)


async def outcomes(*waiting: Any) -> list[Any]:
    return await asyncio.gather(*waiting, return_exceptions=True)


async def started(*waiting: Any) -> list[asyncio.Task[Any]]:
    """Tasks that have asked, and whose batch has not begun."""
    tasks = [asyncio.create_task(each) for each in waiting]
    await asyncio.sleep(0)
    return tasks


# Batches


async def test_what_is_asked_in_a_tick_is_one_batch(source: Source) -> None:
    batch = Batch(source.load)
    assert await asyncio.gather(*[wait(batch, key) for key in (3, 1, 2, 1, 3)]) == [
        30,
        10,
        20,
        10,
        30,
    ]
    assert source.asked == [[3, 1, 2]]


async def test_what_is_asked_later_is_the_next_batch(source: Source) -> None:
    batch = Batch(source.load)
    source.open.clear()
    first = asyncio.create_task(wait(batch, 1))
    while not source.asked:  # noqa: ASYNC110 - ticks are what this is about
        await asyncio.sleep(0)
    second = asyncio.create_task(wait(batch, 2))
    await asyncio.sleep(0.01)
    assert source.asked == [[1], [2]]
    source.open.set()
    assert await asyncio.gather(first, second) == [10, 20]


async def test_an_answer_is_kept(source: Source) -> None:
    batch = Batch(source.load)
    assert [await wait(batch, 1), await wait(batch, 1)] == [10, 10]
    assert source.asked == [[1]]


async def test_without_a_cache_every_load_asks(source: Source) -> None:
    batch = Batch(source.load, cache=False)
    assert await asyncio.gather(*[wait(batch, key) for key in (1, 2, 1)]) == [10, 20, 10]
    assert await wait(batch, 1) == 10
    assert source.asked == [[1, 2, 1], [1]]


# Callers that are cancelled. Plain aiodataloader gives all who load a key the same future, and awaiting a future makes
# cancelling the one who waits cancel it: the siblings get a CancelledError that nobody meant for them. The cancelled
# future stays in the cache, so every later load of the key raises CancelledError as well.


@pytest.mark.parametrize("cache", [True, False])
async def test_a_caller_cancelled_before_the_batch_does_not_poison_the_key(
    source: Source, cache: bool
) -> None:
    batch = Batch(source.load, cache=cache)
    (cancelled,) = await started(wait(batch, 1))
    cancelled.cancel()
    assert isinstance((await outcomes(cancelled))[0], asyncio.CancelledError)
    assert await wait(batch, 1) == 10


async def test_a_caller_cancelled_before_the_batch_leaves_its_siblings_alone(
    source: Source,
) -> None:
    batch = Batch(source.load)
    cancelled, same, other = await started(wait(batch, 1), wait(batch, 1), wait(batch, 2))
    cancelled.cancel()
    first, *others = await outcomes(cancelled, same, other)
    assert isinstance(first, asyncio.CancelledError)
    assert others == [10, 20]
    assert source.asked == [[1, 2]]


async def test_a_caller_cancelled_during_the_batch_leaves_its_siblings_alone(
    source: Source,
) -> None:
    batch = Batch(source.load)
    source.open.clear()
    cancelled, same = await started(wait(batch, 1), wait(batch, 1))
    await asyncio.sleep(0.01)
    assert source.asked == [[1]]
    cancelled.cancel()
    await asyncio.sleep(0)
    source.open.set()
    first, second = await outcomes(cancelled, same)
    assert (type(first), second) == (asyncio.CancelledError, 10)
    assert await wait(batch, 1) == 10
    assert source.asked == [[1]]


async def test_a_deadline_of_one_caller_is_not_that_of_another(source: Source) -> None:
    batch = Batch(source.load)
    source.open.clear()

    async def hurried() -> Any:
        async with asyncio.timeout(0.01):
            return await batch.load(1)

    hasty, patient = await started(hurried(), wait(batch, 1))
    assert isinstance((await outcomes(hasty))[0], TimeoutError)
    source.open.set()
    assert await patient == 10


async def test_a_batch_whose_callers_have_all_left_is_kept_for_the_next(source: Source) -> None:
    batch = Batch(source.load)
    gone = await started(wait(batch, 1), wait(batch, 2))
    for each in gone:
        each.cancel()
    await outcomes(*gone)
    assert await wait(batch, 2) == 20
    assert source.asked == [[1, 2]]


# A batch that is cancelled. Plain aiodataloader catches Exception, which CancelledError is not: the batch's futures
# are never set, and whoever waits for them hangs until something else ends it.


@pytest.mark.parametrize("cache", [True, False])
async def test_cancellation_inside_the_batch_fails_those_who_wait(
    source: Source, cache: bool
) -> None:
    batch = Batch(source.load, cache=cache)
    source.failure = asyncio.CancelledError()
    found = await outcomes(wait(batch, 1), wait(batch, 2), wait(batch, 1))
    assert [type(each) for each in found] == [BatchCancelled] * 3
    source.failure = None
    assert await wait(batch, 1) == 10


async def test_cancelling_the_batchs_own_task_fails_those_who_wait() -> None:
    async def load(keys: Sequence[int]) -> list[int]:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)
        return [0 for _ in keys]

    batch = Batch(load)
    found = await outcomes(wait(batch, 1), wait(batch, 2))
    assert [type(each) for each in found] == [BatchCancelled] * 2


# Failures, which plain aiodataloader handles: these hold it to that.


@pytest.mark.parametrize("cache", [True, False])
async def test_a_failure_reaches_all_and_is_not_kept(source: Source, cache: bool) -> None:
    batch = Batch(source.load, cache=cache)
    source.failure = LookupError("the database is away")
    found = await outcomes(wait(batch, 1), wait(batch, 2), wait(batch, 1))
    assert found == [source.failure] * 3
    source.failure = None
    assert await asyncio.gather(wait(batch, 1), wait(batch, 2)) == [10, 20]


async def test_a_value_that_is_an_error_fails_its_own_key() -> None:
    missing = LookupError("no such shop")

    async def load(keys: Sequence[int]) -> list[Any]:
        return [missing if key == 2 else key for key in keys]

    batch = Batch(load)
    assert await outcomes(wait(batch, 1), wait(batch, 2)) == [1, missing]


async def test_a_batch_of_another_length_fails_all() -> None:
    async def load(keys: Sequence[int]) -> list[int]:
        return [0]

    batch = Batch(load)
    found = await outcomes(wait(batch, 1), wait(batch, 2))
    assert [type(each) for each in found] == [TypeError] * 2
