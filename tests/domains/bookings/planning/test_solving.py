"""Plans: what they keep, what they win, that they are the same again, and what they say of those left out."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.domains.bookings.planning.bounding import bound
from barberpro.domains.bookings.planning.checking import broken
from barberpro.domains.bookings.planning.generating import generate
from barberpro.domains.bookings.planning.instance import Instance, read, written
from barberpro.domains.bookings.planning.plan import Plan, plan_of
from barberpro.domains.bookings.planning.solving import solve

from .days import day, provider, put, wish


def planned(document: dict[str, Any], rounds: int | None = None, seed: int = 1) -> Plan:
    """A plan that keeps every rule of its instance, between greedy and the bound."""
    instance = read(document)
    plan = plan_of(instance, solve(instance, rounds=rounds, seed=seed))
    figures = plan.figures
    assert broken(document, plan.document()) == []
    assert figures.greedy_points <= figures.points <= figures.bound_points
    assert figures.utilisation <= figures.bound_utilisation
    assert figures.accepted + len(plan.refused) == figures.requests
    return plan


def test_first_fit_takes_requests_in_their_turn() -> None:
    plan = planned(
        day(requests=[wish("late", earliest=570), wish("early", latest=600), wish("end")])
    )

    assert [(each.request, each.at) for each in plan.assignments] == [
        ("late", 570),
        ("end", 630),
    ]
    assert plan.figures.utilisation == 0.6667


def test_improving_finds_the_only_order_that_serves_all() -> None:
    plan = planned(
        day(requests=[wish("late", earliest=570), wish("early", latest=600), wish("end")]),
        rounds=200,
    )

    assert sorted(each.at for each in plan.assignments) == [540, 600, 660]
    assert plan.refused == []
    assert plan.figures.points == plan.figures.bound_points == 180


def test_what_is_pinned_stays_even_where_a_rule_forbids_it() -> None:
    pinned = put("pinned", 641) | {"at": 641}
    del pinned["request"]
    plan = planned(
        day(requests=[wish("pinned", service="shave", pinned=pinned), wish("a"), wish("b")]),
        rounds=200,
    )

    assert [(each.request, each.at) for each in plan.assignments] == [("pinned", 641), ("a", 540)]


def test_who_is_shared_needs_the_time_to_travel() -> None:
    shops = {
        "locations": [{"id": "centro", "chairs": ["c1"]}, {"id": "norte", "chairs": ["n1"]}],
        "providers": [provider("ana", "centro", "norte")],
        "requests": [
            wish("a", locations=["centro"], latest=600),
            wish("b", locations=["norte"]),
            wish("c", locations=["norte"]),
        ],
    }
    way = {"between": ["centro", "norte"], "minutes": 30}

    near, apart = day(**shops, travel=[way]), day(**shops)

    assert {each.location for each in planned(near, rounds=100).assignments} == {"centro", "norte"}
    assert {each.location for each in planned(apart, rounds=100).assignments} == {"norte"}
    limited = day(**shops, travel=[way], policies={"maxTravelMinutes": 20})
    together = {each.location for each in planned(limited, rounds=100).assignments}
    assert together == {"norte"}


def test_fairness_spreads_the_work() -> None:
    two = day(
        locations=[{"id": "centro", "chairs": ["c1", "c2"]}],
        providers=[provider("ana", "centro"), provider("bo", "centro")],
        requests=[wish("a"), wish("b")],
    )

    def busy(policies: dict[str, int]) -> list[str]:
        plan = planned(two | {"policies": policies}, rounds=100)
        return sorted(each.provider for each in plan.assignments)

    assert busy({"fairness": 50}) == ["ana", "bo"]
    assert planned(two | {"policies": {"fairness": 50}}).figures.points == 120 - 2 * (50 // 9)


def test_the_same_seed_and_rounds_give_the_same_plan() -> None:
    document = written(generate(locations=3, providers=3, requests=90, seed=5))

    once, again = planned(document, rounds=300), planned(document, rounds=300)

    assert once.assignments == again.assignments
    assert once.refused == again.refused
    assert planned(document, rounds=300, seed=2).assignments != once.assignments
    assert once.figures.utilisation > once.figures.greedy_utilisation + 0.08


def test_ended_early_it_keeps_the_best_so_far() -> None:
    instance = generate(locations=3, providers=3, requests=90, seed=5)
    seen: list[tuple[float, int]] = []

    def three_looks(share: float, points: int) -> bool:
        seen.append((share, points))
        return len(seen) < 3

    solved = solve(instance, rounds=1_000, progress=three_looks)

    assert [share for share, _ in seen] == [0, 0.016, 0.032]
    assert (solved.finished, solved.rounds) == (False, 32)
    assert solved.points >= seen[-1][1]
    assert broken(written(instance), plan_of(instance, solved).document()) == []


def test_who_is_left_out_hears_what_would_help() -> None:
    document = day(
        locations=[{"id": "centro", "chairs": ["c1", "c2"]}],
        providers=[
            provider("ana", "centro"),
            provider("bo", "centro", skills=("shave",)),
        ],
        requests=[wish("first", earliest=540, latest=600), wish("second", latest=600)],
    )

    (refusal,) = planned(document, rounds=50).refused

    assert (refusal.request, refusal.possible) == ("second", True)
    assert [(way.provider, way.at, way.breaks, way.in_the_way) for way in refusal.ways] == [
        ("ana", 540, ("BUSY",), ("first",)),
        ("bo", 540, ("SKILL",), ()),
        ("ana", 600, ("WINDOW",), ()),
    ]


def test_what_nobody_could_ever_serve_is_told_as_such() -> None:
    (refusal,) = planned(day(requests=[wish("a", minutes=200, latest=900)])).refused

    assert not refusal.possible
    assert [(way.at, way.breaks) for way in refusal.ways] == [(None, ("SHIFT",))]


def test_nothing_to_plan_is_a_plan() -> None:
    plan = planned(day(providers=[]), rounds=10)

    assert (plan.assignments, plan.refused, plan.figures.utilisation) == ([], [], 0.0)


def test_the_bound_is_reached_where_nothing_is_lost() -> None:
    most = bound(read(day(requests=[wish(f"r{n}") for n in range(5)])))

    assert (most.points, most.minutes) == (180, 180)


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Odd days: every number may lie between two steps, some visits are pinned, policies are tight."""
    minutes = st.integers(1, 90)
    document = written(
        generate(
            locations=draw(st.integers(1, 3)),
            providers=draw(st.integers(1, 3)),
            requests=draw(st.integers(1, 25)),
            seed=draw(st.integers(0, 1_000)),
        )
    )
    document["step"] = draw(st.sampled_from((1, 4, 5, 15)))
    document["policies"] = {
        "fairness": draw(st.integers(0, 100)),
        "minRestMinutes": draw(st.integers(0, 17)),
        "maxTravelMinutes": draw(st.integers(0, 120)),
    }
    for way in document.get("travel", []):
        way["minutes"] = draw(minutes)
    for request in document["requests"]:
        request["minutes"] = draw(st.integers(1, 75))
        request["before"], request["after"] = draw(st.integers(0, 13)), draw(st.integers(0, 13))
    for request in draw(st.lists(st.sampled_from(document["requests"]), max_size=3)):
        one = draw(st.sampled_from(document["providers"]))
        place = draw(st.sampled_from(document["locations"]))
        request["pinned"] = {
            "provider": one["id"],
            "location": place["id"],
            "chair": place["chairs"][0],
            "at": draw(st.integers(500, 1200)),
        }
    return read(document)


@settings(max_examples=60, deadline=None)
@given(instances(), st.integers(0, 120), st.integers(0, 9))
def test_no_plan_breaks_a_rule(instance: Instance, rounds: int, seed: int) -> None:
    document = written(instance)

    solved = solve(instance, rounds=rounds, seed=seed)
    plan = plan_of(instance, solved)

    assert broken(document, plan.document()) == []
    assert solved.greedy_points <= solved.points <= plan.figures.bound_points
    assert instance.start == datetime(2026, 12, 1, 3, tzinfo=UTC)


def test_a_pinned_visit_elsewhere_is_a_stop_on_the_way() -> None:
    pinned = {"provider": "ana", "location": "norte", "chair": "n1", "at": 800}
    document = day(
        locations=[{"id": "centro", "chairs": ["c1"]}, {"id": "norte", "chairs": ["n1"]}],
        travel=[{"between": ["centro", "norte"], "minutes": 30}],
        requests=[wish("stands", pinned=pinned), wish("a")],
    )

    def accepted(limit: int) -> int:
        return planned(document | {"policies": {"maxTravelMinutes": limit}}).figures.accepted

    assert (accepted(29), accepted(30)) == (1, 2)
