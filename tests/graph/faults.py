"""Faults in what fields ask: some fail, some answer null where they should not, some fail for a few of the parents."""

import contextlib
import functools
import zlib
from collections.abc import Iterator
from random import Random
from typing import Any

from barberpro.graph.loads import Batched, Computed, One, Told
from barberpro.graph.mutations import Act
from barberpro.graph.schema import Graph


@contextlib.contextmanager
def faults(graph: Graph, rng: Random) -> Iterator[None]:
    """Break a third of all declarations, each in one of those ways, the same for whoever asks meanwhile."""
    loads = [load for _, load in sorted(graph.loads.items()) if not isinstance(load, Act | Told)]
    broken = rng.sample(loads, len(loads) // 3)
    sound = {load: {"fn": load.fn} for load in broken if isinstance(load, Computed)}
    sound |= {load: {"apart": load.apart} for load in broken if isinstance(load, One)}
    for load in broken:
        _break(load, rng.choice(["fails", "null", "some"]))
    try:
        yield
    finally:
        for load in broken:
            for name in ("fetch", "by_keys"):
                vars(load).pop(name, None)
            vars(load).update(sound.get(load, {}))


def _break(load: Any, how: str) -> None:
    def worse(of: Any, value: Any) -> Any:
        if _is_spared(of):
            return value
        return (
            RuntimeError("one is broken") if how == "some" and isinstance(load, Batched) else None
        )

    name = "fn" if isinstance(load, Computed) else "by_keys" if isinstance(load, One) else "fetch"
    sound = getattr(load, name)

    async def fetch(of: Any, context: Any, **given: Any) -> Any:
        if how == "fails" and any(o is not None or name != "by_keys" for o in of):
            raise RuntimeError("all is broken")
        return [worse(o, v) for o, v in zip(of, await sound(of, context, **given), strict=True)]

    @functools.wraps(sound)
    def made(*cells: Any, **context: Any) -> Any:
        if how == "fails":
            raise RuntimeError("this is broken")
        return worse(cells, sound(*cells, **context))

    vars(load)[name] = made if name == "fn" else fetch
    if name == "by_keys":  # what comes joined is not asked of its own declaration
        vars(load)["apart"] = "broken"


def _is_spared(of: Any) -> bool:
    """Half of all things, by the end of their ids: the same half of two things that are alike."""
    return zlib.crc32(str(getattr(of, "id", of) or "")[-12:].encode()) % 2 == 1
