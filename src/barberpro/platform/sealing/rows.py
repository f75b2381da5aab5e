"""Which rows hold sealed values, whose they are, and how all of a level are opened at once.

A domain declares it beside its tables:

    NOTES = SealedRows(bookings, parent=bookings.c.id, subject=bookings.c.customer_id)

Keys and values come in one statement, so that both are of one moment: a rotation or an erasure meanwhile is seen whole
or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, Update, bindparam, select, update

from ..crypto import Unsealable
from ..sets import among, key_set
from .keys import OPENED_BY, OWNED, cipher_in, s
from .tables import Sealed, subject_keys, tenant_keys
from .vault import SubjectCipher, Vault

ROW = "row_id"


@dataclass(frozen=True, eq=False)
class SealedRows:
    """The sealed columns of a table. `parent` holds the id that readers know a row by, `subject` the person's.

    `via` is the table that knows the person, and how to get there, where the table itself does not.
    """

    table: Table
    parent: Column[Any]
    subject: Column[Any]
    via: tuple[Table, ColumnElement[bool]] | None = None

    def __post_init__(self) -> None:
        EVERY.append(self)

    @cached_property
    def columns(self) -> tuple[Column[Any], ...]:
        """Those that are sealed."""
        return tuple(c for c in self.table.c if isinstance(c.type, Sealed))

    @cached_property
    def reading(self) -> Select[Any]:
        """The sealed values behind `:keys`, with what it takes to open them; destroyed keys open nothing."""
        found = self._rows(self.parent.label("parent_key"), *OPENED_BY)
        found = found.join(subject_keys, s.subject_id == self.subject).join(tenant_keys, OWNED)
        return found.where(among(self.parent, key_set("keys")))

    @cached_property
    def of_subject(self) -> Select[Any]:
        """Every sealed value of `:of_subject`, locked; fails where somebody else has one locked."""
        found = self._rows().where(self.subject == bindparam("of_subject"))
        return found.with_for_update(key_share=True, nowait=True, of=self.table)

    @cached_property
    def rewriting(self) -> Update:
        """Replaces the sealed values of `:of_row`."""
        values = {c.name: bindparam(f"new_{c.name}", type_=c.type) for c in self.columns}
        return update(self.table).where(self.table.c.id == bindparam("of_row")).values(values)

    def opened(self, vault: Vault, tenant: str, rows: Sequence[Any]) -> dict[str, "Opened"]:
        """What can be read of rows of `reading`, by the parent's id. A person's key is opened once."""
        ciphers: dict[str, SubjectCipher | Unsealable] = {}
        for row in rows:
            if row.subject_id not in ciphers:
                ciphers[row.subject_id] = _cipher(vault, tenant, row)
        return {row.parent_key: Opened(row, ciphers[row.subject_id]) for row in rows}

    def _rows(self, *more: ColumnElement[Any]) -> Select[Any]:
        found = select(self.table.c.id.label(ROW), *self.columns, *more).select_from(self.table)
        return found if self.via is None else found.join(*self.via)


EVERY: list[SealedRows] = []
"""All that were declared: what a rotation seals anew."""


@dataclass(frozen=True, eq=False, repr=False)
class Opened:
    """One row, of which each value is opened when it is asked for."""

    row: Any
    cipher: SubjectCipher | Unsealable

    def value(self, column: Column[Any]) -> str | None:
        """The value in the open; raises Unsealable where somebody changed or moved it, or its key."""
        if isinstance(self.cipher, Unsealable):
            raise self.cipher
        return opened_value(self.cipher, column, self.row)


def _cipher(vault: Vault, tenant: str, row: Any) -> SubjectCipher | Unsealable:
    """One person's key that does not open leaves those of others alone."""
    try:
        return cipher_in(vault, tenant, row)
    except Unsealable as error:
        return error


def opened_value(cipher: SubjectCipher, column: Column[Any], row: Any) -> str | None:
    """A sealed column of a row in the open."""
    sealed = getattr(row, column.name)
    return None if sealed is None else cipher.open(column, getattr(row, ROW), sealed)


def sealed_anew(
    rows: SealedRows, row: Any, old: SubjectCipher, new: SubjectCipher
) -> Mapping[str, Any]:
    """The parameters of `rewriting` that put a row's values under another key."""
    plain = {c.name: opened_value(old, c, row) for c in rows.columns}
    row_id = getattr(row, ROW)
    fresh = {
        f"new_{c.name}": None if (value := plain[c.name]) is None else new.seal(c, row_id, value)
        for c in rows.columns
    }
    return {"of_row": row_id, **fresh}
