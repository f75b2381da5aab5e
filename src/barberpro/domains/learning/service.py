"""What can be done with versions of a model, and statements to read them by.

A version's rows are written while it is TRAINING, in as many transactions as are convenient. Nobody reads them before
`activate` turns the one row that says which version is in use; a training that dies half way has changed nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Delete,
    Insert,
    Row,
    ScalarSelect,
    Select,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from barberpro.platform import ids
from barberpro.platform.doors import Transaction
from barberpro.platform.events import publish

from . import events
from .errors import ModelVersionNotFound, NotInTraining, Overtaken
from .tables import model_versions

KEPT = 2
"""Versions whose rows are kept: the one in use, and the one before it."""
LONGEST_REASON = 500
LONGEST = timedelta(days=1)  # that any training takes


class Kind(StrEnum):
    """What a model is asked."""

    RECOMMENDATIONS = "RECOMMENDATIONS"
    DEMAND = "DEMAND"


class Status(StrEnum):
    """Where a version stands."""

    TRAINING = "TRAINING"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"
    FAILED = "FAILED"


async def begin(tx: Transaction, kind: Kind) -> Row[Any]:
    """A version to be trained. Until it is activated nobody sees what it says.

    One whose training began more than a day ago and never ended died with its process: it has failed.
    """
    given_up = {"status": Status.FAILED, "reason": "abandoned", "ended_at": tx.now}
    stale = and_(v.kind == kind, v.status == Status.TRAINING, v.started_at < tx.now - LONGEST)
    await tx.execute(update(model_versions).where(stale).values(**given_up))
    made = {
        "id": ids.new("mdl"),
        "kind": kind,
        "status": Status.TRAINING,
        "metrics": {},
        "started_at": tx.now,
    }
    version = (await tx.execute(insert(model_versions).returning(model_versions), made)).one()
    await publish(tx, events.TrainingBegun(subject=version.id, kind=kind), after=version)
    return version


async def learned(
    tx: Transaction, version_id: str, into: Insert, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Write a part of what a version says; `into` is the INSERT into a table with a `model_version_id`."""
    await _in_training(tx, version_id)
    given = [{**row, "model_version_id": version_id} for row in rows]
    if not given:
        return
    await tx.insert(into, given)
    await publish(
        tx, events.RowsLearned(subject=version_id, table=into.table.name, rows=len(given))
    )


async def activate(
    tx: Transaction,
    version_id: str,
    *,
    trained_through: datetime,
    data_hash: str,
    metrics: Mapping[str, Any],
) -> Row[Any]:
    """Put a version into use, in place of the one that is.

    Raises NotInTraining, and Overtaken where a training that began later is in use already.
    """
    # All that may be in use, or be put into use, is locked before it is looked at, in one order: of two
    # that activate at once, the second sees what the first did.
    await tx.rows(CONTENDING)
    version = await _in_training(tx, version_id)
    replaced = await tx.row(_held().where(v.kind == version.kind, v.status == Status.ACTIVE))
    if replaced is not None:
        if (replaced.started_at, replaced.id) > (version.started_at, version.id):
            raise Overtaken(version_id, replaced.id)
        await _changed(tx, replaced.id, status=Status.RETIRED)
    after = await _changed(
        tx,
        version_id,
        status=Status.ACTIVE,
        trained_through=trained_through,
        data_hash=data_hash,
        metrics=dict(metrics),
        ended_at=tx.now,
    )
    event = events.ModelActivated(
        subject=version_id,
        kind=version.kind,
        replaced=replaced.id if replaced else None,
        trained_through=trained_through,
        data_hash=data_hash,
    )
    await publish(tx, event, before=version, after=after)
    return after


async def fail(tx: Transaction, version_id: str, *, reason: str) -> Row[Any]:
    """Give a training up. What is in use stays in use."""
    version = await _in_training(tx, version_id)
    after = await _changed(
        tx, version_id, status=Status.FAILED, reason=reason[:LONGEST_REASON], ended_at=tx.now
    )
    event = events.TrainingFailed(subject=version_id, kind=version.kind)
    await publish(tx, event, before=version, after=after)
    return after


async def forget(tx: Transaction, kind: Kind, tables: Iterable[Table]) -> None:
    """Delete from these tables what versions said that nobody needs any more.

    Kept are those of the one in use, of the one that was before it, and of what is in training.
    """
    spent = [row.id for row in await tx.rows(_spent(kind))]
    for table in tables:
        for version_id in spent:
            gone = await tx.execute(_rows_of(table, version_id))
            if gone.rowcount:
                await publish(tx, events.RowsForgotten(subject=version_id, table=table.name))


def in_use(kind: Kind) -> ScalarSelect[str]:
    """The id of the version in use, as a part of a statement; NULL where there is none."""
    return select(v.id).where(v.kind == kind, v.status == Status.ACTIVE).scalar_subquery()


def version_in_use(kind: Kind) -> Select[Any]:
    """The row of the version in use, if there is one."""
    return select(model_versions).where(v.kind == kind, v.status == Status.ACTIVE)


def versions() -> Select[Any]:
    """The last versions of all kinds, the newest first."""
    return VERSIONS


v = model_versions.c
# All that may be in use or be put into use, in one order.
CONTENDING = (
    select(model_versions)
    .where(or_(v.status == "ACTIVE", v.status == "TRAINING"))
    .order_by(v.id)
    .with_for_update()
)
VERSIONS = select(model_versions).order_by(v.started_at.desc(), v.id.desc()).limit(20)


def _spent(kind: Kind) -> Select[Any]:
    """Versions that failed, and those that were in use before the one before."""
    latest = select(v.id).where(v.kind == kind, v.status == Status.RETIRED)
    kept = latest.order_by(v.started_at.desc(), v.id.desc()).limit(KEPT - 1)
    retired = and_(v.status == Status.RETIRED, v.id.not_in(kept))
    return select(v.id).where(v.kind == kind, or_(v.status == Status.FAILED, retired))


def _rows_of(table: Table, version_id: str) -> Delete:
    return delete(table).where(table.c.model_version_id == version_id)


def _held() -> Select[Any]:
    return select(model_versions).with_for_update()


async def _in_training(tx: Transaction, version_id: str) -> Row[Any]:
    found = await tx.row(_held().where(v.id == version_id))
    if found is None:
        raise ModelVersionNotFound(version_id[: ids.LIMIT])
    if found.status != Status.TRAINING:
        raise NotInTraining(version_id, found.status)
    return found


async def _changed(tx: Transaction, version_id: str, **values: Any) -> Row[Any]:
    change = update(model_versions).where(v.id == version_id).values(**values)
    return (await tx.execute(change.returning(model_versions))).one()
