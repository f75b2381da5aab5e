"""What waits for a manager's word once the demo is loaded."""

from datetime import timedelta

from barberpro.demo import credentials
from barberpro.demo.clients import CHAIN, RIVAL
from barberpro.demo.proposals import AHEAD, SHOPS, WISHES

from .conftest import MIDNIGHT, Installation


async def test_a_day_is_planned_that_not_all_find_room_in(installation: Installation) -> None:
    (plan,) = await installation.rows(CHAIN, "plans")
    assert (plan["status"], plan["requests"]) == ("IMPROVING", WISHES)
    assert WISHES > plan["accepted"] == plan["greedy_accepted"] > 0
    items = await installation.rows(CHAIN, "plan_items")
    assert len(items) == WISHES
    placed = [item for item in items if item["chair_id"] is not None]
    assert len(placed) == plan["accepted"]
    first = MIDNIGHT + timedelta(days=AHEAD)
    assert all(first < item["starts_at"] < first + timedelta(days=1) for item in placed)
    assert 1 < len({item["location_id"] for item in placed}) <= SHOPS


async def test_a_shop_asks_its_customers_to_move_and_has_a_calendar(
    installation: Installation,
) -> None:
    (calendar,) = credentials.calendars(installation.data_dir)
    (feed,) = await installation.rows(CHAIN, "calendar_feeds")
    (terms,) = await installation.rows(CHAIN, "reshuffle_terms")
    assert calendar.location_id == feed["location_id"] == terms["location_id"]
    assert calendar.tenant == CHAIN.id


async def test_the_neighbour_has_none_of_it(installation: Installation) -> None:
    for table in ("plans", "plan_items", "reshuffle_terms", "reshuffles", "calendar_feeds"):
        assert await installation.rows(RIVAL, table) == []
