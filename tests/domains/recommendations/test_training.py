"""From bookings to what is recommended, and back when they are gone: through services, a database and the graph."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from barberpro.domains.bookings import service as bookings
from barberpro.domains.catalogue import service as catalogue
from barberpro.domains.learning import service as learning
from barberpro.domains.learning.tables import model_versions
from barberpro.domains.locations import service as locations
from barberpro.domains.people import service as people
from barberpro.domains.recommendations.tables import popular_services, recommendations
from barberpro.domains.recommendations.training import pipeline
from barberpro.domains.recommendations.training.places import ENOUGH
from barberpro.platform.principal import Principal

ASKED = """
query ($id: ID!, $first: Int! = 10) {
  customer(id: $id) {
    recommendations(first: $first) {
      rank score confidence source predictedRating modelVersion
      service { name } provider { name } location { name }
      reasons { code text }
    }
  }
}
"""
LEARNED = select(
    *(c for c in recommendations.c if c.name not in ("id", "model_version_id"))
).order_by(recommendations.c.customer_id, recommendations.c.rank)
HABIT = [19 + 21 * n for n in range(5)]


@pytest.fixture
def told(ask: Any) -> Any:
    """`await told(customer)` is what the graph recommends to them."""

    async def read(customer: Any, **other: Any) -> list[dict[str, Any]]:
        answer = await ask(ASKED, id=customer.id, **other)
        assert answer.errors == []
        return answer.data["customer"]["recommendations"]

    return read


@pytest.fixture
async def history(chain: Any, came: Any, guest: Any) -> Any:
    """Carla, and another customer, were there for a cut, Carla always with Ana."""
    other = await guest("Dora", chain.centro.id)
    await came([100, 65, 33, 5])
    await came([80, 50, 20], customer_id=other.id, provider_id=chain.bruno.id)
    return other


def names(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(r["service"]["name"], r["provider"] and r["provider"]["name"]) for r in told]


async def test_a_habit_comes_first_with_its_days_and_goes_with_its_bookings(
    chain: Any, history: Any, came: Any, offered: Any, trained: Any, told: Any, done: Any
) -> None:
    beard = await offered("Barba")
    await trained()
    before = await told(chain.carla)
    assert names(before)[0] == ("Corte", "Ana")
    made = await came(HABIT, service_id=beard.id, hour=2)
    version = await trained()
    first = (await told(chain.carla))[0]
    assert (first["service"]["name"], first["provider"]["name"]) == ("Barba", "Ana")
    assert (first["rank"], first["source"], first["location"]["name"]) == (1, "REPEAT", "Centro")
    assert first["modelVersion"] == version.version_id
    assert first["confidence"] is first["predictedRating"] is None  # too few to claim anything
    assert first["reasons"][0] == {
        "code": "OWN_HABIT",
        "text": "Cada 21 días; desde la última vez pasaron 18 días.",
    }
    english = (await told(chain.carla, language="en"))[0]["reasons"]
    assert english[0]["text"] == "Every 21 days; the last time was 18 days ago."
    assert [r["code"] for r in first["reasons"]][1] == "DUE"
    for booking in made:
        await done(lambda tx, booking=booking: bookings.retract(tx, booking))
    await trained()
    after = await told(chain.carla)
    assert [r | {"score": 0, "modelVersion": ""} for r in after] == [
        r | {"score": 0, "modelVersion": ""} for r in before
    ]
    for now, then in zip(after, before, strict=True):
        assert now["score"] == pytest.approx(then["score"], rel=1e-4)  # minutes older


async def test_whom_nothing_is_known_of_is_told_what_is_popular_at_home(
    chain: Any, history: Any, came: Any, trained: Any, told: Any, guest: Any
) -> None:
    await came(range(101, 101 + ENOUGH), hour=3)
    trained_version = await trained()
    late = await guest("Eva", chain.centro.id)  # registered after the training
    (only,) = await told(late)
    assert only == {
        "rank": 1,
        "score": 1.0,
        "confidence": None,
        "source": "POPULAR",
        "predictedRating": None,
        "modelVersion": trained_version.version_id,
        "service": {"name": "Corte"},
        "provider": None,
        "location": {"name": "Centro"},
        "reasons": [{"code": "POPULAR_HERE", "text": "Es de lo más pedido en este local."}],
    }
    nowhere = await guest("Fina", None)
    (only,) = await told(nowhere)
    assert (only["location"], only["service"]) == (None, {"name": "Corte"})
    assert only["reasons"][0]["code"] == "POPULAR_EVERYWHERE"


async def test_without_a_model_and_without_bookings_there_is_nothing(
    chain: Any, trained: Any, told: Any
) -> None:
    assert await told(chain.carla) == []
    version = await trained()
    assert version.rows == 0
    assert await told(chain.carla) == []


async def test_what_cannot_be_booked_any_more_is_passed_over_at_once(
    chain: Any,
    history: Any,
    came: Any,
    offered: Any,
    trained: Any,
    told: Any,
    done: Any,
    guest: Any,
) -> None:
    beard = await offered("Barba")
    await came(HABIT, service_id=beard.id, hour=2)
    await trained()
    await done(lambda tx: catalogue.withdraw(tx, beard.id))
    left = await told(chain.carla)
    assert {name for name, _ in names(left)} == {"Corte"}
    assert [r["rank"] for r in left] == list(range(1, len(left) + 1))
    await done(lambda tx: people.leave(tx, chain.ana.id))
    assert names(await told(chain.carla)) == [("Corte", "Bruno")]
    await done(lambda tx: people.unassign_location(tx, chain.bruno.id, chain.centro.id))
    assert [r["source"] for r in await told(chain.carla)] == ["POPULAR"]
    await done(lambda tx: locations.close(tx, chain.centro.id))
    (only,) = await told(await guest("Eva", chain.centro.id))
    assert only["location"] is None
    await trained()
    assert await told(chain.carla) == [
        only | {"modelVersion": (await told(chain.carla))[0]["modelVersion"]}
    ]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError("the disk is full"), "OSError: the disk is full"),
        (asyncio.CancelledError(), "CancelledError: "),
    ],
)
async def test_a_training_that_fails_half_way_leaves_what_was_in_use(
    error: BaseException,
    reason: str,
    chain: Any,
    history: Any,
    trained: Any,
    told: Any,
    done: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await trained()
    before = await told(chain.carla)
    monkeypatch.setattr(pipeline, "BATCH", 1)
    written = 0
    learned = learning.learned

    async def breaks(*given: Any) -> None:
        nonlocal written
        if written == 2:
            raise error
        await learned(*given)
        written += 1

    monkeypatch.setattr(learning, "learned", breaks)
    with pytest.raises(type(error)):
        await trained()
    assert await told(chain.carla) == before
    c = model_versions.c
    rows = await done(lambda tx: tx.rows(select(c.status, c.reason).order_by(c.started_at)))
    assert [tuple(row) for row in rows] == [
        ("ACTIVE", None),
        ("FAILED", reason),
    ]
    count = select(recommendations.c.model_version_id).distinct()
    assert len(await done(lambda tx: tx.rows(count))) == 2  # what was written is there, and unseen


async def test_rows_of_versions_nobody_needs_are_forgotten(
    history: Any, trained: Any, done: Any
) -> None:
    versions = [(await trained()).version_id for _ in range(4)]
    for table in (recommendations, popular_services):
        kept = select(table.c.model_version_id).distinct()
        rows = await done(lambda tx, kept=kept: tx.rows(kept))
        assert {row.model_version_id for row in rows} == set(versions[-2:])


async def test_the_same_rows_at_the_same_moment_give_the_same(
    history: Any, trained: Any, done: Any, clock: Any
) -> None:
    then = clock()
    first = (await trained()).version_id
    clock.time = then
    second = (await trained()).version_id  # ids are in order, so the later one is in use
    rows, hashes = [], []
    for version in (first, second):
        kept, of = LEARNED.where(recommendations.c.model_version_id == version), model_versions.c
        hashed = select(of.data_hash).where(of.id == version)
        rows.append(await done(lambda tx, kept=kept: tx.rows(kept)))
        hashes.append(await done(lambda tx, hashed=hashed: tx.row(hashed)))
    assert rows[0] == rows[1] != []
    assert hashes[0] == hashes[1]


async def test_who_is_limited_to_a_location_sees_what_is_recommended_there(
    chain: Any, history: Any, came: Any, trained: Any, told: Any, principal: Any, guest: Any
) -> None:
    await came(range(10, 10 + ENOUGH), location_id=chain.norte.id, hour=3)
    await trained()
    limited = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})
    everything, some = await told(chain.carla), await told(chain.carla, who=limited)
    assert {r["location"]["name"] for r in everything} == {"Centro", "Norte"}
    assert {r["location"]["name"] for r in some} == {"Norte"}
    assert [r["rank"] for r in some] == list(range(1, len(some) + 1))
    local = await guest("Eva", chain.norte.id)
    assert [r["location"]["name"] for r in await told(local, who=limited)] == ["Norte"]


async def test_who_is_limited_to_a_location_is_told_nothing_of_bookings_elsewhere(
    chain: Any,
    history: Any,
    came: Any,
    offered: Any,
    trained: Any,
    told: Any,
    principal: Any,
    guest: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    personal = pipeline.personal
    sure = lambda *given: ({**row, "confidence": 0.5} for row in personal(*given))  # noqa: E731
    monkeypatch.setattr(pipeline, "personal", sure)
    beard = await offered("Barba")
    await came(HABIT, service_id=beard.id, location_id=chain.norte.id, hour=2)
    await came([12], location_id=chain.norte.id, hour=3)  # a cut: the others were at Centro
    color = await offered("Color")
    await came([90, 60], service_id=color.id, customer_id=history.id, hour=4)
    await trained()
    limited = Principal(**{**vars(principal), "locations": frozenset({chain.norte.id})})

    def said(rows: list[dict[str, Any]]) -> dict[str, tuple[set[str], float | None, str]]:
        return {
            r["service"]["name"]: ({c["code"] for c in r["reasons"]}, r["confidence"], r["source"])
            for r in rows
            if (r["location"]["name"], r["provider"]["name"]) == ("Norte", "Ana")
        }

    habit = ({"OWN_HABIT", "DUE", "USUAL_PROVIDER"}, 0.5, "REPEAT")
    cut = ({"BOOKED_BEFORE", "USUAL_PROVIDER"}, 0.5, "REPEAT")
    dye = ({"GOES_WITH", "POPULAR_EVERYWHERE", "USUAL_PROVIDER"}, 0.5, "POPULAR")  # with a cut
    assert said(await told(chain.carla)) == {"Barba": habit, "Corte": cut, "Color": dye}
    less = ({"USUAL_PROVIDER"}, None)
    assert said(await told(chain.carla, who=limited)) == {
        "Barba": habit,
        "Corte": (*less, "REPEAT"),
        "Color": (*less, "POPULAR"),
    }
    late = await guest("Eva", chain.norte.id)
    (first, *_) = await told(late)
    assert first["reasons"][0]["code"] == "POPULAR_EVERYWHERE"  # too little was booked at Norte
    assert await told(late, who=limited) == []


async def test_an_error_that_cannot_be_noted_down_is_raised_all_the_same(
    history: Any, trained: Any, done: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    async def down(*_: Any, **__: Any) -> None:
        raise ConnectionError("the database is down")

    monkeypatch.setattr(learning, "activate", breaks)
    monkeypatch.setattr(learning, "fail", down)
    with capture_logs() as logged, pytest.raises(OSError, match="the disk is full"):
        await trained()
    (entry,) = [each for each in logged if each["event"] == "training_not_marked_failed"]
    (left,) = await done(lambda tx: tx.rows(select(model_versions.c.id, model_versions.c.status)))
    assert (entry["log_level"], entry["version"]) == ("error", left.id)
    assert left.status == "TRAINING"


async def test_a_training_has_succeeded_where_only_forgetting_fails(
    chain: Any, history: Any, trained: Any, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(learning, "forget", breaks)
    with capture_logs() as logged:
        version = (await trained()).version_id
    assert ("old_rows_not_forgotten", version) in {
        (each["event"], each.get("version")) for each in logged
    }
    assert {r["modelVersion"] for r in await told(chain.carla)} == {version}


async def test_one_organization_learns_nothing_of_another(
    chain: Any, history: Any, trained: Any, told: Any, stranger: Any, ask: Any
) -> None:
    mine = await trained()
    theirs = await trained(stranger)
    assert (mine.rows > 0, theirs.rows) == (True, 0)
    assert (await ask(ASKED, id=chain.carla.id, who=stranger)).data["customer"] is None
    assert (await told(chain.carla))[0]["modelVersion"] == mine.version_id


async def test_bookings_that_were_cancelled_or_are_still_to_come_teach_nothing(
    chain: Any, history: Any, booked: Any, done: Any, clock: Any, offered: Any, trained: Any
) -> None:
    await trained()
    before = await done(lambda tx: tx.rows(select(recommendations.c.service_id).distinct()))
    color = await offered("Color")
    called_off = await booked(starts_at=clock.time.replace(hour=15), service_id=color.id)
    await done(lambda tx: bookings.cancel(tx, called_off.id))
    await booked(starts_at=clock.time.replace(day=clock.time.day + 1), service_id=color.id)
    version = (await trained()).version_id
    now = await done(
        lambda tx: tx.rows(
            select(recommendations.c.service_id)
            .where(recommendations.c.model_version_id == version)
            .distinct()
        )
    )
    assert now == before


@pytest.mark.parametrize("first", [0, -1, 11, 1000])
async def test_how_many_may_be_asked_is_told(chain: Any, ask: Any, first: int) -> None:
    answer = await ask(ASKED, id=chain.carla.id, first=first)
    assert [e.message for e in answer.errors] == [
        f"`recommendations(first:)` must be from 1 to 10; it is {first}."
    ]
    assert answer.errors[0].original_error.code == "BAD_USER_INPUT"
    assert answer.data["customer"] is None
