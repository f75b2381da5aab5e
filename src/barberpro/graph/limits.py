"""What no honest document needs, refused in one pass before the schema is asked.

Validation itself is a target: documents of 3 to 10 kB whose fields share a response name were measured to cost it
0.6 to 1.5 s, and fragments that each spread the next one twice double with every one. So each fragment is measured
once and its size reused; nothing here is worse than linear in the text.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

import graphql.validation.rules.overlapping_fields_can_be_merged as merging
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from .errors import TooComplex

# Validation compares fields that share a response name pair by pair, up to this budget: a tenth of the library's own,
# which lets one document cost it 0.7 s.
merging.MAX_COMPLEXITY_BUDGET = 50_000

MAX_TOKENS = 5_000
"""For the lexer; graphql-core stops there."""


@dataclass(frozen=True)
class Limits:
    """How large a document may be, with its fragments expanded."""

    depth: int = 15
    """Levels of selection sets; an inline fragment is one."""
    fields: int = 2_000
    """With the spreads themselves: a thousand of them cost validation 0.4 s and select nothing."""
    aliases: int = 200
    root_fields: int = 20
    fragments: int = 100
    directives: int = 100
    repeated_fields: int = 200
    """Fields that share their response name with a sibling: validation compares each pair of them."""
    operations: int = 20
    variables: int = 100


@dataclass(frozen=True)
class Size:
    """What a selection amounts to, expanded. `names` counts the response names at its top."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeated_fields: int = 0
    names: Counter[str] = field(default_factory=Counter)


TOTALS = ("fields", "aliases", "directives", "repeated_fields")


def measure(document: DocumentNode, limits: Limits = Limits()) -> None:
    """Raise TooComplex where the document passes a limit."""
    _Measure(document, limits).check()


class _Measure:
    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.limits = limits
        self.operations = [
            d for d in document.definitions if isinstance(d, OperationDefinitionNode)
        ]
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                name = definition.name.value
                if name in self.fragments:  # validation would look at both of them, we at one
                    raise TooComplex(f"There can be only one fragment named {name}.")
                self.fragments[name] = definition
        self.known: dict[str, Size] = {}
        self.open: set[str] = set()

    def check(self) -> None:
        self._within("operations", len(self.operations))
        self._within("fragments", len(self.fragments))
        for name in self.fragments:
            self._fragment(name)
        for operation in self.operations:
            self._within("variables", len(operation.variable_definitions or ()))
            root = self._selection(operation.selection_set)
            self._within("root_fields", root.names.total())
            self._closed(root)

    def _selection(self, selection_set: SelectionSetNode, level: int = 1) -> Size:
        self._within("depth", level)
        names: Counter[str] = Counter()
        depth = 1
        totals = dict.fromkeys(TOTALS, 0)
        for node in selection_set.selections:
            totals["fields"] += 1
            totals["directives"] += len(node.directives or ())
            if isinstance(node, FieldNode):
                totals["aliases"] += node.alias is not None
                names[(node.alias or node.name).value] += 1
                inner = self._below(node, level)
                depth = max(depth, inner.depth + 1)
            elif isinstance(node, FragmentSpreadNode):
                inner = self._fragment(node.name.value, level)
                depth = max(depth, inner.depth)
            else:
                inner = self._selection(node.selection_set, level + 1)  # type: ignore[union-attr]
                depth = max(depth, inner.depth + 1)
            for what in TOTALS:  # at once, so that no more is merged than a limit allows
                totals[what] += getattr(inner, what)
                self._within(what, totals[what])
            names.update(inner.names)
        self._within("depth", depth)
        return Size(depth, **totals, names=names)

    def _below(self, node: FieldNode, level: int) -> Size:
        """What a field adds beyond itself."""
        if node.selection_set is None:
            return Size()
        return self._closed(self._selection(node.selection_set, level + 1))

    def _closed(self, size: Size) -> Size:
        """A whole selection set: its siblings are all known, so repeated names are counted."""
        repeated = sum(count for count in size.names.values() if count > 1)
        closed = replace(size, repeated_fields=size.repeated_fields + repeated, names=Counter())
        self._check(closed)
        return closed

    def _fragment(self, name: str, level: int = 1) -> Size:
        if name in self.known or name not in self.fragments:
            return self.known.get(name, Size())  # an unknown one is validation's to tell
        if name in self.open:
            raise TooComplex(f"The fragment {name} spreads itself.")
        self.open.add(name)
        # By its level here, so that a chain of fragments is refused before Python runs out of frames.
        self.known[name] = self._selection(self.fragments[name].selection_set, level)
        self.open.discard(name)
        return self.known[name]

    def _check(self, size: Size) -> None:
        for what in ("depth", *TOTALS):
            self._within(what, getattr(size, what))

    def _within(self, what: str, count: int) -> None:
        most = getattr(self.limits, what)
        if count > most:
            named = "levels" if what == "depth" else what.replace("_", " ")
            raise TooComplex(f"The document has too many {named}: {count}, at most {most}.")
