"""The organization in the graph, and the caller."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import bindparam, select

from barberpro.domains.identity.users.tables import users
from barberpro.domains.organizations import tables
from barberpro.graph.context import Budget, Context
from barberpro.graph.fields import PUBLIC, batched
from barberpro.graph.types import Node, Query, entity, extends, value

NAMED = select(users.c.id.label("user_id"), users.c.name).where(users.c.id == bindparam("of_user"))


@entity(tables.organizations, scope="organization:read")
class Organization(Node):
    """A business with its shops: what a token speaks for."""

    name: str
    """What the business is called."""
    created_at: datetime
    """When it joined."""


@value
class ViewerUser:
    """A person who signed in, as they may see themselves whatever else they may."""

    user_id: strawberry.ID
    """Their id as a user, as of `User`."""
    name: str
    """What they are called."""


@value
class ViewerBudget:
    """What a client may spend, in cost; operations are charged before they run, and the unused part comes back."""

    maximum_available: int
    """The most that the budget holds."""
    currently_available: int
    """What is left in it, after this operation was charged with its cost at most."""
    restore_rate: float
    """How much comes back each second."""


@value
class Viewer:
    """Whoever this request speaks for."""

    client_id: strawberry.ID
    """The OAuth client that calls."""
    client_name: str
    """The client's name; its registered documents stand under it."""
    tenant_id: strawberry.ID
    """The organization the token speaks for."""
    scopes: list[str]
    """What the caller may do, in alphabetical order."""
    user: ViewerUser | None
    """The person who signed in; null where a client calls in its own name."""
    budget: ViewerBudget | None
    """What the client may spend; null where nobody is charged."""


@dataclass(frozen=True)
class Caller:
    """What `Viewer` shows of a principal."""

    client_id: str
    client_name: str
    tenant_id: str
    scopes: list[str]
    user: Any
    budget: Budget | None


async def viewer(parents: Any, context: Context) -> list[Caller]:
    """Who is asking, for which organization, and what they may do."""
    who = context.principal
    found = await context.rows(NAMED, {"of_user": who.user}) if who.user else []
    user = found[0] if found else None
    scopes = sorted(who.scopes)
    budget = context.budget
    return [Caller(who.client, who.client_name, who.tenant, scopes, user, budget) for _ in parents]


async def organization(parents: Any, context: Context) -> list[Any]:
    """The organization the token speaks for."""
    rows = await context.rows(select(tables.organizations))
    return [rows[0] for _ in parents]


@extends(Query)
class OrganizationQueries:
    viewer: Viewer = batched(viewer, cost=0, scope=PUBLIC)
    organization: Organization | None = batched(organization, cost=0, scope="organization:read")
