"""What is said of a location is true of that location, and what is said of a customer there is told to whom it may."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from barberpro.domains.recommendations.training.blend import fitted, ranked
from barberpro.domains.recommendations.training.explaining import personal, popular
from barberpro.domains.recommendations.training.places import ENOUGH, places

from .planted import AT_DAY, SERVICES, chain, made

BEARD, CUT, NUTRITION = (SERVICES.index(name) for name in ("Barba", "Corte", "Nutrición"))
AT_LOC_000, AT_LOC_001 = 0, 4
"""Seats."""


def bookings(service: int, seat: int, count: int, customer: int = 0) -> list[Any]:
    return [(customer, service, seat, AT_DAY - 5)] * count


def shares(rows: list[Any]) -> dict[Any, dict[str, float]]:
    return {
        place: {r["service_id"]: r["score"] for r in rows if r["location_id"] == place}
        for place in {row["location_id"] for row in rows}
    }


def claims(given: list[Any], customer: int) -> dict[str, set[str]]:
    """What is said of each service's popularity to a customer."""
    model = fitted(made(chain(9), given))
    said: dict[str, set[str]] = {}
    for row in personal(model, ranked(model), None, None):
        assert row["reasons"]
        if row["customer_id"] == f"cus_{customer:05}":
            codes = {str(reason["code"]) for reason in row["reasons"]}
            said.setdefault(row["service_id"], set()).update(c for c in codes if "POP" in c)
    return said


def test_popular_at_a_location_is_what_was_booked_there() -> None:
    given = bookings(CUT, AT_LOC_000, 270) + bookings(BEARD, AT_LOC_001, 24)
    given += bookings(NUTRITION, AT_LOC_001, 6)
    rows = list(popular(fitted(made(chain(9), given))))
    found = shares(rows)
    assert found["loc_000"] == {"Corte": 1.0}
    assert found["loc_001"] == {"Barba": 0.8, "Nutrición": 0.2}  # no part of it from elsewhere
    assert found[None] == {"Corte": 0.9, "Barba": 0.08, "Nutrición": 0.02}
    assert set(found) == {
        None,
        "loc_000",
        "loc_001",
    }  # of the one that just opened there is nothing
    ranks = [(r["rank"], r["service_id"]) for r in rows if r["location_id"] == "loc_001"]
    assert ranks == [(1, "Barba"), (2, "Nutrición")]


@pytest.mark.parametrize(("count", "told"), [(ENOUGH - 1, False), (ENOUGH, True)])
def test_of_a_location_with_too_few_bookings_nothing_is_said(count: int, told: bool) -> None:
    past = made(chain(9), bookings(CUT, AT_LOC_000, count))
    found = shares(list(popular(fitted(past))))
    assert set(found) == ({None, "loc_000"} if told else {None})
    assert places(past).is_top_there[0, CUT] == told
    assert places(past).is_top[CUT]


def test_where_nothing_was_booked_nothing_is_popular() -> None:
    assert list(popular(fitted(made(chain(5), [])))) == []


def test_a_service_is_called_popular_only_where_it_is() -> None:
    """Customer 1 is at home at loc_001: `Corte` sells at loc_000, and was booked there but twice."""
    local = [s for s in range(len(SERVICES)) if s not in (CUT, BEARD, NUTRITION)][:3]
    given = bookings(CUT, AT_LOC_000, 200) + bookings(CUT, AT_LOC_001, 2)
    for service in local:
        given += bookings(service, AT_LOC_001, 20, customer=4)
    given += bookings(BEARD, AT_LOC_001, 1, customer=1)
    said = claims(given, 1)
    assert said["Corte"] == {"POPULAR_EVERYWHERE"}
    assert [said[SERVICES[service]] for service in local] == [{"POPULAR_HERE"}] * 3
    assert said["Barba"] == set()  # it was booked once: that is what is said
    assert set(said) == {"Corte", "Barba", *(SERVICES[service] for service in local)}


def test_where_nothing_true_can_be_said_it_is_left_out() -> None:
    others = [s for s in range(len(SERVICES)) if s != NUTRITION][:4]
    given = bookings(NUTRITION, AT_LOC_000, 1, customer=3)
    for n, service in enumerate(others):
        given += bookings(service, AT_LOC_000, 40 - n, customer=6)
    last = SERVICES[others[3]]
    model = fitted(made(chain(9), given))
    found = ranked(model)
    assert others[3] in found.service[found.customer == 3]
    assert last not in claims(given, 3)
    assert set(claims(given, 3)) == {"Nutrición", *(SERVICES[each] for each in others[:3])}


def test_what_is_not_offered_any_more_is_not_among_the_most_booked() -> None:
    given = [row for s in range(4) for row in bookings(s, AT_LOC_000, 40 - s)]
    today = np.ones(len(SERVICES), dtype=bool)
    today[0] = False
    found = places(made(replace(chain(9), offered=today), given))
    assert np.flatnonzero(found.is_top_there[0]).tolist() == [1, 2, 3]
    assert np.flatnonzero(found.is_top).tolist() == [1, 2, 3]
    assert not found.is_top_there[1:].any()


def test_a_reason_says_whether_all_it_cites_was_there() -> None:
    beards = [(0, BEARD, AT_LOC_000, AT_DAY - 19 - 21 * n) for n in range(5)]
    cuts = bookings(CUT, AT_LOC_000, 1) + bookings(CUT, AT_LOC_001, 1)
    model = fitted(made(chain(2), beards + cuts))
    local = {
        (row["service_id"], row["location_id"], str(reason["code"])): reason["local"]
        for row in personal(model, ranked(model), None, None)
        for reason in row["reasons"]
        if "local" in reason
    }
    assert local["Barba", "loc_000", "OWN_HABIT"] is local["Barba", "loc_000", "DUE"] is True
    assert local["Corte", "loc_000", "BOOKED_BEFORE"] is False
    assert {told for (_, place, _), told in local.items() if place == "loc_001"} == {False}


def test_a_companion_booked_elsewhere_too_is_not_local() -> None:
    """All who book a cut book a beard; customer 0 has booked the cut only, customer 3 also at another location."""
    given = []
    for customer in range(6, 90):
        given += bookings(CUT, AT_LOC_000, 3, customer) + bookings(BEARD, AT_LOC_000, 3, customer)
    given += bookings(CUT, AT_LOC_000, 3, 0) + bookings(CUT, AT_LOC_000, 3, 3)
    given += bookings(CUT, AT_LOC_001, 1, 3)
    model = fitted(made(chain(90), given))
    local = {
        row["customer_id"]: reason["local"]
        for row in personal(model, ranked(model), None, None)
        if (row["service_id"], row["location_id"]) == ("Barba", "loc_000")
        for reason in row["reasons"]
        if reason["code"] == "GOES_WITH"
    }
    assert (local["cus_00000"], local["cus_00003"]) == (True, False)


def test_who_was_never_there_was_not_only_there() -> None:
    found = places(made(chain(3), bookings(CUT, AT_LOC_000, 2)))
    nobody = places(made(chain(3), []))
    one, two = np.array([0, 0, 0, 1]), np.array([CUT, CUT, BEARD, CUT])
    where = np.array([0, 1, 0, 0])
    assert found.is_only_there(one, two, where).tolist() == [True, False, False, False]
    assert nobody.is_only_there(one, two, where).tolist() == [False] * 4
