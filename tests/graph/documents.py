"""Random documents over the whole schema: valid, with fragments, aliases, switches, variables and real ids."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    parse,
    validate,
)

from barberpro.graph.schema import Graph
from barberpro.graph.types import ENTITIES, definition_of

DEEPEST = 5
TEXTS = {
    "DateTime": ('"2026-11-23T14:00:00Z"', '"2026-11-23T16:30:00Z"', '"2026-11-20T09:00:00-03:00"'),
    "String": ('"x"', '"Buenos Aires"', '"booking.made"'),
    "Boolean": ("true", "false"),
    "Date": ('"2026-11-23"', '"2026-11-20"'),
}


@dataclass(frozen=True)
class Written:
    """A document, the variables it is sent with, and its parsed form."""

    text: str
    variables: dict[str, Any]
    document: DocumentNode


@dataclass
class Writer:
    """Writes one document. `ids` are ids of things there are, of any type."""

    graph: Graph
    rng: Random
    ids: list[str]
    without: Collection[tuple[str, str]] = ()
    """Fields that are not asked for, by type and name."""
    cursors: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = field(default_factory=dict)
    """For a connection, orderings as arguments and cursors that belong to them."""
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    count: int = 0

    def write(self) -> Written | None:
        """A document; None where what was drawn is not valid."""
        return self._written("query", self.selection(self.graph.core.query_type, DEEPEST))

    def write_mutation(self, acts: Iterable[tuple[str, Any]]) -> Written | None:
        """A mutation of these fields with these inputs, each asked for something of what it gives."""
        parts = []
        for name, given in acts:
            done = self.graph.core.mutation_type.fields[name]  # type: ignore[union-attr]
            given = self.variable(str(done.args["input"].type), given)
            below = self.selection(get_named_type(done.type), DEEPEST - 1)
            parts.append(f"{self.fresh('a')}: {name}(input: {given}) {self.switch()} {below}")
        return self._written("mutation", "{ " + " ".join(parts) + " }")

    def write_subscription(self, name: str, at: str) -> Written | None:
        """A subscription to what happens at a location, asked for something of what it tells."""
        told = self.graph.core.subscription_type.fields[name]  # type: ignore[union-attr]
        below = self.selection(get_named_type(told.type), DEEPEST - 1)
        at = self.variable("ID!", at)
        return self._written(
            "subscription", f"{{ {self.fresh('a')}: {name}(locationId: {at}) {below} }}"
        )

    def _written(self, kind: str, body: str) -> Written | None:
        head = f"{kind} Drawn({', '.join(self.declared)})" if self.declared else f"{kind} Drawn"
        text = "\n".join([f"{head} {body}", *self.fragments])
        document = parse(text)
        if validate(self.graph.core, document):
            return None
        return Written(text, self.variables, document)

    def selection(self, type_: Any, depth: int) -> str:
        parts = [self.part(type_, depth) for _ in range(self.rng.randint(1, 4))]
        return "{ " + " ".join(filter(None, parts)) + " __typename }"

    def part(self, type_: Any, depth: int) -> str:
        kind = self.rng.random()
        if kind < 0.08 and depth > 1:
            return f"...{self.switch()} {self.selection(type_, depth - 1)}"
        if kind < 0.16 and depth > 1:
            return f"... on {self.narrower(type_).name} {self.selection(self.narrower(type_), depth - 1)}"
        if kind < 0.22 and depth > 1:
            name = self.fresh("F")
            self.fragments.append(
                f"fragment {name} on {type_.name} {self.selection(type_, depth - 1)}"
            )
            return f"...{name} ...{name}"
        if not is_object_type(type_):
            narrow = self.narrower(type_)
            return f"... on {narrow.name} {self.selection(narrow, depth - 1)}" if depth > 1 else ""
        return self.field(type_, depth)

    def narrower(self, type_: Any) -> GraphQLObjectType:
        if is_object_type(type_):
            return type_
        return self.rng.choice(
            sorted(self.graph.core.get_possible_types(type_), key=lambda t: t.name)
        )

    def field(self, type_: GraphQLObjectType, depth: int) -> str:
        fields = [
            (name, f)
            for name, f in type_.fields.items()
            if (type_.name, name) not in self.without
            and (depth > 1 or not is_composite_type(get_named_type(f.type)))
        ]
        if not fields:
            return ""
        name, chosen = self.rng.choice(fields)
        given = [self.argument(n, a) for n, a in chosen.args.items()]
        past = self.cursors.get((type_.name, name))
        if past and self.rng.random() < 0.4:
            given = [g for g in given if not g.startswith(("after:", "orderBy:"))]
            given += self.rng.choice(past)
        arguments = f"({', '.join(filter(None, given))})" if any(given) else ""
        # Fields with arguments get a key of their own: two of one key must have the same.
        alias = f"{self.fresh('a')}: " if chosen.args or self.rng.random() < 0.2 else ""
        named = get_named_type(chosen.type)
        below = "" if is_leaf_type(named) else self.selection(named, depth - 1)
        return f"{alias}{name}{arguments} {self.switch()} {below}"

    def switch(self) -> str:
        if self.rng.random() > 0.12:
            return ""
        value = self.rng.choice(["true", "false", "variable"])
        if value == "variable":
            value = self.variable("Boolean!", self.rng.random() < 0.5)
        return f"@{self.rng.choice(['skip', 'include'])}(if: {value})"

    def argument(self, name: str, argument: Any) -> str:
        if not is_non_null_type(argument.type) and self.rng.random() < 0.4:
            return ""
        if name == "first" and self.rng.random() < 0.3:
            return f"first: {self.variable('Int!', self.rng.randint(0, 4))}"
        if name == "after":
            return 'after: "forged"' if self.rng.random() < 0.05 else ""
        return f"{name}: {self.value(name, argument.type)}"

    def value(self, name: str, type_: Any) -> str:
        bare = get_nullable_type(type_)
        if is_list_type(bare):
            return f"[{', '.join(self.value(name, bare.of_type) for _ in range(self.rng.randint(0, 3)))}]"
        if isinstance(bare, GraphQLEnumType):
            return self.rng.choice(list(bare.values))
        if isinstance(bare, GraphQLInputObjectType):
            members = [
                f"{n}: {self.value(n, m.type)}"
                for n, m in bare.fields.items()
                if is_non_null_type(m.type) or self.rng.random() < 0.3
            ]
            return "{" + ", ".join(members) + "}"
        if bare.name == "ID":
            one = self.rng.choice(self.ids)
            return f'"{one}"' if self.rng.random() < 0.7 else self.variable("ID!", one)
        if bare.name == "_Any":
            return self.representation()
        if bare.name == "Int":
            return str(self.rng.randint(0, 4))
        return self.rng.choice(TEXTS.get(bare.name, ('"x"',)))

    def representation(self) -> str:
        """Something there is by its type and its id; now and then of another type, of none, or without its id."""
        id_ = self.rng.choice(self.ids)
        known = ENTITIES.get(id_.partition("_")[0])
        kind = self.rng.random()
        if known is None or kind < 0.1:
            known = self.rng.choice(list(ENTITIES.values()))
        name = "Nothing" if kind > 0.98 else definition_of(known).name
        key = "" if kind > 0.96 else f', id: "{id_}"'
        return f'{{__typename: "{name}"{key}}}'

    def variable(self, type_: str, value: Any) -> str:
        name = self.fresh("v")
        self.declared.append(f"${name}: {type_}")
        self.variables[name] = value
        return f"${name}"

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"
