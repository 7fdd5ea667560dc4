"""Searches from their first individual on, each turn with another seed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.turns import INDIVIDUALS, STEPS, Sample
from workbench.evolution.islands import Islands

if TYPE_CHECKING:
    from workbench.evolution import SearchSpec

_WARM_UP = 100


@dataclass(frozen=True)
class Searching:
    """A search of so many individuals in each of its populations."""

    name: str
    spec: SearchSpec
    individuals: int
    threads: int = 1
    shortcuts: bool = True
    """Leave out dead code, fuse pairs, never run an exact duplicate."""

    def _search(self, seed: int, individuals: int) -> Sample:
        populations = self.spec.populations
        total = individuals * populations
        spec = self.spec.but(
            seed=seed, individuals=total, train_steps=None, select=None, final=None
        )
        islands = Islands(spec, self.threads, shortcuts=self.shortcuts)
        islands.prepare()
        began = time.perf_counter()
        islands.advance(total, individuals)
        seconds = time.perf_counter() - began
        islands.close()
        counters = islands.counters
        counts = {
            INDIVIDUALS: counters["individuals"],
            STEPS: counters["train_steps"],
        }
        bests = [island.best_fitness for island in islands]
        fitness = islands.member_fitness().tobytes()
        return Sample(seconds, counts, (counters, bests, fitness))

    def prepare(self) -> None:
        """Compile, and touch everything once."""
        self._search(0, min(_WARM_UP, self.individuals))

    def run(self, turn: int) -> Sample:
        """Search."""
        return self._search(turn, self.individuals)
