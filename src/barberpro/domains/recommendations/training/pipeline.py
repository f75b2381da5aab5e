"""Training: read, learn, write, put into use. Until the last step nobody sees any of it."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import numpy as np
import structlog
from sqlalchemy import insert

from barberpro.domains.learning import service as learning
from barberpro.domains.learning.service import Kind
from barberpro.domains.recommendations.tables import popular_services, recommendations
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.principal import Principal

from .blend import fitted, ranked
from .calibration import calibrated, features
from .explaining import Row, personal, popular
from .habits import HORIZON_DAYS
from .judging import quality
from .past import Opinions, Past, Sources, arrays, fingerprint
from .reading import read
from .rehearsal import rehearse
from .satisfaction import satisfaction

BATCH = 2_000  # rows a transaction: bookings go on between one and the next
REQUEST = "train-recommendations"
TABLES = (recommendations, popular_services)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Learned:
    """What a training made, before it is written. The rows are made as they are asked for, once."""

    personal: Iterator[Row]
    popular: Iterator[Row]
    metrics: dict[str, Any]
    data_hash: str


@dataclass(frozen=True)
class Trained:
    """What a training came to."""

    version_id: str
    rows: int
    metrics: dict[str, Any]


async def train(database: Database, principal: Principal, clock: Clock) -> Trained:
    """Learn what to recommend from what took place until now, and put it into use.

    Where it fails, or is cancelled, the version is marked FAILED, what was in use stays so, and the error goes on, also
    where it could not be marked. Once the version is in use the training has succeeded: that old rows could not be
    forgotten is logged, and the next training tries again.
    """
    at = clock()
    async with transaction(database, principal, clock, REQUEST) as tx:
        version = (await learning.begin(tx, Kind.RECOMMENDATIONS)).id
    written = 0
    try:
        sources = await read(Reader(database, principal), at)
        learned = await asyncio.to_thread(learn, sources, at)
        for table, rows in zip(TABLES, (learned.personal, learned.popular), strict=True):
            for some in _batches(rows):
                async with transaction(database, principal, clock, REQUEST) as tx:
                    await learning.learned(tx, version, insert(table), some)
                written += len(some)
        async with transaction(database, principal, clock, REQUEST) as tx:
            await learning.activate(
                tx,
                version,
                trained_through=at,
                data_hash=learned.data_hash,
                metrics=learned.metrics,
            )
    except BaseException as error:
        try:
            async with transaction(database, principal, clock, REQUEST) as tx:
                await learning.fail(tx, version, reason=f"{type(error).__name__}: {error}")
        except Exception:
            log.exception("training_not_marked_failed", version=version)
        raise
    try:
        async with transaction(database, principal, clock, REQUEST) as tx:
            await learning.forget(tx, Kind.RECOMMENDATIONS, TABLES)
    except Exception:
        log.exception("old_rows_not_forgotten", version=version)
    return Trained(version, written, learned.metrics)


def learn(sources: Sources, at: datetime) -> Learned:
    """All that is computed. The same rows at the same moment give the same, but for the ids."""
    past, opinions = arrays(sources, at)
    model = fitted(past)
    recommended = ranked(model)
    earlier, later = rehearse(past, 2 * HORIZON_DAYS), rehearse(past, HORIZON_DAYS)
    logistic, calibration = calibrated(earlier, later)
    confidence = logistic.chances(features(model, recommended)) if logistic else None
    rating, accuracy = _ratings(past, opinions, recommended.customer, recommended.seat)
    return Learned(
        personal=personal(model, recommended, confidence, rating),
        popular=popular(model),
        metrics={
            "bookings": len(past.day),
            "customers": len(np.unique(past.customer)),
            "ranking": asdict(quality(later.ranked, later.came)),
            "calibration": asdict(calibration) if calibration else None,
            "ratings": asdict(accuracy) if accuracy else None,
        },
        data_hash=fingerprint(past, opinions),
    )


def _ratings(past: Past, opinions: Opinions, customer: Any, seat: Any) -> tuple[Any, Any]:
    chain = past.chain
    providers = sorted({provider for provider, _ in chain.seats} | set(opinions.provider))
    number = {provider: n for n, provider in enumerate(providers)}
    model, accuracy = satisfaction(opinions, len(chain.customers), providers, past.at)
    if model is None:
        return None, accuracy
    whose = np.array([number[provider] for provider, _ in chain.seats], dtype=np.int64)
    return model.predicted(customer, whose[seat]), accuracy


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while some := list(islice(waiting, BATCH)):
        yield some
