"""Run a program on a task as a debugger does, forwards and back."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.widgets.concepts import ConceptNames, concept_items
from workbench.widgets.debugger_parts import (
    jumps,
    layout_part,
    now_part,
    run_part,
    watch_part,
)
from workbench.widgets.listing import as_program, function_parts, special_addresses
from workbench.widgets.panel import Panel
from workbench.widgets.program_static import static_moment
from workbench.widgets.recording import Moment, Recording

if TYPE_CHECKING:
    from workbench.engine.evaluate import Dtype
    from workbench.programs import Program
    from workbench.tasks import Task

STATIC = Path(__file__).parent / "static"
REST_SECONDS = 0.7


class ProgramDebugger(Panel):
    """Step through a program on a task: each instruction, each example.

    What is shown is what `evaluate` computes, to the last bit. The evaluation is gone
    through once when the debugger is made.

    Parameters
    ----------
    program
        The program, or its text.
    task
        The task; of a `TaskSet`, take one: `tasks[0]`.
    seed, task_number, max_abs_error, dtype
        As for `workbench.trace`.
    title
        What stands above it.

    Raises
    ------
    ProgramSyntaxError
        When a text is no program.
    TypeError, ValueError
        As `workbench.trace` does.

    Examples
    --------
    >>> debugger = ProgramDebugger(program, tasks[0])  # doctest: +SKIP
    >>> debugger.jump("largest training error")  # doctest: +SKIP
    >>> debugger.values["s1"]  # doctest: +SKIP
    """

    # Until it is made; what is half made is closed too when it is forgotten.
    _saving: threading.Timer | None = None

    _esm = STATIC / "program_debugger.js"
    _css = STATIC / "program_debugger.css"

    _names: ConceptNames | None = None

    listing = traitlets.Dict().tag(sync=True)
    concepts = traitlets.Dict().tag(sync=True)
    run = traitlets.Dict().tag(sync=True)
    now = traitlets.Dict().tag(sync=True)
    watch = traitlets.Dict().tag(sync=True)
    stops = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        program: Program | str,
        task: Task,
        *,
        seed: int = 0,
        task_number: int = 0,
        max_abs_error: float = 100.0,
        dtype: Dtype = "float64",
        title: str = "Debugger",
    ) -> None:
        self._recording = Recording(
            as_program(program),
            task,
            seed=seed,
            task_number=task_number,
            max_abs_error=max_abs_error,
            dtype=dtype,
        )
        self._title = str(title)
        self._jumps = jumps(self._recording)
        super().__init__()
        program = self._recording.program
        self.put(
            "listing",
            title=self._title,
            functions=function_parts(program),
            special=special_addresses(program.space.vector_label),
            version=0,
        )
        self.put(
            "run",
            **run_part(self._recording),
            layout=layout_part(self._recording),
            jumps=[jump._asdict() for jump in self._jumps],
        )
        self.put("watch", **watch_part(self._recording, "error", None))
        self._breakpoints: set[tuple[str, int]] = set()
        self.put("stops", lines=[])
        self._moment = self._recording.at(0)
        self.go_to(0)
        self._names = ConceptNames(self.lock, self._report)
        self._names.ask(lambda: concept_items(program, task.metric), version=0)
        self.settle()

    def __repr__(self) -> str:
        return f"ProgramDebugger({self.program!r}: {self.where})"

    # --- for notebook code

    @property
    def program(self) -> Program:
        """The program that runs."""
        return self._recording.program

    @property
    def recording(self) -> Recording:
        """Every step of the evaluation."""
        return self._recording

    @property
    def moment(self) -> Moment:
        """The step shown."""
        return self._moment

    @property
    def values(self) -> dict[str, Any]:
        """What each address that the program uses holds after the step shown.

        Scalars are numbers; vectors are float64[F], matrices float64[F, F].
        """
        after = self._moment.after
        return {
            a.name: after[a.part].reshape(a.shape).copy()
            if a.shape
            else float(after[a.start])
            for a in self._recording.addresses
        }

    @property
    def where(self) -> str:
        """The step shown, in words."""
        return str(self.part("now").get("where", ""))

    def go_to(self, step: int) -> None:
        """Show a step, counted from 0; beyond the ends, the first or the last."""
        with self.lock:
            last = len(self._recording) - 1
            self._moment = self._recording.at(max(0, min(int(step), last)))
            self.put("now", **now_part(self._recording, self._moment))
        self._save_soon()

    def step(self, count: int = 1) -> None:
        """Go so many instructions on, or back if `count` is negative."""
        self.go_to(self._moment.step + count)

    def step_example(self, count: int = 1) -> None:
        """Go to the end of the example so many on, or back."""
        visit = max(-1, min(self._moment.visit + count, self._recording.visits - 1))
        self.go_to(self._recording.last_step(visit))

    def jump(self, to: str) -> None:
        """Go to a noteworthy step.

        Raises
        ------
        ValueError
            When there is none such; the message names those that there are.
        """
        for jump in self._jumps:
            if jump.name == to and jump.step is not None:
                return self.go_to(jump.step)
        there = ", ".join(repr(j.name) for j in self._jumps if j.step is not None)
        raise ValueError(f"to is {to!r}; accepted here: {there}")

    @property
    def breakpoints(self) -> tuple[tuple[str, int], ...]:
        """Functions and lines, counted from 1, in the order of the program."""
        order = [part["name"] for part in self.part("listing")["functions"]]
        return tuple(
            sorted(self._breakpoints, key=lambda one: (order.index(one[0]), one[1]))
        )

    def toggle_breakpoint(self, function: str, line: int) -> None:
        """Set a breakpoint, or take it away.

        Parameters
        ----------
        function
            `"Setup"`, `"Predict"` or `"Learn"`.
        line
            Counted from 1.

        Raises
        ------
        ValueError
            When the program has no such line.
        """
        parts = self.part("listing")["functions"]
        lines = {part["name"]: len(part["rows"]) for part in parts}
        if not 1 <= line <= lines.get(function, 0):
            there = ", ".join(f"{name} 1 to {n}" for name, n in lines.items() if n)
            raise ValueError(
                f"there is no line {function} {line}; accepted: {there or 'none'}"
            )
        with self.lock:
            self._breakpoints ^= {(function, int(line))}
            names = [f"{name}-{number}" for name, number in self.breakpoints]
            self.put("stops", lines=names)
        self._save_soon()

    def run_on(self) -> None:
        """Go on to the next breakpoint, or to the end if none is met before."""
        found = [
            self._recording.run_of(name.lower(), line - 1, self._moment.step)
            for name, line in self._breakpoints
        ]
        met = [step for step in found if step is not None]
        self.go_to(min(met, default=len(self._recording) - 1))

    def watch_address(self, name: str, *element: int) -> None:
        """Draw what an address holds after each example.

        Parameters
        ----------
        name
            An address, or `"error"`.
        element
            Which element of a vector or matrix; by default its Euclidean norm.

        Raises
        ------
        KeyError
            When the program does not use the address.
        ValueError
            When there is no such element.
        """
        part = watch_part(self._recording, name, element or None)
        with self.lock:
            self.put("watch", **part)
        self._save_soon()

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: go somewhere, set a breakpoint, watch an address."""
        name = command.get("name")
        if name == "go":
            self.go_to(int(command["step"]))
        elif name == "example":
            self.step_example(int(command["count"]))
        elif name == "run-to":
            found = self._recording.run_of(
                str(command["function"]), int(command["index"]), self._moment.step
            )
            if found is not None:
                self.go_to(found)
        elif name == "breakpoint":
            self.toggle_breakpoint(str(command["function"]), int(command["line"]))
        elif name == "run-on":
            self.run_on()
        elif name == "watch":
            element = tuple(int(i) for i in command.get("element") or ())
            self.watch_address(str(command["address"]), *element)

    def close(self) -> None:
        """Remove the debugger from the page."""
        if self._saving is not None:
            self._saving.cancel()
        if self._names is not None:
            self._names.forget()
        super().close()

    def _report(self, part: dict[str, Any]) -> None:
        self.put("concepts", **part)
        self.announce()

    def _save_soon(self) -> None:
        """Write the state for saved notebooks once the reader stays at a step."""
        if self._saving is not None:
            self._saving.cancel()
        self._saving = threading.Timer(REST_SECONDS, self.announce)
        self._saving.daemon = True
        self._saving.start()

    def static_html(self) -> str:
        """Return the step shown for hosts without widgets."""
        return static_moment(
            self._title, self._recording, self._moment, self.part("now")
        )
