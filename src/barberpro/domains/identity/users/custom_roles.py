"""Roles that an organization makes for itself, beside those that all have. Nobody makes one that may more than they.

A role is held all over the organization: it is for callers who see all of it (`resolvers/identity/roles.py`).
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from barberpro.platform import ids, text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.unique import insert_unless_taken

from . import events
from .errors import (
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
    RoleScopesInvalid,
    TooManyRoles,
)
from .giving import check_rights
from .rights import end_everything
from .roles import KNOWN_SCOPES
from .tables import role_assignments, roles

MOST = 50  # so that all of them can be listed

r, a = roles.c, role_assignments.c
LOCKED = select(roles).where(r.id == bindparam("wanted")).with_for_update()
ALL = select(roles).order_by(r.name_key, r.id)
COUNT = select(func.count()).select_from(roles)
SAME_NAME = select(r.id).where(r.name_key == bindparam("folded"), r.id != bindparam("other"))
CHANGE = update(roles).where(r.id == bindparam("wanted")).returning(roles)
REMOVE = delete(roles).where(r.id == bindparam("wanted"))
HOLDERS = select(a.user_id).where(a.role_id == bindparam("of_role")).order_by(a.user_id)


async def create(
    tx: Transaction, *, name: str, scopes: Collection[str], requires_second_factor: bool = False
) -> Row[Any]:
    """A new role of the organization."""
    tidy, allowed = text.name(name), _checked(tx, scopes)
    if (await tx.execute(COUNT)).scalar_one() >= MOST:
        raise TooManyRoles(MOST)
    row = {
        "id": ids.new("rol"),
        "name": tidy,
        "name_key": text.fold(tidy),
        "scopes": allowed,
        "requires_second_factor": requires_second_factor,
        "created_at": tx.now,
    }
    made = await insert_unless_taken(tx, roles, row)
    if made is None:
        raise RoleNameTaken(tidy)
    await publish(tx, events.RoleMade(subject=made.id, scopes=allowed), after=made)
    return made


async def change(
    tx: Transaction,
    role_id: str,
    *,
    name: str | None = None,
    scopes: Collection[str] | None = None,
    requires_second_factor: bool | None = None,
) -> Row[Any]:
    """Change what a role is called or gives. Its holders sign in anew where what it gives or asks is another."""
    before = await _held(tx, role_id)
    tidy = before.name if name is None else text.name(name)
    allowed = before.scopes if scopes is None else _checked(tx, scopes)
    needs = (
        before.requires_second_factor if requires_second_factor is None else requires_second_factor
    )
    values = {"name": tidy, "scopes": allowed, "requires_second_factor": needs}
    if all(getattr(before, key) == value for key, value in values.items()):
        return before
    folded = text.fold(tidy)
    if await tx.rows(SAME_NAME, {"folded": folded, "other": role_id}):
        raise RoleNameTaken(tidy)
    after = (await tx.execute(CHANGE, {"wanted": role_id, "name_key": folded, **values})).one()
    if (before.scopes, before.requires_second_factor) != (allowed, needs):
        for (user,) in await tx.rows(HOLDERS, {"of_role": role_id}):
            await end_everything(tx, user)
    event = events.RoleChanged(subject=role_id, scopes=allowed)
    await publish(tx, event, before=before, after=after)
    return after


async def remove(tx: Transaction, role_id: str) -> Row[Any]:
    """Delete a role that nobody holds."""
    before = await _held(tx, role_id)
    holders = await tx.rows(HOLDERS, {"of_role": role_id})
    if holders:
        raise RoleInUse(role_id, len(holders))
    await tx.execute(REMOVE, {"wanted": role_id})
    await publish(tx, events.RoleDeleted(subject=role_id), before=before)
    return before


async def _held(tx: Transaction, role_id: str) -> Row[Any]:
    """A role that the caller may manage, locked."""
    found = None
    if ids.prefix_of(role_id) == "rol":
        found = await tx.row(LOCKED, {"wanted": role_id})
    if found is None:
        raise RoleNotFound(role_id[: ids.LIMIT])
    check_rights(tx, found.scopes)
    return found


def _checked(tx: Transaction, scopes: Collection[str]) -> list[str]:
    if not scopes or not KNOWN_SCOPES.issuperset(scopes):
        raise RoleScopesInvalid(sorted(KNOWN_SCOPES))
    check_rights(tx, scopes)
    return sorted(set(scopes))
