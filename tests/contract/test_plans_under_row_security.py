"""Under row-level security PostgreSQL uses an index only for operators it trusts.

These do: no core operation has to read a whole table, neither for a caller of the whole organization nor for one
limited to a shop.
"""

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from barberpro.platform.ways import Connections

OPERATIONS = ("LocationById", "BookingBoard", "ChainOverview", "BookingLedger", "InvoiceById")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any]]]:
    """Every read that goes to PostgreSQL from now on."""
    found: list[tuple[str, list[Any]]] = []
    sound = Connections.fetch

    async def noted(self: Any, statement: str, arguments: Any, tenant: str, record: Any) -> Any:
        found.append((statement, arguments))
        return await sound(self, statement, arguments, tenant, record)

    monkeypatch.setattr(Connections, "fetch", noted)
    return found


@pytest.mark.parametrize("limited", [False, True], ids=["everyone", "one shop"])
@pytest.mark.parametrize("name", OPERATIONS)
async def test_an_index_is_used(
    database: Any,
    principal: Any,
    ask: Any,
    documents: Any,
    grow: Any,
    sent: Any,
    name: str,
    limited: bool,
) -> None:
    if database.dialect != "postgresql":
        pytest.skip("SQLite has no row-level security")
    location = await grow(2, 2, 3)
    who = replace(principal, locations=frozenset({location})) if limited else principal
    async with database.reading(principal.tenant) as connection:
        invoice = await connection.scalar(text("SELECT min(id) FROM invoices"))
    given = {
        "LocationById": {"id": location},
        "BookingLedger": {"first": 1000},
        "InvoiceById": {"id": invoice},
    }
    sent.clear()
    answer = await ask(documents[name], who=who, registered=True, **given.get(name, {}))
    assert answer.errors == []
    assert len(sent) == answer.statements > 0
    for statement, arguments in sent:
        async with database.reading(principal.tenant) as connection:
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
            rows = await connection.exec_driver_sql(f"EXPLAIN {statement}", tuple(arguments))
            plan = "\n".join(rows.scalars())
        assert not re.search(r"Seq Scan on (?!pg_)", plan), f"{statement}\n{plan}"
        assert "current_setting" in plan, "the policy stands in every plan"
