"""Calendars are opened and closed by those who may, and say no more than that."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings.feeds import service
from barberpro.domains.bookings.feeds.errors import (
    FeedNamesRefused,
    FeedNotFound,
    FeedSubjectInvalid,
    TooManyFeeds,
)
from barberpro.domains.bookings.feeds.tables import calendar_feeds
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people.errors import ProviderNotFound
from barberpro.platform import ids, scannable
from barberpro.platform.doors import Transaction
from barberpro.platform.principal import Principal


async def test_of_a_token_only_its_hash_is_kept(
    chain: Any, done: Any, told: Any, principal: Principal, clock: Any
) -> None:
    feed, token = await done(lambda tx: service.open_feed(tx, location_id=chain.centro.id))
    assert token.startswith(f"bpf_live_{principal.tenant.removeprefix('org_')}_")
    (row,) = await done(lambda tx: tx.rows(select(calendar_feeds)))
    assert row._asdict() == {
        "id": feed.id,
        "organization_id": principal.tenant,
        "location_id": chain.centro.id,
        "provider_id": None,
        "names": "FIRST",
        "locations": None,
        "secret_hash": scannable.digest(token),
        "opened_by": principal.client,
        "opened_at": clock(),
        "closed_at": None,
    }
    about = {
        "subject": feed.id,
        "location_id": chain.centro.id,
        "provider_id": None,
        "names": "FIRST",
    }
    assert await told(feed.id) == [("calendar_feed.opened", feed.id, about)]


async def test_a_feed_is_closed_once(chain: Any, done: Any, told: Any, clock: Any) -> None:
    feed, _ = await done(lambda tx: service.open_feed(tx, provider_id=chain.ana.id))
    at = clock()
    closed = await done(lambda tx: service.close_feed(tx, feed.id))
    clock.forward(minutes=1)
    assert await done(lambda tx: service.close_feed(tx, feed.id)) == closed
    assert closed.closed_at == at
    assert [e.type for e in await told(feed.id)] == ["calendar_feed.opened", "calendar_feed.closed"]


@pytest.mark.parametrize("both", [True, False])
async def test_a_feed_is_of_one(chain: Any, refused: Any, both: bool) -> None:
    of = {"location_id": chain.centro.id, "provider_id": chain.ana.id} if both else {}
    await refused(lambda tx: service.open_feed(tx, **of), FeedSubjectInvalid)


async def test_full_names_need_their_scope(chain: Any, refused: Any, principal: Principal) -> None:
    scopes = frozenset(principal.scopes - {"customers:pii"})
    who = Principal(**{**vars(principal), "scopes": scopes})

    def full(tx: Transaction) -> Any:
        return service.open_feed(tx, location_id=chain.centro.id, names=service.Names.FULL)

    await refused(full, FeedNamesRefused, who=who, scope="customers:pii")


async def test_what_is_unknown_has_no_feed(chain: Any, refused: Any, at_centro: Principal) -> None:
    await refused(
        lambda tx: service.open_feed(tx, location_id=chain.norte.id),
        LocationNotFound,
        who=at_centro,
        location_id=chain.norte.id,
    )
    nobody = chain.carla.id  # an id, of no provider
    await refused(
        lambda tx: service.open_feed(tx, provider_id=nobody), ProviderNotFound, provider_id=nobody
    )
    await refused(
        lambda tx: service.close_feed(tx, "x" * 10_000), FeedNotFound, feed_id="x" * ids.LIMIT
    )


async def test_ten_are_open_at_once(chain: Any, done: Any, refused: Any) -> None:
    def act(tx: Transaction) -> Any:
        return service.open_feed(tx, location_id=chain.centro.id)

    feeds = [(await done(act))[0] for _ in range(9)]
    came = await asyncio.gather(*(done(act) for _ in range(3)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in came) == ["TooManyFeeds"] * 2 + ["tuple"]
    await refused(act, TooManyFeeds, most=10)
    await done(lambda tx: service.close_feed(tx, feeds[0].id))
    await done(act)
    await done(lambda tx: service.open_feed(tx, provider_id=chain.ana.id))
