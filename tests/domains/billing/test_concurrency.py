"""Many at once: numbers without gaps, and one invoice a booking."""

import asyncio
import random
from typing import Any

import pytest

from barberpro.domains.billing import service
from barberpro.domains.billing.errors import WrongInvoiceStatus
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.errors import AlreadyBilled, NotBillable, WrongStatus
from barberpro.platform.principal import Principal

from ...chain import open_shop
from .conftest import ELEVEN, gel

ISSUERS, TURNS = 24, 4


class Undone(Exception):
    """Rolls a transaction back."""


async def test_numbers_have_no_gaps_whoever_issues_and_whatever_is_rolled_back(
    opening: Any, done: Any, stored: Any
) -> None:
    async with opening() as tx:
        shops = [await open_shop(tx, f"Sucursal {n}") for n in range(3)]
    given: list[tuple[int, int]] = []
    undone = 0

    async def issue(tx: Any, rnd: random.Random) -> Any:
        shop = rnd.choice(shops)
        draft = await service.create(tx, location_id=shop.id, by_hand=[gel()])
        invoice = await service.issue(tx, draft.id)
        await asyncio.sleep(rnd.random() / 500)  # held for a while: others wait for the counter
        if rnd.random() < 0.3:
            raise Undone
        return invoice

    async def issuer(seed: int) -> None:
        nonlocal undone
        rnd = random.Random(seed)
        for _ in range(TURNS):
            try:
                invoice = await done(lambda tx: issue(tx, rnd))
            except Undone:
                undone += 1
            else:
                given.append((invoice.series, invoice.number))

    async with asyncio.timeout(60):
        await asyncio.gather(*[issuer(seed) for seed in range(ISSUERS)])

    assert undone >= 10
    assert len(given) == ISSUERS * TURNS - undone
    invoices = await stored("invoices")
    assert sorted((row.series, row.number) for row in invoices) == sorted(given)
    counted = 0
    for shop in shops:
        of_shop = sorted((r for r in invoices if r.location_id == shop.id), key=lambda r: r.number)
        assert [row.number for row in of_shop] == list(range(1, len(of_shop) + 1))
        assert len({row.series for row in of_shop}) == 1
        counted += len(of_shop)
    assert counted == len(given)
    assert sorted({row.series for row in invoices}) == [1, 2, 3]


async def test_a_number_is_never_dated_before_the_last(
    chain: Any, opening: Any, clock: Any
) -> None:
    """Who began earlier and got the later number is dated as who went before."""
    early, late = clock.time, clock.time.replace(hour=15)
    async with opening() as tx:
        drafts = [
            await service.create(tx, location_id=chain.centro.id, by_hand=[gel()]) for _ in range(3)
        ]
    dated = []
    for draft, now in zip(drafts, (early, late, early), strict=True):
        async with opening() as tx:
            tx.now = now
            invoice = await service.issue(tx, draft.id)
            dated.append((invoice.number, invoice.issued_at))
    assert dated == [(1, early), (2, late), (3, late)]


async def test_a_series_is_one_locations_alone_also_of_those_the_caller_cannot_see(
    chain: Any, issued: Any, done: Any, principal: Principal
) -> None:
    first = await issued()
    at_norte = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})

    async def issue(tx: Any) -> Any:
        draft = await service.create(tx, location_id=chain.norte.id, by_hand=[gel()])
        return await service.issue(tx, draft.id)

    second = await done(issue, at_norte)
    note = await done(lambda tx: service.credit(tx, second.id), at_norte)
    assert [(i.series, i.number) for i in (first, second, note)] == [(1, 1), (2, 1), (2, 1)]


async def test_another_organization_counts_for_itself(
    issued: Any, opening: Any, stranger: Principal
) -> None:
    await issued()
    async with opening(stranger) as tx:
        shop = await open_shop(tx, "Sur")
        draft = await service.create(tx, location_id=shop.id, by_hand=[gel()])
        invoice = await service.issue(tx, draft.id)
    assert (invoice.series, invoice.number) == (1, 1)


async def test_of_many_who_bill_one_booking_one_does(
    chain: Any, done: Any, two_cuts: Any, stored: Any
) -> None:
    """Both bookings in either order: nobody waits for one that waits for it."""

    async def attempt(n: int) -> str | None:
        wanted = [b.id for b in (two_cuts if n % 2 else reversed(two_cuts))]
        asked = {"location_id": chain.centro.id, "booking_ids": wanted}
        try:
            return (await done(lambda tx: service.create(tx, **asked))).id
        except AlreadyBilled:
            return None

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(*[attempt(n) for n in range(24)])
    (billed_by,) = [each for each in outcomes if each]
    assert [row.id for row in await stored("invoices")] == [billed_by]
    assert {b.invoice_id for b in await stored("bookings")} == {billed_by}


@pytest.mark.parametrize("name", ["issue", "pay", "credit", "void"])
async def test_each_step_is_taken_once(drafted: Any, done: Any, stored: Any, name: str) -> None:
    invoice = await drafted()
    if name in ("pay", "credit"):
        await done(lambda tx: service.issue(tx, invoice.id))

    async def attempt() -> bool:
        try:
            await done(lambda tx: getattr(service, name)(tx, invoice.id))
        except WrongInvoiceStatus:
            return False
        return True

    outcomes = await asyncio.gather(*[attempt() for _ in range(16)])
    assert sorted(outcomes) == [False] * 15 + [True]
    assert len(await stored("invoices")) == (2 if name == "credit" else 1)


async def test_a_booking_is_billed_or_called_off_not_both(
    chain: Any, booked: Any, done: Any, stored: Any
) -> None:
    """Or billed and then called off: never called off and then billed."""
    booking = await booked(starts_at=ELEVEN)
    asked: dict[str, Any] = {"location_id": chain.centro.id, "booking_ids": [booking.id]}

    async def attempt(act: Any) -> bool:
        try:
            await done(act)
        except (NotBillable, AlreadyBilled, WrongStatus):
            return False
        return True

    acts = [
        lambda tx: service.create(tx, **asked),
        lambda tx: bookings.cancel(tx, booking.id),
    ]
    outcomes = await asyncio.gather(*[attempt(act) for act in acts * 8])
    billed, cancelled = (sum(outcomes[n::2]) for n in range(2))
    assert cancelled == 1
    assert billed == len(await stored("invoices"))
    assert billed <= 1
