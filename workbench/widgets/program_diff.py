"""Two programs beside each other: what changed, and what it did to the fitness."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.insight import diff
from workbench.tasks import TaskSet
from workbench.widgets.concepts import (
    ConceptNames,
    changed_items,
    metric_for,
    metric_of,
)
from workbench.widgets.diff_parts import parts_of
from workbench.widgets.diff_static import static_diff
from workbench.widgets.listing import as_program
from workbench.widgets.pair_fitness import PairFitness
from workbench.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.engine import Evaluation
    from workbench.insight.diff import ProgramDiff as Difference
    from workbench.insight.probe import Metric
    from workbench.programs import Program
    from workbench.tasks import TaskSpec

STATIC = Path(__file__).parent / "static"


class ProgramDiff(Panel):
    """Show what leads from one program to another, the computation first.

    With `tasks`, both programs are evaluated on them by a thread of the panel: the cell
    does not wait. What was evaluated already is not evaluated again.

    Parameters
    ----------
    a, b
        The programs before and after, or their texts.
    tasks
        A `TaskSet`, or the `TaskSpec` of one, to compare their fitness on; none by
        default.
    titles
        What stands above either program.

    Raises
    ------
    ProgramSyntaxError
        When a text is no program.
    TypeError
        When a program is neither, or `tasks` none of these.
    ValueError
        When there are not two titles.

    Examples
    --------
    >>> view = ProgramDiff(parent, child, tasks=tasks)  # doctest: +SKIP
    >>> view.show(parent, other)  # doctest: +SKIP
    """

    _esm = STATIC / "program_diff.js"
    _css = STATIC / "program_diff.css"

    # Until it is made; what is half made is closed too when it is forgotten.
    _fitness: PairFitness | None = None

    _names: ConceptNames | None = None

    diff = traitlets.Dict().tag(sync=True)
    concepts = traitlets.Dict().tag(sync=True)
    fitness = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        a: Program | str,
        b: Program | str,
        *,
        tasks: TaskSet | TaskSpec | None = None,
        titles: Sequence[str] = ("Before", "After"),
    ) -> None:
        self._programs = as_program(a), as_program(b)
        self._titles = _checked(titles)
        super().__init__()
        self._fitness = (
            None if tasks is None else PairFitness(tasks, self.lock, self._report)
        )
        self._tasks = tasks
        self._version = 0
        self._names = ConceptNames(self.lock, self._report_concepts)
        self._show()
        self.settle()

    def __repr__(self) -> str:
        return f"ProgramDiff({self.difference.verdict})"

    # --- for notebook code

    @property
    def programs(self) -> tuple[Program, Program]:
        """The programs before and after."""
        return self._programs

    @property
    def difference(self) -> Difference:
        """What `insight.diff` makes of them."""
        return self._difference

    @property
    def evaluations(self) -> tuple[Evaluation, Evaluation] | None:
        """What came of evaluating both, None without tasks or until it is known."""
        return None if self._fitness is None else self._fitness.known(self._programs)

    def show(
        self,
        a: Program | str,
        b: Program | str,
        titles: Sequence[str] | None = None,
    ) -> None:
        """Show another pair in the same place; the tasks stay."""
        programs = as_program(a), as_program(b)
        checked = self._titles if titles is None else _checked(titles)
        with self.lock:
            self._programs, self._titles = programs, checked
            self._show()
        self.announce()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is being evaluated; tell whether that came to pass."""
        return self._fitness is None or self._fitness.wait(seconds)

    def close(self) -> None:
        """Remove the diff from the page; an evaluation that runs is the last."""
        if self._fitness is not None:
            self._fitness.forget()
        if self._names is not None:
            self._names.forget()
        super().close()

    def static_html(self) -> str:
        """Return the diff, and the fitness, for hosts without widgets."""
        return static_diff(self.part("diff"), self.part("fitness"))

    # --- what is shown

    def _show(self) -> None:
        a, b = self._programs
        self._difference = diff(a, b)
        self._version += 1
        self.put(
            "diff",
            version=self._version,
            titles=list(self._titles),
            text=str(self._difference),
            **parts_of(self._difference, a, b),
        )
        if self._fitness is None:
            self.put("fitness", state="none")
        else:
            self._fitness.ask(self._programs)
        if self._names is not None:
            self._names.ask(lambda: changed_items(a, b, self._metric(b)), self._version)

    def _metric(self, program: Program) -> Metric:
        """Return what the tasks ask for; called in the thread, as it may draw one."""
        if self._tasks is None:
            return metric_for(program)
        return (
            self._tasks.metric
            if isinstance(self._tasks, TaskSet)
            else metric_of(self._tasks)
        )

    def _report_concepts(self, part: dict[str, Any]) -> None:
        self.put("concepts", **part)
        self.announce()

    def _report(self, part: dict[str, Any]) -> None:
        self.put("fitness", **part)
        self.announce()


def _checked(titles: Sequence[str]) -> tuple[str, str]:
    given = (titles,) if isinstance(titles, str) else tuple(map(str, titles))
    if len(given) != 2:
        raise ValueError(f"titles is {titles!r}; accepted: two texts")
    return given[0], given[1]
