"""Whatever a service is asked, nobody reaches what is not theirs, nor learns that it exists.

Two outsiders try every public function of every domain: someone of another organization, and someone of the same one
who is limited to another shop.
"""

import ast
import contextlib
import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import insert

from barberpro.domains.billing.errors import BookingAtOtherLocation
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.events import BookingCompleted
from barberpro.domains.bookings.feeds import service as feeds
from barberpro.domains.bookings.lifecycle import Channel
from barberpro.domains.bookings.planning import service as planning
from barberpro.domains.bookings.planning.drawing import Wanted
from barberpro.domains.bookings.reshuffling.errors import NothingToWin
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.forecasts import service as forecasts
from barberpro.domains.identity.documents import service as documents
from barberpro.domains.identity.keys import service as keys
from barberpro.domains.identity.usage import service as usage
from barberpro.domains.identity.users import erasure
from barberpro.domains.identity.users import service as users
from barberpro.domains.learning import service as learning
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.errors import ChairNotFound
from barberpro.domains.organizations import service as organizations
from barberpro.domains.people import service as people
from barberpro.domains.people.errors import ProviderNotAtLocation
from barberpro.domains.people.handlers import remember_visit
from barberpro.domains.recommendations import service as recommendations
from barberpro.platform.discovery import modules
from barberpro.platform.doors import Transaction, transaction
from barberpro.platform.errors import NotFound
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata

from . import attempts_at_money as money
from . import attempts_at_moves as moves
from .furnishing import ELEVEN, FITS, KEY, Things, furnish

LATER = ELEVEN + timedelta(hours=1)
LONG_AFTER = ELEVEN + timedelta(days=1_000)
PUBLIC_KEY = OKPKey.generate_key("Ed25519").as_dict(private=False)


Attempt = Callable[[Transaction, Things, Things], Any]
"""What is tried with `theirs`, beside things of one's `own`."""


PLACED = ("location", "provider", "customer", "chair")


def books_with(what: str) -> Attempt:
    """Book with one's own things, except for one."""

    return _with(bookings.create, what, ELEVEN + timedelta(hours=1))


def records_with(what: str) -> Attempt:
    """Write down a booking of one's own things, except for one."""
    return _with(bookings.record, what, ELEVEN - timedelta(days=14))


def _with(function: Callable[..., Any], what: str, starts_at: datetime) -> Attempt:
    def attempt(tx: Transaction, theirs: Things, own: Things) -> Any:
        kinds = ("location", "provider", "customer", "service", "chair")
        things = {f"{kind}_id": getattr(theirs if kind == what else own, kind) for kind in kinds}
        return function(tx, **things, starts_at=starts_at, channel=Channel.WEB)

    return attempt


def _to(what: str, function: Callable[..., Any], **more: Any) -> Attempt:
    """Do it to a thing of theirs."""
    return lambda tx, theirs, _: function(tx, getattr(theirs, what), **more)


def plans_with(what: str) -> Attempt:
    """Plan a visit with one's own things, except for one."""

    def attempt(tx: Transaction, theirs: Things, own: Things) -> Any:
        kinds = ("location", "provider", "customer", "service")
        thing = {kind: getattr(theirs if kind == what else own, kind) for kind in kinds}
        wish = Wanted(
            customer_id=thing["customer"],
            service_id=thing["service"],
            earliest=ELEVEN,
            latest=ELEVEN + timedelta(hours=4),
            location_ids=[thing["location"]],
            provider_ids=[thing["provider"]],
        )
        return planning.make_plan(tx, wanted=[wish])

    return attempt


NOTHING_BETTER: Any = None


async def takes_off(tx: Transaction, provider: str, location: str) -> Any:
    until = LONG_AFTER + timedelta(days=1)
    return await people.take_off(
        tx, provider, starts_at=LONG_AFTER, ends_at=until, location_id=location
    )


