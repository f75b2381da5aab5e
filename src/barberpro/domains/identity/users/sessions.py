"""Sessions of users in a browser: twelve hours at most, two without a page. The cookie's secret is stored as a hash."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, update

from barberpro.platform import ids, scannable
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import publish

from .events import SignedIn, SignedOut
from .tables import sessions, users

PREFIX = "bpu_"
LIFE = timedelta(hours=12)
IDLE = timedelta(hours=2)
NOTED = timedelta(minutes=1)  # how exactly it is kept when someone was seen

s, u = sessions.c, users.c
OPEN = insert(sessions)
FIND = (
    select(s.id, s.user_id, s.organization_id, s.amr, s.created_at, s.seen_at)
    .join_from(sessions, users, u.id == s.user_id)
    .where(
        s.secret_hash == bindparam("hashed"),
        s.expires_at > bindparam("now", type_=s.expires_at.type),
        s.seen_at > bindparam("since", type_=s.seen_at.type),
        u.is_active,
    )
)
SEEN = (
    update(sessions)
    .where(s.id == bindparam("wanted"))
    .values(seen_at=bindparam("at", type_=s.seen_at.type))
)
END = delete(sessions).where(s.id == bindparam("wanted")).returning(s.user_id)
FORGET_OLD = delete(sessions).where(
    s.user_id == bindparam("of_user"), s.expires_at <= bindparam("now", type_=s.expires_at.type)
)


async def begin(tx: Transaction, user: str, amr: tuple[str, ...]) -> tuple[str, str]:
    """A new session's id, and the secret for its cookie. `amr` are the methods of RFC 8176 that were shown."""
    await tx.execute(FORGET_OLD, {"of_user": user, "now": tx.now})
    session, secret = ids.new("ses"), scannable.new(PREFIX)
    row = {
        "id": session,
        "user_id": user,
        "secret_hash": scannable.digest(secret),
        "amr": list(amr),
        "created_at": tx.now,
        "seen_at": tx.now,
        "expires_at": tx.now + LIFE,
    }
    await tx.execute(OPEN, row)
    await publish(tx, SignedIn(subject=user, session=session, amr=list(amr)))
    return session, secret


async def find(reader: Reader, secret: str, now: datetime) -> Row[Any] | None:
    """The live session of this secret, of a user who is active; None where there is none."""
    if not secret.startswith(PREFIX) or not scannable.is_whole(secret):
        return None
    values = {"hashed": scannable.digest(secret), "now": now, "since": now - IDLE}
    rows = await reader.rows(FIND, values)
    return rows[0] if rows else None


async def note(tx: Transaction, session: str) -> None:
    """Remember that the session was used now."""
    await tx.execute(SEEN, {"wanted": session, "at": tx.now})


async def end(tx: Transaction, session: str) -> None:
    """Sign out of one session. One that has ended stays so."""
    row = await tx.row(END, {"wanted": session})
    if row is not None:
        await publish(tx, SignedOut(subject=row.user_id, session=session))
