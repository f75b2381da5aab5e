"""Both executors answer as plain Python does over all rows: the core operations, and random documents.

Two tenants of different pasts stand in one database; callers of both ask, and one who is limited to a shop. Whatever
is asked, by whatever ids and cursors, nothing of the other tenant's is in an answer.
"""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import orjson
import pytest
from graphql import DocumentNode, parse

from barberpro.gateway.documents import contract, operation_files
from barberpro.graph.cursors import Cursors
from barberpro.graph.schema import Graph
from barberpro.platform.database import Database
from barberpro.platform.principal import Principal
from tests.soaking import SEED, draws

from .documents import Writer
from .meanings import Caller, World, cursors_of, meaning
from .naive import Answered, Naive
from .ways import SECRET, WAYS, Ways, all_scopes, errors_of, told
from .worlds import Founder, whole

DOCUMENTS = draws(150)
NOT_HERE = {
    ("Query", "availability"),
    ("Query", "walkInWait"),
    ("Query", "auditHead"),
    ("Query", "auditProof"),
    ("Query", "auditConsistency"),
    ("Query", "customersByContact"),
    ("Customer", "loyalty"),
    ("Query", "userRoles"),
    ("Query", "_service"),
    ("Query", "clientDocumentModes"),
    ("Query", "documents"),
    ("Query", "ownDocuments"),
    ("Query", "unregisteredDocuments"),
    ("Query", "apiUsage"),
    ("Query", "calendarFeeds"),
    ("Query", "schedulePlan"),
    ("Query", "appointment"),
    ("Customer", "appointments"),
    ("Query", "bookingSeries"),
    ("Query", "bookingSeriesPreview"),
    ("Customer", "bookingSeries"),
    ("Query", "appointmentOptions"),
    ("Query", "reshuffle"),
    ("Location", "reshuffles"),
    ("Booking", "charges"),
    ("Location", "receivables"),
    ("Customer", "receivables"),
    ("Customer", "statements"),
    ("User", "roles"),
}
"""Cryptography, lists of the product's own, searches, other services', documents, usage, charges, debts, plans,
calendars: each has tests of its own, with known values."""


@dataclass(frozen=True)
class Small:
    """A small database, and who asks it: `a` and `b` of two tenants, and `norte`, of a's, limited to one shop."""

    ways: Ways
    world: World
    callers: dict[str, Principal]

    def owned(self, tenant: str) -> list[str]:
        """The ids of all that a tenant has, and its own."""
        every = (row for rows in self.world.rows.values() for row in rows)
        return [r.id for r in every if tenant in (r.id, getattr(r, "organization_id", None))]

    def caller(self, who: Principal) -> Caller:
        return Caller(self.world, who, Cursors(SECRET, who.tenant))

    async def ask(self, who: str, document: DocumentNode, text: str, variables: Any) -> Answered:
        """What plain Python says; both executors have said the same, and nothing of the other tenant's."""
        caller = self.callers[who]
        naive = Naive(self.ways.graph.core, self.caller(caller), meaning).answer(
            document, variables
        )
        expected = orjson.dumps(naive.data)
        for name in WAYS:
            answer, _ = await self.ways.ask(name, caller, document, variables)
            errors = errors_of(answer)
            assert orjson.dumps(answer.data) == expected, (name, who, text, variables)
            assert told(answer.data, errors) == told(naive.data, naive.errors), (name, who, text)
            shown = expected.decode() + repr(errors)
            foreign = next(c.tenant for c in self.callers.values() if c.tenant != caller.tenant)
            assert [id_ for id_ in self.owned(foreign) if id_ in shown] == [], (name, who, text)
        return naive


@pytest.fixture
async def small(
    graph: Graph, database: Database, clock: Any, principal: Principal, stranger: Principal
) -> Small:
    every = all_scopes(graph)
    a, b = replace(principal, scopes=every), replace(stranger, scopes=every)
    founders = [Founder(database, who, clock, Random(n)) for n, who in enumerate((a, b))]
    chains = [await founder.live(visits) for founder, visits in zip(founders, (12, 5), strict=True)]
    norte = replace(a, locations=frozenset({chains[0].norte.id}))
    world = await whole(database, founders, clock())
    return Small(Ways(graph, database, clock), world, {"a": a, "b": b, "norte": norte})


async def test_random_documents(small: Small) -> None:
    rng = Random(SEED)
    every = [id_ for tenant in ("a", "b") for id_ in small.owned(small.callers[tenant].tenant)]
    pasts = {who: cursors_of(small.caller(caller)) for who, caller in small.callers.items()}
    drawn = failed = told_of = 0
    while drawn < DOCUMENTS:
        who = rng.choice(list(small.callers))
        # Now and then with another's cursors.
        cursors = pasts[who if rng.random() < 0.9 else rng.choice(list(pasts))]
        written = Writer(small.ways.graph, rng, every, without=NOT_HERE, cursors=cursors).write()
        if written is None:
            continue
        drawn += 1
        answer = await small.ask(who, written.document, written.text, written.variables)
        failed += bool(answer.errors)
        told_of += any(id_ in repr(answer.data) for id_ in every)
    assert failed < DOCUMENTS // 4
    assert told_of > DOCUMENTS // 6, "who sees nothing proves nothing"


def core_operations() -> dict[str, str]:
    """The queries that the frontend has registered, of what has its meaning here."""
    found = operation_files(contract() / "operations")
    return {
        name: text
        for client, name, text in found
        if client == "frontend"
        and name
        not in ("Availability", "AppointmentOptions", "BookingSeriesPreview", "BookingTerms")
        and not text.lstrip().startswith(("mutation", "subscription"))
    }


async def test_the_core_operations(small: Small) -> None:
    for who, caller in small.callers.items():
        me = small.caller(caller)
        variables: dict[str, list[Any]] = {
            "LocationById": [{"id": row.id} for row in small.world.rows["locations"]],
            "BookingBoard": [{}, {"first": 3}],
            "BookingLedger": [{"first": 1000}],
            "InvoiceById": [{"id": row.id} for row in me.all("invoices")],
            "Recommendations": [{"customerId": c.id, "first": 7} for c in me.all("customers")],
            "DemandForecast": [{"locationId": row.id} for row in me.all("locations")],
        }
        for name, text in core_operations().items():
            for given in variables.get(name, [{}]):
                answer = await small.ask(who, parse(text), name, given)
                assert answer.errors == [], name
                assert answer.data, name


async def test_the_board_page_by_page(small: Small) -> None:
    text = core_operations()["BookingBoard"]
    expected = [
        row.id
        for row in sorted(
            small.caller(small.callers["a"]).all("bookings"),
            key=lambda row: (row.starts_at, row.id),
            reverse=True,
        )
    ]
    seen: list[str] = []
    after = None
    while True:
        answer = await small.ask("a", parse(text), text, {"first": 4, "after": after})
        page = answer.data["bookings"]
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == expected
    assert len(seen) == 20
