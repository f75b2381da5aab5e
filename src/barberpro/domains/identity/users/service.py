"""What can be done with users: invited, given roles, disabled, let in again. Nobody manages rights beyond their own.

How a user signs in stands in `signing_in`, roles of an organization's own in `custom_roles`.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from barberpro.platform import contacts, ids, text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.sealing import keys
from barberpro.platform.sets import among, key_set
from barberpro.platform.unique import insert_unless_taken

from . import events, giving, invitations
from .errors import (
    EmailTaken,
    LastOwner,
    UserDisabled,
    UserErased,
    UserNotFound,
)
from .rights import HELD, Rights, end_everything, role_in
from .rights import rights as rights
from .roles import BUILT_IN, OWNER, Role, reaches, scopes_of
from .tables import recovery_codes, role_assignments, second_factors, users

__all__ = [
    "Rights",
    "disable",
    "enable",
    "end_sessions",
    "invite",
    "invite_again",
    "remove_second_factor",
    "rights",
    "set_roles",
]

u, a = users.c, role_assignments.c
LOCKED = select(users).where(u.id == bindparam("wanted")).with_for_update()
CHANGE = update(users).where(u.id == bindparam("wanted")).returning(users)
ASSIGN = insert(role_assignments)
UNASSIGN = delete(role_assignments).where(a.user_id == bindparam("of_user"))
OWNERS = select(a.user_id).where(a.built_in == OWNER).order_by(a.id).with_for_update()
READY = (
    select(func.count())
    .select_from(users)
    .where(
        among(u.id, key_set("owners")),
        u.id != bindparam("without"),
        u.is_active,
        u.password_hash.is_not(None),
    )
)
HAS_FACTOR = select(second_factors.c.id).where(second_factors.c.user_id == bindparam("of_user"))
FORGET_FACTOR = delete(second_factors).where(second_factors.c.user_id == bindparam("of_user"))
FORGET_CODES = delete(recovery_codes).where(recovery_codes.c.user_id == bindparam("of_user"))


async def invite(
    tx: Transaction,
    *,
    email: str,
    name: str,
    role_ids: Collection[str],
    location_ids: Collection[str] | None = None,
) -> tuple[Row[Any], str]:
    """A new user, and the secret of the link by which they choose a password.

    With `location_ids` they see only those shops. ValueError where the address is none: who takes it from outside has
    checked.
    """
    tidy, address = text.name(name), contacts.email(email)
    given = await giving.roles_asked(tx, role_ids)
    reach = await giving.reach_asked(tx, given, location_ids)
    user = ids.new("usr")
    cipher, index = await keys.cipher_of(tx, user), await keys.index_key(tx)
    row = {
        "id": user,
        "name": tidy,
        "name_key": text.fold(tidy),
        "email": cipher.seal(u.email, user, address),
        "email_index": index.of(u.email_index, contacts.same_email(address)),
        "locations": reach,
        "is_active": True,
        "created_at": tx.now,
    }
    made = await insert_unless_taken(tx, users, row)
    if made is None:
        raise EmailTaken
    await _assign(tx, user, given)
    secret = await invitations.make(tx, user)
    event = events.UserInvited(subject=user, roles=_ids(given), locations=reach)
    await publish(tx, event, after=made)
    return made, secret


async def invite_again(tx: Transaction, user_id: str) -> tuple[Row[Any], str]:
    """Another link by which a user chooses a password, as when it was forgotten; an earlier link is void.

    The password that they have goes on until the link is used.
    """
    user, _ = await _managed(tx, user_id)
    if not user.is_active:
        raise UserDisabled(user_id)
    secret = await invitations.make(tx, user_id)
    await publish(tx, events.UserInvitedAgain(subject=user_id), before=user, after=user)
    return user, secret


async def set_roles(
    tx: Transaction,
    user_id: str,
    *,
    role_ids: Collection[str],
    location_ids: Collection[str] | None = None,
) -> Row[Any]:
    """Give a user exactly these roles and this reach. They sign in anew, as a role may ask for more."""
    before, held = await _managed(tx, user_id)
    given = await giving.roles_asked(tx, role_ids)
    reach = await giving.reach_asked(tx, given, location_ids)
    if _ids(held) == _ids(given) and before.locations == reach:
        return before
    if OWNER in _ids(held) and OWNER not in _ids(given):
        await _check_another_owner(tx, user_id)
    await tx.execute(UNASSIGN, {"of_user": user_id})
    await _assign(tx, user_id, given)
    after = (await tx.execute(CHANGE, {"wanted": user_id, "locations": reach})).one()
    await end_everything(tx, user_id)
    event = events.UserRolesSet(subject=user_id, roles=_ids(given), locations=reach)
    await publish(tx, event, before=before, after=after)
    return after


async def disable(tx: Transaction, user_id: str) -> Row[Any]:
    """Stop a user: their sessions and tokens are void. One that is disabled already stays so."""
    before, held = await _managed(tx, user_id)
    if not before.is_active:
        return before
    if OWNER in _ids(held):
        await _check_another_owner(tx, user_id)
    after = (await tx.execute(CHANGE, {"wanted": user_id, "is_active": False})).one()
    await end_everything(tx, user_id)
    await publish(tx, events.UserDisabledNow(subject=user_id), before=before, after=after)
    return after


async def enable(tx: Transaction, user_id: str) -> Row[Any]:
    """Let a user sign in again, with the password they had."""
    before, _ = await _managed(tx, user_id)
    if before.erased_at is not None:
        raise UserErased(user_id)
    if before.is_active:
        return before
    after = (await tx.execute(CHANGE, {"wanted": user_id, "is_active": True})).one()
    await publish(tx, events.UserEnabled(subject=user_id), before=before, after=after)
    return after


async def end_sessions(tx: Transaction, user_id: str) -> Row[Any]:
    """Sign a user out everywhere, and void every token in their name."""
    user, _ = await _managed(tx, user_id)
    await end_everything(tx, user_id)
    return user


async def remove_second_factor(tx: Transaction, user_id: str) -> Row[Any]:
    """Forget a user's second factor, as when their telephone is lost; they are signed out everywhere."""
    user, _ = await _managed(tx, user_id)
    if await tx.rows(HAS_FACTOR, {"of_user": user_id}):
        await tx.execute(FORGET_FACTOR, {"of_user": user_id})
        await tx.execute(FORGET_CODES, {"of_user": user_id})
        await end_everything(tx, user_id)
        await publish(tx, events.SecondFactorRemoved(subject=user_id))
    return user


