"""Checks of what callers give: messages name argument, value and what is accepted."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from workbench.programs import Program
from workbench.tasks import Task, TaskSet

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SEED = 2**63 - 1


def check_program(program: Any) -> Program:
    """Return the program.

    Raises
    ------
    TypeError
        When it is something else.
    """
    if not isinstance(program, Program):
        raise TypeError(
            f"program is a {type(program).__name__}; accepted: a Program, such as "
            "Program.from_text(...) makes"
        )
    return program


def check_task(task: Any, name: str = "task") -> Task:
    """Return the task.

    Raises
    ------
    TypeError
        When it is something else.
    """
    if not isinstance(task, Task):
        raise TypeError(
            f"{name} is a {type(task).__name__}; accepted: a Task, such as "
            "Task.from_arrays(...) makes"
        )
    return task


def check_tasks(tasks: Any) -> TaskSet | Sequence[Task]:
    """Return the tasks, as a set or as a list.

    Raises
    ------
    TypeError
        When they are neither a task set nor an iterable of tasks.
    ValueError
        When there is none.
    """
    if isinstance(tasks, TaskSet):
        return tasks
    if isinstance(tasks, Task) or not hasattr(tasks, "__iter__"):
        raise TypeError(
            f"tasks is a {type(tasks).__name__}; accepted: a TaskSet or a list of"
            " Tasks (of one: [task])"
        )
    listed = [check_task(task, f"tasks[{i}]") for i, task in enumerate(tasks)]
    if not listed:
        raise ValueError("tasks is empty; accepted: at least one task")
    return listed


def check_seed(seed: Any) -> int:
    """Return the seed as an int.

    Raises
    ------
    ValueError
        When it is not a whole number from 0 to `MAX_SEED`.
    """
    return check_whole("seed", seed, 0, MAX_SEED)


def check_whole(name: str, value: Any, low: int, high: int) -> int:
    """Return a whole number from low to high, both included, as an int.

    Raises
    ------
    ValueError
        When it is not one.
    """
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not low <= number <= high:
        raise ValueError(
            f"{name} is {value!r}; accepted: a whole number from {low} to {high}"
        )
    return number


def check_limit(limit: Any) -> float:
    """Return the largest absolute error as a float.

    Raises
    ------
    ValueError
        When it is not a number, NaN or negative.
    """
    try:
        number = math.nan if isinstance(limit, bool | str) else float(limit)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not number >= 0.0:
        raise ValueError(
            f"max_abs_error is {limit!r}; accepted: a number from 0 up, inf included"
        )
    return number


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    """Check that a value is one of the words.

    Raises
    ------
    ValueError
        When it is not.
    """
    if not isinstance(value, str) or value not in choices:
        words = ", ".join(map(repr, choices))
        raise ValueError(f"{name} is {value!r}; accepted: {words}")
