"""Training: read, learn, write, put into use. Until the last step nobody sees any of it."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from itertools import islice
from multiprocessing import get_context
from statistics import fmean
from typing import Any

import structlog
from sqlalchemy import insert

from barberpro.domains.learning import service as learning
from barberpro.domains.learning.service import Kind
from barberpro.platform import ids
from barberpro.platform.clock import Clock
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, transaction
from barberpro.platform.principal import Principal

from ..service import Metric
from ..tables import forecast_points, forecast_summaries
from .outlook import Outlook, outlooks
from .reading import fingerprint, shops
from .scores import Scores
from .series import Shop

log = structlog.get_logger(__name__)

BATCH = 2_000  # rows a transaction: bookings go on between one and the next
FEW = 2
"""Locations that are learned in this process, where another would take longer to start."""
REQUEST = "train-forecasts"
TABLES = (forecast_points, forecast_summaries)


@dataclass(frozen=True)
class Trained:
    """What a training came to."""

    version_id: str
    rows: int
    metrics: dict[str, Any]


async def train(database: Database, principal: Principal, clock: Clock) -> Trained:
    """Learn the demand of every location from what took place before its today, and put it into use.

    Where it fails, or is cancelled, the version is marked FAILED, what was in use stays so, and the error goes on;
    also where marking it fails. Rows of old versions that could not be deleted wait for the next training.
    """
    at = clock()
    async with transaction(database, principal, clock, REQUEST) as tx:
        version = (await learning.begin(tx, Kind.DEMAND)).id
    try:
        known = await shops(Reader(database, principal), at)
        found = await learned(known)
        written = 0
        for table, rows in (
            (forecast_points, _points(found)),
            (forecast_summaries, _summaries(found)),
        ):
            for some in _batches(rows):
                written += len(some)
                async with transaction(database, principal, clock, REQUEST) as tx:
                    await learning.learned(tx, version, insert(table), some)
        metrics = measured(found)
        async with transaction(database, principal, clock, REQUEST) as tx:
            await learning.activate(
                tx, version, trained_through=at, data_hash=fingerprint(known), metrics=metrics
            )
    except BaseException as error:
        try:
            async with transaction(database, principal, clock, REQUEST) as tx:
                await learning.fail(tx, version, reason=f"{type(error).__name__}: {error}")
        except Exception:  # the database is down, or the version is in use already
            log.exception("training_not_marked_failed", version=version)
        raise
    try:
        async with transaction(database, principal, clock, REQUEST) as tx:
            await learning.forget(tx, Kind.DEMAND, TABLES)
    except Exception:
        log.exception("old_versions_not_forgotten", version=version)
    return Trained(version, written, metrics)


async def learned(known: Sequence[Shop]) -> list[Outlook]:
    """Both series of every shop, in their order; by as many processes as there are processors.

    Processes are spawned: a fork would copy the running loop and the database's connections.
    """
    if len(known) <= FEW:
        return [each for shop in known for each in await asyncio.to_thread(outlooks, shop)]
    workers = min(os.cpu_count() or 1, len(known))
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        loop = asyncio.get_running_loop()
        pairs = await asyncio.gather(*(loop.run_in_executor(pool, outlooks, s) for s in known))
    finally:
        pool.shutdown(cancel_futures=True)
    return [each for pair in pairs for each in pair]


def measured(found: Sequence[Outlook]) -> dict[str, Any]:
    """What the version is known by: how many series by which model, and the backtest's means over locations."""
    models = Counter(o.model_used for o in found if o.metric is Metric.BOOKINGS)
    return {
        "locations": {model.value: count for model, count in sorted(models.items())},
        **{
            metric.value: _means([o.scores for o in found if o.metric is metric and o.scores])
            for metric in Metric
        },
    }


def _means(known: Sequence[Scores]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for field in fields(Scores)[2:]:
        values = [v for v in (getattr(s, field.name) for s in known) if v is not None]
        found[field.name] = round(fmean(values), 6) if values else None
    return found


def _points(found: Iterable[Outlook]) -> Iterable[dict[str, Any]]:
    for outlook in found:
        series = {"location_id": outlook.location_id, "metric": outlook.metric}
        for point in outlook.points:
            yield {"id": ids.new("fpt"), **series, **vars(point)}


def _summaries(found: Iterable[Outlook]) -> Iterable[dict[str, Any]]:
    nothing = dict.fromkeys(field.name for field in fields(Scores))
    for outlook in found:
        about = {k: v for k, v in vars(outlook).items() if k not in ("scores", "points")}
        scores = asdict(outlook.scores) if outlook.scores else nothing
        yield {"id": ids.new("fsm"), **about, **scores}


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(rows)
    while some := list(islice(rest, BATCH)):
        yield some
