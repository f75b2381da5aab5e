"""Users: who they are, what each may do, and how they are let in and kept out."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import strawberry
from sqlalchemy import Row

from barberpro.domains.identity.users import rights, service
from barberpro.domains.identity.users.errors import (
    EmailTaken,
    LastOwner,
    LocationCountOutOfRange,
    OwnerLimited,
    ReachExceeded,
    RightsExceeded,
    RoleCountOutOfRange,
    RoleNotFound,
    UserDisabled,
    UserNotFound,
)
from barberpro.domains.identity.users.tables import EMAILS
from barberpro.domains.identity.users.tables import users as table
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.graph.choices import equals, filtering, ordering
from barberpro.graph.context import Context
from barberpro.graph.fields import Connection, batched, by_id, computed, expression, page
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.scalars import EmailAddress
from barberpro.graph.scopes import ORGANIZATION_WIDE, needs
from barberpro.graph.sealed import sealed
from barberpro.graph.types import Mutation, Node, Query, entity, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.text import InvalidName

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
    location_ids: list[strawberry.ID] | None = computed("locations", fn=location_ids)
    roles: list[UserRole] = batched(held, cost=5)
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


@input_type
class UserInviteInput:
    """Someone who is to become a user."""

    email: EmailAddress
    """The address that they will sign in with."""
    name: str
    """What they are called, in at most 120 characters."""
    role_ids: list[strawberry.ID]
    """Their roles, 1 to 10; only such as give no more than you have."""
    location_ids: list[strawberry.ID] | None = None
    """The locations that they see; without it, the whole organization."""


@input_type
class UserUpdateRolesInput:
    """What a user may do from now on, and where."""

    user_id: strawberry.ID
    """Which user."""
    role_ids: list[strawberry.ID]
    """All their roles, 1 to 10; only such as give no more than you have."""
    location_ids: list[strawberry.ID] | None = None
    """All locations that they see; without it, the whole organization."""


@input_type
class UserInviteAgainInput:
    """A user who needs a new link, as when they forgot their password."""

    user_id: strawberry.ID
    """Which user."""


@input_type
class UserDisableInput:
    """A user who must not act any more."""

    user_id: strawberry.ID
    """Which user."""


@input_type
class UserEnableInput:
    """A user who may act again."""

    user_id: strawberry.ID
    """Which user."""


@input_type
class UserRemoveSecondFactorInput:
    """A user who lost the telephone that shows their codes."""

    user_id: strawberry.ID
    """Which user."""


@input_type
class SessionsRevokeInput:
    """A user who is to be signed out everywhere."""

    user_id: strawberry.ID
    """Which user."""


GIVING: Foreseen = {
    RoleNotFound: "roleIds",
    RoleCountOutOfRange: "roleIds",
    RightsExceeded: "roleIds",
    LocationNotFound: "locationIds",
    LocationCountOutOfRange: "locationIds",
    ReachExceeded: "locationIds",
    OwnerLimited: "locationIds",
}
MANAGING: Foreseen = {UserNotFound: "userId", RightsExceeded: "userId"}


@mutation(User, raises={**GIVING, InvalidName: "name", EmailTaken: "email"}, scope="users:write")
async def user_invite(tx: Transaction, input: UserInviteInput) -> Row[Any]:
    """Invite someone. Select `invitationPath` for the link to send them: this once."""
    user, secret = await service.invite(
        tx,
        email=input.email,
        name=input.name,
        role_ids=input.role_ids,
        location_ids=input.location_ids,
    )
    return _with_link(tx, user, secret)


@mutation(User, raises={**MANAGING, UserDisabled: "userId"}, scope="users:write")
async def user_invite_again(tx: Transaction, input: UserInviteAgainInput) -> Row[Any]:
    """Make a new link by which a user chooses a password. The password they have goes on until it is used."""
    return _with_link(tx, *await service.invite_again(tx, input.user_id))


@mutation(
    User, raises={**GIVING, UserNotFound: "userId", LastOwner: "roleIds"}, scope="users:write"
)
async def user_update_roles(tx: Transaction, input: UserUpdateRolesInput) -> Row[Any]:
    """Give a user exactly these roles and locations. They are signed out everywhere."""
    return await service.set_roles(
        tx, input.user_id, role_ids=input.role_ids, location_ids=input.location_ids
    )


@mutation(User, raises={**MANAGING, LastOwner: "userId"}, scope="users:write")
async def user_disable(tx: Transaction, input: UserDisableInput) -> Row[Any]:
    """Keep a user out: they are signed out everywhere, and their tokens fail within five seconds."""
    return await service.disable(tx, input.user_id)


@mutation(User, raises=MANAGING, scope="users:write")
async def user_enable(tx: Transaction, input: UserEnableInput) -> Row[Any]:
    """Let a user in again, with the password they had."""
    return await service.enable(tx, input.user_id)


@mutation(User, raises=MANAGING, scope="users:write")
async def user_remove_second_factor(
    tx: Transaction, input: UserRemoveSecondFactorInput
) -> Row[Any]:
    """Forget a user's second factor and recovery codes. Where a role needs one, they set up another at sign-in."""
    return await service.remove_second_factor(tx, input.user_id)


@mutation(User, raises=MANAGING, scope="users:write")
async def sessions_revoke(tx: Transaction, input: SessionsRevokeInput) -> Row[Any]:
    """Sign a user out everywhere, and void every token in their name."""
    return await service.end_sessions(tx, input.user_id)


@extends(Mutation)
class UserMutations:
    user_invite = user_invite
    user_invite_again = user_invite_again
    user_update_roles = user_update_roles
    user_disable = user_disable
    user_enable = user_enable
    user_remove_second_factor = user_remove_second_factor
    sessions_revoke = sessions_revoke


def _with_link(tx: Transaction, user: Row[Any], secret: str) -> Row[Any]:
    query = urlencode({"for": tx.principal.tenant, "secret": secret})
    tx.shown_once[user.id] = f"/oauth/invitation?{query}"
    return user
