"""Sealed fields: opened for a whole level at once, for whoever has the scope, and for nobody else."""

from datetime import date, timedelta
from typing import Any

import pytest
from graphql import DocumentNode, OperationDefinitionNode, parse
from sqlalchemy import select, update

from barberpro.domains.bookings import service as bookings
from barberpro.domains.people import service
from barberpro.domains.people.contact import Contact
from barberpro.domains.people.tables import customer_contacts
from barberpro.graph.plan import plan
from barberpro.graph.schema import Graph
from barberpro.platform.principal import Principal

from ..conftest import EVERYTHING

ALL = """
query All($first: Int! = 50) {
  customers(first: $first) {
    nodes { id email phone documentNumber birthDate address notes }
  }
}
"""
LIST = "query List { customers(first: 50) { nodes { id } } }"
FIND = """
query Find($by: CustomerContactInput!, $first: Int! = 20) {
  customersByContact(by: $by, first: $first) { id name }
}
"""
UPDATE = """
mutation Update($input: CustomerUpdateInput!) {
  customerUpdate(input: $input) {
    customer { name email phone }
    errors { __typename ... on UserError { field message } }
  }
}
"""
REGISTER = """
mutation Register($input: CustomerRegisterInput!) {
  customerRegister(input: $input) {
    customer { name email phone documentNumber birthDate address notes }
    errors { __typename ... on UserError { field message } }
  }
}
"""
ERASE = """
mutation Erase($input: CustomerEraseInput!) {
  customerErase(input: $input) {
    customer { name erasedAt email notes bookings { nodes { notes history { reason } } } }
    errors { __typename ... on UserError { field } }
  }
}
"""


@pytest.fixture
async def crowd(chain: Any, done: Any) -> list[Any]:
    """Fifty customers of whom much is known."""

    async def register(tx: Any) -> list[Any]:
        return [
            await service.register_customer(
                tx,
                name=f"Cliente {n:02}",
                home_location_id=chain.centro.id,
                contact=Contact(
                    email=f"c{n}@example.com",
                    phone="+5491155551234",
                    document_number=f"30{n:06}",
                    birth_date=date(1990, 1, 1) + timedelta(days=n),
                    address=f"Calle {n}",
                    notes=f"nota {n}",
                ),
            )
            for n in range(49)
        ]

    return [*(await done(register)), chain.carla]


async def test_a_level_is_opened_with_one_statement(ask: Any, crowd: list[Any]) -> None:
    listed = await ask(LIST)
    answer = await ask(ALL)
    assert answer.errors == []
    by_id = {each["id"]: each for each in answer.data["customers"]["nodes"]}
    assert by_id[crowd[7].id] == {
        "id": crowd[7].id,
        "email": "c7@example.com",
        "phone": "+5491155551234",
        "documentNumber": "30000007",
        "birthDate": "1990-01-08",
        "address": "Calle 7",
        "notes": "nota 7",
    }
    assert by_id[crowd[-1].id]["email"] is None
    assert (len(by_id), answer.statements) == (50, listed.statements + 1)


def lacking(graph: Graph, document: DocumentNode) -> frozenset[str]:
    """What somebody would need who holds everything else."""
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    planned = plan(graph, document, operation)
    return planned.requires.lacking(EVERYTHING - {"customers:pii"})


@pytest.mark.parametrize(
    "field", ["email", "phone", "documentNumber", "birthDate", "address", "notes"]
)
async def test_each_personal_fact_takes_the_scope_for_them(graph: Graph, field: str) -> None:
    document = parse(f"query One {{ customers {{ nodes {{ id {field} }} }} }}")
    assert lacking(graph, document) == {"customers:pii"}


async def test_finding_takes_the_scope_as_well(graph: Graph) -> None:
    document = parse('query Q { customersByContact(by: { email: "a@b.c" }) { __typename } }')
    assert lacking(graph, document) == {"customers:pii"}


async def test_notes_are_opened_where_there_are_any(
    ask: Any, chain: Any, done: Any, clock: Any
) -> None:
    """Who reads bookings reads what was said of them; a list without notes costs no statement more."""
    ledger = "query L { bookings { nodes { notes history { reason } } } }"
    made = [
        await done(lambda tx, a=asked: bookings.create(tx, **a))
        for asked in (
            chain.asks(starts_at=clock() + timedelta(hours=1)),
            chain.asks(starts_at=clock() + timedelta(hours=2)),
        )
    ]
    silent = await ask(ledger)
    nothing = {"notes": None, "history": [{"reason": None}]}
    assert silent.data["bookings"]["nodes"] == [nothing, nothing]
    spoken = chain.asks(starts_at=clock() + timedelta(hours=5), notes="corto")
    await done(lambda tx: bookings.create(tx, **spoken))
    await done(lambda tx: bookings.cancel(tx, made[1].id, reason="llueve"))
    answer = await ask(ledger)
    assert answer.data["bookings"]["nodes"] == [
        nothing,
        {"notes": None, "history": [{"reason": None}, {"reason": "llueve"}]},
        {"notes": "corto", "history": [{"reason": None}]},
    ]
    assert (silent.statements, answer.statements) == (2, 4)


