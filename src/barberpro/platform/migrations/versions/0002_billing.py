"""Invoices, their lines and the series that number them; the invoice that bills a booking.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from barberpro.platform.migrations.building import (
    check,
    index,
    refers,
    tenant_table,
    unique,
)
from barberpro.platform.tables import Instant, Key

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = "kind IN ('INVOICE', 'CREDIT_NOTE')"


def upgrade() -> None:
    _invoices()
    _bill_bookings()
    _invoice_lines()
    _invoice_series()


def _invoices() -> None:
    tenant_table(
        "invoices",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("customer_id", Key),
        sa.Column("corrects_id", Key),
        sa.Column("kind", Key, nullable=False),
        sa.Column("status", Key, nullable=False),
        sa.Column("terms", Key, nullable=False),
        sa.Column("series", sa.Integer()),
        sa.Column("number", sa.Integer()),
        sa.Column("currency_code", Key, nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", Instant()),
        sa.Column("due_at", Instant()),
        sa.Column("paid_at", Instant()),
        sa.Column("created_at", Instant(), nullable=False),
        refers("invoices", "location_id", "locations"),
        refers("invoices", "customer_id", "customers"),
        refers("invoices", "corrects_id", "invoices"),
        unique("invoices", "number", "series", "kind", "number"),
        check("invoices", "kind", KINDS),
        check("invoices", "status", "status IN ('DRAFT', 'ISSUED', 'PAID', 'CREDITED', 'VOID')"),
        check("invoices", "terms", "terms IN ('IMMEDIATE', 'NET_7', 'NET_15', 'NET_30')"),
        check("invoices", "corrects", "(kind = 'CREDIT_NOTE') = (corrects_id IS NOT NULL)"),
        check(
            "invoices",
            "issued",
            "(status IN ('DRAFT', 'VOID')) = (number IS NULL)"
            " AND (number IS NULL) = (series IS NULL) AND (number IS NULL) = (issued_at IS NULL)",
        ),
        check("invoices", "paid", "status <> 'PAID' OR paid_at IS NOT NULL"),
        check(
            "invoices",
            "total",
            "net_minor >= 0 AND tax_minor >= 0 AND discount_minor >= 0"
            " AND total_minor = net_minor + tax_minor",
        ),
    )
    index("invoices", "organization_id", "created_at", "id")
    index("invoices", "organization_id", "location_id", "created_at", "id")
    index("invoices", "organization_id", "customer_id", "created_at", "id")
    index("invoices", "organization_id", "corrects_id")


def _bill_bookings() -> None:
    """SQLite knows no composite reference to add: it copies the table, and its triggers go with the old one."""
    connection = op.get_bind()
    triggers: list[str] = []
    if connection.dialect.name == "sqlite":
        asked = sa.text(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'bookings'"
        )
        triggers += connection.execute(asked).scalars()
    with op.batch_alter_table("bookings") as bookings:
        bookings.add_column(sa.Column("invoice_id", Key))
        bookings.create_foreign_key(
            "fk_bookings_organization_id_invoice_id",
            "invoices",
            ["organization_id", "invoice_id"],
            ["organization_id", "id"],
        )
    index("bookings", "organization_id", "invoice_id")
    for trigger in triggers:
        connection.exec_driver_sql(trigger)


def _invoice_lines() -> None:
    tenant_table(
        "invoice_lines",
        sa.Column("invoice_id", Key, nullable=False),
        sa.Column("booking_id", Key),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("currency_code", Key, nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate_bps", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        refers("invoice_lines", "invoice_id", "invoices"),
        refers("invoice_lines", "booking_id", "bookings"),
        unique("invoice_lines", "position", "invoice_id", "position"),
        check(
            "invoice_lines",
            "price",
            "quantity >= 1 AND unit_price_minor >= 0 AND discount_minor >= 0"
            " AND total_minor = quantity * unit_price_minor - discount_minor",
        ),
        check(
            "invoice_lines",
            "total",
            "net_minor >= 0 AND tax_minor >= 0 AND total_minor = net_minor + tax_minor",
        ),
        check("invoice_lines", "tax_rate", "tax_rate_bps >= 0"),
    )


def _invoice_series() -> None:
    tenant_table(
        "invoice_series",
        sa.Column("location_id", Key, nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("series", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_issued_at", Instant(), nullable=False),
        refers("invoice_series", "location_id", "locations"),
        unique("invoice_series", "location", "location_id", "kind"),
        unique("invoice_series", "series", "series", "kind"),
        check("invoice_series", "kind", KINDS),
        check("invoice_series", "range", "series BETWEEN 1 AND 99999 AND last_number >= 0"),
    )
