"""What has changed of late: the share of a weekday, and the level of all.

Prophet's weekly season is one for the whole history, so a weekday that doubled three months ago would hardly show. The
change is measured beside the other days of each week, taken out before the fit and put back onto the forecast. It is
believed where it is more than twice its standard error, and then as it is: a real doubling shows whole, and most of
what is noise does not. Beside leaving it out, and beside shrinking it, this changed the error on shops of Rossmann and
on made series by less than a hundredth either way.
"""

import numpy as np

from .series import WEEK, Flags, Floats, Ints, Series

RECENT = 12 * WEEK
BEFORE = 8 * WEEK
"""Days of history that must come before, to compare with."""
FEWEST = 4  # days of a weekday on either side
STANDS_OUT = 2.0
"""Standard errors beyond which a change is taken for one."""
LEVEL_DAYS = 8 * WEEK
LEVEL_HALF_LIFE = 2 * WEEK


def weekday_shift(series: Series, ordinary: Flags) -> Floats:
    """By which factor each weekday's share of its week changed in the last twelve weeks; 1 where it did not."""
    if len(series) < RECENT + BEFORE:
        return np.ones(WEEK)
    shares = _shares(series, ordinary)
    is_recent = np.arange(len(series)) >= len(series) - RECENT
    change, error = np.zeros(WEEK), np.full(WEEK, np.inf)
    for day in range(WEEK):
        of_day = (series.weekday == day) & ~np.isnan(shares)
        new, old = shares[of_day & is_recent], shares[of_day & ~is_recent]
        if min(len(new), len(old)) < FEWEST or new.mean() <= 0 or old.mean() <= 0:
            continue
        change[day] = np.log(new.mean() / old.mean())
        error[day] = np.hypot(_relative_error(new), _relative_error(old))
    known = np.isfinite(error)
    if known.any():  # one weekday that rose lowers the shares of all others alike
        change[known] -= np.median(change[known])
    return np.exp(believed(change, error))


def level_shift(actual: Floats, fitted: Floats, ordinary: Flags) -> float:
    """By which factor the last weeks lie above what was fitted to them."""
    recent = np.flatnonzero(ordinary[-LEVEL_DAYS:] & (fitted[-LEVEL_DAYS:] > 0))
    if len(recent) < 2 * WEEK:
        return 1.0
    came, expected = actual[-LEVEL_DAYS:][recent], fitted[-LEVEL_DAYS:][recent]
    age = min(len(actual), LEVEL_DAYS) - 1 - recent
    weight = 0.5 ** (age / LEVEL_HALF_LIFE)
    total = (weight * expected).sum()
    ratio = (weight * came).sum() / total
    if ratio <= 0:
        return 1.0
    noise = np.sqrt((weight**2 * (came - ratio * expected) ** 2).sum()) / total / ratio
    return float(np.exp(believed(np.array([np.log(ratio)]), np.array([noise]))[0]))


def believed(change: Floats, error: Floats) -> Floats:
    """The estimates, without those that may well be noise."""
    kept = np.zeros_like(change)
    known = (change != 0) & np.isfinite(error)
    stands_out = known & (np.abs(change) > STANDS_OUT * error)
    kept[stands_out] = change[stands_out]
    return kept


def _shares(series: Series, ordinary: Flags) -> Floats:
    """Each day beside the mean of its seven-day week; NaN where the week says nothing."""
    shares = np.full(len(series), np.nan)
    for end in range(len(series), 0, -WEEK):
        week: Ints = np.arange(max(0, end - WEEK), end)
        week = week[ordinary[week]]
        if len(week) > 1 and series.counts[week].sum() > 0:
            shares[week] = series.counts[week] / series.counts[week].mean()
    return shares


def _relative_error(sample: Floats) -> float:
    """The standard error of a mean, as a part of it."""
    return float(sample.std(ddof=1) / np.sqrt(len(sample)) / sample.mean())
