"""Everything goes under fresh keys: nothing is lost, whenever it stops, whoever writes meanwhile."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from barberpro.domains.bookings import service as bookings
from barberpro.domains.people import service as people
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.tables import CONTACTS
from barberpro.platform.binding import across_tenants
from barberpro.platform.crypto import Sealer, Unsealable
from barberpro.platform.doors import housekeeping
from barberpro.platform.events import events
from barberpro.platform.sealing import keys, rotation
from barberpro.platform.sealing.keys import subject_keys, tenant_keys
from barberpro.platform.sealing.rotation import Renewed
from barberpro.platform.sealing.rows import EVERY
from barberpro.platform.sealing.vault import Vault

from ...conftest import MASTER_KEY

PEOPLE = 5


@pytest.fixture
async def crowd(chain: Any, done: Any, clock: Any) -> list[Any]:
    """Five people with addresses; the first has a booking with notes, called off for a reason."""

    async def register(tx: Any) -> list[Any]:
        return [
            await people.register_customer(
                tx,
                name=f"Cliente {n}",
                home_location_id=chain.centro.id,
                contact=Contact(email=f"c{n}@example.com"),
            )
            for n in range(PEOPLE)
        ]

    found = await done(register)
    asked = chain.asks(
        customer_id=found[0].id, starts_at=clock() + timedelta(hours=1), notes="corto"
    )
    booking = await done(lambda tx: bookings.create(tx, **asked))
    await done(lambda tx: bookings.cancel(tx, booking.id, reason="llueve"))
    return found


@pytest.fixture
def read(opening: Any) -> Any:
    """`await read()` is everything sealed of the tenant, in the open, beside what it was sealed with."""

    async def everything() -> tuple[dict[tuple[str, str], str | None], set[bytes]]:
        plain, heads = {}, set()
        async with opening() as tx:
            for rows in EVERY:
                ids = [row.id for row in await tx.rows(select(rows.parent.label("id")))]
                found = await tx.rows(rows.reading, {"keys": ids})
                for key, row in rows.opened(tx.vault, tx.principal.tenant, found).items():
                    for c in rows.columns:
                        plain[f"{c}", key] = row.value(c)
                        sealed = getattr(row.row, c.name)
                        heads |= {sealed[:6]} if sealed else set()
        return {k: v for k, v in plain.items() if v is not None}, heads

    return everything


@pytest.fixture
def stored(opening: Any) -> Any:
    async def rows(table: Any, *order: Any) -> Any:
        async with opening() as tx:
            return await tx.rows(select(table).order_by(*order or (table.c.id,)))

    return rows


async def rotate(done: Any, most: int = 2) -> int:
    left = first = await done(rotation.begin)
    while left:
        left = (await done(lambda tx: rotation.renew(tx, most))).left
    assert await done(rotation.retire)
    return first


async def test_everything_is_the_same_under_other_keys(
    crowd: list[Any], done: Any, read: Any, stored: Any
) -> None:
    plain, heads = await read()
    assert sorted(plain.values()) == [
        *(f"c{n}@example.com" for n in range(PEOPLE)),
        "corto",
        "llueve",
    ]
    before = {row.id: row.sealed for row in await stored(subject_keys)}
    assert await rotate(done) == PEOPLE
    again, others = await read()
    assert again == plain
    assert heads & others == set()
    after = await stored(subject_keys)
    assert {row.id for row in after} == set(before)
    assert all(row.sealed != before[row.id] for row in after)
    wrapping = [k for k in await stored(tenant_keys) if k.purpose == "WRAPPING"]
    assert [k.generation for k in wrapping] == [2]
    assert {row.tenant_key_id for row in after} == {wrapping[0].id}


async def test_what_is_found_by_is_found_still(crowd: list[Any], done: Any, opening: Any) -> None:
    await rotate(done)
    async with opening() as tx:
        same = people.indexed(await keys.index_key(tx), "email", "C3@example.com")
        (found,) = await tx.rows(people.found_by("email"), {"same": same, "most": 2})
    assert found.id == crowd[3].id


async def test_it_goes_on_where_it_stopped(
    crowd: list[Any], done: Any, read: Any, stored: Any
) -> None:
    plain, _ = await read()
    assert await done(rotation.begin) == PEOPLE
    assert await done(lambda tx: rotation.renew(tx, 2)) == Renewed(PEOPLE - 2, 2)
    assert (await read())[0] == plain  # half under the new key, half under the old one
    assert await done(rotation.retire) is False
    assert await rotate(done) == PEOPLE - 2
    assert (await read())[0] == plain
    generations = [k.generation for k in await stored(tenant_keys) if k.purpose == "WRAPPING"]
    assert generations == [2]  # the same rotation, not another one


async def test_what_fails_half_way_changes_nothing(
    crowd: list[Any], opening: Any, done: Any, read: Any, stored: Any
) -> None:
    await done(rotation.begin)
    before, seen = await stored(subject_keys), await read()
    with pytest.raises(ZeroDivisionError):
        async with opening() as tx:
            await rotation.renew(tx, 3)
            raise ZeroDivisionError
    assert await stored(subject_keys) == before
    assert await read() == seen


async def test_a_second_rotation_is_another_one(crowd: list[Any], done: Any, stored: Any) -> None:
    assert [await rotate(done), await rotate(done)] == [PEOPLE, PEOPLE]
    generations = [k.generation for k in await stored(tenant_keys) if k.purpose == "WRAPPING"]
    assert generations == [3]


async def test_where_nothing_is_sealed_there_is_nothing_to_do(
    chain: Any, done: Any, stored: Any
) -> None:
    assert await rotate(done) == 0
    assert await stored(tenant_keys) == []


async def test_who_was_erased_stays_erased(crowd: list[Any], done: Any, read: Any) -> None:
    await done(lambda tx: people.erase_customer(tx, crowd[0].id))
    assert await rotate(done) == PEOPLE - 1
    plain, _ = await read()
    assert sorted(plain.values()) == [f"c{n}@example.com" for n in range(1, PEOPLE)]


async def test_each_step_is_told(crowd: list[Any], done: Any, stored: Any) -> None:
    (old,) = [k for k in await stored(tenant_keys) if k.purpose == "WRAPPING"]
    await rotate(done, most=3)
    (new,) = [k for k in await stored(tenant_keys) if k.purpose == "WRAPPING"]
    told = [(e.type, e.data) for e in await stored(events) if e.subject in (old.id, new.id)]
    assert told == [
        ("tenant_key.made", {"subject": old.id, "purpose": "WRAPPING", "generation": 1}),
        ("tenant_key.made", {"subject": new.id, "purpose": "WRAPPING", "generation": 2}),
        ("subject_keys.renewed", {"subject": new.id, "count": 3}),
        ("subject_keys.renewed", {"subject": new.id, "count": 2}),
        ("tenant_key.retired", {"subject": old.id, "generation": 1}),
    ]


async def test_who_is_being_written_to_is_left_for_later(
    crowd: list[Any], done: Any, opening: Any, database: Any, read: Any
) -> None:
    """Only PostgreSQL has two writers at once: there a person's key is held while a value is sealed with it."""
    if database.dialect != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    await done(rotation.begin)
    async with opening() as tx:
        changed = Contact(email="new@example.com")
        await people.update_customer(tx, crowd[0].id, contact=changed)
        assert await done(lambda tx: rotation.renew(tx, PEOPLE)) == Renewed(1, PEOPLE - 1)
    assert await done(lambda tx: rotation.renew(tx, PEOPLE)) == Renewed(0, 1)
    assert (await read())[0]["customer_contacts.email", crowd[0].id] == "new@example.com"


