"""The demo's two tenants, and the applications that speak for them."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from barberpro.domains.identity.applications import MACHINE, Application, Authentication, Grant
from barberpro.domains.identity.clients import register_application, set_tier
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
READ = (*(f"{noun}:read" for noun in NOUNS), *LEARNED)
WRITE = tuple(f"{noun}:write" for noun in NOUNS)
PERSONAL = ("customers:erase", "customers:pii")
BOOKS = (
    "billing:read",
    "billing:write",
    "bookings:read",
    "bookings:write",
    "catalogue:read",
    "locations:read",
    "people:read",
    "recommendations:read",
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
        Client("frontend", READ + WRITE + PERSONAL, tier="own"),
        Client("partner", BOOKS, document_mode="locked", tier="silver"),
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
        scopes, redirects = list(row.scopes), list(row.redirect_uris)
        made.append(Credential(client.name, row.id, secret, scopes, tenant.id, redirects))
    return made


def _application(client: Client) -> Application:
    if not client.redirects:
        return MACHINE
    return Application(
        authentication=Authentication.NONE,
        grants=(Grant.CODE, Grant.REFRESH),
        redirects=client.redirects,
        title="BarberPro",
    )
