"""Makes the question for another service of what a document asks below one field.

The question holds no fragment, no variable of the caller's and no directive: fragments are spread, `@skip` and
`@include` decided, and variables stand as printed literals, so that nothing of a caller's can be read as anything else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputType,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    ast_from_value,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    print_ast,
)

TYPENAME = "__typename"


@dataclass(frozen=True)
class Part:
    """One response key that is asked for, of the type that the schema promises."""

    key: str
    type: Any
    below: tuple["Part", ...] = ()


@dataclass(frozen=True)
class Asked:
    """A question: its document, the field of the entity that it is about, and what its answer must look like."""

    document: str
    field: Part


@dataclass(frozen=True)
class Forwarding:
    """What a question is made of beside the field: the document's fragments, and this request's variables."""

    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def asked(self, entity: str, definition: GraphQLField, nodes: Sequence[FieldNode]) -> Asked:
        """The question for one field, which stands at these nodes of the document."""
        name = nodes[0].name.value
        node, part = self._field(name, definition, nodes)
        head = "query($representations: [_Any!]!) { _entities(representations: $representations)"
        return Asked(f"{head} {{ ... on {entity} {{ {print_ast(node)} }} }} }}", part)

    def _field(
        self, key: str, definition: GraphQLField, nodes: Sequence[FieldNode]
    ) -> tuple[FieldNode, Part]:
        first, named = nodes[0], get_named_type(definition.type)
        alias = NameNode(value=key) if key != first.name.value else None
        arguments = tuple(self._arguments(first, definition))
        if is_leaf_type(named):
            node = FieldNode(alias=alias, name=first.name, arguments=arguments, directives=())
            return node, Part(key, definition.type)
        grouped: dict[str, list[FieldNode]] = {}
        self._collect((n.selection_set for n in nodes if n.selection_set), grouped, set())
        owner: Any = named
        below = [
            self._field(k, owner.fields[some[0].name.value], some)
            for k, some in grouped.items()
            if some[0].name.value != TYPENAME  # its name is ours, not theirs
        ]
        selected = [node for node, _ in below] or [FieldNode(name=NameNode(value=TYPENAME))]
        node = FieldNode(
            alias=alias,
            name=first.name,
            arguments=arguments,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(selected)),
        )
        return node, Part(key, definition.type, tuple(part for _, part in below))

    def _collect(
        self, sets: Iterable[SelectionSetNode], into: dict[str, list[FieldNode]], spread: set[str]
    ) -> None:
        """CollectFields of the specification. All types below are objects, so every fragment applies."""
        for node in (n for each in sets for n in each.selections):
            if not self._stands(node):
                continue
            if isinstance(node, FieldNode):
                into.setdefault((node.alias or node.name).value, []).append(node)
                continue
            inner: Any = node
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
                inner = self.fragments[node.name.value]
            self._collect([inner.selection_set], into, spread)

    def _stands(self, node: Any) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name not in ("skip", "include"):
                continue
            given = directive.arguments[0].value
            is_on = (
                self.variables.get(given.name.value)
                if isinstance(given, VariableNode)
                else given.value
            )
            if is_on is (name == "skip"):
                return False
        return True

    def _arguments(self, node: FieldNode, definition: GraphQLField) -> Iterable[ArgumentNode]:
        for argument in node.arguments or ():
            type_ = definition.args[argument.name.value].type
            value = self._literal(argument.value, type_)
            if value is not None:
                yield ArgumentNode(name=argument.name, value=value)

    def _literal(self, node: ValueNode, type_: GraphQLInputType) -> ValueNode | None:
        """A value without variables; None where it is a variable that was not given."""
        bare: Any = get_nullable_type(type_)
        if isinstance(node, VariableNode):
            name = node.name.value
            return ast_from_value(self.variables[name], type_) if name in self.variables else None
        if isinstance(node, ListValueNode) and is_list_type(bare):
            items = (self._literal(each, bare.of_type) for each in node.values)
            return ListValueNode(values=tuple(each or NullValueNode() for each in items))
        if isinstance(node, ObjectValueNode) and is_input_object_type(bare):
            members = (
                (f.name, self._literal(f.value, bare.fields[f.name.value].type))
                for f in node.fields
            )
            return ObjectValueNode(
                fields=tuple(ObjectFieldNode(name=n, value=v) for n, v in members if v is not None)
            )
        return node
