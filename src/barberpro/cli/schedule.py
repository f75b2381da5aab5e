"""`barberpro schedule`: plans of a day or a week, from a file, without a database."""

import json
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from barberpro.domains.bookings.planning.checking import broken
from barberpro.domains.bookings.planning.generating import generate
from barberpro.domains.bookings.planning.instance import (
    MOST_LOCATIONS,
    MOST_REQUESTS,
    Instance,
    InstanceRefused,
    read,
    written,
)
from barberpro.domains.bookings.planning.plan import Figures, plan_of
from barberpro.domains.bookings.planning.solving import solve as improve
from barberpro.domains.bookings.staffing import checking as rosters
from barberpro.domains.bookings.staffing import week as weeks
from barberpro.domains.bookings.staffing.generating import generate as generate_week
from barberpro.domains.bookings.staffing.roster import Roster
from barberpro.domains.bookings.staffing.solving import StaffingNotInstalled
from barberpro.domains.bookings.staffing.solving import staff as give_out

LARGEST = 32 * 2**20
"""Bytes of a file that is read."""

app = typer.Typer(help="Plans of a day or a week: make one, check one.", no_args_is_help=True)


@app.command()
def solve(
    file: Annotated[Path, typer.Argument(help="The instance, as JSON.")],
    seconds: Annotated[
        float | None, typer.Option(min=0, max=3600, help="Improve for so long; greedy without.")
    ] = None,
    rounds: Annotated[
        int | None, typer.Option(min=0, help="Improve so many times: the same plan on any machine.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the chances taken.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole plan.")] = False,
) -> None:
    """Plan an instance. Ctrl-C ends it early, with the best plan so far. Fails where the plan breaks a rule."""
    document = _document(file)
    instance = _instance(document)
    solved = None
    stop = _Stop(quiet=as_json)
    with stop:
        solved = improve(
            instance, seconds=seconds, rounds=rounds, seed=seed, progress=stop.progress
        )
    plan = plan_of(instance, solved)
    wrong = broken(document, plan.document())
    if as_json:
        typer.echo(json.dumps(plan.document(), indent=1))
    else:
        for line in _summary(plan.figures):
            typer.echo(line)
    _tell(wrong)


@app.command()
def check(
    instance: Annotated[Path, typer.Argument(help="The instance, as JSON.")],
    plan: Annotated[Path, typer.Argument(help="The plan, as `solve --json` prints it.")],
) -> None:
    """Check every rule of an instance on a plan, by code that makes no plans. Fails with the rules that it breaks."""
    document = _document(instance)
    _instance(document)
    planned = _document(plan)
    try:
        wrong = broken(document, planned)
    except (KeyError, TypeError) as error:
        typer.echo(f"{plan} is no plan: {error!r} is missing or of another kind", err=True)
        raise typer.Exit(1) from None
    _tell(wrong)
    typer.echo(f"{len(planned['assignments'])} assignments, no rule broken")


@app.command()
def instance(
    locations: Annotated[int, typer.Option(min=1, max=MOST_LOCATIONS)] = 20,
    providers: Annotated[int, typer.Option(min=1, max=50, help="At each location.")] = 3,
    requests: Annotated[int, typer.Option(min=0, max=MOST_REQUESTS)] = 600,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Print a day of a made-up chain, to measure planning by."""
    made = generate(locations=locations, providers=providers, requests=requests, seed=seed)
    typer.echo(json.dumps(written(made), indent=1))


@app.command()
def staff(
    file: Annotated[Path, typer.Argument(help="A location's week, as JSON.")],
    seconds: Annotated[float, typer.Option(min=0.1, max=3600, help="Search for so long.")] = 60,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the chances taken.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole roster.")] = False,
) -> None:
    """Give out the shifts of a week. Ctrl-C ends it early, with the best so far. Fails where a rule is broken."""
    document = _document(file)
    try:
        week = weeks.read(document)
    except weeks.WeekRefused as refused:
        raise _refused(refused.faults) from None
    try:
        roster = give_out(week, seconds=seconds, seed=seed)
    except StaffingNotInstalled as missing:
        raise _refused([str(missing)]) from None
    wrong = rosters.broken(document, roster.document())
    if as_json:
        typer.echo(json.dumps(roster.document(), indent=1))
    else:
        typer.echo(_staffed(roster))
    _tell(wrong)


@app.command()
def week(
    providers: Annotated[int, typer.Option(min=1, max=weeks.MOST_PROVIDERS)] = 10,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Print a week of a made-up shop, to measure staffing by."""
    typer.echo(json.dumps(weeks.written(generate_week(providers=providers, seed=seed)), indent=1))


class _Stop:
    """Ctrl-C as an answer to the solver, and the progress on a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.asked = False
        self.shown = -1

    def __enter__(self) -> None:
        import signal

        self.before = signal.signal(signal.SIGINT, self._ask)

    def __exit__(self, *_: object) -> None:
        import signal

        signal.signal(signal.SIGINT, self.before)

    def _ask(self, *_: object) -> None:
        self.asked = True

    def progress(self, share: float, points: int) -> bool:
        """Tell each tenth, and go on unless asked to stop."""
        tenth = int(share * 10)
        if not self.quiet and tenth > self.shown:
            self.shown = tenth
            typer.echo(f"{tenth * 10:3d} %  {points} points", err=True)
        return not self.asked


def _summary(figures: Figures) -> list[str]:
    def line(name: str, accepted: object, utilisation: float, points: int) -> str:
        return f"{name:8}{accepted:>10}{utilisation:>14.2%}{points:>10}"

    return [
        f"{'':8}{'accepted':>10}{'utilisation':>14}{'points':>10}",
        line("greedy", figures.greedy_accepted, figures.greedy_utilisation, figures.greedy_points),
        line("plan", figures.accepted, figures.utilisation, figures.points),
        line("bound", "", figures.bound_utilisation, figures.bound_points),
        f"{figures.requests} requests, {figures.rounds} rounds in {figures.seconds} s"
        + ("" if figures.finished else ", ended early"),
    ]


def _staffed(roster: Roster) -> str:
    figures = roster.figures
    return (
        f"{roster.status} in {roster.seconds} s: {len(roster.shifts)} shifts, "
        f"of which {figures.utilisation:.1%} were asked for; half hours needed {figures.needed}, "
        f"staffed {figures.staffed}, uncovered {figures.uncovered}, overstaffed {figures.overstaffed}; "
        f"{figures.spread_minutes} minutes between most and least"
    )


def _tell(wrong: list[str]) -> None:
    if wrong:
        for each in wrong:
            typer.echo(each, err=True)
        raise typer.Exit(1)


def _document(file: Path) -> Any:
    """What a file holds. Fails where it is too large or no JSON."""
    try:
        if file.stat().st_size > LARGEST:
            typer.echo(f"{file} is larger than {LARGEST} bytes", err=True)
            raise typer.Exit(1)
        return orjson.loads(file.read_bytes())
    except OSError as error:
        typer.echo(f"{file} cannot be read: {error.strerror}", err=True)
    except orjson.JSONDecodeError as error:
        typer.echo(f"{file} is no JSON: {error}", err=True)
    raise typer.Exit(1)


def _instance(document: object) -> Instance:
    try:
        return read(document)
    except InstanceRefused as refused:
        raise _refused(refused.faults) from None


def _refused(faults: list[str]) -> typer.Exit:
    """How a command ends that says these."""
    for fault in faults:
        typer.echo(fault, err=True)
    return typer.Exit(1)
