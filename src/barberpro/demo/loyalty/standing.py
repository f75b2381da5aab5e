"""A customer's standing, from what the ledger holds. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .ledger import Entry

TIERS = (("GOLD", 1_000), ("SILVER", 300), ("BRONZE", 0))
"""From how many points of a year, the highest first."""
YEAR = timedelta(days=365)
MOST_ENTRIES = 100


@dataclass(frozen=True)
class Standing:
    """What `Loyalty` shows; its members are named as there."""

    points: int
    tier: str
    pointsToNextTier: int | None
    listed: Sequence[Entry]

    def entries(self, _info: Any, first: int) -> list[dict[str, Any]]:
        """What was earned, the latest first. ValueError where more is asked for than is shown."""
        if not 0 <= first <= MOST_ENTRIES:
            raise ValueError(f"`first` must be from 0 to {MOST_ENTRIES}")
        return [
            {"bookingId": e.booking_id, "points": e.points, "earnedAt": e.earned_at}
            for e in self.listed[:first]
        ]


def standing(entries: Sequence[Entry], now: datetime) -> Standing:
    """The standing of a customer who has these entries."""
    since = (now - YEAR).isoformat()
    lately = sum(e.points for e in entries if e.earned_at >= since)
    at = next(n for n, (_, least) in enumerate(TIERS) if lately >= least)
    lacking = TIERS[at - 1][1] - lately if at else None
    return Standing(sum(e.points for e in entries), TIERS[at][0], lacking, entries)
