"""The populations of a search, advanced together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from workbench.engine.blocks import make_blocks
from workbench.evolution import population as pool
from workbench.evolution.island import Island

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.evolution.spec import SearchSpec

_COUNTERS = {
    "individuals": pool.INDIVIDUALS,
    "evaluations": pool.EVALUATIONS,
    "cache_hits": pool.CACHE_HITS,
    "hurdle_stops": pool.HURDLE_STOPS,
    "over_budget": pool.OVER_BUDGET,
    "train_steps": pool.TRAIN_STEPS,
}


class Islands:
    """The populations of a search on the same tasks, without exchange.

    Which threads advance them, and in which portions, changes nothing: they meet only
    at boundaries, numbers of individuals that each of them reaches exactly.

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
        self._pool: ThreadPoolExecutor | None = None

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
        for island in self._islands:
            island.prepare()

    def advance(self, budget: int, boundary: int) -> int:
        """Make up to `budget` individuals, none beyond the boundary; return how many.

        `boundary` counts the individuals of one population.
        """
        before = self.individuals
        active = [i for i in self._islands if not _reached(i, boundary)]
        if not active:
            return 0
        share, rest = divmod(budget, len(active))
        targets = [
            min(boundary, island.individuals + share + (k < rest))
            for k, island in enumerate(active)
        ]
        if len(active) == 1 or self._threads == 1:
            for island, target in zip(active, targets, strict=True):
                island.advance(target)
        else:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._threads, "workbench-island")
            list(self._pool.map(Island.advance, active, targets))
        return self.individuals - before

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
        return {
            name: sum(island.counter(entry) for island in self._islands)
            for name, entry in _COUNTERS.items()
        }

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
            prefix = f"{number}."
            island.restore(
                {
                    name.removeprefix(prefix): array
                    for name, array in state.items()
                    if name.startswith(prefix)
                }
            )


def _reached(island: Island, boundary: int) -> bool:
    return island.done or island.individuals >= boundary
