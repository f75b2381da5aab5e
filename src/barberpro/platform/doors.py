"""The doors to the rows: `Reader` and `Transaction` for one principal, `Housekeeping` for all.

Nobody holds a bare connection. A door adds the caller's tenant and row rules to every statement
(`binding.py`), fills the tenant in on INSERT, and counts what it sends. A transaction that changed
a tenant's table and published nothing cannot commit: no write without its leaf in the audit log.
`Housekeeping` is for the platform's own work and takes only statements marked `across_tenants`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    CursorResult,
    Delete,
    Executable,
    Insert,
    Row,
    Select,
    Table,
    Update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from .binding import Unbindable, bind, marked
from .clock import Clock
from .database import Database
from .direct import prepared
from .principal import Principal
from .sealing.vault import NoVault, Vault
from .tables import AtLocation

Rows = Sequence[Row[Any]]
Values = Mapping[str, Any]


class Unpublished(Exception):
    """A transaction wrote, and told nobody: a defect of ours."""


class OutOfReach(Exception):
    """A write to a location outside the caller's: a defect, for services check first."""


class Door:
    """What reading and writing share: the principal, and its rules as parameters."""

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.statements = 0
        self._limited = principal.locations is not None

    def _prepared(
        self, statement: Executable, values: Values | None
    ) -> tuple[Executable, dict[str, Any]]:
        """The bound statement and its parameters; counted, for it is about to be sent."""
        bound = bind(statement, limited=self._limited)
        self.statements += 1
        if bound is statement:
            return bound, dict(values or {})
        return bound, {**(values or {}), **self._rules()}

    def _rules(self) -> dict[str, Any]:
        rules: dict[str, Any] = {"caller_tenant": self.principal.tenant}
        if self.principal.locations is not None:
            rules["caller_locations"] = sorted(self.principal.locations)
        return rules


class Reader(Door):
    """Reads, each on a pooled connection of its own: siblings run side by side, a few at once."""

    def __init__(self, database: Database, principal: Principal, *, at_once: int = 3) -> None:
        super().__init__(principal)
        self.database = database
        self._turn = asyncio.Semaphore(at_once)

    async def rows(self, statement: Executable, values: Values | None = None) -> Rows:
        """Run a SELECT. `values` are those of the statement's own named parameters."""
        if not isinstance(statement, Select | CompoundSelect):
            raise Unbindable(f"{type(statement).__name__} needs a Transaction")
        bound, parameters = self._prepared(statement, values)
        # What is marked reads tables of the installation: it needs no tenant, and where a tenant's
        # table stands in it after all, row-level security shows it no row.
        tenant = None if marked(statement) else self.principal.tenant
        async with self._turn, self.database.reading(tenant) as connection:
            return (await connection.execute(bound, parameters)).all()

    async def direct(self, statement: Select[*tuple[Any, ...]], values: Values) -> Rows:
        """The same for a statement that is kept: it is compiled once, and goes straight to the driver."""
        direct = self.database.direct
        ready = prepared(statement, direct.dialect, limited=self._limited)
        self.statements += 1
        arguments = ready.arguments(values, self._rules())
        await self._turn.acquire()
        try:
            return await direct.rows(ready, arguments, self.principal.tenant)
        finally:
            self._turn.release()


