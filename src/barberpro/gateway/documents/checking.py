"""Holds what is registered in the database against the schema: for `barberpro operations check`."""

from typing import Any

from sqlalchemy import Row

from barberpro.domains.identity.documents.errors import DocumentUnfit
from barberpro.domains.identity.documents.reading import everything
from barberpro.graph.publishing import against
from barberpro.graph.schema import Graph
from barberpro.platform.clock import now
from barberpro.platform.database import Database
from barberpro.platform.doors import survey

from .files import BrokenDocuments


async def check_published(graph: Graph, database: Database) -> int:
    """How many documents can be called, all of which fit the schema and their clients' scopes.

    BrokenDocuments names every client and operation that no longer does.
    """
    check = against(graph)
    broken: list[str] = []
    rows = [row for row in await published(database) if row.status == "ACTIVE"]
    for row in rows:
        try:
            check(row.text, row)
        except DocumentUnfit as unfit:
            where = f"{row.client_name}/{row.name} ({row.id})"
            broken.append(f"{where}: {unfit.line}:{unfit.column}: {unfit.detail}")
    if broken:
        raise BrokenDocuments(broken)
    return len(rows)


async def published(database: Database) -> list[Row[Any]]:
    """Every document of the registry with its client's name, rights and tenant, whatever became of it."""
    async with survey(database, now) as house:
        return list(await house.rows(everything()))
