"""The panel that runs a search and shows it: settings, curve, programs, scores."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import traitlets

from workbench.evolution import PRESETS, Best, Search
from workbench.programs import Program
from workbench.runs import RunStore
from workbench.runs.status import AT_REST, ENDED
from workbench.widgets.ablation_chart import AblationChart
from workbench.widgets.lesson import Controls, Lesson
from workbench.widgets.search_concepts import SearchConcepts
from workbench.widgets.search_control import SearchControl
from workbench.widgets.search_export import EXPORTS, export
from workbench.widgets.search_fields import schema
from workbench.widgets.search_form import SearchForm
from workbench.widgets.search_populations import Slow
from workbench.widgets.search_reader import SearchReader
from workbench.widgets.search_static import static_page
from workbench.widgets.search_view import (
    CURVE_COLUMNS,
    counters,
    curve_row,
    detail,
    may_edit,
    offered,
    result_parts,
    throughput_part,
)
from workbench.widgets.search_views import ChildViews, Subject
from workbench.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.evolution import SearchSpec
    from workbench.runs import Event, Progress
    from workbench.widgets.discoveries import Discovery
    from workbench.widgets.hall_of_fame import Fame
    from workbench.widgets.panel import Panel

STATIC = Path(__file__).parent / "static"
_OF_A_SEARCH = (
    "program",
    "concepts",
    "result",
    "marks",
    "hall",
    "timeline",
    "throughput",
    "populations",
    "threads",
)
DEFAULT_PRESET = "demo"
"""It finds something worth reading within seconds."""


class SearchPanel(SearchControl):
    """Run a search over programs and watch it.

    Nothing here blocks: every command returns at once, the search runs in a thread
    of its own, and notebook cells can be run meanwhile.

    Parameters
    ----------
    preset
        Name of the preset to begin with, by default the original demo: see
        `workbench.PRESETS`.
    spec
        A spec to begin with instead.
    store
        Where runs are kept: by default the user's run store; None keeps them in
        memory only.
    threads
        Number of threads of the search.
    search
        A search to show instead of making one; it may be under way.
    controls
        "hide" leaves out the settings and all buttons but start and pause.
    ask
        A question to the audience; the program stays covered until *Reveal*.
    choices
        Answers to choose from; without any, the audience answers in its own words.

    Raises
    ------
    ValueError
        For an unknown preset, more than one of preset, spec and search, other
        controls, or choices without a question.

    Examples
    --------
    >>> panel = SearchPanel("linear")  # doctest: +SKIP
    >>> panel.best.program  # doctest: +SKIP
    """

    _reader: SearchReader | None = None
    _views: ChildViews | None = None
    _concepts: SearchConcepts | None = None
    _unsubscribe: Callable[[], None] | None = None

    _esm = STATIC / "search_panel.js"
    _css = STATIC / "search_panel.css"

    schema = traitlets.Dict().tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    counters = traitlets.Dict().tag(sync=True)
    program = traitlets.Dict().tag(sync=True)
    concepts = traitlets.Dict().tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
    hall = traitlets.Dict().tag(sync=True)
    timeline = traitlets.Dict().tag(sync=True)
    throughput = traitlets.Dict().tag(sync=True)
    populations = traitlets.Dict().tag(sync=True)
    threads = traitlets.Dict().tag(sync=True)
    views = traitlets.Dict().tag(sync=True)
    exported = traitlets.Dict().tag(sync=True)
    lesson = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        preset: str | None = None,
        *,
        spec: SearchSpec | None = None,
        store: RunStore | Literal["default"] | None = "default",
        threads: int | None = None,
        search: Search | None = None,
        controls: Controls = "show",
        ask: str | None = None,
        choices: Sequence[str] = (),
    ) -> None:
        if sum(given is not None for given in (preset, spec, search)) > 1:
            raise ValueError("preset, spec and search exclude each other; give one")
        if search is not None:
            spec = search.present_spec
        elif spec is None:
            preset = preset or DEFAULT_PRESET
            if preset not in PRESETS:
                names = ", ".join(PRESETS)
                raise ValueError(f"preset is {preset!r}; accepted: {names}")
            spec = PRESETS[preset].spec
        self._exported = 0
        self._lesson = Lesson(controls, ask, choices)
        self._curve = Table(CURVE_COLUMNS)
        self._slow = Slow()
        kept = RunStore() if store == "default" else store
        super().__init__(SearchForm(spec, preset, threads or 1), kept, self._curve)
        self._views = ChildViews(self._pump_wake)
        exports = [entry._asdict() for entry in EXPORTS]
        self.set_trait("schema", {**schema(own=preset is None), "exports": exports})
        if search is not None:
            self._watch(search)
        self.refresh()
        self.settle()

    def __repr__(self) -> str:
        return f"SearchPanel({self._form.summary}: {self.status})"

    # --- for notebook code

    @property
    def best(self) -> Best | None:
        """The best program so far, with its scores once the search has ended."""
        search, runner = self.search, self.runner
        if search is None or runner is None:
            return None
        if self.status in AT_REST:
            return search.best
        # While it runs, the search changes under its reader; its events do not.
        data = next((e.data for e in reversed(runner.events) if e.kind == "best"), None)
        if data is None:
            return None
        return Best(
            program=Program.from_text(data["text"], search.spec.space),
            fitness=data["fitness"],
            individuals=data["individuals"],
            population=data["population"],
        )

    @property
    def shown(self) -> Program | None:
        """The program shown: the best, or the one that was picked."""
        with self.lock:
            self.refresh()
            now = None if self._reader is None else self._reader.shown.now
            return None if now is None else now.program

    @property
    def hall_of_fame(self) -> Sequence[Fame]:
        """The best programs so far, each of another form, fittest first."""
        reader = self._read_all()
        return () if reader is None else tuple(reader.rows)

    @property
    def discoveries(self) -> Sequence[Discovery]:
        """The new bests that changed most in what the program computes."""
        reader = self._read_all(naming=True)
        return () if reader is None else tuple(reader.found)

    def view(self, name: str) -> Panel | None:
        """Return the panel in an open tab, such as "debugger"; None if it is closed."""
        return None if self._views is None else self._views.panel(name)

    def show(self, place: int | None = None) -> None:
        """Show a program of the hall of fame by its place, from 1; None: the best.

        Raises
        ------
        ValueError
            If there is no such place.
        """
        rows = self.hall_of_fame
        if place is not None and not 1 <= place <= len(rows):
            raise ValueError(f"place is {place!r}; accepted: None, or 1 to {len(rows)}")
        with self.lock:
            if self._reader is not None:
                kind, key = ("hall", rows[place - 1].form) if place else ("", "")
                self._reader.pick(kind, key)
            self.refresh()
        self.announce()

    @property
    def prediction(self) -> str:
        """What the audience predicted; empty before it has."""
        return self._lesson.prediction

    def reveal(self) -> None:
        """Show the program that was covered, as the button does."""
        with self.lock:
            self._lesson.reveal()
            self.refresh()
        self.announce()

    def export(self, form: str) -> str | bytes:
        """Return the search in another form.

        Parameters
        ----------
        form
            "code": a cell of Python that makes it again; "table": the hall of fame in
            LaTeX; "algorithm": the program shown in LaTeX; "csv", "parquet", "svg" or
            "png": the curve; "phylogeny": the recorded bests and who descends from
            whom, as CSV. Parquet and PNG are bytes.

        Raises
        ------
        ValueError
            For another form, or before there is anything to export.
        """
        self._read_all()
        with self.lock:
            return export(form, self._reader, self.spec)

    def close(self) -> None:
        """Remove the panel and close the run, which can be resumed from its store."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._views is not None:
            self._views.close()
        if self._concepts is not None:
            self._concepts.close()
        if self.runner is not None:
            self.runner.close()
        super().close()

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: settings, the run, what to show, what to take along."""
        name = command.get("name")
        if name == "edit":
            self._edit(command.get("values", {}))
        elif name == "apply":
            self._apply()
        elif name == "predict":
            self._lesson.predict(str(command.get("text", "")))
            self.announce()
        elif name == "reveal":
            self.reveal()
        elif name in ("start", "pause", "resume", "step", "stop"):
            self._obey_run(str(name), int(command.get("count", 1000)))
        elif name == "pick" and self._reader is not None:
            # A row may have left the table since it was clicked.
            with suppress(ValueError):
                self._reader.pick(str(command.get("kind")), str(command.get("key")))
        elif name == "view" and self._views is not None:
            self._views.open(str(command.get("view")))
        elif name == "export":
            self._put_export(str(command.get("form")))

    # --- following the run

    def _watch(self, search: Search) -> None:
        """Show a search from its beginning, and follow it."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        super()._watch(search)
        self._reader = SearchReader(search)
        if self._concepts is not None:
            self._concepts.close()
        self._concepts = SearchConcepts(self.lock, self._on_concepts)
        self._curve.clear()
        self._slow.clear()
        for name in _OF_A_SEARCH:
            self.put(name)
        runner = search.runner
        self._take(runner.curve, runner.events)
        self._unsubscribe = runner.subscribe(self._on_progress)
        # Once more, for what came in between; what is there already is left out.
        self._take(runner.curve, runner.events)

    def _on_progress(self, progress: Progress) -> None:
        """Take a chunk's news; runs in the worker, so it only keeps them."""
        self._take(progress.curve, progress.events)
        if self.status in AT_REST:
            self._asked = ""
            self.announce()
        else:
            self._pump_wake()

    def _on_concepts(self) -> None:
        """Show concepts that are known now; the caller holds the lock."""
        self._pump_wake()
        if self.status in AT_REST:
            self.announce()

    def _take(self, curve: list[dict[str, float]], events: list[Event]) -> None:
        runner = self.runner
        seconds = runner.seconds if runner is not None else 0.0
        for point in curve:
            self._curve.append(curve_row(point, seconds))
            self._slow.curves.append(point)
        for event in events:
            self._changes.take(event)

    def refresh(self) -> None:
        """Put what views show; the caller holds the lock."""
        status = self.status
        if self._search is not None:
            self._changes.follow(self._form, self._search)
        changes = self._changes.to_dict(self._form, status, self._search)
        locked = not may_edit(status)
        self.put("form", locked=locked, **self._form.to_dict(), **changes)
        self.put("lesson", **self._lesson.to_dict())
        runner = self.runner
        problem = self._problem
        if runner is not None and status == "failed":
            problem = f"{type(runner.error).__name__}: {runner.error}"
        self.put(
            "state",
            status=(told := self._told),
            detail=detail(status, runner, self._compiling),
            problem=problem,
            refused=self._refused,
            can=offered(told),
        )
        reader = self._reader
        if runner is not None and reader is not None:
            self.put("counters", **counters(runner, reader.search.present_spec))
            self.put("throughput", **throughput_part(reader.search))
            curves, threads = self._slow.parts(reader.search, status in AT_REST)
            self.put("populations", **curves)
            self.put("threads", **threads)
            # What is about to go on is not read as what rests.
            self._refresh_programs(told, reader)
            self._refresh_result(status, reader)
        if self._views is not None:
            self.put("views", **self._views.part())

    def _refresh_programs(self, status: str, reader: SearchReader) -> None:
        more = reader.read(status, self._stream.listening)
        changes = self._changes.marks()
        self.put("marks", **reader.marks_part(), changes=changes)
        if self._lesson.covered:
            return
        self.put("hall", **reader.hall_part())
        if self._concepts is not None:
            chart = self.view("ablation")
            if isinstance(chart, AblationChart):
                self._concepts.learn(*chart.known)
            self.put("concepts", **self._concepts.part())
            self.put("timeline", **self._concepts.timeline(reader))
        part = reader.shown.refresh(status)
        if part is not None:
            self.put("program", **part)
        now = reader.shown.now
        if now is not None and self._views is not None:
            subject = Subject(
                reader.search,
                now.program,
                reader.shown.version,
                reader.tasks,
                reader.concept,
                self._pump_wake,
            )
            asked = status in AT_REST or reader.shown.pick is not None
            self._views.show(subject, eager=asked)
            if self._concepts is not None:
                self._concepts.follow(reader, eager=asked)
        if more:
            self._pump_wake()

    def _read_all(self, naming: bool = False) -> SearchReader | None:
        """Read all programs that there are, however long it takes."""
        with self.lock:
            if self._reader is not None:
                self._reader.read(self.status, watched=True)
                self._reader.read_all(naming)
            return self._reader

    def _refresh_result(self, status: str, reader: SearchReader) -> None:
        if status not in ENDED or self.part("result").get("scores"):
            return
        best = reader.search.best
        if best is not None and (best.select is not None or best.final is not None):
            value = result_parts(
                reader.search.spec,
                best.fitness,
                best.select,
                best.final,
                reader.shown.top,
            )
            self.put("result", **value)

    def static_html(self) -> str:
        """Return the last state for hosts without widgets."""
        program = self.part("program")
        numbers = self.part("counters")
        facts = [*self._lesson.facts(), ("Settings", self._form.summary)]
        facts += [
            (f"Changed at {mark['individuals']:,}", mark["text"])
            for mark in self._changes.marks()
        ]
        if numbers.get("individuals"):
            facts.append(("Individuals", f"{numbers['individuals']:,}"))
        if program.get("functions"):
            facts.append(("Best fitness", f"{program['fitness']:.6g}"))
        facts += [
            (score["name"], f"{score['fitness']:.6g} {score['meaning']}")
            for score in self.part("result").get("scores", [])
        ]
        listing = program.get("functions", [])
        rows = self._curve.array()
        thin = rows[:: max(1, len(rows) // 300)]
        hall = self.part("hall").get("rows", [])
        columns = self._curve.columns
        curves = self.part("populations")
        return static_page(self.status, thin, columns, listing, facts, hall, curves)
