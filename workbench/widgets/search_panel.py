"""The panel that runs a search and shows it: settings, curve, best program, scores."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import traitlets

from workbench.engine.warm import telling
from workbench.evolution import PRESETS, Best, Search
from workbench.programs import Program
from workbench.runs import RunStore
from workbench.widgets.lesson import Controls, Lesson
from workbench.widgets.panel import Panel
from workbench.widgets.search_changes import Changes
from workbench.widgets.search_fields import FIELDS, schema
from workbench.widgets.search_form import SearchForm
from workbench.widgets.search_static import static_page
from workbench.widgets.search_view import (
    CURVE_COLUMNS,
    allowed,
    change_parts,
    counters,
    curve_row,
    detail,
    offered,
    program_parts,
    result_parts,
)
from workbench.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.evolution import SearchSpec
    from workbench.runs import Event, Progress, Runner

STATIC = Path(__file__).parent / "static"
AT_REST = ("ready", "paused", "stopped", "finished", "failed")
ENDED = ("stopped", "finished", "failed")
MARKS_KEPT = 500
DEFAULT_PRESET = "demo"
"""It finds something worth reading within seconds."""


class SearchPanel(Panel):
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

    _search: Search | None = None
    _unsubscribe: Callable[[], None] | None = None

    _esm = STATIC / "search_panel.js"
    _css = STATIC / "search_panel.css"

    schema = traitlets.Dict().tag(sync=True)
    form = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    counters = traitlets.Dict().tag(sync=True)
    program = traitlets.Dict().tag(sync=True)
    marks = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
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
        self._store = RunStore() if store == "default" else store
        self._form = SearchForm(spec, preset, threads or 1)
        self._newest: tuple[Event | None, Event | None] = (None, None)
        self._drawn: Event | int | None = None
        self._marks: list[float] = []
        self._problem = ""
        self._refused = 0
        self._compiling = ""
        self._changes = Changes()
        self._lesson = Lesson(controls, ask, choices)
        self._curve = Table(CURVE_COLUMNS)
        super().__init__(self._curve)
        self.set_trait("schema", schema(own=preset is None))
        if search is not None:
            self._watch(search)
        self.refresh()
        self.settle()

    def __repr__(self) -> str:
        return f"SearchPanel({self._form.summary}: {self.status})"

    # --- for notebook code

    @property
    def search(self) -> Search | None:
        """The search shown, or None before the first start."""
        return self._search

    @property
    def runner(self) -> Runner | None:
        """The runner of the search, or None before the first start."""
        return None if self._search is None else self._search.runner

    @property
    def best(self) -> Best | None:
        """The best program so far, with its scores once the search has ended."""
        search, (_, newest) = self._search, self._newest
        if search is None:
            return None
        if self.status in AT_REST or newest is None:
            return search.best if self.status in AT_REST else None
        # While it runs, the search changes under its reader; its events do not.
        data = newest.data
        return Best(
            program=self._parse(newest),
            fitness=data["fitness"],
            individuals=data["individuals"],
            population=data["population"],
        )

    @property
    def status(self) -> str:
        """The state of the run in one word."""
        runner = self.runner
        return "ready" if runner is None else runner.status

    @property
    def spec(self) -> SearchSpec:
        """The spec that the settings stand for.

        Raises
        ------
        ValueError
            If a setting is refused.
        """
        with self.lock:
            checked = self._form.check()
            if checked is None:
                raise ValueError(self._refusal())
            return checked[0]

    def edit(self, **settings: str | float | bool) -> None:
        """Change settings by name, as if typed: `panel.edit(seed=2)`.

        Raises
        ------
        ValueError
            If a value is refused.
        TypeError
            If there is no such setting.
        """
        for name in settings:
            if name not in self._form.values:
                names = ", ".join(self._form.values)
                raise TypeError(f"there is no setting {name!r}; accepted: {names}")
        texts = {k: v if isinstance(v, bool) else str(v) for k, v in settings.items()}
        with self.lock:
            self._form.edit(texts)
            self._problem = self._form.problem
            self.refresh()
            if self._form.errors or self._form.problem:
                raise ValueError(self._refusal())

    def apply(self) -> None:
        """Change the paused search as was edited: `panel.edit(tournament=5)` before.

        Raises
        ------
        RuntimeError
            If the search is not paused.
        ValueError
            If a setting is refused.
        """
        with self.lock:
            if not self._changes.open_fields(self.status, self._search):
                raise RuntimeError(
                    f"the search is {self.status}; settings apply to a paused one"
                )
            if self._form.check() is None:
                raise ValueError(self._refusal())
            self._apply()
            self.refresh()

    @property
    def prediction(self) -> str:
        """What the audience predicted; empty before it has."""
        return self._lesson.prediction

    def reveal(self) -> None:
        """Show the program that was covered, as the button does."""
        with self.lock:
            self._lesson.reveal()
            self.put("result")  # which lists the winner, from now on
            self.refresh()
            self.announce()

    def start(self) -> None:
        """Start a search with the present settings, or go on after a pause."""
        self._command("resume" if self.status == "paused" else "start")

    def pause(self) -> None:
        """Pause at the end of the present chunk."""
        self._command("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._command("resume")

    def step(self, count: int = 1000) -> None:
        """Make `count` individuals more, then pause."""
        self._command("step", count)

    def stop(self) -> None:
        """End the search: select the winner and score it. Again: skip that."""
        self._command("stop")

    def close(self) -> None:
        """Remove the panel and close the run, which can be resumed from its store."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self.runner is not None:
            self.runner.close()
        super().close()

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: edit, apply, predict, reveal, or run."""
        name = command.get("name")
        if name == "edit":
            values = command.get("values", {})
            if self.status in ("ready", *ENDED):
                self._form.edit(values)
            else:
                may = self._changes.open_fields(self.status, self._search)
                self._changes.edit(self._form, values, may)
            self._problem = self._form.problem
        elif name == "apply":
            self._apply()
        elif name == "predict":
            self._lesson.predict(str(command.get("text", "")))
            self.announce()
        elif name == "reveal":
            self.reveal()
        elif name in ("start", "pause", "resume", "step", "stop"):
            self._obey_run(str(name), int(command.get("count", 1000)))
        self.refresh()

    def complain(self, error: Exception) -> None:
        """Show what went wrong with a command."""
        self._problem = f"{type(error).__name__}: {error}"
        self.refresh()

    def _apply(self) -> None:
        settings = self._changes.pending(self._form, self._search)
        if self._search is not None and settings:
            self._search.change(**settings)

    def _command(self, name: str, count: int = 0) -> None:
        with self.lock:
            self._obey_run(name, count)
            self.refresh()
            if name in ("start", "step") and self._problem and not self.runner:
                raise ValueError(self._problem)

    def _obey_run(self, name: str, count: int) -> None:
        if not allowed(self.status).get(name):
            return
        if self.status in ("ready", *ENDED) and not self._begin():
            return
        runner = self.runner
        if runner is None or self._search is None:
            return
        if self.status == "paused":
            self._changes.drop(self._form, self._search)
        with telling(self._on_compiling):  # the runner's thread inherits it
            if name == "step":
                runner.step(count)
            else:
                getattr(runner, name)()

    def _begin(self) -> bool:
        """Make a search from the settings; False if they are refused."""
        if self.status == "ready" and self._search is not None:
            return True
        self._problem = ""
        checked = self._form.check()
        if checked is None:
            self._problem = self._refusal()
            self._refused += 1
            return False
        spec, threads = checked
        self._watch(Search(spec, threads=threads, store=self._store))
        return True

    def _refusal(self) -> str:
        form = self._form
        wrong = [f"{FIELDS[n].label}: {text}" for n, text in form.errors.items()]
        return form.problem or "Not started. " + "; ".join(wrong)

    # --- following the run

    def _watch(self, search: Search) -> None:
        """Show a search from its beginning, and follow it."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._search = search
        self._newest = (None, None)
        self._drawn = None
        self._marks = []
        self._changes = Changes()
        self._curve.clear()
        for name in ("program", "result", "marks"):
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
            self.announce()
        else:
            self._pump_wake()

    def _on_compiling(self, text: str) -> None:
        """Take note of what is being compiled; runs in the worker."""
        self._compiling = text
        self.announce()

    def _take(self, curve: list[dict[str, float]], events: list[Event]) -> None:
        runner = self.runner
        seconds = runner.seconds if runner is not None else 0.0
        for point in curve:
            self._curve.append(curve_row(point, seconds))
        for event in events:
            self._changes.take(event)
            if event.kind != "best":
                continue
            individuals = float(event.data["individuals"])
            if not self._marks or individuals > self._marks[-1]:
                self._newest = (self._newest[1], event)
                self._marks.append(individuals)
        if len(self._marks) > MARKS_KEPT:
            self._marks = self._marks[::2]

    def refresh(self) -> None:
        """Put what views show; the caller holds the lock."""
        status = self.status
        locked = status not in ("ready", *ENDED)
        if self._search is not None:
            self._changes.follow(self._form, self._search)
        changes = self._changes.to_dict(self._form, status, self._search)
        self.put("form", locked=locked, **self._form.to_dict(), **changes)
        self.put("lesson", **self._lesson.to_dict())
        runner = self.runner
        problem = self._problem
        if runner is not None and status == "failed":
            problem = f"{type(runner.error).__name__}: {runner.error}"
        self.put(
            "state",
            status=status,
            detail=detail(status, runner, self._compiling),
            problem=problem,
            refused=self._refused,
            can=offered(status),
        )
        if runner is None or self._search is None:
            return
        self.put("counters", **counters(runner, self._search.present_spec))
        self.put("marks", individuals=self._marks.copy(), changes=self._changes.marks())
        self._refresh_program(status)
        self._refresh_result(status)

    def _refresh_program(self, status: str) -> None:
        if self._lesson.covered:
            return
        before, newest = self._newest
        if status == "paused" and self._search is not None:
            # Events come with the points of the curve; a pause may lie between.
            best = self._search.best
            told = -1.0 if newest is None else newest.data["fitness"]
            if best is not None and best.fitness > told:
                if self._drawn != best.individuals:
                    self._drawn = best.individuals
                    self._put_program(
                        best.program, best.fitness, best.individuals, newest
                    )
                return
        if newest is None or newest is self._drawn:
            return
        self._drawn = newest
        data = newest.data
        self._put_program(
            self._parse(newest),
            data["fitness"],
            data["individuals"],
            before,
            mutation=data.get("mutation") or "",
        )

    def _put_program(
        self,
        program: Program,
        fitness: float,
        individuals: int,
        before: Event | None,
        **more: Any,
    ) -> None:
        """Put a listing, and what changed in it since an earlier best."""
        functions, dead = program_parts(program)
        value: dict[str, Any] = {
            "fitness": fitness,
            "individuals": individuals,
            "functions": functions,
            "dead": dead,
            "previous": None,
            **more,
        }
        if before is not None:
            value["previous"] = {
                "fitness": before.data["fitness"],
                "individuals": before.data["individuals"],
            }
            value["diff"] = change_parts(self._parse(before), program)
        self.put("program", **value)

    def _show_winner(self, best: Best) -> None:
        """List the program that fresh tasks chose, if it is another."""
        _, newest = self._newest
        if self._lesson.covered or newest is None:
            return
        if self._parse(newest) == best.program:
            return
        self._put_program(
            best.program, best.fitness, best.individuals, newest, winner=True
        )

    def _parse(self, event: Event) -> Program:
        space = None if self._search is None else self._search.spec.space
        return Program.from_text(event.data["text"], space)

    def _refresh_result(self, status: str) -> None:
        search = self._search
        if search is None or status not in ENDED or self.part("result").get("scores"):
            return
        best = search.best
        if best is not None and (best.select is not None or best.final is not None):
            top = max(
                (e.data["fitness"] for e in self._newest if e is not None), default=None
            )
            value = result_parts(
                search.spec, best.fitness, best.select, best.final, top
            )
            self.put("result", **value)
            self._show_winner(best)

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
        return static_page(self.status, thin, self._curve.columns, listing, facts)
