"""The demo's loyalty service: what visits earn, and that nobody sees another tenant's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barberpro.demo.loyalty.ledger import Entry, Ledger, Visit, points_for
from barberpro.demo.loyalty.standing import TIERS, YEAR, standing
from barberpro.platform.clock import iso

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)


def visit(n: int, customer: str = "c", price: int = 1_259_999, location: str = "l") -> Visit:
    return Visit(f"b{n}", customer, location, price, iso(NOW - timedelta(days=n)))


def test_a_hundred_pesos_are_a_point_and_the_rest_is_lost() -> None:
    assert [points_for(visit(1, price=p)) for p in (0, 9_999, 10_000, 1_259_999)] == [0, 0, 1, 125]


@pytest.mark.parametrize(
    ("lately", "tier", "lacking"),
    [(0, "BRONZE", 300), (299, "BRONZE", 1), (300, "SILVER", 700), (999, "SILVER", 1), (1_000, "GOLD", None)],
)  # fmt: skip
def test_a_tier_follows_from_the_last_year(lately: int, tier: str, lacking: int | None) -> None:
    old = Entry("a", 5_000, iso(NOW - YEAR - timedelta(seconds=1)))
    found = standing([Entry("b", lately, iso(NOW - YEAR)), old], NOW)
    assert (found.points, found.tier, found.pointsToNextTier) == (lately + 5_000, tier, lacking)


@given(st.lists(st.integers(0, 2_000), max_size=8))
def test_more_points_are_never_a_lower_tier(points: list[int]) -> None:
    order = [name for name, _ in reversed(TIERS)]
    entries = [Entry(f"b{n}", p, iso(NOW)) for n, p in enumerate(points)]
    tiers = [order.index(standing(entries[:n], NOW).tier) for n in range(len(entries) + 1)]
    assert tiers == sorted(tiers)


def test_entries_are_asked_for_in_part() -> None:
    found = standing([Entry("b", 1, iso(NOW)), Entry("a", 2, iso(NOW))], NOW)
    assert [e["bookingId"] for e in found.entries(None, first=1)] == ["b"]
    for first in (-1, 101):
        with pytest.raises(ValueError, match="from 0 to 100"):
            found.entries(None, first=first)


def test_a_tenants_entries_are_its_own_and_replaced_whole(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "loyalty.db")
    assert ledger.replace("one", [visit(1), visit(2), visit(3, location="m")]) == 3
    assert ledger.replace("other", [visit(1, price=20_000)]) == 1
    assert [e.booking_id for e in ledger.of("one", ["c", "d"], None)["c"]] == ["b1", "b2", "b3"]
    assert [e.points for e in ledger.of("other", ["c"], None)["c"]] == [2]
    assert [e.booking_id for e in ledger.of("one", ["c"], {"m"})["c"]] == ["b3"]
    assert ledger.of("one", ["c"], set()) == {}
    ledger.replace("one", [visit(2)])
    assert [e.booking_id for e in Ledger(tmp_path / "loyalty.db").of("one", ["c"], None)["c"]] == [
        "b2"
    ]
    assert [e.points for e in ledger.of("other", ["c"], None)["c"]] == [2]
