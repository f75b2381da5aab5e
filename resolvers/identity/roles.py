"""Roles: those that every organization has, and those that it makes for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.identity.users import custom_roles
from barberpro.domains.identity.users.errors import (
    RightsExceeded,
    RoleInUse,
    RoleNameTaken,
    RoleNotFound,
    RoleScopesInvalid,
    TooManyRoles,
)
from barberpro.domains.identity.users.rights import own_role
from barberpro.domains.identity.users.roles import BUILT_IN, Role
from barberpro.domains.identity.users.tables import roles as table
from barberpro.graph.context import Context
from barberpro.graph.fields import batched
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.scopes import ORGANIZATION_WIDE, needs
from barberpro.graph.types import Mutation, Node, Query, entity, extends, input_type, value
from barberpro.platform.doors import Transaction
from barberpro.platform.locale import Language
from barberpro.platform.text import InvalidName

ROLES_COST = 10
MANAGING = needs("users:write") & ORGANIZATION_WIDE
"""A role is held all over the organization: who manages some shops gives roles, and changes none."""


@value
class UserRole:
    """What a user may do."""

    role_id: strawberry.ID
    """The name of a built-in role, such as `owner`; the id of one that the organization made."""
    name: str
    """What it is called, in your language."""
    description: str | None
    """What its holders may do, in a sentence; null of a role that the organization made."""
    scopes: list[str]
    """All that it gives, in alphabetical order."""
    requires_second_factor: bool
    """Whether its holders show a code from an app when they sign in."""
    is_built_in: bool
    """Whether every organization has it."""


@dataclass(frozen=True)
class Shown:
    """A role as `UserRole` shows it."""

    role_id: str
    name: str
    description: str | None
    scopes: list[str]
    requires_second_factor: bool
    is_built_in: bool


def shown(role: Role, language: Language) -> Shown:
    """A role in the caller's language."""
    return Shown(
        role_id=role.id,
        name=role.name(language),
        description=role.sentence(language),
        scopes=sorted(role.scopes),
        requires_second_factor=role.requires_second_factor,
        is_built_in=role.id in BUILT_IN,
    )


async def roles(parents: Sequence[Any], context: Context) -> list[list[Shown]]:
    """The roles that users of the organization can have: the built-in ones, then its own by name."""
    own = map(own_role, await context.rows(custom_roles.ALL))
    every = [shown(role, context.language) for role in (*BUILT_IN.values(), *own)]
    return [every for _ in parents]


@extends(Query)
class RoleQueries:
    user_roles: list[UserRole] = batched(roles, cost=ROLES_COST, size=10, scope="users:read")


@entity(table, scope="users:read")
class CustomRole(Node):
    """A role that the organization made for itself."""

    name: str
    """What it is called."""
    scopes: list[str]
    """All that it gives, in alphabetical order."""
    requires_second_factor: bool
    """Whether its holders show a code from an app when they sign in."""


@input_type
class RoleCreateInput:
    """A role to be made."""

    name: str
    """What it is called, in at most 120 characters."""
    scopes: list[str]
    """All that it gives; only what you may do yourself."""
    requires_second_factor: bool = False
    """Whether its holders show a code from an app when they sign in."""


@input_type
class RoleUpdateInput:
    """What changes about a role. What is not given stays as it is."""

    role_id: strawberry.ID
    """Which role; the built-in ones stay as they are."""
    name: str | None = None
    """What it is called from now on."""
    scopes: list[str] | None = None
    """All that it gives from now on; only what you may do yourself."""
    requires_second_factor: bool | None = None
    """Whether its holders show a code from an app when they sign in."""


@input_type
class RoleDeleteInput:
    """A role that nobody needs any more."""

    role_id: strawberry.ID
    """Which role; nobody may hold it."""


GIVING: Foreseen = {
    InvalidName: "name",
    RoleNameTaken: "name",
    RoleScopesInvalid: "scopes",
    RightsExceeded: "scopes",
}


@mutation(CustomRole, raises={**GIVING, TooManyRoles: None}, scope=MANAGING)
async def role_create(tx: Transaction, input: RoleCreateInput) -> Row[Any]:
    """Make a role of the organization's own."""
    return await custom_roles.create(
        tx,
        name=input.name,
        scopes=input.scopes,
        requires_second_factor=input.requires_second_factor,
    )


@mutation(CustomRole, raises={**GIVING, RoleNotFound: "roleId"}, scope=MANAGING)
async def role_update(tx: Transaction, input: RoleUpdateInput) -> Row[Any]:
    """Change a role. Its holders are signed out where it gives or asks something else."""
    return await custom_roles.change(
        tx,
        input.role_id,
        name=input.name,
        scopes=input.scopes,
        requires_second_factor=input.requires_second_factor,
    )


@mutation(
    CustomRole,
    raises={RoleNotFound: "roleId", RoleInUse: "roleId", RightsExceeded: "roleId"},
    scope=MANAGING,
)
async def role_delete(tx: Transaction, input: RoleDeleteInput) -> Row[Any]:
    """Delete a role that nobody holds; the answer shows it as it was."""
    return await custom_roles.remove(tx, input.role_id)


@extends(Mutation)
class RoleMutations:
    role_create = role_create
    role_update = role_update
    role_delete = role_delete
