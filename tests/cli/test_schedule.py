"""`barberpro schedule`, as someone types it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from barberpro.cli.schedule import app

DAY = ("--locations", "3", "--providers", "2", "--requests", "60", "--seed", "4")


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    file = tmp_path / "day.json"
    file.write_text(typed("instance", *DAY).stdout)
    return file


def test_an_instance_is_planned_and_the_plan_checked(instance: Path, tmp_path: Path) -> None:
    solved = typed("solve", str(instance), "--rounds", "200", "--json")
    plan = tmp_path / "plan.json"
    plan.write_text(solved.stdout)
    figures: dict[str, Any] = json.loads(solved.stdout)["figures"]

    assert solved.exit_code == 0
    assert figures["requests"] == 60
    assert figures["greedyPoints"] < figures["points"] <= figures["boundPoints"]
    checked = typed("check", str(instance), str(plan))
    assert checked.exit_code == 0
    assert checked.stdout == f"{figures['accepted']} assignments, no rule broken\n"


def test_a_plan_that_breaks_a_rule_fails_with_the_rule(instance: Path, tmp_path: Path) -> None:
    plan = json.loads(typed("solve", str(instance), "--json").stdout)
    first = plan["assignments"][0]
    first["at"] = 0
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))

    checked = typed("check", str(instance), str(file))

    assert checked.exit_code == 1
    assert f"{first['request']}: outside its window\n" in checked.stderr


def test_figures_stand_beside_greedy_and_the_bound(instance: Path) -> None:
    lines = typed("solve", str(instance), "--rounds", "50").stdout.splitlines()

    assert [line.split()[0] for line in lines] == ["accepted", "greedy", "plan", "bound", "60"]
    assert lines[4].startswith("60 requests, 50 rounds in ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ("{}", "start: Field required"),
        ('{"start": "x"}', "start: Input should be a valid datetime"),
    ],
)
def test_a_file_that_is_no_instance_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "day.json"
    file.write_text(text)

    refused = typed("solve", str(file))

    assert refused.exit_code == 1
    assert says in refused.stderr
    assert refused.stdout == ""


def test_a_file_that_is_not_there_or_no_plan_is_told(instance: Path, tmp_path: Path) -> None:
    assert "cannot be read" in typed("solve", str(tmp_path / "none.json")).stderr
    assert "is no plan" in typed("check", str(instance), str(instance)).stderr


def test_a_week_is_staffed(tmp_path: Path) -> None:
    file = tmp_path / "week.json"
    file.write_text(typed("week", "--providers", "10", "--seed", "3").stdout)

    line = typed("staff", str(file))
    roster = json.loads(typed("staff", str(file), "--json").stdout)

    assert line.exit_code == 0
    assert line.stdout.startswith("OPTIMAL in ")
    assert roster["status"] == "OPTIMAL"
    assert f"{len(roster['shifts'])} shifts" in line.stdout
    assert list(roster["shifts"][0]) == ["provider", "day", "template"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"providers": []}, "providers: Tuple should have at least 1 item"),
        ({"templates": [{"id": "a", "start": 600, "until": 540}]}, "a shift ends after it starts"),
        ({"templates": [{"id": "a", "start": 0, "until": 45}]}, "a multiple of 30"),
        ({"providers": [{"id": "a"}, {"id": "a"}]}, "provider a: given twice"),
        ({"demand": [{"day": 0, "start": 1410, "need": [1, 1]}]}, "demand.0: passes midnight"),
        ({"demand": [{"day": 0, "start": 0, "need": [1]}] * 2}, "demand.1: minute 0 of day 0"),
        ({"demand": [{"day": 7, "start": 0, "need": [1]}]}, "demand.0.day: "),
        ({"rules": {"mostHours": 48}}, "rules.mostHours: Extra inputs"),
    ],
)
def test_a_file_that_is_no_week_is_refused(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    week = json.loads(typed("week", "--providers", "2").stdout)
    file = tmp_path / "week.json"
    file.write_text(json.dumps({**week, **change}))

    refused = typed("staff", str(file))

    assert refused.exit_code == 1
    assert says in refused.stderr
    assert refused.stdout == ""


def test_without_its_solver_staffing_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "week.json"
    file.write_text(typed("week", "--providers", "2").stdout)
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)

    refused = typed("staff", str(file))

    assert refused.exit_code == 1
    assert refused.stderr == "staffing needs a solver: pip install 'barberpro[staffing]'\n"
