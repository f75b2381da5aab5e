"""What the SDL states beside names and types: scopes and costs, under the names Apollo gave them."""

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="requiresScopes",
    description="Who may ask: any one of these sets of scopes, whole.",
)
class RequiresScopes:
    scopes: list[list[str]]


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="policy",
    description="What must be true of the caller: any one of these sets of policies, whole.",
)
class Policy:
    policies: list[list[str]]


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="authenticated",
    description="Any caller may ask who has a valid token, whatever its scopes.",
)
class Authenticated: ...


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What the field adds to the cost of an operation, where its kind does not say.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many items a list is reckoned to have: by an argument, or as stated.",
)
class ListSize:
    assumed_size: int | None = strawberry.UNSET
    slicing_arguments: list[str] | None = strawberry.UNSET
