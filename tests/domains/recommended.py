"""What a model would have written, without one being trained."""

from datetime import UTC, datetime

from sqlalchemy import insert

from barberpro.domains.learning import service as learning
from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.tables import metadata

LEARNT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


async def recommend(
    tx: Transaction, location: str, customer: str, service: str, provider: str
) -> None:
    """Let the version in use, or a first one, recommend this to them."""
    kind = learning.Kind.RECOMMENDATIONS
    version = await tx.row(learning.version_in_use(kind))
    if version is None:
        version = await learning.begin(tx, kind)
        await learning.activate(tx, version.id, trained_through=LEARNT, data_hash="", metrics={})
    row = {
        "model_version_id": version.id,
        "location_id": location,
        "service_id": service,
        "rank": 1,
        "score": 1.0,
    }
    personal = {"customer_id": customer, "provider_id": provider, "source": "REPEAT", "reasons": []}
    for name, more in (("recommendations", personal), ("popular_services", {})):
        table = metadata.tables[name]
        await tx.insert(insert(table), [{"id": ids.new(table.info["prefix"]), **row, **more}])
