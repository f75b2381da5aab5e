"""What a caller must hold to ask for a field: any one of some sets of scopes, whole.

    scope="bookings:read"
    scope=needs("billing:read") | needs("accounting:read") & ORGANIZATION_WIDE

A policy is a fact about the caller instead of a grant. It is held like a scope, by its name in capitals, so both are
decided in one place: once an operation, before its first statement.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_

from barberpro.platform.principal import Principal


@dataclass(frozen=True)
class Policy:
    """A fact about the caller that a field can require, and how it is told to who lacks it."""

    holds: Callable[[Principal], bool]
    words: str


POLICIES = {
    "ORGANIZATION_WIDE": Policy(
        lambda caller: caller.locations is None, "a caller who is not limited to locations"
    ),
    "SIGNED_IN": Policy(lambda caller: caller.user is not None, "a person who has signed in"),
}


@dataclass(frozen=True)
class Needed:
    """Any one of these sets, whole. Without a set it is met by nobody, with an empty one by everybody."""

    sets: frozenset[frozenset[str]]

    def __and__(self, other: "Needed") -> "Needed":
        return Needed(_smallest(one | more for one in self.sets for more in other.sets))

    def __or__(self, other: "Needed") -> "Needed":
        return Needed(_smallest(self.sets | other.sets))

    def __str__(self) -> str:
        return " | ".join(" & ".join(one) or "anybody" for one in self.listed()) or "nobody"

    @property
    def is_public(self) -> bool:
        return frozenset() in self.sets

    def met_by(self, held: frozenset[str]) -> bool:
        return any(one <= held for one in self.sets)

    def listed(self) -> list[list[str]]:
        """The sets in one order: by length, then by name."""
        return sorted((sorted(one) for one in self.sets), key=lambda one: (len(one), one))

    def lacking(self, held: frozenset[str]) -> list[str]:
        """What is missing to the nearest of the sets."""
        return min((sorted(one - held) for one in self.sets), key=lambda one: (len(one), one))


Scope = str | Needed
"""How a declaration states it: the usual single scope by its name."""


def needs(*names: str) -> Needed:
    """All of these scopes."""
    return Needed(frozenset({frozenset(names)}))


ANYBODY = needs()
ORGANIZATION_WIDE = needs("ORGANIZATION_WIDE")
SIGNED_IN = needs("SIGNED_IN")


def as_needed(scope: Scope) -> Needed:
    """A declaration's scope; the empty name is anybody's."""
    if isinstance(scope, Needed):
        return scope
    return needs(scope) if scope else ANYBODY


def held_by(caller: Principal) -> frozenset[str]:
    """The caller's scopes, and the policies that are true of the caller: no scope can pass for one."""
    return _held(
        caller.scopes, tuple([name for name, policy in POLICIES.items() if policy.holds(caller)])
    )


@lru_cache(maxsize=4_096)
def _held(scopes: frozenset[str], true: tuple[str, ...]) -> frozenset[str]:
    return scopes.difference(POLICIES).union(true)


@dataclass(frozen=True)
class Requirement:
    """What a whole operation needs: that of each of its fields."""

    always: frozenset[str]
    """Needed whatever else."""
    choices: tuple[Needed, ...] = ()
    """Fields that more than one set opens."""

    @classmethod
    def of(cls, fields: Iterable[Needed]) -> "Requirement":
        each = set(fields)
        single = [one for one in each if len(one.sets) == 1]
        always = frozenset[str]().union(*(next(iter(one.sets)) for one in single))
        return cls(always, tuple(sorted((e for e in each if len(e.sets) != 1), key=str)))

    def lacking(self, held: frozenset[str]) -> frozenset[str]:
        """What the caller would need beside; empty where nothing is missing."""
        missing = self.always - held
        for choice in self.choices:
            if not choice.met_by(held):
                missing |= frozenset(choice.lacking(held))
        return missing

    def __str__(self) -> str:
        both = [*sorted(self.always), *(f"({choice})" for choice in self.choices)]
        return " & ".join(both) or "none"


def together(each: Iterable[Needed]) -> Needed:
    """All of these at once."""
    return reduce(and_, each, ANYBODY)


def _smallest(sets: Iterable[frozenset[str]]) -> frozenset[frozenset[str]]:
    """Without those that a smaller one makes needless."""
    all_of = frozenset(sets)
    return frozenset(one for one in all_of if not any(other < one for other in all_of))
