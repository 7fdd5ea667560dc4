"""The end of a search: its winner, chosen on T_select and reported on T_final."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np

from workbench.engine import evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.evolution.islands import Islands
    from workbench.evolution.spec import SearchSpec
    from workbench.programs import Program
    from workbench.tasks import TaskSet

CANDIDATES = 16
"""Programs of each population that compete on T_select."""

Role = Literal["select", "final"]


class Score(NamedTuple):
    """What a candidate reached on T_select."""

    population: int
    node: int
    select: float


class Selection:
    """Scores programs on the fresh tasks of a search, one at a time."""

    def __init__(self, spec: SearchSpec) -> None:
        self._spec = spec
        self._fresh: dict[Role, TaskSet] = {}
        self.scores: list[Score] = []
        self.final: float | None = None

    def prepare(self) -> None:
        """Draw the fresh tasks: what they lack should be known before the search."""
        for role in get_args(Role):
            spec = self._spec.task_spec(role)
            if spec is not None and role not in self._fresh:
                self._fresh[role] = spec.make()

    def select_one(self, islands: Islands) -> bool:
        """Score the next candidate; tell whether there was one left."""
        if self._spec.select is None:
            return False
        candidates = [
            (number, node)
            for number, island in enumerate(islands)
            for node in island.candidates(CANDIDATES)
        ]
        if len(self.scores) == len(candidates):
            return False
        number, node = candidates[len(self.scores)]
        select = self.fitness(islands[number].program(node), "select")
        self.scores.append(Score(number, node, select))
        return True

    def winner(self, islands: Islands) -> Score | None:
        """Return the best on T_select so far; of equals, the fitter on T_search."""
        best, most = None, (-math.inf, -math.inf)
        for score in self.scores:
            fitness = float(islands[score.population].arrays.fitness[score.node])
            if best is None or (score.select, fitness) > most:
                best, most = score, (score.select, fitness)
        return best

    def report(self, program: Program) -> float | None:
        """Return the winner's fitness on T_final; None where the spec has none."""
        if self._spec.final is not None:
            self.final = self.fitness(program, "final")
        return self.final

    def fitness(self, program: Program, role: Role) -> float:
        """Return the mean fitness of a program on fresh tasks (NaN without any)."""
        self.prepare()
        if role not in self._fresh:
            return math.nan
        evaluation = evaluate(
            program,
            self._fresh[role],
            seed=_role_seed(self._spec.seed, role),
            max_abs_error=self._spec.max_abs_error,
            dtype=self._spec.dtype,
        )
        return evaluation.fitness

    def restore(
        self, scores: Iterable[tuple[int, int, float]], final: float | None
    ) -> None:
        """Go on after these scores."""
        self.scores = [Score(*score) for score in scores]
        self.final = final


def _role_seed(seed: int, role: Role) -> int:
    """Return the seed of random instructions on fresh tasks: other than in search."""
    key = np.random.SeedSequence([seed, ("select", "final").index(role) + 1])
    return int(key.generate_state(1, np.uint32)[0])
