"""The ranking finds what was planted, invents nothing, and does not know the future."""

from dataclasses import replace

import numpy as np
import pytest

from barberpro.domains.recommendations.training.blend import (
    BLEND,
    Model,
    Ranked,
    Weights,
    fitted,
    ranked,
)
from barberpro.domains.recommendations.training.ease import item_weights
from barberpro.domains.recommendations.training.explaining import companions, personal
from barberpro.domains.recommendations.training.habits import HORIZON_DAYS
from barberpro.domains.recommendations.training.judging import Quality, after, quality
from barberpro.domains.recommendations.training.past import Past

from .planted import AT_DAY, SERVICES, chain, made, past

BEARD, CUT, BOTH = (SERVICES.index(name) for name in ("Barba", "Corte", "Corte y barba"))


@pytest.fixture(scope="module")
def full() -> Past:
    return past(np.random.default_rng(1))


def of(found: Ranked, customer: int) -> list[tuple[int, int]]:
    """Services and seats, the best first."""
    mine = found.customer == customer
    return list(zip(found.service[mine].tolist(), found.seat[mine].tolist(), strict=True))


def with_beard(full: Past, customer: int = 0) -> Past:
    """The same, where a customer also has a strict habit: a beard each 21 days for 12 weeks."""
    seat = int(full.seat[full.customer == customer][-1])
    days = np.array([AT_DAY - 19 - 21 * n for n in range(5)])[::-1]
    day = np.concatenate([full.day, days])
    order = np.argsort(day, kind="stable")
    more = len(days)
    return replace(
        full,
        customer=np.append(full.customer, [customer] * more)[order],
        service=np.append(full.service, [BEARD] * more)[order],
        seat=np.append(full.seat, [seat] * more)[order],
        day=day[order],
    )


def test_a_strict_habit_comes_first_and_goes_with_its_bookings(full: Past) -> None:
    customer = 3
    before = ranked(fitted(full))
    assert of(before, customer)[0][0] != BEARD
    habit = fitted(with_beard(full, customer))
    found = ranked(habit)
    assert of(found, customer)[0][0] == BEARD
    first = next(
        row
        for row in personal(habit, found, None, None)
        if row["customer_id"] == f"cus_{customer:05}" and row["rank"] == 1
    )
    assert first["source"] == "REPEAT"
    assert [r["code"] for r in first["reasons"]][:2] == ["OWN_HABIT", "DUE"]
    assert first["reasons"][0]["everyDays"] == 21
    again = ranked(fitted(full))
    for name, values in vars(before).items():
        np.testing.assert_array_equal(values, getattr(again, name))


def test_the_blend_beats_popularity_frequency_and_ease_alone(full: Past) -> None:
    at = full.at - HORIZON_DAYS
    model, came = fitted(full.before(at)), after(full, at)
    times = model.habits.times
    share = times / np.maximum(times.sum(axis=1, keepdims=True), 1)

    def judged(weights: Weights, own: np.ndarray | None = None) -> Quality:
        return quality(ranked(model, weights, own=own), came)

    blend = judged(BLEND)
    assert blend.customers > 400
    rivals = [
        judged(Weights(own=0, together=0, popular=1, loyal=0, near=1)),
        judged(Weights(own=1, together=0, popular=1e-6, loyal=1, near=1e-6), share),
        judged(Weights(own=0, together=0.5, popular=0, loyal=0, near=1)),
    ]
    for rival in rivals:
        assert blend.pair_hr_at_10 > rival.pair_hr_at_10
        assert blend.pair_ndcg_at_10 > rival.pair_ndcg_at_10
        assert blend.service_hr_at_3 > rival.service_hr_at_3
    assert blend.pair_hr_at_10 > 1.3 * rivals[0].pair_hr_at_10


def test_ease_finds_what_goes_together_and_lets_nothing_speak_for_itself() -> None:
    rng = np.random.default_rng(3)
    tastes = (rng.random((500, 4)) < 0.2).astype(float)
    tastes[:, 1] = np.where(rng.random(500) < 0.9, tastes[:, 0], tastes[:, 1])  # 1 goes with 0
    weights = item_weights(tastes)
    assert np.diag(weights).tolist() == [0, 0, 0, 0]
    assert weights[0, 1] > 0.5
    assert weights[0, 1] == weights[0].max()
    assert np.abs(weights[2, [0, 1]]).max() < 0.2


def forgotten(model: Model, gone: np.ndarray) -> Ranked:
    """What would be recommended without these bookings, where what was learned from everybody stays."""
    fewer = fitted(model.past._of(~gone, model.past.at))
    kept = {name: getattr(model, name) for name in ("together", "popular", "share")}
    return ranked(replace(fewer, **kept))


def score_of(found: Ranked, customer: int, service: int, seat: int) -> float:
    at = (found.customer == customer) & (found.service == service) & (found.seat == seat)
    return float(found.score[at].sum())  # 0 where it is not among the best any more


