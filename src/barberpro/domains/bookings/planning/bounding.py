"""What no plan can exceed, proved by a relaxation that is solved exactly.

Visits may be cut into pieces served by several providers at once and by the minute: then a plan is a flow from requests
to the free cells of the providers who may serve them. Every true plan is such a flow, so the best flow bounds it. What
a set of requests can send together is a polymatroid (the flows of a transversal structure), on which it is optimal to
serve the requests with most points a cell first, each as fully as those before it allow (J. Edmonds, 1970); each
augmentation keeps what earlier requests send. Travel, rest and chairs are left out, which only raises the bound.
"""

from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from barberpro.domains.bookings.planning.board import Board
from barberpro.domains.bookings.planning.instance import Instance

BUCKET = 60
"""Minutes of a provider's time that are counted together; shorter would be tighter and slower."""


@dataclass(frozen=True, slots=True)
class Bound:
    """Points and taken minutes that no plan exceeds."""

    points: int
    minutes: int


def bound(instance: Instance) -> Bound:
    """The most points, and the most minutes of providers' time, that any plan of an instance can have."""
    board = Board(instance)
    width = max(1, BUCKET // board.step)
    fixed_points = fixed_minutes = 0
    wishes: list[tuple[Fraction, int, int]] = []
    for r, request in enumerate(instance.requests):
        if r in board.pinned:
            fixed_points += request.points
            fixed_minutes += request.occupied
        elif options := board.options[r]:
            most = request.points + max(option.bonus for option in options)
            wishes.append((Fraction(most, board.needs[r].cells), r, most))
    wishes.sort(key=lambda wish: (-wish[0], wish[1]))
    flow = _Flow(_rooms(board, width))
    points, minutes = Fraction(0), Fraction(0)
    for worth, r, _ in wishes:
        need = board.needs[r]
        sent = flow.send(_uses(board, r, width), need.cells)
        points += worth * sent
        minutes += Fraction(instance.requests[r].occupied * sent, need.cells)
    return Bound(fixed_points + floor(points), fixed_minutes + floor(minutes))


def _rooms(board: Board, width: int) -> dict[int, int]:
    """Free cells by room: a provider's bucket of time, as one number."""
    together = [0] * len(board.stations)
    for station, p in enumerate(board.provider_of):
        together[p] |= board.base[station]
    people = len(together)
    rooms: dict[int, int] = {}
    for p, cells in enumerate(together):
        bucket = 0
        while cells >> bucket * width:
            size = (cells >> bucket * width & (1 << width) - 1).bit_count()
            rooms[bucket * people + p] = size
            bucket += 1
    return rooms


def _uses(board: Board, r: int, width: int) -> dict[int, int]:
    """The most cells that a request can have of each room it may use."""
    need, people = board.needs[r], len(board.stations)
    cells_of: dict[int, int] = {}
    for station, starts, _ in board.options[r]:
        cells = _stretched(starts, need.cells) & board.base[station]
        p = board.provider_of[station]
        cells_of[p] = cells_of.get(p, 0) | cells
    uses: dict[int, int] = {}
    for p, cells in cells_of.items():
        bucket = ((cells & -cells).bit_length() - 1) // width
        while cells >> bucket * width:
            size = (cells >> bucket * width & (1 << width) - 1).bit_count()
            if size:
                uses[bucket * people + p] = min(size, need.cells)
            bucket += 1
    return uses


def _stretched(starts: int, length: int) -> int:
    """The cells that runs of a length from these starts cover."""
    have = 1
    while have * 2 <= length:
        starts |= starts << have
        have *= 2
    return starts | starts << (length - have)


class _Flow:
    """A flow into rooms that grows one source after another."""

    def __init__(self, rooms: dict[int, int]) -> None:
        self.room = rooms
        self.uses: list[dict[int, int]] = []
        self.sent: list[dict[int, int]] = []
        self.full: set[int] = set()
        """Rooms from which no way leads to one that is not full; none ever will, whatever is sent later."""
        self.users: dict[int, dict[int, None]] = {}
        """The sources that send something into a room, from which it might be sent elsewhere."""

    def send(self, uses: dict[int, int], amount: int) -> int:
        """Add a source that may send so much into each room; how much of `amount` arrives."""
        source = len(self.uses)
        self.uses.append(uses)
        self.sent.append({})
        left = amount
        while left and (path := self._path(source)):
            left -= self._augment(path, left)
        return amount - left

    def _path(self, source: int) -> list[tuple[int, int]] | None:
        """Steps (source, room) of a shortest way from a source to a room that is not full."""
        came: dict[int, tuple[int, int | None]] = {}
        reached = {source}
        queue: deque[tuple[int, int | None]] = deque([(source, None)])
        while queue:
            here, entered = queue.popleft()
            sent = self.sent[here]
            for room, most in self.uses[here].items():
                if room in came or room in self.full or sent.get(room, 0) >= most:
                    continue
                came[room] = here, entered
                if self.room[room]:
                    return self._steps(came, room)
                for other in self.users.get(room, ()):
                    if other not in reached:
                        reached.add(other)
                        queue.append((other, room))
        self.full.update(came)
        return None

    @staticmethod
    def _steps(came: dict[int, tuple[int, int | None]], room: int) -> list[tuple[int, int]]:
        steps: list[tuple[int, int]] = []
        at: int | None = room
        while at is not None:
            here, entered = came[at]
            steps.append((here, at))
            at = entered
        return steps

    def _augment(self, steps: list[tuple[int, int]], left: int) -> int:
        """Send as much as the way allows: into the last room what is there, out of each room on the way as much."""
        much = min(left, self.room[steps[0][1]])
        for n, (source, room) in enumerate(steps):
            much = min(much, self.uses[source][room] - self.sent[source].get(room, 0))
            if n + 1 < len(steps):
                much = min(much, self.sent[source][steps[n + 1][1]])
        self.room[steps[0][1]] -= much
        for n, (source, room) in enumerate(steps):
            self._change(source, room, much)
            if n + 1 < len(steps):
                self._change(source, steps[n + 1][1], -much)
        return much

    def _change(self, source: int, room: int, by: int) -> None:
        sent = self.sent[source]
        now = sent.get(room, 0) + by
        if now:
            sent[room] = now
            self.users.setdefault(room, {})[source] = None
        else:
            sent.pop(room, None)
            self.users.get(room, {}).pop(source, None)
