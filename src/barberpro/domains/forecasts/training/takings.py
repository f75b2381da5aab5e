"""What bookings bring in: bookings times a ticket at the prices last agreed.

Nominal takings of past years teach little where prices double within one. So every past booking is valued at what the
same service was last sold for at this location, which deflates by the shop's own price index without making one; a
ticket is the mean of those values. Forecasts are nominal, at those prices: what prices will do is not foretold.
"""

import numpy as np

from .series import WEEK, Floats, Ints, Shop

PRICES_OF = 4 * WEEK
PRICE_DAYS = 3
"""Days with a booking of a service whose mean is its price: one may be odd, and more lag where prices rise."""
TICKETS_OF = 26 * WEEK
WEIGHT = 30.0  # bookings of a weekday at which its own ticket counts as much as that of all days


def takings(shop: Shop, first: int, count: int) -> Floats:
    """What was agreed for the bookings of each day, in major units of the shop's currency; days by their ordinals."""
    at = shop.days - first
    within = (at >= 0) & (at < count)
    major = shop.prices[within] / shop.minor_units
    return np.bincount(at[within], major, minlength=count).astype(float)


def tickets(shop: Shop, until: int) -> Floats:
    """What a booking of each weekday brings in at the prices last agreed before the day `until`, in major units."""
    past = shop.days < until
    days, services, prices = shop.days[past], shop.services[past], shop.prices[past]
    if not len(days):
        return np.zeros(WEEK)
    recent = days >= until - TICKETS_OF
    if not recent.any():
        recent[:] = True
    values = _prices_now(days, services, prices, until)[services[recent]] / shop.minor_units
    weekday = (days[recent] + WEEK - 1) % WEEK  # the first day of the calendar was a Monday
    total = np.bincount(weekday, values, minlength=WEEK)
    number = np.bincount(weekday, minlength=WEEK)
    return (total + WEIGHT * values.mean()) / (number + WEIGHT)


def _prices_now(days: Ints, services: Ints, prices: Ints, until: int) -> Floats:
    """By service: the mean agreed on its last three days of the last four weeks, else for its last booking."""
    found = np.zeros(int(services.max()) + 1)
    found[services] = prices  # days ascend, and the last one written stays
    recent = days >= until - PRICES_OF
    for service in np.unique(services[recent]):
        own = recent & (services == service)
        found[service] = prices[own & (days >= np.unique(days[own])[-PRICE_DAYS:][0])].mean()
    return found
