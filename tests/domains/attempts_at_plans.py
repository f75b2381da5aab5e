"""What is tried with plans by those whose they are not."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from barberpro.domains.bookings.planning import service as planning
from barberpro.domains.bookings.planning.drawing import Wanted

ELEVEN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
NOTHING_BETTER: Any = None


def wish(*, location: str, customer: str, service: str, **other: Any) -> Wanted:
    """A visit from eleven on."""
    return Wanted(
        customer_id=customer,
        service_id=service,
        earliest=ELEVEN,
        latest=ELEVEN + timedelta(hours=4),
        location_ids=[location],
        **other,
    )


def plans_with(what: str) -> Callable[..., Any]:
    """Plan a visit with one's own things, except for one."""

    def attempt(tx: Any, theirs: Any, own: Any) -> Any:
        kinds = ("location", "provider", "customer", "service")
        thing = {kind: getattr(theirs if kind == what else own, kind) for kind in kinds}
        provider = [thing.pop("provider")]
        return planning.make_plan(tx, wanted=[wish(**thing, provider_ids=provider)])

    return attempt


def improves(tx: Any, theirs: Any, _: Any) -> Any:
    return planning.improve_plan(tx, theirs.plan, instance=NOTHING_BETTER, plan=NOTHING_BETTER)


ATTEMPTS: list[tuple[Callable[..., Any], Any]] = [
    (planning.make_plan, plans_with("location")),
    (planning.make_plan, plans_with("provider")),
    (planning.make_plan, plans_with("customer")),
    (planning.improve_plan, improves),
    (planning.apply_plan, lambda tx, theirs, _: planning.apply_plan(tx, theirs.plan)),
    (planning.cancel_plan, lambda tx, theirs, _: planning.cancel_plan(tx, theirs.plan)),
]
BEYOND_SHOPS: list[tuple[Callable[..., Any], Any]] = [(planning.make_plan, plans_with("service"))]
