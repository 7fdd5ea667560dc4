"""A program to read: what its lines do, where addresses are used, what it has found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import traitlets

from workbench.widgets.concepts import (
    ConceptNames,
    concept_items,
    concepts_of,
    concepts_words,
    metric_for,
)
from workbench.widgets.export_checks import ExportChecks
from workbench.widgets.listing import as_program, listing_parts
from workbench.widgets.panel import Panel
from workbench.widgets.program_static import static_listing

if TYPE_CHECKING:
    from typing import Any

    from workbench.insight import Discovery
    from workbench.insight.probe import Metric
    from workbench.programs import Program

STATIC = Path(__file__).parent / "static"


class ProgramView(Panel):
    """Show a program with the meaning of each of its lines, and its concepts.

    The concepts are named by a thread of the panel: the cell does not wait. Another
    runs the NumPy code beside the engine once it is looked at. All else happens in the
    page: a saved notebook shows and does the same without a kernel.

    Parameters
    ----------
    program
        The program, or its text.
    title
        What stands above it.
    metric
        What its tasks ask for, "rmse" or "accuracy": what counts as a concept depends
        on it. By default "accuracy" if labels are vectors, and "rmse" otherwise.

    Raises
    ------
    ProgramSyntaxError
        When a text is no program.
    TypeError
        When `program` is neither.
    ValueError
        For another metric.

    Examples
    --------
    >>> ProgramView(panel.best.program, title="The winner")  # doctest: +SKIP
    """

    _esm = STATIC / "program_view.js"
    _css = STATIC / "program_view.css"

    # Until it is made; what is half made is closed too when it is forgotten.
    _names: ConceptNames | None = None
    _checks: ExportChecks | None = None

    listing = traitlets.Dict().tag(sync=True)
    concepts = traitlets.Dict().tag(sync=True)
    lit = traitlets.Dict().tag(sync=True)
    check = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        program: Program | str,
        title: str = "Program",
        *,
        metric: Metric | None = None,
    ) -> None:
        if metric not in (None, "rmse", "accuracy"):
            raise ValueError(
                f"metric is {metric!r}; accepted: 'rmse', 'accuracy' or None"
            )
        self._program = as_program(program)
        self._title = str(title)
        self._metric = metric
        self._version = 0
        super().__init__()
        self._names = ConceptNames(self.lock, self._report)
        self._checks = ExportChecks(self.lock, self._report_check)
        self._show()
        self.settle()

    def __repr__(self) -> str:
        return f"ProgramView({self._program!r})"

    @property
    def program(self) -> Program:
        """The program shown; set it to show another in the same place."""
        return self._program

    @program.setter
    def program(self, program: Program | str) -> None:
        with self.lock:
            self._program = as_program(program)
            self._show()
        self.announce()

    @property
    def discoveries(self) -> tuple[Discovery, ...]:
        """The concepts that `workbench.insight.discover` names in it."""
        return concepts_of(self._program, self.metric)

    @property
    def metric(self) -> Metric:
        """What its tasks ask for."""
        return self._metric or metric_for(self._program)

    def light(self, concept: str = "") -> None:
        """Light up the lines that carry a concept, as a click on it does; "": none."""
        with self.lock:
            self._put_lit(concept)
        self.announce()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the concepts are named; tell whether that came to pass."""
        return self._names is None or self._names.wait(seconds)

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: `check` compares the NumPy code with the engine."""
        known = self.part("check")
        done = known.get("version") == self._version and known["state"] != "failed"
        # What a page asks of a program that is no longer shown is not worth doing.
        wanted = command.get("name") == "check" and command.get("version")
        if self._checks is not None and wanted == self._version and not done:
            self._checks.ask(self._program, self._version)

    def close(self) -> None:
        """Remove the view from the page."""
        if self._names is not None:
            self._names.forget()
        if self._checks is not None:
            self._checks.forget()
        super().close()

    def static_html(self) -> str:
        """Return the listing for hosts without widgets."""
        words = concepts_words(self.part("concepts"))
        return static_listing(self._title, self._program, words)

    def _show(self) -> None:
        self._version += 1
        parts = listing_parts(self._program)
        self.put("listing", title=self._title, version=self._version, **parts)
        self._put_lit("")
        if self._names is not None:
            program, metric = self._program, self.metric
            self._names.ask(lambda: concept_items(program, metric), self._version)

    def _put_lit(self, concept: str) -> None:
        # The number tells that the same one was asked for again.
        self.put("lit", concept=concept, number=self.part("lit").get("number", 0) + 1)

    def _report(self, part: dict[str, Any]) -> None:
        self.put("concepts", **part)
        self.announce()

    def _report_check(self, part: dict[str, Any]) -> None:
        self.put("check", **part)
        self.announce()
