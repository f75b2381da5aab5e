"""What a user may do now, and the end of all that was opened in their name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, select

from barberpro.platform import ids
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import publish
from barberpro.platform.revocations import revoke as void
from barberpro.platform.sets import among

from ..grants import families
from ..grants.tables import grants
from .events import SessionsRevoked
from .roles import BUILT_IN, Role
from .tables import role_assignments, roles, second_factors, sessions, users

u, a, r = users.c, role_assignments.c, roles.c
HELD = (
    select(
        u.id,
        u.is_active,
        u.locations,
        a.built_in,
        r.id.label("role_id"),
        r.name,
        r.scopes,
        r.requires_second_factor,
    )
    .select_from(users)
    .outerjoin(role_assignments, a.user_id == u.id)
    .outerjoin(roles, r.id == a.role_id)
    .where(u.id == bindparam("of_user"))
)
END_SESSIONS = (
    delete(sessions).where(sessions.c.user_id == bindparam("of_user")).returning(sessions.c.id)
)
LIVE_GRANTS = select(grants.c.id).where(
    grants.c.user_id == bindparam("of_user"), grants.c.revoked_at.is_(None)
)


@dataclass(frozen=True)
class Rights:
    """What a user may do now; nothing where they are not active, or there is no such user."""

    scopes: frozenset[str]
    locations: frozenset[str] | None
    """Ids of the shops that they see; None for the whole organization."""
    is_active: bool
    requires_second_factor: bool = False
    """Whether one of their roles is held only by who shows a code at each sign-in."""


NONE = Rights(frozenset(), frozenset(), is_active=False)


async def rights(door: Reader | Transaction, user: str) -> Rights:
    """What the user may do now, whatever was promised to a token."""
    rows = await door.rows(HELD, {"of_user": user}) if ids.prefix_of(user) == "usr" else []
    if not rows or not rows[0].is_active:
        return NONE
    held = [role for row in rows if (role := role_in(row)) is not None]
    reach = rows[0].locations
    return Rights(
        scopes=frozenset().union(*(role.scopes for role in held)),
        locations=None if reach is None else frozenset(reach),
        is_active=True,
        requires_second_factor=any(role.requires_second_factor for role in held),
    )


def role_in(row: Any) -> Role | None:
    """The role of a row with `built_in`, `role_id` and columns of `roles`; None where it has neither."""
    if row.built_in is not None:
        return BUILT_IN.get(row.built_in)  # a role that a later version took away gives nothing
    return None if row.role_id is None else own_role(row)


def own_role(row: Any) -> Role:
    """A role that the organization made: a row of `roles`, its id perhaps as `role_id`."""
    return Role(
        id=getattr(row, "role_id", None) or row.id,
        scopes=frozenset(row.scopes),
        requires_second_factor=row.requires_second_factor,
        names={"en": row.name, "es-AR": row.name},
        sentences={},
    )


async def end_everything(tx: Transaction, user: str) -> None:
    """Close the user's sessions, and void every token in their name."""
    ended: Sequence[Row[Any]] = await tx.rows(END_SESSIONS, {"of_user": user})
    for (grant,) in await tx.rows(LIVE_GRANTS, {"of_user": user}):
        await families.revoke(tx, grant, "user")
    await void(tx, user, tx.now + families.TOKEN_OUTLIVES)
    await publish(tx, SessionsRevoked(subject=user, count=len(ended)))


def roles_held(user_ids: Collection[str]) -> Select[*tuple[Any, ...]]:
    """Rows for `role_in` with their `user_id`, of these users."""
    return (
        select(
            a.user_id, a.built_in, r.id.label("role_id"), r.name, r.scopes, r.requires_second_factor
        )
        .select_from(role_assignments)
        .outerjoin(roles, r.id == a.role_id)
        .where(among(a.user_id, user_ids))
        .order_by(a.built_in, r.name_key)
    )


def with_second_factor(user_ids: Collection[str]) -> Select[Any]:
    """Those of these users who have set up codes from an app."""
    return select(second_factors.c.user_id).where(among(second_factors.c.user_id, user_ids))
