"""Moves that customers are asked for, in the graph."""

import enum
from datetime import date, datetime
from typing import Any

import strawberry
from sqlalchemy import Row

from barberpro.domains.bookings.reshuffling import service, tables
from barberpro.domains.bookings.reshuffling.errors import (
    AlreadyAsked,
    MoveAnswered,
    NothingToWin,
    ReshuffleMoveNotFound,
    ReshuffleNotFound,
    ReshuffleOver,
    ReshuffleOvertaken,
    ReshuffleTermsOutOfRange,
)
from barberpro.domains.locations.errors import LocationNotFound
from barberpro.domains.people.errors import ProviderNotFound
from barberpro.graph.choices import ordering
from barberpro.graph.fields import Connection, by_id, connection, many, one
from barberpro.graph.mutations import mutation
from barberpro.graph.types import Mutation, Node, Query, entity, enumeration, extends, input_type
from barberpro.platform.doors import Transaction

from .bookings import Booking
from .locations import Location
from .people import Customer, Provider


@enumeration
class ReshuffleStatus(enum.Enum):
    """Where a reshuffle stands."""

    ASKED = "ASKED"
    """Its customers are asked."""
    APPLIED = "APPLIED"
    """All agreed, and were moved."""
    DECLINED = "DECLINED"
    """Somebody would rather not; nobody was moved."""
    WITHDRAWN = "WITHDRAWN"
    """The shop thought better of it; nobody was moved."""
    LAPSED = "LAPSED"
    """Not all answered in time; nobody was moved."""


@enumeration
class ReshuffleAnswer(enum.Enum):
    """What a customer says to a move."""

    ASKED = "ASKED"
    """Nothing yet."""
    ACCEPTED = "ACCEPTED"
    """They would."""
    DECLINED = "DECLINED"
    """They would rather not; about this visit they are not asked again."""


m, r = tables.reshuffle_moves.c, tables.reshuffles.c
ReshuffleOrder = ordering("Reshuffle", {"DATE": "By the day it is about."}, DATE=r.date)


@entity(tables.reshuffle_moves, scope="bookings:read")
class ReshuffleMove(Node):
    """A visit that would begin at another time, if its customer agrees."""

    from_starts_at: datetime
    """When it begins."""
    to_starts_at: datetime
    """When it would begin instead."""
    status: ReshuffleAnswer
    """What the customer says."""
    answered_at: datetime | None
    """When they said so."""
    booking: Booking = one(m.booking_id)
    """The visit."""
    customer: Customer = one(m.customer_id, scope="people:read")
    """Who is asked."""


@entity(tables.reshuffles, scope="bookings:read")
class Reshuffle(Node):
    """Small moves of a provider's visits that together make room for more. All are made or none, when all agreed."""

    date: date
    """The day it is about, by the shop's own calendar."""
    status: ReshuffleStatus
    """Where it stands."""
    won_minutes: int
    """How many minutes more could be booked for it, in visits of the usual length."""
    usual_minutes: int
    """That length: what a visit of that day at the shop most often takes."""
    expires_at: datetime
    """Until when customers may answer."""
    created_at: datetime
    """When it was proposed."""
    location: Location = one(r.location_id, scope="locations:read")
    """Where."""
    provider: Provider = one(r.provider_id, scope="people:read")
    """Whose visits."""
    moves: list[ReshuffleMove] = many(m.reshuffle_id, order=(m.from_starts_at,), size=5)
    """What is asked of whom, by when the visits begin."""


@entity(tables.reshuffle_terms, scope="bookings:read")
class ReshuffleTerms(Node):
    """How a shop asks its customers to move."""

    within_minutes: int
    """How far a visit may be moved, 5 to 60 minutes."""
    least_minutes: int
    """How much time must be won for anybody to be asked, 5 to 720 minutes."""
    days_ahead: int
    """For how many of the next days customers are asked by night, 0 to 14; 0 where nobody is."""
    location: Location = one(tables.reshuffle_terms.c.location_id, scope="locations:read")
    """The shop."""


