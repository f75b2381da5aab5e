"""Has graphql-core count what an answer holds, while it makes it, by the prices of the schema."""

from functools import lru_cache
from typing import Any

from graphql import get_named_type, get_nullable_type, is_leaf_type, is_list_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .cost import INTROSPECTION, INTROSPECTION_COST, Prices


@lru_cache(maxsize=16)
def counting(prices: Prices) -> type[StrawberryGraphQLCoreExecutionContext]:
    """An executor that adds to the `cost` of its context: each field as it is executed, each list as long as it is."""

    class Counting(StrawberryGraphQLCoreExecutionContext):
        def execute_field(
            self,
            parent_type: Any,
            source: Any,
            field_details_list: Any,
            path: Any,
            position_context: Any,
        ) -> Any:
            name = field_details_list[0].node.name.value
            self.context_value.cost += self._price(parent_type, name)
            return super().execute_field(
                parent_type, source, field_details_list, path, position_context
            )

        def complete_list_value(
            self,
            return_type: Any,
            field_details_list: Any,
            info: Any,
            path: Any,
            result: Any,
            position_context: Any,
        ) -> Any:
            named = get_named_type(return_type)
            if not (is_leaf_type(named) or named.name.startswith("__")):
                self.context_value.cost += len(result) * prices.of_type(named.name)
            return super().complete_list_value(
                return_type, field_details_list, info, path, result, position_context
            )

        def _price(self, parent_type: Any, name: str) -> int:
            if name.startswith("__"):
                return INTROSPECTION_COST if name in INTROSPECTION else 0
            field = parent_type.fields.get(name)
            if field is None or parent_type.name.startswith("__"):
                return 0
            named, own = get_named_type(field.type), prices.of_field(parent_type.name, name)
            is_single = not (is_list_type(get_nullable_type(field.type)) or is_leaf_type(named))
            return own + prices.of_type(named.name) if is_single else own

    return Counting
