"""The populations of a search, advanced together."""

from __future__ import annotations

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from workbench.engine.blocks import make_blocks
from workbench.evolution import population as pool
from workbench.evolution.curve import failing
from workbench.evolution.island import Island
from workbench.evolution.pacing import Moment, Pace, common_goals, moment, waits
from workbench.evolution.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from workbench.evolution.island import Ancestor
    from workbench.evolution.spec import SearchSpec

_COUNTERS = {
    "individuals": pool.INDIVIDUALS,
    "evaluations": pool.EVALUATIONS,
    "cache_hits": pool.CACHE_HITS,
    "hurdle_stops": pool.HURDLE_STOPS,
    "over_budget": pool.OVER_BUDGET,
    "train_steps": pool.TRAIN_STEPS,
}


class PopulationState(NamedTuple):
    """How far a population of a search has come, and how it stands."""

    individuals: int
    best: float  #: fitness on T_search
    median: float  #: of its present members
    failing: float  #: share of its members at fitness 0, the lowest there is

    @classmethod
    def at(cls, moment: Moment) -> PopulationState:
        """Return the state at a moment."""
        members = moment.members
        return cls(
            individuals=int(moment.counters[pool.INDIVIDUALS]),
            best=float(moment.best),
            median=float(np.median(members)) if len(members) else math.nan,
            failing=failing(members),
        )


