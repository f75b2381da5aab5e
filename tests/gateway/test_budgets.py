"""What a client may spend: charged before an operation runs, told with every answer, the unused part given back."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barberpro.gateway.budgets import Budgets
from barberpro.gateway.documents import contract
from barberpro.gateway.problems import Code, Refusal
from barberpro.gateway.tiers import BrokenTiers, Tier, load_tiers
from barberpro.platform.limits import FixedWindow, LocalLimiter, Rate, SlidingWindow
from barberpro.platform.principal import Principal

WHO = Principal("org_1", client="cli_1", client_name="agenda")
OTHER = Principal("org_1", client="cli_2", client_name="tablero")
SMALL = Tier("small", Rate(100, 10), 2)
NEWER = "application/graphql-response+json"
PAGE = "query ($n: Int!) { locations(first: $n) { nodes { id } } }"


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> int:
        return round(self.seconds * 1e9)


def budgets(*tiers: Tier) -> tuple[Budgets, Stopwatch]:
    watch = Stopwatch()
    return Budgets(LocalLimiter(watch), {t.name: t for t in tiers or (SMALL,)}), watch


# Tiers


def test_the_tiers_are_those_that_are_published() -> None:
    tiers = load_tiers(contract())
    assert [(t.name, t.budget) for t in tiers.values()] == [
        ("bronze", Rate(20_000, 500)),
        ("silver", Rate(40_000, 1_000)),
        ("gold", Rate(100_000, 5_000)),
        ("platinum", Rate(400_000, 20_000)),
        ("own", Rate(4_000_000, 200_000)),
    ]
    assert tiers["silver"].header == '"silver";q=40000;w=40;qu="cost"'


def test_a_tier_has_the_policy_that_its_data_names(tmp_path: Path) -> None:
    (tmp_path / "tiers.toml").write_text(
        '[a]\nbudget = { policy = "sliding-window", capacity = 5, seconds = 60 }\nconcurrency = 1\n'
        '[b]\nbudget = { policy = "fixed-window", capacity = 7, seconds = 2 }\nconcurrency = 3\n'
    )
    tiers = load_tiers(tmp_path)
    assert tiers == {
        "a": Tier("a", SlidingWindow(5, 60), 1),
        "b": Tier("b", FixedWindow(7, 2), 3),
    }
    assert tiers["a"].header == '"a";q=5;w=60;qu="cost"'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no tier"),
        ('["a b"]\nbudget = { capacity = 1, per_second = 1 }\nconcurrency = 1', "cannot name"),
        ("[a]\nbudget = { capacity = 1, per_second = 1 }", "a: a tier has"),
        ("[a]\nbudget = { capacity = 1, per_second = 1 }\nconcurrency = 0", "a: no concurrency"),
        ("[a]\nbudget = { capacity = 1, per_second = 1 }\nconcurrency = true", "no concurrency"),
        ('[a]\nbudget = { policy = "x", capacity = 1 }\nconcurrency = 1', "no policy is called"),
        ("[a]\nbudget = { capacity = 1 }\nconcurrency = 1", "other terms"),
    ],
)
def test_tiers_that_make_no_sense_are_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "tiers.toml").write_text(text)
    with pytest.raises(BrokenTiers, match=says):
        load_tiers(tmp_path)


def test_a_client_has_the_first_tier_until_another_is_set() -> None:
    large = Tier("large", Rate(1_000, 10), 5)
    some, _ = budgets(SMALL, large)
    by_name = {None: SMALL, "small": SMALL, "large": large, "gone": SMALL}
    for name, tier in by_name.items():
        assert some.tier(Principal("org_1", "cli_1", "agenda", tier=name)) is tier


# Charging


@contextmanager
def place(some: Budgets, who: Principal) -> Iterator[None]:
    some.enter(who)
    try:
        yield
    finally:
        some.leave(who)


async def test_what_was_not_used_comes_back_and_no_more() -> None:
    some, _ = budgets()
    charge, refusal = await some.charge(WHO, 60)
    assert refusal is None
    assert charge.extension == {
        "requestedQueryCost": 60,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 100, "currentlyAvailable": 40, "restoreRate": 10},
    }
    assert charge.headers["ratelimit"] == '"small";r=40;t=6'
    some.settle(charge, 25)
    assert charge.extension["actualQueryCost"] == 25
    assert charge.extension["throttleStatus"]["currentlyAvailable"] == 75
    assert charge.headers == {
        "ratelimit-policy": '"small";q=100;w=10;qu="cost"',
        "ratelimit": '"small";r=75;t=3',
    }
    charge, _ = await some.charge(WHO, 10)
    some.settle(charge, 500)
    assert (charge.actual, charge.standing.remaining) == (10, 65)


async def test_a_client_over_its_budget_is_told_when_to_come_back() -> None:
    some, watch = budgets()
    await some.charge(WHO, 70)
    charge, refusal = await some.charge(WHO, 55)
    assert refusal is not None
    assert (refusal.code, refusal.status, refusal.of_operation) == (Code.THROTTLED, 429, True)
    assert (refusal.headers, refusal.facts) == ({"retry-after": "3"}, {"retryAfter": 3})
    assert charge.standing.remaining == 30  # nothing was taken
    assert (await some.charge(OTHER, 55))[1] is None
    elsewhere = Principal("org_2", client="cli_1", client_name="agenda")
    assert (await some.charge(elsewhere, 55))[1] is None
    watch.seconds += 3
    assert (await some.charge(WHO, 55))[1] is None


async def test_what_no_budget_holds_is_no_matter_of_waiting() -> None:
    some, _ = budgets()
    charge, refusal = await some.charge(WHO, 101)
    assert refusal is not None
    assert (refusal.code, refusal.status) == (Code.COST_LIMIT_EXCEEDED, 400)
    assert "retry-after" not in refusal.headers
    assert charge.standing.remaining == 100


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=30))
@settings(deadline=None)
async def test_in_all_a_client_pays_for_what_it_got(operations: list[tuple[int, int]]) -> None:
    some, _ = budgets()
    paid = 0
    for planned, held in operations:
        charge, refusal = await some.charge(WHO, planned)
        assert (refusal is None) == (planned <= 100 - paid)
        if refusal is None:
            paid += min(planned, held)
            some.settle(charge, held)
            assert charge.standing.remaining == 100 - paid


async def test_a_client_has_so_many_places_and_others_have_their_own() -> None:
    some, _ = budgets()
    with place(some, WHO), place(some, OTHER):
        with place(some, WHO):
            with pytest.raises(Refusal) as caught, place(some, WHO):
                pytest.fail("there was no place")
            told = caught.value
            assert (told.code, told.status, told.headers) == (
                Code.THROTTLED,
                429,
                {"retry-after": "1"},
            )
        with place(some, WHO):
            pass
    assert not some._in_work


# Over HTTP


def cost(answer: Any) -> dict[str, Any]:
    return answer.json()["extensions"]["cost"]


@pytest.fixture
def spending(http: Any, bearer: Any, state: dict[str, Any], monkeypatch: Any) -> Any:
    """`await spending(capacity)` gives what asks as one client with such a budget, which hardly ever fills."""

    async def made(capacity: int, places: int = 5) -> Any:
        headers = await bearer()
        tier = Tier("thrifty", Rate(capacity, 0.1), places)
        some = Budgets(state["platform"].limiter, {"thrifty": tier})
        object.__setattr__(state["pipeline"], "budgets", some)

        async def ask(document: str, accept: str = NEWER, **variables: Any) -> Any:
            asked = {"query": document, "variables": variables}
            return await http.post("/graphql", json=asked, headers=headers | {"accept": accept})

        return ask

    return made


async def test_every_answer_says_what_it_cost_and_what_is_left(spending: Any, chain: Any) -> None:
    ask = await spending(1_000)
    answer = await ask(PAGE, n=50)
    assert cost(answer) == {
        "requestedQueryCost": 52,
        "actualQueryCost": 4,
        "throttleStatus": {
            "maximumAvailable": 1_000,
            "currentlyAvailable": 996,
            "restoreRate": 0.1,
        },
    }
    assert answer.headers["ratelimit-policy"] == '"thrifty";q=1000;w=10000;qu="cost"'
    left, seconds = answer.headers["ratelimit"].split(";")[1:]
    assert (left, 39 <= int(seconds[2:]) <= 40) == ("r=996", True)


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/graphql-response+json", 429), ("application/json", 200)],
)
async def test_over_the_budget_nothing_is_executed(
    spending: Any, statements: Any, chain: Any, accept: str, status: int
) -> None:
    ask = await spending(100)
    await ask(PAGE, n=96)
    before = cost(await ask("{ __typename }"))["throttleStatus"]["currentlyAvailable"]
    with statements() as sent:
        answer = await ask(PAGE, accept, n=100)
        assert answer.json()["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"
        answer = await ask(PAGE, accept, n=98)
    assert (answer.status_code, sent) == (status, [])
    body = answer.json()
    assert "data" not in body
    (error,) = body["errors"]
    wait = math.ceil((100 - before) / 0.1)
    assert error["extensions"]["code"] == "THROTTLED"
    assert wait - 2 <= error["extensions"]["retryAfter"] <= wait
    assert answer.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    assert cost(answer) == {
        "requestedQueryCost": 100,
        "actualQueryCost": None,
        "throttleStatus": {
            "maximumAvailable": 100,
            "currentlyAvailable": before,
            "restoreRate": 0.1,
        },
    }
    assert (await ask(PAGE, n=1)).json()["data"]  # what fits is answered


async def test_what_is_refused_before_it_is_charged_costs_nothing(spending: Any) -> None:
    ask = await spending(1_000)
    for document in ("{ nothing }", "{", "{ bookings(first: 101) { nodes { id } } }"):
        answer = await ask(document)
        assert "data" not in answer.json()
        assert "extensions" not in answer.json()
        assert "ratelimit" not in answer.headers
    assert cost(await ask("{ __typename }"))["throttleStatus"]["currentlyAvailable"] == 1_000


async def test_an_operation_over_its_deadline_stays_charged(
    spending: Any, state: dict[str, Any], monkeypatch: Any
) -> None:
    ask = await spending(1_000)

    async def never(*_: Any) -> Any:
        raise TimeoutError

    monkeypatch.setattr("barberpro.gateway.pipeline.run", never)
    answer = await ask(PAGE, n=50)
    assert answer.json()["errors"][0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
    assert (cost(answer)["requestedQueryCost"], cost(answer)["actualQueryCost"]) == (52, None)
    assert cost(answer)["throttleStatus"]["currentlyAvailable"] == 948


async def test_a_client_sees_its_budget_as_data(spending: Any) -> None:
    ask = await spending(1_000)
    document = "{ viewer { budget { maximumAvailable currentlyAvailable restoreRate } } }"
    await ask(PAGE, n=0)
    answer = await ask(document)
    assert answer.json()["data"]["viewer"]["budget"] == {
        "maximumAvailable": 1_000,
        "currentlyAvailable": 998 - cost(answer)["requestedQueryCost"],
        "restoreRate": 0.1,
    }


async def test_more_at_once_than_the_tier_has_places_for_are_told_to_wait(
    spending: Any, monkeypatch: Any
) -> None:
    from barberpro.gateway import pipeline

    ask = await spending(1_000, places=2)
    inside, go = asyncio.Semaphore(0), asyncio.Event()
    run = pipeline.run

    async def slow(*given: Any) -> Any:
        inside.release()
        await go.wait()
        return await run(*given)

    monkeypatch.setattr(pipeline, "run", slow)
    working = [asyncio.create_task(ask("{ viewer { clientId } }")) for _ in range(2)]
    for _ in working:
        await inside.acquire()
    refused = await ask("{ viewer { clientId } }")
    go.set()
    assert [w.status_code for w in await asyncio.gather(*working)] == [200, 200]
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert (await ask("{ viewer { clientId } }")).status_code == 200
