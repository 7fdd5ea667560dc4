"""The fitness of a program on tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

import numpy as np

from workbench.engine.blocks import group_alike, make_blocks
from workbench.engine.lifetime import combined, evaluate_blocks
from workbench.engine.options import (
    check_choice,
    check_limit,
    check_program,
    check_seed,
    check_tasks,
)
from workbench.engine.prepare import Prepared, prepare
from workbench.engine.warm import call
from workbench.tasks import TaskSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.engine.blocks import Blocks, WorkArrays
    from workbench.programs import Program
    from workbench.tasks import Task

Combine = Literal["mean", "median"]
Dtype = Literal["float64", "float32"]
COMBINES = ("mean", "median")


_laid_out: WeakKeyDictionary[TaskSet, dict[str, Blocks]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What came of evaluating one program on T tasks."""

    fitness: float
    """Mean or median of the tasks' fitness, in [0, 1]."""
    task_fitness: np.ndarray
    """float64[T]: each task's best validation over the epochs, in [0, 1]."""
    task_train_steps: np.ndarray
    """int64[T]: training examples seen by each task."""
    task_stopped: np.ndarray
    """bool[T]: training was cut short by an error that was NaN or too large."""

    @property
    def train_steps(self) -> int:
        """Training examples seen, over all tasks."""
        return int(self.task_train_steps.sum())

    @property
    def stopped(self) -> bool:
        """Whether training was cut short on any task."""
        return bool(self.task_stopped.any())


def evaluate(
    program: Program,
    tasks: TaskSet | Sequence[Task],
    reduce: bool = True,
    seed: int = 0,
    max_abs_error: float = 100.0,
    *,
    combine: Combine = "mean",
    dtype: Dtype = "float64",
) -> Evaluation:
    """Train and validate a program on tasks and return its fitness.

    Every task starts from wiped memory: Setup once, then for each epoch Predict and
    Learn on every training example and Predict alone on every validation example. See
    `docs/programs.md` for the rules of early stopping and of the metrics.

    Parameters
    ----------
    program
        The program. It must not write what the tasks set (`s0`, `v0`; `v1` too where
        labels are vectors).
    tasks
        A task set, or tasks of any shapes; tasks of one shape run side by side.
    reduce
        Leave out instructions that cannot influence a prediction. The result is the
        same to the last bit, random instructions included.
    seed
        Of the random instructions, which draw from (seed, task, step, instruction).
    max_abs_error
        A task whose error exceeds this, or is NaN, is stopped with fitness 0.
    combine
        "mean" over the tasks, or "median" (the upper one).
    dtype
        The precision of memory and arithmetic.

    Raises
    ------
    TypeError
        When the program is no Program or a task no Task.
    ValueError
        When there is no task, an option is not among those above, or the program does
        not fit tasks with vector labels.
    """
    program = check_program(program)
    tasks = check_tasks(tasks)
    seed = check_seed(seed)
    limit = check_limit(max_abs_error)
    check_choice("combine", combine, COMBINES)
    count = len(tasks)
    fitness, steps = np.zeros(count), np.zeros(count, np.int64)
    stopped = np.zeros(count, np.bool_)
    for members, blocks in blocks_of(tasks, dtype):
        work = run(prepare(program, blocks, reduce=reduce), blocks, seed, limit)
        fitness[members] = work.fitness.ravel()[: len(members)]
        steps[members] = work.steps.ravel()[: len(members)]
        bits = np.arange(len(blocks.lanes), dtype=np.uint64)
        alive = (work.alive[:, None] >> bits & np.uint64(1)).astype(np.bool_)
        stopped[members] = ~alive.ravel()[: len(members)]
    return Evaluation(combine_fitness(fitness, combine), fitness, steps, stopped)


def run(program: Prepared, blocks: Blocks, seed: int, limit: float) -> WorkArrays:
    """Evaluate a prepared program; return the arrays that hold what came of it."""
    work = blocks.work(program.sizes)
    call(
        evaluate_blocks,
        program.lowered,
        blocks.interpreters(),
        blocks.shape(program.sizes),
        blocks.arrays,
        work,
        seed,
        limit,
    )
    return work


def combine_fitness(task_fitness: np.ndarray, combine: Combine) -> float:
    """Return the mean, or the upper median, of the tasks' fitness.

    Raises
    ------
    ValueError
        When `combine` is neither "mean" nor "median".
    """
    check_choice("combine", combine, COMBINES)
    return float(call(combined, task_fitness, combine == "median", task_fitness.copy()))


def blocks_of(
    tasks: TaskSet | Sequence[Task], dtype: str
) -> Iterator[tuple[np.ndarray, Blocks]]:
    """Yield blocks of tasks of one shape, with the tasks' places in the result."""
    if isinstance(tasks, TaskSet):
        yield np.arange(len(tasks)), _blocks_of_set(tasks, dtype)
        return
    for members in group_alike(tasks):
        numbers = np.array(members)
        alike = TaskSet.from_tasks([tasks[i] for i in members])
        yield numbers, make_blocks(alike, dtype, numbers=numbers)


def _blocks_of_set(tasks: TaskSet, dtype: str) -> Blocks:
    """Return a set's blocks, laid out once while the set lives: it cannot change."""
    known = _laid_out.setdefault(tasks, {})
    if dtype not in known:
        known[dtype] = make_blocks(tasks, dtype)
    return known[dtype]
