"""Drafting an invoice: what is charged, to whom, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from barberpro.domains.billing import service
from barberpro.domains.billing.errors import (
    BookingAtOtherLocation,
    BookingOfOtherCustomer,
    DiscountOutOfRange,
    InvalidDescription,
    MixedCurrencies,
    NoLines,
    QuantityOutOfRange,
    TooManyLines,
    TotalOutOfRange,
    UnitPriceOutOfRange,
    UnknownTaxRate,
)
from barberpro.domains.billing.service import Line
from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.errors import AlreadyBilled, BookingNotFound, NotBillable
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.catalogue.errors import UnknownCurrency
from barberpro.domains.locations import service as locations
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people import service as people
from barberpro.domains.people.errors import CustomerNotFound
from barberpro.platform import ids
from barberpro.platform.money import Money
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata

from .conftest import ELEVEN, gel

LINE = ("position", "description", "quantity", "unit_price_minor", "discount_minor")
AMOUNTS = ("tax_rate_bps", "net_minor", "tax_minor", "total_minor")


async def test_bookings_and_lines_make_one_sum_with_the_tax_in_it(
    chain: Any, drafted: Any, stored: Any, two_cuts: Any, told: Any, clock: Any
) -> None:
    extras = [
        gel(quantity=3, discount=Money(52_000, "ARS")),
        gel(100_005, description=" Turrón  de  regalo ", tax_rate_bps=1050),
    ]
    wanted = [booking.id for booking in reversed(two_cuts)]
    invoice = await drafted(booking_ids=wanted, by_hand=extras)
    lines = await stored("invoice_lines", invoice_id=invoice.id)
    in_order = sorted(lines, key=lambda line: line.position)
    assert [tuple(getattr(line, name) for name in LINE) for line in in_order] == [
        (1, "Corte", 1, 1_250_000, 0),
        (2, "Corte", 1, 1_250_000, 0),
        (3, "Gel", 3, 484_000, 52_000),
        (4, "Turrón de regalo", 1, 100_005, 0),
    ]
    # At 21 %: 3900000 is 3223140.49… net, so 3223140; 676860 of tax. At 10.5 %: 100005 is 90502 and 9503.
    assert [tuple(getattr(line, name) for name in AMOUNTS) for line in in_order] == [
        (2100, 1_033_058, 216_942, 1_250_000),
        (2100, 1_033_058, 216_942, 1_250_000),
        (2100, 1_157_024, 242_976, 1_400_000),
        (1050, 90_502, 9_503, 100_005),
    ]
    assert [line.booking_id for line in in_order] == [*wanted, None, None]
    assert invoice._asdict() == {
        "id": invoice.id,
        "organization_id": chain.centro.organization_id,
        "location_id": chain.centro.id,
        "customer_id": chain.carla.id,
        "corrects_id": None,
        "kind": "INVOICE",
        "status": "DRAFT",
        "terms": "IMMEDIATE",
        "series": None,
        "number": None,
        "currency_code": "ARS",
        "discount_minor": 52_000,
        "net_minor": 3_313_642,
        "tax_minor": 686_363,
        "total_minor": 4_000_005,
        "issued_at": None,
        "due_at": None,
        "paid_at": None,
        "created_at": clock.time,
    }
    assert {b.invoice_id for b in await stored("bookings")} == {invoice.id}
    assert await told(invoice.id) == [
        (
            "invoice.drafted",
            invoice.id,
            {
                "subject": invoice.id,
                "location_id": chain.centro.id,
                "customer_id": chain.carla.id,
                "booking_ids": wanted,
                "total_minor": 4_000_005,
                "currency_code": "ARS",
            },
        )
    ]


async def test_without_customer_or_booking_it_is_for_a_final_consumer(drafted: Any) -> None:
    assert (await drafted()).customer_id is None


async def test_a_booking_named_twice_is_billed_once(drafted: Any, two_cuts: Any) -> None:
    one = two_cuts[0].id
    assert (await drafted(booking_ids=[one, one])).total_minor == 1_250_000


async def test_a_shop_that_closed_down_still_bills(chain: Any, done: Any, drafted: Any) -> None:
    await done(lambda tx: locations.close(tx, chain.centro.id))
    assert (await drafted()).status == "DRAFT"


async def test_the_price_is_the_one_agreed_not_the_one_of_today(
    chain: Any, done: Any, drafted: Any, two_cuts: Any
) -> None:
    await done(lambda tx: catalogue.reprice(tx, chain.cut.id, price=Money(1_900_000, "ARS")))
    assert (await drafted(booking_ids=[two_cuts[0].id])).total_minor == 1_250_000


@pytest.mark.parametrize(
    ("lines", "failure", "facts"),
    [
        ([], NoLines, {}),
        ([gel()] * 201, TooManyLines, {"limit": 200, "count": 201}),
        ([gel(description=" ")], InvalidDescription, {"line": 1, "limit": 200}),
        ([gel(), gel(description="x" * 201)], InvalidDescription, {"line": 2, "limit": 200}),
        ([gel(quantity=0)], QuantityOutOfRange, {"line": 1, "least": 1, "most": 10_000}),
        ([gel(quantity=-1)], QuantityOutOfRange, {"line": 1, "least": 1, "most": 10_000}),
        ([gel(quantity=10_001)], QuantityOutOfRange, {"line": 1, "least": 1, "most": 10_000}),
        ([gel(), gel(0)], UnitPriceOutOfRange, {"line": 2, "most": "10000000000.00"}),
        ([gel(-1)], UnitPriceOutOfRange, {"line": 1, "most": "10000000000.00"}),
        ([gel(10**12 + 1)], UnitPriceOutOfRange, {"line": 1, "most": "10000000000.00"}),
        (
            [gel(100, quantity=2, discount=Money(201, "ARS"))],
            DiscountOutOfRange,
            {"line": 1, "most": "2.00"},
        ),
        ([gel(100, discount=Money(-1, "ARS"))], DiscountOutOfRange, {"line": 1, "most": "1.00"}),
        (
            [gel(tax_rate_bps=2101)],
            UnknownTaxRate,
            {"line": 1, "known": ["0", "250", "500", "1050", "2100", "2700"]},
        ),
        (
            [gel(), gel(unit_price=Money(1, "USD"))],
            MixedCurrencies,
            {"currencies": ["ARS", "USD"]},
        ),
        ([gel(discount=Money(1, "USD"))], MixedCurrencies, {"currencies": ["ARS", "USD"]}),
        ([gel(unit_price=Money(1, "XXZ"))], UnknownCurrency, {}),
        ([gel(100, discount=Money(100, "ARS"))], TotalOutOfRange, {"most": "10000000000000.00"}),
        ([gel(10**12, quantity=1001)], TotalOutOfRange, {"most": "10000000000000.00"}),
    ],
)
async def test_lines_that_make_no_sense_are_refused(
    chain: Any, refused: Any, lines: list[Line], failure: Any, facts: dict[str, Any]
) -> None:
    asked: dict[str, Any] = {"location_id": chain.centro.id, "by_hand": lines}
    await refused(lambda tx: service.create(tx, **asked), failure, **facts)


async def test_the_largest_total_there_is(drafted: Any) -> None:
    invoice = await drafted(by_hand=[gel(10**12, quantity=1000)])
    assert (invoice.total_minor, invoice.net_minor) == (10**15, 826_446_280_991_736)


async def test_a_booking_of_nothing_is_no_invoice_by_itself(
    chain: Any, done: Any, booked: Any, drafted: Any, refused: Any
) -> None:
    await done(lambda tx: catalogue.reprice(tx, chain.cut.id, price=Money(0, "ARS")))
    free = await booked(starts_at=ELEVEN)
    asked: dict[str, Any] = {"location_id": chain.centro.id, "booking_ids": [free.id]}
    await refused(lambda tx: service.create(tx, **asked), TotalOutOfRange, most="10000000000000.00")
    assert (await drafted(booking_ids=[free.id], by_hand=[gel(7)])).total_minor == 7


@pytest.mark.parametrize("step", [bookings.cancel, bookings.mark_no_show])
async def test_what_did_not_take_place_is_not_billed(
    chain: Any, done: Any, refused: Any, two_cuts: Any, clock: Any, step: Any
) -> None:
    clock.time = two_cuts[1].starts_at
    off = await done(lambda tx: step(tx, two_cuts[1].id))
    asked: dict[str, Any] = {
        "location_id": chain.centro.id,
        "booking_ids": [two_cuts[0].id, off.id],
    }
    await refused(
        lambda tx: service.create(tx, **asked),
        NotBillable,
        booking_id=off.id,
        from_status=off.status,
    )


async def test_a_booking_is_billed_once(
    chain: Any, drafted: Any, refused: Any, two_cuts: Any
) -> None:
    first = await drafted(booking_ids=[two_cuts[0].id])
    asked: dict[str, Any] = {
        "location_id": chain.centro.id,
        "booking_ids": [b.id for b in two_cuts],
    }
    await refused(
        lambda tx: service.create(tx, **asked),
        AlreadyBilled,
        booking_id=two_cuts[0].id,
        invoice_id=first.id,
    )


async def test_an_invoice_is_of_one_location_and_one_customer(
    chain: Any, done: Any, booked: Any, refused: Any, two_cuts: Any
) -> None:
    eva = await done(lambda tx: people.register_customer(tx, name="Eva", home_location_id=None))
    hers = await booked(starts_at=ELEVEN + timedelta(days=2), customer_id=eva.id)
    there = await booked(starts_at=ELEVEN + timedelta(days=3), location_id=chain.norte.id)
    here: dict[str, Any] = {"location_id": chain.centro.id}
    for other, wrong in ((there, BookingAtOtherLocation), (hers, BookingOfOtherCustomer)):
        asked: dict[str, Any] = here | {"booking_ids": [two_cuts[0].id, other.id]}
        await refused(
            lambda tx, asked=asked: service.create(tx, **asked), wrong, booking_id=other.id
        )
    named: dict[str, Any] = here | {"booking_ids": [two_cuts[0].id], "customer_id": eva.id}
    await refused(
        lambda tx: service.create(tx, **named),
        BookingOfOtherCustomer,
        booking_id=two_cuts[0].id,
    )


async def test_bookings_in_another_currency_are_not_mixed_in(
    chain: Any, done: Any, booked: Any, refused: Any, two_cuts: Any
) -> None:
    await done(lambda tx: catalogue.reprice(tx, chain.cut.id, price=Money(10, "USD")))
    dollars = await booked(starts_at=ELEVEN + timedelta(days=2))
    asked: dict[str, Any] = {
        "location_id": chain.centro.id,
        "booking_ids": [two_cuts[0].id, dollars.id],
    }
    await refused(
        lambda tx: service.create(tx, **asked), MixedCurrencies, currencies=["ARS", "USD"]
    )


async def test_what_is_not_there_is_not_found(
    chain: Any, refused: Any, stranger: Principal, opening: Any
) -> None:
    nowhere, nobody, nothing = (ids.new(prefix) for prefix in ("loc", "cus", "bkg"))
    here: dict[str, Any] = {"location_id": chain.centro.id}
    for asked, failure, facts in (
        ({"location_id": nowhere, "by_hand": [gel()]}, LocationNotFound, {"location_id": nowhere}),
        ({"location_id": "x" * 99, "by_hand": [gel()]}, LocationNotFound, {"location_id": "x" * 40}),
        (here | {"customer_id": nobody, "by_hand": [gel()]}, CustomerNotFound, {"customer_id": nobody}),
        (here | {"booking_ids": [nothing]}, BookingNotFound, {"booking_id": nothing}),
        (here | {"booking_ids": ["x" * 99]}, BookingNotFound, {"booking_id": "x" * 40}),
    ):  # fmt: skip
        await refused(lambda tx, asked=asked: service.create(tx, **asked), failure, **facts)


async def test_who_is_limited_to_a_shop_bills_there_alone(
    chain: Any, drafted: Any, principal: Principal, refused: Any, two_cuts: Any
) -> None:
    at_norte = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    for asked, failure, facts in (
        (
            {"location_id": chain.centro.id, "by_hand": [gel()]},
            LocationNotFound,
            {"location_id": chain.centro.id},
        ),
        (
            {"location_id": chain.norte.id, "booking_ids": [two_cuts[0].id]},
            BookingNotFound,
            {"booking_id": two_cuts[0].id},
        ),
    ):
        await refused(
            lambda tx, asked=asked: service.create(tx, **asked), failure, who=at_norte, **facts
        )
    at_centro = Principal(**{**vars(principal), "locations": frozenset({chain.centro.id})})
    assert (await drafted(at_centro, booking_ids=[two_cuts[0].id])).total_minor == 1_250_000


async def test_the_database_itself_refuses_a_line_that_does_not_add_up(
    drafted: Any, done: Any, stored: Any
) -> None:
    invoice = await drafted()
    lines = metadata.tables["invoice_lines"]
    for column in ("quantity", "unit_price_minor", "total_minor", "net_minor", "tax_minor"):
        change = update(lines).where(lines.c.invoice_id == invoice.id)
        with pytest.raises(Exception, match="ck_invoice_lines_"):
            await done(
                lambda tx, change=change, column=column: tx.execute(
                    change.values({column: lines.c[column] + 1})
                )
            )
