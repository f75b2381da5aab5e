"""What changed since the release, who asks for it, who used it, and what is excused: for people and for programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from .excuses import Excuse
from .felt import Felt, asked
from .found import Change, Severity, schema_of, structural
from .stated import reasons, stated

GONE = {"FIELD_REMOVED", "ARG_REMOVED", "VALUE_REMOVED_FROM_ENUM"}
DEPRECATE = "Give it back, deprecate it, release that, and remove it when nobody asks for it."
WAS_DEPRECATED = "It was deprecated. When nobody asks for it, excuse it."
ADVICE = {
    "TYPE_REMOVED": "Keep it as long as a field gives or takes it.",
    "FIELD_CHANGED_KIND": "Add a field of the new type beside it, and deprecate this one.",
    "ARG_CHANGED_KIND": "Add an argument of the new type beside it, and deprecate this one.",
    "REQUIRED_ARG_ADDED": "Give it a default, or let it be null.",
    "REQUIRED_INPUT_FIELD_ADDED": "Give it a default, or let it be null.",
    "NEEDS_MORE": "Let who may ask for it ask on, or grant the scopes before this is released.",
    "ONE_OF_ADDED": "Add an input with @oneOf beside it.",
    "VALUE_ADDED_TO_ENUM": "Callers that know the other values alone meet this one.",
    "TYPE_ADDED_TO_UNION": "Callers that know the other types alone meet this one.",
    "ARG_DEFAULT_VALUE_CHANGE": "Callers that leave it out are answered otherwise.",
    "INPUT_FIELD_DEFAULT_VALUE_CHANGE": "Callers that leave it out are answered otherwise.",
    "COST_RAISED": "Callers that are near their budget, or the most one call may cost, are refused.",
    "SIZE_CHANGED": "Callers that are near their budget, or the most one call may cost, may be refused.",
}
"""What to do about a change, or what it does to callers."""
DEFAULT_ADVICE = {
    Severity.BREAKING: "Add the new beside the old, and deprecate the old.",
    Severity.DANGEROUS: "Callers see it without asking for it.",
    Severity.SAFE: "",
}


class Use(NamedTuple):
    """A client that asked for a field, from the first of these days to the last."""

    client: str
    since: date
    last: date

    def __str__(self) -> str:
        return f"{self.client} (since {self.since}, last {self.last})"


Used = Callable[[str], Iterable[Use]]
"""The recorded usage: who asked for a field, by its coordinate `Type.field`."""


@dataclass(frozen=True)
class Seen:
    """A change with all that is known about it."""

    change: Change
    advice: str
    documents: Sequence[str]
    """The registered documents that ask for it, as `client/Operation`."""
    uses: Sequence[Use] | None
    """Who used it; None where no usage was looked at."""
    excuse: Excuse | None
    expired: bool
    """Whether the excuse has ended."""

    @property
    def fails(self) -> bool:
        return self.change.severity is Severity.BREAKING and (self.excuse is None or self.expired)


@dataclass(frozen=True)
class Report:
    """Everything between two schemas."""

    seen: Sequence[Seen]
    broken: Sequence[str]
    """The registered documents that the current schema does not answer: client, operation, and why."""
    spent: Sequence[Excuse]
    """Excuses of what is no change."""

    @property
    def fails(self) -> bool:
        return bool(self.broken) or any(each.fails for each in self.seen)


def compared(
    before: str,
    after: str,
    *,
    documents: Mapping[str, str],
    broken: Sequence[str] = (),
    excuses: Sequence[Excuse] = (),
    today: date,
    used: Used | None = None,
) -> Report:
    """What changed between two SDLs, the worst first, then by coordinate. `documents` are texts by their names."""
    old, new = schema_of(before), schema_of(after)
    changes = [*structural(old, new), *stated(old, new)]
    felt, deprecated = Felt(old), reasons(old)
    asks = {name: asked(old, text) for name, text in documents.items()}

    def seen(change: Change) -> Seen:
        through = felt.through(change.kind, change.coordinate)
        excuse = next((each for each in excuses if each.covers(change)), None)
        return Seen(
            change,
            _advice(change, deprecated),
            sorted(name for name, coordinates in asks.items() if coordinates & through),
            None if used is None else _together(through, used),
            excuse,
            expired=excuse is not None and excuse.until < today,
        )

    order = list(Severity)
    changes.sort(key=lambda c: (order.index(c.severity), c.coordinate, c.kind))
    spent = [each for each in excuses if not any(each.covers(change) for change in changes)]
    return Report([seen(change) for change in changes], broken, spent)


def _together(through: Iterable[str], used: Used) -> list[Use]:
    """Each client once, by name, however many of these fields it asked for."""
    found: dict[str, Use] = {}
    for field in {coordinate.partition("(")[0] for coordinate in through}:
        for use in used(field):
            known = found.get(use.client, use)
            days = min(known.since, use.since), max(known.last, use.last)
            found[use.client] = Use(use.client, *days)
    return sorted(found.values())


def _advice(change: Change, deprecated: Mapping[str, str]) -> str:
    if change.kind in GONE:
        return WAS_DEPRECATED if change.coordinate in deprecated else DEPRECATE
    return ADVICE.get(change.kind) or DEFAULT_ADVICE[change.severity]


def lines(report: Report, severities: Iterable[Severity] = Severity) -> Iterator[str]:
    """A report for people: grouped, the coordinate first."""
    for severity in severities:
        group = [each for each in report.seen if each.change.severity is severity]
        if not group:
            continue
        yield f"{severity.upper()} ({len(group)})"
        for each in group:
            if severity is Severity.SAFE:
                yield f"  {each.change.coordinate}  {each.change.says}"
                continue
            yield f"  {each.change.coordinate}  {each.change.kind}"
            yield f"    {each.change.says}"
            yield from (f"    {line}" for line in _consequences(each))
        yield ""
    if report.broken:
        yield f"REGISTERED DOCUMENTS THAT BREAK ({len(report.broken)})"
        yield from (f"  {each}" for each in report.broken)
        yield ""
    for excuse in report.spent:
        yield f"Line {excuse.line} of the excuses excuses nothing: {excuse.kind} {excuse.coordinate}"


def _consequences(each: Seen) -> Iterator[str]:
    yield each.advice
    yield f"Asked for by {', '.join(each.documents)}." if each.documents else NOBODY_REGISTERED
    if each.uses is not None:
        uses = ", ".join(map(str, each.uses))
        yield f"Used by {uses}." if uses else "Nobody used it in this time."
    if each.excuse is not None:
        until = f"{'ended on' if each.expired else 'until'} {each.excuse.until}"
        yield f"Excused {until}: {each.excuse.reason}"


NOBODY_REGISTERED = "No registered document asks for it."


def as_data(report: Report) -> dict[str, Any]:
    """A report for programs, to be written as JSON."""
    return {
        "fails": report.fails,
        **{severity.value: list(_data(report, severity)) for severity in Severity},
        "brokenDocuments": list(report.broken),
        "spentExcuses": [each.line for each in report.spent],
    }


def _data(report: Report, severity: Severity) -> Iterator[dict[str, Any]]:
    for each in report.seen:
        if each.change.severity is not severity:
            continue
        yield {
            "coordinate": each.change.coordinate,
            "kind": each.change.kind,
            "says": each.change.says,
            "advice": each.advice or None,
            "documents": list(each.documents),
            "usedBy": None
            if each.uses is None
            else [
                {"client": u.client, "since": str(u.since), "last": str(u.last)} for u in each.uses
            ],
            "excuse": None
            if each.excuse is None
            else {
                "until": str(each.excuse.until),
                "reason": each.excuse.reason,
                "expired": each.expired,
            },
        }
