"""The fitness of two programs, found out by a thread while the reader reads."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.engine import evaluate
from workbench.engine.evaluate import combine_fitness
from workbench.tasks import TaskSet, TaskSpec
from workbench.widgets.latest import Latest

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from workbench.engine import Evaluation
    from workbench.programs import Program

EVALUATIONS_KEPT = 32

Pair = tuple["Program", "Program"]

logger = logging.getLogger(__name__)


class PairFitness(Latest[Pair]):
    """Evaluates pairs of programs on the same tasks, one pair at a time.

    Parameters
    ----------
    tasks
        The tasks, or what makes them.
    lock
        Held while `report` is called.
    report
        Takes what is to be shown of the last pair that was asked for.

    Raises
    ------
    TypeError
        When `tasks` is neither.
    """

    def __init__(
        self,
        tasks: TaskSet | TaskSpec,
        lock: threading.RLock,
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        if not isinstance(tasks, TaskSet | TaskSpec):
            raise TypeError(
                f"tasks is a {type(tasks).__name__}; accepted: a TaskSet, a TaskSpec "
                "or None"
            )
        self._spec = tasks if isinstance(tasks, TaskSpec) else None
        self._tasks = tasks if isinstance(tasks, TaskSet) else None
        super().__init__("pair fitness", lock)
        self._report = report
        self._known: dict[tuple[Program, str], Evaluation] = {}

    def ask(self, programs: Pair) -> None:
        """Report a pair's fitness: now if it is known, else when it is."""
        with self._lock:
            self._wanted = programs
            if self._tell(programs):
                return
            self._report({"state": "computing"})
            self._want(programs)

    def known(self, programs: Pair) -> tuple[Evaluation, Evaluation] | None:
        """Return both evaluations, or None until they are known."""
        before, after = (self._known.get(_key(program)) for program in programs)
        return None if before is None or after is None else (before, after)

    def _work(self) -> None:
        while True:
            with self._lock:
                wanted = self._wanted
                if wanted is None or self._tell(wanted):
                    self._wanted = self._thread = None
                    return
            try:
                self._evaluate(wanted)
            except Exception as error:
                logger.debug("programs could not be evaluated", exc_info=True)
                with self._lock:
                    if self._wanted is wanted:
                        self._wanted = None
                        message = str(error) or type(error).__name__
                        self._report({"state": "failed", "message": message})

    def _evaluate(self, programs: Pair) -> None:
        if self._tasks is None and self._spec is not None:
            self._tasks = self._spec.make()
        for program in programs:
            if self._wanted is not programs or self._tasks is None:
                return  # another pair is shown by now
            if _key(program) not in self._known:
                evaluation = evaluate(program, self._tasks)
                with self._lock:
                    self._known[_key(program)] = evaluation

    def _tell(self, programs: Pair) -> bool:
        """Report a pair that is known, and forget the oldest that are not of it."""
        known = self.known(programs)
        if known is None or self._tasks is None:
            return False
        self._report(fitness_part(*known, self._tasks))
        pair = [_key(program) for program in programs]
        others = [key for key in self._known if key not in pair]
        for key in others[: max(0, len(self._known) - EVALUATIONS_KEPT)]:
            del self._known[key]
        return True


def _key(program: Program) -> tuple[Program, str]:
    # Equal programs may be for labels of different kinds.
    return program, program.space.label


def fitness_part(
    before: Evaluation, after: Evaluation, tasks: TaskSet
) -> dict[str, Any]:
    """Return the fitness before and after, task by task and in sum, as JSON values."""
    old, new = before.task_fitness, after.task_fitness
    return {
        "state": "done",
        "metric": tasks.metric,
        "names": list(tasks.names),
        "before": old.tolist(),
        "after": new.tolist(),
        "stopped": [
            np.flatnonzero(one.task_stopped).tolist() for one in (before, after)
        ],
        "mean": [combine_fitness(one, "mean") for one in (old, new)],
        "median": [combine_fitness(one, "median") for one in (old, new)],
        "better": int((new > old).sum()),
        "worse": int((new < old).sum()),
    }
