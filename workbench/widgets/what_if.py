"""Edit a program and see at once what that does to its fitness and its learning."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.engine.warm import telling
from workbench.programs import ProgramSyntaxError
from workbench.widgets.bench import Bench, as_tasks, fresh_tasks
from workbench.widgets.channel import Pump
from workbench.widgets.draft import Draft, History
from workbench.widgets.listing import as_program
from workbench.widgets.paired import paired
from workbench.widgets.panel import Panel
from workbench.widgets.what_if_parts import (
    curve_part,
    lines_to_weigh,
    listing_part,
    ops_part,
    problem_part,
    result_part,
    tasks_words,
)
from workbench.widgets.what_if_static import static_comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.programs import Program
    from workbench.tasks import Task, TaskSet, TaskSpec
    from workbench.widgets.paired import Paired

STATIC = Path(__file__).parent / "static"
logger = logging.getLogger(__name__)
REST_SECONDS = 0.7
WEIGH_SECONDS = 2.0
"""Lines are weighed unasked when that takes no longer than this."""


class WhatIf(Panel):
    """Edit a program beside the original: fitness and learning curve answer at once.

    Lines can be knocked out, their constants tuned and their operations replaced, or
    the text edited. Both programs run on the same tasks, with the same random draws
    wherever they draw alike, so that differences are taken task by task.

    Parameters
    ----------
    program
        The program, or its text.
    tasks
        The tasks: a `TaskSet`, a list of `Task`, or a `TaskSpec`, whose tasks are made.
        With a spec, or a set that knows its own, fresh tasks can be drawn.
    seed, max_abs_error
        As for `workbench.evaluate`.
    title
        What stands above it.

    Raises
    ------
    ProgramSyntaxError
        When a text is no program.
    TypeError
        When `program` or `tasks` is something else, or there are no tasks.

    Examples
    --------
    >>> view = WhatIf(program, LinearTasks())  # doctest: +SKIP
    >>> view.knock_out("learn", 3)  # doctest: +SKIP
    >>> view.difference.words  # doctest: +SKIP
    """

    # Until it is made; what is half made is closed too when it is forgotten.
    _saving: threading.Timer | None = None
    _worker: Pump | None = None

    _esm = STATIC / "what_if.js"
    _css = STATIC / "what_if.css"

    listing = traitlets.Dict().tag(sync=True)
    source = traitlets.Dict().tag(sync=True)
    ops = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
    learning = traitlets.Dict().tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        program: Program | str,
        tasks: TaskSet | TaskSpec | Sequence[Task] | None = None,
        *,
        seed: int = 0,
        max_abs_error: float = 100.0,
        title: str = "What if",
    ) -> None:
        self._history = History(Draft.of(as_program(program)))
        self._title = str(title)
        self._seed, self._limit = seed, max_abs_error
        self._given = self._bench = Bench(as_tasks(tasks), seed, max_abs_error)
        self._edit = self._base = 0
        self._stamp = 0
        self._stale = False
        self._problem: dict[str, Any] | None = None
        self._compiling = ""
        self._fresh = 0
        self._draws: list[dict[str, Any]] = []
        self._weigh: bool | None = None
        self._weighed: dict[int, float] = {}
        super().__init__()
        self.put("ops", **ops_part())
        self._show()
        self.settle()
        with telling(self._tell):
            self._worker = Pump(self._work, "WhatIf worker")
        self._worker.start()
        self._worker.wake()

    def __repr__(self) -> str:
        return f"WhatIf({self.program!r}: {self._history.undoable} edits)"

    # --- for notebook code

    @property
    def program(self) -> Program:
        """The original; set it to begin with another in the same place."""
        return self._history.first.program

    @program.setter
    def program(self, program: Program | str) -> None:
        with self.lock:
            self._history = History(Draft.of(as_program(program)))
            self._base += 1
            self._changed()
            self._show()

    @property
    def edited(self) -> Program:
        """The program as it is edited now; set it, or its text, as an edit."""
        return self._history.draft.program

    @edited.setter
    def edited(self, program: Program | str) -> None:
        self._put(self._history.draft.with_text(str(program)))

    @property
    def tasks(self) -> TaskSet:
        """The tasks on which both programs run."""
        return self._bench.tasks

    @property
    def difference(self) -> Paired:
        """How the edited program compares with the original on the present tasks.

        Raises
        ------
        ValueError
            When one of them does not fit the tasks.
        """
        bench = self._bench
        return paired(
            bench.evaluate(self.program).task_fitness,
            bench.evaluate(self.edited).task_fitness,
        )

    def knock_out(self, function: str, index: int) -> None:
        """Take a line out: of "setup", "predict" or "learn", counted from 0.

        Raises
        ------
        ValueError
            When there is no such line; here and below.
        """
        draft = self._history.draft
        self._put(draft.switched(draft.at(function, index).id, on=False))

    def tune(self, function: str, index: int, value: float, which: int = 0) -> None:
        """Give a constant of a line another value."""
        draft = self._history.draft
        line = draft.at(function, index)
        count = len(line.instruction.constants)
        if not 0 <= which < count:
            raise ValueError(
                f"which is {which!r}; {line.instruction} has {count} constants"
            )
        self._put(draft.with_constant(line.id, which, value))

    def replace(self, function: str, index: int, op: str) -> None:
        """Put another operation on the same addresses, such as "SCALAR_SUM_OP"."""
        draft = self._history.draft
        self._put(draft.with_op(draft.at(function, index).id, op))

    def undo(self) -> None:
        """Take the last edit back."""
        self._go(-1)

    def redo(self) -> None:
        """Do again what was undone."""
        self._go(1)

    def reset(self) -> None:
        """Go back to the original; that can be undone too."""
        self._put(self._history.first)

    def draw_fresh(self) -> None:
        """Go over to other tasks of the same spec.

        Raises
        ------
        ValueError
            When the tasks were given as arrays and no spec is known.
        """
        if self._given.tasks.spec is None:
            raise ValueError(
                "these tasks know of no spec to draw others from; accepted: tasks that "
                "a TaskSpec made"
            )
        with self.lock:
            self._fresh += 1
        self._wake()

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: an edit, undo, redo, reset, fresh or given tasks, weighing."""
        name = command.get("name")
        self._stamp = max(self._stamp, int(command.get("stamp", 0)))
        if name in ("undo", "redo"):
            self._go(-1 if name == "undo" else 1)
        elif name == "reset":
            self.reset()
        elif name == "fresh":
            self.draw_fresh()
        elif name == "given":
            self._fresh = 0
            self._bench = self._given
            self._bench_changed()
        elif name == "weigh":
            self._weigh = bool(command.get("on"))
            self._show_weights()
            self._wake()
        elif name == "text":
            self._take_text(str(command.get("text", "")), command.get("gesture"))
        else:
            self._take_edit(command)
        self._stale = True

    def _take_edit(self, command: dict[str, Any]) -> None:
        draft, line = self._history.draft, int(command.get("line", -1))
        edits: dict[Any, Callable[[], Draft]] = {
            "switch": lambda: draft.switched(line, bool(command["on"])),
            "op": lambda: draft.with_op(line, str(command["op"])),
            "restore": lambda: draft.restored(line),
            "constant": lambda: draft.with_constant(
                line, int(command["which"]), float(command["value"])
            ),
        }
        edit = edits.get(command.get("name"))
        if edit is None:
            return
        try:
            self._put(edit(), command.get("gesture"))
        except KeyError:
            return  # the view has not heard yet that the line is gone
        except ValueError as error:
            self._problem = {**problem_part(error), "id": line}

    def _take_text(self, text: str, gesture: Any) -> None:
        try:
            self._put(self._history.draft.with_text(text), gesture)
        except ProgramSyntaxError as error:
            self._problem = problem_part(error, text)

    def refresh(self) -> None:
        """Put the lines; once, however many edits came meanwhile."""
        if self._stale:
            self._show()

    def complain(self, error: Exception) -> None:
        """Show what nobody foresaw."""
        with self.lock:
            self._problem = {"message": f"{type(error).__name__}: {error}"}
            self._stale = True

    def close(self) -> None:
        """Remove the panel from the page and end its threads."""
        if self._saving is not None:
            self._saving.cancel()
        if self._worker is not None:
            self._worker.end()
        super().close()

    def static_html(self) -> str:
        """Return both fitnesses, the curves and the edited program."""
        with self.lock:
            bench, first, draft = self._bench, self._history.first, self._history.draft
        return static_comparison(self._title, bench, first.program, draft.program)

    # --- edits

    def _put(self, draft: Draft, gesture: Any = None) -> None:
        with self.lock:
            self._problem = None
            if self._history.put(draft, gesture):
                self._changed()
            self._stale = True
        self._pump_wake()

    def _go(self, count: int) -> None:
        with self.lock:
            self._problem = None
            if self._history.go(count):
                self._changed()
            self._stale = True
        self._pump_wake()

    def _changed(self) -> None:
        self._edit += 1
        self._weighed = {}
        self._draws = []
        self._wake()
        self._save_soon()

    def _bench_changed(self) -> None:
        self._edit += 1
        self._weighed = {}
        self._stale = True
        self._show_state("fitness")
        self._wake()
        self._save_soon()

    def _wake(self) -> None:
        if self._worker is not None:
            self._worker.wake()

    # --- the worker: one piece at a time, the most urgent first

    def _step(self) -> bool:
        with self.lock:
            bench, edit, draft = self._bench, self._edit, self._history.draft
            programs = self._history.first.program, draft.program
            wanted = self._fresh
        if wanted > bench.draw:
            return self._draw(wanted)
        try:
            return self._compare(edit, bench, programs) or self._weigh_next(
                edit, bench, draft
            )
        except ValueError as error:
            self._failed(error)
        return False

    def _compare(
        self, edit: int, bench: Bench, programs: tuple[Program, Program]
    ) -> bool:
        for program in programs:
            if bench.known(program) is None:
                self._show_state("fitness")
                bench.evaluate(program)
                return True
        if self.part("result").get("edit") != edit:
            before, after = map(bench.evaluate, programs)
            self._publish(edit, "result", lambda: result_part(before, after))
            self._note_draw(edit, bench)
        for program in programs:
            if bench.known_curve(program) is None:
                self._show_state("curve")
                bench.curve(program)
                return True
        if self.part("learning").get("edit") != edit:
            first, last = map(bench.curve, programs)
            self._publish(edit, "learning", lambda: curve_part(first, last))
        return False

    def _weigh_next(self, edit: int, bench: Bench, draft: Draft) -> bool:
        """Try the program without one of its lines; False when all are weighed."""
        lines = lines_to_weigh(draft)
        with self.lock:
            if self._weigh is None and self._weighed:
                # The first line showed how long one takes.
                self._weigh = bench.seconds * len(lines) < WEIGH_SECONDS
            left = [line for line in lines if line not in self._weighed]
            if edit != self._edit:
                return True
            if self._weigh is False or not left:
                self._show_weights()
                self._show_state("")
                self._save_soon()
                return False
        self._show_state("weights")
        loss = (
            bench.evaluate(draft.program).fitness
            - bench.evaluate(draft.without(left[0])).fitness
        )
        with self.lock:
            if edit == self._edit:
                self._weighed[left[0]] = loss
                self._show_weights()
        return True

    def _draw(self, wanted: int) -> bool:
        spec = self._given.tasks.spec
        if spec is None:
            return False
        self._show_state("tasks")
        tasks = fresh_tasks(spec, wanted)
        with self.lock:
            if wanted == self._fresh:
                self._bench = Bench(tasks, self._seed + wanted, self._limit, wanted)
                self._bench_changed()
        return True

    def _work(self) -> float | None:
        """Do a piece of work, so that an edit waits for no more than one."""
        try:
            return 0.0 if self._step() else None
        except Exception as error:
            logger.exception("a panel's work failed")
            self._failed(error)
            return None

    def _failed(self, error: Exception) -> None:
        """Show why there is no result."""
        with self.lock:
            self.put("result", edit=self._edit, failed=str(error))
            self._fresh = self._bench.draw
        self._show_state("")

    def _tell(self, text: str) -> None:
        self._compiling = text
        self._show_state(str(self.part("state").get("busy", "")))

    # --- what is shown

    def _publish(
        self, edit: int, name: str, value: Callable[[], dict[str, Any]]
    ) -> None:
        """Put a part unless an edit came meanwhile."""
        with self.lock:
            if edit == self._edit:
                self.put(name, edit=edit, **value())

    def _note_draw(self, edit: int, bench: Bench) -> None:
        """Remember the difference on these tasks beside those on other draws."""
        with self.lock:
            mean = self.part("result").get("difference", {}).get("mean")
            known = [one["draw"] for one in self._draws]
            if edit == self._edit and mean is not None and bench.draw not in known:
                self._draws.append({"draw": bench.draw, "mean": mean})

    def _show(self) -> None:
        self._stale = False
        history = self._history
        self.put(
            "listing",
            title=self._title,
            edit=self._edit,
            base=self._base,
            stamp=self._stamp,
            undo=history.undoable,
            redo=history.redoable,
            problem=self._problem,
            **listing_part(history.draft, history.first),
        )
        self.put("source", text=history.draft.text)
        self._show_state(str(self.part("state").get("busy", "fitness")))

    def _show_state(self, busy: str) -> None:
        bench = self._bench
        self.put(
            "state",
            busy=busy,
            compiling=self._compiling,
            tasks=tasks_words(bench.tasks, bench.draw),
            draw=bench.draw,
            fresh=self._given.tasks.spec is not None,
            draws=list(self._draws),
        )

    def _show_weights(self) -> None:
        self.put(
            "weights",
            edit=self._edit,
            on=bool(self._weigh),
            done=len(self._weighed),
            total=len(lines_to_weigh(self._history.draft)),
            values={str(line): loss for line, loss in self._weighed.items()},
        )

    def _save_soon(self) -> None:
        """Write the state for saved notebooks once the reader is at rest."""
        if self._saving is not None:
            self._saving.cancel()
        self._saving = threading.Timer(REST_SECONDS, self.announce)
        self._saving.daemon = True
        self._saving.start()
