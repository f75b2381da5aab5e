"""A third way to the answer: in plain Python, from all rows there are.

Both executors build their statements with the same code, so an error in it would show in both alike. Nothing of that
code is used here: a document is walked field by field, every row is looked at, and what a field means is written down a
second time (`meanings.py`). Of the schema only the types are taken; of the product only how a cursor is sealed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    value_from_ast_untyped,
)

Path = tuple[str | int, ...]
Meaning = Callable[[Any, str, str, Any, Mapping[str, Any]], Any]
"""`meaning(caller, type, field, parent, arguments)` is the field's value, or raises Wrong."""


class Wrong(Exception):
    """A field has no value; the sentence says why."""


@dataclass(frozen=True)
class Answered:
    """The data, and the path and the sentence of every error."""

    data: Any
    errors: list[tuple[Path, str]]


class Naive:
    """Answers documents for one caller."""

    def __init__(self, core: GraphQLSchema, caller: Any, meaning: Meaning) -> None:
        self.core = core
        self.caller = caller
        self.meaning = meaning
        self.errors: list[tuple[Path, str]] = []

    def answer(self, document: DocumentNode, variables: Mapping[str, Any]) -> Answered:
        """What the document's one operation answers with these variables."""
        self.errors = []
        self.fragments = {
            d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
        }
        (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        declared = operation.variable_definitions or ()
        defaults = {
            d.variable.name.value: value_from_ast_untyped(d.default_value)
            for d in declared
            if d.default_value is not None
        }
        self.variables = defaults | dict(variables)
        try:
            data = self._object("Query", None, [operation.selection_set], ())
        except _Bubbling:
            data = None
        return Answered(data, self.errors)

    def _object(self, type_name: str, parent: Any, sets: list[Any], path: Path) -> dict[str, Any]:
        asked: dict[str, list[FieldNode]] = {}
        for node in self._nodes(type_name, sets, set()):
            asked.setdefault((node.alias or node.name).value, []).append(node)
        return {
            key: self._field(type_name, parent, nodes, (*path, key)) for key, nodes in asked.items()
        }

    def _nodes(self, type_name: str, sets: list[Any], spread: set[str]) -> Iterator[FieldNode]:
        for node in (n for each in sets for n in each.selections):
            if not self._stands(node):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            name = node.name.value if hasattr(node, "name") else None
            if name in spread:
                continue
            fragment: Any = self.fragments[name] if name else node
            spread |= {name} if name else set()
            if self._fits(type_name, fragment.type_condition):
                yield from self._nodes(type_name, [fragment.selection_set], spread)

    def _stands(self, node: Any) -> bool:
        for directive in node.directives or ():
            (given,) = directive.arguments
            if self._plain(given.value) is (directive.name.value == "skip"):
                return False
        return True

    def _fits(self, type_name: str, condition: Any) -> bool:
        if condition is None or condition.name.value == type_name:
            return True
        wider: Any = self.core.type_map[condition.name.value]
        if is_object_type(wider):
            return False
        return any(type_.name == type_name for type_ in self.core.get_possible_types(wider))

    def _field(self, type_name: str, parent: Any, nodes: list[FieldNode], path: Path) -> Any:
        name = nodes[0].name.value
        if name == "__typename":
            return type_name
        kind = self.core.type_map[type_name].fields[name].type  # type: ignore[attr-defined]
        given = {a.name.value: self._plain(a.value) for a in nodes[0].arguments or ()}
        arguments = {n: v for n, v in given.items() if v is not _ABSENT}
        try:
            value = self.meaning(self.caller, type_name, name, parent, arguments)
        except Wrong as wrong:
            return self._none(kind, str(wrong), path)
        return self._whole(kind, value, nodes, path, f"{type_name}.{name}")

    def _whole(self, kind: Any, value: Any, nodes: list[FieldNode], path: Path, field: str) -> Any:
        """The value as this type shows it; where null may not stand, the object around it falls."""
        if isinstance(value, Wrong):  # of a list, one item
            return self._none(kind, str(value), path)
        if value is None:
            told = f"Cannot return null for non-nullable field {field}."
            return self._none(kind, told, path) if is_non_null_type(kind) else None
        bare = kind.of_type if is_non_null_type(kind) else kind
        try:
            if is_list_type(bare):
                return [
                    self._whole(bare.of_type, each, nodes, (*path, at), field)
                    for at, each in enumerate(value)
                ]
            if is_leaf_type(bare):
                return _shown(value)
            type_name = bare.name if is_object_type(bare) else self.caller.type_of(value)
            sets = [n.selection_set for n in nodes if n.selection_set]
            return self._object(type_name, value, sets, path)
        except _Bubbling:
            if is_non_null_type(kind):
                raise
            return None

    def _none(self, kind: Any, told: str, path: Path) -> None:
        self.errors.append((path, told))
        if is_non_null_type(kind):
            raise _Bubbling

    def _plain(self, node: Any) -> Any:
        if node.kind == "variable":
            return self.variables.get(node.name.value, _ABSENT)
        if node.kind == "list_value":
            return [self._plain(each) for each in node.values]
        if node.kind == "object_value":
            members = {f.name.value: self._plain(f.value) for f in node.fields}
            return {n: v for n, v in members.items() if v is not _ABSENT}
        return value_from_ast_untyped(node)


class _Bubbling(Exception):
    """Null stands where it may not: so it stands further up."""


_ABSENT = object()


def named(kind: Any) -> str:
    """The name of a field's type, without lists and nulls."""
    return get_named_type(kind).name


def _shown(value: Any) -> Any:
    if isinstance(value, datetime):
        fraction = f".{value.microsecond:06}" if value.microsecond else ""
        return f"{value:%Y-%m-%dT%H:%M:%S}{fraction}Z"
    return value.isoformat() if isinstance(value, date) else value
