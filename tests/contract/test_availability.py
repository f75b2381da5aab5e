"""What is free, as callers ask for it, and what it is made of."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from barberpro.domains.bookings import service as bookings

MINUTE = timedelta(minutes=1)
NOW = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)
TUESDAY = "2026-11-24T14:00:00Z"  # 11:00 in Buenos Aires
SET = """mutation Set($exception: LocationSetExceptionInput!, $holidays: LocationSetHolidaysInput!,
    $way: LocationSetTravelTimeInput!, $shifts: ProviderSetShiftsInput!, $off: ProviderTakeOffInput!,
    $skills: ProviderSetSkillsInput!) {
  locationSetException(input: $exception) { errors { code field } }
  locationSetHolidays(input: $holidays) { location { closesOnHolidays } errors { code } }
  locationSetTravelTime(input: $way) { errors { code field } }
  providerSetShifts(input: $shifts) { errors { code field } }
  providerTakeOff(input: $off) { absence { id startsAt endsAt location { id } } errors { code field } }
  providerSetSkills(input: $skills) { errors { code field } }
}""".replace("errors { code field }", "errors { ... on UserError { code field } }").replace(
    "errors { code }", "errors { ... on UserError { code } }"
)
READ = """query Read($location: ID!, $provider: ID!) {
  location(id: $location) {
    closesOnHolidays openingExceptions { date opensAt closesAt } travelTimes { minutes toLocation { id } }
  }
  provider(id: $provider) {
    shifts { weekday startsAt endsAt location { id } } absences { startsAt endsAt location { id } } skills { id }
  }
}"""


@pytest.fixture
def given(chain: Any) -> dict[str, Any]:
    """One of everything that a shop can say."""
    here, there = chain.centro.id, chain.norte.id
    span = {"weekday": 2, "startsAt": "10:00", "endsAt": "13:00", "locationId": here}
    return {
        "exception": {
            "locationId": here,
            "date": "2026-11-25",
            "hours": [{"opensAt": "10:00", "closesAt": "24:00"}],
        },
        "holidays": {"locationId": here, "closesOnHolidays": True},
        "way": {"locationId": here, "toLocationId": there, "minutes": 25},
        "shifts": {"providerId": chain.ana.id, "shifts": [span]},
        "off": {
            "providerId": chain.ana.id,
            "startsAt": "2026-12-01T03:00:00Z",
            "endsAt": "2026-12-15T03:00:00Z",
        },
        "skills": {"providerId": chain.ana.id, "serviceIds": [chain.cut.id]},
    }


async def test_what_a_shop_says_can_be_read_back(ask: Any, chain: Any, given: Any) -> None:
    answer = await ask(SET, **given)
    assert answer.errors == []
    assert [each["errors"] for each in answer.data.values()] == [[]] * 6
    assert answer.data["providerTakeOff"]["absence"]["location"] is None
    here, there = {"id": chain.centro.id}, {"id": chain.norte.id}
    read = await ask(READ, location=chain.centro.id, provider=chain.ana.id)
    assert read.data == {
        "location": {
            "closesOnHolidays": True,
            "openingExceptions": [{"date": "2026-11-25", "opensAt": "10:00", "closesAt": "24:00"}],
            "travelTimes": [{"minutes": 25, "toLocation": there}],
        },
        "provider": {
            "shifts": [{"weekday": 2, "startsAt": "10:00", "endsAt": "13:00", "location": here}],
            "absences": [
                {
                    "startsAt": "2026-12-01T03:00:00Z",
                    "endsAt": "2026-12-15T03:00:00Z",
                    "location": None,
                }
            ],
            "skills": [{"id": chain.cut.id}],
        },
    }


async def test_what_is_taken_back_is_gone(ask: Any, chain: Any, given: Any) -> None:
    absence = (await ask(SET, **given)).data["providerTakeOff"]["absence"]["id"]
    given["exception"]["hours"] = None
    given["way"].pop("minutes")
    given["shifts"]["shifts"], given["skills"]["serviceIds"] = [], []
    given["holidays"]["closesOnHolidays"] = False
    await ask(SET, **given)
    back = "mutation($input: ProviderComeBackInput!) { providerComeBack(input: $input) { provider { id } } }"
    await ask(back, input={"absenceId": absence})
    read = (await ask(READ, location=chain.centro.id, provider=chain.ana.id)).data
    assert read["location"] == {
        "closesOnHolidays": False,
        "openingExceptions": [],
        "travelTimes": [],
    }
    assert (read["provider"]["shifts"], read["provider"]["skills"]) == ([], [])
    assert len(read["provider"]["absences"]) == 1  # that of the second time


async def test_a_closed_date_has_no_times(ask: Any, chain: Any, given: Any) -> None:
    given["exception"]["hours"] = []
    await ask(SET, **given)
    read = (await ask(READ, location=chain.centro.id, provider=chain.ana.id)).data
    closed = [{"date": "2026-11-25", "opensAt": None, "closesAt": None}]
    assert read["location"]["openingExceptions"] == closed


async def test_refusals_point_into_the_input(ask: Any, given: Any) -> None:
    given["exception"]["date"] = "2026-11-22"
    given["way"]["minutes"] = 241
    given["shifts"]["shifts"] *= 2
    given["off"]["endsAt"] = given["off"]["startsAt"]
    given["skills"]["serviceIds"] = ["svc_none"]
    data = (await ask(SET, **given)).data
    said = {
        name: [(e["code"], e.get("field")) for e in each["errors"]] for name, each in data.items()
    }
    assert said == {
        "locationSetException": [("EXCEPTION_OUT_OF_RANGE", ["date"])],
        "locationSetHolidays": [],
        "locationSetTravelTime": [("TRAVEL_TIME_OUT_OF_RANGE", ["minutes"])],
        "providerSetShifts": [("SHIFTS_OVERLAP", ["shifts"])],
        "providerTakeOff": [("INVALID_ABSENCE", ["endsAt"])],
        "providerSetSkills": [("SERVICE_NOT_FOUND", ["serviceIds"])],
    }


async def test_the_contracts_document(ask: Any, chain: Any, documents: Any, done: Any) -> None:
    asked = {
        "serviceIds": [chain.cut.id],
        "locationIds": [chain.centro.id],
        "providerIds": [chain.ana.id],
        "startsFrom": TUESDAY,
        "first": 2,
        "order": "EARLIEST",
    }
    answer = await ask(documents["Availability"], input=asked)
    assert answer.errors == []
    here, ana = {"id": chain.centro.id, "name": "Centro"}, {"id": chain.ana.id, "name": "Ana"}
    price = {"amount": "12500.00", "currencyCode": "ARS"}
    assert answer.data["availability"] == {
        "slots": [
            {
                "startsAt": starts,
                "endsAt": ends,
                "location": here,
                "provider": ana,
                "price": price,
            }
            for starts, ends in (
                (TUESDAY, "2026-11-24T14:30:00Z"),
                ("2026-11-24T14:15:00Z", "2026-11-24T14:45:00Z"),
            )
        ],
        "refusals": [],
    }
    booked = chain.asks(starts_at=datetime.fromisoformat(TUESDAY))
    await done(lambda tx: bookings.create(tx, **booked))
    again = await ask(documents["Availability"], input=asked | {"wanted": TUESDAY})
    assert again.data["availability"]["slots"][0]["startsAt"] == "2026-11-24T14:45:00Z"
    assert again.data["availability"]["refusals"] == [
        {
            "code": "SLOT_TAKEN",
            "message": "El profesional está ocupado hasta el 24/11 11:40. Elegí otro horario u otro profesional.",
        }
    ]


async def test_the_wanted_time_comes_first_though_it_is_off_the_grid(
    ask: Any, chain: Any, documents: Any
) -> None:
    wanted = "2026-11-24T14:07:00Z"
    asked = {"serviceIds": [chain.cut.id], "wanted": wanted, "first": 3}
    slots = (await ask(documents["Availability"], input=asked)).data["availability"]["slots"]
    assert [slot["startsAt"] for slot in slots] == [wanted] * 3


async def test_statements_do_not_grow_with_the_shops(ask: Any, documents: Any, grow: Any) -> None:
    service = "query { services(first: 1) { nodes { id } } }"
    await grow(1, 1, 1)
    offered = (await ask(service)).data["services"]["nodes"][0]["id"]
    small = await ask(documents["Availability"], input={"serviceIds": [offered]})
    await grow(3, 3, 1)
    large = await ask(documents["Availability"], input={"serviceIds": [offered]})
    assert len({slot["location"]["id"] for slot in large.data["availability"]["slots"]}) == 4
    assert small.statements == large.statements == 4  # services, locations, and the two shown


@pytest.mark.parametrize(
    ("name", "change", "code", "field"),
    [
        ("exception", {"date": "2026-11-24", "hours": []}, "OUTSIDE_OPENING_HOURS", "startsAt"),
        ("shifts", {}, "OUTSIDE_SHIFT", "startsAt"),
        ("off", {"startsAt": "2026-11-24T03:00:00Z"}, "PROVIDER_AWAY", "startsAt"),
        ("skills", {"serviceIds": "another"}, "PROVIDER_UNSKILLED", "providerId"),
        ("way", {}, "TOO_FAR_TO_TRAVEL", "startsAt"),
    ],
)
async def test_a_booking_says_which_rule_it_breaks(
    ask: Any, chain: Any, documents: Any, done: Any, given: Any, grow: Any,
    name: str, change: dict[str, Any], code: str, field: str,
) -> None:  # fmt: skip
    nine = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)  # before Ana's shift begins, at ten
    await done(lambda tx: bookings.create(tx, **chain.asks(starts_at=nine + 45 * MINUTE)))
    elsewhere = {"locationId": chain.norte.id} if name == "way" else {}
    if "serviceIds" in change:
        await grow(1, 1, 1)
        menu = (await ask("query { services(first: 9) { nodes { id } } }")).data["services"]
        others = [each["id"] for each in menu["nodes"] if each["id"] != chain.cut.id]
        change = {"serviceIds": others}
    (mutation,) = [line for line in SET.splitlines() if f"${name})" in line]
    (kind,) = [
        part for part in SET.split("(", 1)[1].split(")", 1)[0].split(",") if f"${name}:" in part
    ]
    said = await ask(
        f"mutation Set({kind.strip()}) {{ {mutation} }}", **{name: given[name] | change}
    )
    assert said.errors == []
    asked = {
        "locationId": chain.centro.id,
        "providerId": chain.ana.id,
        "customerId": chain.carla.id,
        "serviceId": chain.cut.id,
        "startsAt": "2026-11-24T12:00:00Z",
        **elsewhere,
    }
    answer = await ask(documents["BookingCreate"], input=asked)
    assert answer.errors == []
    (error,) = answer.data["bookingCreate"]["errors"]
    assert (error["code"], error["field"]) == (code, [field])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"serviceIds": []}, "serviceIds"),
        ({"serviceIds": ["svc_x"] * 11}, "serviceIds"),
        ({"locationIds": ["loc_x"] * 501}, "locationIds"),
        ({"providerIds": ["prv_x"] * 101}, "providerIds"),
        ({"preferredProviderIds": ["prv_x"] * 101}, "preferredProviderIds"),
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"stepMinutes": 7}, "stepMinutes"),
        ({"startsFrom": TUESDAY, "startsBefore": TUESDAY}, "startsBefore"),
        ({"startsFrom": "0001-01-01T00:00:00Z", "startsBefore": "2026-11-02T00:00:00Z"}, "now"),
        ({"startsBefore": "2027-02-21T13:00:01Z"}, "90 days"),
    ],
)
async def test_what_makes_no_sense_is_bad_input(
    ask: Any, documents: Any, asked: Any, said: str
) -> None:
    answer = await ask(documents["Availability"], input={"serviceIds": ["svc_x"]} | asked)
    assert answer.data is None or answer.data["availability"] is None
    (error,) = answer.errors
    assert said in error.message


async def test_the_furthest_day_is_searched(ask: Any, chain: Any, documents: Any) -> None:
    last = NOW + timedelta(days=90)
    asked = {
        "serviceIds": [chain.cut.id],
        "startsFrom": (last - timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "startsBefore": last.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    slots = (await ask(documents["Availability"], input=asked)).data["availability"]["slots"]
    assert slots[0]["startsAt"] == "2027-02-20T12:00:00Z"
