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
    locations=[Location.OBJECT, Location.FIELD_DEFINITION],
    name="cost",
    description="What a field adds to the cost of an operation beside what it gives, where that is not 0; or what each "
    "object of a type adds, where that is not 1. Each use of `__schema` or `__type` costs 500.",
)
class Cost:
    weight: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many values a list is reckoned to have: the value of a slicing argument, of a list its length; or "
    "the assumed size. With `sizedFields` it is the size of those fields of what is given. A list without this counts "
    "once: it came with what gave it.",
)
class ListSize:
    assumed_size: int | None = strawberry.UNSET
    slicing_arguments: list[str] | None = strawberry.UNSET
    sized_fields: list[str] | None = strawberry.UNSET
    require_one_slicing_argument: bool | None = True
