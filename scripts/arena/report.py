"""What the rounds say: medians, and how far the rounds are apart."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .contenders import GATEWAY
from .rounds import Sample

HAND = ("hand", "hand-json")


@dataclass(frozen=True)
class Spread:
    """A median, and the quartiles around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.low:.2f}–{self.high:.2f}]"


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def table(samples: Sequence[Sample]) -> str:
    """A table for each operation: every contender, and what the gateway costs beside it, by the rounds."""
    operations = list(dict.fromkeys(each.operation for each in samples))
    return "\n\n".join(_of_operation(samples, operation) for operation in operations)


def _of_operation(samples: Sequence[Sample], operation: str) -> str:
    ours = [each for each in samples if each.operation == operation]
    names = list(dict.fromkeys(each.contender for each in ours))
    lines = [
        f"{operation:<14}{'server':>10}{'database':>10}{'total':>10}{'p50':>11}{'p99':>11}{'a second':>10}"
        "   server CPU: gateway ÷ it [quartiles]"
    ]
    for name in sorted(names, key=lambda n: (n != GATEWAY, n)):
        its = [each for each in ours if each.contender == name]
        cells = (
            _median(its, lambda s: s.server),
            _median(its, lambda s: s.database),
            _median(its, lambda s: s.total),
            _median(its, lambda s: s.p50),
            _median(its, lambda s: s.p99),
        )
        shown = "".join(f"{c:>10.3f}" for c in cells[:3]) + "".join(
            f"{c:>11.1f}" for c in cells[3:]
        )
        rate = _median(its, lambda s: s.per_second)
        lines.append(f"{name:<14}{shown}{rate:>10.1f}   {_told(ours, name)}")
    cheaper = cheaper_total(ours)
    if cheaper is not None:
        lines.append(f"total CPU, gateway ÷ the cheaper hand-written form: {cheaper}")
    return "\n".join(lines)


def _told(samples: Iterable[Sample], name: str) -> str:
    if name == GATEWAY:
        return ""
    found = ratio(samples, name)
    if found.median >= 0.5:
        return f"{found}"
    less = Spread(1 / found.median, 1 / found.high, 1 / found.low)
    return f"{found}, or {less.median:.1f} times less [{less.low:.1f}–{less.high:.1f}]"


def ratio(samples: Iterable[Sample], name: str) -> Spread:
    """The gateway's server CPU by that of another, round by round."""
    by = {(each.contender, each.round): each.server for each in samples}
    rounds = sorted(n for who, n in by if who == name)
    return spread([by[GATEWAY, n] / by[name, n] for n in rounds])


def cheaper_total(samples: Iterable[Sample]) -> Spread | None:
    """The gateway's CPU, server and database, by that of the cheaper hand-written form; None without both forms."""
    by = {(each.contender, each.round): each.total for each in samples}
    rounds = sorted(n for who, n in by if who == GATEWAY)
    if any((name, n) not in by for name in HAND for n in rounds):
        return None
    return spread([by[GATEWAY, n] / min(by[name, n] for name in HAND) for n in rounds])


def _median(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    return statistics.median(of(each) for each in samples)
