"""How a search came to its best program, step by step, to be replayed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.evolution import RecordedSearch, Search, SearchSpec
from workbench.runs import RunRecord, RunStore
from workbench.runs.status import AT_REST
from workbench.widgets.lineage_concepts import LineageConcepts
from workbench.widgets.lineage_parts import LineageParts
from workbench.widgets.lineage_static import static_lineage
from workbench.widgets.lineage_story import Shown, Story, tell
from workbench.widgets.panel import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from workbench.insight.lineage import AncestorLike
    from workbench.runs import Event, Progress

    Run = Search | RunRecord | str | RecordedSearch

STATIC = Path(__file__).parent / "static"
BUSY_SHARE = 0.1
"""Most of a running search's time that is spent on telling its story again."""


class LineageView(Panel):
    """Show how a search came to its best program, and replay it.

    The steps that mattered stand in a row: what each mutation changed, and what it
    gained. Below is the family tree of the recorded bests. Everything happens in the
    page: a saved notebook replays the evolution without a kernel.

    Parameters
    ----------
    run
        A search, running or not; a run of the store, or its id; a recorded search.
    store
        Where a run's id is looked up: by default the user's run store.

    Raises
    ------
    TypeError, ValueError
        When there is no such run, or it is no search.

    Examples
    --------
    >>> view = LineageView(load_recorded("demo"))  # doctest: +SKIP
    >>> view.go_to(61)  # doctest: +SKIP
    >>> view.step.program  # doctest: +SKIP
    """

    _search: Search | None = None
    _unsubscribe: Callable[[], None] | None = None
    _concepts: LineageConcepts | None = None

    _esm = STATIC / "lineage_view.js"
    _css = STATIC / "lineage_view.css"

    state = traitlets.Dict().tag(sync=True)
    lineage = traitlets.Dict().tag(sync=True)
    at = traitlets.Dict().tag(sync=True)
    concepts = traitlets.Dict().tag(sync=True)

    def __init__(self, run: Run, *, store: RunStore | None = None) -> None:
        self._store = store
        self._maker = LineageParts()
        self._story = tell((), (), None)
        self._changed = False
        self._told = (0.0, 0.0)  # when the story was told last, and how long it took
        self._chosen: int | None = None
        self._static: tuple[object, str] = (None, "")
        super().__init__()
        self._concepts = LineageConcepts(self.lock, self._report)
        with self.lock:
            self._take(run)
        self.settle()

    def __repr__(self) -> str:
        count = self._story.main
        return f"LineageView({self._title!r}: {count} step{'' if count == 1 else 's'})"

    # --- for notebook code

    def show(self, run: Run) -> None:
        """Show another run in the same place; of a stored one, its present state.

        Raises
        ------
        TypeError, ValueError
            When there is no such run, or it is no search.
        """
        with self.lock:
            self._take(run)
        self.announce()

    @property
    def steps(self) -> tuple[Shown, ...]:
        """The steps shown: the main line, then the side branches."""
        return self._story.steps

    @property
    def step(self) -> Shown | None:
        """The step that the view is at; None while there is none."""
        if not self._story.steps:
            return None
        return self._story.steps[int(self.part("at").get("step", 0))]

    def go_to(self, number: int) -> None:
        """Show a step, counted from 0 as in `steps`.

        Raises
        ------
        ValueError
            When there is no such step.
        """
        with self.lock:
            count = len(self._story.steps)
            if not 0 <= number < count:
                raise ValueError(f"number is {number}; accepted: 0 to {count - 1}")
            self._choose(int(number))
        self.announce()

    def table(self) -> pd.DataFrame:
        """Return the family tree in the ALife standard, as `FamilyTree.table`."""
        return self._story.tree.table()

    # --- following the run

    def _take(self, run: Run) -> None:
        """Show a run from now on; the caller holds the lock."""
        source = self._source(run)
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._search = run if isinstance(run, Search) else None
        self._unsubscribe = None
        self._title, spec, lineage, events, total, status = source
        self._spec = spec
        self._chosen = None
        if self._search is not None:
            self._unsubscribe = self._search.runner.subscribe(self._on_progress)
            self._tell()
        else:
            self._put(lineage, events, total, status)

    def _source(
        self, run: Run
    ) -> tuple[str, SearchSpec, Sequence[AncestorLike], Sequence[Event], int, str]:
        """Return title, spec, lineage, events, individuals and status of a run."""
        if isinstance(run, Search):
            return _title(run.spec), run.spec, (), (), 0, run.runner.status
        if isinstance(run, RecordedSearch):
            total = int(run.metrics["individuals"])
            title = _title(run.spec)
            return title, run.spec, run.lineage, run.events, total, "finished"
        if not isinstance(run, str | RunRecord):
            raise TypeError(
                f"run is a {type(run).__name__}; accepted: a Search, a run of the"
                " store or its id, a RecordedSearch"
            )
        store = self._store or RunStore()
        record = store.get(run if isinstance(run, str) else run.id)
        if record.kind != Search.kind:
            raise ValueError(
                f"run {record.id} is of the kind {record.kind!r};"
                f" accepted: {Search.kind!r}"
            )
        spec = SearchSpec.from_dict(record.spec)
        title = f"{record.name}, seed {record.seed}"
        events = store.events(record.id)
        return title, spec, (), events, record.position, record.status

    def _on_progress(self, progress: Progress) -> None:
        """Note that there is news; runs in the worker."""
        search = self._search
        if search is None:
            return
        if any(event.kind == "best" for event in progress.events):
            self._changed = True
        if search.runner.status in AT_REST:
            self._changed = True
            self.announce()
        elif self._changed:
            self._pump_wake()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until no concepts are being named; tell whether that came to pass."""
        return self._concepts is None or self._concepts.wait(seconds)

    def refresh(self) -> None:
        """Tell the story again if there is news and time for it; name what is shown."""
        self._tell_news()
        if not self._stream.listening or not self._story.steps:
            return
        if self._concepts is not None:
            status = self.part("state").get("status")
            number = int(self.part("at").get("step", 0))
            self._concepts.follow(number, live=status not in AT_REST)

    def _report(self) -> None:
        """Show what was named."""
        if self._concepts is not None:
            self.put("concepts", **self._concepts.part())
            self.announce()

    def _tell_news(self) -> None:
        if not self._changed or self._search is None:
            return
        at_rest = self._search.runner.status in AT_REST
        when, took = self._told
        if at_rest or (time.monotonic() - when) * BUSY_SHARE > took:
            self._changed = False
            self._tell()

    def _tell(self) -> None:
        """Tell the story of the search that is followed."""
        search = self._search
        if search is None:
            return
        began = time.monotonic()
        runner = search.runner
        status = runner.status
        lineage: Sequence[AncestorLike] = ()
        if status in AT_REST:
            # While it runs, the search changes under its reader; its events do not.
            lineage = search.lineage
            if runner.status != status:
                lineage = ()
        total = runner.snapshot.position
        self._put(lineage, runner.events, total, status)
        self._told = time.monotonic(), time.monotonic() - began

    def _put(
        self,
        lineage: Sequence[AncestorLike],
        events: Sequence[Event],
        total: int,
        status: str,
    ) -> None:
        story = tell(lineage, events, self._spec.space)
        chosen = self._same_step(story)
        self._story = story
        if self._concepts is not None:
            self._concepts.tell(story, self._spec.tasks)
            self.put("concepts", **self._concepts.part())
        self.put(
            "state",
            title=self._title,
            status=status,
            populations=self._spec.populations,
        )
        self.put("lineage", **self._maker.parts(story, total))
        self._chosen = chosen
        self.put("at", step=max(0, story.main - 1) if chosen is None else chosen)

    def _same_step(self, story: Story) -> int | None:
        """Return where the step that somebody chose stands now; None if nobody did."""
        if self._chosen is None:
            return None
        chosen = self._story.steps[self._chosen]
        for number, step in enumerate(story.steps):
            if (step.individuals, step.program) == (
                chosen.individuals,
                chosen.program,
            ):
                return number
        return None

    def _choose(self, number: int) -> None:
        """Stay at a step; who is at the end of the main line follows it."""
        self._chosen = None if number == self._story.main - 1 else number
        self.put("at", step=number)

    # --- commands

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view: take note of the step that it shows."""
        if command.get("name") == "go":
            number = int(command["step"])
            if 0 <= number < len(self._story.steps):
                self._choose(number)
                self.announce()

    def static_html(self) -> str:
        """Return the fitness of the steps and a list of them."""
        drawn, html = self._static
        state = self._story, self.part("concepts").get("revision")
        if drawn != state:
            html = static_lineage(self._title, self._story, self._first)
            self._static = state, html
        return html

    def _first(self, number: int) -> list[str] | None:
        return None if self._concepts is None else self._concepts.first(number)

    def close(self) -> None:
        """Remove the view from the page and stop following its search."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        if self._concepts is not None:
            self._concepts.close()
        super().close()


def _title(spec: SearchSpec) -> str:
    return f"{spec.name}, seed {spec.seed}"
