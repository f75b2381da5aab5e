"""Users: who they are, and what each may do."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from barberpro.domains.identity.users import rights
from barberpro.domains.identity.users.tables import EMAILS
from barberpro.domains.identity.users.tables import users as table
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import Connection, batched, by_id, computed, expression, page
from barberpro.graph.scalars import EmailAddress
from barberpro.graph.scopes import ORGANIZATION_WIDE, needs
from barberpro.graph.sealed import sealed
from barberpro.graph.types import Node, Query, entity, extends

from .roles import Shown, UserRole, shown

PERSONAL = "users:pii"
EVERYONE = needs("users:read") & ORGANIZATION_WIDE
"""Who manages some shops invites staff there, and is not told who works elsewhere."""


def location_ids(locations: list[str] | None) -> list[str] | None:
    """The locations that they are limited to; null where they see the whole organization."""
    return locations


async def held(parents: Sequence[Any], context: Context) -> list[list[Shown]]:
    """What they may do, as far as their organization goes: nothing while they are disabled."""
    found: dict[str, list[Shown]] = defaultdict(list)
    for row in await context.rows(rights.roles_held([p.id for p in parents])):
        role = rights.role_in(row)
        if role is not None:
            found[row.user_id].append(shown(role, context.language))
    return [found[p.id] for p in parents]


async def has_second_factor(parents: Sequence[Any], context: Context) -> list[bool]:
    """Whether they show a code from an app when they sign in."""
    rows = await context.rows(rights.with_second_factor([p.id for p in parents]))
    having = {row.user_id for row in rows}
    return [p.id in having for p in parents]


async def invitation_path(parents: Sequence[Any], context: Context) -> list[str | None]:
    """Path and query of the page where they choose a password, on the host of this API: shown in the answer to the
    mutation that made it, and null ever after. It works once, for three days."""
    return [context.shown_once.get(p.id) for p in parents]


@entity(table, scope="users:read", found=EVERYONE)
class User(Node):
    """A person who signs in for the organization."""

    name: str
    """What they are called."""
    email: EmailAddress | None = sealed(table.c.email, EMAILS, scope=PERSONAL)
    """The address that they sign in with."""
    is_active: bool
    """Whether they may act at all."""
    has_password: bool = expression(table, table.c.password_hash.is_not(None))
    """Whether they have taken up their invitation."""
    has_second_factor: bool = batched(has_second_factor, cost=1)
    created_at: datetime
    """When they were invited."""
    erased_at: datetime | None
    """When they were forgotten for good: their name and address are gone; null of all others."""
    location_ids: list[strawberry.ID] | None = computed("locations", fn=location_ids)
    roles: list[UserRole] = batched(held, cost=5, size=2)
    invitation_path: str | None = batched(invitation_path, cost=0, scope="users:write")


UserOrder = ordering(
    "User",
    {
        "NAME": "By name, in the order of the alphabet.",
        "CREATED_AT": "By when they were invited.",
    },
    NAME=table.c.name_key,
    CREATED_AT=table.c.created_at,
)


@filtering
class UserFilter:
    """Which users."""

    is_active: bool | None = equals(table.c.is_active)
    """Those who may act, or those who may not."""


@extends(Query)
class UserQueries:
    user: User | None = by_id(table, scope=EVERYONE)
    """One user."""
    users: Connection[User] = page(table, ordering=UserOrder, filter=UserFilter, scope=EVERYONE)
    """The organization's users, also those who are disabled."""
