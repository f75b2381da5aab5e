"""Customers are asked to move, and moved when all of them agree; nobody is moved otherwise."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from barberpro.domains.bookings import service as bookings
from barberpro.domains.bookings.reshuffling import service
from barberpro.domains.bookings.reshuffling.errors import (
    AlreadyAsked,
    MoveAnswered,
    NothingToWin,
    ReshuffleMoveNotFound,
    ReshuffleNotFound,
    ReshuffleOver,
    ReshuffleOvertaken,
    ReshuffleTermsOutOfRange,
)
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.platform.money import Money
from barberpro.platform.tables import metadata
from barberpro.worker.upkeep import ask_to_move

TUESDAY = date(2026, 11, 24)
NINE = datetime(2026, 11, 24, 12, tzinfo=UTC)  # in Buenos Aires
TERMS = {"within_minutes": 15, "least_minutes": 30, "days_ahead": 2}


def minutes(many: int) -> timedelta:
    return timedelta(minutes=many)


@pytest.fixture
async def day(chain: Any, done: Any, booked: Any) -> Any:
    """Ana's Tuesday: free for 10 minutes, a cut, free for 20, a cut, free until one and all afternoon."""
    first = await booked(starts_at=NINE + minutes(10))
    second = await booked(starts_at=NINE + minutes(70))
    return first, second


@pytest.fixture
def asks(chain: Any, done: Any) -> Any:
    """`await asks()` proposes Ana's Tuesday."""

    async def propose(**other: Any) -> Any:
        usual = {"location_id": chain.centro.id, "provider_id": chain.ana.id, "day": TUESDAY}
        return await done(lambda tx: service.propose(tx, **{**usual, **other}))

    return propose


@pytest.fixture
def rows(done: Any) -> Any:
    """`await rows(name)` are all rows of a table, by id."""

    async def read(name: str) -> list[Any]:
        table = metadata.tables[name]
        return await done(lambda tx: tx.rows(select(table).order_by(table.c.id)))

    return read


async def test_customers_are_asked_and_nobody_is_moved(
    day: Any, asks: Any, rows: Any, told: Any, chain: Any, clock: Any
) -> None:
    asked = await asks()

    assert (asked.status, asked.won_minutes, asked.usual_minutes) == ("ASKED", 40, 40)
    assert (asked.location_id, asked.provider_id) == (chain.centro.id, chain.ana.id)
    assert asked.expires_at == NINE - minutes(180)
    moves = await rows("reshuffle_moves")
    assert sorted((m.booking_id, m.from_starts_at, m.to_starts_at, m.status) for m in moves) == [
        (day[0].id, NINE + minutes(10), NINE, "ASKED"),
        (day[1].id, NINE + minutes(70), NINE + minutes(80), "ASKED"),
    ]
    assert [b.starts_at for b in await rows("bookings")] == [each.starts_at for each in day]
    (event,) = await told(asked.id)
    assert (event.type, event.data["won_minutes"]) == ("reshuffle.proposed", 40)
    assert sorted(event.data["move_ids"]) == sorted(m.id for m in moves)


async def test_the_last_who_agrees_has_all_moved_at_no_fee(
    chain: Any, done: Any, booked: Any, asks: Any, rows: Any, told: Any, clock: Any
) -> None:
    terms = {
        "notice_minutes": 43_200,
        "late_fee_bps": 5_000,
        "no_show_fee_bps": 0,
        "deposit_bps": 0,
    }
    await done(lambda tx: bookings.publish_policy(tx, **terms))
    first = await booked(starts_at=NINE + minutes(10))
    second = await booked(starts_at=NINE + minutes(70))
    asked = await asks()
    by_booking = {m.booking_id: m for m in await rows("reshuffle_moves")}

    open_still = await done(lambda tx: service.answer(tx, by_booking[first.id].id, accepted=True))
    assert open_still.status == "ASKED"
    assert [b.starts_at for b in await rows("bookings")] == [first.starts_at, second.starts_at]
    applied = await done(lambda tx: service.answer(tx, by_booking[second.id].id, accepted=True))

    assert applied.status == "APPLIED"
    assert [b.starts_at for b in await rows("bookings")] == [NINE, NINE + minutes(80)]
    assert await rows("booking_charges") == []
    assert [e.type for e in await told(first.id)] == ["booking.made", "booking.moved"]
    assert [e.type for e in await told(asked.id)] == [
        "reshuffle.proposed", "reshuffle.answered", "reshuffle.answered", "reshuffle.ended",
    ]  # fmt: skip
    assert [(m.status, m.answered_at) for m in await rows("reshuffle_moves")] == [
        ("ACCEPTED", clock())
    ] * 2


