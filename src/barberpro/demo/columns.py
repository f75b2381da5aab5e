"""A table's rows as columns, and where chance comes from."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Columns = dict[str, Column]
"""Column name to values, one a row.

Ids and texts are object arrays (so rows that refer to the same thing share one string), instants
are `datetime64[us]` in UTC and in whole seconds; whole numbers some of which are missing are float64.
None, "not a time" and NaN stand for NULL. The loader adds the tenant.
"""

WEEK = 7


def stream(seed: int, tenant: str, purpose: str) -> np.random.Generator:
    """Chance for one purpose.

    Streams are independent, so that a new table leaves the rows of all others as they were.
    """
    return np.random.default_rng([seed, *f"{tenant}/{purpose}".encode()])


def texts(values: Any) -> Column:
    """An object array, one-dimensional whatever the values are."""
    found = list(values)
    column = np.empty(len(found), dtype=object)
    column[:] = found
    return column


def nothing(size: int) -> Column:
    """An object array of so many NULLs, to be filled in part."""
    return np.full(size, None, dtype=object)


def pick(rng: np.random.Generator, values: Any, weights: Any, size: int) -> Column:
    """Values drawn with these weights, which need not add up to one."""
    shares = np.asarray(weights, dtype=float)
    return texts(values)[rng.choice(len(shares), size, p=shares / shares.sum())]


def seconds(amount: Column | float) -> Column:
    """Numbers of seconds as spans of time."""
    return np.asarray(amount).astype("timedelta64[s]").astype("timedelta64[us]")


def days(amount: Column | float) -> Column:
    """Numbers of days, fractions too, as spans of time of whole seconds."""
    return seconds(np.asarray(amount) * 86_400)


def iso(column: Column, unit: Literal["s", "us"]) -> list[str | None]:
    """Instants as `2026-11-22T13:00:00Z`, with all six digits of a fraction where the unit is `us`."""
    shown = np.datetime_as_string(column, unit=unit, timezone="UTC").astype(object)
    shown[np.isnat(column)] = None
    return shown.tolist()


def plain(column: Column, unit: Literal["s", "us"]) -> list[Any]:
    """The values as Python has them: whole numbers, texts and None, and instants as `iso` writes them."""
    if column.dtype.kind == "M":
        return iso(column, unit)
    if column.dtype.kind == "f":
        return [None if value != value else int(value) for value in column.tolist()]
    return column.tolist()


def row_count(columns: Columns) -> int:
    """Rows in a table."""
    return len(columns["id"])
