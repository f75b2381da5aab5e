"""Tables of invoices and credit notes, of their lines, and of the series that number them.

All amounts are minor units of `currency_code`. Unit prices, discounts and totals are what a consumer pays, VAT
included; `net_minor` and `tax_minor` are what each total consists of. The lines of an invoice add up to its amounts.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Text, UniqueConstraint

from barberpro.platform.tables import AtLocation, Instant, Key, Linked, Refers, tenant_table

invoices = tenant_table(
    "invoices",
    "inv",
    Refers("location_id", "locations"),
    Refers("customer_id", "customers", nullable=True),  # none: a final consumer, not named
    Refers("corrects_id", "invoices", nullable=True),  # of a credit note: what it takes back
    Column("kind", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("terms", Key, nullable=False),
    Column("series", Integer),  # the point of sale, from 1; null until issued, as the number is
    Column("number", Integer),
    Column("currency_code", Key, nullable=False),
    Column("discount_minor", BigInteger, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("issued_at", Instant),
    Column("due_at", Instant),  # from then on it is overdue; null also on credit notes
    Column("paid_at", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "series", "kind", "number", name="uq_invoices_number"),
    CheckConstraint("kind IN ('INVOICE', 'CREDIT_NOTE')", name="kind"),
    CheckConstraint("status IN ('DRAFT', 'ISSUED', 'PAID', 'CREDITED', 'VOID')", name="status"),
    CheckConstraint("terms IN ('IMMEDIATE', 'NET_7', 'NET_15', 'NET_30')", name="terms"),
    CheckConstraint("(kind = 'CREDIT_NOTE') = (corrects_id IS NOT NULL)", name="corrects"),
    CheckConstraint(
        "(status IN ('DRAFT', 'VOID')) = (number IS NULL)"
        " AND (number IS NULL) = (series IS NULL) AND (number IS NULL) = (issued_at IS NULL)",
        name="issued",
    ),
    CheckConstraint("status <> 'PAID' OR paid_at IS NOT NULL", name="paid"),
    CheckConstraint(
        "net_minor >= 0 AND tax_minor >= 0 AND discount_minor >= 0"
        " AND total_minor = net_minor + tax_minor",
        name="total",
    ),
    rows=(AtLocation(),),
)
i = invoices.c
Index(None, i.organization_id, i.created_at, i.id)
Index(None, i.organization_id, i.location_id, i.created_at, i.id)
Index(None, i.organization_id, i.customer_id, i.created_at, i.id)
Index(None, i.organization_id, i.corrects_id)

invoice_lines = tenant_table(
    "invoice_lines",
    "inl",
    Refers("invoice_id", "invoices"),
    Refers("booking_id", "bookings", nullable=True),  # none: a line written by hand
    Column("position", Integer, nullable=False),  # from 1
    Column("description", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("currency_code", Key, nullable=False),  # the invoice's
    Column("unit_price_minor", BigInteger, nullable=False),
    Column("discount_minor", BigInteger, nullable=False),  # off the whole line
    Column("tax_rate_bps", Integer, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    UniqueConstraint("organization_id", "invoice_id", "position", name="uq_invoice_lines_position"),
    CheckConstraint(
        "quantity >= 1 AND unit_price_minor >= 0 AND discount_minor >= 0"
        " AND total_minor = quantity * unit_price_minor - discount_minor",
        name="price",
    ),
    CheckConstraint(
        "net_minor >= 0 AND tax_minor >= 0 AND total_minor = net_minor + tax_minor", name="total"
    ),
    CheckConstraint("tax_rate_bps >= 0", name="tax_rate"),
    rows=(Linked("invoices", key="id", column="invoice_id"),),
)

# The last number given at a location, by kind. Whoever issues holds the row until the commit, so
# a number that is rolled back is given again: no gaps.
invoice_series = tenant_table(
    "invoice_series",
    "ser",
    Refers("location_id", "locations"),
    Column("kind", Key, nullable=False),
    Column("series", Integer, nullable=False),
    Column("last_number", Integer, nullable=False),  # 0 before the first
    Column("last_issued_at", Instant, nullable=False),  # dates never run back along the numbers
    UniqueConstraint("organization_id", "location_id", "kind", name="uq_invoice_series_location"),
    UniqueConstraint("organization_id", "series", "kind", name="uq_invoice_series_series"),
    CheckConstraint("kind IN ('INVOICE', 'CREDIT_NOTE')", name="kind"),
    CheckConstraint("series BETWEEN 1 AND 99999 AND last_number >= 0", name="range"),
    rows=(AtLocation(),),
)