async def test_neighbours_are_moved_in_an_order_in_which_each_finds_room(
    chain: Any, done: Any, booked: Any, asks: Any, rows: Any
) -> None:
    starts = [10, 50, 90]  # three without a gap between them; all must come earlier
    for at in starts:
        await booked(starts_at=NINE + minutes(at))
    await booked(starts_at=NINE + minutes(160))  # free for 30 before
    asked = await asks()
    assert asked.won_minutes == 40
    for move in await rows("reshuffle_moves"):
        await done(lambda tx, id_=move.id: service.answer(tx, id_, accepted=True))
    assert [(b.starts_at - NINE) // minutes(1) for b in await rows("bookings")] == [0, 40, 80, 160]


async def test_who_declines_ends_it_and_is_not_asked_again(
    day: Any, asks: Any, done: Any, rows: Any, refused: Any, chain: Any
) -> None:
    await asks()
    by_booking = {m.booking_id: m for m in await rows("reshuffle_moves")}
    no = by_booking[day[0].id].id
    ended = await done(lambda tx: service.answer(tx, no, accepted=False))

    assert ended.status == "DECLINED"
    assert [b.starts_at for b in await rows("bookings")] == [each.starts_at for each in day]
    yes = by_booking[day[1].id].id
    await refused(
        lambda tx: service.answer(tx, yes, accepted=True),
        ReshuffleOver,
        from_status="DECLINED",
    )
    # The other one alone wins nothing.
    usual = {"location_id": chain.centro.id, "provider_id": chain.ana.id, "day": TUESDAY}
    await refused(
        lambda tx: service.propose(tx, **usual), NothingToWin, within_minutes=15, least_minutes=30
    )


async def test_what_came_in_the_way_is_said_and_nobody_is_moved(
    day: Any, asks: Any, done: Any, rows: Any, refused: Any
) -> None:
    await asks()
    by_booking = {m.booking_id: m for m in await rows("reshuffle_moves")}
    await done(lambda tx: service.answer(tx, by_booking[day[0].id].id, accepted=True))
    last = by_booking[day[1].id].id
    await done(lambda tx: bookings.cancel(tx, day[1].id))
    await refused(
        lambda tx: service.answer(tx, last, accepted=True),
        ReshuffleOvertaken,
        booking_id=day[1].id,
        reason="WRONG_STATUS",
    )


async def test_who_was_moved_meanwhile_is_not_moved_back(
    day: Any, asks: Any, done: Any, rows: Any, refused: Any
) -> None:
    await asks()
    first, second = [
        next(m.id for m in await rows("reshuffle_moves") if m.booking_id == b.id) for b in day
    ]
    await done(lambda tx: service.answer(tx, second, accepted=True))
    await done(lambda tx: bookings.reschedule(tx, day[0].id, starts_at=NINE + minutes(300)))
    await refused(
        lambda tx: service.answer(tx, first, accepted=True),
        ReshuffleOvertaken,
        booking_id=day[0].id,
        reason="BOOKING_MOVED",
    )


@pytest.mark.parametrize("chair", [0, 1])
async def test_anothers_visit_in_the_same_chair_is_in_the_way(
    chain: Any, booked: Any, asks: Any, day: Any, chair: int
) -> None:
    assert {b.chair_id for b in day} == {chain.chairs[0].id}
    await booked(
        provider_id=chain.bruno.id, starts_at=NINE + minutes(110), chair_id=chain.chairs[chair].id
    )
    if chair == 1:
        assert (await asks()).won_minutes == 40
    else:
        with pytest.raises(NothingToWin):
            await asks()


@pytest.mark.parametrize("is_asked", [False, True])
async def test_where_one_may_be_moved_to_another_is_not(
    chain: Any, done: Any, booked: Any, asks: Any, day: Any, is_asked: bool
) -> None:
    """Ana's second visit would keep its chair until eleven, and Bruno's in the same chair would begin before."""
    chairs = [each.id for each in chain.chairs]
    of_bruno = {"provider_id": chain.bruno.id}
    for at in (75, 195):  # who is here is not moved
        here = await booked(**of_bruno, starts_at=NINE + minutes(at), chair_id=chairs[1])
        await done(lambda tx, id_=here.id: bookings.check_in(tx, id_))
    await booked(**of_bruno, starts_at=NINE + minutes(120), chair_id=chairs[0])
    if not is_asked:
        assert (await asks(**of_bruno)).won_minutes == 40
    else:
        await asks()
        with pytest.raises(NothingToWin):
            await asks(**of_bruno)


async def test_a_day_is_asked_once_at_a_time_and_can_be_withdrawn(
    day: Any, asks: Any, done: Any, refused: Any, chain: Any, rows: Any
) -> None:
    asked = await asks()
    usual = {"location_id": chain.centro.id, "provider_id": chain.ana.id, "day": TUESDAY}
    await refused(lambda tx: service.propose(tx, **usual), AlreadyAsked, reshuffle_id=asked.id)
    assert (await done(lambda tx: service.withdraw(tx, asked.id))).status == "WITHDRAWN"
    await refused(
        lambda tx: service.withdraw(tx, asked.id),
        ReshuffleOver,
        from_status="WITHDRAWN",
    )
    again = await asks()
    (move, *_) = [m for m in await rows("reshuffle_moves") if m.reshuffle_id == again.id]
    await done(lambda tx: service.answer(tx, move.id, accepted=True))
    await refused(
        lambda tx: service.answer(tx, move.id, accepted=False), MoveAnswered, from_status="ACCEPTED"
    )


async def test_nobody_answers_when_it_is_too_late(
    day: Any, asks: Any, rows: Any, refused: Any, clock: Any, database: Any, done: Any
) -> None:
    asked = await asks()
    (move, _) = await rows("reshuffle_moves")
    clock.time = asked.expires_at
    await refused(
        lambda tx: service.answer(tx, move.id, accepted=True),
        ReshuffleOver,
        from_status="LAPSED",
    )
    await ask_to_move(database, clock)
    assert [r.status for r in await rows("reshuffles")] == ["LAPSED"]


async def test_customers_are_asked_by_night_where_the_shop_wants_it(
    day: Any, chain: Any, done: Any, rows: Any, clock: Any, database: Any
) -> None:
    clock.time = datetime(2026, 11, 23, 4, 59, tzinfo=UTC)  # 01:59 there
    terms = await done(lambda tx: service.set_terms(tx, chain.centro.id, **TERMS))
    await ask_to_move(database, clock)
    assert await rows("reshuffles") == []
    clock.time += minutes(1)
    await done(lambda tx: service.set_terms(tx, chain.centro.id, **{**TERMS, "days_ahead": 0}))
    await ask_to_move(database, clock)
    assert await rows("reshuffles") == []
    again = await done(lambda tx: service.set_terms(tx, chain.centro.id, **TERMS))
    assert again.id == terms.id
    for _ in range(2):
        await ask_to_move(database, clock)
    (asked,) = await rows("reshuffles")
    assert (asked.date, asked.provider_id, asked.won_minutes) == (TUESDAY, chain.ana.id, 40)
    assert asked.expires_at == clock() + timedelta(hours=24)
    await done(lambda tx: service.withdraw(tx, asked.id))
    await ask_to_move(database, clock)
    assert len(await rows("reshuffles")) == 1  # once asked, whatever came of it


async def test_who_works_elsewhere_that_day_is_left_alone(
    day: Any, chain: Any, done: Any, refused: Any
) -> None:
    await done(
        lambda tx: bookings.create(
            tx, **chain.asks(location_id=chain.norte.id, starts_at=NINE + timedelta(hours=8))
        )
    )
    usual = {"location_id": chain.centro.id, "provider_id": chain.ana.id, "day": TUESDAY}
    await refused(
        lambda tx: service.propose(tx, **usual), NothingToWin, within_minutes=15, least_minutes=30
    )


async def test_a_visit_moves_with_the_buffer_before_it(
    chain: Any, done: Any, booked: Any, asks: Any, rows: Any
) -> None:
    laser = await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Láser",
            duration_minutes=30,
            buffer_before_minutes=10,
            buffer_minutes=0,
            price=Money(100, "ARS"),
        )
    )
    await booked(starts_at=NINE)  # until 9:40, and from 10:15 on the laser is set up
    later = await booked(starts_at=NINE + minutes(85), service_id=laser.id)
    asked = await asks()
    assert (asked.won_minutes, asked.usual_minutes) == (40, 40)
    (move,) = await rows("reshuffle_moves")
    assert (move.booking_id, move.to_starts_at) == (later.id, NINE + minutes(90))
    await done(lambda tx: service.answer(tx, move.id, accepted=True))
    assert {b.id: b.taken_from for b in await rows("bookings")}[later.id] == NINE + minutes(80)