class Islands:
    """The populations of a search on the same tasks, without exchange.

    Which threads advance them, and in which portions, changes nothing: what is read of
    them together is read at boundaries, numbers of individuals that each of them
    reaches exactly; see `Pace`.

    Parameters
    ----------
    spec
        The search.
    threads
        Populations advanced at the same time.
    shortcuts
        As for `Island`.
    """

    def __init__(
        self, spec: SearchSpec, threads: int, *, shortcuts: bool = True
    ) -> None:
        self._spec = spec
        self._shortcuts = shortcuts
        self._threads = threads
        self._islands: list[Island] = []
        self._moments: list[dict[int, Moment]] = [{} for _ in range(spec.populations)]
        self._pool: ThreadPoolExecutor | None = None
        self.work = Work()

    def build(self) -> None:
        """Draw the tasks and lay out the populations, unless that is done.

        Raises
        ------
        ValueError
            When the tasks' labels are not what the space expects.
        """
        if self._islands:
            return
        spec = self._spec
        tasks = spec.task_spec("tasks")
        if tasks is None:
            raise ValueError("tasks is None; accepted: a TaskSpec")
        task_set = tasks.make()
        if task_set.label != spec.space.label:
            raise ValueError(
                f"space.label is {spec.space.label!r}, but the tasks have"
                f" {task_set.label} labels; accepted: the same for both"
            )
        blocks = make_blocks(task_set, spec.dtype)
        self._islands = [
            Island(spec, i, blocks, shortcuts=self._shortcuts)
            for i in range(spec.populations)
        ]

    def __iter__(self) -> Iterator[Island]:
        return iter(self._islands)

    def __getitem__(self, number: int) -> Island:
        return self._islands[number]

    def prepare(self) -> None:
        """Draw the tasks and compile the loop, or load it from disk."""
        self.build()
        with self.work.span(0, "compiling"):
            for island in self._islands:
                island.prepare()

    def change(self, spec: SearchSpec) -> None:
        """Go on as `spec` says; it differs in nothing but `CHANGEABLE` settings."""
        self._spec = spec
        for island in self._islands:
            island.change(spec)

    def advance(
        self, budget: int, after: Callable[[int], int], *, top: float, ahead: bool
    ) -> int:
        """Make up to `budget` individuals; return how many.

        Parameters
        ----------
        budget
            Individuals, over all populations.
        after
            The first boundary after a number of individuals of one population.
        top
            The best fitness when the last boundary was reached by all.
        ahead
            Let populations pass boundaries that others have not reached; what
            `moment_at` needs of them is kept. One with a best above `top` never does.
        """
        before = self.individuals
        active = [k for k, island in enumerate(self._islands) if not island.done]
        if not active:
            return 0
        islands = [self._islands[k] for k in active]
        made = [island.individuals for island in islands]
        last = sys.maxsize if ahead else after(min(made))
        limits = [min(island.limit, last) for island in islands]
        # Those who wait keep their share, so that all end up equally far.
        goals = [
            island.individuals if waits(island, after, top) else goal
            for island, goal in zip(
                islands, common_goals(made, limits, budget), strict=True
            )
        ]
        moments = [self._moments[k] for k in active]
        pace = Pace(islands, goals, after, top, moments, self.work)
        if self._pool is None and min(self._threads, len(active)) > 1:
            self._pool = ThreadPoolExecutor(self._threads, "workbench-island")
        pace.run(self._threads, self._pool)
        return self.individuals - before

    def remember(self, boundary: int) -> None:
        """Keep the moments of those at the boundary, as they were before `restore`."""
        for island, passed in zip(self._islands, self._moments, strict=True):
            if island.individuals == boundary:
                passed[boundary] = moment(island)

    def moment_at(self, boundary: int) -> tuple[list[Moment], bool]:
        """Return the populations at a boundary all have reached, and if all had ended.

        Each boundary once, in their order.
        """
        kept = [passed.pop(boundary, None) for passed in self._moments]
        ended = all(i.done and i.individuals <= boundary for i in self._islands)
        now = zip(kept, self._islands, strict=True)
        return [m if m is not None else moment(island) for m, island in now], ended

    def at_boundary(self, boundary: int) -> bool:
        """Tell whether every population has reached the boundary, or its end."""
        return all(_reached(island, boundary) for island in self._islands)

    @property
    def done(self) -> bool:
        """Whether a stop rule of every population has been met."""
        return all(island.done for island in self._islands)

    @property
    def individuals(self) -> int:
        """Individuals made so far, over all populations."""
        return sum(island.individuals for island in self._islands)

    @property
    def counters(self) -> dict[str, int]:
        """Counts so far, over all populations."""
        return totals([island.arrays.counters for island in self._islands])

    @property
    def best(self) -> tuple[int, int] | None:
        """Population and node of the best on T_search; None before there is any."""
        found = [
            (island.best_fitness, -number)
            for number, island in enumerate(self._islands)
            if island.individuals > 0
        ]
        if not found:
            return None
        number = -max(found)[1]
        return number, self._islands[number].counter(pool.BEST)

    def states(self) -> tuple[PopulationState, ...]:
        """Return how each population stands; only while none advances."""
        return tuple(PopulationState.at(moment(island)) for island in self._islands)

    def fittest(self, count: int) -> list[Ancestor]:
        """Return the fittest of all populations, no two of one alike in effect."""
        found = [one for island in self._islands for one in island.fittest(count)]
        found.sort(key=lambda one: (-one.fitness, one.individuals))
        return found[:count]

    def member_fitness(self) -> np.ndarray:
        """Return the fitness of all present members."""
        return np.concatenate([i.member_fitness() for i in self._islands])

    def close(self) -> None:
        """End the threads; the populations can still be read."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def state(self) -> dict[str, np.ndarray]:
        """Return the arrays from which `restore` goes on."""
        return {
            f"{number}.{name}": array
            for number, island in enumerate(self._islands)
            for name, array in island.state().items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from `state`.

        Raises
        ------
        ValueError
            When the state belongs to another spec.
        """
        for number, island in enumerate(self._islands):
            self._moments[number].clear()
            prefix = f"{number}."
            island.restore(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                }
            )


def totals(counters: Iterable[np.ndarray]) -> dict[str, int]:
    """Return the counts of populations together, by name."""
    together = list(counters)
    return {
        name: sum(int(c[entry]) for c in together) for name, entry in _COUNTERS.items()
    }


def _reached(island: Island, boundary: int) -> bool:
    return island.done or island.individuals >= boundary
