"""From an instance to a plan: first fit at once, then ruin and recreate for as long as the caller gives.

Ruin and recreate as in G. Schrimpf et al., Journal of Computational Physics 159 (2000), with the annealed acceptance
and the ruins in a neighbourhood of J. Christiaens and G. Vanden Berghe, Transportation Science 54 (2020).
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from barberpro.domains.bookings.availability.cells import first_of, lasting
from barberpro.domains.bookings.planning.board import Board, Spot
from barberpro.domains.bookings.planning.instance import DAY, Instance

HOTTEST, COLDEST = 0.6, 0.02
"""A loss that is accepted with odds of 1 to e at the start and at the end, in values of a mean request. Measured on the
generator's instances of 20 locations: 1.5 wanders, 0.2 stays in the first valley."""
LOOKS = 16
"""Rounds between two looks at the clock."""

Progress = Callable[[float, int], bool]
"""Told the share of the work done and the best points so far; answers whether to go on."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The best board found."""

    board: Board
    points: int
    greedy_points: int
    greedy_minutes: int
    greedy_accepted: int
    rounds: int
    seconds: float
    finished: bool
    """False where the caller ended it early; the plan stands all the same."""


def solve(
    instance: Instance,
    *,
    seconds: float | None = None,
    rounds: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> Solved:
    """Plan an instance: greedy, then improved for `seconds` or `rounds`, whichever ends first; neither is greedy alone.

    The same instance, seed and `rounds` give the same plan on every machine.
    """
    began = time.perf_counter()
    board = Board(instance)
    fill(board)
    points, minutes, accepted = score(board), taken(board), served(board)
    search = _Search(board, Random(seed), points)  # noqa: S311
    finished, done = True, 0
    if (seconds is not None or rounds is not None) and any(board.options):
        limit = math.inf if rounds is None else rounds
        span = math.inf if seconds is None else seconds
        share = 0.0
        while done < limit:
            if done % LOOKS == 0:
                share = done / limit if seconds is None else (time.perf_counter() - began) / span
                share = max(share, done / limit)
                if share >= 1:
                    break
                if progress is not None and not progress(share, search.best_points):
                    finished = False
                    break
            search.round(share)
            done += 1
        search.settle()
        fill(board)
    return Solved(
        board, score(board), points, minutes, accepted, done, time.perf_counter() - began, finished
    )


def fill(board: Board) -> None:
    """First fit: each request without a place in its turn, by whom it prefers where free, as early as can be."""
    for r, options in enumerate(board.options):
        if board.where[r] is not None:
            continue
        found: tuple[int, int, int, Spot] | None = None
        cells = board.needs[r].cells
        for rank, option in enumerate(options):
            starts = option.starts & lasting(board.free[option.station], cells)
            while starts:
                cell = first_of(starts)
                chair = board.chair_for(option.station, cell, cells)
                if chair is not None and board.near_enough(option.station, cell):
                    spot = Spot(option.station, chair, cell, option.bonus)
                    mine = (-option.bonus, cell, rank, spot)
                    found = mine if found is None or mine[:3] < found[:3] else found
                    break
                starts &= starts - 1
        if found:
            board.place(r, found[3])


def score(board: Board) -> int:
    """Points of a board: what is accepted, the preferences met, less what is unfair."""
    points = sum(
        board.needs[r].points + (0 if spot is None else spot.bonus)
        for r, spot in enumerate(board.where)
        if spot is not None or r in board.pinned
    )
    return points - sum(unfairness(board, p, busy) for p, busy in enumerate(board.busy))


def unfairness(board: Board, p: int, busy: int) -> int:
    """Points lost for a provider who is busy for so many minutes."""
    fairness = board.instance.policies.fairness
    return fairness * busy * busy // max(1, board.shift[p]) ** 2 if fairness else 0


def taken(board: Board) -> int:
    """Minutes of providers' time that are taken, buffers included."""
    return sum(
        request.occupied
        for r, request in enumerate(board.instance.requests)
        if board.where[r] is not None or r in board.pinned
    )


def served(board: Board) -> int:
    """Requests that have a place."""
    return len(board.pinned) + sum(spot is not None for spot in board.where)


class _Search:
    """One run: a board, the best arrangement seen, and what has a way to get better."""

    def __init__(self, board: Board, random: Random, points: int) -> None:
        self.board = board
        self.random = random
        self.points = self.best_points = points
        self.best = list(board.where)
        free = [r for r, options in enumerate(board.options) if options]
        self.movable = free
        self.absent = dict.fromkeys(r for r in free if board.where[r] is None)
        self.who = [
            sum({1 << board.provider_of[option.station] for option in options})
            for options in board.options
        ]
        self.mean = sum(board.needs[r].points for r in free) / max(1, len(free))
        self.fair = bool(board.instance.policies.fairness)

    def round(self, share: float) -> None:
        """Ruin a neighbourhood, recreate it, and keep the outcome or take it back."""
        board, random = self.board, self.random
        lifted = self._ruin()
        if lifted is None:
            return
        removed, touched, cells = lifted
        busy = {p: board.busy[p] for p in range(len(board.busy))} if self.fair else {}
        before = sum(board.needs[r].points + spot.bonus for r, spot in removed.items())
        loss = sum(unfairness(board, p, minutes) for p, minutes in busy.items())
        for r in removed:
            board.lift(r)
        placed = self._recreate(removed, touched, cells)
        after = 0
        for r in placed:
            spot = board.where[r]
            assert spot is not None  # noqa: S101
            after += board.needs[r].points + spot.bonus
        if self.fair:
            loss -= sum(unfairness(board, p, minutes) for p, minutes in enumerate(board.busy))
        gain = after - before + loss
        heat = self.mean * HOTTEST * (COLDEST / HOTTEST) ** share
        if gain < heat * math.log(1 - random.random()) or not self._reachable(removed):
            for r in placed:
                board.lift(r)
            for r, spot in removed.items():
                board.place(r, spot)
            return
        for r in placed:
            self.absent.pop(r, None)
        for r in removed:
            if board.where[r] is None:
                self.absent[r] = None
        self.points += gain
        if self.points > self.best_points:
            self.best_points = self.points
            self.best = list(board.where)

    def settle(self) -> None:
        """Put the best arrangement on the board."""
        board = self.board
        changed = [r for r in self.movable if board.where[r] != self.best[r]]
        for r in changed:
            if board.where[r] is not None:
                board.lift(r)
        for r in changed:
            if (spot := self.best[r]) is not None:
                board.place(r, spot)

    def _ruin(self) -> tuple[dict[int, Spot], int, int] | None:
        """What to lift: visits of some providers near one moment; with the providers and the cells, as sets."""
        board, random = self.board, self.random
        if self.absent and random.random() < 0.8:
            seed = random.choice(list(self.absent))
        else:
            seed = random.choice(self.movable)
        options = board.options[seed]
        need = board.needs[seed]
        wide = random.choice((need.cells, 2 * need.cells, 3 * need.cells, 4 * need.cells))
        option = options[int(random.random() * len(options))]
        first, last = first_of(option.starts), option.starts.bit_length() - 1
        middle = random.randint(first, last) + need.cells // 2
        cells = ((1 << wide) - 1) << max(0, middle - wide // 2)
        people = {board.provider_of[option.station]: None}
        for _ in range(random.choice((0, 1, 1, 2, 3))):
            other = options[int(random.random() * len(options))]
            people[board.provider_of[other.station]] = None
        removed: dict[int, Spot] = {}
        touched = 0
        for p in people:
            touched |= 1 << p
            for r in board.visits[p]:
                spot = board.where[r]
                if spot is not None and ((1 << board.needs[r].cells) - 1) << spot.cell & cells:
                    removed[r] = spot
        for r, spot in removed.items():
            cells |= ((1 << board.needs[r].cells) - 1) << spot.cell
        return (removed, touched, cells) if removed or self.absent else None

    def _recreate(self, removed: dict[int, Spot], touched: int, cells: int) -> list[int]:
        """Place what was lifted anywhere, and what waits where there is room now; in an order by chance."""
        board, random, who = self.board, self.random, self.who
        needs = board.needs
        waiting = [r for r in self.absent if who[r] & touched and needs[r].reach & cells]
        queue = [*removed, *waiting]
        random.shuffle(queue)
        order = random.random()
        if order < 0.4:
            queue.sort(key=lambda r: -needs[r].cells)
        elif order < 0.6:
            queue.sort(key=lambda r: len(board.options[r]))
        elif order < 0.8:
            queue.sort(key=lambda r: needs[r].reach.bit_count() - needs[r].cells)
        placed: list[int] = []
        for r in queue:
            spot = self._best_spot(r, -1 if r in removed else touched)
            if spot is not None:
                board.place(r, spot)
                placed.append(r)
        return placed

    def _best_spot(self, r: int, among: int) -> Spot | None:
        """The place of most preference that breaks up the least time, by providers of the set `among`."""
        board, draw = self.board, self.random.random
        length = board.needs[r].cells
        free, provider_of = board.free, board.provider_of
        best, found = -math.inf, None
        for station, starts, bonus in board.options[r]:
            if not among >> provider_of[station] & 1:
                continue
            room = free[station]
            starts &= lasting(room, length)
            if not starts or draw() < 0.02:
                continue
            before, after = starts & ~(room << 1), starts & ~(room >> length)
            if tight := before & after:
                value = bonus + 10 * draw()
            elif tight := before | after:
                value = bonus - 6 + 10 * draw()
            else:
                tight, value = starts, bonus - 12 + 10 * draw()
            if self.fair:
                p = provider_of[station]
                value -= unfairness(board, p, board.busy[p] + length * board.step)
                value += unfairness(board, p, board.busy[p])
            if value <= best:
                continue
            cell = first_of(tight) if draw() < 0.5 else tight.bit_length() - 1
            chair = board.chair_for(station, cell, length)
            if chair is None or not board.near_enough(station, cell):
                continue
            best, found = value, Spot(station, chair, cell, bonus)
        return found

    def _reachable(self, removed: dict[int, Spot]) -> bool:
        """Whether no one travels further for a stop that is gone: three ways need not be a triangle."""
        board = self.board
        if board.travel_limit is None:
            return True
        for spot in removed.values():
            p, day = board.provider_of[spot.station], spot.cell * board.step // DAY
            if board.travels[p] and board.travelled(p).get(day, 0) > board.travel_limit:
                return False
        return True