# Each function with each of the ids it takes.
ATTEMPTS: list[tuple[Callable[..., Any], Attempt]] = [
    (locations.set_hours, lambda tx, theirs, _: locations.set_hours(tx, theirs.location, hours=[])),
    (locations.add_chair, _to("location", locations.add_chair, label="9")),
    (locations.close, lambda tx, theirs, _: locations.close(tx, theirs.location)),
    (locations.reopen, lambda tx, theirs, _: locations.reopen(tx, theirs.location)),
    (
        locations.set_exception,
        lambda tx, theirs, _: locations.set_exception(
            tx, theirs.location, day=ELEVEN.date(), hours=[]
        ),
    ),
    (locations.set_holidays, _to("location", locations.set_holidays, closes=True)),
    (
        locations.set_travel,
        lambda tx, theirs, own: locations.set_travel(tx, theirs.location, own.location, minutes=9),
    ),
    (
        locations.set_travel,
        lambda tx, theirs, own: locations.set_travel(tx, own.location, theirs.location, minutes=9),
    ),
    (
        locations.check_known,
        lambda tx, theirs, own: locations.check_known(tx, [own.location, theirs.location]),
    ),
    (
        people.register_provider,
        lambda tx, theirs, own: people.register_provider(
            tx, name="Eva", location_ids=[own.location, theirs.location]
        ),
    ),
    (people.rename_provider, _to("provider", people.rename_provider, name="Eva")),
    (
        people.assign_location,
        lambda tx, theirs, own: people.assign_location(tx, theirs.provider, own.location),
    ),
    (
        people.assign_location,
        lambda tx, theirs, own: people.assign_location(tx, own.provider, theirs.location),
    ),
    (
        people.unassign_location,
        lambda tx, theirs, own: people.unassign_location(tx, theirs.provider, own.location),
    ),
    (
        people.unassign_location,
        lambda tx, theirs, own: people.unassign_location(tx, own.provider, theirs.location),
    ),
    (people.leave, lambda tx, theirs, _: people.leave(tx, theirs.provider)),
    (people.set_shifts, lambda tx, theirs, _: people.set_shifts(tx, theirs.provider, week=[])),
    (
        people.set_shifts,
        lambda tx, theirs, own: people.set_shifts(
            tx, own.provider, week=[people.Shift(theirs.location, locations.Span(1, 0, 60))]
        ),
    ),
    (
        people.set_skills,
        lambda tx, theirs, _: people.set_skills(tx, theirs.provider, service_ids=[]),
    ),
    (people.take_off, lambda tx, theirs, own: takes_off(tx, theirs.provider, own.location)),
    (people.take_off, lambda tx, theirs, own: takes_off(tx, own.provider, theirs.location)),
    (people.come_back, lambda tx, theirs, _: people.come_back(tx, theirs.absence)),
    (
        people.register_customer,
        lambda tx, theirs, _: people.register_customer(
            tx, name="Eva", home_location_id=theirs.location
        ),
    ),
    (people.update_customer, _to("customer", people.update_customer, name="Eva")),
    (people.erase_customer, lambda tx, theirs, _: people.erase_customer(tx, theirs.customer)),
    (people.visit_counts, lambda tx, theirs, _: tx.rows(people.visit_counts([theirs.customer]))),
    (people.last_visits, lambda tx, theirs, _: tx.rows(people.last_visits([theirs.customer]))),
    *((bookings.create, books_with(what)) for what in PLACED),
    *((bookings.hold, _with(bookings.hold, what, ELEVEN + timedelta(hours=6))) for what in PLACED),
    (bookings.extend, _to("hold", bookings.extend, minutes=20)),
    *((step, _to("hold", step)) for step in (bookings.confirm, bookings.release_hold)),
    (bookings.reschedule, _to("booking", bookings.reschedule)),
    (bookings.reschedule, _to("booking", bookings.reschedule, starts_at=LATER)),
    (
        bookings.reschedule,
        lambda tx, theirs, own: bookings.reschedule(tx, own.booking, provider_id=theirs.provider),
    ),
    (
        bookings.reschedule,
        lambda tx, theirs, own: bookings.reschedule(tx, own.booking, chair_id=theirs.chair),
    ),
    *((step, _to("booking", step)) for step in (bookings.cancel, bookings.check_in)),
    *((step, _to("begun", step)) for step in (bookings.complete, bookings.mark_no_show)),
    (bookings.record_deposit, _to("booking", bookings.record_deposit, amount=Money(1, "ARS"))),
    (bookings.waive, _to("fee", bookings.waive)),
    *((bookings.record, records_with(what)) for what in PLACED),
    (bookings.retract, lambda tx, theirs, _: bookings.retract(tx, theirs.unbilled)),
    (bookings.rate, lambda tx, theirs, _: bookings.rate(tx, theirs.done, score=5)),
    (bookings.done, lambda tx, theirs, _: tx.rows(bookings.done(), {"booking": theirs.done})),
    (bookings.to_bill, lambda tx, theirs, _: bookings.to_bill(tx, [theirs.booking])),
    (
        bookings.bill,
        lambda tx, theirs, own: bookings.bill(tx, [theirs.booking], invoice_id=own.draft),
    ),
    (bookings.billed, lambda tx, theirs, _: bookings.billed(tx, invoice_id=theirs.draft)),
    (bookings.release, lambda tx, theirs, _: bookings.release(tx, invoice_id=theirs.draft)),
    *money.ATTEMPTS,
    *moves.ATTEMPTS,
    (
        feeds.open_feed,
        lambda tx, theirs, _: feeds.open_feed(tx, location_id=theirs.location),
    ),
    (
        feeds.open_feed,
        lambda tx, theirs, _: feeds.open_feed(tx, provider_id=theirs.provider),
    ),
    (feeds.close_feed, _to("feed", feeds.close_feed)),
    (planning.make_plan, plans_with("location")),
    (planning.make_plan, plans_with("provider")),
    (planning.make_plan, plans_with("customer")),
    (
        planning.improve_plan,
        lambda tx, theirs, _: planning.improve_plan(
            tx, theirs.plan, instance=NOTHING_BETTER, plan=NOTHING_BETTER
        ),
    ),
    (planning.apply_plan, lambda tx, theirs, _: planning.apply_plan(tx, theirs.plan)),
    (planning.cancel_plan, lambda tx, theirs, _: planning.cancel_plan(tx, theirs.plan)),
    (
        recommendations.personal,
        lambda tx, theirs, _: tx.rows(recommendations.personal(), {"customers": [theirs.customer]}),
    ),
    (
        recommendations.popular,
        lambda tx, theirs, _: tx.rows(recommendations.popular(), {"locations": [theirs.location]}),
    ),
    (
        keys.make_api_key,
        lambda tx, theirs, _: keys.make_api_key(tx, client=theirs.client, **KEY),
    ),
    (
        keys.register_public_key,
        lambda tx, theirs, _: keys.register_public_key(
            tx, client=theirs.client, public_key=PUBLIC_KEY, **KEY
        ),
    ),
    (keys.rotate_api_key, lambda tx, theirs, _: keys.rotate_api_key(tx, theirs.key)),
    (keys.revoke_key, lambda tx, theirs, _: keys.revoke_key(tx, theirs.key)),
    (documents.publish, lambda tx, it, _: documents.publish(tx, client=it.client, text="", **FITS)),
    (documents.approve, lambda tx, it, _: documents.approve(tx, it.waiting, **FITS)),
    (documents.reject, lambda tx, theirs, _: documents.reject(tx, theirs.waiting)),
    (documents.revoke, lambda tx, theirs, _: documents.revoke(tx, theirs.document)),
    (
        users.invite,
        lambda tx, theirs, _: users.invite(
            tx,
            email="new@example.com",
            name="New",
            role_ids=["analyst"],
            location_ids=[theirs.location],
        ),
    ),
    (
        users.set_roles,
        lambda tx, theirs, own: users.set_roles(
            tx, theirs.user, role_ids=["accountant"], location_ids=[own.location]
        ),
    ),
    (users.invite_again, lambda tx, theirs, _: users.invite_again(tx, theirs.user)),
    (users.disable, lambda tx, theirs, _: users.disable(tx, theirs.user)),
    (users.enable, lambda tx, theirs, _: users.enable(tx, theirs.user)),
    (erasure.erase, lambda tx, theirs, _: erasure.erase(tx, theirs.user)),
    (users.end_sessions, lambda tx, theirs, _: users.end_sessions(tx, theirs.user)),
    (users.remove_second_factor, _to("user", users.remove_second_factor)),
    (
        bookings.history_at,
        lambda tx, theirs, _: tx.rows(
            bookings.history_at(), {"location": theirs.location, "before": LONG_AFTER}
        ),
    ),
]

