"""The views inside the search panel: panels of their own, made when they are opened."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.engine.warm import telling
from workbench.widgets.ablation_chart import AblationChart
from workbench.widgets.channel import Pump
from workbench.widgets.lineage_view import LineageView
from workbench.widgets.program_debugger import ProgramDebugger
from workbench.widgets.program_graph import ProgramGraph
from workbench.widgets.program_view import ProgramView
from workbench.widgets.what_if import WhatIf

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.evolution import Search
    from workbench.programs import Program
    from workbench.tasks import TaskSet
    from workbench.widgets.panel import Panel

FOLLOW_SECONDS = 1.0
"""Between two programs that a view takes from a search that runs."""

logger = logging.getLogger(__name__)


class Subject(NamedTuple):
    """What the views are about."""

    search: Search
    program: Program
    version: int
    tasks: Callable[[], TaskSet]
    """Draws the search tasks at the first call."""
    concept: str = ""
    """What lights up in the program, if it was asked for."""
    changed: Callable[[], None] | None = None
    """Called, in any thread, when a view knows more of the program."""


class View(NamedTuple):
    """A kind of view.

    Attributes
    ----------
    make
        Makes the panel. It may take its time: it has a thread of its own.
    follow
        Shows another subject in the same panel; None: a new panel is made.
    is_light
        Whether it keeps up with a search that runs; the others wait to be asked.
    """

    name: str
    label: str
    make: Callable[[Subject], Panel]
    follow: Callable[[Any, Subject], None] | None
    is_light: bool = False


def _debugger(subject: Subject) -> Panel:
    spec = subject.search.spec
    return ProgramDebugger(
        subject.program,
        subject.tasks()[0],
        seed=spec.seed,
        max_abs_error=spec.max_abs_error,
        dtype=spec.dtype,
        title="Debugger: first search task",
    )


def _what_if(subject: Subject) -> Panel:
    spec = subject.search.spec
    return WhatIf(
        subject.program,
        subject.tasks(),
        seed=spec.seed,
        max_abs_error=spec.max_abs_error,
    )


def _ablation(subject: Subject) -> Panel:
    spec = subject.search.spec.task_spec("tasks")
    if spec is None:
        raise ValueError("the search has no tasks")
    return AblationChart(subject.program, spec, changed=subject.changed)


def _set_program(view: Any, subject: Subject) -> None:
    view.program = subject.program


def _program_view(subject: Subject) -> Panel:
    view = ProgramView(subject.program, metric=subject.tasks().metric)
    view.light(subject.concept)
    return view


def _follow_program(view: Any, subject: Subject) -> None:
    view.program = subject.program
    view.light(subject.concept)


VIEWS = (
    View(
        "program",
        "Program",
        _program_view,
        _follow_program,
        is_light=True,
    ),
    View(
        "graph",
        "Graph",
        lambda subject: ProgramGraph(subject.program, task=subject.tasks()[0]),
        _set_program,
    ),
    View("debugger", "Debugger", _debugger, None),
    View(
        "lineage",
        "Lineage",
        lambda subject: LineageView(subject.search),
        lambda view, subject: view.show(subject.search),
    ),
    View(
        "what-if",
        "What if",
        _what_if,
        _set_program,
    ),
    View("ablation", "Ablation", _ablation, _set_program),
)
"""In the order of their tabs."""


class ChildViews:
    """Makes the views of one panel, has them follow, and closes them.

    Parameters
    ----------
    changed
        Called, in a thread of its own, when `part` returns something new.
    views
        The kinds there are.
    """

    def __init__(
        self, changed: Callable[[], None], views: tuple[View, ...] = VIEWS
    ) -> None:
        self._changed = changed
        self._views = {view.name: view for view in views}
        self._lock = threading.Lock()
        self._open: dict[str, tuple[Panel, int]] = {}
        self._problems: dict[str, str] = {}
        self._subject: Subject | None = None
        self._asked = 0  # the newest version that somebody wants to see
        self._eager = False
        self._wanted = ""
        self._making = ""
        self._compiling = ""
        self._last = -float("inf")
        self._pump: Pump | None = None
        self._closed = False

    def show(self, subject: Subject, eager: bool) -> None:
        """Make a program the subject; `eager`: also of views that are not light."""
        with self._lock:
            if self._subject is not None and (
                (self._subject.search, self._subject.version, self._eager)
                == (subject.search, subject.version, eager)
            ):
                return
            self._subject = subject
            self._eager = eager
            if eager:
                self._asked = subject.version
                self._problems.clear()
            pump = self._pump
        if pump is not None:
            pump.wake()

    def open(self, name: str) -> None:
        """Open a view on the present subject, or bring it up to date; "": none."""
        with self._lock:
            self._wanted = name if name in self._views else ""
            if not self._wanted or self._closed:
                return
            self._problems.pop(name, None)
            if self._subject is not None:
                self._asked = self._subject.version
            if self._pump is None:
                self._pump = Pump(self._beat, name="panel views")
                self._pump.start()
            pump = self._pump
        pump.wake()

    def part(self) -> dict[str, Any]:
        """Return the views as JSON values."""
        with self._lock:
            return {
                "offered": [
                    {"name": view.name, "label": view.label}
                    for view in self._views.values()
                ],
                "open": {
                    name: {"model": panel.model_id, "version": version}
                    for name, (panel, version) in self._open.items()
                },
                "wanted": self._wanted if self._wanted in self._open else "",
                "making": self._making,
                "compiling": self._compiling,
                "problems": dict(self._problems),
            }

    def panel(self, name: str) -> Panel | None:
        """Return the panel of an open view."""
        with self._lock:
            found = self._open.get(name)
            return None if found is None else found[0]

    def close(self) -> None:
        """Close all views."""
        with self._lock:
            self._closed = True
            panels = [panel for panel, _ in self._open.values()]
            self._open.clear()
            if self._pump is not None:
                self._pump.end()
        for panel in panels:
            panel.close()

    def _beat(self) -> float | None:
        with self._lock:
            job, wait = self._next()
            if job is None:
                return wait
            view, subject, panel = job
            self._making = view.name
        if panel is None or view.follow is None:
            self._changed()
        problem, made = "", panel
        try:
            with telling(self._on_compiling):
                if panel is None or view.follow is None:
                    made = view.make(subject)
                else:
                    view.follow(panel, subject)
        except Exception as error:
            logger.exception("the view %r could not be made", view.name)
            problem = f"{type(error).__name__}: {error}"
        self._put(view, subject, made, problem)
        if panel is not None and made is not panel:
            panel.close()
        self._changed()
        return 0.0

    def _on_compiling(self, text: str) -> None:
        """Take note of what a view waits for."""
        self._compiling = text
        self._changed()

    def _next(self) -> tuple[tuple[View, Subject, Panel | None] | None, float | None]:
        """Return what to do now, or in how many seconds to look again."""
        view, subject = self._views.get(self._wanted), self._subject
        if view is None or subject is None or self._closed:
            return None, None
        panel, version = self._open.get(view.name, (None, -1))
        if version == subject.version or view.name in self._problems:
            return None, None
        if panel is not None and self._asked != subject.version:
            if not view.is_light:
                return None, None
            wait = self._last + FOLLOW_SECONDS - time.monotonic()
            if wait > 0:
                return None, wait
        return (view, subject, panel), None

    def _put(
        self, view: View, subject: Subject, made: Panel | None, problem: str
    ) -> None:
        with self._lock:
            self._making = ""
            self._last = time.monotonic()
            if problem:
                self._problems[view.name] = problem
            if made is None:
                return
            if not self._closed:
                # What could not follow still shows what it showed.
                old = self._open.get(view.name, (None, -1))[1]
                self._open[view.name] = made, old if problem else subject.version
                return
        made.close()
