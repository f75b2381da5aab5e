"""What is left of somebody who was erased: nothing, for whoever has the whole database and the master key too."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.handlers import forget_requests
from barberpro.domains.people import service as people
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.events import CustomerErased
from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.crypto import Sealer, Unsealable
from barberpro.platform.doors import housekeeping
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.sealing.keys import subject_keys
from barberpro.platform.sealing.rows import EVERY
from barberpro.platform.sealing.scrub import scrub
from barberpro.platform.sealing.vault import SubjectCipher, Vault
from barberpro.platform.sets import among
from barberpro.platform.tables import metadata

from ..conftest import MASTER_KEY

know_all_tables()
NAME = "Quimey Zapallar"
SECRET = {
    "email": "quimey.zapallar@example.com",
    "phone": "+5493517770001",
    "document_number": "48151623",
    "birth_date": "1987-06-05",
    "address": "Pasaje Zorzal 815",
    "notes": "quimey es alérgica al amoníaco",
}
BOOKED = "quimey viene con muletas"
CALLED_OFF = "quimey se quebró"
CREATE = """
mutation Create($input: BookingCreateInput!) {
  bookingCreate(input: $input) { booking { id } errors { __typename } }
}
"""
Dump = dict[str, list[dict[str, Any]]]


@pytest.fixture
def dumped(database: Any, clock: Any, principal: Any) -> Any:
    """`await dumped()` is every row of every table that is this tenant's or nobody's, by table."""

    async def dump() -> Dump:
        found: Dump = {}
        async with housekeeping(database, clock) as house:
            for name, table in metadata.tables.items():
                rows = select(table)
                if "organization_id" in table.c:
                    rows = rows.where(table.c.organization_id == principal.tenant)
                marked = across_tenants(rows, "a thief has everything")
                found[name] = [dict(row._mapping) for row in await house.rows(marked)]
        return found

    return dump


@pytest.fixture
async def quimey(chain: Any, done: Any, ask: Any, clock: Any) -> Any:
    """Somebody of whom everything is known, who booked, and whose bookings are spoken of."""
    contact = Contact(**{**SECRET, "birth_date": date(1987, 6, 5)})  # type: ignore[typeddict-item]
    taken = await done(
        lambda tx: people.register_customer(
            # A name of this test's own: others leave theirs in the same file.
            tx,
            name=f"{NAME} {ids.new('x')[-8:]}",
            home_location_id=chain.centro.id,
            contact=contact,
        )
    )
    answer = await ask(CREATE, input=asked_of(chain, taken.id, clock))
    booking = answer.data["bookingCreate"]["booking"]["id"]
    await done(lambda tx: bookings.cancel(tx, booking, reason=CALLED_OFF))
    seen = Contact(email="carla@example.com")
    await done(lambda tx: people.update_customer(tx, chain.carla.id, contact=seen))
    return taken


def asked_of(chain: Any, customer: str, clock: Any) -> dict[str, Any]:
    return {
        "locationId": chain.centro.id,
        "providerId": chain.ana.id,
        "customerId": customer,
        "serviceId": chain.cut.id,
        "startsAt": (clock() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "notes": BOOKED,
        "idempotencyKey": "quimey-1",
    }


async def erase(done: Any, customer: str) -> None:
    await done(lambda tx: people.erase_customer(tx, customer))
    await done(lambda tx: forget_requests(tx, CustomerErased(subject=customer)))


def everything_openable(dump: Dump, tenant: str) -> set[str]:
    """All that opens with the master key, with whatever opens with it, and so on, in whatever place."""
    vault = Vault(Sealer(MASTER_KEY))
    tenant_keys = [(row["id"], row["sealed"]) for row in dump["tenant_keys"]]
    ciphers: list[SubjectCipher] = []
    for row in dump["subject_keys"]:
        for key in tenant_keys:
            try:
                ciphers.append(vault.subject(tenant, key, row["subject_id"], row["sealed"] or b""))
            except Unsealable:
                continue
    found: set[str] = set()
    for rows in EVERY:
        for row in dump[rows.table.name]:
            for column in rows.columns:
                for cipher in ciphers:
                    try:
                        found.add(cipher.open(column, row["id"], row[column.name] or b""))
                    except Unsealable:
                        continue
    return found


async def test_a_full_dump_with_the_master_key_yields_nothing_of_who_was_erased(
    quimey: Any, chain: Any, done: Any, dumped: Any, principal: Any
) -> None:
    whole = everything_openable(await dumped(), principal.tenant)
    assert whole == {*SECRET.values(), BOOKED, CALLED_OFF, "carla@example.com"}
    await erase(done, quimey.id)
    dump = await dumped()
    assert everything_openable(dump, principal.tenant) == {"carla@example.com"}
    shown = json.dumps(dump, default=str, ensure_ascii=False).casefold()
    for plain in (NAME, *SECRET.values(), BOOKED, CALLED_OFF):
        assert plain.casefold() not in shown
    assert "quimey" not in shown.replace("quimey-1", "")


async def test_no_guess_can_be_tried_against_what_is_left(
    quimey: Any, chain: Any, done: Any, dumped: Any, clock: Any
) -> None:
    """Digests of low entropy are as good as the value: of requests, of rows in the log, and of what is found by."""
    before = await dumped()
    (request,) = [row["fingerprint"] for row in before["idempotency_keys"]]
    (row,) = [r for r in before["customers"] if r["id"] == quimey.id]
    (contact,) = [r for r in before["customer_contacts"] if r["customer_id"] == quimey.id]
    indexes = [contact[f"{name}_index"] for name in ("email", "phone", "document_number")]
    assert len({row["veil"], request, *indexes}) == 5
    await erase(done, quimey.id)
    left = repr(await dumped())
    assert request not in left
    assert row["veil"] not in left
    assert not [index for index in indexes if repr(index) in left]


async def test_nothing_of_who_was_erased_is_left_in_the_file(
    quimey: Any, done: Any, dumped: Any, database: Any
) -> None:
    """Neither the name nor the key, not in free pages, nor in the log once that was emptied."""
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL's files are the server's: old rows go with VACUUM")
    before = await dumped()
    (key,) = [row for row in before["subject_keys"] if row["subject_id"] == quimey.id]
    (row,) = [row for row in before["customers"] if row["id"] == quimey.id]
    names = [quimey.name.encode(), quimey.name.casefold().encode()]
    gone = [key["sealed"], row["veil"].encode(), *names]
    assert all(each in files(database) for each in gone)
    await erase(done, quimey.id)
    assert await scrub(database)
    left = files(database)
    assert [each for each in gone if each in left] == []


async def test_what_many_leave_behind_in_a_file_is_overwritten(
    done: Any, database: Any, opening: Any
) -> None:
    """Each alone may be overwritten by the next one that is written; of many, some would stay in free space."""
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL's files are the server's: old rows go with VACUUM")
    crowd = [f"Zapallo {ids.new('cus')}" for _ in range(60)]

    contact = Contact(email="z@example.com", notes="z" * 500)

    async def register(tx: Any) -> list[str]:
        return [
            (await people.register_customer(tx, name=n, home_location_id=None, contact=contact)).id
            for n in crowd
        ]

    registered = await done(register)
    of_them = select(subject_keys.c.sealed).where(among(subject_keys.c.subject_id, registered))
    async with opening() as tx:
        sealed = [row.sealed for row in await tx.rows(of_them)]
    gone = [*(name.encode() for name in crowd), *sealed]
    assert len(gone) == 120
    assert [each for each in gone if each not in files(database)] == []
    for person in registered:
        await done(lambda tx, each=person: people.erase_customer(tx, each))
    assert await scrub(database)
    left = files(database)
    assert [each for each in gone if each in left] == []


def files(database: Any) -> bytes:
    """What a thief of the disk has of the database."""
    file = Path(database.url.database)
    return b"".join(p.read_bytes() for p in sorted(file.parent.glob(f"{file.name}*")))


async def test_values_moved_between_rows_columns_people_and_tenants_do_not_open(
    quimey: Any, chain: Any, dumped: Any, principal: Any, stranger: Any, opening: Any
) -> None:
    dump = await dumped()
    vault = Vault(Sealer(MASTER_KEY))
    (key,) = [r for r in dump["subject_keys"] if r["subject_id"] == quimey.id]
    (wrapping,) = [r for r in dump["tenant_keys"] if r["id"] == key["tenant_key_id"]]
    (contact,) = [r for r in dump["customer_contacts"] if r["customer_id"] == quimey.id]
    under = (wrapping["id"], wrapping["sealed"])
    cipher = vault.subject(principal.tenant, under, quimey.id, key["sealed"])
    c = metadata.tables["customer_contacts"].c
    assert cipher.open(c.email, contact["id"], contact["email"]) == SECRET["email"]
    for column, row, sealed in (
        (c.phone, contact["id"], contact["email"]),
        (c.email, "cct_other", contact["email"]),
        (metadata.tables["bookings"].c.notes, contact["id"], contact["email"]),
        (c.email, contact["id"], contact["phone"]),
    ):
        with pytest.raises(Unsealable):
            cipher.open(column, row, sealed)
    for tenant, subject in ((stranger.tenant, quimey.id), (principal.tenant, chain.carla.id)):
        with pytest.raises(Unsealable):
            vault.subject(tenant, under, subject, key["sealed"])


async def test_the_database_refuses_a_key_of_another_tenant(
    quimey: Any, stranger: Any, opening: Any, database: Any, clock: Any
) -> None:
    """A person's key stands under a key of their own tenant: references within a tenant say so."""
    async with opening(stranger) as tx:
        await people.register_customer(
            tx, name="Otra", home_location_id=None, contact=Contact(email="otra@example.com")
        )
    steal = text(
        "UPDATE subject_keys SET tenant_key_id = (SELECT id FROM tenant_keys WHERE organization_id = :theirs"
        " AND purpose = 'WRAPPING') WHERE subject_id = :own"
    )
    with pytest.raises(IntegrityError):
        async with housekeeping(database, clock) as house:
            await house.execute(
                across_tenants(steal, "a thief writes as well"),
                {"theirs": stranger.tenant, "own": quimey.id},
            )
