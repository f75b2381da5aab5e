"""Gives out the shifts of a week by CP-SAT, of the extra `staffing`: as little demand uncovered as can be, and proved.

What is wanted is ranked: first uncovered half hours, then half hours of people nobody asked for, then an even share of
work. Each is solved to its proof, and kept while the next is solved.
"""

from collections import defaultdict
from time import monotonic
from typing import Any

from .roster import Given, Roster, figures_of
from .week import DAY, DAYS, SLOT, Provider, Template, Week

Key = tuple[int, int, int]
"""Provider, day and template, by number."""


class StaffingNotInstalled(RuntimeError):
    """This installation has no solver for shifts."""

    def __init__(self) -> None:
        super().__init__("staffing needs a solver: pip install 'barberpro[staffing]'")


def staff(week: Week, *, seconds: float, seed: int = 1) -> Roster:
    """The best roster found within so many seconds; the solver's own handler lets Ctrl-C end it early.

    Where `status` is OPTIMAL no other is better, and the same week and seed give the same roster. Where the time was
    too short to find any, nobody works. Raises `StaffingNotInstalled` without the extra.
    """
    try:
        from ortools.sat.python import cp_model
    except ModuleNotFoundError:
        raise StaffingNotInstalled from None

    began = monotonic()
    model = cp_model.CpModel()
    works = {key: model.new_bool_var("") for key in _possible(week)}
    _limit(model, week, works)
    best: dict[Key, bool] = dict.fromkeys(
        works, False
    )  # in which nobody works: that keeps every rule
    proved = True
    for aim in _aims(model, week, works):
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(seconds - (monotonic() - began), 0)
        solver.parameters.random_seed = seed
        solver.parameters.num_workers = 1  # so that the same seed takes the same way on any machine
        model.clear_hints()
        for key, variable in works.items():
            model.add_hint(variable, best[key])
        model.minimize(aim)
        status = solver.solve(model)
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            best = {key: solver.boolean_value(variable) for key, variable in works.items()}
        if status != cp_model.OPTIMAL:
            proved = False
            break
        model.add(aim <= round(solver.objective_value))
    given = tuple(
        Given(week.providers[p].id, day, week.templates[t].id)
        for (p, day, t), is_given in best.items()
        if is_given
    )
    return Roster(
        status="OPTIMAL" if proved else "FEASIBLE",
        seconds=round(monotonic() - began, 2),
        shifts=given,
        figures=figures_of(week, given),
    )


def _possible(week: Week) -> list[Key]:
    return [
        (p, day, t)
        for p, provider in enumerate(week.providers)
        for day in range(DAYS)
        for t, template in enumerate(week.templates)
        if _may(week, provider, day, template)
    ]


def _may(week: Week, provider: Provider, day: int, template: Template) -> bool:
    if template.days is not None and day not in template.days:
        return False
    start, until = day * DAY + template.start, day * DAY + template.until
    if provider.last_until is not None and start - provider.last_until < week.rules.rest_minutes:
        return False
    return all(until <= away.start or away.until <= start for away in provider.absent)


def _limit(model: Any, week: Week, works: dict[Key, Any]) -> None:
    """One shift a day, enough rest to the next, the minutes of a week and the days in a row."""
    rules = week.rules
    for p, provider in enumerate(week.providers):
        own = {key[1:]: variable for key, variable in works.items() if key[0] == p}
        by_day = [[v for (d, _), v in own.items() if d == day] for day in range(DAYS)]
        for shifts in by_day:
            model.add_at_most_one(shifts)
        for (day, t), variable in own.items():
            ready = week.templates[t].until + rules.rest_minutes - DAY
            early = [v for (d, u), v in own.items() if d == day + 1 and _starts(week, u) < ready]
            if early:
                model.add_at_most_one([variable, *early])
        most = rules.most_minutes
        if provider.most_minutes is not None:
            most = min(most, provider.most_minutes)
        model.add(sum(week.templates[t].minutes * v for (_, t), v in own.items()) <= most)
        first = max(rules.most_days_in_a_row - provider.days_in_a_row, 0)
        if provider.days_in_a_row and first < DAYS:
            model.add(sum(v for day in by_day[: first + 1] for v in day) <= first)
        for day in range(DAYS - rules.most_days_in_a_row):
            window = by_day[day : day + rules.most_days_in_a_row + 1]
            model.add(sum(v for each in window for v in each) <= rules.most_days_in_a_row)


def _starts(week: Week, template: int) -> int:
    return week.templates[template].start


def _aims(model: Any, week: Week, works: dict[Key, Any]) -> list[Any]:
    """What is to be as little as can be, the first before the second before the third."""
    present: dict[tuple[int, int], list[tuple[int, Any]]] = defaultdict(list)
    for (p, day, t), variable in works.items():
        for minute in range(week.templates[t].start, week.templates[t].until, SLOT):
            present[day, minute].append((p, variable))
    uncovered: list[Any] = []
    # Who is there and not asked for: all who are there, less what is asked for, and more where that is not met. What is
    # asked for is the same in every roster, so it is left out.
    over = [v for people in present.values() for _, v in people]
    for demand in week.demand:
        for step, need in enumerate(demand.need):
            at = (demand.day, demand.start + SLOT * step)
            able = [v for p, v in present[at] if _knows(week.providers[p], demand.skill)]
            short = model.new_int_var(0, need, "")
            model.add(short + sum(able) >= need)
            uncovered.append(short)
            if demand.skill is None:
                over.append(short)
    return [sum(uncovered), sum(over), _spread(model, week, works)]


def _knows(provider: Provider, skill: str | None) -> bool:
    return skill is None or skill in provider.skills


def _spread(model: Any, week: Week, works: dict[Key, Any]) -> Any:
    """Half hours between who works most and who works least, of those on the same terms: never away, no less to do."""
    equals = [p for p, each in enumerate(week.providers) if each.shares_alike]
    if len(equals) < 2:
        return 0
    most = DAYS * DAY // SLOT
    longest, shortest = model.new_int_var(0, most, ""), model.new_int_var(0, most, "")
    for p in equals:
        worked = sum(
            week.templates[t].minutes // SLOT * v for (q, _, t), v in works.items() if q == p
        )
        model.add(longest >= worked)
        model.add(shortest <= worked)
    return longest - shortest
