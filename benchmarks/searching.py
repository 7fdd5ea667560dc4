"""Searches from their first individual on, each turn with another seed."""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.turns import INDIVIDUALS, STEPS, Sample
from workbench.evolution import Search
from workbench.evolution.islands import Islands

if TYPE_CHECKING:
    from workbench.evolution import SearchSpec

_WARM_UP = 100


def _never(_individuals: int) -> int:
    """Return the boundary of a search without a curve."""
    return sys.maxsize


@dataclass(frozen=True)
class Searching:
    """A search of so many individuals in each of its populations."""

    name: str
    spec: SearchSpec
    individuals: int
    threads: int = 1
    shortcuts: bool = True
    """Leave out dead code, fuse pairs, never run an exact duplicate."""
    chunk: int | None = None
    """Make so many individuals at a time, with the curve, as a run does."""

    def _search(self, seed: int, individuals: int) -> Sample:
        populations = self.spec.populations
        total = individuals * populations
        spec = self.spec.but(
            seed=seed,
            individuals=total,
            train_steps=None,
            fitness=None,
            select=None,
            final=None,
        )
        if self.chunk is not None:
            return _as_a_run(spec, self.threads, self.chunk)
        islands = Islands(spec, self.threads, shortcuts=self.shortcuts)
        islands.prepare()
        began = time.perf_counter()
        islands.advance(total, _never, top=math.inf, ahead=True)
        seconds = time.perf_counter() - began
        islands.close()
        bests = [island.best_fitness for island in islands]
        fitness = islands.member_fitness().tobytes()
        return _sample(seconds, islands.counters, (bests, fitness))

    def prepare(self) -> None:
        """Compile, and touch everything once."""
        self._search(0, min(_WARM_UP, self.individuals))

    def run(self, turn: int) -> Sample:
        """Search."""
        return self._search(turn, self.individuals)


def _as_a_run(spec: SearchSpec, threads: int, chunk: int) -> Sample:
    search = Search(spec, threads=threads)
    search.prepare()
    began = time.perf_counter()
    while search.phase == "search":
        search.advance(chunk)
    seconds = time.perf_counter() - began
    curve = search.curve.drop(columns="seconds").to_numpy().tobytes()
    return _sample(seconds, search.counters, (curve,))


def _sample(seconds: float, counters: dict[str, int], outcome: tuple) -> Sample:
    counts = {INDIVIDUALS: counters["individuals"], STEPS: counters["train_steps"]}
    return Sample(seconds, counts, (counters, *outcome))
