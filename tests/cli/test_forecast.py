"""`barberpro ml` and `barberpro forecast`, as someone types them."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from barberpro.cli import forecast, ml
from barberpro.demo.clients import CHAIN, RIVAL
from barberpro.demo.load import load_if_absent
from barberpro.demo.scales import SCALES
from barberpro.domains.forecasts import training
from barberpro.domains.forecasts.service import Metric
from barberpro.domains.forecasts.training import reading
from barberpro.platform import clock, migrations
from barberpro.platform.database import Database
from barberpro.platform.doors import Reader
from barberpro.platform.errors import Misconfigured
from barberpro.platform.principal import worker
from barberpro.platform.settings import Settings

Typed = Callable[..., Result]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation with the tiny demo, and no models."""
    folder = tmp_path_factory.mktemp("installation")
    settings = Settings(data_dir=folder)
    migrations.upgrade(settings.database)

    async def load() -> None:
        database = Database(settings.database, pool_size=1)
        await load_if_absent(database, clock.now, folder, SCALES["tiny"], seed=3)
        await database.close()

    asyncio.run(load())
    yield folder


@pytest.fixture
def typed(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types a command of `ml` or `forecast` at this installation."""
    monkeypatch.setenv("COLUMNS", "300")

    def run(noun: Any, *arguments: str) -> Result:
        return CliRunner().invoke(noun.app, [*arguments, "--data-dir", str(data_dir)])

    return run


def names(data_dir: Path) -> list[str]:
    async def read() -> list[str]:
        database = Database(Settings(data_dir=data_dir).database, pool_size=1)
        rows = await Reader(database, worker(CHAIN.id)).rows(forecast.PLACES)
        await database.close()
        return [row.name for row in rows]

    return asyncio.run(read())


def test_a_location_without_a_model_has_no_picture(typed: Typed, data_dir: Path) -> None:
    done = typed(forecast, "plot", names(data_dir)[0])
    assert isinstance(done.exception, Misconfigured)
    assert "run `barberpro ml train`" in str(done.exception)


def test_a_training_that_fails_is_told_and_ends_with_1(
    typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(training, "train", fails)
    done = typed(ml, "train", "--only", "forecasts", "--tenant", RIVAL.id)
    assert done.exit_code == 1
    assert "failed" in done.stdout
    assert "the lights went out" in done.stdout


def test_models_are_trained_shown_and_drawn(typed: Typed, data_dir: Path, tmp_path: Path) -> None:
    trained = typed(ml, "train", "--only", "forecasts", "--tenant", CHAIN.id)
    assert trained.exit_code == 0, trained.stdout
    assert CHAIN.id in trained.stdout
    assert RIVAL.id not in trained.stdout
    shown = typed(ml, "status")
    assert shown.stdout.count("ACTIVE") == 1
    name = names(data_dir)[0]
    for suffix, begins in ((".png", b"\x89PNG"), (".svg", b"<?xml")):
        for metric in ("BOOKINGS", "revenue"):
            to = tmp_path / f"{metric}{suffix}"
            done = typed(forecast, "plot", name.upper(), "--output", str(to), "--metric", metric)
            assert (done.exit_code, done.stdout) == (0, f"wrote {to}\n")
            assert to.read_bytes().startswith(begins)
    first = (tmp_path / "BOOKINGS.svg").read_bytes()
    typed(forecast, "plot", name, "--output", str(tmp_path / "BOOKINGS.svg"))
    assert (tmp_path / "BOOKINGS.svg").read_bytes() == first


def test_takings_are_drawn_in_the_currency_they_were_foretold_in(
    typed: Typed, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(ml, "train", "--only", "forecasts", "--tenant", CHAIN.id)
    name, read, asked = names(data_dir)[0], reading.shops, []

    async def noted(*given: Any, **named: Any) -> Any:
        asked.append(named["currency"])
        return await read(*given, **named)

    monkeypatch.setattr(reading, "shops", noted)
    for metric in Metric:
        to = tmp_path / f"{metric}.SVG"
        assert typed(forecast, "plot", name, "--output", str(to), "--metric", metric).exit_code == 0
        assert to.read_bytes().startswith(b"<?xml")
    assert asked == [None, "ARS"]


def test_a_forecast_that_has_run_out_is_told(
    typed: Typed, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(ml, "train", "--only", "forecasts", "--tenant", CHAIN.id)
    name, later = names(data_dir)[0], clock.now() + timedelta(days=91)
    monkeypatch.setattr(clock, "now", lambda: later)
    done = typed(forecast, "plot", name, "--output", str(tmp_path / "late.svg"))
    assert isinstance(done.exception, Misconfigured)
    assert "says nothing of today or later: run `barberpro ml train`" in str(done.exception)
    assert not (tmp_path / "late.svg").exists()


def test_what_is_mistyped_is_refused(typed: Typed, tmp_path: Path) -> None:
    assert typed(forecast, "plot", "Centro", "--output", str(tmp_path / "a.gif")).exit_code == 2
    nowhere = typed(forecast, "plot", "Centro", "--output", str(tmp_path / "none" / "a.svg"))
    assert nowhere.exit_code == 2
    assert "there is no folder" in nowhere.output
    assert typed(forecast, "plot", "Centro", "--days", "91").exit_code == 2
    unknown = typed(forecast, "plot", "Ninguna")
    assert str(unknown.exception) == "There is no location Ninguna."
    assert typed(ml, "train", "--tenant", "org_none").exit_code == 1
    assert typed(ml, "train", "--only", "weather").exit_code == 2
