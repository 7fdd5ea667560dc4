"""The panel of all runs: find, name, tag, delete, resume and compare them."""

from __future__ import annotations

import contextvars
import io
import threading
from typing import TYPE_CHECKING, Any

from workbench.runs import Runner, RunStore
from workbench.runs.status import AT_REST
from workbench.widgets.runs_index import SORTS
from workbench.widgets.runs_shown import RunsShown
from workbench.widgets.runs_static import draw_chart, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.figure import Figure


SELECTED_MOST = 64
ENDED = ("stopped", "finished")
FULL = 200_000
"""Points up to which an exported table holds all of them."""

KINDS = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "svg": "image/svg+xml",
    "png": "image/png",
}
"""The forms in which curves can be saved, and their media types."""


class RunsPanel(RunsShown):
    """Show all runs of a store, and compare them.

    Runs that are under way here or in another process are followed while the panel is
    shown. At first the newest runs are selected; what is selected is drawn.

    Parameters
    ----------
    store
        The store, or its folder; by default the user's.

    Raises
    ------
    TypeError
        When `store` is something else.
    RunStoreError
        When the store can't be read.

    Examples
    --------
    >>> panel = RunsPanel()  # doctest: +SKIP
    >>> panel.query = "tag:baseline status:finished"  # doctest: +SKIP
    >>> panel.select(*panel.found)  # doctest: +SKIP
    >>> panel.choose(group="tag", x="seconds")  # doctest: +SKIP
    """

    @property
    def store(self) -> RunStore:
        """The store shown."""
        return self._store

    @property
    def query(self) -> str:
        """What runs are asked for, as in `RunQuery`; set it to ask for others."""
        return self._filter

    @query.setter
    def query(self, text: str) -> None:
        with self.lock:
            self._ask(str(text))
        self._soon()

    @property
    def found(self) -> list[str]:
        """Ids of the runs that the filter finds, in the order of the table."""
        with self.lock:
            self._index.update()
            return [record.id for record in self._query()]

    @property
    def selected(self) -> list[str]:
        """Ids of the runs that are drawn, in the order in which they were selected."""
        return list(self._slots)

    def select(self, *runs: str) -> None:
        """Draw these runs and no others; the beginning of an id suffices.

        Raises
        ------
        UnknownRunError
            If there is no such run.
        ValueError
            If they are more than can be drawn.
        """
        ids = [self._store.get(run).id for run in runs]
        if len(ids) > SELECTED_MOST:
            raise ValueError(f"{len(ids)} runs; accepted: at most {SELECTED_MOST}")
        with self.lock:
            self._index.update(now=True)
            self._select(ids)
        self._soon()

    def choose(
        self,
        *,
        measure: str | None = None,
        x: str | None = None,
        group: str | None = None,
    ) -> None:
        """Choose what is drawn.

        Parameters
        ----------
        measure
            `"best"`, `"top"`, `"q50"`, or another column of the curves.
        x
            `"individuals"`, `"evaluations"`, `"train_steps"` or `"seconds"`.
        group
            `""`, `"name"`, `"tag"`, or a setting that differs, such as `"population"`.

        Raises
        ------
        ValueError
            If the selected runs have no such thing; the message says which they have.
        """
        with self.lock:
            self._load_all()
            chart = self._chart()
            if group is not None and f"spec.{group}" in chart.groups:
                group = f"spec.{group}"
            for name, given, there in (
                ("measure", measure, chart.measures),
                ("x", x, chart.axes),
                ("group", group, chart.groups),
            ):
                if given is not None and given not in there:
                    accepted = ", ".join(
                        repr(value.removeprefix("spec.")) for value in there
                    )
                    raise ValueError(f"{name} is {given!r}; accepted here: {accepted}")
            self._set_choice({"measure": measure, "x": x, "group": group})
        self._soon()

    def resume(self, run: str) -> Runner:
        """Take a run up in the background, and return its runner.

        Raises
        ------
        RunStoreError
            If another process holds the run, or none of its checkpoints can be read.
        ValueError
            If it has ended.
        """
        record = self._store.get(run)
        if record.status in ENDED:
            raise ValueError(
                f"{record.name} is {record.status}: its winner has been chosen, so it"
                " cannot go on; a new search of the same spec can go further"
            )
        runner = Runner.resume_run(self._store, record.id)
        runner.start()
        self._runners[record.id] = runner
        self._changed()
        return runner

    def figure(self, near_one: bool = False) -> Figure:
        """Return the curves as a matplotlib figure."""
        with self.lock:
            self._load_all()
            return draw_chart(self._chart(), near_one)

    def frame(self) -> pd.DataFrame:
        """Return what is drawn as numbers, all points of all lines.

        Returns
        -------
        One row for each point of each line: its `line`, the horizontal axis, and the
        value, or for groups the quantiles and how many runs are `going` on.
        """
        with self.lock:
            self._load_all()
            return self._chart().frame()

    def handle(self, command: dict[str, Any]) -> None:
        """Obey a view."""
        obey = self._obeying().get(str(command.get("name")))
        if obey is None:
            return
        try:
            obey(command)
        except (ValueError, OSError, RuntimeError) as error:
            self._tell(str(error), "problem")
        self._save_soon()

    def _obeying(self) -> dict[str, Callable[[dict[str, Any]], object]]:
        return {
            "query": lambda c: self._ask(str(c["text"])),
            "sort": lambda c: self._sort_by(str(c["column"])),
            "rows": lambda c: self._show_rows(int(c["first"])),
            "toggle": lambda c: self._toggle([str(c["run"])], bool(c["on"])),
            "toggle-found": lambda c: self._toggle_found(bool(c["on"])),
            "unselect": lambda _: self._select([]),
            "rename": lambda c: self._rename(str(c["run"]), str(c["text"])),
            "tag": self._tag,
            "delete": lambda c: self._delete([str(run) for run in c["ids"]]),
            "undo": lambda _: self._undo(),
            "dismiss": lambda _: self._tell(""),
            "resume": lambda c: self._resume_behind(str(c["run"])),
            "pause": lambda c: self._pause(str(c["run"])),
            "open": lambda c: self._open(c.get("run")),
            "choose": self._set_choice,
            "zoom": self._zoom,
            "pair": lambda c: self._set_pair(str(c["a"]), str(c["b"])),
            "export": self._export,
        }

    def _ask(self, text: str) -> None:
        self._filter, self._first = text, 0
        self._stale.add("table")

    def _sort_by(self, column: str) -> None:
        if column not in SORTS:
            return
        down = column not in ("name", "status", "summary", "seed", "tags")
        again = column == self._sort
        self._descending = not self._descending if again else down
        self._sort, self._first = column, 0
        self._stale.add("table")

    def _show_rows(self, first: int) -> None:
        self._first = max(0, first)
        self._stale.add("table")

    def _toggle(self, runs: Sequence[str], on: bool) -> None:
        chosen = [run for run in self._slots if on or run not in runs]
        if on:
            chosen += [run for run in runs if run not in self._slots]
        if len(chosen) > SELECTED_MOST:
            self._tell(
                f"At most {SELECTED_MOST} runs can be drawn at once; a group or a"
                " narrower filter says more than so many lines.",
                "problem",
            )
        self._select(chosen[:SELECTED_MOST])

    def _toggle_found(self, on: bool) -> None:
        self._toggle([record.id for record in self._query()], on)

    def _rename(self, run: str, text: str) -> None:
        self._store.rename(run, text)
        self._changed()

    def _tag(self, command: dict[str, Any]) -> None:
        words = [str(word) for word in command.get("add", ())]
        for run in command["ids"]:
            if "tags" in command:
                has = self._store.get(str(run)).tags
                wanted = [str(tag) for tag in command["tags"]]
                gone = [tag for tag in has if tag not in wanted]
                self._store.tag(str(run), wanted, gone)
            else:
                self._store.tag(str(run), words, command.get("remove", ()))
        self._changed()

    def _delete(self, runs: Sequence[str]) -> None:
        deleted = []
        try:
            for run in runs:
                runner = self._runners.get(run)
                if runner is not None and runner.status in AT_REST:
                    runner.close()
                    del self._runners[run]
                deleted.append(self._store.delete(run))
        finally:
            if deleted:
                self._deleted = [record.id for record in deleted]
                what = deleted[0].name if len(deleted) == 1 else f"{len(deleted)} runs"
                self._tell(f"Deleted: {what}.", "deleted")
                self._select([run for run in self._slots if run not in self._deleted])
            self._changed()

    def _undo(self) -> None:
        for run in self._deleted:
            self._store.undelete(run)
        count = len(self._deleted)
        self._deleted = []
        self._tell(f"{count} run{'' if count == 1 else 's'} back." if count else "")
        self._changed()

    def _resume_behind(self, run: str) -> None:
        """Resume in a thread of its own: drawing tasks again may take seconds."""

        def work() -> None:
            try:
                runner = self.resume(run)
            except Exception as error:  # noqa: BLE001 - shown to whoever asked
                self._tell(str(error) or type(error).__name__, "problem")
            else:
                self._tell(f"Going on from {runner.snapshot.position:,}.")
            self._changed()

        record = self._store.get(run)
        self._tell(f"Resuming {record.name} …")
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(work,),
            name=f"resume {run}",
            daemon=True,
        ).start()

    def _pause(self, run: str) -> None:
        runner = self._runners.get(run)
        if runner is None:
            raise ValueError(
                "this run was not resumed here; pause it where it was started"
            )
        runner.pause()

    def _open(self, run: str | None) -> None:
        self._opened = None if run is None else str(run)
        self._stale.add("detail")

    def _set_choice(self, chosen: dict[str, Any]) -> None:
        for name in ("measure", "x", "group"):
            if chosen.get(name) is not None:
                setattr(self._choice, name, str(chosen[name]))
        if chosen.get("x") is not None:
            self._choice.window = None
        self._stale.add("curves")

    def _zoom(self, command: dict[str, Any]) -> None:
        window = command.get("window")
        if window is None:
            self._choice.window = None
        else:
            low, high = float(window[0]), float(window[1])
            if high > low:
                self._choice.window = low, high
        self._choice.columns = max(50, min(4000, int(command.get("columns", 700))))
        self._stale.add("curves")

    def _set_pair(self, a: str, b: str) -> None:
        self._pair = a, b
        self._stale.add("compare")

    def _export(self, command: dict[str, Any]) -> None:
        form = str(command.get("form"))
        self._load_all()
        chart = self._chart()
        if form == "csv":
            data = chart.frame(FULL).to_csv(index=False).encode()
        elif form == "parquet":
            buffer = io.BytesIO()
            chart.frame(FULL).to_parquet(buffer, index=False)
            data = buffer.getvalue()
        elif form in ("svg", "png"):
            data = picture(draw_chart(chart, bool(command.get("near_one"))), form)
        else:
            raise ValueError(f"form is {form!r}; accepted: csv, parquet, svg, png")
        kind = KINDS[form]
        name = f"runs-{chart.measure}-by-{chart.x}.{form}"
        view = str(command.get("view", ""))
        self.send({"type": "file", "view": view, "name": name, "kind": kind}, [data])
