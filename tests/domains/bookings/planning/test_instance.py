"""What is refused as an instance, and how it is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from barberpro.domains import bookings
from barberpro.domains.bookings.planning.generating import generate
from barberpro.domains.bookings.planning.instance import InstanceRefused, read, written
from barberpro.domains.bookings.planning.plan import plan_of
from barberpro.domains.bookings.planning.solving import solve

from .days import day, provider, wish


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ([], "document: Input should be a valid dictionary"),
        (day(requests=[wish("r", minutes=0)]), "requests.0.minutes: Input should be greater than"),
        (
            day(requests=[wish("r", earliest=700)]),
            "requests.0: 60 minutes do not fit between 700 and 720",
        ),
        (
            day(
                providers=[
                    {
                        "id": "a",
                        "skills": [],
                        "shifts": [{"location": "centro", "start": 9, "until": 9}],
                    }
                ]
            ),
            "providers.0.shifts.0: a shift ends after it starts",
        ),
        (day(requests=[wish("r", value=-1)]), "requests.0.value: Input should be greater than"),
        (day(requests=[wish("r", colour="red")]), "requests.0.colour: Extra inputs are not"),
        (day(requests=[wish("r"), wish("r")]), "request r: given twice"),
        (day(requests=[wish("r", providers=["bo"])]), "request r.providers: no provider bo"),
        (day(providers=[provider("ana", "norte")]), "provider ana.shifts: no location norte"),
        (
            day(
                requests=[
                    wish(
                        "r",
                        pinned={"provider": "ana", "location": "centro", "chair": "c9", "at": 540},
                    )
                ]
            ),
            "request r.pinned: no chair c9 at location centro",
        ),
        (day(step=7), "step: Input should be 1, 2"),
        (day(start="2026-12-01T03:00:00"), "start: Input should have timezone info"),
        (
            day(requests=[wish(f"r{n}") for n in range(5_001)]),
            "requests: Tuple should have at most 5000 items",
        ),
    ],
)
def test_says_where_a_document_is_no_instance(document: Any, fault: str) -> None:
    with pytest.raises(InstanceRefused) as refused:
        read(document)

    assert len(refused.value.faults) == 1
    assert refused.value.faults[0].startswith(fault)


def test_a_made_up_day_is_the_same_each_time_and_survives_the_file() -> None:
    once = generate(locations=4, providers=2, requests=40, seed=7)

    assert generate(locations=4, providers=2, requests=40, seed=7) == once
    assert generate(locations=4, providers=2, requests=40, seed=8) != once
    assert read(written(once)) == once
    assert len(once.travel) == 6
    assert len(once.requests) == 40


def test_the_example_of_the_readme_is_an_instance_that_can_be_planned() -> None:
    text = Path(bookings.__file__).with_name("README.md").read_text()
    block = text.split("refused.\n\n", 1)[1].split("\n\n| Member", 1)[0]

    instance = read(json.loads(block))

    assert [each.request for each in plan_of(instance, solve(instance)).assignments] == ["r1", "r2"]
