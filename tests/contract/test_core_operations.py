"""The operations that callers run most: their answers, and how many statements each takes, whatever the data's size."""

from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse

from barberpro.gateway.documents import contract, operation_files

STATEMENTS = {
    "LocationById": 1,  # the location
    "BookingBoard": 1,  # the page, with location, provider, customer, service and invoice joined to it
    "ChainOverview": 3,  # locations, their providers, and their bookings with customers and invoices joined to them
    "BookingLedger": 1,  # the page
    "Viewer": 0,
}
NOT_YET = {"InvoiceById", "InvoiceIssue"}
"""Those whose authorization and budget come with later work; the rest of them is as in the contract."""


@pytest.mark.parametrize("name", STATEMENTS)
async def test_statements_do_not_grow_with_the_rows(ask, documents, grow, name):
    location = await grow(1, 1, 1)
    variables = {"LocationById": {"id": location}, "BookingLedger": {"first": 1000}}.get(name, {})
    small = await ask(documents[name], registered=True, **variables)
    await grow(3, 3, 4)
    large = await ask(documents[name], registered=True, **variables)
    assert small.errors == large.errors == []
    assert (small.statements, large.statements) == (STATEMENTS[name], STATEMENTS[name])


async def test_the_board_shows_the_latest_first_with_everything_beside(
    ask, documents, grow, opening
):
    await grow(2, 2, 3)
    board = (await ask(documents["BookingBoard"], first=5)).data["bookings"]
    starts = [b["startsAt"] for b in board["nodes"]]
    assert starts == sorted(starts, reverse=True)
    assert len(starts) == 5
    assert board["pageInfo"]["hasNextPage"] is True
    assert board["nodes"][0]["status"] == "CONFIRMED"
    assert board["nodes"][0]["location"]["city"] == "Salta"
    assert board["nodes"][0]["service"]["price"] == {"amount": "1.00", "currencyCode": "ARS"}
    assert board["nodes"][0]["invoice"]["total"] == {"amount": "1.00", "currencyCode": "ARS"}
    assert board["nodes"][0]["invoice"]["status"] == "ISSUED"
    rest = await ask(documents["BookingBoard"], first=50, after=board["pageInfo"]["endCursor"])
    seen = [b["id"] for b in board["nodes"]] + [b["id"] for b in rest.data["bookings"]["nodes"]]
    assert len(seen) == len(set(seen)) == 12


async def test_the_overview_holds_ten_providers_and_ten_bookings_of_each(ask, documents, grow):
    await grow(2, 11, 1)
    await grow(1, 1, 12)
    places = (await ask(documents["ChainOverview"])).data["locations"]["nodes"]
    counts = [
        [len(p["bookings"]["nodes"]) for p in place["providers"]["nodes"]] for place in places
    ]
    assert [place["name"] for place in places] == ["Sucursal 1.0", "Sucursal 2.0", "Sucursal 2.1"]
    assert counts == [[10], [1] * 10, [1] * 10]


async def test_a_ledger_of_a_thousand_is_for_registered_documents_only(ask, documents, grow):
    await grow(1, 1, 1)
    answer = await ask(documents["BookingLedger"], registered=True, first=1000)
    assert len(answer.data["bookings"]["nodes"]) == 1
    with pytest.raises(Exception, match="from 0 to 100; it is 1000"):
        await ask(documents["BookingLedger"], first=1000)


async def test_the_viewer_is_the_caller(ask, documents, principal):
    assert (await ask(documents["Viewer"])).data["viewer"] == {
        "clientId": principal.client,
        "tenantId": principal.tenant,
        "scopes": sorted(principal.scopes),
        "budget": None,  # nobody is charged who asks the graph itself
    }


def test_the_contracts_operations_are_registered_in_its_own_words():
    shared = Path(__file__).parents[3] / "shared" / "contract" / "operations.graphql"
    if not shared.exists():
        pytest.skip("the contract's own file is not beside this checkout")
    text = shared.read_text()
    named = [
        d.name.value
        for d in parse(text).definitions
        if isinstance(d, OperationDefinitionNode) and d.name
    ]
    documents = {name: own for _, name, own in operation_files(contract() / "operations")}
    for name in set(named) - NOT_YET:
        assert documents[name] in text, name
