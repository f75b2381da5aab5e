"""The contract's operation on recommendations: its answer, and its statements, whatever the data's size."""

from typing import Any

import pytest

from barberpro.domains.recommendations.training import train

MANY = "{ customers(first: 100) { nodes { name recommendations(first: 10) { rank service { name }"
MANY += " provider { name } location { name } reasons { text } } } } }"


@pytest.fixture
def learned(grow: Any, database: Any, principal: Any, clock: Any) -> Any:
    """`await learned(shops, providers, visits)` makes a chain and, days after those visits, a model of it."""

    async def make(shops: int, providers: int, visits: int) -> None:
        await grow(shops, providers, visits)
        clock.forward(days=3)
        await train(database, principal, clock)

    return make


async def customers(ask: Any) -> list[dict[str, Any]]:
    found = await ask("{ customers(first: 100) { nodes { id name } } }")
    return found.data["customers"]["nodes"]


async def test_it_answers_with_everything_beside(ask, documents, learned):
    await learned(2, 2, 3)
    who = (await customers(ask))[0]
    answer = await ask(documents["Recommendations"], registered=True, customerId=who["id"])
    assert answer.errors == []
    assert {key: answer.data["customer"][key] for key in ("id", "name")} == who
    first, second = answer.data["customer"]["recommendations"]
    assert [first["rank"], second["rank"]] == [1, 2]
    assert first["service"]["name"] == second["service"]["name"] == "Corte 2"
    assert {first["provider"]["name"], second["provider"]["name"]} == {"P0", "P1"}
    assert first["location"] == second["location"]
    assert first["score"] > second["score"] > 0
    assert (first["source"], first["confidence"], first["predictedRating"]) == (
        "REPEAT",
        None,
        None,
    )
    assert [r["code"] for r in first["reasons"]] == [
        "BOOKED_BEFORE",
        "USUAL_PROVIDER",
    ]
    assert first["reasons"][0]["text"] == "Veces que ya lo reservó: 3."


async def test_statements_do_not_grow_with_the_rows(ask, documents, learned):
    await learned(1, 1, 2)
    who = (await customers(ask))[0]["id"]
    small = await ask(documents["Recommendations"], registered=True, customerId=who, first=10)
    many = await ask(MANY)
    await learned(3, 4, 3)
    large = await ask(documents["Recommendations"], registered=True, customerId=who, first=10)
    more = await ask(MANY)
    assert small.errors == large.errors == more.errors == []
    # The customer, what is recommended, and one each for service, provider and location.
    assert (small.statements, large.statements) == (5, 5)
    assert (many.statements, more.statements) == (5, 5)
    assert len(more.data["customers"]["nodes"]) == 13
    assert all(c["recommendations"] for c in more.data["customers"]["nodes"])


async def test_what_is_popular_takes_no_more(ask, documents, learned, opening):
    from barberpro.domains.people import service as people

    await learned(2, 2, 3)
    async with opening() as tx:
        stranger = await people.register_customer(tx, name="Nueva", home_location_id=None)
    answer = await ask(documents["Recommendations"], registered=True, customerId=stranger.id)
    assert answer.statements == 4  # the customer, theirs, the popular ones, their service
    (only,) = answer.data["customer"]["recommendations"]
    assert (only["source"], only["provider"], only["location"]) == ("POPULAR", None, None)
