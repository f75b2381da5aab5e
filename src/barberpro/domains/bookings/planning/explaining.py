"""Why a request has no place, and what would give it one: for each way, the rules that it breaks."""

from dataclasses import dataclass

from barberpro.domains.bookings.availability.cells import first_of, lasting
from barberpro.domains.bookings.planning.board import Board, Spot

MOST_WAYS = 5


@dataclass(frozen=True, slots=True)
class Way:
    """Where a request would fit in the finished plan if the rules in `breaks` were given up.

    SKILL: the provider does not know the service. PROVIDER, LOCATION: not among those wanted. WINDOW: not when wanted.
    SHIFT: the provider is not at work for long enough. BUSY: other visits are in the way. CHAIR: no chair is free.
    TRAVEL: further than a provider may travel in a day.
    """

    provider: str
    location: str
    at: int | None
    """The minute at which the service would start; None where no time would do."""
    breaks: tuple[str, ...]
    in_the_way: tuple[str, ...] = ()
    """The requests that stand there, with BUSY."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request without a place."""

    request: str
    possible: bool
    """Whether it would have a place if it were alone with what is pinned."""
    ways: tuple[Way, ...]
    """The ways to give it one, those that break least first."""


def refusals(board: Board) -> list[Refusal]:
    """Each request that a finished board leaves out."""
    return [
        Refusal(request.id, bool(board.options[r]), _ways(board, r))
        for r, request in enumerate(board.instance.requests)
        if board.where[r] is None and r not in board.pinned
    ]


def _ways(board: Board, r: int) -> tuple[Way, ...]:
    request = board.instance.requests[r]
    found: list[tuple[tuple[int, int, int], Way]] = []
    for station, p in enumerate(board.provider_of):
        provider = board.instance.providers[p]
        place = board.instance.locations[board.location_of[station]].id
        gives_up = [
            rule
            for rule, broken in (
                ("SKILL", request.service not in provider.skills),
                (
                    "PROVIDER",
                    request.providers is not None and provider.id not in request.providers,
                ),
                ("LOCATION", request.locations is not None and place not in request.locations),
            )
            if broken
        ]
        if len(gives_up) > 1:
            continue
        for at, rule, others in _times(board, r, station):
            breaks = (*gives_up, rule) if rule else tuple(gives_up)
            off = 0
            if at is not None:
                off = max(0, request.earliest - at, at + request.minutes - request.latest)
            way = Way(provider.id, place, at, breaks, others)
            rank = len(breaks) + (rule in ("SHIFT", "CHAIR", "TRAVEL")) + (len(others) > 1)
            found.append(((rank, off, station), way))
    found.sort(key=lambda each: each[0])
    return tuple(way for _, way in found[:MOST_WAYS])


def _times(
    board: Board, r: int, station: int
) -> list[tuple[int | None, str | None, tuple[str, ...]]]:
    """The times a provider at a location has for a request: the minute, the rule it breaks, who is in the way."""
    request, need = board.instance.requests[r], board.needs[r]
    window = board.window(request)
    fits = lasting(board.free[station], need.cells)
    found: list[tuple[int | None, str | None, tuple[str, ...]]] = []

    def minute(cell: int) -> int:
        return (cell + need.lead) * board.step

    if inside := fits & window:
        cell = first_of(inside)
        if not board.near_enough(station, cell):
            return [(minute(cell), "TRAVEL", ())]
        seated = _seated(board, station, inside, need.cells)
        return [(minute(cell), "CHAIR", ())] if seated is None else [(minute(seated), None, ())]
    if worked := lasting(board.base[station], need.cells) & window:
        cell = first_of(worked)
        found.append((minute(cell), "BUSY", _standing(board, station, cell, need.cells)))
    if fits:
        wanted = (window & -window).bit_length() - 1
        before, after = fits & ((1 << max(0, wanted)) - 1), fits >> max(0, wanted)
        nearest = [before.bit_length() - 1] if before else []
        nearest += [first_of(after) + max(0, wanted)] if after else []
        cell = min(nearest, key=lambda cell: abs(cell - wanted))
        if board.chair_for(station, cell, need.cells) is not None:
            found.append((minute(cell), "WINDOW", ()))
    return found or [(None, "SHIFT", ())]


def _seated(board: Board, station: int, starts: int, cells: int) -> int | None:
    """The first of these starts at which a chair is free."""
    while starts:
        cell = first_of(starts)
        if board.chair_for(station, cell, cells) is not None:
            return cell
        starts &= starts - 1
    return None


def _standing(board: Board, station: int, cell: int, cells: int) -> tuple[str, ...]:
    """The requests of a provider whose cells these are, in the order of their ids."""
    wanted = ((1 << cells) - 1) << cell
    spots: list[tuple[int, Spot]] = [
        (r, spot)
        for r in board.visits[board.provider_of[station]]
        if (spot := board.where[r]) is not None
    ]
    return tuple(
        sorted(
            board.instance.requests[r].id
            for r, spot in spots
            if ((1 << board.needs[r].cells) - 1) << spot.cell & wanted
        )
    )
