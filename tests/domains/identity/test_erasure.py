"""A user who was erased is nobody any more: not for who looks, not for who signs in, not for who has the database."""

from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.identity.users import erasure, invitations, service, signing_in
from barberpro.domains.identity.users import errors as e
from barberpro.domains.identity.users.roles import KNOWN_SCOPES
from barberpro.domains.identity.users.tables import EMAILS, users
from barberpro.platform import ids
from barberpro.platform.binding import across_tenants
from barberpro.platform.doors import Reader, housekeeping
from barberpro.platform.events import events
from barberpro.platform.migrations import know_all_tables
from barberpro.platform.sealing.keys import subject_keys
from barberpro.platform.tables import metadata

from ...conftest import tenant
from ...security.visiting import code

know_all_tables()
NAME, EMAIL, SECRET = "Quimey Zapallar", "quimey.zapallar@example.com", "JBSWY3DPEHPK3PXP" * 2


@pytest.fixture
async def principal(database: Any, clock: Any) -> Any:
    """Who may manage any user."""
    return await tenant(database, clock, scopes=KNOWN_SCOPES)


@pytest.fixture
async def quimey(done: Any, clock: Any) -> Any:
    """A user with a password, a second factor, a role, and a link that is open."""

    async def arrive(tx: Any) -> Any:
        user, _ = await service.invite(tx, email=EMAIL, name=NAME, role_ids=["analyst"])
        _, secret = await service.invite_again(tx, user.id)
        await invitations.accept(tx, secret, "$argon2id$a-hash-of-hers")
        shown = code(SECRET, clock())
        assert await signing_in.enrol(tx, user.id, SECRET, shown) is not None
        await service.invite_again(tx, user.id)
        return user

    return await done(arrive)


@pytest.fixture
def dumped(database: Any, clock: Any, principal: Any) -> Any:
    """`await dumped()` is all that a thief of the database reads of this tenant, as text."""

    async def dump() -> str:
        async with housekeeping(database, clock) as house:
            tables = [t for t in metadata.tables.values() if "organization_id" in t.c]
            own = [select(t).where(t.c.organization_id == principal.tenant) for t in tables]
            rows = [await house.rows(across_tenants(each, "a thief")) for each in own]
        return repr([[tuple(row) for row in each] for each in rows])

    return dump


async def of(opening: Any, table: Any, user: str) -> Any:
    owner = table.c.id if table is users else table.c.user_id
    async with opening() as tx:
        return await tx.rows(select(table).where(owner == user))


async def test_nothing_says_any_more_who_they_were(
    quimey: Any, done: Any, opening: Any, dumped: Any
) -> None:
    (before,) = await of(opening, users, quimey.id)
    gone = [NAME, EMAIL, before.password_hash, repr(before.email), repr(before.email_index)]
    had = await dumped()
    assert [each for each in gone if each not in had] == [EMAIL]
    erased = await done(lambda tx: erasure.erase(tx, quimey.id))
    left = await dumped()
    assert [each for each in gone if each in left] == []
    assert (erased.name, erased.name_key, erased.is_active) == ("Anónimo", "anonimo", False)
    async with opening() as tx:
        (key,) = await tx.rows(select(subject_keys).where(subject_keys.c.subject_id == quimey.id))
        assert (key.sealed, key.destroyed_at, erased.erased_at) == (None, tx.now, tx.now)
        assert await tx.rows(EMAILS.reading, {"keys": [quimey.id]}) == []
    for name in ("second_factors", "recovery_codes", "invitations", "role_assignments", "sessions"):
        assert await of(opening, metadata.tables[name], quimey.id) == [], name


async def test_they_are_not_found_and_not_let_in_again(
    quimey: Any, done: Any, database: Any, principal: Any
) -> None:
    reader = Reader(database, principal)
    found = await signing_in.account(reader, EMAIL)
    assert found is not None
    assert found.id == quimey.id
    await done(lambda tx: erasure.erase(tx, quimey.id))
    assert await signing_in.account(reader, EMAIL) is None
    with pytest.raises(e.UserErased) as caught:
        await done(lambda tx: service.enable(tx, quimey.id))
    assert caught.value.user_id == quimey.id
    with pytest.raises(e.UserDisabled):
        await done(lambda tx: service.invite_again(tx, quimey.id))


async def test_their_address_is_free_again(quimey: Any, done: Any) -> None:
    again = {"email": EMAIL, "name": NAME, "role_ids": ["analyst"]}
    with pytest.raises(e.EmailTaken):
        await done(lambda tx: service.invite(tx, **again))
    await done(lambda tx: erasure.erase(tx, quimey.id))
    other, _ = await done(lambda tx: service.invite(tx, **again))
    assert other.id != quimey.id


async def test_it_is_told_once(quimey: Any, done: Any) -> None:
    about = select(events.c.id, events.c.type, events.c.data).where(events.c.subject == quimey.id)
    before = {row.id for row in await done(lambda tx: tx.rows(about))}
    first = await done(lambda tx: erasure.erase(tx, quimey.id))
    assert await done(lambda tx: erasure.erase(tx, quimey.id)) == first
    new = {r.type: r.data for r in await done(lambda tx: tx.rows(about)) if r.id not in before}
    assert new.keys() == {"user.sessions_revoked", "user.disabled", "user.erased"}
    assert new["user.erased"] == {"subject": quimey.id}


async def test_the_last_owner_stays(done: Any, opening: Any) -> None:
    async def arrive(tx: Any) -> Any:
        user, secret = await service.invite(tx, email=EMAIL, name=NAME, role_ids=["owner"])
        await invitations.accept(tx, secret, "$argon2id$a-hash")
        return user

    owner = await done(arrive)
    before = await of(opening, users, owner.id)
    with pytest.raises(e.LastOwner):
        await done(lambda tx: erasure.erase(tx, owner.id))
    assert await of(opening, users, owner.id) == before


async def test_who_is_not_there_is_not_erased(done: Any) -> None:
    with pytest.raises(e.UserNotFound):
        await done(lambda tx: erasure.erase(tx, ids.new("usr")))
