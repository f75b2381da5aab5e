"""Whether a plan keeps every rule of its instance.

Written from the description of the format alone: it reads both documents itself, counts in minutes and shares no code
with what makes plans, so that a mistake there cannot excuse itself here.
"""

from collections import defaultdict
from itertools import pairwise
from typing import Any


def broken(instance: dict[str, Any], plan: dict[str, Any]) -> list[str]:
    """The rules that a plan breaks, a sentence each; none where it keeps all. Both as their documents say."""
    requests = {each["id"]: each for each in instance["requests"]}
    stays: list[dict[str, Any]] = []
    found: list[str] = []
    seen: set[str] = set()
    for item in plan["assignments"]:
        name = item["request"]
        if name not in requests:
            found.append(f"{name}: no such request")
        elif name in seen:
            found.append(f"{name}: planned twice")
        else:
            stays.append(_stay(requests[name], item))
        seen.add(name)
    for name, request in requests.items():
        if request.get("pinned") and name not in seen:
            found.append(f"{name}: pinned, and not in the plan")
    for stay in stays:
        found += _alone(instance, stay)
    found += _chairs(stays)
    found += _people(instance, stays)
    return found


def _stay(request: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    start = item["at"] - request.get("before", 0)
    until = item["at"] + request["minutes"] + request.get("after", 0)
    return {**item, "wish": request, "start": start, "until": until}


def _alone(instance: dict[str, Any], stay: dict[str, Any]) -> list[str]:
    """What is wrong with one visit, whatever the others are."""
    wish, name = stay["wish"], stay["request"]
    if pinned := wish.get("pinned"):
        moved = any(pinned[key] != stay[key] for key in ("provider", "location", "chair", "at"))
        return [f"{name}: pinned, and moved"] if moved else []
    found: list[str] = []
    person = next((p for p in instance["providers"] if p["id"] == stay["provider"]), None)
    place = next((p for p in instance["locations"] if p["id"] == stay["location"]), None)
    if person is None:
        return [f"{name}: no provider {stay['provider']}"]
    if place is None or stay["chair"] not in place["chairs"]:
        found.append(f"{name}: no chair {stay['chair']} at {stay['location']}")
    if wish["service"] not in person["skills"]:
        found.append(f"{name}: {person['id']} does not know {wish['service']}")
    if wish.get("providers") is not None and person["id"] not in wish["providers"]:
        found.append(f"{name}: {person['id']} is not wanted")
    if wish.get("locations") is not None and stay["location"] not in wish["locations"]:
        found.append(f"{name}: {stay['location']} is not wanted")
    if stay["at"] < wish["earliest"] or stay["at"] + wish["minutes"] > wish["latest"]:
        found.append(f"{name}: outside its window")
    if stay["at"] % instance.get("step", 5):
        found.append(f"{name}: {stay['at']} is between two steps")
    reached = stay["start"]
    for shift in sorted(person["shifts"], key=lambda shift: shift["start"]):
        if shift["location"] == stay["location"] and shift["start"] <= reached:
            reached = max(reached, shift["until"])
    if reached < stay["until"]:
        found.append(f"{name}: outside the shifts of {person['id']} at {stay['location']}")
    return found


def _chairs(stays: list[dict[str, Any]]) -> list[str]:
    """Two visits in one chair at once."""
    by_chair: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for stay in stays:
        by_chair[stay["location"], stay["chair"]].append(stay)
    return [
        f"{one['request']} and {other['request']}: both in chair {one['chair']}"
        for sitting in by_chair.values()
        for one, other in _pairs(sitting)
        if one["start"] < other["until"] and other["start"] < one["until"]
    ]


def _people(instance: dict[str, Any], stays: list[dict[str, Any]]) -> list[str]:
    """Two visits of one provider with too little between them, and days with too much travel."""
    ways = {frozenset(way["between"]): way["minutes"] for way in instance.get("travel", ())}
    policies = instance.get("policies", {})
    rest, limit = policies.get("minRestMinutes", 0), policies.get("maxTravelMinutes")
    by_person: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for stay in stays:
        by_person[stay["provider"]].append(stay)
    found: list[str] = []
    for person, theirs in by_person.items():
        for one, other in _pairs(theirs):
            first, then = sorted((one, other), key=lambda stay: stay["start"])
            gap, between = then["start"] - first["until"], rest
            if first["location"] != then["location"]:
                way = ways.get(frozenset((first["location"], then["location"])))
                if way is None:
                    if then["start"] // 1440 <= (first["until"] - 1) // 1440:
                        pair = f"{first['request']} and {then['request']}"
                        found.append(f"{pair}: {person} does not travel there in a day")
                    continue
                between = max(rest, way)
            if gap < between:
                pair = f"{first['request']} and {then['request']}"
                found.append(f"{pair}: {person} has {gap} minutes between them, needs {between}")
        if limit is not None:
            found += _travel(person, theirs, ways, limit)
    return found


def _travel(
    person: str, theirs: list[dict[str, Any]], ways: dict[frozenset[str], int], limit: int
) -> list[str]:
    """Days on which a provider is on the way for longer than allowed, unless all of that day is pinned."""
    days: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for stay in theirs:
        days[stay["start"] // 1440].append(stay)
    found: list[str] = []
    for day, stops in days.items():
        stops.sort(key=lambda stay: stay["start"])
        minutes = sum(
            ways.get(frozenset((one["location"], other["location"])), 1440)
            for one, other in pairwise(stops)
            if one["location"] != other["location"]
        )
        if minutes > limit and not all(stop["wish"].get("pinned") for stop in stops):
            found.append(f"{person}: travels {minutes} minutes on day {day + 1}, at most {limit}")
    return found


def _pairs(stays: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """All pairs of which at least one is not pinned: what is pinned stands, even beside another."""
    return [
        (one, other)
        for i, one in enumerate(stays)
        for other in stays[i + 1 :]
        if not (one["wish"].get("pinned") and other["wish"].get("pinned"))
    ]
