import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import Row, func, insert, select
from structlog.testing import capture_logs

from barberpro.domains.people.tables import customers
from barberpro.platform import deliveries as ledger
from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.deliveries import deliveries
from barberpro.platform.doors import Reader, Transaction, housekeeping, transaction
from barberpro.platform.events import Event, events, publish
from barberpro.platform.principal import Principal
from barberpro.platform.relay import ATTEMPTS, Handlers, Relay


@dataclass(frozen=True, kw_only=True)
class ChairPolished(Event):
    type: ClassVar[str] = "TestChairPolished"
    at: datetime
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ShineNoticed(Event):
    type: ClassVar[str] = "TestShineNoticed"


Make = Callable[..., Relay]


class Told:
    """What handlers were told, and how they answer."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.tries = 0
        self.called = asyncio.Event()
        self.error: Exception | None = None

    async def remember(self, tx: Transaction, event: ChairPolished) -> None:
        """Leaves a customer named like the event's note, as a handler's projection would."""
        self.called.set()
        self.tries += 1
        self.events.append((tx.principal.tenant, tx.request_id, event))
        await tx.execute(
            insert(customers).values(
                id=ids.new("cus"), name=event.note, name_key="x", created_at=tx.now
            )
        )
        if self.error is not None:
            raise self.error


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def handlers(told: Told) -> Handlers:
    """Each test has handlers of its own name: deliveries of other tests are none of its business."""
    made = Handlers()

    async def remember(tx: Transaction, event: ChairPolished) -> None:
        await told.remember(tx, event)

    remember.__name__ = ids.new("remember")
    made.handles(ChairPolished)(remember)
    return made


@pytest.fixture
def relay(database: Database, clock: Clock, handlers: Handlers) -> Relay:
    return Relay(database, clock, handlers, jitter=lambda: 1.0)


@pytest.fixture(autouse=True)
async def _nothing_waiting(database: Database, clock: Clock) -> None:
    """Events that other tests left are told to nobody."""
    await work_off(Relay(database, clock, Handlers()))


async def polish(opening: Any, who: Principal | None = None, note: str = "brillo") -> ChairPolished:
    async with opening(who) as tx:
        event = ChairPolished(subject="chr_1", at=tx.now, note=note)
        await publish(tx, event)
    return event


async def work_off(relay: Relay) -> None:
    while await relay.step(asyncio.Event()):
        pass


async def notes(database: Database, who: Principal) -> list[str]:
    rows = await Reader(database, who).rows(select(customers.c.name).order_by(customers.c.name))
    return [r.name for r in rows]


async def stored(database: Database, who: Principal) -> list[Row[Any]]:
    return list(await Reader(database, who).rows(select(deliveries).order_by(deliveries.c.id)))


async def test_an_event_is_told_once(
    opening: Any, database: Database, principal: Principal, relay: Relay, told: Told
) -> None:
    event = await polish(opening)
    await work_off(relay)
    await work_off(relay)
    assert told.events == [(principal.tenant, "test", event)]
    assert await notes(database, principal) == ["brillo"]
    (delivery,) = await stored(database, principal)
    assert (delivery.attempts, delivery.done_at, delivery.lease_until) == (1, event.at, None)
    assert delivery.last_error is None


async def test_each_handler_of_a_type_is_told(
    opening: Any, database: Database, clock: Clock, principal: Principal
) -> None:
    handlers, calls = Handlers(), Counter[str]()

    @handlers.handles(ChairPolished, ShineNoticed)
    async def both(tx: Transaction, event: Event) -> None:
        calls[f"both {event.type}"] += 1

    @handlers.handles(ShineNoticed)
    async def one(tx: Transaction, event: Event) -> None:
        calls[f"one {event.type}"] += 1

    await polish(opening)
    async with opening() as tx:
        await publish(tx, ShineNoticed(subject="chr_1"))
    await work_off(Relay(database, clock, handlers))
    assert calls == {
        "both TestChairPolished": 1,
        "both TestShineNoticed": 1,
        "one TestShineNoticed": 1,
    }
    assert {r.handler for r in await stored(database, principal)} == {
        "test_relay.both",
        "test_relay.one",
    }


async def test_an_event_nobody_asked_for_is_relayed_to_nobody(
    opening: Any, database: Database, principal: Principal, relay: Relay
) -> None:
    async with opening() as tx:
        await publish(tx, ShineNoticed(subject="chr_1"))
    await work_off(relay)
    assert await stored(database, principal) == []
    rows = await Reader(database, principal).rows(
        select(events.c.relayed_at).where(events.c.type == ShineNoticed.type)
    )
    assert [r.relayed_at for r in rows] == [relay.clock()]


async def test_a_handler_tells_others_in_turn(
    opening: Any, database: Database, clock: Clock, principal: Principal
) -> None:
    handlers, seen = Handlers(), []

    @handlers.handles(ChairPolished)
    async def notice(tx: Transaction, event: ChairPolished) -> None:
        await publish(tx, ShineNoticed(subject=event.subject))

    @handlers.handles(ShineNoticed)
    async def admire(tx: Transaction, event: ShineNoticed) -> None:
        seen.append((tx.request_id, event.subject))

    await polish(opening)
    await work_off(Relay(database, clock, handlers))
    assert seen == [("test", "chr_1")]


async def test_a_handler_works_for_the_events_tenant(
    opening: Any,
    database: Database,
    principal: Principal,
    stranger: Principal,
    relay: Relay,
    told: Told,
) -> None:
    await polish(opening, note="ours")
    await polish(opening, stranger, note="theirs")
    await work_off(relay)
    assert {tenant for tenant, _, _ in told.events} == {principal.tenant, stranger.tenant}
    assert await notes(database, principal) == ["ours"]
    assert await notes(database, stranger) == ["theirs"]


async def test_a_failure_is_undone_and_tried_again_later(
    opening: Any, database: Database, principal: Principal, relay: Relay, told: Told, clock: Any
) -> None:
    await polish(opening)
    told.error = ValueError("no cloth\nsecond line")
    for rest in (1, 3, 9):
        await work_off(relay)
        (delivery,) = await stored(database, principal)
        assert delivery.next_at == clock() + timedelta(seconds=rest)
        assert (delivery.done_at, delivery.lease_until) == (None, None)
        assert delivery.last_error == "ValueError: no cloth"
        assert await notes(database, principal) == []
        clock.forward(seconds=rest - 0.001)
        await work_off(relay)
        assert told.tries == delivery.attempts  # not before its time
        clock.forward(seconds=0.001)
    told.error = None
    await work_off(relay)
    assert await notes(database, principal) == ["brillo"]
    assert (await stored(database, principal))[0].attempts == told.tries == 4


async def test_rests_are_spread_and_never_longer_than_an_hour(
    opening: Any,
    database: Database,
    principal: Principal,
    handlers: Handlers,
    told: Told,
    clock: Any,
) -> None:
    await polish(opening)
    told.error = ValueError("no cloth")
    relay = Relay(database, clock, handlers, jitter=lambda: 0.0)
    rests = []
    for _ in range(ATTEMPTS - 1):
        await work_off(relay)
        (delivery,) = await stored(database, principal)
        rests.append((delivery.next_at - clock()).total_seconds())
        clock.time = delivery.next_at
    assert rests == [0.5, 1.5, 4.5, 13.5, 40.5, 121.5, 364.5, 1093.5, 1800, 1800, 1800]


async def test_after_twelve_attempts_it_is_dead_and_someone_is_told(
    opening: Any, database: Database, principal: Principal, relay: Relay, told: Told, clock: Any
) -> None:
    await polish(opening)
    told.error = ValueError("x" * 2000)
    with capture_logs() as logged:
        for _ in range(ATTEMPTS + 3):
            await work_off(relay)
            clock.forward(hours=1)
    assert told.tries == ATTEMPTS == 12
    (delivery,) = await stored(database, principal)
    assert delivery.dead_at is not None
    assert (delivery.attempts, delivery.done_at) == (12, None)
    assert len(delivery.last_error) == 500
    dead = [line for line in logged if line["event"] == "delivery_dead"]
    assert [line["log_level"] for line in dead] == ["error"]
    assert dead[0]["event_id"] == delivery.event_id
    assert [line["event"] for line in logged].count("delivery_failed") == 11


async def test_the_lease_of_a_dead_worker_is_taken_over(
    opening: Any,
    database: Database,
    clock: Any,
    handlers: Handlers,
    told: Told,
    principal: Principal,
) -> None:
    await polish(opening)
    lost, other = (Relay(database, clock, handlers) for _ in range(2))
    async with housekeeping(database, clock) as house:
        while await ledger.fan_out(house, handlers.by_type):
            pass
    (abandoned,) = await lost.claim()
    clock.forward(seconds=29.999)
    await work_off(other)
    assert told.tries == 0
    clock.forward(seconds=0.001)
    await work_off(other)
    assert told.tries == 1
    await lost.deliver(abandoned)  # it was only slow, and comes back too late
    assert told.tries == 1
    assert await notes(database, principal) == ["brillo"]
    (delivery,) = await stored(database, principal)
    assert delivery.attempts == 2


async def test_a_late_failure_does_not_undo_what_another_worker_did(
    opening: Any,
    database: Database,
    clock: Any,
    handlers: Handlers,
    told: Told,
    principal: Principal,
) -> None:
    """The lease runs out while the handler is at work; its failure is not written down."""
    await polish(opening)
    other = Relay(database, clock, handlers)
    slow = Handlers()
    name = next(iter(handlers.by_name))

    async def handler(tx: Transaction, event: Event) -> None:
        raise ValueError("too late")

    slow.by_name[name] = handler
    slow.by_type = handlers.by_type
    lost = Relay(database, clock, slow)
    async with housekeeping(database, clock) as house:
        while await ledger.fan_out(house, handlers.by_type):
            pass
    (abandoned,) = await lost.claim()
    clock.forward(seconds=30)
    (taken,) = await other.claim()
    await lost.deliver(abandoned)
    (delivery,) = await stored(database, principal)
    assert (delivery.lease_until, delivery.last_error) == (taken.until, None)
    await other.deliver(taken)
    assert await notes(database, principal) == ["brillo"]


async def test_one_that_kills_its_worker_each_time_dies_too(
    opening: Any, database: Database, principal: Principal, relay: Relay, told: Told, clock: Any
) -> None:
    await polish(opening)
    async with housekeeping(database, clock) as house:
        while await ledger.fan_out(house, relay.handlers.by_type):
            pass
    for _ in range(ATTEMPTS):
        assert len(await relay.claim()) == 1  # and the worker dies
        clock.forward(seconds=30)
    with capture_logs() as logged:
        await work_off(relay)
    assert told.tries == 0
    assert [line["event"] for line in logged] == ["delivery_dead"]
    (delivery,) = await stored(database, principal)
    assert delivery.dead_at == clock()


async def test_two_relays_tell_each_event_once(
    opening: Any,
    database: Database,
    clock: Clock,
    handlers: Handlers,
    told: Told,
    principal: Principal,
) -> None:
    async with opening() as tx:
        for n in range(200):
            await publish(tx, ChairPolished(subject="chr_1", at=tx.now, note=f"{n:03}"))
    relays = [Relay(database, clock, handlers) for _ in range(2)]
    await asyncio.gather(*(work_off(relay) for relay in relays))
    for relay in relays:
        await work_off(relay)
    assert Counter(e.note for _, _, e in told.events) == {f"{n:03}": 1 for n in range(200)}
    assert await notes(database, principal) == [f"{n:03}" for n in range(200)]


async def test_a_handler_has_no_longer_than_the_lease(
    opening: Any, database: Database, clock: Clock, principal: Principal
) -> None:
    handlers = Handlers()

    @handlers.handles(ChairPolished)
    async def dawdle(tx: Transaction, event: ChairPolished) -> None:
        await tx.execute(
            insert(customers).values(id=ids.new("cus"), name="x", name_key="x", created_at=tx.now)
        )
        await asyncio.sleep(60)

    await polish(opening)
    relay = Relay(database, clock, handlers, lease=timedelta(seconds=0.1))
    async with asyncio.timeout(10):
        await work_off(relay)
    (delivery,) = await stored(database, principal)
    assert delivery.last_error.startswith("TimeoutError")
    assert await notes(database, principal) == []
    await polish(opening)  # the connection that was cut off does no harm


async def test_a_relay_told_to_stop_gives_back_what_it_has_not_begun(
    opening: Any, database: Database, clock: Clock, principal: Principal
) -> None:
    stop, handlers = asyncio.Event(), Handlers()

    @handlers.handles(ChairPolished)
    async def enough(tx: Transaction, event: ChairPolished) -> None:
        stop.set()
        await asyncio.sleep(0.05)

    async with opening() as tx:
        for _ in range(20):
            await publish(tx, ChairPolished(subject="chr_1", at=tx.now))
    relay = Relay(database, clock, handlers)
    async with asyncio.timeout(10):
        await relay.run(stop)
    rows = await stored(database, principal)
    done = [r for r in rows if r.done_at]
    left = [r for r in rows if not r.done_at]
    assert 1 <= len(done) <= relay.hands
    assert len(done) + len(left) == 20
    assert {(r.attempts, r.lease_until) for r in left} == {(0, None)}


async def test_what_is_gone_from_the_code_waits(
    opening: Any,
    database: Database,
    clock: Clock,
    handlers: Handlers,
    told: Told,
    principal: Principal,
) -> None:
    """A worker of an older version leaves alone what only a newer one can handle."""
    await polish(opening)
    async with housekeeping(database, clock) as house:
        while await ledger.fan_out(house, handlers.by_type):
            pass
    await work_off(Relay(database, clock, Handlers()))
    (delivery,) = await stored(database, principal)
    assert (delivery.attempts, delivery.done_at) == (0, None)
    await work_off(Relay(database, clock, handlers))
    assert told.tries == 1


async def test_old_deliveries_are_dropped_and_their_events_stay(
    opening: Any, database: Database, principal: Principal, relay: Relay, told: Told, clock: Any
) -> None:
    async with opening() as tx:
        for _ in range(ledger.BATCH + 20):
            await publish(tx, ChairPolished(subject="chr_1", at=tx.now))
    await work_off(relay)
    told.error = ValueError("never done")
    await polish(opening)
    await work_off(relay)
    clock.forward(days=7)
    await relay.forget_old()
    assert len(await stored(database, principal)) == ledger.BATCH + 21
    clock.forward(seconds=1)
    await relay.forget_old()
    (kept,) = await stored(database, principal)
    assert kept.done_at is None
    counted = select(func.count()).where(events.c.type == ChairPolished.type)
    assert (await Reader(database, principal).rows(counted))[0][0] == ledger.BATCH + 21


async def test_it_is_prompt_and_outlives_trouble(
    opening: Any, database: Database, clock: Clock, handlers: Handlers, told: Told, monkeypatch: Any
) -> None:
    monkeypatch.setattr("barberpro.platform.relay.TROUBLE_SECONDS", 0.05)
    stop, relay = asyncio.Event(), Relay(database, clock, handlers)
    step, failures = relay.step, iter([OSError("the database is away")])

    async def shaky(stop: asyncio.Event) -> int:
        for error in failures:
            raise error
        return await step(stop)

    monkeypatch.setattr(relay, "step", shaky)
    with capture_logs() as logged:
        running = asyncio.create_task(relay.run(stop))
        await asyncio.sleep(0.3)
        await polish(opening)
        async with asyncio.timeout(2):
            await told.called.wait()
        stop.set()
        async with asyncio.timeout(2):
            await running
    assert [line["event"] for line in logged] == ["relay_in_trouble"]


async def test_an_idle_look_takes_no_lock(
    database: Database, clock: Clock, principal: Principal, relay: Relay
) -> None:
    """A writer may be at work for long: looking for work does not wait for it."""
    await work_off(relay)
    async with transaction(database, principal, clock, "test") as tx, asyncio.timeout(2):
        await tx.rows(select(customers.c.id))
        assert await relay.step(asyncio.Event()) == 0


async def test_an_unmarked_statement_is_still_refused(database: Database, clock: Clock) -> None:
    with pytest.raises(Exception, match="marked"):
        async with housekeeping(database, clock) as house:
            await house.rows(select(deliveries.c.id))
    async with housekeeping(database, clock) as house:
        await house.rows(across_tenants(select(func.count()).select_from(deliveries), "a test"))


def test_names_are_given_once() -> None:
    handlers = Handlers()

    @handlers.handles(ChairPolished)
    async def shine(tx: Transaction, event: ChairPolished) -> None: ...

    with pytest.raises(ValueError, match=r"two handlers named test_relay\.shine"):
        handlers.handles(ShineNoticed)(shine)
    assert handlers.by_type == {ChairPolished.type: ["test_relay.shine"]}
