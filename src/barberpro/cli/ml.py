"""`barberpro ml`: train the models, and see which are in use."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Select, select

from barberpro.domains.learning.service import Kind, versions
from barberpro.domains.organizations.tables import organizations
from barberpro.platform import clock
from barberpro.platform.binding import across_tenants
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, survey
from barberpro.platform.principal import Principal, worker
from barberpro.platform.settings import Settings

WIDE = 140  # characters, for two ids beside the rest
app = typer.Typer(help="The models: train them, see which are in use.", no_args_is_help=True)

DataDir = Annotated[
    Path | None, typer.Option(help="Where this installation keeps its data.", show_default=False)
]
Tenant = Annotated[
    str | None, typer.Option(help="The id of one organization; else all.", show_default=False)
]


class Learner(StrEnum):
    """What can be trained, by the domain that learns it."""

    FORECASTS = "forecasts"
    RECOMMENDATIONS = "recommendations"


KINDS = {Learner.FORECASTS: Kind.DEMAND, Learner.RECOMMENDATIONS: Kind.RECOMMENDATIONS}


@dataclass(frozen=True)
class Outcome:
    """What became of one training."""

    learner: Learner
    tenant: str
    seconds: float
    trained: Any = None
    error: Exception | None = None


@app.command()
def train(
    only: Annotated[
        Learner | None, typer.Option(help="Train this alone.", show_default=False)
    ] = None,
    tenant: Tenant = None,
    data_dir: DataDir = None,
) -> None:
    """Train models and put them into use. What was in use stays so where a training fails; ends with 1 then."""
    outcomes = asyncio.run(_trained(_settings(data_dir), [only] if only else list(Learner), tenant))
    table = _table("Model", "Tenant", "Version", "Rows", "Seconds", "Quality")
    for each in outcomes:
        version = each.trained.version_id if each.trained else "failed"
        rows = f"{each.trained.rows:,}" if each.trained else ""
        said = quality(each.trained.metrics) if each.trained else f"{each.error}"
        table.add_row(each.learner, each.tenant, version, rows, f"{each.seconds:.1f}", said)
    _show(table)
    if any(each.error for each in outcomes):
        raise typer.Exit(1)


@app.command()
def status(tenant: Tenant = None, data_dir: DataDir = None) -> None:
    """Show the last versions of every model."""
    table = _table("Model", "Tenant", "Version", "Status", "Began", "Quality")
    for row in asyncio.run(_versions(_settings(data_dir), tenant)):
        said = row.reason or quality(row.metrics)
        began = f"{row.started_at:%Y-%m-%d %H:%M} UTC"
        table.add_row(row.kind, row.organization_id, row.id, row.status, began, said)
    _show(table)


def quality(metrics: dict[str, Any]) -> str:
    """The figure a model is first judged by, in words."""
    if demand := metrics.get("BOOKINGS"):
        return f"MASE {_figure(demand['mase'])}, {_figure(demand['vs_seasonal_naive'])} x naive"
    ranking = metrics.get("ranking")
    if ranking and ranking["customers"]:
        share = _figure(ranking["pair_hr_at_10"])
        return f"HR@10 {share} of {ranking['customers']} customers"
    return "too few to say"


def _table(*columns: str) -> Table:
    """Ids are for copying: they are never cut."""
    table = Table()
    for column in columns:
        table.add_column(column, no_wrap=column != "Quality")
    return table


def _show(table: Table) -> None:
    console = Console()
    Console(width=max(console.width, WIDE)).print(table)


def _figure(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


async def _trained(
    settings: Settings, learners: list[Learner], tenant: str | None
) -> list[Outcome]:
    database = Database(settings.database, pool_size=2)
    try:
        return [
            await _one(database, learner, worker(each))
            for each in await _tenants(database, tenant)
            for learner in learners
        ]
    finally:
        await database.close()


async def _one(database: Database, learner: Learner, principal: Principal) -> Outcome:
    train: Callable[..., Awaitable[Any]] = import_module(
        f"barberpro.domains.{learner}.training"
    ).train
    began = time.monotonic()
    try:
        trained = await train(database, principal, clock.now)
    except Exception as error:
        return Outcome(learner, principal.tenant, time.monotonic() - began, error=error)
    return Outcome(learner, principal.tenant, time.monotonic() - began, trained)


async def _versions(settings: Settings, tenant: str | None) -> list[Any]:
    database = Database(settings.database, pool_size=1)
    try:
        return [
            row
            for each in await _tenants(database, tenant)
            for row in await Reader(database, worker(each)).rows(versions())
        ]
    finally:
        await database.close()


async def _tenants(database: Database, only: str | None) -> list[str]:
    every: Select[Any] = select(organizations.c.id).order_by(organizations.c.id)
    async with survey(database, clock.now) as house:
        found = await house.rows(across_tenants(every, "models of all tenants are trained"))
    known = [row.id for row in found]
    if only is None:
        return known
    if only not in known:
        typer.echo(f"There is no organization {only}.", err=True)
        raise typer.Exit(1)
    return [only]


def _settings(data_dir: Path | None) -> Settings:
    return Settings() if data_dir is None else Settings(data_dir=data_dir)
