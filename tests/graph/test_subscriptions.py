"""What a subscription tells is answered alike by both executors, whatever is selected of it."""

import contextlib
from datetime import timedelta
from random import Random
from typing import Any

import orjson
import pytest

from barberpro.domains.billing import service as billing
from barberpro.domains.billing.events import InvoiceDrafted
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.events import BookingMade
from barberpro.graph.schema import Graph
from barberpro.graph.subscriptions import Feed
from barberpro.platform.broadcast import Happened
from barberpro.platform.database import Database
from barberpro.platform.principal import Principal
from tests.soaking import SEED, draws

from .documents import Writer
from .faults import faults
from .ways import WAYS, Ways, all_scopes, errors_of, told

DOCUMENTS = draws(30)


@pytest.fixture
async def happened(done: Any, chain: Any, clock: Any) -> dict[str, Happened]:
    """Something that each subscription tells, by its name."""
    tomorrow = clock() + timedelta(days=1)
    booking = await done(lambda tx: bookings.create(tx, **chain.asks(starts_at=tomorrow)))
    invoice = await done(
        lambda tx: billing.create(tx, location_id=chain.centro.id, booking_ids=[booking.id])
    )
    facts = {"location_id": chain.centro.id, "customer_id": chain.carla.id}
    made = BookingMade(
        subject=booking.id, provider_id=chain.ana.id, chair_id=booking.chair_id,
        service_id=chain.cut.id, channel="WEB", starts_at=tomorrow, ends_at=booking.ends_at, **facts,
    )  # fmt: skip
    drafted = InvoiceDrafted(
        subject=invoice.id, booking_ids=[booking.id], total_minor=1, currency_code="ARS", **facts
    )
    return {
        "bookingChanged": Happened(made, clock()),
        "invoiceChanged": Happened(drafted, clock()),
        "availabilityChanged": Happened(made, clock(), about=chain.centro.id),
    }


@pytest.mark.parametrize("faulty", [False, True], ids=["sound", "faulty"])
async def test_random_selections_are_answered_alike(
    graph: Graph, database: Database, clock: Any, chain: Any, principal: Principal,
    happened: dict[str, Happened], faulty: bool,
) -> None:  # fmt: skip
    who = Principal(**{**vars(principal), "scopes": all_scopes(graph)})
    rng, ways = Random(SEED + faulty), Ways(graph, database, clock)
    drawn = failed = 0
    while drawn < DOCUMENTS:
        name = rng.choice(sorted(happened))
        writer = Writer(graph, rng, [event.event.subject for event in happened.values()])
        written = writer.write_subscription(name, chain.centro.id)
        if written is None:
            continue
        drawn += 1
        answers = {}
        with faults(graph, rng) if faulty else contextlib.nullcontext():
            for way in WAYS:
                answer, sent = await ways.ask(
                    way, who, written.document, written.variables, happened[name]
                )
                own, above = told(answer.data, errors_of(answer))
                answers[way] = orjson.dumps(answer.data), own, above, sent
        (*mine, sent), (*core, cores) = answers["compiled"], answers["interpreted"]
        assert mine == core, written.text
        if not mine[1] and not mine[2]:
            assert sent <= cores, written.text
            assert answers["compiled"][0] != b"null"
        failed += bool(mine[1] or mine[2])
    assert failed > DOCUMENTS // 20 if faulty else failed < DOCUMENTS // 4


async def test_a_feed_wants_its_own_kinds_of_events(
    graph: Graph, chain: Any, happened: dict[str, Happened]
) -> None:
    feed = graph.load("Subscription", "bookingChanged")
    assert isinstance(feed, Feed)
    here = feed.wants({"location_id": chain.centro.id})
    made = happened["bookingChanged"].event
    assert here(made) == made.subject
    assert not here(happened["invoiceChanged"].event)
    assert not feed.wants({"location_id": chain.norte.id})(happened["bookingChanged"].event)


async def test_news_may_be_of_another_row_than_the_event_s(
    graph: Graph, chain: Any, happened: dict[str, Happened]
) -> None:
    feed = graph.load("Subscription", "availabilityChanged")
    assert isinstance(feed, Feed)
    made = happened["bookingChanged"].event
    assert feed.wants({"location_id": chain.centro.id})(made) == chain.centro.id
    assert feed.wants({"location_id": chain.norte.id})(made) is None
