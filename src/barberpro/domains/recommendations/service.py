"""Statements to read by what is recommended: of the version in use, and only what can be booked today.

What was learned last night may name a service withdrawn this morning, a provider who left, a shop that closed. Such
rows are passed over here, so nobody is ever sent to a door that does not open.
"""

from typing import Any

from sqlalchemy import Select, and_, or_, select

from barberpro.domains.catalogue.service import offer
from barberpro.domains.learning.service import Kind, in_use
from barberpro.domains.locations.service import place
from barberpro.domains.people.service import provider, works_at
from barberpro.platform.sets import among, key_set

from .tables import popular_services, recommendations

MOST = 10
"""So many are kept for each customer, and so many may be asked for."""

r, p = recommendations.c, popular_services.c
companion = offer.alias("companion")

PERSONAL = (
    select(recommendations, companion.c.name.label("companion"))
    .join(offer, and_(offer.c.id == r.service_id, offer.c.is_active))
    .join(provider, and_(provider.c.id == r.provider_id, provider.c.is_active))
    .join(place, and_(place.c.id == r.location_id, place.c.is_active))
    .join(
        works_at,
        and_(works_at.c.provider_id == r.provider_id, works_at.c.location_id == r.location_id),
    )
    .outerjoin(companion, companion.c.id == r.companion_id)
    .where(
        r.model_version_id == in_use(Kind.RECOMMENDATIONS),
        among(r.customer_id, key_set("customers")),
    )
    .order_by(r.customer_id, r.rank)
)

POPULAR = (
    select(popular_services)
    .join(offer, and_(offer.c.id == p.service_id, offer.c.is_active))
    .outerjoin(place, place.c.id == p.location_id)
    .where(
        p.model_version_id == in_use(Kind.RECOMMENDATIONS),
        or_(
            and_(among(p.location_id, key_set("locations")), place.c.is_active),
            p.location_id.is_(None),
        ),
    )
    .order_by(p.location_id, p.rank)
)


def personal() -> Select[Any]:
    """What is recommended to each of `:customers`, the best first: rows of the table, and `companion`.

    `companion` is the name of the service that `companion_id` points at. Ranks may have gaps.
    """
    return PERSONAL


def popular() -> Select[Any]:
    """What is asked for most at each of `:locations`, and, with a null `location_id`, everywhere."""
    return POPULAR
