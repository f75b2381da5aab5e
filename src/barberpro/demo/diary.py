"""The rows of what happened: bookings, every change made to them, and the visits they became."""

import numpy as np

from barberpro.domains.bookings.lifecycle import Change

from . import identifiers
from .booked import Booked
from .catalogue import CURRENCY, GAPS, MINUTES
from .columns import Column, Columns, nothing, texts
from .outcome import CANCELLED, COMPLETED, CONFIRMED, NO_SHOW, Outcome, first_visits

ACTOR = "worker"
"""Who made the demo's changes: the platform itself, as the loader does."""

ENDS = {
    COMPLETED: Change.COMPLETED.value,
    CANCELLED: Change.CANCELLED.value,
    NO_SHOW: Change.MISSED.value,
}


def bookings(
    rng: np.random.Generator,
    booked: Booked,
    fate: Outcome,
    chair: Column,
    price: Column,
    tables: dict[str, Columns],
) -> Columns:
    """One row a booking, of rows that `tables` has already. `chair` is a number, `price` in minor units."""
    count = len(booked.starts)
    after, gap = GAPS[booked.service].T.astype("timedelta64[m]")
    gap_starts = np.where(gap > 0, booked.starts + after, np.datetime64("NaT", "us"))
    return {
        "id": identifiers.made(rng, "bkg", fate.created),
        "location_id": tables["locations"]["id"][booked.location],
        "provider_id": tables["providers"]["id"][booked.provider],
        "chair_id": tables["chairs"]["id"][chair],
        "customer_id": tables["customers"]["id"][booked.person],
        "service_id": tables["services"]["id"][booked.service],
        "status": fate.status,
        "channel": fate.channel,
        "taken_from": booked.starts,
        "starts_at": booked.starts,
        "ends_at": booked.ends,
        "free_at": booked.free,
        "gap_starts_at": gap_starts,
        "gap_ends_at": gap_starts + gap,
        "duration_minutes": MINUTES[booked.service],
        "price_minor": price,
        "currency_code": texts([CURRENCY] * count),
        "is_first_visit": first_visits(booked.person, fate),
        "created_at": fate.created,
        "held_until": np.full(count, np.datetime64("NaT", "us")),
        "policy_id": nothing(count),  # they were made before there were terms
    }


def booking_changes(rng: np.random.Generator, made: Columns, fate: Outcome) -> Columns:
    """Each booking's beginning, and its end where it has come to one."""
    ended = np.flatnonzero(made["status"] != CONFIRMED)
    count = len(made["id"])
    which = np.concatenate([np.arange(count), ended])
    end = slice(count, None)  # the rows of those that have ended
    columns = {
        "booking_id": made["id"][which],
        "kind": texts([Change.MADE.value] * count + [ENDS[s] for s in made["status"][ended]]),
        "from_status": nothing(len(which)),
        "to_status": texts([CONFIRMED] * count + made["status"][ended].tolist()),
        "from_starts_at": np.full(len(which), np.datetime64("NaT", "us")),
        "to_starts_at": made["starts_at"][which],
        "from_provider_id": nothing(len(which)),
        "to_provider_id": made["provider_id"][which],
        "changed_by": texts([ACTOR] * len(which)),
        "changed_at": np.concatenate([fate.created, fate.changed[ended]]),
    }
    columns["from_status"][end] = CONFIRMED
    columns["from_starts_at"][end] = columns["to_starts_at"][end]
    columns["from_provider_id"][end] = columns["to_provider_id"][end]
    return {"id": identifiers.made(rng, "bch", columns["changed_at"]), **columns}


def visits(rng: np.random.Generator, made: Columns) -> Columns:
    """One row a completed booking."""
    done = made["status"] == COMPLETED
    return {
        "id": identifiers.made(rng, "vis", made["ends_at"][done]),
        "customer_id": made["customer_id"][done],
        "location_id": made["location_id"][done],
        "booking_id": made["id"][done],
        "ended_at": made["ends_at"][done],
    }
