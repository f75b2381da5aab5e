"""What became of each booking, when it was made and how, as it stood when the anchor day began."""

from dataclasses import dataclass

import numpy as np

from barberpro.domains.bookings.lifecycle import OCCUPYING, Channel, Status

from .columns import Column, days, pick, seconds, texts

# As plain strings, which databases' drivers take without asking.
CONFIRMED, COMPLETED = Status.CONFIRMED.value, Status.COMPLETED.value
CANCELLED, NO_SHOW = Status.CANCELLED.value, Status.NO_SHOW.value

PAST = {COMPLETED: 0.89, NO_SHOW: 0.05, CANCELLED: 0.06}
AHEAD = {CONFIRMED: 0.96, CANCELLED: 0.04}
CHANNELS = {
    Channel.WEB.value: 0.4,
    Channel.APP.value: 0.26,
    Channel.PHONE.value: 0.26,
    Channel.PARTNER.value: 0.08,
}
WALKED_IN = 0.14  # of those who came
LEAD_DAYS = 4.0
LEAST_LEAD, LONGEST_LEAD = 30 / 1440, 45.0  # days


@dataclass(frozen=True)
class Outcome:
    """One value a booking.

    `changed` is when it was completed, cancelled or missed; not a time where it still stands.
    """

    status: Column
    channel: Column
    created: Column
    changed: Column


def outcomes(
    rng: np.random.Generator, starts: Column, ends: Column, now: np.datetime64, given_up: Column
) -> Outcome:
    """The fate of each booking.

    The last bookings are places that their first customer gave up: they are cancelled, and
    `given_up` names, for each of them, the booking of whoever took the place afterwards.
    """
    count, firsts = len(starts), len(starts) - len(given_up)
    is_past = starts < now
    status = np.where(
        is_past,
        pick(rng, PAST, list(PAST.values()), count),
        pick(rng, AHEAD, list(AHEAD.values()), count),
    )
    status[given_up] = np.where(is_past[given_up], COMPLETED, CONFIRMED)
    status[firsts:] = CANCELLED
    walked_in = (status == COMPLETED) & (rng.random(count) < WALKED_IN)
    walked_in[given_up] = False
    channel = np.where(
        walked_in, Channel.WALK_IN.value, pick(rng, CHANNELS, list(CHANNELS.values()), count)
    )
    known = np.minimum(starts, now)  # whatever comes before the beginning, and is known by now
    created = known - _leads(rng, walked_in)
    called_off = created + _share(rng, known - created, 0.1, 0.9)
    created[given_up] = called_off[firsts:] + _share(rng, (known - called_off)[firsts:], 0.05, 0.95)
    changed = np.full(count, np.datetime64("NaT", "us"))
    for fate, when in (
        (COMPLETED, ends + seconds(rng.integers(0, 300, count))),
        (NO_SHOW, starts + seconds(rng.integers(900, 1500, count))),
        (CANCELLED, called_off),
    ):
        changed[status == fate] = when[status == fate]
    return Outcome(texts(status), texts(channel), created, changed)


def first_visits(customer: Column, fate: Outcome) -> Column:
    """Whether a booking was its customer's first: when it was made, no other stood or had taken place.

    Counted as it went, customer by customer: one more with each booking, one less when it is
    called off or missed.
    """
    count = len(customer)
    lost = np.flatnonzero(~np.isin(fate.status.astype(str), [each.value for each in OCCUPYING]))
    who = np.concatenate([customer, customer[lost]])
    when = np.concatenate([fate.created, fate.changed[lost]])
    step = np.concatenate([np.ones(count, dtype=np.int64), np.full(len(lost), -1)])
    order = np.lexsort((step, when, who))
    standing = np.cumsum(step[order]) - step[order]  # before each, of all customers up to this one
    begins = np.searchsorted(who[order], who[order])
    before = np.empty(len(order), dtype=np.int64)
    before[order] = standing - standing[begins]
    return before[:count] == 0


def _leads(rng: np.random.Generator, walked_in: Column) -> Column:
    """How long before they are made; who stands in the door waits some minutes."""
    booked = np.clip(rng.exponential(LEAD_DAYS, len(walked_in)), LEAST_LEAD, LONGEST_LEAD)
    return np.where(walked_in, seconds(rng.integers(60, 900, len(walked_in))), days(booked))


def _share(rng: np.random.Generator, span: Column, least: float, most: float) -> Column:
    """A part of each span, in whole seconds."""
    whole = span.astype("timedelta64[s]").astype(np.int64)
    return seconds(np.floor(whole * rng.uniform(least, most, len(whole))))
