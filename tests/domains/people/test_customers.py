"""Customers: taken down, changed, found again, and forgotten."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.handlers import forget_requests
from barberpro.domains.bookings.tables import NOTES
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people import service
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.errors import (
    AddressTooLong,
    CustomerErased,
    CustomerNotesTooLong,
    InvalidBirthDate,
    InvalidDocumentNumber,
)
from barberpro.domains.people.events import CustomerErased as Erased
from barberpro.domains.people.tables import CONTACTS, customers
from barberpro.platform import ids
from barberpro.platform.events import commitment, events
from barberpro.platform.idempotency import idempotency_keys
from barberpro.platform.principal import Principal
from barberpro.platform.relay import HANDLERS
from barberpro.platform.sealing import keys

ALL = Contact(
    email="Zoe.Paz@Example.com",
    phone="+5491155551234",
    document_number="12.345.678",
    birth_date=date(1990, 2, 28),
    address=" Av. Corrientes 1234\r\nPiso 3 ",
    notes="alérgica al amoníaco",
)
KEPT = {
    "email": "Zoe.Paz@Example.com",
    "phone": "+5491155551234",
    "document_number": "12345678",
    "birth_date": "1990-02-28",
    "address": "Av. Corrientes 1234\nPiso 3",
    "notes": "alérgica al amoníaco",
}


@pytest.fixture
async def zoe(chain: Any, done: Any) -> Any:
    """A customer of whom all is known that can be."""
    return await done(
        lambda tx: service.register_customer(
            tx, name="Zoë", home_location_id=chain.norte.id, contact=ALL
        )
    )


@pytest.fixture
def found(opening: Any) -> Any:
    """`await found(email="…")` is the ids of the customers who have it."""

    async def find(who: Principal | None = None, **by: str) -> list[str]:
        ((name, value),) = by.items()
        async with opening(who) as tx:
            index = await keys.index_key(tx)
            same = service.indexed(index, name, value)
            rows = await tx.rows(service.found_by(name), {"same": same, "most": 5})
            return [row.id for row in rows]

    return find


async def test_a_customer_is_taken_down(
    chain: Any, done: Any, told: Any, principal: Principal, clock: Any
) -> None:
    taken = await done(
        lambda tx: service.register_customer(tx, name="Zoë", home_location_id=chain.norte.id)
    )
    assert taken._asdict() == {
        "id": taken.id,
        "organization_id": principal.tenant,
        "name": "Zoë",
        "name_key": "zoe",
        "home_location_id": chain.norte.id,
        "created_at": clock(),
        "veil": taken.veil,
        "erased_at": None,
    }
    assert ids.prefix_of(taken.id) == "cus"
    facts = {"subject": taken.id, "home_location_id": chain.norte.id}
    assert await told(taken.id) == [("customer.registered", taken.id, facts)]


async def test_a_customer_may_belong_to_no_shop(done: Any) -> None:
    taken = await done(lambda tx: service.register_customer(tx, name="Zoë", home_location_id=None))
    assert taken.home_location_id is None


async def test_a_customers_shop_exists(refused: Any) -> None:
    unknown = ids.new("loc")
    await refused(
        lambda tx: service.register_customer(tx, name="Zoë", home_location_id=unknown),
        LocationNotFound,
        location_id=unknown,
    )


async def test_how_to_reach_a_customer_is_kept_sealed(zoe: Any, unsealed: Any, state: Any) -> None:
    assert await unsealed(CONTACTS, zoe.id) == KEPT
    (row,) = (await state())["customer_contacts"]
    everything = b"".join(cell for cell in row if isinstance(cell, bytes))
    for plain in KEPT.values():
        assert plain.encode() not in everything
        assert plain not in str(row)


async def test_who_gives_nothing_has_no_key(chain: Any, state: Any) -> None:
    there = await state()
    assert (there["customer_contacts"], there["subject_keys"], there["tenant_keys"]) == ([], [], [])


async def test_a_customer_is_renamed(chain: Any, done: Any, told: Any, state: Any) -> None:
    renamed = await done(lambda tx: service.update_customer(tx, chain.carla.id, name="Karla"))
    assert (renamed.name, renamed.name_key) == ("Karla", "karla")
    renaming = (
        "customer.updated",
        chain.carla.id,
        {"subject": chain.carla.id, "changed": ["name"]},
    )
    assert (await told(chain.carla.id))[1:] == [renaming]
    before = await state()
    again = await done(lambda tx: service.update_customer(tx, chain.carla.id, name=" Karla "))
    assert again == renamed
    assert await state() == before


async def test_only_what_is_given_changes(
    zoe: Any, done: Any, told: Any, unsealed: Any, state: Any
) -> None:
    some = Contact(email="zoe@example.com", phone=None, document_number="12345678")
    await done(lambda tx: service.update_customer(tx, zoe.id, name="Zoé", contact=some))
    expected = KEPT | {"email": "zoe@example.com", "phone": None}
    assert await unsealed(CONTACTS, zoe.id) == expected
    *_, last = await told(zoe.id)
    assert last.data == {"subject": zoe.id, "changed": ["email", "name", "phone"]}
    before = await state()
    await done(lambda tx: service.update_customer(tx, zoe.id, name="Zoé", contact=some))
    assert await state() == before


async def test_contact_may_come_later(chain: Any, done: Any, unsealed: Any, found: Any) -> None:
    carla = chain.carla.id
    await done(
        lambda tx: service.update_customer(tx, carla, contact=Contact(email="c@example.com"))
    )
    assert await unsealed(CONTACTS, carla) == dict.fromkeys(KEPT) | {"email": "c@example.com"}
    assert await found(email="C@example.com") == [carla]


@pytest.mark.parametrize(
    ("contact", "failure", "facts"),
    [
        (Contact(document_number="1234"), InvalidDocumentNumber, {"least": 5, "most": 20}),
        (Contact(document_number="1" * 21), InvalidDocumentNumber, {"least": 5, "most": 20}),
        (Contact(document_number="12345ñ"), InvalidDocumentNumber, {"least": 5, "most": 20}),
        (Contact(document_number=". -" * 99), InvalidDocumentNumber, {"least": 5, "most": 20}),
        (Contact(birth_date=date(1899, 12, 31)), InvalidBirthDate, {"earliest_year": 1900}),
        (Contact(birth_date=date(2026, 11, 25)), InvalidBirthDate, {"earliest_year": 1900}),
        (Contact(address="x" * 301), AddressTooLong, {"limit": 300, "length": 301}),
        (Contact(notes="x" * 1_001), CustomerNotesTooLong, {"limit": 1_000, "length": 1_001}),
    ],
)
async def test_what_cannot_be_is_refused(
    chain: Any, refused: Any, contact: Contact, failure: Any, facts: dict[str, Any]
) -> None:
    for act in (
        lambda tx: service.register_customer(tx, name="Z", home_location_id=None, contact=contact),
        lambda tx: service.update_customer(tx, chain.carla.id, contact=contact),
    ):
        await refused(act, failure, **facts)


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("email", "zoe.paz@example.com"),
        ("email", "ZOE.PAZ@EXAMPLE.COM"),
        ("phone", "+5491155551234"),
        ("phone", "+541155551234"),
        ("document_number", "12345678"),
        ("document_number", " 12-345.678 "),
    ],
)
async def test_a_customer_is_found_by_what_only_they_have(
    zoe: Any, found: Any, by: str, value: str
) -> None:
    assert await found(**{by: value}) == [zoe.id]


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("email", "zoe.pa@example.com"),
        ("phone", "+5491155551235"),
        ("document_number", "12345679"),
    ],
)
async def test_nothing_less_than_equal_is_found(zoe: Any, found: Any, by: str, value: str) -> None:
    assert await found(**{by: value}) == []


async def test_who_changed_their_address_is_found_by_the_new_one_alone(
    zoe: Any, done: Any, found: Any
) -> None:
    to = Contact(email="zp@example.com", phone=None)
    await done(lambda tx: service.update_customer(tx, zoe.id, contact=to))
    assert await found(email="Zoe.Paz@Example.com") == []
    assert await found(email="zp@example.com") == [zoe.id]
    assert await found(phone="+5491155551234") == []


async def test_who_is_limited_to_a_shop_finds_nobody_elsewhere(
    zoe: Any, chain: Any, found: Any, principal: Principal
) -> None:
    at_centro = Principal(**{**vars(principal), "locations": frozenset({chain.centro.id})})
    assert await found(at_centro, email="zoe.paz@example.com") == []


async def test_no_name_and_no_contact_is_told(
    zoe: Any, chain: Any, done: Any, opening: Any
) -> None:
    contact = Contact(email="k@example.com", notes="prefiere la mañana")
    await done(
        lambda tx: service.update_customer(tx, chain.carla.id, name="Karla", contact=contact)
    )
    async with opening() as tx:
        log = str(await tx.rows(select(events)))
    secret = ("Carla", "Karla", "Zoë", "k@example", "mañana", *filter(None, KEPT.values()))
    assert not [each for each in secret if each in log]


async def test_an_erased_customer_is_nobody(
    zoe: Any, done: Any, told: Any, unsealed: Any, found: Any, state: Any, clock: Any
) -> None:
    erased = await done(lambda tx: service.erase_customer(tx, zoe.id))
    assert (erased.name, erased.name_key, erased.veil) == ("Anónimo", "anonimo", None)
    assert erased.erased_at == clock()
    assert await unsealed(CONTACTS, zoe.id) is None
    for name in ("email", "phone", "document_number"):
        assert await found(**{name: KEPT[name]}) == []
    (contact,) = (await state())["customer_contacts"]
    assert contact[3:] == (None,) * 9
    assert (await told(zoe.id))[-1] == ("customer.erased", zoe.id, {"subject": zoe.id})
    before = await state()
    assert await done(lambda tx: service.erase_customer(tx, zoe.id)) == erased
    assert await state() == before


async def test_of_an_erased_customer_nothing_is_written_down(
    zoe: Any,
    chain: Any,
    done: Any,
    refused: Any,
    booked: Any,
    clock: Any,
    unsealed: Any,
    state: Any,
) -> None:
    soon = clock() + timedelta(hours=1)
    booking = await booked(customer_id=zoe.id, starts_at=soon, notes="viene con su hijo")
    assert await unsealed(NOTES, booking.id) == {"notes": "viene con su hijo"}
    await done(lambda tx: service.erase_customer(tx, zoe.id))
    assert await unsealed(NOTES, booking.id) is None
    for act in (
        lambda tx: service.update_customer(tx, zoe.id, name="Zoë"),
        lambda tx: service.update_customer(tx, zoe.id, contact=ALL),
        lambda tx: bookings.create(tx, **chain.asks(customer_id=zoe.id, starts_at=soon)),
        lambda tx: bookings.record(
            tx, **chain.asks(customer_id=zoe.id, starts_at=clock() - timedelta(days=1))
        ),
    ):
        await refused(act, CustomerErased, customer_id=zoe.id)
    cancelled = await done(lambda tx: bookings.cancel(tx, booking.id, reason="Zoë se mudó"))
    assert cancelled.status == "CANCELLED"
    *_, change = (await state())["booking_changes"]
    assert (change[3], change[10]) == ("CANCELLED", None)


async def test_who_never_gave_anything_can_be_erased_and_stays_without_a_key(
    chain: Any, done: Any, opening: Any, state: Any
) -> None:
    await done(lambda tx: service.erase_customer(tx, chain.carla.id))
    (tombstone,) = (await state())["subject_keys"]
    assert (tombstone[3], tombstone[4]) == (None, None)
    with pytest.raises(keys.KeyDestroyed):
        async with opening() as tx:
            await keys.cipher_of(tx, chain.carla.id)


async def test_no_name_can_be_tried_against_the_log_after_an_erasure(
    chain: Any, done: Any, opening: Any
) -> None:
    """Before it, who has the database can prove the name; after it, what the proof takes is gone."""
    written = select(customers).where(customers.c.id == chain.carla.id)
    told_of = select(events).where(
        events.c.subject == chain.carla.id, events.c.type.like("%registered")
    )
    async with opening() as tx:
        (row,), (event,) = await tx.rows(written), await tx.rows(told_of)
    assert commitment(event.salt, row) == event.after
    await done(lambda tx: service.erase_customer(tx, chain.carla.id))
    async with opening() as tx:
        (erased,) = await tx.rows(written)
        (event,) = await tx.rows(told_of)
    guess = erased._asdict() | {"name": "Carla", "name_key": "carla", "erased_at": None}
    assert {k: v for k, v in guess.items() if k != "veil"} == {
        k: v for k, v in row._asdict().items() if k != "veil"
    }  # all else is known
    assert guess["veil"] is None


async def test_what_was_asked_about_an_erased_customer_is_forgotten(
    zoe: Any, chain: Any, booked: Any, done: Any, opening: Any, clock: Any
) -> None:
    assert HANDLERS.by_type["customer.erased"] == ["bookings.forget_requests"]
    mine = await booked(customer_id=zoe.id, starts_at=clock() + timedelta(hours=1))
    other = await booked(starts_at=clock() + timedelta(hours=2))
    request = {"client": "c", "operation": "o", "fingerprint": "f", "created_at": clock()}
    async with opening() as tx:
        for each in (mine, other):
            row = {"id": ids.new("idk"), "key": each.id, "result": each.id, **request}
            await tx.execute(insert(idempotency_keys), row)
    await done(lambda tx: forget_requests(tx, Erased(subject=zoe.id)))
    async with opening() as tx:
        left = await tx.rows(select(idempotency_keys.c.result))
    assert [row.result for row in left] == [other.id]
