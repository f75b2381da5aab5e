"""Inserting what may stand there already, without an error: PostgreSQL would end the transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Table
from sqlalchemy.dialects import postgresql, sqlite

from .doors import Transaction


async def insert_unless_taken(
    tx: Transaction, table: Table, values: Mapping[str, Any]
) -> Row[Any] | None:
    """The new row, or None where a unique key is taken. Of two at once one waits and gets None."""
    insert_into = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = insert_into(table).values(**values).on_conflict_do_nothing().returning(table)
    return (await tx.execute(statement)).one_or_none()
