"""The shifts given out for a week, and what they come to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic.alias_generators import to_camel

from .week import SLOT, Week


@dataclass(frozen=True)
class Given:
    """One shift: who, on which day of the week, of which template."""

    provider: str
    day: int
    template: str


@dataclass(frozen=True)
class Figures:
    """All counts are of people times half hours, except `spread_minutes`."""

    needed: int
    """Asked for, of whatever skill."""
    staffed: int
    uncovered: int
    """Asked for and not there; those who must know a skill count again, for each skill."""
    overstaffed: int
    """There, and not asked for."""
    utilisation: float
    """Of what is staffed, the part that was asked for; 0 where nobody works."""
    spread_minutes: int
    """Between who works most and who works least, of those on the same terms."""


@dataclass(frozen=True)
class Roster:
    """The answer for a week; OPTIMAL where it is proved that no other is better."""

    status: Literal["OPTIMAL", "FEASIBLE"]
    seconds: float
    shifts: tuple[Given, ...]
    figures: Figures

    def document(self) -> dict[str, Any]:
        """As JSON, described in the README."""
        figures = {to_camel(name): value for name, value in asdict(self.figures).items()}
        return {
            "status": self.status,
            "seconds": self.seconds,
            "shifts": [asdict(each) for each in self.shifts],
            "figures": figures,
        }


def figures_of(week: Week, shifts: Iterable[Given]) -> Figures:
    """What a roster comes to, counted from its shifts."""
    templates = {each.id: each for each in week.templates}
    skills = {each.id: each.skills for each in week.providers}
    present: Counter[tuple[int, int, str | None]] = Counter()
    worked = {each.id: 0 for each in week.providers}
    for given in shifts:
        template = templates[given.template]
        worked[given.provider] += template.minutes
        for minute in range(template.start, template.until, SLOT):
            present[given.day, minute, None] += 1
            for skill in set(skills[given.provider]):
                present[given.day, minute, skill] += 1
    asked = {
        (demand.day, demand.start + SLOT * step, demand.skill): need
        for demand in week.demand
        for step, need in enumerate(demand.need)
    }
    staffed = sum(count for (_, _, skill), count in present.items() if skill is None)
    used = sum(min(present[at], need) for at, need in asked.items() if at[2] is None)
    equals = [worked[each.id] for each in week.providers if each.shares_alike]
    return Figures(
        needed=sum(need for at, need in asked.items() if at[2] is None),
        staffed=staffed,
        uncovered=sum(max(need - present[at], 0) for at, need in asked.items()),
        overstaffed=staffed - used,
        utilisation=round(used / staffed, 4) if staffed else 0.0,
        spread_minutes=max(equals) - min(equals) if equals else 0,
    )
