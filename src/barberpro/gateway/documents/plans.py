"""Keeps what was made of a text: parsed, validated, planned. The texts used last, within a bound on their length."""

from collections import OrderedDict

from graphql import DocumentNode

from barberpro.graph.fitting import Unfit, parsed, planned
from barberpro.graph.plan import Plan
from barberpro.graph.schema import Graph

from ..problems import Code, Refusal, refused

KEPT = 500
"""Documents kept."""
KEPT_LENGTH = 1_000_000
"""Characters of all of them: what is made of a document takes hundreds of times its length."""
LONGEST_KEPT = 20_000
"""Characters; longer texts are worked anew each time, so that the cache stays small."""


class Plans:
    """The plans of one process, by text and operation."""

    def __init__(self, graph: Graph, longest: int = LONGEST_KEPT) -> None:
        self._graph = graph
        self._longest = longest
        self._kept: OrderedDict[tuple[str, str | None], Plan] = OrderedDict()
        self._kept_length = 0

    def of(self, text: str, name: str | None = None) -> Plan:
        """The plan of an operation. A Refusal tells what is wrong with the text, and where."""
        key, counts = (text, name), self._graph.counts
        if key in self._kept:
            self._kept.move_to_end(key)
            counts.plans["hit"] += 1
            return self._kept[key]
        counts.plans["miss"] += 1
        try:
            made = planned(self._graph, parsed(self._graph, text), name)
        except Unfit as unfit:
            raise _refusal(unfit) from None
        if len(text) <= self._longest:
            self._keep(key, made)
        return made

    def _keep(self, key: tuple[str, str | None], made: Plan) -> None:
        counts = self._graph.counts
        self._kept[key] = made
        self._kept_length += len(key[0])
        counts.plans_kept += 1
        while len(self._kept) > KEPT or self._kept_length > KEPT_LENGTH:
            (forgotten, _), _ = self._kept.popitem(last=False)
            self._kept_length -= len(forgotten)
            counts.plans["evicted"] += 1
            counts.plans_kept -= 1


def checked(graph: Graph, text: str) -> DocumentNode:
    """A valid document, or the Refusal that a call with it meets."""
    try:
        return parsed(graph, text)
    except Unfit as unfit:
        raise _refusal(unfit) from None


def _refusal(unfit: Unfit) -> Refusal:
    refusal = refused(Code(unfit.code), str(unfit))
    if any(error.locations for error in unfit.errors):
        refusal.errors = [
            {**error.formatted, "extensions": {"code": unfit.code}} for error in unfit.errors
        ]
    return refusal
