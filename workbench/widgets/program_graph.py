"""A program as a graph of what is computed from what, with values of a real example."""

from __future__ import annotations

from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.tasks import Task
from workbench.widgets.graph_parts import (
    default_task,
    describe_task,
    example_count,
    graph_part,
    values_part,
)
from workbench.widgets.listing import as_program
from workbench.widgets.panel import Panel

if TYPE_CHECKING:
    from workbench.programs import Program

STATIC = Path(__file__).parent / "static"


class ProgramGraph(Panel):
    """Show the dataflow of a program's effective code over one training cycle.

    Parameters
    ----------
    program
        The program, or its text.
    task
        Whose training examples give the values; of a `TaskSet`, take one:
        `tasks[0]`. Without one, a small task that fits the program's labels.
    example
        Which training example at first, counted from 0 through all epochs.
    title
        What stands above it.

    Raises
    ------
    ProgramSyntaxError
        When a text is no program.
    TypeError, ValueError
        When `program` or `task` is something else, when they do not fit each other, and
        for an example that is not there.

    Examples
    --------
    >>> graph = ProgramGraph(panel.best.program, task=tasks[0])  # doctest: +SKIP
    >>> graph.example = 99  # doctest: +SKIP
    """

    _esm = STATIC / "program_graph.js"
    _css = STATIC / "program_graph.css"

    graph = traitlets.Dict().tag(sync=True)
    now = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        program: Program | str,
        *,
        task: Task | None = None,
        example: int = 0,
        title: str = "Dataflow",
    ) -> None:
        if task is not None and not isinstance(task, Task):
            raise TypeError(
                f"task is a {type(task).__name__}; accepted: a Task, of a TaskSet one:"
                " tasks[0], or None"
            )
        self._given = task
        self._title = str(title)
        self._picture: tuple[Program, str] | None = None
        chosen = as_program(program)
        choice = self._choose(chosen)
        now = values_part(chosen, choice[0], _checked(example, choice[0]))
        super().__init__()
        self._take(chosen, choice, now)
        self.settle()

    def __repr__(self) -> str:
        return f"ProgramGraph({self._program!r}, example={self._example})"

    @property
    def program(self) -> Program:
        """The program drawn; set it to draw another in the same place."""
        return self._program

    @program.setter
    def program(self, program: Program | str) -> None:
        chosen = as_program(program)
        with self.lock:
            choice = self._choose(chosen)
            example = min(self._example, example_count(choice[0]) - 1)
            self._take(chosen, choice, values_part(chosen, choice[0], example))
        self.announce()

    @property
    def task(self) -> Task:
        """The task whose examples give the values."""
        return self._task

    @property
    def example(self) -> int:
        """The training example whose values are shown, from 0; set it to move."""
        return self._example

    @example.setter
    def example(self, example: int) -> None:
        with self.lock:
            self._example = _checked(example, self._task)
            self.refresh()
        self.announce()

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: show another example, or the nearest that there is."""
        if command.get("name") == "go":
            last = example_count(self._task) - 1
            self._example = max(0, min(int(command["example"]), last))

    def refresh(self) -> None:
        """Compute the values of the example that was asked for last."""
        if self.part("now").get("example") != self._example:
            self.put("now", **values_part(self._program, self._task, self._example))

    def static_html(self) -> str:
        """Return a still picture for hosts without widgets."""
        program = self._program
        if self._picture is None or self._picture[0] is not program:
            # matplotlib takes longer to import than all else here.
            drawing = import_module("workbench.widgets.graph_static")
            self._picture = program, drawing.picture(program)
        title = escape(self._title)
        return (
            f'<div style="font:13px/1.5 sans-serif"><p><b>{title}</b></p>'
            f"{self._picture[1]}</div>"
        )

    def _choose(self, program: Program) -> tuple[Task, str]:
        if self._given is None:
            task, words = default_task(program)
            return task, f"{words} (chosen here, as no task was given)"
        own = "vector" if program.space.vector_label else "scalar"
        if self._given.label != own:
            raise ValueError(
                f"task has {self._given.label} labels, but the program's space says "
                f"{own} ones; accepted: a task with {own} labels, or a program whose "
                f"space is Space(..., label={self._given.label!r})"
            )
        return self._given, describe_task(self._given)

    def _take(
        self, program: Program, choice: tuple[Task, str], now: dict[str, Any]
    ) -> None:
        """Take a program, its task and the values on an example, all checked."""
        self._program = program
        self._task, words = choice
        self._example = int(now["example"])
        self.put("graph", title=self._title, task=words, **graph_part(program))
        self.put("now", **now)


def _checked(example: Any, task: Task) -> int:
    last = example_count(task) - 1
    if isinstance(example, bool) or not isinstance(example, int):
        raise TypeError(
            f"example is a {type(example).__name__}; accepted: 0 to {last} as an int"
        )
    if not 0 <= example <= last:
        raise ValueError(f"example is {example}; accepted: 0 to {last}")
    return example
