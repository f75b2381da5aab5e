"""Links by which a person chooses a password: the first one, or a new one. Each works once, for three days."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from barberpro.platform import ids, scannable
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import publish

from .errors import InvitationVoid
from .events import PasswordChosen
from .rights import end_everything
from .tables import invitations, users

PREFIX = "bpi_"
LIFE = timedelta(days=3)

i, u = invitations.c, users.c
MAKE = insert(invitations)
WITHDRAW = delete(invitations).where(i.user_id == bindparam("of_user"), i.used_at.is_(None))
OPEN = (
    select(u.id, u.name, u.email, u.is_active, i.id.label("invitation"))
    .join_from(invitations, users, u.id == i.user_id)
    .where(
        i.secret_hash == bindparam("hashed"),
        i.used_at.is_(None),
        i.expires_at > bindparam("now", type_=i.expires_at.type),
        u.is_active,
    )
)
USE = (
    update(invitations)
    .where(i.id == bindparam("wanted"), i.used_at.is_(None))
    .values(used_at=bindparam("at", type_=i.used_at.type))
    .returning(i.id)
)
CHOOSE = update(users).where(u.id == bindparam("wanted")).values(password_hash=bindparam("hashed"))


async def make(tx: Transaction, user: str) -> str:
    """A link's secret for this user, in place of one that is still open. The caller publishes what it means."""
    await tx.execute(WITHDRAW, {"of_user": user})
    secret = scannable.new(PREFIX)
    row = {
        "id": ids.new("inv"),
        "user_id": user,
        "secret_hash": scannable.digest(secret),
        "created_at": tx.now,
        "expires_at": tx.now + LIFE,
    }
    await tx.execute(MAKE, row)
    return secret


async def find(door: Reader | Transaction, secret: str, now: Any) -> Row[Any]:
    """Whom an open invitation is for. Raises InvitationVoid."""
    if not secret.startswith(PREFIX) or not scannable.is_whole(secret):
        raise InvitationVoid
    found = await door.rows(OPEN, {"hashed": scannable.digest(secret), "now": now})
    if not found:
        raise InvitationVoid
    return found[0]


async def accept(tx: Transaction, secret: str, password_hash: str) -> str:
    """Take it up, with the hash of the password they chose; the user's id. Whatever was open of theirs is closed."""
    found = await find(tx, secret, tx.now)
    if await tx.row(USE, {"wanted": found.invitation, "at": tx.now}) is None:
        raise InvitationVoid  # somebody else was faster
    await tx.execute(CHOOSE, {"wanted": found.id, "hashed": password_hash})
    await end_everything(tx, found.id)
    await publish(tx, PasswordChosen(subject=found.id))
    return found.id
