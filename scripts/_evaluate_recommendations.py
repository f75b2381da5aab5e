"""How good the recommendations are, on the demo's bookings: what `scripts/evaluate recommendations` measures.

The demo is loaded into a database of its own and read back the way training does; its parameters are not looked at.
Each of a few moments of the past is a rehearsal: learn from what was known, recommend, and compare with what each
customer booked next within 60 days. Only bookings are as they were then: the roster, customers' homes and the
catalogue are those of today. The recipe is the product's own and is fixed before; nothing is tuned here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

ORIGINS = 3


def main(given: argparse.Namespace) -> int:
    """Measure, and print JSON."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_measured(Path(folder), given.scale))
    print(json.dumps(found, indent=2))
    return 0


async def _measured(folder: Path, scale: str) -> dict:
    from barberpro.demo.clients import CHAIN
    from barberpro.demo.load import load_if_absent
    from barberpro.demo.scales import SCALES, SEED
    from barberpro.domains.recommendations.training import train
    from barberpro.domains.recommendations.training.past import arrays
    from barberpro.domains.recommendations.training.reading import read
    from barberpro.platform import migrations
    from barberpro.platform.clock import now
    from barberpro.platform.database import Database
    from barberpro.platform.doors import Reader
    from barberpro.platform.principal import worker

    url = f"sqlite+aiosqlite:///{folder / 'barberpro.db'}"
    migrations.upgrade(url)
    database = Database(url)
    try:
        await load_if_absent(database, now, folder, SCALES[scale], seed=SEED)
        began, worked = time.perf_counter(), time.process_time()
        trained = await train(database, worker(CHAIN.id), now)
        seconds = {
            "wall": round(time.perf_counter() - began, 2),
            "cpu": round(time.process_time() - worked, 2),
        }
        at = now()
        past, _ = arrays(await read(Reader(database, worker(CHAIN.id)), at), at)
    finally:
        await database.close()
    return {
        "scale": scale,
        "training": {
            "seconds": seconds,
            "rows": trained.rows,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        },
        "metrics": trained.metrics,
        "origins": [_compared(past, 60 * n) for n in range(ORIGINS, 0, -1)],
    }


def _compared(past, days_ago: float) -> dict:
    """The blend, and what it has to beat, from one moment."""
    from barberpro.domains.recommendations.training.blend import BLEND, Weights, fitted, ranked
    from barberpro.domains.recommendations.training.judging import after, quality

    at = past.at - days_ago
    model, came = fitted(past.before(at)), after(past, at)
    times = model.habits.times
    share = times / np.maximum(times.sum(axis=1, keepdims=True), 1.0)
    rivals = {
        "blend": (BLEND, None),
        "popularity": (Weights(own=0, together=0, popular=1, loyal=0, near=1), None),
        # Plain counts; what is popular only decides between equals and fills up.
        "own_frequency": (Weights(own=1, together=0, popular=1e-6, loyal=1, near=1e-6), share),
        "ease": (Weights(own=0, together=0.5, popular=0, loyal=0, near=1), None),
        "blend_without_ease": (_but(BLEND, together=0), None),
        "blend_without_own": (_but(BLEND, own=0, loyal=0), None),
    }
    return {
        "days_ago": days_ago,
        **{
            name: asdict(quality(ranked(model, weights, own=own), came))
            for name, (weights, own) in rivals.items()
        },
    }


def _but(weights, **changes: float):
    from dataclasses import replace

    return replace(weights, **changes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", default="default", help="how large the demo chain is")
    sys.exit(main(parser.parse_args()))