async def test_who_is_served_in_a_gap_stays_there_and_so_does_the_gap(
    chain: Any, done: Any, booked: Any, asks: Any, rows: Any
) -> None:
    colour = await done(
        lambda tx: catalogue.offer_service(
            tx,
            name="Color",
            duration_minutes=100,
            buffer_minutes=0,
            price=Money(100, "ARS"),
            gap_after_minutes=30,
            gap_minutes=40,
        )
    )
    await booked(starts_at=NINE + minutes(10), service_id=colour.id)
    within = await booked(starts_at=NINE + minutes(40))
    later = await booked(starts_at=NINE + minutes(145))  # free for 35 before
    asked = await asks()
    assert (asked.won_minutes, asked.usual_minutes) == (40, 40)
    (move,) = await rows("reshuffle_moves")
    assert (move.booking_id, move.to_starts_at) == (later.id, NINE + minutes(150))
    await done(lambda tx: service.answer(tx, move.id, accepted=True))
    starts = {b.id: b.starts_at for b in await rows("bookings")}
    assert starts[within.id] == NINE + minutes(40)


@pytest.mark.parametrize(
    ("given", "facts"),
    [
        ({"within_minutes": 4}, {"what": "withinMinutes", "least": 5, "most": 60, "given": 4}),
        ({"least_minutes": 721}, {"what": "leastMinutes", "least": 5, "most": 720, "given": 721}),
        ({"days_ahead": 15}, {"what": "daysAhead", "least": 0, "most": 14, "given": 15}),
    ],
)
async def test_terms_have_their_measure(
    chain: Any, refused: Any, given: dict[str, int], facts: dict[str, Any]
) -> None:
    await refused(
        lambda tx: service.set_terms(tx, chain.centro.id, **{**TERMS, **given}),
        ReshuffleTermsOutOfRange,
        **facts,
    )


