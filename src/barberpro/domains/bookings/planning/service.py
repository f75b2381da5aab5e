"""Plans of a chain's own days: made, improved by the worker, applied whole or not at all."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.errors import Failure
from barberpro.platform.events import publish

from .. import events
from .. import service as bookings
from ..lifecycle import Channel
from ..locking import lock
from ..tables import plan_items, plans
from .drawing import Wanted, draw
from .errors import PlanNoLongerFits, PlanNotFound, PlanOutOfRange, WrongPlanStatus
from .instance import Instance, Policies, written
from .plan import Plan, plan_of
from .solving import solve

MOST_WANTED = 300
MOST_SECONDS = 300

OF_PLAN = select(plan_items).where(plan_items.c.plan_id == bindparam("plan"))
PLACED = OF_PLAN.where(plan_items.c.chair_id.is_not(None)).order_by(plan_items.c.place_in_plan)
ALTER = update(plans).where(plans.c.id == bindparam("plan")).returning(plans)
DROP_ITEMS = delete(plan_items).where(plan_items.c.plan_id == bindparam("plan"))
BOOKED = update(plan_items).where(plan_items.c.id == bindparam("item"))


async def make_plan(
    tx: Transaction,
    *,
    wanted: Sequence[Wanted],
    seconds: int = 0,
    seed: int = 1,
    policies: Policies | None = None,
) -> Row[Any]:
    """Plan these requests by first fit; the worker improves the plan for so many seconds. Nothing is booked."""
    _check("requests", 1, MOST_WANTED, len(wanted))
    _check("seconds", 0, MOST_SECONDS, seconds)
    instance = await draw(tx, wanted, policies or Policies())
    plan = await asyncio.to_thread(lambda: plan_of(instance, solve(instance)))
    made = (
        await tx.execute(
            insert(plans).returning(plans),
            {
                "id": ids.new("pln"),
                "status": "IMPROVING" if seconds else "PROPOSED",
                "instance": {
                    **written(instance),
                    "customers": [each.customer_id for each in wanted],
                },
                "seconds": seconds,
                "seed": seed,
                "progress": 0 if seconds else 100,
                "created_at": tx.now,
                **_figures(plan, instance),
            },
        )
    ).one()
    await _write_items(tx, made.id, instance, [each.customer_id for each in wanted], plan)
    figures = {"requests": made.requests, "accepted": made.accepted}
    await publish(tx, events.PlanMade(subject=made.id, **figures), after=made)
    return made


async def improve_plan(tx: Transaction, plan_id: str, *, instance: Instance, plan: Plan) -> None:
    """Put a better plan in the place of the one that is there; it is a proposal now. For the worker."""
    before = await _held(tx, plan_id)
    if before.status != "IMPROVING":
        return
    await tx.execute(DROP_ITEMS, {"plan": plan_id})
    await _write_items(tx, plan_id, instance, before.instance["customers"], plan)
    values = {"status": "PROPOSED", "progress": 100, "leased_until": None}
    after = (await tx.execute(ALTER, {"plan": plan_id, **values, **_figures(plan, instance)})).one()
    event = events.PlanImproved(subject=plan_id, accepted=after.accepted)
    await publish(tx, event, before=before, after=after)


async def apply_plan(tx: Transaction, plan_id: str) -> Row[Any]:
    """Book every visit that has a place, by every rule there is; where one cannot be, none is."""
    before = await _held(tx, plan_id)
    if before.status != "PROPOSED":
        raise WrongPlanStatus(before.status)
    items = await tx.rows(PLACED, {"plan": plan_id})
    await lock(
        tx,
        locations=[each.location_id for each in items],
        providers=[each.provider_id for each in items],
    )
    misfits: list[tuple[str, str]] = []
    for item in items:
        try:
            booking = await bookings.create(
                tx,
                location_id=item.location_id,
                provider_id=item.provider_id,
                customer_id=item.customer_id,
                service_id=item.service_id,
                starts_at=item.starts_at,
                chair_id=item.chair_id,
                channel=Channel.PARTNER,
            )
        except Failure as failure:
            misfits.append((item.id, failure.code))
        else:
            await tx.execute(BOOKED, {"item": item.id, "booking_id": booking.id})
    if misfits:
        raise PlanNoLongerFits(
            len(misfits), [item for item, _ in misfits], [code for _, code in misfits]
        )
    after = (await tx.execute(ALTER, {"plan": plan_id, "status": "APPLIED"})).one()
    event = events.PlanApplied(subject=plan_id, bookings=len(items))
    await publish(tx, event, before=before, after=after)
    return after


async def cancel_plan(tx: Transaction, plan_id: str) -> Row[Any]:
    """Give a plan up, and its improving with it."""
    before = await _held(tx, plan_id)
    if before.status not in ("IMPROVING", "PROPOSED"):
        raise WrongPlanStatus(before.status)
    after = (await tx.execute(ALTER, {"plan": plan_id, "status": "CANCELLED"})).one()
    await publish(tx, events.PlanCancelled(subject=plan_id), before=before, after=after)
    return after


async def _held(tx: Transaction, plan_id: str) -> Row[Any]:
    if ids.prefix_of(plan_id) == "pln":
        statement = select(plans).where(plans.c.id == plan_id).with_for_update(key_share=True)
        if (found := await tx.row(statement)) is not None:
            return found
    raise PlanNotFound(plan_id[: ids.LIMIT])


async def _write_items(
    tx: Transaction, plan_id: str, instance: Instance, customers: Sequence[str], plan: Plan
) -> None:
    wanted = {str(n): (n, name) for n, name in enumerate(customers)}
    services = {each.id: each.service for each in instance.requests}

    def row(request: str, at: int | None, breaks: Sequence[str], **more: Any) -> dict[str, Any]:
        number, customer = wanted[request]
        return {
            "id": ids.new("pli"),
            "plan_id": plan_id,
            "place_in_plan": number,
            "customer_id": customer,
            "service_id": services[request],
            "starts_at": None if at is None else instance.start + timedelta(minutes=at),
            "breaks": list(breaks),
            **more,
        }

    placed = [
        row(
            each.request,
            each.at,
            (),
            location_id=each.location,
            provider_id=each.provider,
            chair_id=each.chair,
        )
        for each in plan.assignments
        if each.request in wanted
    ]
    nearly: list[dict[str, Any]] = []
    nowhere: list[dict[str, Any]] = []
    for each in plan.refused:
        if each.ways:
            way = each.ways[0]
            nearly.append(
                row(
                    each.request,
                    way.at,
                    way.breaks,
                    location_id=way.location,
                    provider_id=way.provider,
                )
            )
        else:
            nowhere.append(row(each.request, None, ("SHIFT",)))
    for rows in (placed, nearly, nowhere):
        if rows:
            await tx.insert(insert(plan_items), rows)


def _figures(plan: Plan, instance: Instance) -> dict[str, int]:
    """What the plan says of itself: of the requests without what is pinned, of the minutes with it."""
    figures = plan.figures
    pinned = sum(each.pinned is not None for each in instance.requests)
    return {
        "requests": figures.requests - pinned,
        "accepted": figures.accepted - pinned,
        "greedy_accepted": figures.greedy_accepted - pinned,
        "shift_minutes": figures.shift_minutes,
        "taken_minutes": figures.taken_minutes,
        "greedy_minutes": figures.greedy_minutes,
        "bound_minutes": figures.bound_minutes,
    }


def _check(what: str, least: int, most: int, given: int) -> None:
    if not least <= given <= most:
        raise PlanOutOfRange(what, least, most, given)
