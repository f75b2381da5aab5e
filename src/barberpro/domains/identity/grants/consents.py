"""What users said yes to, remembered so that they are not asked again for the same."""

from collections.abc import Collection

from sqlalchemy import bindparam, delete, insert, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import publish

from .events import ConsentGiven, ConsentWithdrawn, GrantDenied
from .families import revoke_between
from .tables import consents

c = consents.c
MATCH = (c.user_id == bindparam("of_user"), c.client_id == bindparam("of_client"))
FIND = select(c.scopes).where(*MATCH)
OF_USER = (
    select(c.client_id, c.scopes)
    .where(c.user_id == bindparam("of_user"))
    .order_by(c.given_at.desc(), c.id)
)
"""What a user allowed, the newest first."""
MAKE = insert(consents)
WIDEN = update(consents).where(*MATCH).values(scopes=bindparam("all"), given_at=bindparam("at"))
FORGET = delete(consents).where(*MATCH).returning(c.id)


async def covers(
    door: Reader | Transaction, user: str, client: str, scopes: Collection[str]
) -> bool:
    """Whether the user said yes before to this client for all of these scopes."""
    rows = await door.rows(FIND, {"of_user": user, "of_client": client})
    return bool(rows) and set(scopes) <= set(rows[0].scopes)


async def remember(tx: Transaction, user: str, client: str, scopes: Collection[str]) -> None:
    """The user said yes to this client for these scopes; what they said yes to before stays."""
    values = {"of_user": user, "of_client": client}
    known = await tx.rows(FIND, values)
    together = sorted({*scopes, *(known[0].scopes if known else ())})
    if known and together == known[0].scopes:
        return
    if known:
        await tx.execute(WIDEN, {**values, "all": together, "at": tx.now})
    else:
        row = {"id": ids.new("cns"), "user_id": user, "client_id": client, "scopes": together}
        await tx.execute(MAKE, {**row, "given_at": tx.now})
    await publish(tx, ConsentGiven(subject=user, client=client, scopes=together))


async def deny(tx: Transaction, user: str, client: str) -> None:
    """The user said no; nothing is remembered but in the log."""
    await publish(tx, GrantDenied(subject=client, user=user))


async def withdraw(tx: Transaction, user: str, client: str) -> None:
    """Take back what the user allowed the client: its tokens are void, and it must ask anew."""
    await revoke_between(tx, user, client)
    if await tx.rows(FORGET, {"of_user": user, "of_client": client}):
        await publish(tx, ConsentWithdrawn(subject=user, client=client))
