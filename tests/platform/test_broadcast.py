import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from barberpro.platform import broadcast as module
from barberpro.platform.broadcast import LONGEST_GAP, MOST_WAITING, Behind, Broadcast, Listener
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.events import Event, publish
from barberpro.platform.principal import Principal


@dataclass(frozen=True, kw_only=True)
class BladeChanged(Event):
    type: ClassVar[str] = "TestBladeChanged"
    note: str


def anything(event: Event) -> str:
    return event.subject


@pytest.fixture
def broadcast(database: Database, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Broadcast:
    """It looks when a test tells it to."""
    monkeypatch.setattr(module, "EVERY_SECONDS", 3_600)
    return Broadcast(database, clock)


@pytest.fixture
def change(opening: Any) -> Callable[..., Any]:
    async def change(*blades: str, note: str = "", who: Principal | None = None) -> None:
        async with opening(who) as tx:
            for blade in blades:
                await publish(tx, BladeChanged(subject=blade, note=note))

    return change


async def heard(listener: Listener) -> list[tuple[str, str]]:
    """Everything that waits, as subject and note."""
    found: list[tuple[str, str]] = []
    try:
        while True:
            async with asyncio.timeout(0.02):
                happened = await listener.next()
            assert isinstance(happened.event, BladeChanged)
            found.append((happened.event.subject, happened.event.note))
    except TimeoutError:
        return found


async def test_tells_what_is_committed_while_it_listens(
    broadcast: Broadcast, change: Any, principal: Principal, clock: Any
) -> None:
    await change("before")
    async with broadcast.listening(principal.tenant, anything) as listener:
        await change("one", "two")
        await broadcast.look()
        assert sorted(await heard(listener)) == [("one", ""), ("two", "")]
        clock.forward(seconds=1)
        await change("three")
        await broadcast.look()
        assert await heard(listener) == [("three", "")]


async def test_says_when_an_event_was_published(
    broadcast: Broadcast, change: Any, principal: Principal, clock: Any
) -> None:
    async with broadcast.listening(principal.tenant, anything) as listener:
        await change("one")
        published = clock()
        clock.forward(seconds=30)
        await broadcast.look()
        assert (await listener.next()).at == published


async def test_another_tenant_hears_nothing(
    broadcast: Broadcast, change: Any, principal: Principal, stranger: Principal
) -> None:
    async with (
        broadcast.listening(principal.tenant, anything) as ours,
        broadcast.listening(stranger.tenant, anything) as theirs,
    ):
        await change("ours")
        await change("theirs", who=stranger)
        await broadcast.look()
        assert await heard(ours) == [("ours", "")]
        assert await heard(theirs) == [("theirs", "")]


async def test_what_is_rolled_back_is_not_told(
    broadcast: Broadcast, opening: Any, principal: Principal
) -> None:
    async with broadcast.listening(principal.tenant, anything) as listener:
        with pytest.raises(ZeroDivisionError):
            async with opening() as tx:
                await publish(tx, BladeChanged(subject="blade", note=""))
                raise ZeroDivisionError
        await broadcast.look()
        assert await heard(listener) == []


async def test_a_transaction_that_ends_after_a_later_one_is_told(
    broadcast: Broadcast, opening: Any, change: Any, principal: Principal, clock: Any, database: Any
) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer: transactions end in the order they begin")
    async with broadcast.listening(principal.tenant, anything) as listener:
        async with opening() as tx:
            await publish(tx, BladeChanged(subject="early", note=""))
            clock.forward(seconds=20)
            await change("late")
            await broadcast.look()
            assert await heard(listener) == [("late", "")]
            clock.forward(seconds=20)
            await broadcast.look()
        await broadcast.look()
        assert await heard(listener) == [("early", "")]


async def test_of_events_about_one_thing_only_the_last_waits(
    broadcast: Broadcast, change: Any, principal: Principal, clock: Any
) -> None:
    async with broadcast.listening(principal.tenant, lambda _: "drawer") as listener:
        for subject in ("blade", "comb"):
            await change(subject)
            clock.forward(seconds=1)
        await broadcast.look()
        told = await listener.next()
        assert (told.about, told.event.subject) == ("drawer", "comb")
        assert await heard(listener) == []


async def test_of_one_subject_only_the_last_event_waits(
    broadcast: Broadcast, change: Any, principal: Principal, clock: Any
) -> None:
    async with broadcast.listening(principal.tenant, anything) as listener:
        for note in ("dull", "sharp"):
            await change("blade", note=note)
            clock.forward(seconds=1)
        await change("other")
        await broadcast.look()
        assert await heard(listener) == [("blade", "sharp"), ("other", "")]


async def test_only_what_is_wanted_waits(
    broadcast: Broadcast, change: Any, principal: Principal
) -> None:
    async with (
        broadcast.listening(
            principal.tenant, lambda event: "b" if event.subject == "b" else None
        ) as choosy,
        broadcast.listening(principal.tenant, anything) as curious,
    ):
        await change("a", "b")
        await broadcast.look()
        assert await heard(choosy) == [("b", "")]
        assert sorted(await heard(curious)) == [("a", ""), ("b", "")]


async def test_who_does_not_keep_up_is_told_so_and_others_are_not_harmed(
    broadcast: Broadcast, change: Any, principal: Principal, clock: Any
) -> None:
    async with (
        broadcast.listening(principal.tenant, anything) as slow,
        broadcast.listening(principal.tenant, anything) as quick,
    ):
        full = [f"blade {n:03}" for n in range(MOST_WAITING)]
        await change(*full)
        await broadcast.look()
        assert len(await heard(quick)) == MOST_WAITING
        clock.forward(seconds=1)
        await change("one more")
        await broadcast.look()
        assert await heard(quick) == [("one more", "")]
        for _ in range(2):
            with pytest.raises(Behind):
                await slow.next()


async def test_an_outage_is_caught_up_to_a_point(
    broadcast: Broadcast, change: Any, principal: Principal, clock: Any
) -> None:
    async with broadcast.listening(principal.tenant, anything) as listener:
        await change("first")
        clock.forward(seconds=LONGEST_GAP.total_seconds())
        await broadcast.look()
        assert await heard(listener) == [("first", "")]
        await change("second")
        clock.forward(seconds=LONGEST_GAP.total_seconds() + 1)
        await broadcast.look()
        with pytest.raises(Behind):
            await listener.next()


@pytest.fixture
async def reads(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """The tenants whose outbox was read."""
    found: list[str] = []
    rows = Reader.rows

    async def counted(self: Reader, *given: Any) -> Any:
        found.append(self.principal.tenant)
        return await rows(self, *given)

    monkeypatch.setattr(Reader, "rows", counted)
    yield found


async def test_listeners_of_a_tenant_share_a_read_and_nobody_costs_none(
    broadcast: Broadcast, principal: Principal, reads: list[str]
) -> None:
    async with (
        broadcast.listening(principal.tenant, anything),
        broadcast.listening(principal.tenant, anything),
    ):
        await broadcast.look()
        assert reads == [principal.tenant] * 2  # as it began, and now
    await broadcast.look()
    assert len(reads) == 2


async def test_it_looks_by_itself_and_a_failed_look_loses_nothing(
    database: Database,
    clock: Any,
    change: Any,
    principal: Principal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.01)
    rows, failures = Reader.rows, 0

    async def away_at_first(self: Reader, *given: Any) -> Any:
        nonlocal failures
        if failures < 2:
            failures += 1
            raise ConnectionError
        return await rows(self, *given)

    async with Broadcast(database, clock).listening(principal.tenant, anything) as listener:
        monkeypatch.setattr(Reader, "rows", away_at_first)
        await change("blade")
        async with asyncio.timeout(10):
            assert (await listener.next()).event.subject == "blade"
    assert failures == 2