# Services, models and the use of keys belong to no shop: they are out of reach in another organization only.
ATTEMPTS_BEYOND_SHOPS: list[tuple[Callable[..., Any], Attempt]] = [
    (
        catalogue.reprice,
        lambda tx, theirs, _: catalogue.reprice(tx, theirs.service, price=Money(5, "ARS")),
    ),
    (catalogue.withdraw, lambda tx, theirs, _: catalogue.withdraw(tx, theirs.service)),
    (
        catalogue.check_known,
        lambda tx, theirs, own: catalogue.check_known(tx, [own.service, theirs.service]),
    ),
    (
        people.set_skills,
        lambda tx, theirs, own: people.set_skills(tx, own.provider, service_ids=[theirs.service]),
    ),
    (bookings.create, books_with("service")),
    (bookings.record, records_with("service")),
    (planning.make_plan, plans_with("service")),
    (
        learning.activate,
        lambda tx, theirs, _: learning.activate(
            tx, theirs.version, trained_through=ELEVEN, data_hash="", metrics={}
        ),
    ),
    (keys.last_uses, lambda tx, theirs, _: tx.rows(keys.last_uses([theirs.key]))),
    (users.rights, lambda tx, theirs, _: rights_of(tx, theirs.user)),
    (learning.fail, lambda tx, theirs, _: learning.fail(tx, theirs.version, reason="No")),
    (
        learning.learned,
        lambda tx, theirs, _: learning.learned(
            tx, theirs.version, insert(metadata.tables["ratings"]), []
        ),
    ),
]

