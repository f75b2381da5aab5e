"""What became of each booking, when it was made and how, as it stood when the anchor day began."""

from dataclasses import dataclass

import numpy as np

from barberpro.domains.bookings.lifecycle import STANDING, Channel, Status

from .columns import Column, days, pick, seconds, texts
from .customers import Crowd

# As plain strings, which databases' drivers take without asking.
CONFIRMED, COMPLETED = Status.CONFIRMED.value, Status.COMPLETED.value
CANCELLED, NO_SHOW = Status.CANCELLED.value, Status.NO_SHOW.value

CHANNELS = {
    Channel.WEB.value: 0.4,
    Channel.APP.value: 0.26,
    Channel.PHONE.value: 0.26,
    Channel.PARTNER.value: 0.08,
}
LEAD_DAYS = 5.0
LEAST_LEAD, LONGEST_LEAD = 30 / 1440, 45.0  # days
AT_THE_COUNTER = 0.25  # of who comes again booked when they left the last time
WAITED_FOR = 0.8  # of that time, at least, went by since
AT_ONCE, DAY_AHEAD = 0.5, 1 / 24
"""What a person's chances to miss or to cancel are multiplied by: at once, and more with each day ahead."""


@dataclass(frozen=True)
class Leads:
    """How long before it begins each booking is made, and whether by someone at the door."""

    ahead: Column
    walked_in: Column

    def take(self, which: Column) -> "Leads":
        """Some of them, in this order."""
        return Leads(self.ahead[which], self.walked_in[which])


@dataclass(frozen=True)
class Outcome:
    """One value a booking.

    `changed` is when it was completed, cancelled or missed; not a time where it still stands.
    """

    status: Column
    channel: Column
    created: Column
    changed: Column


def leads(rng: np.random.Generator, people: Crowd, person: Column, waited: Column) -> Leads:
    """How long ahead each visit is booked; `waited` is the days since the person's last."""
    count = len(person)
    booked = rng.exponential(LEAD_DAYS, count)
    again = (rng.random(count) < AT_THE_COUNTER) & (waited > 0)
    booked[again] = waited[again] * rng.uniform(WAITED_FOR, 1, again.sum())
    ahead = days(np.clip(booked, LEAST_LEAD, LONGEST_LEAD))
    walked_in = (rng.random(count) < people.walks_in[person]) & ~again
    ahead[walked_in] = seconds(rng.integers(60, 900, walked_in.sum()))
    return Leads(ahead, walked_in)


def outcomes(
    rng: np.random.Generator,
    people: Crowd,
    person: Column,
    lead: Leads,
    starts: Column,
    ends: Column,
    now: np.datetime64,
    given_up: Column,
) -> Outcome:
    """The fate of each booking: people have habits, and plans made long ago come to nothing.

    The last bookings are places that their first customer gave up: they are cancelled, and
    `given_up` names, for each of them, the booking of whoever took the place afterwards.
    """
    count, firsts = len(starts), len(starts) - len(given_up)
    walked_in = lead.walked_in.copy()
    walked_in[given_up] = walked_in[firsts:] = False
    status = _statuses(rng, people, person, lead.ahead, starts < now)
    status[walked_in] = COMPLETED
    status[given_up] = np.where(starts[given_up] < now, COMPLETED, CONFIRMED)
    status[firsts:] = CANCELLED
    channel = np.where(
        walked_in, Channel.WALK_IN.value, pick(rng, CHANNELS, list(CHANNELS.values()), count)
    )
    known = np.minimum(starts, now)  # whatever comes before the beginning, and is known by now
    created = starts - lead.ahead
    created[firsts:] = known[firsts:] - np.maximum(lead.ahead[firsts:], days(1.0))
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
    lost = np.flatnonzero(~np.isin(fate.status.astype(str), [each.value for each in STANDING]))
    who = np.concatenate([customer, customer[lost]])
    when = np.concatenate([fate.created, fate.changed[lost]])
    step = np.concatenate([np.ones(count, dtype=np.int64), np.full(len(lost), -1)])
    order = np.lexsort((step, when, who))
    standing = np.cumsum(step[order]) - step[order]  # before each, of all customers up to this one
    begins = np.searchsorted(who[order], who[order])
    before = np.empty(len(order), dtype=np.int64)
    before[order] = standing - standing[begins]
    return before[:count] == 0


def _statuses(
    rng: np.random.Generator, people: Crowd, person: Column, ahead: Column, is_past: Column
) -> Column:
    """Missed, cancelled or not, by who it is and how long ago it was made."""
    factor = AT_ONCE + DAY_AHEAD * (ahead / np.timedelta64(1, "D"))
    misses = np.minimum(people.misses[person] * factor, 0.5)
    cancels = np.minimum(people.cancels[person] * factor, 0.4)
    luck = rng.random(len(person))
    past = np.where(luck < misses, NO_SHOW, np.where(luck < misses + cancels, CANCELLED, COMPLETED))
    # Half of those who will cancel have not done so yet; nobody has missed what is to come.
    return np.where(is_past, past, np.where(luck < cancels / 2, CANCELLED, CONFIRMED)).astype(
        object
    )


def _share(rng: np.random.Generator, span: Column, least: float, most: float) -> Column:
    """A part of each span, in whole seconds."""
    whole = span.astype("timedelta64[s]").astype(np.int64)
    return seconds(np.floor(whole * rng.uniform(least, most, len(whole))))
