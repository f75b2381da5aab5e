"""How something new gets its place: what is asked, in which order, before a row is written."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from barberpro.platform.doors import Transaction
from barberpro.platform.money import Money

from . import agenda, diary, lapsing, lifecycle, reading, rules
from .agenda import Wish
from .lifecycle import Channel, Status
from .rules import Slot
from .writing import MAKE, fresh


async def placed(
    tx: Transaction,
    *,
    location_id: str,
    provider_id: str,
    customer_id: str,
    service_id: str,
    starts_at: datetime,
    chair_id: str | None,
    channel: Channel,
    notes: str | None,
    held_for: timedelta | None = None,
) -> Row[Any]:
    """The row of a new booking, or of one that is held for so long. Whoever calls remembers it."""
    kept_notes = rules.notes(notes)
    shop, facts = await reading.for_new(
        tx,
        location_id=location_id,
        provider_id=provider_id,
        customer_id=customer_id,
        service_id=service_id,
    )
    slot = Slot.of(facts, rules.start(starts_at, now=tx.now, time_zone=shop.time_zone))
    shop, days = await diary.read(tx, shop, slot, provider_id)
    rules.check_open(shop, slot)
    days.check(shop, slot, service_id)
    wish = Wish(
        shop=shop, slot=slot, provider_id=provider_id, customer_id=customer_id, chair_id=chair_id
    )
    seat = await lapsing.seat(tx, wish)
    made = await fresh(
        tx,
        wish,
        seat,
        service_id=service_id,
        facts=facts,
        price=Money(facts.price_minor, facts.currency_code),
        status=lifecycle.BEGINNING if held_for is None else Status.HELD,
        channel=channel,
        notes=kept_notes,
        policy_id=facts.policy_id,
        held_until=None if held_for is None else rules.hold_end(tx.now, held_for, slot.starts_at),
    )
    with agenda.overlaps_refused(wish):
        return (await tx.execute(MAKE, made)).one()
