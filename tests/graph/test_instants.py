"""Instants that are only shown come as text from the database: exactly the text that they would be written as."""

from datetime import timedelta

import pytest

from barberpro.domains.bookings import service as bookings
from barberpro.platform.clock import iso
from barberpro.platform.direct import ReadFailed
from barberpro.platform.doors import Reader

FRACTIONS = [0, 1, 100, 120_000, 123_456, 500_000, 999_999]


@pytest.mark.parametrize("microsecond", FRACTIONS)
async def test_every_fraction_is_shown_as_ever(
    ask, chain, opening, clock, monkeypatch, microsecond
):
    clock.time = clock.time.replace(microsecond=microsecond)
    starts_at = clock.time.replace(microsecond=0) + timedelta(hours=1)
    async with opening() as tx:
        made = await bookings.create(tx, **chain.asks(starts_at=starts_at))
    sent: list[str] = []
    direct = Reader.direct

    async def noted(self, statement, values):
        sent.append(str(statement))
        return await direct(self, statement, values)

    monkeypatch.setattr(Reader, "direct", noted)
    document = "query ($id: ID!) { booking(id: $id) { startsAt createdAt } }"
    answer = await ask(document, id=made.id)
    assert answer.data["booking"] == {"startsAt": iso(starts_at), "createdAt": iso(clock())}
    assert "instant_text(bookings.created_at)" in sent[0]


async def test_what_is_sorted_by_is_read_for_the_cursor(ask, booked):
    page = """query ($after: String) {
      bookings(first: 1, after: $after, orderBy: { field: STARTS_AT, direction: DESC }) {
        nodes { startsAt } pageInfo { endCursor }
      }
    }"""
    first = (await ask(page)).data["bookings"]
    second = (await ask(page, after=first["pageInfo"]["endCursor"])).data["bookings"]
    latest = sorted((iso(b.starts_at) for b in booked), reverse=True)
    assert [first["nodes"][0]["startsAt"], second["nodes"][0]["startsAt"]] == latest[:2]


async def test_the_careful_walk_shows_them_too(ask, booked, chain, monkeypatch):
    direct = Reader.direct

    async def worse(self, statement, values):
        if "ratings" in str(statement):
            raise ReadFailed("the table is away")
        return await direct(self, statement, values)

    monkeypatch.setattr(Reader, "direct", worse)
    answer = await ask("{ bookings(first: 1) { nodes { endsAt rating } } }")
    (node,) = answer.data["bookings"]["nodes"]
    assert node == {"endsAt": iso(min(b.ends_at for b in booked)), "rating": None}
    assert [e.path for e in answer.errors] == [["bookings", "nodes", 0, "rating"]]
