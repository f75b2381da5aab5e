"""One of each thing that has an id, for outsiders to try (`test_isolation`)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from barberpro.domains.billing import service as billing
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.feeds import service as feeds
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.bookings.planning import service as planning
from barberpro.domains.bookings.planning.drawing import Wanted
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.identity import clients
from barberpro.domains.identity.documents import service as documents
from barberpro.domains.identity.keys import calling
from barberpro.domains.identity.keys import service as keys
from barberpro.domains.identity.users import service as users
from barberpro.domains.learning import service as learning
from barberpro.domains.people import service as people
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.money import Money
from barberpro.platform.tables import metadata

from ..chain import open_shop
from . import attempts_at_money as money
from . import attempts_at_moves as moves

ELEVEN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
KEY: Any = {"name": "till", "scopes": ["bookings:read"]}
FITS: Any = {"check": lambda *_: documents.Checked("Names", ["locations:read"], 22)}


@dataclass(frozen=True)
class Things:
    """One of each thing that has an id."""

    location: str
    chair: str
    provider: str
    customer: str
    service: str
    booking: str
    unbilled: str
    """A booking that took place, of which no invoice tells."""
    done: str
    """A booking that took place."""
    hold: str
    """A place that is held."""
    begun: str
    """A booking that began just now."""
    fee: str
    """What is owed for a booking that was called off late."""
    version: str
    """A model in training."""
    draft: str
    """An invoice that bills what took place, not issued yet."""
    invoice: str
    """An invoice that was issued."""
    client: str
    """An OAuth client that sees every shop."""
    key: str
    """Its API key, which was used."""
    document: str
    """A document of the client, in use."""
    waiting: str
    """Another one, which waits for a review."""
    user: str
    """Someone who signs in, and sees every shop."""
    absence: str
    """A provider's time off."""
    account: str
    """What customers owe the shop."""
    posted: Any
    """The transaction of what was issued."""
    plan: str
    """A plan with a visit that has a place."""
    reshuffle: str
    """One in which customers are asked to move."""
    move: str
    """What one of them is asked."""
    series: str
    """A service booked again and again."""
    occurrence: str
    """One time of it."""
    appointment: str
    """Services booked together."""
    feed: str
    """A calendar of the location."""


async def furnish(tx: Transaction, name: str) -> Things:
    shop = await open_shop(tx, name)
    chairs = metadata.tables["chairs"]
    chair = (await tx.rows(select(chairs).where(chairs.c.location_id == shop.id)))[0]
    provider = await people.register_provider(tx, name="Ana", location_ids=[shop.id])
    customer = await people.register_customer(tx, name="Carla", home_location_id=shop.id)
    service = await catalogue.offer_service(
        tx, name=f"Corte {name}", duration_minutes=30, buffer_minutes=0, price=Money(1, "ARS")
    )
    terms = {"late_fee_bps": 10_000, "no_show_fee_bps": 0, "deposit_bps": 0}
    await bookings.publish_policy(tx, notice_minutes=43_200, **terms)
    wish: dict[str, Any] = {
        "location_id": shop.id,
        "provider_id": provider.id,
        "customer_id": customer.id,
        "service_id": service.id,
        "channel": Channel.WEB,
    }
    begun, off, booking = [
        await bookings.create(tx, **wish, starts_at=starts_at)
        for starts_at in (tx.now, ELEVEN + timedelta(hours=5), ELEVEN)
    ]
    await bookings.cancel(tx, off.id)
    charges = metadata.tables["booking_charges"]
    (fee,) = await tx.rows(select(charges).where(charges.c.booking_id == off.id))
    hold = await bookings.hold(tx, **wish, starts_at=ELEVEN + timedelta(hours=4))
    done, unbilled = [
        await bookings.record(tx, **wish, starts_at=ELEVEN - timedelta(days=days))
        for days in (7, 8)
    ]
    await recommend(tx, shop.id, customer.id, service.id, provider.id)
    version = await learning.begin(tx, learning.Kind.DEMAND)
    invoice = await billing.create(
        tx, location_id=shop.id, customer_id=customer.id, by_hand=[money.GEL]
    )
    client, _ = await clients.register_client(
        tx, name="c" + ids.new("cli").replace("_", "-"), scopes=["bookings:read"]
    )
    key, _ = await keys.make_api_key(tx, client=client.id, **KEY)
    await calling.note_use(tx, key.id)
    waiting = await documents.publish(tx, client=client.id, text="{ a }", **FITS)
    document = await documents.publish(tx, client=client.id, text="{ b }", **FITS)
    await documents.approve(tx, document.id, **FITS)
    after = ELEVEN + timedelta(days=3)
    absence = await people.take_off(
        tx, provider.id, starts_at=after, ends_at=after + timedelta(days=1), location_id=shop.id
    )
    email = ids.new("usr").replace("_", ".") + "@example.com"
    user, _ = await users.invite(tx, email=email, name="Eva", role_ids=["analyst"])
    draft = await billing.create(tx, location_id=shop.id, booking_ids=[done.id])
    issued = await billing.issue(tx, invoice.id)
    posted, owed = await money.posted_of(tx, issued)
    wish = Wanted(
        customer_id=customer.id,
        service_id=service.id,
        earliest=ELEVEN,
        latest=ELEVEN + timedelta(hours=4),
        location_ids=[shop.id],
    )
    plan = await planning.make_plan(tx, wanted=[wish])
    reshuffle, move = await moves.asked_of(tx, booking)
    series, occurrence = await moves.repeated(tx, booking)
    appointment = await moves.tied_of(tx, booking, hold)
    feed, _ = await feeds.open_feed(tx, location_id=shop.id)
    return Things(
        reshuffle=reshuffle,
        move=move,
        feed=feed.id,
        appointment=appointment,
        series=series,
        occurrence=occurrence,
        account=owed,
        posted=posted,
        plan=plan.id,
        client=client.id,
        key=key.id,
        document=document.id,
        waiting=waiting.id,
        user=user.id,
        absence=absence.id,
        location=shop.id,
        chair=chair.id,
        provider=provider.id,
        customer=customer.id,
        service=service.id,
        booking=booking.id,
        hold=hold.id,
        begun=begun.id,
        fee=fee.id,
        done=done.id,
        unbilled=unbilled.id,
        version=version.id,
        draft=draft.id,
        invoice=issued.id,
    )


async def recommend(
    tx: Transaction, location: str, customer: str, service: str, provider: str
) -> None:
    """Let the version in use, or a first one, recommend this to them."""
    kind = learning.Kind.RECOMMENDATIONS
    version = await tx.row(learning.version_in_use(kind))
    if version is None:
        version = await learning.begin(tx, kind)
        await learning.activate(tx, version.id, trained_through=ELEVEN, data_hash="", metrics={})
    row = {
        "model_version_id": version.id,
        "location_id": location,
        "service_id": service,
        "rank": 1,
        "score": 1.0,
    }
    personal = {"customer_id": customer, "provider_id": provider, "source": "REPEAT", "reasons": []}
    for name, more in (("recommendations", personal), ("popular_services", {})):
        table = metadata.tables[name]
        await tx.insert(insert(table), [{"id": ids.new(table.info["prefix"]), **row, **more}])
