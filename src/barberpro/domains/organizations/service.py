"""What can be done with organizations."""

from typing import Any

from sqlalchemy import Row, insert

from barberpro.platform import text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from .events import OrganizationFounded
from .tables import organizations


async def found(tx: Transaction, *, name: str) -> Row[Any]:
    """Make the organization whose id is the caller's tenant."""
    made = await tx.execute(
        insert(organizations)
        .values(name=text.name(name), created_at=tx.now)
        .returning(organizations)
    )
    organization = made.one()
    await publish(tx, OrganizationFounded(subject=organization.id), after=organization)
    return organization
