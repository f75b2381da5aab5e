"""`barberpro ledger`, as someone types it, and what Beancount says of what it exports."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, func, insert, select, text
from typer.testing import CliRunner

from barberpro.cli.ledger import app
from barberpro.domains.billing import service as billing
from barberpro.domains.ledger.tables import ledger_accounts, ledger_postings, ledger_transactions
from barberpro.domains.organizations import service as organizations
from barberpro.platform import ids
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, Transaction, transaction
from barberpro.platform.money import Money
from barberpro.platform.principal import worker
from barberpro.platform.settings import Settings
from barberpro.platform.tables import metadata

from ..chain import open_shop
from ..databases import KINDS, migrated_database

TENANT = ids.new("org")
BEAN_CHECK = Path(sys.executable).with_name("bean-check")
LEDGER = ("ledger_postings", "ledger_transactions", "ledger_accounts")


def noon() -> datetime:
    return datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation with one organization that has billed: two invoices paid, one owed, one taken back."""

    async def fill(tx: Transaction) -> None:
        await organizations.found(tx, name='Barbería "El \\ Corte"')
        shops = [await open_shop(tx, name) for name in ('Local "A\\B"', "Norte")]
        for n, (shop, code) in enumerate(zip(shops * 2, ("ARS", "USD", "ARS", "JPY"), strict=True)):
            lines = [
                billing.Line(
                    description="Gel",
                    quantity=3,
                    unit_price=Money(100_003 + n, code),
                    discount=Money(7, code),
                    tax_rate_bps=rate,
                )
                for rate in (2100, 1050)
            ]
            draft = await billing.create(tx, location_id=shop.id, by_hand=lines)
            await billing.issue(tx, draft.id)
            if n < 3:
                await billing.pay(tx, draft.id, method=list(billing.Method)[n])
            if n == 1:
                await billing.credit(tx, draft.id)

    with migrated_database(request.param, tmp_path) as url:
        settings = Settings(data_dir=tmp_path, database_url=SecretStr(url))
        run(settings, fill)
        yield settings


def run(place: Settings, act: Callable[[Transaction], Awaitable[Any]]) -> Any:
    """Do it in a transaction of the organization's."""

    async def work(database: Database) -> Any:
        async with transaction(database, worker(TENANT), noon, "test") as tx:
            return await act(tx)

    return with_database(place, work)


