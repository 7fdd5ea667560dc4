"""What each concept of a program is worth: it is knocked out, and the fitness falls."""

from __future__ import annotations

import logging
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import traitlets

from workbench.insight.ablation import Ablation, ablate
from workbench.tasks import TaskSpec
from workbench.widgets.concepts import concept_item, concepts_of, metric_of
from workbench.widgets.diff_parts import diff_parts
from workbench.widgets.interval_static import static_ablation
from workbench.widgets.listing import as_program
from workbench.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.insight import Discovery
    from workbench.programs import Program

STATIC = Path(__file__).parent / "static"
PAIRS = 100

logger = logging.getLogger(__name__)


class Job(NamedTuple):
    """A program whose concepts are knocked out one after the other."""

    program: Program


class AblationChart(Panel):
    """Take the concepts out of a program one at a time, and see what the fitness loses.

    A thread of the panel does it: the cell does not wait, and each concept appears when
    it is known.

    Parameters
    ----------
    program
        The program, or its text.
    tasks
        The `TaskSpec` of the tasks it was made for; both programs of a pair train on
        fresh tasks of it.
    title
        What stands above it.
    pairs
        Number of fresh tasks, by default `PAIRS`.
    seed
        Of the fresh tasks and of random instructions.
    changed
        Called, in the thread of the chart, when more is known.

    Raises
    ------
    ProgramSyntaxError
        When a text is no program.
    TypeError
        When the program is neither, or `tasks` is no `TaskSpec`.
    ValueError
        When `pairs` is below 2, of which there is no interval.

    Examples
    --------
    >>> chart = AblationChart(panel.best.program, LinearTasks())  # doctest: +SKIP
    >>> chart.wait(); chart.ablations  # doctest: +SKIP
    """

    _esm = STATIC / "ablation_chart.js"
    _css = STATIC / "ablation_chart.css"

    # Until it is made; what is half made is closed too when it is forgotten.
    _job: Job | None = None
    _thread: threading.Thread | None = None

    ablation = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        program: Program | str,
        tasks: TaskSpec,
        *,
        title: str = "Ablation",
        pairs: int | None = None,
        seed: int = 0,
        changed: Callable[[], None] | None = None,
    ) -> None:
        if not isinstance(tasks, TaskSpec):
            raise TypeError(
                f"tasks is a {type(tasks).__name__}; accepted: a TaskSpec such as"
                " LinearTasks(), of which fresh tasks are drawn"
            )
        if pairs is not None and pairs < 2:
            raise ValueError(f"pairs is {pairs!r}; accepted: 2 or more")
        self._program = as_program(program)
        self._spec = tasks
        self._title = str(title)
        self._pairs = PAIRS if pairs is None else int(pairs)
        self._seed = int(seed)
        self._changed = changed
        self._found: list[Ablation] = []
        super().__init__()
        self._start()
        self.settle()

    def __repr__(self) -> str:
        state = self.part("ablation").get("state", "")
        return f"AblationChart({self._program!r}: {state}, {len(self._found)} known)"

    # --- for notebook code

    @property
    def program(self) -> Program:
        """The program; set it to knock out the concepts of another."""
        return self._program

    @program.setter
    def program(self, program: Program | str) -> None:
        with self.lock:
            self._program = as_program(program)
            self._start()
        self.announce()

    @property
    def ablations(self) -> tuple[Ablation, ...]:
        """What is known so far, in the order of the catalogue."""
        with self.lock:
            return tuple(self._found)

    @property
    def effects(self) -> dict[str, dict[str, Any]]:
        """What the fitness loses without each concept, as JSON values by its name."""
        return {one.concept: effect_part(one) for one in self.ablations}

    @property
    def known(self) -> tuple[Program, dict[str, dict[str, Any]]]:
        """The program, and the effects that are known of it so far."""
        with self.lock:
            return self._program, self.effects

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all is known; tell whether that came to pass."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def close(self) -> None:
        """Remove the chart from the page; the concept in hand is the last."""
        self._job = None
        super().close()

    def static_html(self) -> str:
        """Return what is known, for hosts without widgets."""
        return static_ablation(self.part("ablation"))

    # --- knocking out

    def _start(self) -> None:
        """Begin with the present program; the caller holds the lock."""
        self._job = Job(self._program)
        self._found = []
        self._put("naming", [])
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="ablation", daemon=True
            )
            self._thread.start()

    def _put(self, state: str, items: list[dict[str, Any]], message: str = "") -> None:
        self.put(
            "ablation",
            title=self._title,
            state=state,
            message=message,
            tasks=self._pairs,
            items=items,
        )
        self.announce()

    def _work(self) -> None:
        while True:
            job = self._job
            if job is not None:
                try:
                    self._knock_out_all(job)
                except Exception as error:
                    logger.debug("concepts could not be knocked out", exc_info=True)
                    message = str(error) or type(error).__name__
                    self._tell(job, "failed", [], message)
            with self.lock:
                if self._job is job or self._job is None:
                    self._thread = None
                    return

    def _knock_out_all(self, job: Job) -> None:
        found = concepts_of(job.program, metric_of(self._spec))
        items = [concept_item(one) for one in found]
        for number, one in enumerate(found):
            if not self._tell(job, "running", items):
                return
            items[number] = {**items[number], **self._knock_out(job, one)}
        self._tell(job, "done", items)

    def _knock_out(self, job: Job, one: Discovery) -> dict[str, Any]:
        """Return what becomes of a program without a concept, as JSON values."""
        name = one.concept.name
        # Dead code carries nothing; without it, no search's lengths bind what is cut.
        effective = job.program.effective()
        try:
            (ablation,) = ablate(
                effective,
                self._spec,
                concepts=[name],
                pairs=self._pairs,
                seed=self._seed,
            )
        except ValueError as error:
            return {"problem": str(error)}
        with self.lock:
            if self._job is job:
                self._found.append(ablation)
        return {
            "effect": effect_part(ablation),
            "before": ablation.before,
            "after": ablation.after,
            "diff": diff_parts(effective, ablation.program),
        }

    def _tell(
        self, job: Job, state: str, items: list[dict[str, Any]], message: str = ""
    ) -> bool:
        """Show how far it is; tell whether anybody still wants to know."""
        with self.lock:
            if self._job is not job:
                return False
            self._put(state, list(items), message)
        if self._changed is not None:
            self._changed()
        return True


def effect_part(one: Ablation) -> dict[str, Any]:
    """Return what the fitness loses without a concept, as JSON values."""
    effect = one.effect
    low, high = (None if math.isnan(end) else end for end in (effect.low, effect.high))
    return {
        "difference": effect.difference,
        "low": low,
        "high": high,
        "pairs": effect.pairs,
    }
