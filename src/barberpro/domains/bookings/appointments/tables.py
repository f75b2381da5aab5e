"""Tables of appointments: what ties bookings together, and their order."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, UniqueConstraint

from barberpro.platform.tables import AtLocation, Instant, Refers, tenant_table

appointments = tenant_table(
    "appointments",
    "apt",
    Refers("location_id", "locations"),
    Refers("customer_id", "customers"),  # who made it; a guest may be another one
    Column("created_at", Instant, nullable=False),
    rows=(AtLocation(),),
)
a = appointments.c
Index(None, a.organization_id, a.customer_id, a.created_at, a.id)

appointment_items = tenant_table(
    "appointment_items",
    "api",
    Refers("appointment_id", "appointments"),
    Refers("location_id", "locations"),
    Refers("booking_id", "bookings"),
    Column("place_in_appointment", Integer, nullable=False),  # in the order given, from 0
    Column("guest", Integer, nullable=False),
    UniqueConstraint(
        "organization_id",
        "appointment_id",
        "place_in_appointment",
        name="uq_appointment_items_place",
    ),
    UniqueConstraint("organization_id", "booking_id", name="uq_appointment_items_booking"),
    CheckConstraint("place_in_appointment BETWEEN 0 AND 9", name="place"),
    CheckConstraint("guest BETWEEN 0 AND 9", name="guest"),
    rows=(AtLocation(),),
)
