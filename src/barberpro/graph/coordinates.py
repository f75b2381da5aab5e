"""Schema coordinates (of the GraphQL specification, section 3.14): what a document asks for, by name.

`Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`. Of values that come in variables nobody knows
beforehand which fields and enum values they hold: a document asks for those that stand in its text.
"""

import re
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    visit,
)

COORDINATE = re.compile(r"(\w+)\.(\w+)(?:\((\w+):\))?")


def asked(schema: GraphQLSchema, document: DocumentNode) -> frozenset[str]:
    """What a document asks for, as far as the schema knows it."""
    types, found = TypeInfo(schema), set[str]()

    class Names(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            if (parent := types.get_parent_type()) is not None:
                found.add(f"{parent.name}.{node.name.value}")

        def enter_argument(self, node: ArgumentNode, _key: Any, _parent: Any, *rest: Any) -> None:
            parent, field = types.get_parent_type(), rest[-1][-1]
            if parent is not None and isinstance(field, FieldNode):
                found.add(f"{parent.name}.{field.name.value}({node.name.value}:)")

        def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
            if (parent := types.get_parent_input_type()) is not None:
                found.add(f"{get_named_type(parent).name}.{node.name.value}")

        def enter_enum_value(self, node: EnumValueNode, *_: Any) -> None:
            if (type_ := types.get_input_type()) is not None:
                found.add(f"{get_named_type(type_).name}.{node.value}")

    visit(document, TypeInfoVisitor(types, Names()))
    return frozenset(found)


def asked_by(schema: GraphQLSchema, document: DocumentNode, name: str | None) -> frozenset[str]:
    """What one operation of a document asks for."""
    others = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode) and _name(each) != name
    ]
    own = tuple(each for each in document.definitions if each not in others)
    return asked(schema, DocumentNode(definitions=own) if others else document)


def deprecation(schema: GraphQLSchema, coordinate: str) -> str | None:
    """Why it should not be asked for any more; None where it may be, or is not there."""
    parts = COORDINATE.fullmatch(coordinate)
    if parts is None:
        return None
    type_: Any = schema.type_map.get(parts[1])
    members = getattr(type_, "fields", None) or getattr(type_, "values", None) or {}
    found = members.get(parts[2])
    if found is not None and parts[3] is not None:
        found = found.args.get(parts[3])
    return None if found is None else found.deprecation_reason


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None
