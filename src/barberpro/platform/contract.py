"""Where `schema/` lies: what callers are promised, and what other services promise us."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def contract() -> Traversable:
    """The `schema/` folder: inside the package where it is installed, at the checkout's top in development."""
    packaged = files("barberpro") / "schema"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "schema"
