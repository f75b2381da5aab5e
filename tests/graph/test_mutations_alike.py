"""What mutations give is answered alike by both executors, whatever is selected of it.

Two fresh organizations are founded alike, down to the digits of their ids but one. The same acts are done in both, in
one by the compiled way and in the other by graphql-core; answers and events must be the same but for that digit.
"""

import contextlib
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, parse
from sqlalchemy import select

from barberpro.graph.schema import Graph
from barberpro.platform import ids
from barberpro.platform.clock import iso
from barberpro.platform.database import Database
from barberpro.platform.events import events
from barberpro.platform.principal import Principal
from barberpro.platform.tables import metadata
from tests.chain import Chain, found_chain
from tests.soaking import SEED, draws

from .documents import Writer
from .faults import faults
from .ways import WAYS, Ways, all_scopes, errors_of, told

DOCUMENTS = draws(40)
CURSORS = {("PageInfo", "startCursor"), ("PageInfo", "endCursor")} | {
    (f"{name}Edge", "cursor") for name in ("Booking", "Invoice", "Provider")
}
"""Sealed for their organization, so they are never alike."""
SIDES = ("0", "1")
"""The first digit of every id of an organization."""
OF_ONE_SIDE = re.compile(r"\b([a-z]{3})_0([0-9a-z]{25})\b")


def other(text: str) -> str:
    """The same, as it stands in the second organization."""
    return OF_ONE_SIDE.sub(r"\1_1\2", text)