class Transaction(Door):
    """One unit of work. Services take it; whoever opened it commits it."""

    def __init__(
        self,
        connection: AsyncConnection,
        principal: Principal,
        clock: Clock,
        request_id: str,
        vault: Vault | None = None,
    ) -> None:
        super().__init__(principal)
        self.connection = connection
        self._vault = vault
        self.dialect = connection.dialect.name
        self.now: datetime = clock()
        self.request_id = request_id
        self.wrote: set[str] = set()
        self.published = 0
        self.shown_once: dict[str, str] = {}
        """Secrets that were made, by the id of what they belong to, for the answer to show and nobody to keep."""
        self.revoked = False
        """Whether something was voided (`revocations.revoke`), which others should hear of after the commit."""

    @property
    def vault(self) -> Vault:
        """What opens the keys of this tenant and of its people."""
        if self._vault is None:
            raise NoVault
        return self._vault

    async def rows(self, statement: Executable, values: Values | None = None) -> Rows:
        return (await self.execute(statement, values)).all()

    async def row(self, statement: Executable, values: Values | None = None) -> Row[Any] | None:
        """The one row a statement gives, or None. More than one is a defect."""
        return (await self.execute(statement, values)).one_or_none()

    async def execute(
        self, statement: Executable, values: Values | None = None
    ) -> CursorResult[Any]:
        """Run any bindable statement; an UPDATE or DELETE reaches only rows the caller may see."""
        given = dict(values or {})
        if isinstance(statement, Insert | Update | Delete) and not marked(statement):
            given |= self._guarded(statement, given)
        bound, parameters = self._prepared(statement, given)
        return await self.connection.execute(bound, parameters)

    async def insert(self, statement: Insert, rows: Iterable[Values]) -> None:
        """Insert many rows at once, each with the caller's tenant filled in."""
        table = _table(statement)
        common, tenant = _named(statement._values), table.info["tenant"]
        ready = [{**row, tenant: self._owner(table, {**common, **row})} for row in rows]
        if not ready:
            return
        self._note(table)
        bound, _ = self._prepared(statement, None)
        await self.connection.execute(bound, ready)

    def _note(self, table: Table) -> None:
        """Remember a write that owes the audit log an event."""
        if table.info.get("audited", True):
            self.wrote.add(table.name)

    def _guarded(self, statement: Insert | Update | Delete, values: Values) -> dict[str, Any]:
        """The tenant, for an INSERT to fill in; refuses values that leave the caller's reach.

        A parameter named like a column is a value for it as well: SQLAlchemy takes it so.
        """
        table = _table(statement)
        self._note(table)
        if isinstance(statement, Delete):
            return {}
        given = _named(statement._values) | {k: v for k, v in values.items() if k in table.c}
        if isinstance(statement, Insert):
            if statement._multi_values:
                raise Unbindable("give many rows to Transaction.insert")
            return {table.info["tenant"]: self._owner(table, given)}
        if table.info["tenant"] in given:
            raise Unbindable("a row never changes its tenant")
        self._within_locations(table, given)
        return {}

    def _owner(self, table: Table, values: Values) -> str:
        """The tenant of a row with these values."""
        if table.info["tenant"] in values:
            raise Unbindable("the tenant of a row is the caller's; it is filled in, never given")
        self._within_locations(table, values)
        return self.principal.tenant

    def _within_locations(self, table: Table, values: Values) -> None:
        """A caller limited to locations writes only rows of those."""
        if self.principal.locations is None:
            return
        for rule in table.info["rows"]:
            if not isinstance(rule, AtLocation) or rule.column not in values:
                continue
            target = getattr(values[rule.column], "value", values[rule.column])
            if target not in self.principal.locations:
                raise OutOfReach(table.name)


class Housekeeping:
    """One unit of the platform's own work over all tenants: the relay, retention."""

    def __init__(self, connection: AsyncConnection, clock: Clock) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.now: datetime = clock()

    async def rows(self, statement: Executable) -> Rows:
        return (await self.execute(statement)).all()

    async def execute(
        self, statement: Executable, values: Values | Sequence[Values] | None = None
    ) -> CursorResult[Any]:
        """Run a statement that says why it reaches across tenants; any other is refused."""
        if not marked(statement):
            raise Unbindable("housekeeping takes only statements marked across_tenants")
        return await self.connection.execute(statement, values)


def _table(statement: Insert | Update | Delete) -> Table:
    table = statement.table
    if not isinstance(table, Table) or "tenant" not in table.info:
        raise Unbindable(f"{table} is not a tenant's table: mark the statement")
    return table


def _named(values: Mapping[Any, Any] | None) -> dict[str, Any]:
    return {getattr(key, "name", key): value for key, value in (values or {}).items()}


@asynccontextmanager
async def transaction(
    database: Database,
    principal: Principal,
    clock: Clock,
    request_id: str,
    *,
    answering: str | None = None,
) -> AsyncIterator[Transaction]:
    """Open a transaction for this principal; commits at the end, rolls back on any error.

    The tenant rules hold within it; what it wrote must have been published (`events.publish`).
    `answering` is the id of the event that a handler carries on: its writes follow from that one,
    so they owe no event of their own.
    """
    async with database.writing(principal.tenant) as connection:
        opened = Transaction(connection, principal, clock, request_id, database.vault)
        yield opened
        if opened.wrote and not opened.published and answering is None:
            raise Unpublished(f"changed {sorted(opened.wrote)} and published no event")


@asynccontextmanager
async def housekeeping(database: Database, clock: Clock) -> AsyncIterator[Housekeeping]:
    """Open a transaction of the platform's own; commits at the end, rolls back on any error."""
    async with database.housekeeping() as connection:
        yield Housekeeping(connection, clock)


@asynccontextmanager
async def survey(database: Database, clock: Clock) -> AsyncIterator[Housekeeping]:
    """The same to look only: it takes no lock, so it may be asked often."""
    async with database.surveying() as connection:
        yield Housekeeping(connection, clock)