async def _managed(tx: Transaction, user_id: str) -> tuple[Row[Any], Sequence[Role]]:
    """A user whom the caller may manage, locked, and the roles that they hold."""
    user = None
    if ids.prefix_of(user_id) == "usr":
        user = await tx.row(LOCKED, {"wanted": user_id})
    if user is None or not reaches(tx.principal.locations, user.locations):
        raise UserNotFound(user_id[: ids.LIMIT])
    rows = await tx.rows(HELD, {"of_user": user_id})
    held = [role for row in rows if (role := role_in(row)) is not None]
    giving.check_rights(tx, scopes_of(held))
    return user, held


async def _check_another_owner(tx: Transaction, user_id: str) -> None:
    """Two owners who remove each other at once wait here: the rows of all owners are locked."""
    owners = [row.user_id for row in await tx.rows(OWNERS)]
    left = (await tx.execute(READY, {"owners": owners, "without": user_id})).scalar_one()
    if not left:
        raise LastOwner


async def _assign(tx: Transaction, user: str, given: Sequence[Role]) -> None:
    rows = [
        {
            "id": ids.new("ras"),
            "user_id": user,
            "built_in": role.id if role.id in BUILT_IN else None,
            "role_id": None if role.id in BUILT_IN else role.id,
            "assigned_at": tx.now,
        }
        for role in given
    ]
    await tx.insert(ASSIGN, rows)


def _ids(given: Sequence[Role]) -> list[str]:
    return sorted(role.id for role in given)