def with_database(place: Settings, work: Callable[[Database], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        database = Database(place.database, pool_size=1)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(opened())


def typed(place: Settings, *words: str) -> Any:
    """What comes of a command."""
    environment = {**os.environ, "BARBERPRO_DATABASE_URL": place.database}
    return CliRunner().invoke(app, [*words, "--data-dir", str(place.data_dir)], env=environment)


def checked(place: Settings, exported: str) -> subprocess.CompletedProcess[str]:
    """What Beancount says of it."""
    file = place.data_dir / "ledger.beancount"
    file.write_text(exported, "utf-8")
    return subprocess.run([BEAN_CHECK, file], capture_output=True, text=True, check=False)


def forget(place: Settings) -> None:
    """As if there had been no ledger: what nobody but the tables' owner can do, past the triggers."""

    async def work(database: Database) -> None:
        async with database.writing(TENANT) as connection:
            if database.dialect == "postgresql":
                await connection.execute(text("SET ROLE NONE"))
                await connection.execute(text("SET session_replication_role = replica"))
            for table in LEDGER:
                if database.dialect == "sqlite":
                    await connection.execute(text(f"DROP TRIGGER {table}_deleted"))
                await connection.execute(delete(metadata.tables[table]))

    with_database(place, work)


def counted(place: Settings) -> dict[str, int]:
    async def work(database: Database) -> dict[str, int]:
        reader = Reader(database, worker(TENANT))
        tables = [metadata.tables[name] for name in LEDGER]
        return {
            t.name: (await reader.rows(select(func.count(t.c.id).label("n"))))[0].n for t in tables
        }

    return with_database(place, work)


def test_beancount_agrees_with_what_is_exported(place: Settings) -> None:
    exported = typed(place, "export", "--tenant", TENANT)
    assert exported.exit_code == 0
    lines = exported.stdout.splitlines()
    assert lines[0] == 'option "title" "Barbería \\"El \\\\ Corte\\""'
    assert [line for line in lines if "operating" in line] == [
        f'option "operating_currency" "{code}"' for code in ("ARS", "JPY", "USD")
    ]
    assert sum(" * " in line for line in lines) == 4 + 3 + 1
    amounts = [
        line.split() for line in lines if line.startswith(("  Assets", "  Income", "  Liab"))
    ]
    asserted = [line.split()[2:] for line in lines if " balance " in line]
    assert sorted((name, code) for name, _, code in asserted) == sorted(
        {(name, code) for name, _, code in amounts}
    )
    said = checked(place, exported.stdout)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_beancount_would_say_if_a_cent_were_wrong(place: Settings) -> None:
    exported = typed(place, "export", "--tenant", TENANT).stdout
    first = next(line for line in exported.splitlines() if line.startswith("  Assets:Receivable"))
    amount = first.split()[1]
    wrong = exported.replace(amount, f"{amount[:-1]}{(int(amount[-1]) + 1) % 10}", 1)
    said = checked(place, wrong)
    assert said.returncode == 1
    assert "does not balance" in said.stderr


def test_what_is_sound_is_said_to_be(place: Settings) -> None:
    verified = typed(place, "verify")
    assert (verified.exit_code, verified.stderr) == (0, "")
    assert "1 organizations are sound" in verified.stdout


def test_an_unknown_organization_is_told(place: Settings) -> None:
    for words in (("verify", "--tenant", "org_x"), ("export", "--tenant", "org_x")):
        failed = typed(place, *words)
        assert failed.exit_code == 1
        assert "no organization org_x" in str(failed.exception)


def test_what_was_billed_before_there_was_a_ledger_is_posted_once(place: Settings) -> None:
    before = counted(place)
    forget(place)
    assert set(counted(place).values()) == {0}
    missed = typed(place, "verify")
    assert missed.exit_code == 1
    assert f"BAD {TENANT}: 5 invoices or credit notes are not posted" in missed.stderr
    assert "VAT" in missed.stderr
    assert "customers owe" in missed.stderr
    for _ in range(2):
        assert typed(place, "catch-up").exit_code == 0
        assert typed(place, "verify").exit_code == 0
        after = counted(place)
        assert after["ledger_transactions"] == before["ledger_transactions"] == 8
        assert after["ledger_postings"] == before["ledger_postings"]
    said = checked(place, typed(place, "export", "--tenant", TENANT).stdout)
    assert (said.returncode, said.stderr) == (0, "")


def test_an_old_invoice_brings_its_past_with_it(place: Settings) -> None:
    """Paying or crediting what was issued before there was a ledger posts the issue first."""
    forget(place)
    invoices = metadata.tables["invoices"]

    async def go_on(tx: Transaction) -> None:
        for row in await tx.rows(select(invoices).where(invoices.c.kind == "INVOICE")):
            if row.status == "ISSUED":
                await billing.pay(tx, row.id)
            elif row.status == "PAID":
                await billing.credit(tx, row.id)

    run(place, go_on)
    # Of the invoice that was taken back before, nobody asked.
    missed = typed(place, "verify").stderr
    assert "2 invoices or credit notes are not posted" in missed
    assert "customers owe" in missed
    typed(place, "catch-up")
    assert typed(place, "verify").exit_code == 0


def test_what_differs_is_found(place: Settings) -> None:
    """A transaction of somebody's own, which comes to zero and which no invoice tells of."""

    async def post(tx: Transaction) -> None:
        accounts = {
            (row.role, row.location_id): row.id for row in await tx.rows(select(ledger_accounts))
        }
        location = next(at for role, at in accounts if role == "RECEIVABLE")
        tx.published += 1
        made, row = ids.new("ltx"), {"currency_code": "ARS", "effective_on": noon().date()}
        amounts = (("RECEIVABLE", 5), ("FUNDS", -5))
        await tx.insert(
            insert(ledger_postings),
            [
                {
                    "id": ids.new("pst"),
                    "transaction_id": made,
                    "account_id": accounts[role, location],
                    "position": n,
                    "amount_minor": minor,
                    **row,
                }
                for n, (role, minor) in enumerate(amounts, 1)
            ],
        )
        values = {
            "id": made,
            "location_id": location,
            "kind": "INVOICE_PAID",
            "key": "mine",
            "effective_on": row["effective_on"],
            "recorded_at": tx.now,
        }
        await tx.execute(insert(ledger_transactions), values)

    run(place, post)
    found = typed(place, "verify")
    assert found.exit_code == 1
    (line,) = found.stderr.splitlines()
    assert "customers owe" in line
    assert line.startswith(f"BAD {TENANT}: ")
