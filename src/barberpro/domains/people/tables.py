"""Tables of providers, the shops they work in, customers and their visits."""

from sqlalchemy import Boolean, Column, Index, Text, UniqueConstraint

from barberpro.platform.tables import AtLocation, Instant, Key, Linked, Refers, tenant_table

providers = tenant_table(
    "providers",
    "prv",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Whoever once worked at a location stays visible there through the bookings.
    rows=(Linked("provider_locations", key="provider_id"), Linked("bookings", key="provider_id")),
)
Index(None, providers.c.organization_id, providers.c.name_key, providers.c.id)

provider_locations = tenant_table(
    "provider_locations",
    "pvl",
    Refers("provider_id", "providers"),
    Refers("location_id", "locations"),
    UniqueConstraint(
        "organization_id", "provider_id", "location_id", name="uq_provider_locations_pair"
    ),
    rows=(AtLocation(),),
)
Index(
    None,
    provider_locations.c.organization_id,
    provider_locations.c.location_id,
    provider_locations.c.provider_id,
)

# A display name only: contact data is personal and comes with its sealing. A customer belongs to the whole
# organization; someone limited to locations sees those registered or booked there.
customers = tenant_table(
    "customers",
    "cus",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Refers("home_location_id", "locations", nullable=True),
    Column("created_at", Instant, nullable=False),
    rows=(AtLocation("home_location_id"), Linked("bookings", key="customer_id")),
)
Index(None, customers.c.organization_id, customers.c.name_key, customers.c.id)

# One row a completed booking, written when this domain is told of it; the key makes a second telling harmless.
visits = tenant_table(
    "visits",
    "vis",
    Refers("customer_id", "customers"),
    Refers("location_id", "locations"),
    Column("booking_id", Key, nullable=False),
    Column("ended_at", Instant, nullable=False),
    UniqueConstraint("organization_id", "booking_id", name="uq_visits_booking"),
    rows=(AtLocation(),),
)
Index(None, visits.c.organization_id, visits.c.customer_id, visits.c.ended_at)