@input_type
class ReshuffleTermsSetInput:
    """The terms of a shop."""

    location_id: strawberry.ID
    """The shop."""
    within_minutes: int = 15
    """How far a visit may be moved, 5 to 60 minutes."""
    least_minutes: int = 30
    """How much time must be won for anybody to be asked, 5 to 720 minutes."""
    days_ahead: int = 3
    """For how many of the next days customers are asked by night, 0 to 14; 0 where nobody is to be."""


@input_type
class ReshuffleProposeInput:
    """A provider's day."""

    location_id: strawberry.ID
    """The shop."""
    provider_id: strawberry.ID
    """Whose visits."""
    date: date
    """Of which day, by the shop's own calendar."""


@input_type
class ReshuffleAnswerInput:
    """What a customer says."""

    move_id: strawberry.ID
    """To which move."""
    accepted: bool
    """Whether they would."""


@input_type
class ReshuffleWithdrawInput:
    """What nobody is to be asked any more."""

    reshuffle_id: strawberry.ID
    """Which."""


@mutation(
    ReshuffleTerms,
    raises={LocationNotFound: "locationId", ReshuffleTermsOutOfRange: None},
    scope="bookings:write",
)
async def reshuffle_terms_set(tx: Transaction, input: ReshuffleTermsSetInput) -> Row[Any]:
    """Say how far a shop asks its customers to move, for how much time, and whether it asks by night."""
    return await service.set_terms(
        tx,
        input.location_id,
        within_minutes=input.within_minutes,
        least_minutes=input.least_minutes,
        days_ahead=input.days_ahead,
    )


@mutation(
    Reshuffle,
    raises={
        LocationNotFound: "locationId",
        ProviderNotFound: "providerId",
        AlreadyAsked: "date",
        NothingToWin: "date",
    },
    scope="bookings:write",
)
async def reshuffle_propose(tx: Transaction, input: ReshuffleProposeInput) -> Row[Any]:
    """Find the moves of a provider's day that win the most time, and ask the customers; nobody is moved by this."""
    return await service.propose(
        tx, location_id=input.location_id, provider_id=input.provider_id, day=input.date
    )


@mutation(
    Reshuffle,
    raises={
        ReshuffleMoveNotFound: "moveId",
        ReshuffleOver: "moveId",
        MoveAnswered: "moveId",
        ReshuffleOvertaken: "moveId",
    },
    scope="bookings:write",
)
async def reshuffle_answer(tx: Transaction, input: ReshuffleAnswerInput) -> Row[Any]:
    """Write down what a customer says to a move. When the last of them agrees, all are moved, at no fee."""
    return await service.answer(tx, input.move_id, accepted=input.accepted)


@mutation(
    Reshuffle,
    raises={ReshuffleNotFound: "reshuffleId", ReshuffleOver: "reshuffleId"},
    scope="bookings:write",
)
async def reshuffle_withdraw(tx: Transaction, input: ReshuffleWithdrawInput) -> Row[Any]:
    """Ask nobody any more."""
    return await service.withdraw(tx, input.reshuffle_id)


@extends(Mutation)
class ReshufflingMutations:
    reshuffle_terms_set = reshuffle_terms_set
    reshuffle_propose = reshuffle_propose
    reshuffle_answer = reshuffle_answer
    reshuffle_withdraw = reshuffle_withdraw


@extends(Query)
class ReshufflingQueries:
    reshuffle: Reshuffle | None = by_id(tables.reshuffles)
    """A reshuffle by id; null where the caller can see none."""


@extends(Location)
class LocationReshuffles:
    reshuffles: Connection[Reshuffle] = connection(
        r.location_id, ordering=ReshuffleOrder, scope="bookings:read"
    )
    """What its customers were asked, by day."""
