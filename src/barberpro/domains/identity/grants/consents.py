"""What users said yes to, remembered so that they are not asked again for the same."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from barberpro.platform import ids
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import publish
from barberpro.platform.unique import insert_unless_taken

from .events import ConsentGiven, ConsentWithdrawn, GrantDenied
from .families import revoke_between
from .tables import consents, grants

c, g = consents.c, grants.c
MATCH = (c.user_id == bindparam("of_user"), c.client_id == bindparam("of_client"))
FIND = select(c.scopes).where(*MATCH)
LOCKED = FIND.with_for_update()
OF_USER = (
    select(c.client_id, c.scopes)
    .where(c.user_id == bindparam("of_user"))
    .order_by(c.given_at.desc(), c.id)
)
LIVE = (
    select(g.client_id, g.scopes)
    .where(
        g.user_id == bindparam("of_user"),
        g.revoked_at.is_(None),
        g.expires_at > bindparam("now", type_=g.expires_at.type),
    )
    .order_by(g.created_at.desc(), g.id)
)
WIDEN = update(consents).where(*MATCH).values(scopes=bindparam("all"), given_at=bindparam("at"))
FORGET = delete(consents).where(*MATCH).returning(c.id)


async def allowed(reader: Reader, user: str, now: datetime) -> dict[str, frozenset[str]]:
    """The clients that may act for a user, each with all that they may: what is remembered, and what still lives.

    A client that asks each time (`may_be_remembered`) is among them for as long as its tokens can be renewed.
    """
    found: dict[str, frozenset[str]] = {}
    for row in (
        *await reader.rows(OF_USER, {"of_user": user}),
        *await reader.rows(LIVE, {"of_user": user, "now": now}),
    ):
        found[row.client_id] = found.get(row.client_id, frozenset()).union(row.scopes)
    return found


async def covers(
    door: Reader | Transaction, user: str, client: str, scopes: Collection[str]
) -> bool:
    """Whether the user said yes before to this client for all of these scopes."""
    rows = await door.rows(FIND, {"of_user": user, "of_client": client})
    return bool(rows) and set(scopes) <= set(rows[0].scopes)


async def remember(tx: Transaction, user: str, client: str, scopes: Collection[str]) -> None:
    """The user said yes to this client for these scopes; what they said yes to before stays."""
    values = {"of_user": user, "of_client": client}
    known = await tx.rows(LOCKED, values)
    if not known:
        row = {"id": ids.new("cns"), "user_id": user, "client_id": client, "given_at": tx.now}
        asked = {**row, "scopes": sorted(set(scopes))}
        if await insert_unless_taken(tx, consents, asked) is not None:
            await publish(tx, ConsentGiven(subject=user, client=client, scopes=asked["scopes"]))
            return
        known = await tx.rows(LOCKED, values)  # the button was pressed twice
    together = sorted({*scopes, *known[0].scopes})
    if together == known[0].scopes:
        return
    await tx.execute(WIDEN, {**values, "all": together, "at": tx.now})
    await publish(tx, ConsentGiven(subject=user, client=client, scopes=together))


async def deny(tx: Transaction, user: str, client: str) -> None:
    """The user said no; nothing is remembered but in the log."""
    await publish(tx, GrantDenied(subject=client, user=user))


async def withdraw(tx: Transaction, user: str, client: str) -> None:
    """Take back what the user allowed the client: its tokens are void, and it must ask anew."""
    await revoke_between(tx, user, client)
    if await tx.rows(FORGET, {"of_user": user, "of_client": client}):
        await publish(tx, ConsentWithdrawn(subject=user, client=client))
