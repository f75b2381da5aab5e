"""Forgets a user for good. What they did stays in the log and on what they did it to, by an id that says nothing."""

from typing import Any

from sqlalchemy import Row, bindparam, delete, update

from barberpro.platform import text
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish
from barberpro.platform.sealing import keys

from .events import UserErased
from .service import FORGET_CODES, FORGET_FACTOR, UNASSIGN, disable
from .tables import invitations, users

ERASED_NAME = "Anónimo"

FORGET_INVITATIONS = delete(invitations).where(invitations.c.user_id == bindparam("of_user"))
FORGET = (FORGET_FACTOR, FORGET_CODES, FORGET_INVITATIONS, UNASSIGN)
BLANK = (
    update(users)
    .where(users.c.id == bindparam("wanted"))
    .values(
        name=ERASED_NAME,
        name_key=text.fold(ERASED_NAME),
        email=None,
        email_index=None,
        password_hash=None,
        erased_at=bindparam("at", type_=users.c.erased_at.type),
    )
    .returning(users)
)


async def erase(tx: Transaction, user_id: str) -> Row[Any]:
    """Destroy the key to what was sealed of a user, and take away all else: name, password, codes, links, roles.

    They are disabled first, as by anybody who may manage them. One who was erased already stays so.
    """
    before = await disable(tx, user_id)
    if before.erased_at is not None:
        return before
    await keys.destroy(tx, user_id)
    for statement in FORGET:
        await tx.execute(statement, {"of_user": user_id})
    after = (await tx.execute(BLANK, {"wanted": user_id, "at": tx.now})).one()
    await publish(tx, UserErased(subject=user_id), before=before, after=after)
    return after
