"""The word for a sealed column: opened for all parents of a level, with one statement for all its sealed fields.

email: EmailAddress | None = sealed(contacts.c.email, CONTACTS, scope="customers:pii")
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from sqlalchemy import Column

from barberpro.platform.crypto import Unsealable
from barberpro.platform.sealing.keys import INDEX_KEY
from barberpro.platform.sealing.rows import Opened, SealedRows
from barberpro.platform.sealing.vault import IndexKey, NoVault, Vault

from .context import Context
from .fields import batched
from .loads import INHERITED
from .scopes import Scope


def sealed(
    column: Column[Any],
    rows: SealedRows,
    *,
    scope: Scope = INHERITED,
    read: Callable[[str], Any] = str,
) -> Any:
    """`column` in the open, as `read` makes it of its text; null where there is none, or no key to it any more."""
    is_own = (
        rows.parent is rows.table.c.id
    )  # then the parent itself says whether there is anything to open

    async def opened(parents: Sequence[Any], context: Context) -> list[Any]:
        ids = [p.id for p in parents]
        level = tuple(ids)
        if is_own:
            there = map(attrgetter(column.name), parents)
            level = tuple(i for i, value in zip(ids, there, strict=True) if value is not None)
        if not level:
            return [None] * len(parents)
        found = await context.batch(rows, partial(_levels, rows, context), cache=True).load(level)
        values = {i: _value(opened, column, read) for i, opened in found.items()}
        return [values.get(i) for i in ids]

    opened.__doc__ = None  # what the field says stands under it
    opened.__qualname__ = opened.__name__ = f"opened_{column.name}"
    needs = ("id", column.name) if is_own else ("id",)
    return batched(opened, cost=1, scope=scope, needs=needs)


async def _levels(
    rows: SealedRows, context: Context, levels: Sequence[tuple[str, ...]]
) -> list[Mapping[str, Opened]]:
    """What can be opened at each of these levels: siblings ask for the same one, and all ask at once."""
    vault = _vault(context)
    asked = sorted({key for level in levels for key in level})
    found = await context.kept(rows.reading, {"keys": asked})
    opened = rows.opened(vault, context.principal.tenant, found)
    return [opened for _ in levels]


async def index_key(context: Context) -> IndexKey | None:
    """What equal values of the caller's tenant are found by; None where it has none yet."""
    found = await context.kept(INDEX_KEY, {})
    return (
        _vault(context).index(context.principal.tenant, found[0].id, found[0].sealed)
        if found
        else None
    )


def _vault(context: Context) -> Vault:
    if context.database.vault is None:
        raise NoVault
    return context.database.vault


def _value(opened: Opened, column: Column[Any], read: Callable[[str], Any]) -> Any:
    """The value of one parent, or why it has none: what fails for one does not fail for all."""
    try:
        plain = opened.value(column)
    except Unsealable as error:
        return error
    return None if plain is None else read(plain)