@dataclass
class Pair:
    """Two organizations that are alike."""

    callers: dict[str, Principal]
    chain: Chain
    opening: Any

    async def all(self, name: str) -> list[str]:
        """The ids of a table in the first."""
        table = metadata.tables[name]
        async with self.opening(self.callers["0"]) as tx:
            return [row.id for row in await tx.rows(select(table.c.id).order_by(table.c.id))]

    async def told(self, side: str) -> list[Any]:
        """Everything that happened in one of them, in order."""
        async with self.opening(self.callers[side]) as tx:
            mine = events.c.type != "organization.founded"  # before ids were numbered
            rows = await tx.rows(select(events).where(mine).order_by(events.c.id))
            found = orjson.dumps([(row.type, row.subject, row.data) for row in rows]).decode()
            return orjson.loads(other(found))


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`with numbered(side):` ids are made in a row, and begin with that digit."""
    # Other tests have made ids like these: only the last 60 bits are counted, which is the last twelve digits.
    since = int.from_bytes(os.urandom(6)) << 60
    counts = {side: itertools.count(since) for side in SIDES}

    @contextlib.contextmanager
    def within(side: str) -> Iterator[None]:
        def new(prefix: str) -> str:
            return f"{prefix}_{side}{ids.encode(next(counts[side]))[1:]}"

        with monkeypatch.context() as patch:
            patch.setattr(ids, "new", new)
            yield

    return within


@pytest.fixture
async def pair(
    graph: Graph, database: Database, clock: Any, opening: Any, numbered: Any,
    principal: Principal, stranger: Principal,
) -> Pair:  # fmt: skip
    every = all_scopes(graph)
    callers = dict(
        zip(SIDES, (replace(w, scopes=every) for w in (principal, stranger)), strict=True)
    )
    chains = []
    for side, who in callers.items():
        with numbered(side):
            async with opening(who) as tx:
                chains.append(await found_chain(tx))
    assert other(repr(chains[0].cut.id)) == repr(chains[1].cut.id)
    return Pair(callers, chains[0], opening)


async def act(rng: Random, pair: Pair, clock: Any) -> tuple[str, Any]:
    """A mutation, and an input: often one that is refused."""
    chain = pair.chain
    bookings = await pair.all("bookings") or ["bkg_" + "0" * 26]
    invoices = await pair.all("invoices") or ["inv_" + "0" * 26]
    customers = await pair.all("customers")
    place = rng.choice([chain.centro.id, chain.norte.id])
    booking = rng.choice(bookings)
    when = iso(
        clock().replace(minute=0) + timedelta(hours=rng.randint(0, 7), days=rng.randint(0, 4))
    )
    price = {"amount": rng.choice(["1.00", "12500.50", "0.001", "-1"]), "currencyCode": "ARS"}
    visit = {
        "locationId": place,
        "providerId": rng.choice([chain.ana.id, chain.bruno.id]),
        "customerId": rng.choice(customers),
        "serviceId": chain.cut.id,
        "startsAt": when,
    }
    draft = {"locationId": place, "bookingIds": rng.sample(bookings, min(len(bookings), 1))}
    return rng.choice(
        [
            (
                "bookingCreate",
                visit | rng.choice([{}, {"notes": "Con té"}, {"notes": "x" * 1_001}]),
            ),
            ("bookingCreate", visit),
            ("bookingCreate", visit),
            ("bookingReschedule", {"bookingId": booking, "startsAt": when}),
            ("bookingCancel", {"bookingId": booking, "reason": rng.choice([None, "Llueve"])}),
            ("bookingCheckIn", {"bookingId": booking}),
            ("bookingComplete", {"bookingId": booking}),
            ("bookingRate", {"bookingId": booking, "score": rng.randint(0, 6)}),
            ("serviceReprice", {"serviceId": chain.cut.id, "price": price}),
            ("customerRegister", {"name": rng.choice(["Dora", " "]), "homeLocationId": place}),
            ("customerUpdate", {"customerId": rng.choice(customers), "email": "d@example.com"}),
            ("providerAssign", {"providerId": chain.ana.id, "locationId": place}),
            ("chairAdd", {"locationId": place, "label": rng.choice(["01", "03", "07"])}),
            ("invoiceCreate", {"draft": draft, "idempotencyKey": rng.choice([None, "k"])}),
            ("invoiceIssue", {"draft": draft}),
            ("invoiceIssue", {"invoiceId": rng.choice(invoices)}),
            ("invoiceCredit", {"invoiceId": rng.choice(invoices)}),
        ]
    )


@pytest.mark.parametrize("faulty", [False, True], ids=["sound", "faulty"])
async def test_what_mutations_give(
    graph: Graph, database: Database, clock: Any, pair: Pair, numbered: Any, faulty: bool
) -> None:
    rng = Random(SEED + faulty)
    ways = Ways(graph, database, clock)
    drawn = failed = 0
    while drawn < DOCUMENTS:
        acts = [await act(rng, pair, clock) for _ in range(rng.randint(1, 3))]
        known = [*await pair.all("bookings"), pair.chain.cut.id]
        written = Writer(graph, rng, known, without=CURSORS).write_mutation(acts)
        if written is None:
            continue
        drawn += 1
        sides = dict(zip(SIDES, rng.sample(list(WAYS), 2), strict=True))
        answers = []
        with faults(graph, rng) if faulty else contextlib.nullcontext():
            for side, way in sides.items():
                alike = other if side == "1" else str
                document = parse(alike(written.text))
                variables = orjson.loads(alike(orjson.dumps(written.variables).decode()))
                with numbered(side):
                    answer, sent = await ways.ask(way, pair.callers[side], document, variables)
                answers.append((way, comparable(answer, pair.callers[side]), sent))
        (_, mine, sent), (_, core, cores) = sorted(answers)
        assert mine == core, written.text
        errors = mine[1] + mine[2]
        if not errors:
            assert sent <= cores, written.text
        failed += bool(errors)
        clock.forward(minutes=rng.randint(0, 20))
    assert await pair.told("0") == await pair.told("1")
    assert len(await pair.told("0")) > 10 + DOCUMENTS // 2, "who does nothing proves nothing"
    assert failed > DOCUMENTS // 20 if faulty else failed < DOCUMENTS // 4


def comparable(answer: ExecutionResult, who: Principal) -> tuple[str, list[str], list[str]]:
    """An answer as it stands in the second organization: data, own errors, places of null."""
    data = orjson.dumps(answer.data).decode().replace(who.client, "(client)")
    own, above = told(answer.data, errors_of(answer))
    return other(data), sorted(other(repr(e)) for e in own), sorted(map(repr, above))
