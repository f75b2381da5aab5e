"""The two ways to an answer, run side by side, and what of two answers must be equal."""

import gc
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from graphql import DocumentNode, ExecutionResult

from barberpro.graph.context import Context
from barberpro.graph.cursors import Cursors
from barberpro.graph.execute import coerced, interpreted, run
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.graph.subscriptions import Feed
from barberpro.platform.broadcast import Happened
from barberpro.platform.database import Database
from barberpro.platform.locale import Catalogue
from barberpro.platform.principal import Principal

from ..asking import shown

Path = tuple[str | int, ...]
WAYS = {"compiled": run, "interpreted": interpreted}
SECRET = b"a secret of thirty-two bytes, yes"


def _catalogue() -> Catalogue:
    return Catalogue.load(files("barberpro") / "domains" / "messages")


@dataclass(frozen=True)
class Ways:
    """Answers documents by one way or the other."""

    graph: Graph
    database: Database
    clock: Any
    catalogue: Catalogue = field(default_factory=_catalogue)
    upstreams: Any = None

    async def ask(
        self,
        way: str,
        who: Principal,
        document: DocumentNode,
        variables: Mapping[str, Any],
        happened: Happened | None = None,
    ) -> tuple[ExecutionResult, int]:
        """The answer of one way, and how many statements it sent; of a subscription, that to what happened."""
        answer, statements, _ = await self.priced(way, who, document, variables, happened)
        return answer, statements

    async def priced(
        self,
        way: str,
        who: Principal,
        document: DocumentNode,
        variables: Mapping[str, Any],
        happened: Happened | None = None,
    ) -> tuple[ExecutionResult, int, int]:
        """The same, and what the answer was counted to hold."""
        planned = plan(self.graph, document, document.definitions[0])  # type: ignore[arg-type]
        given = coerced(self.graph, planned, variables)
        context = Context(
            principal=who,
            database=self.database,
            clock=self.clock,
            catalogue=self.catalogue,
            cursors=Cursors(SECRET, who.tenant),
            upstreams=self.upstreams,
        )
        if happened is not None:
            (root,) = planned.operation.selection_set.selections
            feed = self.graph.load("Subscription", root.name.value)  # type: ignore[attr-defined]
            assert isinstance(feed, Feed)
            context.told = await feed.shown(happened, context)
        with warnings.catch_warnings():
            # graphql-core gives siblings up when null comes up from below, some of them never begun.
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            result = await WAYS[way](self.graph, planned, given, context)
            await context.close()
            if result.errors and way == "interpreted":
                gc.collect()
        # What comes of it is compared as a caller reads it: the compiled way leaves instants to the encoder.
        answer = ExecutionResult(shown(result.data), result.errors)
        return answer, context.statements, context.cost


def all_scopes(graph: Graph) -> frozenset[str]:
    """Whoever has these may ask for everything."""
    return frozenset[str]().union(*(s for needed in graph.scopes.values() for s in needed.sets))


def errors_of(answer: ExecutionResult) -> list[tuple[Path, str]]:
    return [(tuple(error.path or ()), error.message) for error in answer.errors or []]


def told(data: Any, errors: Iterable[tuple[Path, str]]) -> tuple[set[Any], set[Any]]:
    """The errors of fields that are null by themselves, and the places that are null because of what is below them.

    Of the latter graphql-core's own set of errors varies; that there is one, does not.
    """
    own, above = set(), set()
    for path, message in errors:
        null = _first_null(data, path)
        if null == path:
            own.add((path, message))
        else:
            above.add(null)
    return own, above


def _first_null(data: Any, path: Path) -> Path:
    here: Path = ()
    for step in path:
        if data is None:
            return here
        data, here = data[step], (*here, step)
    return here
