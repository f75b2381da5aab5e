"""What a generated chain is like: exact in number, the same for the same seed, and free of contradictions."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import ForeignKeyConstraint, UniqueConstraint

from barberpro.demo.chain import generated
from barberpro.demo.scales import NEIGHBOUR, SCALES, Scale
from barberpro.domains.bookings import lifecycle
from barberpro.domains.locations import hours
from barberpro.domains.locations.service import PROVINCES
from barberpro.platform.tables import metadata
from barberpro.platform.text import fold

from .conftest import ANCHOR, MIDNIGHT, SEED, TINY, Row

Chain = dict[str, list[Row]]

SEALED_LATER = {"notes", "reason"}
"""Columns that are not generated: the few rows that have them get them sealed."""


def made(scale: Scale = TINY, *, seed: int = SEED, tenant: str = "org_x", **anchor: Any) -> Any:
    return generated(scale, seed=seed, tenant=tenant, **{"anchor": ANCHOR, **anchor})


def all_ids(tables: Any) -> set[str]:
    return {each for columns in tables.values() for each in columns["id"]}


def test_the_same_seed_and_day_make_the_same_rows() -> None:
    first, second = made(), made()
    assert list(first) == list(second)
    for table, columns in first.items():
        assert list(columns) == list(second[table])
        for name, column in columns.items():
            np.testing.assert_array_equal(column, second[table][name], strict=True)


@pytest.mark.parametrize("change", [{"seed": SEED + 1}, {"tenant": "org_y"}])
def test_another_seed_or_tenant_makes_other_rows(change: dict[str, Any]) -> None:
    first, other = made(), made(**change)
    assert all_ids(first).isdisjoint(all_ids(other))
    assert first["customers"]["name"].tolist() != other["customers"]["name"].tolist()
    assert first["bookings"]["starts_at"].tolist() != other["bookings"]["starts_at"].tolist()


@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(scale, marks=[pytest.mark.long] if scale.name == "arena" else [])
        for scale in (*SCALES.values(), NEIGHBOUR)
    ],
    ids=lambda scale: scale.name,
)
def test_a_scale_is_met_exactly(scale: Scale) -> None:
    counts = {table: len(columns["id"]) for table, columns in made(scale).items()}
    wanted = ("locations", "providers", "customers", "bookings", "invoices")
    assert {table: counts[table] for table in wanted} == {
        table: getattr(scale, table) for table in wanted
    }
    assert counts["invoice_lines"] == scale.lines


def test_the_arena_has_the_size_it_is_measured_at() -> None:
    arena = SCALES["arena"]
    assert (arena.locations, arena.providers, arena.customers) == (200, 2_000, 20_000)
    assert (arena.bookings, arena.invoices, arena.lines) == (200_000, 200_000, 300_000)


def test_the_default_is_three_years_and_three_weeks() -> None:
    default = SCALES["default"]
    assert (default.locations, default.back, default.ahead) == (12, 1_095, 21)
    assert default.bookings >= 60_000


def test_a_scale_that_cannot_be_met_is_refused() -> None:
    with pytest.raises(ValueError, match="more providers, more days or more customers"):
        made(Scale("full", locations=1, providers=1, customers=400, bookings=400, back=7, ahead=0))
    with pytest.raises(ValueError, match="more providers, more days or more customers"):
        made(Scale("lonely", locations=1, providers=4, customers=2, bookings=80, back=7, ahead=1))
    with pytest.raises(ValueError, match="lines more than one each"):
        made(replace(TINY, lines=TINY.invoices * 5))
    with pytest.raises(ValueError, match="sites"):
        made(Scale("wide", locations=5_000, providers=1, customers=1, bookings=0))


def test_every_column_is_there_and_every_reference_finds_its_row(chain: Chain) -> None:
    for name, rows in chain.items():
        table = metadata.tables[name]
        columns = {column.name for column in table.c} - SEALED_LATER
        assert set(rows[0]) | {"organization_id"} == columns
        for rule in table.constraints:
            if isinstance(rule, ForeignKeyConstraint) and len(rule.columns) == 2:
                (column,) = (c.name for c in rule.columns if c.name != "organization_id")
                known = {row["id"] for row in chain.get(rule.referred_table.name, ())}
                assert {row[column] for row in rows} <= known | {None}
            if isinstance(rule, UniqueConstraint):
                key = [c.name for c in rule.columns if c.name != "organization_id"]
                values = [tuple(row[part] for part in key) for row in rows]
                values = [value for value in values if None not in value]
                assert len(set(values)) == len(values), (name, key)
        required = [column.name for column in table.c if not column.nullable]
        missing = {n for row in rows for n in required if n != "organization_id" and row[n] is None}
        assert not missing
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)


@pytest.mark.parametrize("held", ["provider_id", "chair_id"])
def test_nobody_and_no_chair_is_booked_twice_until_free_again(chain: Chain, held: str) -> None:
    agendas = defaultdict(list)
    for booking in chain["bookings"]:
        if booking["status"] in lifecycle.OCCUPYING:
            agendas[booking[held]].append((booking["starts_at"], booking["free_at"]))
    for agenda in agendas.values():
        for (_, free), (starts, _) in pairwise(sorted(agenda)):
            assert free <= starts
    assert sum(map(len, agendas.values())) > 11_000


def test_bookings_keep_to_the_opening_hours_on_the_shops_own_clock(chain: Chain) -> None:
    zones = {row["id"]: ZoneInfo(row["time_zone"]) for row in chain["locations"]}
    spans = defaultdict(list)
    for row in chain["opening_hours"]:
        day = (row["location_id"], row["weekday"])
        spans[day].append((row["opens_minute"], row["closes_minute"]))
    for booking in chain["bookings"]:
        starts, free = (
            booking[name].astimezone(zones[booking["location_id"]])
            for name in ("starts_at", "free_at")
        )
        begin = starts.hour * 60 + starts.minute
        end = begin + (free - starts) // timedelta(minutes=1)
        today = spans[booking["location_id"], starts.isoweekday()]
        assert any(opens <= begin and end <= closes for opens, closes in today), booking


def test_bookings_are_where_their_provider_works_and_their_chair_stands(chain: Chain) -> None:
    works = {(row["provider_id"], row["location_id"]) for row in chain["provider_locations"]}
    stands = {row["id"]: row["location_id"] for row in chain["chairs"]}
    for booking in chain["bookings"]:
        assert (booking["provider_id"], booking["location_id"]) in works
        assert stands[booking["chair_id"]] == booking["location_id"]
    places = Counter(provider for provider, _ in works)
    assert {1, 2} == set(places.values())


def test_a_booking_is_as_long_as_its_service_and_as_dear_as_when_it_was_made(chain: Chain) -> None:
    services = {row["id"]: row for row in chain["services"]}
    zones = {row["id"]: ZoneInfo(row["time_zone"]) for row in chain["locations"]}
    in_month = defaultdict(set)
    for booking in chain["bookings"]:
        service = services[booking["service_id"]]
        assert booking["ends_at"] - booking["starts_at"] == timedelta(
            minutes=service["duration_minutes"]
        )
        assert booking["free_at"] - booking["ends_at"] == timedelta(
            minutes=service["buffer_minutes"]
        )
        for fact in ("duration_minutes", "currency_code"):
            assert booking[fact] == service[fact]
        assert service["is_active"]
        made_at = booking["created_at"].astimezone(zones[booking["location_id"]])
        in_month[service["name"], made_at.year, made_at.month].add(booking["price_minor"])
        if (made_at.year, made_at.month) == (2026, 11):
            assert booking["price_minor"] == service["price_minor"]
    assert all(len(prices) == 1 for prices in in_month.values())
    assert {row["name"] for row in services.values() if not row["is_active"]} == {"Permanente"}
    assert {(row["name"], row["price_minor"]) for row in services.values()} >= {
        ("Corte", 1_400_000),
        ("Corte + barba", 2_050_000),
        ("Afeitado clásico", 1_500_000),
    }


def test_statuses_fit_the_day(chain: Chain) -> None:
    past = Counter(b["status"] for b in chain["bookings"] if b["starts_at"] < MIDNIGHT)
    ahead = Counter(b["status"] for b in chain["bookings"] if b["starts_at"] >= MIDNIGHT)
    assert set(past) == {"COMPLETED", "CANCELLED", "NO_SHOW"}
    assert set(ahead) == {"CONFIRMED", "CANCELLED"}
    assert past["COMPLETED"] > 0.8 * past.total()
    assert ahead["CONFIRMED"] > 0.85 * ahead.total()
    assert ahead.total() > 80
    known = {each.value for each in lifecycle.Channel}
    assert {b["channel"] for b in chain["bookings"]} == known
    walked_in = {b["status"] for b in chain["bookings"] if b["channel"] == "WALK_IN"}
    assert walked_in == {"COMPLETED"}


def test_nothing_is_known_before_it_happened(chain: Chain) -> None:
    began = {row["id"]: row["created_at"] for row in chain["customers"]}
    hired = {row["id"]: row["created_at"] for row in chain["providers"]}
    for booking in chain["bookings"]:
        assert booking["created_at"] < min(booking["starts_at"], MIDNIGHT)
        assert began[booking["customer_id"]] < booking["created_at"]
        assert hired[booking["provider_id"]] < booking["created_at"]
    assert max(row["changed_at"] for row in chain["booking_changes"]) < MIDNIGHT
    assert max(began.values()) < MIDNIGHT


def test_a_visit_is_the_first_where_no_other_booking_stood_when_it_was_made(chain: Chain) -> None:
    ended = {
        change["booking_id"]: change["changed_at"]
        for change in chain["booking_changes"]
        if change["to_status"] in ("CANCELLED", "NO_SHOW")
    }
    of_customer = defaultdict(list)
    for booking in chain["bookings"]:
        of_customer[booking["customer_id"]].append(booking)
    for theirs in of_customer.values():
        for booking in theirs:
            then = booking["created_at"]
            others = [
                other
                for other in theirs
                if other["created_at"] < then and ended.get(other["id"], MIDNIGHT) > then
            ]
            assert booking["is_first_visit"] == (not others)
    assert len(of_customer) > 1_200


def test_nobody_comes_twice_on_a_day(chain: Chain) -> None:
    zones = {row["id"]: ZoneInfo(row["time_zone"]) for row in chain["locations"]}
    days = Counter(
        (b["customer_id"], b["starts_at"].astimezone(zones[b["location_id"]]).date())
        for b in chain["bookings"]
    )
    assert max(days.values()) == 1


def test_a_booking_has_its_history_and_a_completed_one_its_visit(chain: Chain) -> None:
    history = defaultdict(list)
    for change in chain["booking_changes"]:
        history[change["booking_id"]].append(change)
    for booking in chain["bookings"]:
        first, *rest = history[booking["id"]]
        assert (first["kind"], first["from_status"], first["from_starts_at"]) == (
            "MADE",
            None,
            None,
        )
        assert (first["changed_at"], first["to_status"]) == (booking["created_at"], "CONFIRMED")
        assert len(rest) == (booking["status"] != "CONFIRMED")
        for change in rest:
            kind = lifecycle.Change(change["kind"])
            assert lifecycle.after(change["from_status"], kind) == booking["status"]
            assert change["changed_at"] > first["changed_at"]
            assert change["from_starts_at"] == change["to_starts_at"] == booking["starts_at"]
    done = {b["id"]: b for b in chain["bookings"] if b["status"] == "COMPLETED"}
    assert {visit["booking_id"] for visit in chain["visits"]} == set(done)
    for visit in chain["visits"]:
        booking = done[visit["booking_id"]]
        told = visit["customer_id"], visit["location_id"], visit["ended_at"]
        assert told == (booking["customer_id"], booking["location_id"], booking["ends_at"])


def test_some_places_were_given_up_and_taken_by_someone_else(chain: Chain) -> None:
    called_off: dict[str, datetime] = {
        change["booking_id"]: change["changed_at"]
        for change in chain["booking_changes"]
        if change["kind"] == "CANCELLED"
    }
    places = defaultdict(list)
    for booking in chain["bookings"]:
        places[booking["chair_id"], booking["starts_at"]].append(booking)
    shared = [pair for pair in places.values() if len(pair) > 1]
    assert len(shared) == 420  # three in a hundred
    for pair in shared:
        gone, taken = sorted(pair, key=lambda b: b["status"] != "CANCELLED")
        assert gone["status"] == "CANCELLED"
        assert taken["status"] in lifecycle.OCCUPYING
        assert gone["customer_id"] != taken["customer_id"]
        assert called_off[gone["id"]] <= taken["created_at"]


def test_shops_are_as_the_services_would_have_opened_them(chain: Chain) -> None:
    for shop in chain["locations"]:
        assert shop["province"] in PROVINCES
        assert hours.known_zone(shop["time_zone"]) == shop["time_zone"]
        spans = [
            hours.Span(row["weekday"], row["opens_minute"], row["closes_minute"])
            for row in chain["opening_hours"]
            if row["location_id"] == shop["id"]
        ]
        assert hours.week(spans) == sorted(spans)
        labels = sorted(r["label"] for r in chain["chairs"] if r["location_id"] == shop["id"])
        assert labels == [f"{n:02}" for n in range(1, len(labels) + 1)]
    for table in ("locations", "services", "providers", "customers"):
        assert all(row["name_key"] == fold(row["name"]) for row in chain[table])
    assert any("í" in row["name"] for row in chain["customers"])


def test_some_shops_close_over_noon(chain: Chain) -> None:
    spans = Counter((row["location_id"], row["weekday"]) for row in chain["opening_hours"])
    assert set(spans.values()) == {1, 2}


def test_who_has_left_has_no_bookings_ahead() -> None:
    tables = made(
        Scale("many", locations=20, providers=800, customers=4_000, bookings=9_000, back=91)
    )
    people, bookings = tables["providers"], tables["bookings"]
    gone = set(people["id"][~people["is_active"]])
    assert 5 < len(gone) < 60
    theirs = np.isin(bookings["provider_id"].astype(str), list(gone))
    assert theirs.any()
    assert bookings["starts_at"][theirs].max() < np.datetime64(MIDNIGHT.replace(tzinfo=None))