async def test_what_was_changed_in_the_database_is_told_of_that_row_alone(
    ask: Any, crowd: list[Any], opening: Any
) -> None:
    one, other = crowd[3], crowd[4]
    c = customer_contacts.c
    async with opening() as tx:
        (stolen,) = await tx.rows(select(c.email).where(c.customer_id == other.id))
        tx.published = 1
        await tx.execute(
            update(customer_contacts).where(c.customer_id == one.id).values(email=stolen.email)
        )
    answer = await ask(ALL)
    by_id = {each["id"]: each for each in answer.data["customers"]["nodes"]}
    assert by_id[one.id]["email"] is None
    assert by_id[one.id]["phone"] == "+5491155551234"
    assert by_id[other.id]["email"] == "c4@example.com"
    (error,) = answer.errors
    assert error.path[-1] == "email"
    assert "c4@example.com" not in str(error)


async def test_a_customer_is_found_by_their_address(ask: Any, crowd: list[Any]) -> None:
    answer = await ask(FIND, by={"email": "C7@EXAMPLE.COM"})
    assert answer.data == {"customersByContact": [{"id": crowd[7].id, "name": "Cliente 07"}]}
    assert answer.statements == 2


async def test_who_shares_a_telephone_is_found_together(ask: Any, crowd: list[Any]) -> None:
    answer = await ask(FIND, by={"phone": "+541155551234"}, first=3)
    assert [c["id"] for c in answer.data["customersByContact"]] == [c.id for c in crowd[:3]]


async def test_nobody_is_found_by_what_nobody_has(
    ask: Any, crowd: list[Any], stranger: Principal
) -> None:
    for by in (
        {"email": "c7@example.co"},
        {"documentNumber": "30"},
        {"documentNumber": "300000079"},
    ):
        assert (await ask(FIND, by=by)).data == {"customersByContact": []}
    elsewhere = await ask(FIND, by={"email": "c7@example.com"}, who=stranger)
    assert elsewhere.data == {"customersByContact": []}


@pytest.mark.parametrize("first", [0, 101])
async def test_as_many_are_found_as_may_be_asked_for(ask: Any, first: int) -> None:
    answer = await ask(FIND, by={"email": "a@b.c"}, first=first)
    assert [e.message for e in answer.errors] == [
        f"`customersByContact(first:)` must be from 1 to 100; it is {first}."
    ]


async def test_a_customer_is_registered_with_all_that_is_known(ask: Any, chain: Any) -> None:
    given = {
        "name": "Zoë",
        "email": "zoe@example.com",
        "phone": "+5491155551234",
        "documentNumber": "12.345.678",
        "birthDate": "1990-02-28",
        "address": "Corrientes 1234",
        "notes": "alérgica",
    }
    answer = await ask(REGISTER, input=given)
    assert answer.data["customerRegister"] == {
        "customer": given | {"documentNumber": "12345678"},
        "errors": [],
    }


@pytest.mark.parametrize(
    ("given", "kind", "field"),
    [
        ({"documentNumber": "1"}, "InvalidDocumentNumber", "documentNumber"),
        ({"birthDate": "1899-12-31"}, "InvalidBirthDate", "birthDate"),
        ({"address": "x" * 301}, "AddressTooLong", "address"),
        ({"notes": "x" * 1_001}, "CustomerNotesTooLong", "notes"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    ask: Any, chain: Any, given: dict[str, str], kind: str, field: str
) -> None:
    for document, slot, more in (
        (REGISTER, "customerRegister", {"name": "Zoë"}),
        (UPDATE, "customerUpdate", {"customerId": chain.carla.id}),
    ):
        answer = await ask(document, input={**more, **given})
        (error,) = answer.data[slot]["errors"]
        assert (error["__typename"], error["field"]) == (kind, [field])


async def test_null_takes_away_and_absence_leaves(ask: Any, chain: Any) -> None:
    carla = chain.carla.id
    both = {"customerId": carla, "email": "c@example.com", "phone": "+5491155551234"}
    await ask(UPDATE, input=both)
    answer = await ask(UPDATE, input={"customerId": carla, "email": None})
    assert answer.data["customerUpdate"]["customer"] == {
        "name": "Carla",
        "email": None,
        "phone": "+5491155551234",
    }


async def test_who_is_erased_answers_nothing_any_more(
    ask: Any, chain: Any, done: Any, clock: Any
) -> None:
    carla = chain.carla.id
    await ask(UPDATE, input={"customerId": carla, "email": "c@example.com"})
    asked = chain.asks(starts_at=clock() + timedelta(hours=1), notes="trae a su hijo")
    await done(lambda tx: bookings.create(tx, **asked))
    answer = await ask(ERASE, input={"customerId": carla})
    assert answer.errors == []
    assert answer.data["customerErase"] == {
        "customer": {
            "name": "Anónimo",
            "erasedAt": "2026-11-23T13:00:00Z",
            "email": None,
            "notes": None,
            "bookings": {"nodes": [{"notes": None, "history": [{"reason": None}]}]},
        },
        "errors": [],
    }
    answer = await ask(UPDATE, input={"customerId": carla, "email": "c@example.com"})
    (error,) = answer.data["customerUpdate"]["errors"]
    assert (error["__typename"], error["field"]) == ("CustomerErased", ["customerId"])
