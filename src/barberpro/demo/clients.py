"""The demo's two tenants, and the applications that speak for them."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from sqlalchemy import select

from barberpro.domains.identity.applications import MACHINE, Application, Authentication, Grant
from barberpro.domains.identity.clients import register_application, set_tier
from barberpro.domains.identity.documents import service
from barberpro.domains.identity.users.roles import KNOWN_SCOPES
from barberpro.domains.organizations.tables import organizations
from barberpro.platform import ids
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.principal import DocumentMode, worker

from .credentials import Credential
from .scales import CROWD, NEIGHBOUR, Scale

NOUNS = ("organization", "locations", "catalogue", "people", "bookings", "billing")
LEARNED = ("recommendations:read", "forecasts:read", "loyalty:read")
READ = (*(f"{noun}:read" for noun in NOUNS), "ledger:read", "usage:read", *LEARNED)
WRITE = tuple(f"{noun}:write" for noun in NOUNS)
REGISTRY = ("documents:read", "documents:review", "documents:write")
PERSONAL = ("customers:erase", "customers:pii")
BOOKS = (
    "billing:read",
    "billing:write",
    "bookings:read",
    "bookings:write",
    "catalogue:read",
    "documents:read",
    "documents:write",
    "locations:read",
    "people:read",
    "recommendations:read",
    "usage:read",
)

LOOPBACK = ("http://127.0.0.1/callback",)
"""Of an app on the same machine, which takes whatever port is free (RFC 8252 section 7.3)."""


@dataclass(frozen=True)
class Client:
    """An application, by the name of its folder in `schema/operations/`."""

    name: str
    scopes: tuple[str, ...]
    document_mode: DocumentMode = "open"
    tier: str | None = None
    """What it may spend: a tier of `schema/tiers.toml`."""
    redirects: tuple[str, ...] = ()
    """Where people come back to who sign in through it; it keeps no secret then (PKCE)."""
    publishes: tuple[str, ...] = ()
    """Its documents in the database, by their files in `documents/`."""


@dataclass(frozen=True)
class Tenant:
    """An organization of the demo. Its id is the same everywhere, so a second load finds the first."""

    id: str
    name: str
    clients: tuple[Client, ...]
    scale: Scale | None = None
    """Its own, where it is the same in a demo of any scale."""


def _tenant_id(name: str) -> str:
    founded = datetime(2018, 11, 23, tzinfo=UTC)
    noise = hashlib.sha256(f"barberpro demo: {name}".encode()).digest()[:10]
    return f"org_{ids.encode(ids.uuid7(int(founded.timestamp()) * 1000, noise))}"


CHAIN = Tenant(
    _tenant_id("chain"),
    "Barberías del Sur",
    (
        Client("frontend", READ + WRITE + PERSONAL + REGISTRY, tier="own"),
        Client("partner", BOOKS, document_mode="locked", tier="silver", publishes=("OpenShops",)),
        Client("analyst", READ, tier="gold"),
        Client("app", tuple(sorted(KNOWN_SCOPES)), tier="own", redirects=LOOPBACK),
    ),
)
RIVAL = Tenant(
    _tenant_id("rival"), "La Competencia", (Client("rival", READ + WRITE),), scale=NEIGHBOUR
)
TENANTS = (CHAIN, RIVAL)


def tenants(scale: Scale) -> tuple[Tenant, ...]:
    """Those of a demo of this scale. In the arena a crowd stands around them, whom nobody speaks for.

    The crowd comes first: where TENANTS are there, all are.
    """
    if scale.name != "arena":
        return TENANTS
    crowd = (Tenant(_tenant_id(size.name), f"Cadena {size.name}", (), size) for size in CROWD)
    return (*crowd, *TENANTS)


async def absent(database: Database, wanted: Sequence[Tenant] = TENANTS) -> list[Tenant]:
    """The demo's tenants that are not in this database."""
    asked = [
        Reader(database, worker(tenant.id)).rows(select(organizations.c.id)) for tenant in wanted
    ]
    found = await asyncio.gather(*asked)
    return [tenant for tenant, rows in zip(wanted, found, strict=True) if not rows]


async def registered(tx: Transaction, tenant: Tenant) -> list[Credential]:
    """Register the tenant's clients; their secrets are fresh in each installation."""
    made = []
    for client in tenant.clients:
        row, secret = await register_application(
            tx,
            name=client.name,
            scopes=client.scopes,
            document_mode=client.document_mode,
            application=_application(client),
        )
        if client.tier is not None:
            await set_tier(tx, row.id, client.tier)
        published = {name: await _published(tx, row.id, name) for name in client.publishes}
        scopes, redirects = list(row.scopes), list(row.redirect_uris)
        made.append(
            Credential(client.name, row.id, secret, scopes, tenant.id, redirects, published)
        )
    return made


async def _published(tx: Transaction, client: str, name: str) -> str:
    """Register a document for the client, and give what it is called by."""
    text = (files("barberpro.demo") / "documents" / f"{name}.graphql").read_bytes().decode()
    check = _check()
    row = await service.publish(tx, client=client, text=text, check=check)
    await service.approve(tx, row.id, check=check)
    return f"sha256:{row.sha256}"


@cache
def _check() -> service.Check:
    # The schema takes a second or two to build, which only a load has to wait for, and once.
    from barberpro.graph.publishing import against
    from barberpro.graph.schema import build_schema

    return against(build_schema())


def _application(client: Client) -> Application:
    if not client.redirects:
        return MACHINE
    return Application(
        authentication=Authentication.NONE,
        grants=(Grant.CODE, Grant.REFRESH),
        redirects=client.redirects,
        title="BarberPro",
    )