@pytest.mark.parametrize(
    ("code", "about"),
    [
        ("OWN_HABIT", "service"),
        ("BOOKED_BEFORE", "service"),
        ("GOES_WITH", "companion"),
        ("USUAL_PROVIDER", "provider"),
    ],
)
def test_without_the_bookings_a_reason_cites_the_score_is_lower(
    full: Past, code: str, about: str
) -> None:
    model = fitted(full)
    found = ranked(model)
    place = {at: n for n, at in enumerate(zip(found.customer, found.rank, strict=True))}
    citing = [
        (place[int(row["customer_id"][4:]), row["rank"]], row)
        for row in personal(model, found, None, None)
        if code in {reason["code"] for reason in row["reasons"]}
    ]
    for n, row in citing[:: max(1, len(citing) // 15)]:
        who, what, seat = found.customer[n], found.service[n], found.seat[n]
        cited = {
            "service": full.service == what,
            "companion": full.service == SERVICES.index(row["companion_id"] or "Corte"),
            "provider": full.seat == seat,
        }[about]
        left = forgotten(model, cited & (full.customer == who))
        assert score_of(left, who, what, seat) < found.score[n]


def test_what_a_companion_gives_is_what_is_missing_without_it(full: Past) -> None:
    model = fitted(full)
    found = ranked(model)
    led = np.flatnonzero(found.parts.argmax(axis=1) == 1)[:20]
    companion, gain = companions(model, found.customer[led], found.service[led])
    for n, other, lost in zip(led, companion, gain, strict=True):
        who, what, seat = found.customer[n], found.service[n], found.seat[n]
        left = forgotten(model, (full.customer == who) & (full.service == other))
        at = np.flatnonzero((left.customer == who) & (left.service == what) & (left.seat == seat))
        for still in at:  # none where it fell out of the list altogether
            assert left.parts[still, 1] == pytest.approx(max(0, found.parts[n, 1] - lost), abs=1e-9)


def test_what_came_later_changes_nothing_that_was_known(full: Past) -> None:
    at = full.at - 90
    known = full.before(at)
    other = full._of((full.day < at) | (full.service == CUT), full.at).before(at)
    then = ranked(fitted(other))
    for name, values in vars(ranked(fitted(known))).items():
        np.testing.assert_array_equal(values, getattr(then, name))


def test_only_what_can_be_booked_where_it_can_be_reached_is_recommended(full: Past) -> None:
    offered, staffed = np.ones(len(SERVICES), dtype=bool), np.ones(12, dtype=bool)
    offered[CUT] = staffed[2] = False
    today = replace(full.chain, offered=offered, is_staffed=staffed)
    found = ranked(fitted(replace(full, chain=today)))
    assert CUT not in found.service
    assert 2 not in found.seat
    home = full.chain.homes[found.customer]
    assert (full.chain.seat_locations[found.seat] == home).all()  # they have been nowhere else
    assert sorted(np.unique(found.seat)) == [n for n in range(12) if n != 2]


def test_the_best_are_ranked_from_one_without_gaps_and_at_most_ten(full: Past) -> None:
    found = ranked(fitted(full))
    for customer in np.unique(found.customer)[:50]:
        mine = found.customer == customer
        assert found.rank[mine].tolist() == list(range(1, mine.sum() + 1))
        assert (np.diff(found.score[mine]) <= 0).all()
        assert mine.sum() <= 10
        assert len(set(of(found, customer))) == mine.sum()


def test_customers_in_portions_are_ranked_as_all_at_once(
    full: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted(full)
    whole = ranked(model)
    monkeypatch.setattr("barberpro.domains.recommendations.training.blend.AT_ONCE", 7)
    parts = ranked(model)
    for name, values in vars(whole).items():
        np.testing.assert_array_equal(values, getattr(parts, name))


def test_where_nothing_was_booked_nothing_is_recommended() -> None:
    model = fitted(made(chain(5), []))
    assert len(ranked(model).score) == 0
    assert list(personal(model, ranked(model), None, None)) == []


def test_where_nobody_works_any_more_nothing_is_recommended() -> None:
    gone = replace(chain(5), is_staffed=np.zeros(12, dtype=bool))
    assert len(ranked(fitted(made(gone, [(0, CUT, 0, AT_DAY - 3)]))).score) == 0


def test_one_customer_with_one_booking() -> None:
    model = fitted(made(chain(1), [(0, CUT, 1, AT_DAY - 30)]))
    rows = list(personal(model, ranked(model), None, None))
    first = rows[0]
    assert (first["service_id"], first["provider_id"], first["rank"]) == ("Corte", "prv_0001", 1)
    assert first["confidence"] is first["predicted_rating"] is None
    assert first["reasons"][0] == {"code": "BOOKED_BEFORE", "times": 1, "local": True}
    assert {row["service_id"] for row in rows} == {"Corte"}  # nobody booked anything else


def test_a_customer_without_a_home_is_sent_where_they_go() -> None:
    homeless = replace(chain(1), homes=np.array([-1]))
    found = ranked(fitted(made(homeless, [(0, CUT, 5, AT_DAY - 30)])))
    assert found.seat[0] == 5
    assert set(found.seat) == {4, 5, 6, 7}  # all at that location


def test_what_is_recommended_has_a_reason_that_fits_its_source(full: Past) -> None:
    model: Model = fitted(full)
    fits = {
        "REPEAT": {"OWN_HABIT", "BOOKED_BEFORE"},
        "COLLABORATIVE": {"GOES_WITH"},
        "POPULAR": {"POPULAR_HERE", "POPULAR_EVERYWHERE", "GOES_WITH", "USUAL_PROVIDER"},
    }
    seen = set()
    for row in personal(model, ranked(model), None, None):
        codes = {each["code"] for each in row["reasons"]}
        assert codes & fits[row["source"]]
        assert ("GOES_WITH" in codes) == (row["companion_id"] is not None)
        assert row["companion_id"] != row["service_id"]
        seen |= codes
    assert seen >= {"OWN_HABIT", "BOOKED_BEFORE", "DUE", "GOES_WITH", "USUAL_PROVIDER"}
