"""Deadlines end the work of their own task when its time is over, and nothing else."""

import asyncio

import pytest

from barberpro.gateway.deadline import Deadline, watches


def open_now() -> int:
    return len(watches[asyncio.get_running_loop()].open)


async def test_work_past_its_time_is_ended():
    steps = []
    with pytest.raises(TimeoutError), Deadline(0.05) as deadline:
        steps.append("begun")
        await asyncio.sleep(30)
        steps.append("never")
    assert (steps, deadline.is_over, open_now()) == (["begun"], True, 0)
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)  # the task goes on


async def test_work_in_time_goes_on_undisturbed():
    with Deadline(0.05) as deadline:
        await asyncio.sleep(0)
    await asyncio.sleep(0.2)
    assert (deadline.is_over, open_now()) == (False, 0)


async def test_a_deadline_that_was_put_off_rings_at_its_new_time():
    with Deadline(0.05) as deadline:
        deadline.put_off(30)
        await asyncio.sleep(0.2)
        assert not deadline.is_over
        assert 29 < deadline.left() < 30
    with pytest.raises(TimeoutError), Deadline(30) as deadline:
        deadline.put_off(0.05)
        await asyncio.sleep(30)


async def test_of_many_only_those_that_are_late_are_ended():
    async def work(seconds: float) -> str:
        try:
            with Deadline(seconds):
                await asyncio.sleep(0.3)
        except TimeoutError:
            return "late"
        return "in time"

    told = await asyncio.gather(*(work(s) for s in (0.05, 30, 0.1, 30)))
    assert told == ["late", "in time", "late", "in time"]


async def test_who_is_cancelled_by_others_hears_of_that():
    async def work() -> None:
        with Deadline(30):
            await asyncio.sleep(30)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert open_now() == 0


async def test_a_failure_of_the_work_is_its_own():
    with pytest.raises(KeyError), Deadline(30):
        raise KeyError("mine")
    assert open_now() == 0
