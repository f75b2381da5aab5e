"""Users managed: invited, given roles, kept out, let in again."""

from typing import Any
from urllib.parse import urlencode

import strawberry
from sqlalchemy import Row

from barberpro.domains.identity.users import service
from barberpro.domains.identity.users.erasure import erase
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
    UserErased,
    UserNotFound,
)
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.scalars import EmailAddress
from barberpro.graph.scopes import needs
from barberpro.graph.types import Mutation, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.text import InvalidName

from .users import User


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
class UserEraseInput:
    """A user who is to be forgotten."""

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
ERASING = needs("users:write") & needs("users:pii")
"""Who manages users and may see who they are."""
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


@mutation(User, raises={**MANAGING, UserErased: "userId"}, scope="users:write")
async def user_enable(tx: Transaction, input: UserEnableInput) -> Row[Any]:
    """Let a user in again, with the password they had."""
    return await service.enable(tx, input.user_id)


@mutation(User, raises={**MANAGING, LastOwner: "userId"}, scope=ERASING)
async def user_erase(tx: Transaction, input: UserEraseInput) -> Row[Any]:
    """
    Keep a user out and forget them. Nobody can take it back: the key to all personal data is destroyed, the name
    overwritten. What they did stays on record, without saying who they were.
    """
    return await erase(tx, input.user_id)


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
    user_erase = user_erase
    user_remove_second_factor = user_remove_second_factor
    sessions_revoke = sessions_revoke


def _with_link(tx: Transaction, user: Row[Any], secret: str) -> Row[Any]:
    query = urlencode({"for": tx.principal.tenant, "secret": secret})
    tx.shown_once[user.id] = f"/oauth/invitation?{query}"
    return user
