"""`barberpro forecast`: what demand is expected at a location, as a picture."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy import select

from barberpro.domains.forecasts import service
from barberpro.domains.forecasts.service import FURTHEST_DAYS, Metric, Model
from barberpro.domains.locations.service import place
from barberpro.domains.organizations.tables import organizations
from barberpro.platform import clock, text
from barberpro.platform.binding import across_tenants
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader, survey
from barberpro.platform.errors import Misconfigured
from barberpro.platform.principal import worker
from barberpro.platform.settings import Settings

if TYPE_CHECKING:
    from barberpro.domains.forecasts.training.picture import Picture

app = typer.Typer(help="What demand is expected, as a picture.", no_args_is_help=True)
PAST_DAYS = 90
FORMATS = (".svg", ".png")
PLACES = select(place.c.id, place.c.name, place.c.name_key, place.c.city)


@app.callback()
def _forecast() -> None:
    """What demand is expected, as a picture."""


@app.command()
def plot(
    location: Annotated[str, typer.Argument(help="The id or the name of a location.")],
    days: Annotated[
        int, typer.Option(min=1, max=FURTHEST_DAYS, help="How far to look ahead.")
    ] = 28,
    output: Annotated[
        Path, typer.Option(help=f"Where to write it: a file that ends in {' or '.join(FORMATS)}.")
    ] = Path("forecast.svg"),
    metric: Annotated[
        Metric, typer.Option(help="What is forecast.", case_sensitive=False)
    ] = Metric.BOOKINGS,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Where this installation keeps its data.", show_default=False),
    ] = None,
) -> None:
    """Draw a location's last 90 days, what is expected of the next, and how well that went before."""
    if output.suffix.lower() not in FORMATS:
        raise typer.BadParameter(f"the picture is written as {' or '.join(FORMATS)}")
    if not output.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {output.parent}")
    settings = Settings() if data_dir is None else Settings(data_dir=data_dir)
    from barberpro.domains.forecasts.training.picture import draw

    draw(asyncio.run(_picture(settings, location, days, metric)), output)
    typer.echo(f"wrote {output}")


async def _picture(settings: Settings, location: str, days: int, metric: Metric) -> "Picture":
    database = Database(settings.database, pool_size=2)
    try:
        tenant, found = await _found(database, location)
        return await _drawn(Reader(database, worker(tenant)), found, days, metric)
    finally:
        await database.close()


async def _found(database: Database, location: str) -> tuple[str, Any]:
    """The one location that is meant. Misconfigured where it is none, or might be several."""
    every = select(organizations.c.id).order_by(organizations.c.id)
    async with survey(database, clock.now) as house:
        tenants = await house.rows(
            across_tenants(every, "an operator names a location of any tenant")
        )
    found = [
        (tenant, row)
        for (tenant,) in tenants
        for row in await Reader(database, worker(tenant)).rows(PLACES)
        if location == row.id or text.fold(location) == row.name_key
    ]
    if not found:
        raise Misconfigured(f"There is no location {location}.")
    if len(found) > 1:
        which = ", ".join(f"{row.id} in {row.city}" for _, row in found)
        raise Misconfigured(f"More than one location is called {location}: {which}. Give the id.")
    return found[0]


async def _drawn(reader: Reader, location: Any, days: int, metric: Metric) -> "Picture":
    from barberpro.domains.forecasts.training.picture import Picture
    from barberpro.domains.forecasts.training.reading import shops
    from barberpro.domains.forecasts.training.series import series_of
    from barberpro.domains.forecasts.training.takings import takings

    asked = {"metric": metric, "locations": [location.id]}
    summaries = await reader.rows(service.summaries(), asked)
    if not summaries:
        raise Misconfigured(
            f"There is no forecast for {location.name} yet: run `barberpro ml train`."
        )
    (summary,) = summaries
    if summary.model_used == Model.NONE:
        raise Misconfigured(
            f"Nothing can be foretold of {location.name}: {summary.fallback_reason}."
        )
    currency = None if metric is Metric.BOOKINGS else summary.unit
    (shop,) = await shops(reader, clock.now(), only=location.id, currency=currency)
    first, end = shop.today - timedelta(days=PAST_DAYS), shop.today + timedelta(days=days)
    points = [
        point
        for point in await reader.rows(service.points(), asked | {"first": first, "end": end})
        if point.model_version_id == summary.model_version_id
    ]
    if not any(point.date >= shop.today for point in points):
        raise Misconfigured(
            f"The forecast for {location.name} knows the days up to {summary.trained_through},"
            " and says nothing of today or later: run `barberpro ml train`."
        )
    series = series_of(shop)
    values = (
        series.counts
        if metric is Metric.BOOKINGS
        else takings(shop, series.first.toordinal(), len(series))
    )
    came = {series.day(n): float(value) for n, value in enumerate(values) if series.day(n) >= first}
    return Picture(
        location.name, metric, summary.unit, shop.today, came, points, _accuracy(summary)
    )


def _accuracy(summary: Any) -> str:
    if summary.wape is None:
        return "No backtest: the history is short."
    inside = (
        "" if summary.coverage80 is None else f", {summary.coverage80:.0%} of days in the interval"
    )
    return (
        f"Backtest over {summary.origins} x {summary.horizon_days} days: "
        f"error {summary.wape:.0%} of what came{inside}."
    )
