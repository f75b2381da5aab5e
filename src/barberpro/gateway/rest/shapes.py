"""JSON Schemas (draft 2020-12, as in OpenAPI 3.1) of GraphQL's types: of what is sent, and of what is selected."""

from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.pyutils import Undefined

from barberpro.graph.schema import Graph

from ..documents import Registered

Shape = dict[str, Any]

BUILT_IN: dict[str, Shape] = {
    "ID": {"type": "string"},
    "String": {"type": "string"},
    "Boolean": {"type": "boolean"},
    "Int": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    "Float": {"type": "number"},
}
FORMATS = {"DateTime": "date-time", "Date": "date", "EmailAddress": "email"}
"""Scalar of ours → the format that JSON Schema has for it."""


class Shapes:
    """Shapes over one schema. Named ones are kept in `components`, and referred to."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.components: dict[str, Shape] = {}

    def given(self, kind: GraphQLType) -> Shape:
        """What may be sent for a value of this type."""
        if is_non_null_type(kind):
            inner = kind.of_type
            if is_list_type(inner):
                return {"type": "array", "items": self.given(inner.of_type)}
            return self._named(get_named_type(inner))
        return _or_null(self.given_set(kind))

    def given_set(self, kind: GraphQLType) -> Shape:
        """The same without null: what a parameter can be."""
        if is_non_null_type(kind):
            return self.given(kind)
        if is_list_type(kind):
            return {"type": "array", "items": self.given(kind.of_type)}
        return self._named(get_named_type(kind))

    def selected(self, document: Registered, way: tuple[str, ...]) -> Shape:
        """What stands at this way into the answer of a document, where it was done."""
        kind: GraphQLType | None = self._graph.core.get_root_type(document.plan.operation.operation)
        selections = document.plan.operation.selection_set
        for step in way:
            node = next(n for n in self._fields(document, selections) if _key(n) == step)
            parent = get_named_type(kind)
            kind = parent.fields[node.name.value].type  # type: ignore[union-attr]
            if node.selection_set is not None:
                selections = node.selection_set
        shape = self._answered(document, kind, selections)
        # Where the resource is null, a problem is told instead.
        return shape["anyOf"][0] if "anyOf" in shape else _not_null(shape)

    def whole(self, document: Registered) -> Shape:
        """All of the `data` of a document."""
        operation = document.plan.operation
        root = self._graph.core.get_root_type(operation.operation)
        return self._object(document, root, operation.selection_set)

    def _answered(
        self, document: Registered, kind: Any, selections: SelectionSetNode | None
    ) -> Shape:
        if is_non_null_type(kind):
            inner = kind.of_type
            if is_list_type(inner):
                items = self._answered(document, inner.of_type, selections)
                return {"type": "array", "items": items}
            if is_leaf_type(inner):
                return self._named(inner)
            return self._object(document, inner, selections)
        if is_list_type(kind):
            items = self._answered(document, kind.of_type, selections)
            return {"type": ["array", "null"], "items": items}
        if is_leaf_type(kind):
            return _or_null(self._named(kind))
        return _or_null(self._object(document, kind, selections))

    def _object(
        self, document: Registered, kind: Any, selections: SelectionSetNode | None
    ) -> Shape:
        properties: dict[str, Shape] = {}
        is_sure = is_object_type(kind)
        for node in self._fields(document, selections):
            name = node.name.value
            if name == "__typename":
                properties[_key(node)] = {"type": "string"}
                continue
            held = kind if is_object_type(kind) else self._owner(document, selections, node)
            field = held.fields[name]
            shape = self._answered(document, field.type, node.selection_set)
            properties[_key(node)] = _described(shape, field.description)
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties) if is_sure else [],
            "additionalProperties": False,
        }

    def _owner(self, document: Registered, selections: Any, node: FieldNode) -> Any:
        """The type of the fragment in which a field of an interface's or a union's selection stands."""
        for each in selections.selections:
            if isinstance(each, InlineFragmentNode) and node in each.selection_set.selections:
                return self._graph.core.get_type(each.type_condition.name.value)  # type: ignore[union-attr]
        raise ValueError(f"{document.name}: {node.name.value} belongs to no fragment")

    def _fields(self, document: Registered, selections: SelectionSetNode | None) -> list[FieldNode]:
        found: list[FieldNode] = []
        for each in selections.selections if selections else ():
            if isinstance(each, FieldNode):
                found.append(each)
            elif isinstance(each, InlineFragmentNode):
                found += self._fields(document, each.selection_set)
            elif isinstance(each, FragmentSpreadNode):
                raise ValueError(f"{document.name}: a route's document names no fragments")
        return found

    def _named(self, kind: GraphQLNamedType) -> Shape:
        if kind.name in BUILT_IN:
            return BUILT_IN[kind.name]
        if kind.name not in self.components:
            self.components[kind.name] = {}  # it may hold itself
            self.components[kind.name] = _described(self._component(kind), kind.description)
        return {"$ref": f"#/components/schemas/{kind.name}"}

    def _component(self, kind: GraphQLNamedType) -> Shape:
        if is_enum_type(kind):
            return _enum(kind)
        if is_input_object_type(kind):
            return self.input_object(kind)
        return {"type": "string", **_format(kind)}

    def input_object(
        self, kind: GraphQLInputObjectType, without: frozenset[str] = frozenset()
    ) -> Shape:
        """An object that is sent; `without` are members that come from elsewhere."""
        fields = {name: f for name, f in kind.fields.items() if name not in without}
        shape: Shape = {
            "type": "object",
            "properties": {
                name: _described(self.given(field.type), field.description)
                for name, field in fields.items()
            },
            "required": [
                name
                for name, field in fields.items()
                if is_non_null_type(field.type) and field.default_value is Undefined
            ],
            "additionalProperties": False,
        }
        if kind.is_one_of:
            shape |= {"minProperties": 1, "maxProperties": 1}
        return shape


def _enum(kind: GraphQLEnumType) -> Shape:
    lines = [f"- `{name}`: {value.description}" for name, value in kind.values.items()]
    return {
        "type": "string",
        "enum": list(kind.values),
        "x-enum-descriptions": lines,
    }


def _format(kind: Any) -> Shape:
    found: Shape = {"format": FORMATS[kind.name]} if kind.name in FORMATS else {}
    if kind.specified_by_url:
        found["externalDocs"] = {"url": kind.specified_by_url}
    return found


def _key(node: FieldNode) -> str:
    return (node.alias or node.name).value


def _described(shape: Shape, words: str | None) -> Shape:
    return {**shape, "description": words} if words else shape


def _or_null(shape: Shape) -> Shape:
    if isinstance(shape.get("type"), str) and "enum" not in shape:
        return {**shape, "type": [shape["type"], "null"]}
    return {"anyOf": [shape, {"type": "null"}]}


def _not_null(shape: Shape) -> Shape:
    held = shape.get("type")
    return {**shape, "type": held[0]} if isinstance(held, list) else shape
