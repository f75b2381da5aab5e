"""What comes out of planning, as a document: the assignments, the refusals and the figures."""

from dataclasses import asdict, dataclass
from typing import Any

from pydantic.alias_generators import to_camel

from barberpro.domains.bookings.planning.bounding import bound
from barberpro.domains.bookings.planning.explaining import Refusal, refusals
from barberpro.domains.bookings.planning.instance import Instance
from barberpro.domains.bookings.planning.solving import Solved, served, taken


@dataclass(frozen=True, slots=True)
class Assignment:
    """A request's place; `at` is the minute at which the service starts."""

    request: str
    provider: str
    location: str
    chair: str
    at: int


@dataclass(frozen=True, slots=True)
class Figures:
    """How good a plan is, beside first fit and beside what no plan can exceed.

    Utilisation is the minutes taken (buffers included) of the minutes of all shifts, in parts of one.
    """

    requests: int
    accepted: int
    utilisation: float
    points: int
    greedy_accepted: int
    greedy_utilisation: float
    greedy_points: int
    bound_utilisation: float
    bound_points: int
    shift_minutes: int
    taken_minutes: int
    greedy_minutes: int
    bound_minutes: int
    rounds: int
    seconds: float
    finished: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan."""

    assignments: list[Assignment]
    refused: list[Refusal]
    figures: Figures

    def document(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        return _camel(asdict(self))


def plan_of(instance: Instance, solved: Solved) -> Plan:
    """The document of what was found; works out the bound."""
    board = solved.board
    capacity = sum(board.shift)
    most = bound(instance)
    figures = Figures(
        requests=len(instance.requests),
        accepted=served(board),
        utilisation=round(taken(board) / max(1, capacity), 4),
        points=solved.points,
        greedy_accepted=solved.greedy_accepted,
        greedy_utilisation=round(solved.greedy_minutes / max(1, capacity), 4),
        greedy_points=solved.greedy_points,
        bound_utilisation=round(most.minutes / max(1, capacity), 4),
        bound_points=most.points,
        shift_minutes=capacity,
        taken_minutes=taken(board),
        greedy_minutes=solved.greedy_minutes,
        bound_minutes=most.minutes,
        rounds=solved.rounds,
        seconds=round(solved.seconds, 3),
        finished=solved.finished,
    )
    return Plan(assignments(solved), refusals(board), figures)


def assignments(solved: Solved) -> list[Assignment]:
    """Where each accepted request stands, in the order of the instance; the pinned where they were."""
    board, found = solved.board, list[Assignment]()
    for r, request in enumerate(board.instance.requests):
        if pinned := request.pinned:
            place = (pinned.provider, pinned.location, pinned.chair, pinned.at)
            found.append(Assignment(request.id, *place))
        elif (spot := board.where[r]) is not None:
            found.append(
                Assignment(
                    request.id,
                    board.instance.providers[board.provider_of[spot.station]].id,
                    board.instance.locations[board.location_of[spot.station]].id,
                    board.chair_names[spot.chair],
                    board.minute(r, spot),
                )
            )
    return found


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {to_camel(name): _camel(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_camel(each) for each in value]
    return value
