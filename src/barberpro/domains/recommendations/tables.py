"""Tables of what is recommended, by version of the model: to each customer, and to those nothing is known of."""

from sqlalchemy import CheckConstraint, Column, Double, Index, Integer

from barberpro.platform.tables import AtLocation, Document, Key, Refers, tenant_table

recommendations = tenant_table(
    "recommendations",
    "rec",
    Refers("model_version_id", "model_versions"),
    Refers("customer_id", "customers"),
    Column("rank", Integer, nullable=False),
    Refers("service_id", "services"),
    Refers("provider_id", "providers"),
    Refers("location_id", "locations"),
    Column("score", Double, nullable=False),
    Column("confidence", Double),
    Column("source", Key, nullable=False),
    Column("predicted_rating", Double),
    Refers("companion_id", "services", nullable=True),  # what GOES_WITH speaks of
    Column("reasons", Document, nullable=False),
    CheckConstraint("rank >= 1", name="rank"),
    CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence"),
    CheckConstraint("source IN ('REPEAT', 'COLLABORATIVE', 'POPULAR')", name="source"),
    CheckConstraint("predicted_rating BETWEEN 1 AND 5", name="predicted_rating"),
    rows=(AtLocation(),),
)
r = recommendations.c
Index(
    "uq_recommendations_rank",
    r.organization_id,
    r.model_version_id,
    r.customer_id,
    r.rank,
    unique=True,
)

# What is asked for most at a location, or, without one, in the whole organization. A caller limited to locations sees
# no row without one: what sells elsewhere is not theirs to know.
popular_services = tenant_table(
    "popular_services",
    "pop",
    Refers("model_version_id", "model_versions"),
    Refers("location_id", "locations", nullable=True),
    Column("rank", Integer, nullable=False),
    Refers("service_id", "services"),
    Column("score", Double, nullable=False),
    CheckConstraint("rank >= 1", name="rank"),
    rows=(AtLocation(),),
)
p = popular_services.c
Index(
    "uq_popular_services_rank",
    p.organization_id,
    p.model_version_id,
    p.location_id,
    p.rank,
    unique=True,
)