SPOILED = {
    "a value": "UPDATE customer_contacts SET email = :other WHERE customer_id = :person",
    "a key": "UPDATE subject_keys SET sealed = :other WHERE subject_id = :person",
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
async def test_who_has_something_that_does_not_open_keeps_no_other_from_a_new_key(
    crowd: list[Any], done: Any, opening: Any, database: Any, clock: Any, stored: Any, spoil: str
) -> None:
    """They are passed over and told, their rows stay as they were, and so does the tenant's key above theirs."""
    lost = crowd[0].id
    async with housekeeping(database, clock) as house:
        harm = across_tenants(text(spoil), "a disk that fails")
        await house.execute(harm, {"other": b"\x01\x01" + bytes(60), "person": lost})
    before = [row for row in await stored(subject_keys) if row.subject_id == lost]
    assert await done(rotation.begin) == PEOPLE
    assert await done(lambda tx: rotation.renew(tx, 1)) == Renewed(PEOPLE - 1, 0, frozenset([lost]))
    assert await done(lambda tx: rotation.renew(tx, PEOPLE, {lost})) == Renewed(0, PEOPLE - 1)
    assert await done(rotation.retire) is False
    assert [row for row in await stored(subject_keys) if row.subject_id == lost] == before
    assert await under(stored) == {1: 1, 2: PEOPLE - 1}
    # A rotation that has left behind nobody else is over: the next one is another.
    assert await done(lambda tx: rotation.begin(tx, {lost})) == PEOPLE - 1
    assert await done(lambda tx: rotation.renew(tx, PEOPLE, {lost})) == Renewed(0, PEOPLE - 1)
    assert await done(rotation.retire) is False
    assert await under(stored) == {1: 1, 3: PEOPLE - 1}
    await done(lambda tx: people.erase_customer(tx, lost))
    assert await done(rotation.retire) is True
    assert await under(stored) == {3: PEOPLE - 1}


async def under(stored: Any) -> dict[int, int]:
    """How many people's keys are under each of the tenant's, by its generation."""
    people_of = Counter(row.tenant_key_id for row in await stored(subject_keys))
    wrapping = [k for k in await stored(tenant_keys) if k.purpose == "WRAPPING"]
    return {key.generation: people_of[key.id] for key in wrapping}


async def test_nothing_is_lost_while_people_write(
    crowd: list[Any], done: Any, read: Any, opening: Any
) -> None:
    """Changes and rotations side by side: the last that was written of everybody is what is read."""

    async def change(n: int) -> None:
        for turn in range(6):
            contact = Contact(email=f"c{n}.{turn}@example.com", notes=f"{turn}")
            await done(lambda tx, c=contact: people.update_customer(tx, crowd[n].id, contact=c))

    async def rotations() -> None:
        for _ in range(3):
            left = await done(rotation.begin)
            while left:
                left = (await done(lambda tx: rotation.renew(tx, 2))).left
                await asyncio.sleep(0.01)
            await done(rotation.retire)

    await asyncio.gather(rotations(), *(change(n) for n in range(PEOPLE)))
    plain, _ = await read()
    for n, customer in enumerate(crowd):
        assert plain["customer_contacts.email", customer.id] == f"c{n}.5@example.com"
        assert plain["customer_contacts.notes", customer.id] == "5"


async def test_two_who_seal_the_first_value_at_once_make_one_key(
    chain: Any, done: Any, stored: Any, read: Any
) -> None:
    contacts = [Contact(email="a@example.com"), Contact(phone="+5491155551234")]
    await asyncio.gather(
        *(
            done(lambda tx, c=c: people.update_customer(tx, chain.carla.id, contact=c))
            for c in contacts
        )
    )
    assert len(await stored(subject_keys)) == 1
    plain, _ = await read()
    assert sorted(plain.values()) == ["+5491155551234", "a@example.com"]


async def test_another_master_key_opens_the_same_and_the_old_one_nothing(
    crowd: list[Any], database: Any, clock: Any, principal: Any
) -> None:
    """In a transaction that is taken back: the database is other tests' as well, whose keys are sealed as before."""
    old, new, third = Sealer(MASTER_KEY), Sealer(bytes(32)), Sealer(bytes(31) + b"1")
    own = across_tenants(
        select(tenant_keys).where(tenant_keys.c.organization_id == principal.tenant), "a test's own"
    )
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    with pytest.raises(ZeroDivisionError):
        async with housekeeping(database, clock) as house:
            before = {row.purpose: row for row in await house.rows(own)}
            assert await rotation.rewrap(house, old, new) >= len(before) == 2
            after = {row.purpose: row for row in await house.rows(own)}
            assert await rotation.rewrap(house, old, new) == 0
            with pytest.raises(Unsealable):
                await rotation.rewrap(house, third, old)
            raise ZeroDivisionError
    email = CONTACTS.columns[0]
    tenant = principal.tenant
    was, now = before["INDEXING"], after["INDEXING"]
    opened = Vault(new).index(tenant, now.id, now.sealed).of(email, "x")
    assert opened == Vault(old).index(tenant, was.id, was.sealed).of(email, "x")
    with pytest.raises(Unsealable):
        Vault(old).index(tenant, now.id, now.sealed)
    was, now = before["WRAPPING"], after["WRAPPING"]
    sealed, cipher = Vault(old).fresh_subject_key(tenant, (was.id, was.sealed), "cus_1")
    again = Vault(new).subject(tenant, (now.id, now.sealed), "cus_1", sealed)
    assert again.open(email, "cct_1", cipher.seal(email, "cct_1", "x")) == "x"
    with pytest.raises(Unsealable):
        Vault(old).subject(tenant, (now.id, now.sealed), "cus_1", sealed)
