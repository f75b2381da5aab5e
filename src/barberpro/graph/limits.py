"""What no honest document needs, refused before the schema is asked: by a look at its tokens, then in one pass.

Parsing is a target: 5,000 tokens cost graphql-core 20 to 50 ms, and the same tokens a regular expression 1 ms. So is
validation: documents of 3 to 10 kB whose fields share a response name were measured to cost it 0.6 to 1.5 s, an object
of 1,600 members 0.5 s, and fragments that each spread the next one twice double with every one. So each fragment is
measured once and its size reused; nothing here is worse than linear in the text.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import graphql.validation.rules.overlapping_fields_can_be_merged as merging
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
)

from .errors import TooComplex

# Validation compares fields that share a response name pair by pair, up to this budget: a tenth of the library's own,
# which lets one document cost it 0.7 s.
merging.MAX_COMPLEXITY_BUDGET = 50_000

LONGEST = 100_000
"""Characters. Blanks and long strings are few tokens, and are read one by one nevertheless."""
MAX_TOKENS = 5_000
"""For the lexer; graphql-core stops there."""
TOKEN = re.compile(
    r'''
      """ (?: [^"\\] | \\""" | \\ | "(?!"") )*+ (?: """ )?+
    | " (?: [^"\\\n\r] | \\. )*+ "?+
    | \#[^\n\r]*+
    | \.\.\.
    | -?+ \d++ (?: \.\d++ )?+ (?: [eE][+-]?+\d++ )?+
    | \w++
    | [^\s,\ufeff]
    ''',
    re.VERBOSE | re.ASCII,
)
"""A token as GraphQL's grammar has it (section 2.1.6); what is none of them is the lexer's to refuse.

A string that does not end is one to the end, so that no character is looked at from two places.
"""
LITERAL = '"-0123456789'
"""How the tokens begin that are strings or numbers."""


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
    repeated_fields: int = 100
    """Fields that share their response name with a sibling: validation compares each pair of them."""
    comparisons: int = 10_000
    """Of such pairs, both ways, and of all below the one with all below the other: of nested ones, a power."""
    operations: int = 20
    variables: int = 100
    values: int = 500
    """Literals, members of objects and uses of variables: validation looks each up, and so does whoever plans."""
    signs: int = 1_000
    """Of a kind, in the whole text: directives, literals, or colons, each of which belongs to an alias, a variable, an
    argument or a member."""


@dataclass(slots=True)
class Size:
    """What a selection amounts to, expanded. `names` counts the response names at its top, until it is closed."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    values: int = 0
    repeated_fields: int = 0
    comparisons: int = 0
    names: Counter[str] = field(default_factory=Counter)
    weights: Counter[str] = field(default_factory=Counter)
    """By response name, what comparing each of its fields with one that is alike would take."""


TOTALS = ("fields", "aliases", "directives", "values", "repeated_fields", "comparisons")
NOTHING = Size()


def scan(text: str, limits: Limits = Limits()) -> None:
    """Raise TooComplex where a text passes a limit by its tokens alone, before it is parsed."""
    if len(text) > LONGEST:
        raise _too_many("characters", len(text), LONGEST)
    # No further than it takes: 30,000 tokens are 10 ms of looking.
    found = Counter(token[0] for token in islice(TOKEN.finditer(text), MAX_TOKENS + 1))
    literals = sum(count for token, count in found.items() if token[0] in LITERAL)
    for what, count, most in (
        ("tokens", found.total(), MAX_TOKENS),
        ("directives", found["@"], limits.signs),
        ("colons", found[":"], limits.signs),
        ("literals", literals, limits.signs),
    ):
        if count > most:
            raise _too_many(what, count, most)


def measure(document: DocumentNode, limits: Limits = Limits()) -> None:
    """Raise TooComplex where the document passes a limit."""
    _Measure(document, limits).check()


class _Measure:
    def __init__(self, document: DocumentNode, limits: Limits) -> None:
        self.limits = limits
        self.operations: list[OperationDefinitionNode] = []
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.operations.append(definition)
                continue
            if not isinstance(definition, FragmentDefinitionNode):
                raise TooComplex("A document holds operations and fragments, and nothing else.")
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
            variables = operation.variable_definitions or ()
            self._within("variables", len(variables))
            root = self._selection(operation.selection_set)
            self._within("root_fields", root.names.total())
            for node in (operation, *variables):
                _add_directives(root, node)
            root.values += _values(v.default_value for v in variables if v.default_value)
            self._closed(root)

    def _selection(self, selection_set: SelectionSetNode, level: int = 1) -> Size:
        self._within("depth", level)
        size = Size(depth=1)
        for node in selection_set.selections:
            size.fields += 1
            _add_directives(size, node)
            if isinstance(node, FieldNode):
                size.aliases += node.alias is not None
                name = (node.alias or node.name).value
                size.names[name] += 1
                size.weights[name] += 1
                if node.arguments:
                    size.values += _values(a.value for a in node.arguments)
                if node.selection_set is None:
                    continue
                inner, deeper = self._selection(node.selection_set, level + 1), 1
                size.weights[name] += self._closed(inner)
            elif isinstance(node, FragmentSpreadNode):
                inner, deeper = self._fragment(node.name.value, level), 0
            else:
                inner, deeper = self._selection(node.selection_set, level + 1), 1  # type: ignore[union-attr]
            size.depth = max(size.depth, inner.depth + deeper)
            for what in TOTALS:
                setattr(size, what, getattr(size, what) + getattr(inner, what))
            size.names.update(inner.names)
            size.weights.update(inner.weights)
            self._check(size)  # at once, so that no more is merged than a limit allows
        self._check(size)
        return size

    def _closed(self, size: Size) -> int:
        """Close a selection set: its siblings are all known, so repeated names are counted.

        Gives what comparing it with one that is alike would take: each of its fields with each of that name.
        """
        alike = 0
        for name, count in size.names.items():
            weight = size.weights[name]
            alike += count * weight
            if count > 1:
                size.repeated_fields += count
                size.comparisons += (count - 1) * weight
        size.names = size.weights = NOTHING.names
        self._check(size)
        return alike

    def _fragment(self, name: str, level: int = 1) -> Size:
        if name in self.known or name not in self.fragments:
            return self.known.get(name, NOTHING)  # an unknown one is validation's to tell
        if name in self.open:
            raise TooComplex(f"The fragment {name} spreads itself.")
        self.open.add(name)
        # By its level here, so that a chain of fragments is refused before Python runs out of frames.
        size = self.known[name] = self._selection(self.fragments[name].selection_set, level)
        _add_directives(size, self.fragments[name])
        self._check(size)
        self.open.discard(name)
        return size

    def _check(self, size: Size) -> None:
        limits = self.limits
        if (
            size.fields > limits.fields
            or size.depth > limits.depth
            or size.aliases > limits.aliases
            or size.directives > limits.directives
            or size.values > limits.values
            or size.repeated_fields > limits.repeated_fields
            or size.comparisons > limits.comparisons
        ):
            for what in ("depth", *TOTALS):
                self._within(what, getattr(size, what))

    def _within(self, what: str, count: int) -> None:
        most = getattr(self.limits, what)
        if count > most:
            raise _too_many("levels" if what == "depth" else what.replace("_", " "), count, most)


def _add_directives(size: Size, node: Any) -> None:
    if node.directives:
        size.directives += len(node.directives)
        size.values += _values(a.value for d in node.directives for a in d.arguments or ())


def _values(values: Iterable[ValueNode]) -> int:
    """How many values these are, with all that stand in them."""
    left, count = list(values), 0
    while left:
        value = left.pop()
        count += 1
        if isinstance(value, ListValueNode):
            left += value.values
        elif isinstance(value, ObjectValueNode):
            left += (f.value for f in value.fields)
    return count


def _too_many(what: str, count: int, most: int) -> TooComplex:
    return TooComplex(f"The document has too many {what}: {count}, at most {most}.")
