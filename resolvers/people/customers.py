"""What can be done with customers, and how one is found by what only they have."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people import service
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.errors import (
    AddressTooLong,
    CustomerErased,
    CustomerNotesTooLong,
    CustomerNotFound,
    HomeLocationRequired,
    InvalidBirthDate,
    InvalidDocumentNumber,
)
from barberpro.graph.context import Context
from barberpro.graph.errors import BadInput
from barberpro.graph.fields import batched
from barberpro.graph.mutations import Foreseen, mutation
from barberpro.graph.scalars import EmailAddress, PhoneNumber
from barberpro.graph.sealed import index_key
from barberpro.graph.types import Mutation, Query, extends, input_type
from barberpro.platform.doors import Transaction
from barberpro.platform.text import InvalidName

from .types import PERSONAL, Customer

MOST_FOUND = 100


@input_type
class CustomerRegisterInput:
    """Someone who is going to be booked."""

    name: str
    """What the shop calls them."""
    home_location_id: strawberry.ID | None = None
    """The location they call theirs; needed from callers who are limited to locations."""
    email: EmailAddress | None = None
    """Where they get mail."""
    phone: PhoneNumber | None = None
    """Where they can be called."""
    document_number: str | None = None
    """The number of their identity document, 5 to 20 letters and digits; dots, blanks and dashes do not count."""
    birth_date: date | None = None
    """When they were born, in 1900 or later."""
    address: str | None = None
    """Where they live, in at most 300 characters."""
    notes: str | None = None
    """What the shop should know of them, in at most 1,000 characters."""


@input_type
class CustomerUpdateInput:
    """What changed about a customer. What is not given stays as it is; null takes away what was there."""

    customer_id: strawberry.ID
    """Which customer."""
    name: str | None = None
    """What the shop calls them from now on; null leaves the name."""
    email: EmailAddress | None = strawberry.UNSET
    """Where they get mail."""
    phone: PhoneNumber | None = strawberry.UNSET
    """Where they can be called."""
    document_number: str | None = strawberry.UNSET
    """The number of their identity document, 5 to 20 letters and digits; dots, blanks and dashes do not count."""
    birth_date: date | None = strawberry.UNSET
    """When they were born, in 1900 or later."""
    address: str | None = strawberry.UNSET
    """Where they live, in at most 300 characters."""
    notes: str | None = strawberry.UNSET
    """What the shop should know of them, in at most 1,000 characters."""


@input_type
class CustomerEraseInput:
    """A customer who is to be forgotten."""

    customer_id: strawberry.ID
    """Which customer."""


REACHED: Foreseen = {
    InvalidName: "name",
    InvalidDocumentNumber: "documentNumber",
    InvalidBirthDate: "birthDate",
    AddressTooLong: "address",
    CustomerNotesTooLong: "notes",
}


@mutation(
    Customer,
    raises={
        **REACHED,
        LocationNotFound: "homeLocationId",
        HomeLocationRequired: "homeLocationId",
    },
    scope="people:write",
)
async def customer_register(tx: Transaction, input: CustomerRegisterInput) -> Row[Any]:
    """Take down a customer."""
    return await service.register_customer(
        tx, name=input.name, home_location_id=input.home_location_id, contact=_contact(input)
    )


@mutation(
    Customer,
    raises={**REACHED, CustomerNotFound: "customerId", CustomerErased: "customerId"},
    scope="people:write",
)
async def customer_update(tx: Transaction, input: CustomerUpdateInput) -> Row[Any]:
    """Write down what changed about a customer."""
    return await service.update_customer(
        tx, input.customer_id, name=input.name, contact=_contact(input)
    )


@mutation(Customer, raises={CustomerNotFound: "customerId"}, scope="customers:erase")
async def customer_erase(tx: Transaction, input: CustomerEraseInput) -> Row[Any]:
    """
    Forget a customer at their wish. Nobody can take it back: the key to all personal data is destroyed, the name
    overwritten. What they booked and paid stays, without saying who they were.
    """
    return await service.erase_customer(tx, input.customer_id)


@extends(Mutation)
class CustomerMutations:
    customer_register = customer_register
    customer_update = customer_update
    customer_erase = customer_erase


@strawberry.input(one_of=True, description="One fact that a customer is known by.")
class CustomerContactInput:
    email: EmailAddress | None = strawberry.field(
        default=strawberry.UNSET, description="Their e-mail address, in any case."
    )
    phone: PhoneNumber | None = strawberry.field(
        default=strawberry.UNSET,
        description="Their telephone number. An Argentine mobile is found with its 9 and without.",
    )
    document_number: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The number of their identity document, with or without dots.",
    )


By = Annotated[CustomerContactInput, strawberry.argument(description="What must be equal.")]
First = Annotated[
    int,
    strawberry.argument(
        description=f"How many at most, the first registered first: 1 to {MOST_FOUND}."
    ),
]


async def customers_by_contact(
    parents: Any, context: Context, by: By, first: First = 20
) -> list[Sequence[Any]]:
    """
    The customers with exactly this address, number or document, among those the caller may see. Families share
    telephones, so there may be several.
    """
    if not 1 <= first <= MOST_FOUND:
        raise BadInput(
            f"`customersByContact(first:)` must be from 1 to {MOST_FOUND}; it is {first}."
        )
    ((name, value),) = _contact(by).items()
    assert isinstance(value, str)  # noqa: S101 - one of three texts
    index = await index_key(context)
    if index is None:  # nobody's contact was ever written down
        return [[] for _ in parents]
    try:
        same = service.indexed(index, name, value)
    except InvalidDocumentNumber:
        return [[] for _ in parents]
    found = await context.kept(service.found_by(name), {"same": same, "most": first})
    return [found for _ in parents]


@extends(Query)
class CustomerQueries:
    customers_by_contact: list[Customer] = batched(customers_by_contact, cost=1, scope=PERSONAL)


FACTS = ("email", "phone", "document_number", "birth_date", "address", "notes")


def _contact(given: Any) -> Contact:
    """What was given of it; what was not is absent."""
    facts = {name: getattr(given, name, strawberry.UNSET) for name in FACTS}
    return Contact(**{n: v for n, v in facts.items() if v is not strawberry.UNSET})  # type: ignore[typeddict-item]
