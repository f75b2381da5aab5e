"""A forecast as a picture: what came, what is expected, and what would have been foretold."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, MonthLocator, WeekdayLocator, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from ..service import Metric

INK, QUIET, FAINT = "#1f2933", "#7b8794", "#e4e7eb"
CAME, TOLD, GHOST, FEAST = "#52606d", "#0f766e", "#b45309", "#be123c"
WEEK = timedelta(days=7)
SIZE = (11.0, 4.8)  # inches

Line = dict[date, float]


@dataclass(frozen=True)
class Picture:
    """What is drawn; days of the location's own calendar."""

    location: str
    metric: Metric
    unit: str
    today: date
    came: Line
    """What came, day by day until yesterday."""
    points: list[Any]
    """Rows of forecast points: those before today are the backtest's."""
    accuracy: str
    """In words, for the foot of the picture."""


def draw(picture: Picture, to: Path) -> None:
    """Write the picture; the file's suffix says in which format. The same picture gives the same bytes."""
    settings: Any = {
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "svg.hashsalt": "barberpro",
        "svg.fonttype": "path",
        "axes.edgecolor": FAINT,
        "text.color": INK,
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=SIZE, dpi=160, layout="constrained")
        axes = figure.add_subplot()
        _lines(axes, picture)
        _days(axes, picture)
        _frame(figure, axes, picture)
        dateless = {"Date": None} if to.suffix.lower() == ".svg" else {"Software": None}
        figure.savefig(to, metadata=dateless, facecolor="white")


def _lines(axes: Axes, picture: Picture) -> None:
    past = [p for p in picture.points if p.date < picture.today]
    ahead = [p for p in picture.points if p.date >= picture.today]
    days = [p.date for p in ahead]
    axes.plot(*_xy(picture.came), color=CAME, lw=1.1, marker="o", ms=2.2, zorder=3)
    if past:
        axes.plot(
            [p.date for p in past],
            [p.mean for p in past],
            color=TOLD,
            lw=1,
            ls=(0, (2, 1.5)),
            alpha=0.75,
        )
    if not ahead:
        return
    naive = _naive(picture, days)
    axes.plot(days, naive, color=GHOST, lw=1, ls=":", alpha=0.8)
    axes.fill_between(
        days, [p.lower for p in ahead], [p.upper for p in ahead], color=TOLD, alpha=0.16, lw=0
    )
    axes.plot(days, [p.mean for p in ahead], color=TOLD, lw=2, zorder=4)
    _labels(axes, picture, ahead)


def _labels(axes: Axes, picture: Picture, ahead: list[Any]) -> None:
    """What each line is, beside it, in its colour: no legend to look up."""
    end, room = ahead[-1].date + timedelta(days=1), "offset points"
    top = max(p.upper for p in ahead)
    says = [
        ("expected", TOLD, "bold", 0.84),
        ("80 % interval", TOLD, "normal", 0.76),
        ("last week, repeated", GHOST, "normal", 0.68),
        ("foretold earlier", TOLD, "normal", 0.60),
        ("what came", CAME, "normal", 0.52),
    ]
    for text, colour, weight, height in says:
        axes.annotate(
            text,
            (end, height * top),
            (6, 0),
            textcoords=room,
            color=colour,
            weight=weight,
            va="center",
            annotation_clip=False,
        )


def _days(axes: Axes, picture: Picture) -> None:
    """Today, holidays and closures."""
    top = axes.get_ylim()[1]
    axes.axvline(_middle(picture.today), color=INK, lw=0.9)
    axes.annotate(
        "today", (_middle(picture.today), top), (4, -3), textcoords="offset points", va="top", weight="bold",
    )  # fmt: skip
    for point in picture.points:
        if point.is_closed:
            begin, end = _middle(point.date), _middle(point.date + timedelta(days=1))
            axes.axvspan(begin, end, color=FAINT, alpha=0.55, lw=0, zorder=0)
        if point.is_holiday:
            axes.plot([point.date], [0], marker="v", ms=6, color=FEAST, clip_on=False, zorder=5)


def _frame(figure: Figure, axes: Axes, picture: Picture) -> None:
    what = (
        "Bookings a day" if picture.metric is Metric.BOOKINGS else f"Takings a day, {picture.unit}"
    )
    axes.set_title(f"{what} at {picture.location}", loc="left", fontsize=13, weight="bold", pad=12)
    figure.supxlabel(
        f"{picture.accuracy}   ▼ public holiday   ▒ closed",
        fontsize=8,
        color=QUIET,
        x=0.01,
        ha="left",
    )
    axes.set_ylim(bottom=0)
    first = picture.points[0].date if picture.points else picture.today - 12 * WEEK
    first = min([first, *picture.came])
    last = picture.points[-1].date if picture.points else picture.today
    axes.set_xlim(_middle(first), _middle(last + timedelta(days=2)))
    axes.xaxis.set_major_locator(MonthLocator())
    axes.xaxis.set_major_formatter(DateFormatter("%b %Y"))
    axes.xaxis.set_minor_locator(WeekdayLocator(byweekday=0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.tick_params(colors=QUIET, which="both", length=3)
    axes.grid(axis="y", color=FAINT, lw=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _naive(picture: Picture, days: list[date]) -> list[float]:
    """The last week known, over and over."""
    found = []
    for day in days:
        weeks = (day - picture.today) // WEEK + 1
        found.append(picture.came.get(day - weeks * WEEK, 0.0))
    return found


def _xy(line: Line) -> tuple[Any, list[float]]:
    return list(line), list(line.values())


def _middle(day: date) -> Any:
    """Between this day and the one before."""
    return date2num(day) - 0.5