async def test_what_is_not_there(chain: Any, refused: Any) -> None:
    await refused(lambda tx: service.withdraw(tx, "rsh_x"), ReshuffleNotFound, reshuffle_id="rsh_x")
    await refused(
        lambda tx: service.answer(tx, "bkg_x", accepted=True),
        ReshuffleMoveNotFound,
        move_id="bkg_x",
    )
    await refused(
        lambda tx: service.set_terms(tx, "loc_x", **TERMS), LocationNotFound, location_id="loc_x"
    )


async def test_a_caller_elsewhere_sees_and_answers_nothing(
    day: Any, asks: Any, rows: Any, refused: Any, principal: Any, chain: Any
) -> None:
    asked = await asks()
    (move, _) = await rows("reshuffle_moves")
    in_the_north = type(principal)(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    for act, failure, facts in (
        (lambda tx: service.withdraw(tx, asked.id), ReshuffleNotFound, {"reshuffle_id": asked.id}),
        (
            lambda tx: service.answer(tx, move.id, accepted=True),
            ReshuffleMoveNotFound,
            {"move_id": move.id},
        ),
    ):
        await refused(act, failure, who=in_the_north, **facts)


PROPOSE = """mutation ($input: ReshuffleProposeInput!) { reshufflePropose(input: $input) {
  reshuffle { id status wonMinutes date moves { id fromStartsAt toStartsAt status booking { id } } }
  errors { ... on UserError { code message field } } } }"""
ANSWER = """mutation ($input: ReshuffleAnswerInput!) { reshuffleAnswer(input: $input) {
  reshuffle { status } errors { ... on UserError { code } } } }"""


async def test_it_is_all_done_through_the_graph(day: Any, ask: Any, chain: Any) -> None:
    given = {"locationId": chain.centro.id, "providerId": chain.ana.id, "date": "2026-11-24"}
    made = (await ask(PROPOSE, input=given)).data["reshufflePropose"]
    assert made["errors"] == []
    assert (made["reshuffle"]["wonMinutes"], made["reshuffle"]["date"]) == (40, "2026-11-24")
    said = (await ask(PROPOSE, input=given)).data["reshufflePropose"]["errors"]
    assert [(e["code"], e["field"]) for e in said] == [("ALREADY_ASKED", ["date"])]
    answered = [
        await ask(ANSWER, input={"moveId": move["id"], "accepted": True})
        for move in made["reshuffle"]["moves"]
    ]
    stands = [each.data["reshuffleAnswer"]["reshuffle"]["status"] for each in answered]
    assert stands == ["ASKED", "APPLIED"]
    shown = await ask(
        "query ($id: ID!) { location(id: $id) { reshuffles { nodes { status moves { status } } } } }",
        id=chain.centro.id,
    )
    assert shown.data["location"]["reshuffles"]["nodes"] == [
        {"status": "APPLIED", "moves": [{"status": "ACCEPTED"}] * 2}
    ]
