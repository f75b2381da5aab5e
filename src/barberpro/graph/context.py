"""What an operation carries: the caller, the doors, and where batches wait. Made once, and gone with it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Row, Select

from barberpro.platform.audit.checkpoints import Verifier
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, Transaction, Values, transaction
from barberpro.platform.editions import Copies
from barberpro.platform.locale import Catalogue, Language
from barberpro.platform.principal import Principal
from barberpro.platform.upstreams.service import Upstreams

from .batching import Batch
from .cursors import Cursors

if TYPE_CHECKING:
    from .schema import Graph

Rows = Sequence[Row[Any]]

PAGE_LIMIT = 100
REGISTERED_PAGE_LIMIT = 1_000


class Budget(NamedTuple):
    """What a caller may spend, in cost."""

    maximum_available: int
    currently_available: int
    restore_rate: float


@dataclass(slots=True)
class Context:
    """All a resolver may use."""

    principal: Principal
    database: Database
    clock: Clock
    catalogue: Catalogue
    cursors: Cursors
    language: Language = "es-AR"
    request_id: str = ""
    audit_key: Verifier | None = None
    """Checks the signed heads of the log; without it none is believed."""
    copies: Copies = field(default_factory=Copies, repr=False)
    """What this process keeps of tenants' rows in memory."""
    shown_once: dict[str, str] = field(default_factory=dict, repr=False)
    """Secrets that this operation made, by the id of what they belong to."""
    told: Any = None
    """What a subscription tells in this operation, which is one event."""
    revoked: bool = False
    """Whether this operation voided something that others should hear of."""
    answered_by: str = ""
    """Which executor it was, and why, where that is not the usual: for the log."""
    budget: Budget | None = None
    """How the caller's budget stood when this operation had been charged; None where nobody is charged."""
    cost: int = 0
    """What the answer held, by the prices of the schema; 0 until it is there."""
    upstreams: Upstreams | None = None
    """Other services that own fields; None where none is asked."""
    seconds_left: Callable[[], float] | None = None
    """How long the operation may still take; None where it has all the time."""
    graph: "Graph | None" = field(default=None, repr=False)
    """The schema that the operation is of, for what is about documents themselves."""
    _batches: dict[Any, Batch] = field(default_factory=dict)
    _running: set[asyncio.Task[Any]] = field(default_factory=set)
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.reader = Reader(self.database, self.principal)

    @property
    def schema(self) -> "Graph":
        """The schema that the operation is of."""
        assert self.graph is not None, "whoever answers operations says of which schema"  # noqa: S101
        return self.graph

    @property
    def dialect(self) -> str:
        return self.database.dialect

    @property
    def statements(self) -> int:
        """How many reads this operation has sent."""
        return self.reader.statements

    async def rows(self, statement: Select[*tuple[Any, ...]], values: Values | None = None) -> Rows:
        """Run a SELECT for this caller; `values` are the statement's own named parameters."""
        return await self.reader.rows(statement, values)

    def kept(self, statement: Select[*tuple[Any, ...]], values: Values) -> Awaitable[Rows]:
        """Run a SELECT that is made once and kept: straight to the driver. Cells of its rows have names and places."""
        return self.reader.direct(statement, values)

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction for this caller; commits at its end."""
        return transaction(self.database, self.principal, self.clock, self.request_id)

    def batch(self, key: Any, load: Callable[[Sequence[Any]], Any], *, cache: bool) -> Batch:
        """The batch of a field at one place in the document."""
        if key not in self._batches:
            self._batches[key] = Batch(load, cache=cache, running=self._running)
        return self._batches[key]

    async def close(self) -> None:
        """End what is still running for this operation: after a deadline nothing goes on unseen."""
        if not self._running:
            return
        left = list(self._running)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def forget_batches(self) -> None:
        """Drop what was loaded: a mutation has changed what it showed."""
        self._batches.clear()


async def gathered(*work: Any) -> list[Any]:
    """Run siblings side by side; the first failure cancels the rest and is told."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(w) for w in work]
    return [task.result() for task in tasks]
