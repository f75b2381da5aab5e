"""Tables of accounts, transactions and postings. All of them are append-only: triggers refuse UPDATE and DELETE.

A transaction is written after its postings, to which no more can be added then. The database itself refuses one that
does not come to zero in each currency: SQLite as the transaction is written, PostgreSQL at the commit.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    UniqueConstraint,
)

from barberpro.platform.tables import AtLocation, Instant, Key, Linked, Refers, tenant_table

ledger_accounts = tenant_table(
    "ledger_accounts",
    "acc",
    Refers("location_id", "locations"),
    Column("role", Key, nullable=False),
    Column("detail", Key, nullable=False),  # which of a role's accounts; empty where it has one
    Column("created_at", Instant, nullable=False),
    UniqueConstraint(
        "organization_id", "location_id", "role", "detail", name="uq_ledger_accounts_role"
    ),
    CheckConstraint(
        "role IN ('RECEIVABLE', 'FUNDS', 'REVENUE', 'DISCOUNTS', 'VAT_DEBIT')", name="role"
    ),
    rows=(AtLocation(),),
)

ledger_transactions = tenant_table(
    "ledger_transactions",
    "ltx",
    Refers("location_id", "locations"),
    Refers("invoice_id", "invoices", nullable=True),  # what it is about: an invoice or credit note
    Refers("reverses_id", "ledger_transactions", nullable=True),
    Column("kind", Key, nullable=False),
    Column("key", Key, nullable=False),  # what happened, so that it is posted once
    Column("effective_on", Date, nullable=False),  # the day, at the location, that it counts for
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "key", name="uq_ledger_transactions_key"),
    UniqueConstraint("organization_id", "reverses_id", name="uq_ledger_transactions_reverses"),
    CheckConstraint("kind IN ('INVOICE_ISSUED', 'INVOICE_PAID', 'INVOICE_CREDITED')", name="kind"),
    rows=(AtLocation(),),
)
t = ledger_transactions.c
Index(None, t.organization_id, t.invoice_id)
Index(None, t.organization_id, t.recorded_at, t.id)
Index("ix_ledger_transactions_location", t.organization_id, t.location_id, t.recorded_at, t.id)

ledger_postings = tenant_table(
    "ledger_postings",
    "pst",
    Column("transaction_id", Key, nullable=False),
    Refers("account_id", "ledger_accounts"),
    Column("position", Integer, nullable=False),  # from 1
    Column("currency_code", Key, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),  # a debit above zero, a credit below
    Column("effective_on", Date, nullable=False),  # its transaction's, for balances by date
    ForeignKeyConstraint(
        ["organization_id", "transaction_id"],
        ["ledger_transactions.organization_id", "ledger_transactions.id"],
        deferrable=True,
        initially="DEFERRED",
    ),
    UniqueConstraint(
        "organization_id", "transaction_id", "position", name="uq_ledger_postings_position"
    ),
    CheckConstraint("amount_minor <> 0", name="amount"),
    rows=(Linked("ledger_accounts", key="id", column="account_id"),),
)
p = ledger_postings.c
Index(
    "ix_ledger_postings_balance",
    p.organization_id,
    p.account_id,
    p.currency_code,
    p.effective_on,
    p.amount_minor,
)
