"""From rows to recommendations, all that is computed: what is claimed, from how much, and always the same."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from barberpro.domains.recommendations.training.past import (
    NOWHERE,
    Past,
    Sources,
    arrays,
    fingerprint,
    instant,
)
from barberpro.domains.recommendations.training.pipeline import learn

from .planted import AT, past


def rows(full: Past, *, rated: float = 0.5, closed: str | None = None) -> dict[str, list[Any]]:
    """The rows that a past was read from; better providers are rated better."""
    of, chance = full.chain, np.random.default_rng(4)
    bookings, ratings = [], []
    for n, (c, s, seat, day) in enumerate(
        zip(full.customer, full.service, full.seat, full.day, strict=True)
    ):
        provider, location = of.seats[seat]
        who, began = of.customers[c], instant(day)
        bookings.append((f"bkg_{n:06}", who, of.services[s], provider, location, began))
        if chance.random() < rated:
            score = int(np.clip(round(2 + seat * 0.25 + chance.normal(0, 0.4)), 1, 5))
            ratings.append((f"bkg_{n:06}", who, provider, score, began + timedelta(hours=1)))
    return {
        "customers": [
            (who, of.locations[home]) for who, home in zip(of.customers, of.homes, strict=True)
        ],
        "services": [(each, True) for each in of.services],
        "locations": [(each, each != closed) for each in of.locations],
        "seats": list(of.seats),
        "bookings": bookings,
        "ratings": ratings,
    }


@pytest.fixture(scope="module")
def full() -> Past:
    return past(np.random.default_rng(6), 400)


def comparable(sources: Sources) -> list[dict[str, Any]]:
    return [{**row, "id": ""} for row in learn(sources, AT).personal]


def test_with_enough_to_go_by_confidence_and_ratings_are_told(full: Past) -> None:
    learned = learn(Sources(**rows(full)), AT)
    made = list(learned.personal)
    assert {row["confidence"] is None for row in made} == {False}
    assert all(0 <= row["confidence"] <= 1 for row in made)
    rated = [row["predicted_rating"] for row in made if row["predicted_rating"] is not None]
    assert len(rated) > 0.9 * len(made)
    assert all(1 <= stars <= 5 for stars in rated)
    worst, best = (
        np.nanmean([r["predicted_rating"] or np.nan for r in made if r["provider_id"] == provider])
        for provider in ("prv_0000", "prv_0003")
    )
    assert best > worst + 0.4
    calibration, ranking = learned.metrics["calibration"], learned.metrics["ranking"]
    assert calibration["ece"] <= 0.05 and calibration["n"] > 200
    assert ranking["pair_hr_at_10"] > 0.8
    assert learned.metrics["ratings"]["rmse"] < learned.metrics["ratings"]["rmse_mean"]


def test_with_a_short_past_neither_is_told(full: Past) -> None:
    young = full._of(full.day > full.at - 80, full.at)  # there is no earlier window to fit on
    learned = learn(Sources(**rows(young, rated=0.01)), AT)
    made = list(learned.personal)
    assert made
    assert {(row["confidence"], row["predicted_rating"]) for row in made} == {(None, None)}
    assert learned.metrics["calibration"] is None


def test_in_whatever_order_rows_come_the_same_is_learned(full: Past) -> None:
    given = rows(full)
    shuffled = {name: random.Random(1).sample(some, len(some)) for name, some in given.items()}
    assert comparable(Sources(**shuffled)) == comparable(Sources(**given))


def test_the_fingerprint_changes_with_any_row(full: Past) -> None:
    given = rows(full)

    def printed(**other: Any) -> str:
        return fingerprint(*arrays(Sources(**{**given, **other}), AT))

    same = printed()
    assert printed() == same
    for name in ("bookings", "ratings"):
        assert printed(**{name: given[name][:-1]}) != same
    assert printed(customers=[*given["customers"], ("cus_99999", None)]) != same
    off = [(given["services"][0][0], False), *given["services"][1:]]
    assert printed(services=off) != same
    assert printed(seats=given["seats"][1:]) != same  # that provider left


def test_where_a_location_has_closed_nobody_is_at_home_nor_booked(full: Past) -> None:
    found, _ = arrays(Sources(**rows(full, closed="loc_001")), AT)
    of = found.chain
    assert (of.homes == 1).sum() == 0
    assert (of.homes == NOWHERE).sum() == (full.chain.homes == 1).sum()
    assert of.is_staffed.tolist() == [place != "loc_001" for _, place in of.seats]


def test_a_service_that_was_never_booked_and_is_not_offered_takes_no_room(full: Past) -> None:
    given = rows(full)
    given["services"] += [("srv_new", True), ("srv_old", False)]
    found, _ = arrays(Sources(**given), AT)
    assert set(found.chain.services) == {*full.chain.services, "srv_new"}


def test_days_become_the_instants_they_were() -> None:
    then = datetime(2026, 3, 1, 14, 30, tzinfo=UTC)
    assert instant(then.timestamp() / 86_400) == then
