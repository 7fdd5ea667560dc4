"""Which population advances when: threads kept busy, outcome unchanged."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    from workbench.evolution.island import Island
    from workbench.evolution.work import Work

_PORTIONS = 4
"""In which a population's part of a chunk is done, so that none is left for last."""


class Moment(NamedTuple):
    """What a point of the curve needs of a population that has gone on since."""

    counters: np.ndarray
    best: float
    members: np.ndarray  #: their fitness values
    time: float  #: of `time.perf_counter`


def moment(island: Island) -> Moment:
    """Return the present moment of a population."""
    return Moment(
        island.arrays.counters.copy(),
        island.best_fitness,
        island.member_fitness(),
        time.perf_counter(),
    )


def waits(island: Island, after: Callable[[int], int], top: float) -> bool:
    """Tell whether it stands at a boundary with a find that has not been told."""
    made = island.individuals
    return made > 0 and after(made - 1) == made and island.best_fitness > top


def common_goals(made: Sequence[int], limits: Sequence[int], budget: int) -> list[int]:
    """Return how far each population goes so that all get equally far for `budget`.

    Who has made more already waits for the others; what is left over goes one each to
    the first. None goes beyond its limit.

    Examples
    --------
    >>> common_goals([5, 0, 0], [9, 9, 2], 4)
    [5, 2, 2]
    """
    low, high = min(made), max(made) + budget

    def cost(level: int) -> int:
        pairs = zip(made, limits, strict=True)
        return sum(max(0, min(level, limit) - m) for m, limit in pairs)

    while low < high:
        middle = (low + high + 1) // 2
        if cost(middle) <= budget:
            low = middle
        else:
            high = middle - 1
    goals = [max(m, min(low, top)) for m, top in zip(made, limits, strict=True)]
    left = budget - cost(low)
    for k, goal in enumerate(goals):
        if left > 0 and goal == low < limits[k]:
            goals[k] += 1
            left -= 1
    return goals


class Pace:
    """Populations on their way to their goals, each passing the curve's boundaries.

    A worker takes the population that has farthest to go and advances it by a portion.
    One that finds something better than `top` halts at its next boundary, so that what
    is told of the find is told of that moment; the others follow as soon as they can.

    Parameters
    ----------
    islands, goals
        The populations, and how many individuals each shall have made.
    after
        The first boundary after a number of individuals.
    top
        The best fitness at the last boundary that all have passed.
    moments
        For each population, where it leaves the moments of the boundaries it passes.
    work
        Where the threads note what they did.
    """

    def __init__(
        self,
        islands: Sequence[Island],
        goals: Sequence[int],
        after: Callable[[int], int],
        top: float,
        moments: Sequence[dict[int, Moment]],
        work: Work,
    ) -> None:
        self._work = work
        self._after = after
        self._top = top
        self._lock = threading.Lock()
        self._halt = sys.maxsize
        self._waiting = [
            (island, goal, max(1, -(-(goal - island.individuals) // _PORTIONS)), passed)
            for island, goal, passed in zip(islands, goals, moments, strict=True)
            if island.individuals < goal
        ]

    def run(self, threads: int, pool: ThreadPoolExecutor | None) -> None:
        """Bring all to their goals, or to where they stop."""
        if pool is None:
            self._run(0)
            return
        workers = [pool.submit(self._run, thread) for thread in range(threads)]
        ends = [worker.result() for worker in workers]
        for thread, end in enumerate(ends):
            self._work.add(thread, "waiting", end, max(ends))

    def _run(self, thread: int) -> float:
        """Advance populations until none may go on; return when that was."""
        while True:
            with self._lock:
                if not self._waiting:
                    return time.perf_counter()
                entry = max(self._waiting, key=lambda e: e[1] - e[0].individuals)
                self._waiting.remove(entry)
            island, goal, portion, passed = entry
            until = min(goal, island.individuals + portion)
            with self._work.span(thread, "evaluating", island.number):
                goes_on = self._advance(island, until, passed)
            if goes_on and island.individuals < goal:
                with self._lock:
                    self._waiting.append(entry)

    def _advance(self, island: Island, until: int, passed: dict[int, Moment]) -> bool:
        """Advance through the boundaries; tell whether the population may go on."""
        while not island.done and island.individuals < until:
            boundary = self._after(island.individuals)
            island.advance(min(until, boundary))
            if island.individuals == boundary:
                passed[boundary] = moment(island)
                if waits(island, self._after, self._top):
                    self._halt = min(self._halt, boundary)
                if boundary >= self._halt:
                    return False
        return not island.done