TAKE_NO_IDS = {
    documents.called,
    documents.latest,
    usage.note,
    usage.used,
    usage.used_by,
    *money.TAKE_NO_IDS,
    *moves.TAKE_NO_IDS,
    bookings.publish_policy,
    bookings.sweep,
    bookings.tenants_of_lapsed,
    people.found_by,
    people.indexed,
    bookings.history,
    bookings.ratings,
    organizations.found,
    locations.open_location,
    locations.business_day,
    locations.instant,
    locations.merged,
    catalogue.offer_service,
    catalogue.priced,
    learning.begin,
    learning.forget,
    learning.in_use,
    learning.version_in_use,
    learning.versions,
    forecasts.summaries,
    forecasts.points,
}
MISMATCHED = (BookingAtOtherLocation, ChairNotFound, NothingToWin, ProviderNotAtLocation)
"""What an owner is told who mixes things of two shops: not that they do not exist."""
READS = {
    *money.READS,
    *moves.READS,
    keys.last_uses,
    users.rights,
    people.visit_counts,
    people.last_visits,
    bookings.done,
    bookings.history_at,
    bookings.billed,
    bookings.release,
    recommendations.personal,
    recommendations.popular,
}


def public_functions() -> set[Callable[..., Any]]:
    return {
        function
        for kind in ("service", "erasure")
        for module in modules("barberpro.domains", kind)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if (function.__module__ == module.__name__ and not name.startswith("_"))
        or name in passed_on(module)
    }


def passed_on(module: ModuleType) -> set[str]:
    """What a service makes public of its domain's other modules: `from .other import name as name`."""
    imports = [
        n for n in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(n, ast.ImportFrom)
    ]
    return {a.name for each in imports if each.level for a in each.names if a.asname == a.name}


def test_no_public_function_is_left_out() -> None:
    tried = {function for function, _ in ATTEMPTS + ATTEMPTS_BEYOND_SHOPS}
    assert public_functions() == tried | TAKE_NO_IDS
    for function in TAKE_NO_IDS:
        names = inspect.signature(function).parameters
        assert not [name for name in names if name.endswith(("_id", "_ids"))]


async def test_another_organization_reaches_nothing(
    opening: Any, stranger: Principal, visited: Things, untouched: Any
) -> None:
    async with opening(stranger) as tx:
        own = await furnish(tx, "Sur")
    async with untouched():
        for function, attempt in ATTEMPTS + ATTEMPTS_BEYOND_SHOPS:
            await fails(opening(stranger), function, attempt, visited, own)


async def test_who_is_limited_to_a_shop_reaches_nothing_of_another(
    opening: Any, principal: Principal, visited: Things, untouched: Any
) -> None:
    async with opening() as tx:
        own = await furnish(tx, "Norte")
    limited = Principal(**{**vars(principal), "locations": frozenset({own.location})})
    async with untouched():
        for function, attempt in ATTEMPTS:
            await fails(opening(limited), function, attempt, visited, own)


async def test_the_owner_reaches_it_all(opening: Any, visited: Things) -> None:
    """So that the attempts above fail for who asks, not for what is asked."""
    async with opening() as tx:
        own = await furnish(tx, "Norte")
    for _, attempt in ATTEMPTS + ATTEMPTS_BEYOND_SHOPS:
        with pytest.raises(Undone):
            async with opening() as tx:
                with contextlib.suppress(*MISMATCHED):
                    assert await attempt(tx, visited, own) != []
                raise Undone


async def rights_of(tx: Transaction, user: str) -> list[str]:
    """What the user may do, as a list that is empty where they are nobody."""
    return sorted((await users.rights(tx, user)).scopes)


class Undone(Exception):
    """Ends a transaction whose outcome is of no interest."""


async def fails(
    opened: Any, function: Callable[..., Any], attempt: Attempt, theirs: Things, own: Things
) -> None:
    """The attempt finds nothing: not found, or no rows."""
    found: Any = []
    with contextlib.suppress(NotFound):
        async with opened as tx:
            found = await attempt(tx, theirs, own)
            if function not in READS:
                pytest.fail(f"{function.__module__}.{function.__name__} answered an outsider")
    assert found == []


@pytest.fixture
async def visited(database: Any, clock: Any, opening: Any, principal: Principal) -> Things:
    """What belongs to the test's own organization, with a visit on record."""
    async with opening() as tx:
        things = await furnish(tx, "Sur")
    event = BookingCompleted(
        subject=things.done,
        location_id=things.location,
        provider_id=things.provider,
        customer_id=things.customer,
        service_id=things.service,
        ended_at=clock(),
    )
    async with transaction(database, principal, clock, "test", answering="evt") as tx:
        await remember_visit(tx, event)
    return things
