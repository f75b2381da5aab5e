"""Tables of providers, the shops they work in, customers and their visits."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
)

from barberpro.platform.sealing.rows import SealedRows
from barberpro.platform.sealing.tables import Sealed
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

# Wall-clock times in the location's zone. Who has none anywhere works whenever their locations are open.
shifts = tenant_table(
    "shifts",
    "shf",
    Refers("provider_id", "providers"),
    Refers("location_id", "locations"),
    Column("weekday", Integer, nullable=False),  # ISO 8601: Monday is 1
    Column("starts_minute", Integer, nullable=False),
    Column("ends_minute", Integer, nullable=False),
    CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
    CheckConstraint(
        "starts_minute >= 0 AND starts_minute < ends_minute AND ends_minute <= 1440", name="span"
    ),
    UniqueConstraint(
        "organization_id",
        "provider_id",
        "location_id",
        "weekday",
        "starts_minute",
        name="uq_shifts_span",
    ),
    rows=(AtLocation(),),
)

# Time off: everywhere, or from one location only.
absences = tenant_table(
    "absences",
    "abs",
    Refers("provider_id", "providers"),
    Refers("location_id", "locations", nullable=True),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    CheckConstraint("starts_at < ends_at", name="span"),
    rows=(AtLocation(), Linked("provider_locations", key="provider_id", column="provider_id")),
)
Index(None, absences.c.organization_id, absences.c.provider_id, absences.c.ends_at)

# Who has none does whatever is offered.
skills = tenant_table(
    "skills",
    "skl",
    Refers("provider_id", "providers"),
    Refers("service_id", "services"),
    UniqueConstraint("organization_id", "provider_id", "service_id", name="uq_skills_pair"),
    rows=(Linked("provider_locations", key="provider_id", column="provider_id"),),
)

# A display name only, overwritten at erasure. A customer belongs to the whole organization; someone limited to
# locations sees those registered or booked there.
customers = tenant_table(
    "customers",
    "cus",
    Column("name", Text, nullable=False),
    Column("name_key", Key, nullable=False),
    Refers("home_location_id", "locations", nullable=True),
    Column("created_at", Instant, nullable=False),
    # Chance that the audit log's commitments to the row take in with the name. It goes at erasure, and from then on
    # nobody can try names against them.
    Column("veil", Key),
    Column("erased_at", Instant),
    CheckConstraint("erased_at IS NULL OR veil IS NULL", name="erased"),
    rows=(AtLocation("home_location_id"), Linked("bookings", key="customer_id")),
)
Index(None, customers.c.organization_id, customers.c.name_key, customers.c.id)

# Apart from the customers, whose rows every list reads; here, one row for each whose contact is known. Seen by who sees
# the customer. What `…_index` holds finds equal values (`sealing.vault.IndexKey`) and tells nothing else of them.
customer_contacts = tenant_table(
    "customer_contacts",
    "cct",
    Refers("customer_id", "customers"),
    Column("email", Sealed()),
    Column("phone", Sealed()),
    Column("document_number", Sealed()),
    Column("birth_date", Sealed()),
    Column("address", Sealed()),
    Column("notes", Sealed()),
    Column("email_index", LargeBinary),
    Column("phone_index", LargeBinary),
    Column("document_number_index", LargeBinary),
    UniqueConstraint("organization_id", "customer_id", name="uq_customer_contacts_customer"),
    rows=(
        Linked("customers", key="id", column="customer_id", location="home_location_id"),
        Linked("bookings", key="customer_id", column="customer_id"),
    ),
)
cc = customer_contacts.c
Index(None, cc.organization_id, cc.email_index)
Index(None, cc.organization_id, cc.phone_index)
Index(None, cc.organization_id, cc.document_number_index)
CONTACTS = SealedRows(customer_contacts, parent=cc.customer_id, subject=cc.customer_id)

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
