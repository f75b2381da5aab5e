"""How a user signs in: found by their address, proved by a password and a second factor. Sessions stand in `sessions`.

Passwords are hashed outside of transactions: on SQLite one would hold up every writer meanwhile.
"""

import hashlib
from typing import Any

from sqlalchemy import LargeBinary, Row, bindparam, delete, func, insert, select, update

from barberpro.platform import contacts, ids
from barberpro.platform.doors import Reader, Transaction
from barberpro.platform.events import publish
from barberpro.platform.sealing import keys
from barberpro.platform.unique import insert_unless_taken

from . import totp
from .events import RecoveryCodeUsed, SecondFactorEnrolled, SecondFactorUsed, SignInRefused
from .service import FORGET_CODES
from .tables import recovery_codes, second_factors, users

u, f, c = users.c, second_factors.c, recovery_codes.c
ACCOUNT = (
    select(u.id, u.name, u.is_active, u.password_hash, f.id.label("second_factor"))
    .select_from(users)
    .outerjoin(second_factors, f.user_id == u.id)
)
BY_EMAIL = ACCOUNT.where(u.email_index == bindparam("indexed", type_=LargeBinary()))
BY_ID = ACCOUNT.where(u.id == bindparam("wanted"))
# Locked, and so is whoever chooses another password: who signs in with the old one is in before that ends all
# sessions, or not at all. The lock lets rows be added that refer to the user.
PASSWORD = (
    select(u.password_hash).where(u.id == bindparam("wanted")).with_for_update(key_share=True)
)
ADDRESS = select(u.id, u.email).where(u.id == bindparam("wanted"))
FACTOR = select(f.id, f.secret, f.last_step).where(f.user_id == bindparam("of_user"))
TAKE_STEP = (
    update(second_factors)
    .where(f.user_id == bindparam("of_user"), f.last_step < bindparam("step"))
    .values(last_step=bindparam("step"))
    .returning(f.id)
)
KEEP_CODES = insert(recovery_codes)
TAKE_CODE = (
    delete(recovery_codes)
    .where(c.user_id == bindparam("of_user"), c.code_hash == bindparam("hashed"))
    .returning(c.id)
)
LEFT = select(func.count()).select_from(recovery_codes).where(c.user_id == bindparam("of_user"))


async def account(reader: Reader, email: str) -> Row[Any] | None:
    """The user with this address in the reader's organization: id, is_active, password_hash, second_factor."""
    try:
        same = contacts.same_email(email)
    except ValueError:
        return None
    vault, found = reader.database.vault, await reader.rows(keys.INDEX_KEY)
    if vault is None or not found:
        return None
    index = vault.index(reader.principal.tenant, found[0].id, found[0].sealed)
    rows = await reader.rows(BY_EMAIL, {"indexed": index.of(u.email_index, same)})
    return rows[0] if rows else None


async def standing(reader: Reader, user: str) -> Row[Any]:
    """The same of a user by their id."""
    return (await reader.rows(BY_ID, {"wanted": user}))[0]


def mark(password_hash: str) -> str:
    """What stands for a password between its page and the next: another password has another mark."""
    return hashlib.sha256(password_hash.encode()).hexdigest()


async def has_mark(tx: Transaction, user: str, expected: str) -> bool:
    """Whether the user's password is still the one of this mark."""
    row = await tx.row(PASSWORD, {"wanted": user})
    return row is not None and row.password_hash is not None and mark(row.password_hash) == expected


async def address_of(tx: Transaction, user: str) -> str:
    """The user's e-mail address, in the open."""
    row = (await tx.execute(ADDRESS, {"wanted": user})).one()
    return (await keys.cipher_of(tx, user)).open(u.email, user, row.email)


async def refuse(tx: Transaction, who: str, reason: str) -> None:
    """Note that somebody failed to sign in: as this user, or as nobody whom we know, by way of this client."""
    await publish(tx, SignInRefused(subject=who, reason=reason))


async def enrol(tx: Transaction, user: str, secret: str, code: str) -> list[str] | None:
    """Give a user who has none a second factor, and ten recovery codes; None where the code is not the secret's.

    The code counts as used.
    """
    step = totp.step_of(secret, code, tx.now.timestamp())
    if step is None or await tx.row(FACTOR, {"of_user": user}) is not None:
        return None
    factor, cipher = ids.new("sfa"), await keys.cipher_of(tx, user)
    row = {
        "id": factor,
        "user_id": user,
        "secret": cipher.seal(f.secret, factor, secret),
        "last_step": step,
        "enrolled_at": tx.now,
    }
    if await insert_unless_taken(tx, second_factors, row) is None:
        return None  # the button was pressed twice
    codes = totp.new_recovery_codes()
    await tx.execute(FORGET_CODES, {"of_user": user})
    hashes = [totp.recovery_hash(each) for each in codes]
    rows = [{"id": ids.new("rcc"), "user_id": user, "code_hash": each} for each in hashes]
    await tx.insert(KEEP_CODES, rows)
    await publish(tx, SecondFactorEnrolled(subject=user))
    return codes


async def prove(tx: Transaction, user: str, given: str) -> str | None:
    """Take a code from the app or a recovery code, each once: `otp` or `recovery`; None where it is neither."""
    code = totp.tidy(given)
    if totp.is_recovery(code):
        return await _take_recovery_code(tx, user, code)
    row = await tx.row(FACTOR, {"of_user": user})
    if row is None:
        return None
    cipher = await keys.cipher_of(tx, user)
    step = totp.step_of(cipher.open(f.secret, row.id, row.secret), code, tx.now.timestamp())
    if step is None or await tx.row(TAKE_STEP, {"of_user": user, "step": step}) is None:
        return None
    await publish(tx, SecondFactorUsed(subject=user))
    return "otp"


async def _take_recovery_code(tx: Transaction, user: str, code: str) -> str | None:
    values = {"of_user": user, "hashed": totp.recovery_hash(code)}
    if await tx.row(TAKE_CODE, values) is None:
        return None
    left = (await tx.execute(LEFT, {"of_user": user})).scalar_one()
    await publish(tx, RecoveryCodeUsed(subject=user, left=left))
    return "recovery"


def is_usable(found: Row[Any] | None) -> bool:
    """Whether someone could sign in as this user at all."""
    return found is not None and found.is_active and found.password_hash is not None
