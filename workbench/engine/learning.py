"""How a program learns: its validation after more and more training examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.engine.evaluate import Dtype, blocks_of
from workbench.engine.execute import ACCURACY, MULTICLASS
from workbench.engine.options import (
    check_limit,
    check_program,
    check_seed,
    check_tasks,
    check_whole,
)
from workbench.engine.prepare import prepare
from workbench.engine.stops import curve_blocks
from workbench.engine.warm import call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.programs import Program
    from workbench.tasks import Task, TaskSet

MAX_POINTS = 10_000


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """What one program can do after more and more training; P points, T tasks."""

    examples: np.ndarray
    """int64[P]: training examples seen, from 0 to those of all epochs."""
    fitness: np.ndarray
    """float64[P, T]: the validation at that moment as fitness, in [0, 1]; 0 once
    training was cut short."""
    loss: np.ndarray
    """float64[P, T]: the same as root mean square error, or on accuracy tasks as share
    of mistakes; infinite once training was cut short, and where a validation error was
    NaN or too large."""
    ends_epoch: np.ndarray
    """bool[P]: the points at which `evaluate` validates too."""
    measure: str
    """"rmse" or "accuracy", as the tasks'."""

    @property
    def task_fitness(self) -> np.ndarray:
        """float64[T]: what `evaluate` gives, the best at the end of an epoch."""
        best: np.ndarray = self.fitness[self.ends_epoch].max(axis=0)
        return best


def learning_curve(
    program: Program,
    tasks: TaskSet | Sequence[Task],
    points: int = 50,
    seed: int = 0,
    max_abs_error: float = 100.0,
    *,
    dtype: Dtype = "float64",
) -> LearningCurve:
    """Validate a program again and again while it trains.

    Training is that of `evaluate`, to the last bit: memory is put back after each
    validation that `evaluate` would not do.

    Parameters
    ----------
    program, tasks, seed, max_abs_error, dtype
        As for `evaluate`; the tasks must agree in their numbers of examples, epochs,
        and metric.
    points
        How many stretches training is cut into, as equal as can be; the ends of the
        epochs are points as well.

    Raises
    ------
    TypeError
        When the program is no Program or a task no Task.
    ValueError
        When an option is not accepted, the tasks do not agree, or the program does not
        fit tasks with vector labels.
    """
    program, tasks = check_program(program), check_tasks(tasks)
    seed, limit = check_seed(seed), check_limit(max_abs_error)
    points = check_whole("points", points, 1, MAX_POINTS)
    epochs, train, measure = _common(tasks)
    stops = _stops(epochs, train, points)
    fitness = np.zeros((len(stops), len(tasks)))
    loss = np.full((len(stops), len(tasks)), np.inf)
    for members, blocks in blocks_of(tasks, dtype):
        prepared = prepare(program, blocks, reduce=True)
        work = blocks.work(prepared.sizes)
        room = (len(stops), *blocks.arrays.number.shape)
        reached, error = np.zeros(room), np.full(room, np.inf)
        call(
            curve_blocks,
            prepared.lowered,
            blocks.interpreters(),
            blocks.shape(prepared.sizes),
            blocks.arrays,
            work,
            seed,
            limit,
            stops,
            reached,
            error,
        )
        count = len(members)
        fitness[:, members] = reached.reshape(len(stops), -1)[:, :count]
        mean = error.reshape(len(stops), -1)[:, :count]
        share = blocks.metric in (ACCURACY, MULTICLASS)
        loss[:, members] = mean if share else np.sqrt(mean)
    ends = (stops > 0) & (stops % train == 0)
    return LearningCurve(stops, fitness, loss, ends, measure)


def _common(tasks: TaskSet | Sequence[Task]) -> tuple[int, int, str]:
    """Return the epochs, examples an epoch and metric that all tasks share.

    Raises
    ------
    ValueError
        When they do not.
    """
    listed = list(tasks)
    found = {(task.epochs, len(task.train_x), task.metric) for task in listed}
    if len(found) > 1:
        texts = ", ".join(f"{e} x {n} ({m})" for e, n, m in sorted(found))
        raise ValueError(
            f"the tasks have {texts} epochs x training examples (metric); accepted: "
            "tasks that agree in these"
        )
    return found.pop()


def _stops(epochs: int, train: int, points: int) -> np.ndarray:
    """Return int64[P]: 0, the ends of epochs and of equal stretches, ascending."""
    total = epochs * train
    even = np.arange(points + 1, dtype=np.int64) * total // points
    ends = np.arange(1, epochs + 1, dtype=np.int64) * train
    return np.union1d(even, ends).astype(np.int64)
