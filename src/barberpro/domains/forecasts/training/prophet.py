"""Prophet, told what it cannot see: occasions, closures, and what has changed of late."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .days import Occasion
from .series import Flags, Floats, Series, weekdays
from .shift import RECENT, level_shift, weekday_shift

logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # it wants plotly, we do not
from prophet import Prophet  # noqa: E402

for _name in (
    "prophet",
    "prophet.models",
    "cmdstanpy",
):  # a line for every fit; cmdstanpy sets its own level back
    logging.getLogger(_name).disabled = True

YEARLY_FROM = 2 * 365  # days: of a shorter history a yearly season would be a guess
YEARLY_ORDER = 4
MONTHLY = ("mensual", 30.4375, 2)  # salaries are paid at its turn
CHANGEPOINTS = 12
FIRST_STEPS = (1e-4, 1e-5)
"""Of L-BFGS. With its own, 1e-3, it lost its way on 2 of 12 series, and Newton's method, the way out, takes 7 s."""
HOLIDAY = "Feriado"


def ordinary_days(series: Series, known: Sequence[Occasion]) -> Flags:
    """Days open for business that are no occasion."""
    special = {o.day for o in known}
    plain = [series.day(n) not in special for n in range(len(series))]
    return series.usable & np.array(plain, dtype=bool)


def expected(series: Series, horizon: int, known: Sequence[Occasion]) -> Floats:
    """Bookings a day on the days after the series, were the shop open on all of them.

    `known` are the occasions from the first day of the series to the last that is asked for.
    """
    ordinary = ordinary_days(series, known)
    shift = weekday_shift(series, ordinary)
    adjusted = series.counts.copy()
    recent = slice(max(0, len(series) - RECENT), len(series))
    adjusted[recent] /= shift[series.weekday[recent]]
    fitted = _fitted(series, adjusted, horizon, known)
    past, future = fitted[: len(series)], fitted[len(series) :]
    level = level_shift(adjusted, past, ordinary)
    ahead = weekdays(series.day(len(series)), horizon)
    return np.maximum(future, 0.0) * level * shift[ahead]


def _fitted(series: Series, counts: Floats, horizon: int, known: Sequence[Occasion]) -> Floats:
    """What Prophet says of every day of the series, and of so many after it."""
    days = pd.to_datetime([series.day(n) for n in range(len(series) + horizon)])
    open_days = pd.DataFrame({"ds": days[: len(series)], "y": counts})[series.usable]
    yearly = len(series) >= YEARLY_FROM
    for first_step in FIRST_STEPS:
        model = _model(known, yearly=yearly)
        model.stan_backend.set_options(newton_fallback=False)
        try:
            model.fit(open_days, algorithm="LBFGS", init_alpha=first_step)
            break
        except RuntimeError:  # the search for a step failed; another first one mostly does not
            continue
    else:
        model = _model(known, yearly=yearly).fit(open_days)
    return model.predict(pd.DataFrame({"ds": days}))["yhat"].to_numpy()


def _model(known: Sequence[Occasion], *, yearly: bool) -> Any:
    model = Prophet(
        growth="linear",
        seasonality_mode="multiplicative",
        n_changepoints=CHANGEPOINTS,
        yearly_seasonality=YEARLY_ORDER if yearly else False,
        weekly_seasonality=3,
        daily_seasonality=False,
        holidays=_table(known),
        uncertainty_samples=0,
    )
    if yearly:
        model.add_seasonality(*MONTHLY)
    return model


def _table(known: Sequence[Occasion]) -> Any:
    """Public holidays are one event, not one a name: years are few, names many, and each costs its column's time."""
    events = {(HOLIDAY if o.is_holiday else o.name, o.day) for o in known}
    if not events:
        return None
    names, days = zip(*sorted(events), strict=True)
    return pd.DataFrame({"holiday": names, "ds": pd.to_datetime(days)})
