"""Connections: Relay's pages, with `nodes` beside `edges` and cursors made only where they are selected."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import strawberry
from sqlalchemy import Row

from barberpro.platform.tables import Instant

from .choices import Sort
from .cursors import Cursors
from .instants import WIDTHS, exact

T = TypeVar("T")


class Source(Protocol):
    """Where pages come from: what their cursors are bound to, and what can count the whole list."""

    @property
    def name(self) -> str: ...

    async def totals(self, pages: "Sequence[Page]", context: Any) -> Sequence[int]: ...


@dataclass(slots=True, eq=False)
class Page:
    """One page as a connection field answers it; what the types below read their fields from."""

    rows: Sequence[Row[Any]]
    more: bool
    after: str | None
    sort: Sort
    cursors: Cursors
    source: Source
    parent: Any = None
    chosen: Any = None
    """The filter in force."""

    @property
    def nodes(self) -> Sequence[Row[Any]]:
        return self.rows

    @property
    def edges(self) -> list["EdgeRow"]:
        return [EdgeRow(row, self) for row in self.rows]

    @property
    def page_info(self) -> "Page":
        return self

    @property
    def has_next_page(self) -> bool:
        return self.more

    @property
    def has_previous_page(self) -> bool:
        return self.after is not None

    @property
    def start_cursor(self) -> str | None:
        return self.cursor(self.rows[0]) if self.rows else None

    @property
    def end_cursor(self) -> str | None:
        return self.cursor(self.rows[-1]) if self.rows else None

    def cursor(self, row: Row[Any]) -> str:
        value = getattr(row, self.sort.column.name)
        if isinstance(value, str) and isinstance(self.sort.column.type, Instant):
            value = value if len(value) in WIDTHS else exact(value)  # one that is only shown
        return self.cursors.write(self.source.name, self.sort.name, (value, row.id))


@dataclass(slots=True, eq=False)
class EdgeRow:
    """A row at its place in a page."""

    node: Row[Any]
    page: Page

    @property
    def cursor(self) -> str:
        return self.page.cursor(self.node)


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(
        description="Whether there is more before this page."
    )
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last edge: give it as `after` for the next page."
    )


@strawberry.type(description="An item of a list, and where it stands.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Where the item stands in the list; opaque.")
    node: T = strawberry.field(description="The item itself.")
