"""Charges operations to their client's budget before they run, and gives back what they did not use.

What is charged first is the cost at most, as planned; what stays charged is what the answer held, and never more than
was planned. An operation that is not carried out to its end stays charged in full.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from barberpro.graph.context import Budget
from barberpro.platform.limits import Limiter, Verdict
from barberpro.platform.principal import Principal

from .problems import Code, Refusal, refused
from .tiers import Tier

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Charge:
    """What an operation was charged, and how its client's budget stands."""

    key: str
    tier: Tier
    requested: int
    taken: Verdict
    """What the limiter said when it was charged."""
    standing: Verdict
    """The last that was heard of the budget."""
    actual: int | None = None
    """What the answer held; None while there is none."""

    @property
    def budget(self) -> Budget:
        """What the client may spend, as resolvers see it."""
        policy = self.tier.budget
        return Budget(policy.capacity, self.standing.remaining, policy.per_second)

    @property
    def extension(self) -> dict[str, Any]:
        """`extensions.cost` of an answer."""
        policy = self.tier.budget
        return {
            "requestedQueryCost": self.requested,
            "actualQueryCost": self.actual,
            "throttleStatus": {
                "maximumAvailable": policy.capacity,
                "currentlyAvailable": self.standing.remaining,
                "restoreRate": policy.per_second,
            },
        }

    @property
    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`, of draft-ietf-httpapi-ratelimit-headers.

        `r` is what could be spent now, `t` the seconds until all of it is there.
        """
        left, seconds = self.standing.remaining, math.ceil(self.standing.reset_after)
        return {
            "ratelimit-policy": self.tier.header,
            "ratelimit": f'"{self.tier.name}";r={left};t={seconds}',
        }


class Budgets:
    """The budgets of all clients."""

    def __init__(self, limiter: Limiter, tiers: Mapping[str, Tier]) -> None:
        self._limiter = limiter
        self._tiers = tiers
        self._first = next(iter(tiers.values()))
        self._in_work: Counter[str] = Counter()
        self._unknown: set[str] = set()

    def tier(self, principal: Principal) -> Tier:
        """The client's; the first where none was set, or the one that was is no more."""
        name = principal.tier
        if name is None:
            return self._first
        found = self._tiers.get(name)
        if found is None and name not in self._unknown:
            self._unknown.add(name)
            log.warning("tier.unknown", tier=name, instead=self._first.name)
        return found or self._first

    async def charge(self, principal: Principal, cost: int) -> tuple[Charge, Refusal | None]:
        """Take the cost from the client's budget; with the Refusal, where there is too little in it.

        `THROTTLED` says when the same would be admitted; what no full budget holds is `COST_LIMIT_EXCEEDED`.
        """
        tier = self.tier(principal)
        key = f"budget:{principal.tenant}:{principal.client}"
        verdict = await self._limiter.take(key, tier.budget, cost)
        charge = Charge(key, tier, cost, verdict, verdict)
        return charge, None if verdict.admitted else _refusal(charge)

    def settle(self, charge: Charge, actual: int) -> None:
        """Give back what was charged and not used."""
        charge.actual = used = min(actual, charge.requested)
        unused = charge.requested - used
        if unused:
            policy = charge.tier.budget
            charge.standing = self._limiter.give_back(charge.key, policy, unused, charge.taken)

    def enter(self, principal: Principal) -> None:
        """Take one of the client's places for an operation. Refusal 429 where none is free.

        Counted in each process for itself, so that no place is lost with a process.
        """
        client, most = principal.client, self.tier(principal).concurrency
        if self._in_work[client] >= most:
            message = f"This client has {most} operations in work. Wait for one of them to end."
            raise throttled(message, 1)
        self._in_work[client] += 1

    def leave(self, principal: Principal) -> None:
        """Give the place back."""
        client = principal.client
        self._in_work[client] -= 1
        if not self._in_work[client]:
            del self._in_work[client]


def throttled(message: str, seconds: int) -> Refusal:
    """An operation that may be sent again after so many seconds."""
    refusal = refused(Code.THROTTLED, message, status=429, retryAfter=seconds)
    refusal.headers = {"retry-after": str(seconds)}
    return refusal


def _refusal(charge: Charge) -> Refusal:
    most, left = charge.tier.budget.capacity, charge.standing.remaining
    if charge.requested > most:
        message = f"The operation costs {charge.requested}; the client's budget never holds more than {most}."
        return refused(Code.COST_LIMIT_EXCEEDED, message)
    # A second at least: clients come back at once after 0.
    seconds = max(1, math.ceil(charge.standing.retry_after))
    return throttled(
        f"The operation costs up to {charge.requested}, and {left} of {most} are left. Try again in {seconds} s.",
        seconds,
    )
