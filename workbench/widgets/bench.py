"""Programs tried on tasks: each evaluation and learning curve is computed once."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.engine import evaluate, learning_curve
from workbench.tasks import Task, TaskSet, TaskSpec
from workbench.tasks.seeding import MAX_SEED

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.engine import Evaluation, LearningCurve
    from workbench.programs import Program

KEPT = 300
CURVE_POINTS = (8, 40)


class Bench:
    """Tasks, and what came of the programs that were tried on them.

    Parameters
    ----------
    tasks
        The tasks.
    seed, max_abs_error
        As for `evaluate`.
    draw
        0 for the tasks that were given, else the number of the fresh draw.
    """

    def __init__(
        self, tasks: TaskSet, seed: int, max_abs_error: float, draw: int = 0
    ) -> None:
        self.tasks = tasks
        self.draw = draw
        self.seconds = 0.0
        """What the last evaluation took."""
        self._options: dict[str, Any] = {"seed": seed, "max_abs_error": max_abs_error}
        self._evaluations: dict[Program, Evaluation] = {}
        self._curves: dict[Program, LearningCurve] = {}

    def known(self, program: Program) -> Evaluation | None:
        """Return what came of a program, if it was tried."""
        return self._evaluations.get(program.effective())

    def known_curve(self, program: Program) -> LearningCurve | None:
        """Return a program's learning curve, if it was computed."""
        return self._curves.get(program.effective())

    def evaluate(self, program: Program) -> Evaluation:
        """Return what comes of a program.

        Raises
        ------
        ValueError
            When it does not fit the tasks.
        """

        def run(effective: Program) -> Evaluation:
            start = time.perf_counter()
            found = evaluate(effective, self.tasks, **self._options)
            self.seconds = time.perf_counter() - start
            return found

        return self._once(self._evaluations, program, run)

    def curve(self, program: Program) -> LearningCurve:
        """Return a program's learning curve.

        Raises
        ------
        ValueError
            When it does not fit the tasks.
        """
        return self._once(
            self._curves,
            program,
            lambda one: learning_curve(one, self.tasks, self.points, **self._options),
        )

    @property
    def points(self) -> int:
        """Points of a curve: so many that validation takes thrice as long as training.

        At least 8, at most 40.
        """
        low, high = CURVE_POINTS
        trained = self.tasks.epochs * self.tasks.train_x.shape[1]
        return max(low, min(high, 3 * trained // self.tasks.valid_x.shape[1]))

    @staticmethod
    def _once(
        known: dict[Program, Any], program: Program, run: Callable[[Program], Any]
    ) -> Any:
        # Dead code changes no bit of what comes of a program.
        effective = program.effective()
        if effective not in known:
            found = run(effective)
            while len(known) >= KEPT:
                del known[next(iter(known))]
            known[effective] = found
        return known[effective]


def as_tasks(given: Any) -> TaskSet:
    """Return tasks, made from their spec or stacked if need be.

    Raises
    ------
    TypeError
        For anything else; the message names what is accepted.
    """
    if isinstance(given, TaskSpec):
        return given.make()
    if isinstance(given, TaskSet):
        return given
    if isinstance(given, list | tuple) and all(isinstance(t, Task) for t in given):
        return TaskSet.from_tasks(given)
    raise TypeError(
        f"tasks is {'None' if given is None else f'a {type(given).__name__}'}; "
        "accepted: a TaskSet, a list of Tasks, or a TaskSpec such as LinearTasks()"
    )


def fresh_tasks(spec: TaskSpec, draw: int) -> TaskSet:
    """Return other tasks of a spec: those of another seed."""
    fields: dict[str, Any] = {"seed": (vars(spec)["seed"] + draw) % (MAX_SEED + 1)}
    return replace(spec, **fields).make()
