"""What can be done with providers and customers, and statements to read them by."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, Table, delete, func, insert, select, update

from barberpro.domains.locations import service as locations
from barberpro.platform import editions, ids, text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.sets import among

from . import events
from .customers import erase_customer as erase_customer
from .customers import found_by as found_by
from .customers import indexed as indexed
from .customers import register_customer as register_customer
from .customers import update_customer as update_customer
from .errors import ProviderLeft, ProviderNotFound
from .rosters import Shift as Shift
from .rosters import come_back as come_back
from .rosters import set_shifts as set_shifts
from .rosters import set_skills as set_skills
from .rosters import take_off as take_off
from .tables import absences, customers, provider_locations, providers, shifts, skills, visits

provider = providers.alias("provider")
works_at = provider_locations.alias("works_at")
shift = shifts.alias("shift")
absence = absences.alias("absence")
skill = skills.alias("skill")
customer = customers.alias("customer")
"""Providers, where and when they work and what they can do, and customers, for others to join to rows of their own."""


async def register_provider(tx: Transaction, *, name: str, location_ids: Sequence[str]) -> Row[Any]:
    """Take on someone who cuts, at these locations."""
    tidy, where = text.name(name), list(dict.fromkeys(location_ids))
    await locations.check_known(tx, where)
    row = {**_named(tx, "prv", tidy), "is_active": True}
    registered = (await tx.execute(insert(providers).values(**row).returning(providers))).one()
    await tx.insert(insert(provider_locations), [_link(registered.id, each) for each in where])
    event = events.ProviderRegistered(subject=registered.id, location_ids=where)
    await publish(tx, event, after=registered)
    await editions.changed(tx, registered.id, *where)
    return registered


async def rename_provider(tx: Transaction, provider_id: str, *, name: str) -> Row[Any]:
    """Call a provider by another name."""
    tidy = text.name(name)
    before = await _held_provider(tx, provider_id)
    if tidy == before.name:
        return before
    after = await _changed(tx, providers, provider_id, _name(tidy))
    await publish(tx, events.ProviderRenamed(subject=provider_id), before=before, after=after)
    return after


async def assign_location(tx: Transaction, provider_id: str, location_id: str) -> Row[Any]:
    """Let a provider be booked at one more location; one who works there already stays as is."""
    found, link = await _held_at(tx, provider_id, location_id)
    if not found.is_active:
        raise ProviderLeft(provider_id)
    if link is None:
        await tx.execute(insert(provider_locations), _link(provider_id, location_id))
        await publish(tx, events.ProviderAssigned(subject=provider_id, location_id=location_id))
        await editions.changed(tx, provider_id, location_id)
    return found


async def unassign_location(tx: Transaction, provider_id: str, location_id: str) -> Row[Any]:
    """Take no more bookings for a provider at a location. Those they have there still stand."""
    found, link = await _held_at(tx, provider_id, location_id)
    if link is not None:
        await tx.execute(delete(provider_locations).where(provider_locations.c.id == link.id))
        await publish(tx, events.ProviderUnassigned(subject=provider_id, location_id=location_id))
        await editions.changed(tx, provider_id, location_id)
    return found


async def leave(tx: Transaction, provider_id: str) -> Row[Any]:
    """Take no more bookings for a provider anywhere. The bookings they have still stand."""
    before = await _held_provider(tx, provider_id)
    if not before.is_active:
        return before
    after = await _changed(tx, providers, provider_id, {"is_active": False})
    await publish(tx, events.ProviderDeparted(subject=provider_id), before=before, after=after)
    await editions.changed(tx, provider_id)
    return after


def visit_counts(customer_ids: Iterable[str]) -> Select[Any, int]:
    """How often each customer has been here, of those who have: rows of customer_id and visit_count."""
    counted = select(visits.c.customer_id, func.count().label("visit_count"))
    return counted.where(among(visits.c.customer_id, customer_ids)).group_by(visits.c.customer_id)


def last_visits(customer_ids: Iterable[str]) -> Select[Any, Any]:
    """When each customer's last visit ended, of those who came: rows of customer_id and ended_at."""
    latest = select(visits.c.customer_id, func.max(visits.c.ended_at).label("ended_at"))
    return latest.where(among(visits.c.customer_id, customer_ids)).group_by(visits.c.customer_id)


async def _held_at(
    tx: Transaction, provider_id: str, location_id: str
) -> tuple[Row[Any], Row[Any] | None]:
    """The provider, locked, and what links them with a location, if anything does."""
    found = await _held_provider(tx, provider_id)
    await locations.check_known(tx, [location_id])
    c = provider_locations.c
    link = select(c.id).where(c.provider_id == provider_id, c.location_id == location_id)
    return found, await tx.row(link)


async def _held_provider(tx: Transaction, provider_id: str) -> Row[Any]:
    found = await _held(tx, providers, provider_id)
    if found is None:
        raise ProviderNotFound(provider_id[: ids.LIMIT])
    return found


async def _held(tx: Transaction, table: Table, row_id: str) -> Row[Any] | None:
    """The row, locked against other changes until the transaction ends."""
    if ids.prefix_of(row_id) != table.info["prefix"]:
        return None
    return await tx.row(select(table).where(table.c.id == row_id).with_for_update(key_share=True))


async def _changed(
    tx: Transaction, table: Table, row_id: str, values: dict[str, str | bool]
) -> Row[Any]:
    change = update(table).where(table.c.id == row_id).values(**values)
    return (await tx.execute(change.returning(table))).one()


def _named(tx: Transaction, prefix: str, tidy: str) -> dict[str, Any]:
    return {"id": ids.new(prefix), **_name(tidy), "created_at": tx.now}


def _name(tidy: str) -> dict[str, Any]:
    return {"name": tidy, "name_key": text.fold(tidy)}


def _link(provider_id: str, location_id: str) -> dict[str, Any]:
    return {"id": ids.new("pvl"), "provider_id": provider_id, "location_id": location_id}
