"""Whether a roster keeps every rule of its week, and comes to the figures that it states.

Written from the description of the format alone: it reads both documents itself, counts minute by minute and shares no
code with what gives out shifts, so that a mistake there cannot excuse itself here.
"""

from collections import defaultdict
from typing import Any

DAY = 1440


def broken(week: dict[str, Any], roster: dict[str, Any]) -> list[str]:
    """The rules that a roster breaks, a sentence each; none where it keeps all. Both as their documents say."""
    templates = {each["id"]: each for each in week["templates"]}
    people = {each["id"]: each for each in week["providers"]}
    found: list[str] = []
    work: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for shift in roster["shifts"]:
        name, day, template = shift["provider"], shift["day"], templates.get(shift["template"])
        if name not in people or template is None or day not in range(7):
            found.append(f"{name}, day {day}: no such provider, day or template")
            continue
        if day not in (template.get("days") or range(7)):
            found.append(f"{name}, day {day}: {template['id']} is not for that day")
        work[name].append((day * DAY + template["start"], day * DAY + template["until"]))
    rules = week.get("rules", {})
    for name, spans in work.items():
        found += [f"{name}: {wrong}" for wrong in _one(people[name], sorted(spans), rules)]
    return found or _miscounted(week, people, work, roster["figures"])


def _one(person: dict[str, Any], spans: list[tuple[int, int]], rules: dict[str, Any]) -> list[str]:
    """What is wrong with one person's week."""
    found: list[str] = []
    rest, limit = rules.get("restMinutes", 720), rules.get("mostMinutes", 2880)
    if person.get("mostMinutes") is not None:
        limit = min(limit, person["mostMinutes"])
    ended, days = person.get("lastUntil"), set[int]()
    for start, until in spans:
        day = start // DAY
        if day in days:
            found.append(f"two shifts on day {day}")
        days.add(day)
        if ended is not None and start - ended < rest:
            found.append(f"{start - ended} minutes of rest before day {day}, needs {rest}")
        if any(
            away["start"] < until and start < away["until"] for away in person.get("absent", ())
        ):
            found.append(f"at work while away on day {day}")
        ended = until
    worked = sum(until - start for start, until in spans)
    if worked > limit:
        found.append(f"{worked} minutes in the week, at most {limit}")
    row, most = person.get("daysInARow", 0), rules.get("mostDaysInARow", 6)
    for day in range(7):
        row = row + 1 if day in days else 0
        if row > most and day in days:
            found.append(f"day {day} is the {row}th in a row, at most {most}")
    return found


def _miscounted(
    week: dict[str, Any],
    people: dict[str, Any],
    work: dict[str, list[tuple[int, int]]],
    figures: dict[str, Any],
) -> list[str]:
    """Figures that differ from a count of who is there in each half hour of the week."""
    needs: dict[tuple[int, str | None], int] = {}
    for demand in week["demand"]:
        for step, need in enumerate(demand["need"]):
            minute = demand["day"] * DAY + demand["start"] + 30 * step
            needs[minute, demand.get("skill")] = need
    staffed = used = uncovered = 0
    for minute in range(0, 7 * DAY, 30):
        there = [name for name, spans in work.items() if any(a <= minute < b for a, b in spans)]
        staffed += len(there)
        used += min(len(there), needs.get((minute, None), 0))
        for (at, skill), need in needs.items():
            if at == minute:
                able = [n for n in there if skill is None or skill in people[n].get("skills", ())]
                uncovered += max(need - len(able), 0)
    counted = {"staffed": staffed, "uncovered": uncovered, "overstaffed": staffed - used}
    return [
        f"{name} is {counted[name]}, and said to be {figures[name]}"
        for name in counted
        if figures[name] != counted[name]
    ]
