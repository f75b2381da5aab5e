"""The ledger, and what is posted to it.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    APPLICATION,
    RELAY,
    check,
    guard,
    index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Instant, Key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LEDGER = ("ledger_accounts", "ledger_transactions", "ledger_postings")

# At the commit, when all is there. Who sees no postings of a transaction cannot make one.
BALANCES = """
CREATE FUNCTION ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  made text := CASE TG_TABLE_NAME WHEN 'ledger_postings' THEN to_jsonb(NEW)->>'transaction_id' ELSE NEW.id END;
BEGIN
  IF (SELECT count(*) < 2 FROM ledger_postings
      WHERE organization_id = NEW.organization_id AND transaction_id = made)
    OR EXISTS (SELECT 1 FROM ledger_postings
      WHERE organization_id = NEW.organization_id AND transaction_id = made
      GROUP BY currency_code HAVING sum(amount_minor) <> 0)
    OR EXISTS (SELECT 1 FROM ledger_postings p JOIN ledger_transactions t
      ON t.organization_id = p.organization_id AND t.id = p.transaction_id
      WHERE p.organization_id = NEW.organization_id AND p.transaction_id = made
        AND p.effective_on <> t.effective_on)
  THEN RAISE EXCEPTION 'ledger_transactions_balance: % does not come to zero', made
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transactions_balance';
  END IF;
  RETURN NULL;
END $$
"""
CLOSED = """
CREATE FUNCTION ledger_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM ledger_transactions
      WHERE organization_id = NEW.organization_id AND id = NEW.transaction_id)
  THEN RAISE EXCEPTION 'ledger_postings_closed: % takes no more postings', NEW.transaction_id
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_postings_closed';
  END IF;
  RETURN NEW;
END $$
"""
# SQLite defers references and no triggers, so there it is the transaction, written last, that is asked.
BALANCES_SQLITE = """
CREATE TRIGGER ledger_transactions_balance BEFORE INSERT ON ledger_transactions
WHEN (SELECT count(*) < 2 FROM ledger_postings
    WHERE organization_id = NEW.organization_id AND transaction_id = NEW.id)
  OR EXISTS (SELECT 1 FROM ledger_postings
    WHERE organization_id = NEW.organization_id AND transaction_id = NEW.id
    GROUP BY currency_code HAVING sum(amount_minor) <> 0)
  OR EXISTS (SELECT 1 FROM ledger_postings
    WHERE organization_id = NEW.organization_id AND transaction_id = NEW.id
      AND effective_on <> NEW.effective_on)
BEGIN SELECT RAISE(ABORT, 'ledger_transactions_balance: it does not come to zero'); END
"""
CLOSED_SQLITE = """
CREATE TRIGGER ledger_postings_closed BEFORE INSERT ON ledger_postings
WHEN EXISTS (SELECT 1 FROM ledger_transactions
    WHERE organization_id = NEW.organization_id AND id = NEW.transaction_id)
BEGIN SELECT RAISE(ABORT, 'ledger_postings_closed: it takes no more postings'); END
"""


def upgrade() -> None:
    tenant_table(
        "ledger_accounts",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("role", Key, nullable=False),
        sa.Column("detail", Key, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        refers("ledger_accounts", "location_id", "locations"),
        unique("ledger_accounts", "role", "location_id", "role", "detail"),
        check(
            "ledger_accounts",
            "role",
            "role IN ('RECEIVABLE', 'FUNDS', 'REVENUE', 'DISCOUNTS', 'VAT_DEBIT')",
        ),
    )
    tenant_table(
        "ledger_transactions",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("invoice_id", Key),
        sa.Column("reverses_id", Key),
        sa.Column("kind", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("effective_on", sa.Date, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        refers("ledger_transactions", "location_id", "locations"),
        refers("ledger_transactions", "invoice_id", "invoices"),
        refers("ledger_transactions", "reverses_id", "ledger_transactions"),
        unique("ledger_transactions", "key", "key"),
        unique("ledger_transactions", "reverses", "reverses_id"),
        check(
            "ledger_transactions",
            "kind",
            "kind IN ('INVOICE_ISSUED', 'INVOICE_PAID', 'INVOICE_CREDITED')",
        ),
    )
    index("ledger_transactions", "organization_id", "invoice_id")
    index("ledger_transactions", "organization_id", "recorded_at", "id")
    op.create_index(
        "ix_ledger_transactions_location",
        "ledger_transactions",
        ["organization_id", "location_id", "recorded_at", "id"],
    )
    tenant_table(
        "ledger_postings",
        sa.Column("transaction_id", Key, nullable=False),
        sa.Column("account_id", Key, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("currency_code", Key, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("effective_on", sa.Date, nullable=False),
        refers("ledger_postings", "account_id", "ledger_accounts"),
        sa.ForeignKeyConstraint(
            ["organization_id", "transaction_id"],
            ["ledger_transactions.organization_id", "ledger_transactions.id"],
            name="fk_ledger_postings_organization_id_transaction_id",
            deferrable=True,
            initially="DEFERRED",
        ),
        unique("ledger_postings", "position", "transaction_id", "position"),
        check("ledger_postings", "amount", "amount_minor <> 0"),
    )
    op.create_index(
        "ix_ledger_postings_balance",
        "ledger_postings",
        ["organization_id", "account_id", "currency_code", "effective_on", "amount_minor"],
    )
    for table in LEDGER:
        guard(table)
    if op.get_bind().dialect.name == "postgresql":
        _hold_postgresql()
    else:
        _hold_sqlite()


def _hold_postgresql() -> None:
    """Sums at the commit; nothing ever altered, by any role: `append_only` came with step 0010."""
    op.execute(BALANCES)
    op.execute(CLOSED)
    for table, name in (
        ("ledger_postings", "ledger_postings_balance"),
        ("ledger_transactions", "ledger_transactions_balance"),
    ):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION ledger_balances()"
        )
    op.execute(
        "CREATE TRIGGER ledger_postings_closed BEFORE INSERT ON ledger_postings"
        " FOR EACH ROW EXECUTE FUNCTION ledger_closed()"
    )
    for table in LEDGER:
        for what, name in (("UPDATE", "changed"), ("DELETE", "deleted")):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION append_only()"
            )
        op.execute(
            f"CREATE TRIGGER {table}_emptied BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
        op.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {APPLICATION}, {RELAY}")


def _hold_sqlite() -> None:
    op.execute(BALANCES_SQLITE)
    op.execute(CLOSED_SQLITE)
    for table in LEDGER:
        for what, name in (("UPDATE", "changed"), ("DELETE", "deleted")):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table} FOR EACH ROW"
                f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
