"""Tables of reshuffles: a shop's terms for them, each proposal, and the moves that its customers are asked for."""

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, UniqueConstraint

from barberpro.platform.tables import AtLocation, Instant, Key, Refers, tenant_table

reshuffle_terms = tenant_table(
    "reshuffle_terms",
    "rst",
    Refers("location_id", "locations"),
    Column("within_minutes", Integer, nullable=False),
    Column("least_minutes", Integer, nullable=False),
    Column("days_ahead", Integer, nullable=False),  # 0: nobody is asked by night
    UniqueConstraint("organization_id", "location_id", name="uq_reshuffle_terms_location"),
    CheckConstraint("within_minutes BETWEEN 5 AND 60", name="within"),
    CheckConstraint("least_minutes BETWEEN 5 AND 720", name="least"),
    CheckConstraint("days_ahead BETWEEN 0 AND 14", name="days"),
    rows=(AtLocation(),),
)

reshuffles = tenant_table(
    "reshuffles",
    "rsh",
    Refers("location_id", "locations"),
    Refers("provider_id", "providers"),
    Column("date", Date, nullable=False),
    Column("status", Key, nullable=False),
    Column("won_minutes", Integer, nullable=False),
    Column("usual_minutes", Integer, nullable=False),  # of a visit; what a gap is measured by
    Column("expires_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint(
        "status IN ('ASKED', 'APPLIED', 'DECLINED', 'WITHDRAWN', 'LAPSED')", name="status"
    ),
    CheckConstraint("won_minutes > 0 AND usual_minutes > 0", name="minutes"),
    rows=(AtLocation(),),
)
r = reshuffles.c
Index(None, r.organization_id, r.location_id, r.date, r.id)
Index(
    "ix_reshuffles_asked",
    r.organization_id,
    r.expires_at,
    postgresql_where=r.status == "ASKED",
    sqlite_where=r.status == "ASKED",
)

reshuffle_moves = tenant_table(
    "reshuffle_moves",
    "rsm",
    Refers("reshuffle_id", "reshuffles"),
    Refers("location_id", "locations"),
    Refers("booking_id", "bookings"),
    Refers("customer_id", "customers"),
    Column("from_starts_at", Instant, nullable=False),
    Column("to_starts_at", Instant, nullable=False),
    Column("status", Key, nullable=False),
    Column("answered_at", Instant),
    UniqueConstraint(
        "organization_id", "reshuffle_id", "booking_id", name="uq_reshuffle_moves_booking"
    ),
    CheckConstraint("status IN ('ASKED', 'ACCEPTED', 'DECLINED')", name="status"),
    CheckConstraint("(status = 'ASKED') = (answered_at IS NULL)", name="answered"),
    rows=(AtLocation(),),
)
Index(None, reshuffle_moves.c.organization_id, reshuffle_moves.c.booking_id)
