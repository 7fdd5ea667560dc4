"""The fitness of a program on tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from workbench.engine.blocks import group_alike, make_blocks
from workbench.engine.lifetime import combined, evaluate_blocks
from workbench.engine.lower import empty_program, lower, mark_live
from workbench.engine.warm import call
from workbench.programs.arrays import encode
from workbench.tasks import Task, TaskSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.engine.blocks import Blocks
    from workbench.programs import Program

Combine = Literal["mean", "median"]


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
    *,
    reduce: bool = True,
    seed: int = 0,
    max_abs_error: float = 100.0,
    combine: Combine = "mean",
    dtype: Literal["float64", "float32"] = "float64",
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
    ValueError
        When there is no task, an option is not among those above, or the program does
        not fit tasks with vector labels.
    """
    code, data, lengths = encode(program)
    sizes = program.space.sizes
    count = len(tasks)
    if count == 0:
        raise ValueError("tasks is empty: expected at least one task")
    fitness, steps = np.zeros(count), np.zeros(count, np.int64)
    stopped = np.zeros(count, np.bool_)
    for members, blocks in _blocks_of(tasks, dtype):
        if blocks.vector_label:
            sizes = _check_vector_label(program)
        live = np.zeros(len(code), np.bool_)
        memory = np.array(sizes, np.int64)
        call(mark_live, code, data, lengths, memory, blocks.vector_label, live)
        lowered = empty_program(len(code))
        L, F = len(blocks.lanes), blocks.features
        call(lower, code, data, lengths, memory, live, not reduce, F, L, lowered)
        work = blocks.work(sizes)
        call(
            evaluate_blocks,
            lowered,
            blocks.interpreter(),
            blocks.shape(sizes),
            blocks.arrays,
            work,
            seed,
            float(max_abs_error),
            blocks.lanes,
        )
        fitness[members] = work.fitness.ravel()[: len(members)]
        steps[members] = work.steps.ravel()[: len(members)]
        bits = np.arange(L, dtype=np.uint64)
        alive = (work.alive[:, None] >> bits & np.uint64(1)).astype(np.bool_)
        stopped[members] = ~alive.ravel()[: len(members)]
    combined = combine_fitness(fitness, combine)
    return Evaluation(combined, fitness, steps, stopped)


def combine_fitness(task_fitness: np.ndarray, combine: Combine) -> float:
    """Return the mean, or the upper median, of the tasks' fitness.

    Raises
    ------
    ValueError
        When `combine` is neither "mean" nor "median".
    """
    if combine not in {"mean", "median"}:
        raise ValueError(f"combine {combine!r}: expected 'mean' or 'median'")
    return float(call(combined, task_fitness, combine == "median"))


def _blocks_of(
    tasks: TaskSet | Sequence[Task], dtype: str
) -> Iterator[tuple[np.ndarray, Blocks]]:
    """Yield blocks of tasks of one shape, with the tasks' places in the result."""
    if isinstance(tasks, TaskSet):
        yield np.arange(len(tasks)), make_blocks(tasks, dtype)
        return
    for i, task in enumerate(tasks):
        if not isinstance(task, Task):
            raise TypeError(
                f"tasks[{i}] is {type(task).__name__}: expected a Task"
                " (see Task.from_arrays)"
            )
    for members in group_alike(tasks):
        numbers = np.array(members)
        alike = TaskSet.from_tasks([tasks[i] for i in members])
        yield numbers, make_blocks(alike, dtype, numbers=numbers)


def _check_vector_label(program: Program) -> tuple[int, int, int]:
    """Check a program against tasks with vector labels; return sizes that hold v2."""
    for name, function in program.functions.items():
        for i, instruction in enumerate(function):
            kind = instruction.op.output
            if kind is not None and kind.value == "v" and instruction.out == 1:
                raise ValueError(
                    f"{name}[{i}] writes v1, which holds the label of these tasks:"
                    " expected v2 (the prediction) or above"
                )
    scalars, vectors, matrices = program.space.sizes
    return scalars, max(vectors, 3), matrices
