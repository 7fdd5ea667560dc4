"""The panel of all runs: find, name, tag, delete, resume and compare them."""

from __future__ import annotations

import contextvars
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from workbench.runs import Runner, RunQuery, RunStore, RunStoreError
from workbench.runs.status import AT_REST
from workbench.widgets.panel import Panel
from workbench.widgets.runs_cache import CurveCache
from workbench.widgets.runs_compare import programs_part, settings_part
from workbench.widgets.runs_detail import detail_part
from workbench.widgets.runs_index import SORTS, RunIndex, row_part
from workbench.widgets.runs_lines import Chart, Choice
from workbench.widgets.runs_settings import labels
from workbench.widgets.runs_static import draw_chart, picture, static_runs

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from workbench.runs import RunRecord

STATIC = Path(__file__).parent / "static"
ROWS_SENT = 80
SELECTED_AT_FIRST = 4
SELECTED_MOST = 64
LOAD_SECONDS = 0.05
REST_SECONDS = 1.0
ENDED = ("stopped", "finished")
FULL = 200_000
"""Points up to which an exported table holds all of them."""


class RunsPanel(Panel):
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

    poll_seconds: ClassVar[float | None] = 1.0

    # Until it is made; what is half made is closed too when it is forgotten.
    _saving: threading.Timer | None = None

    _esm = STATIC / "runs_panel.js"
    _css = STATIC / "runs_panel.css"

    table = traitlets.Dict().tag(sync=True)
    curves = traitlets.Dict().tag(sync=True)
    compare = traitlets.Dict().tag(sync=True)
    detail = traitlets.Dict().tag(sync=True)
    notice = traitlets.Dict().tag(sync=True)

    def __init__(self, store: RunStore | str | os.PathLike[str] | None = None) -> None:
        if store is None or isinstance(store, str | Path):
            store = RunStore(store)
        if not isinstance(store, RunStore):
            raise TypeError(
                f"store is a {type(store).__name__}; accepted: a RunStore, a folder or"
                " None"
            )
        self._store = store
        self._index = RunIndex(store)
        self._cache = CurveCache(store)
        self._slots: dict[str, int] = {}
        self._filter, self._sort, self._descending = "", "created", True
        self._first = 0
        self._choice = Choice()
        self._pair: tuple[str, str] | None = None
        self._opened: str | None = None
        self._deleted: list[str] = []
        self._runners: dict[str, Runner] = {}
        self._seen = -1
        self._notices = 0
        self._picture = ""
        self._stale = {"table", "curves", "compare", "detail"}
        super().__init__()
        self._index.update()
        newest = [r.id for r in self._index.all() if r.position > 0]
        self._select(newest[:SELECTED_AT_FIRST])
        self._cache.load(REST_SECONDS)
        self._tell("")
        self.refresh()
        self.settle()

    def __repr__(self) -> str:
        return f"RunsPanel({str(self._store.path)!r}: {len(self._index)} runs)"

    # --- for notebook code

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

    def close(self) -> None:
        """Remove the panel; runs that it resumed are paused and saved."""
        if self._saving is not None:
            self._saving.cancel()
        for runner in vars(self).get("_runners", {}).values():
            runner.close(0)
        super().close()

    def static_html(self) -> str:
        """Return the newest runs and the curves for hosts without widgets."""
        if not self._picture:
            self._draw_picture()
        return self._picture

    def _draw_picture(self) -> None:
        """Draw what hosts without widgets show: up to a second of matplotlib."""
        with self.lock:
            records, chart = self._index.all(), self._chart()
        self._picture = static_runs(records, chart)

    def _save(self) -> None:
        """Write the state for saved notebooks; draws before anybody waits for it."""
        if self._static_shown:
            self._draw_picture()
        self.announce()

    # --- commands

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

    def complain(self, error: Exception) -> None:
        """Say what went wrong in a way that nobody foresaw."""
        self._tell(f"{type(error).__name__}: {error}", "problem")

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
        elif form in ("svg", "png"):
            data = picture(draw_chart(chart, bool(command.get("near_one"))), form)
        else:
            raise ValueError(f"form is {form!r}; accepted: csv, svg, png")
        kind = {"csv": "text/csv", "svg": "image/svg+xml", "png": "image/png"}[form]
        name = f"runs-{chart.measure}-by-{chart.x}.{form}"
        view = str(command.get("view", ""))
        self.send({"type": "file", "view": view, "name": name, "kind": kind}, [data])

    # --- what is shown

    def refresh(self) -> None:
        """Put what views show; the caller holds the lock."""
        try:
            self._look()
        except (RunStoreError, OSError) as error:
            # As long as the store can't be read, what was read of it stays.
            if self.part("notice").get("text") != str(error):
                self._tell(str(error), "problem")

    def _look(self) -> None:
        """Read what changed in the store, and put what follows from it."""
        self._index.update()
        if self._index.generation != self._seen:
            self._seen = self._index.generation
            self._stale |= {"table", "detail", "compare"}
            self._cache.changed()
            gone = [run for run in self._slots if self._index.get(run) is None]
            if gone:
                self._select([run for run in self._slots if run not in gone])
            self._let_go()
        if self._cache.load(LOAD_SECONDS):
            self._stale.add("curves")
        if self._cache.missing:
            self._pump_wake()
        stale, self._stale = self._stale, set()
        if "table" in stale:
            self._put_table()
        if "curves" in stale:
            self.put("curves", **self._chart().to_part())
        if "compare" in stale:
            self._put_compare()
        if "detail" in stale:
            self._put_detail()

    def _put_table(self) -> None:
        found = self._query()
        first = min(self._first, max(0, len(found) - ROWS_SENT))
        self.put(
            "table",
            rows=[row_part(record) for record in found[first : first + ROWS_SENT]],
            first=first,
            found=len(found),
            found_selected=sum(record.id in self._slots for record in found),
            all=len(self._index),
            sort=self._sort,
            descending=self._descending,
            filter=self._filter,
            hint=RunQuery(self._filter).hint,
            selected=dict(self._slots),
            resumed=[k for k, r in self._runners.items() if r.status not in AT_REST],
            folder=str(self._store.path.parent),
        )

    def _put_compare(self) -> None:
        records = self._drawn()
        part: dict[str, Any] = {"settings": settings_part(records)}
        if len(records) > 1:
            ids = [record.id for record in records]
            pair = self._pair
            if pair is None or not set(pair) <= set(ids):
                pair = ids[0], ids[1]
            a, b = (records[ids.index(run)] for run in pair)
            part |= programs_part(self._store, a, b, labels(records))
        part["count"] = len(records)
        part["runs"] = [
            {"id": run, "label": name} for run, name in labels(records).items()
        ]
        self.put("compare", **part)

    def _put_detail(self) -> None:
        record = None if self._opened is None else self._index.get(self._opened)
        if record is None:
            self.put("detail", id=None)
        else:
            self.put("detail", **detail_part(self._store, record))

    def _query(self) -> list[RunRecord]:
        return self._index.query(self._filter, self._sort, self._descending)

    def _drawn(self) -> list[RunRecord]:
        records = (self._index.get(run) for run in self._slots)
        return [record for record in records if record is not None]

    def _chart(self) -> Chart:
        return Chart(self._drawn(), self._slots, self._cache, self._choice)

    def _select(self, runs: Sequence[str]) -> None:
        """Draw these runs; those that were drawn keep their colours."""
        kept = {run: slot for run, slot in self._slots.items() if run in runs}
        free = (slot for slot in range(10**6) if slot not in kept.values())
        taken = {run: kept[run] if run in kept else next(free) for run in runs}
        self._slots = taken
        self._cache.want(taken)
        self._stale |= {"table", "curves", "compare"}

    def _let_go(self) -> None:
        """Forget runners whose runs have ended."""
        for run, runner in list(self._runners.items()):
            if runner.status in ("finished", "stopped", "failed"):
                del self._runners[run]

    def _load_all(self) -> None:
        """Read what is drawn to its end, and wait for it."""
        self._index.update()
        self._cache.changed()
        while self._cache.load(10.0) and self._cache.missing:
            pass

    def _changed(self) -> None:
        """Read the runs again, soon."""
        with self.lock:
            self._index.update(now=True)
            self._stale.add("table")
        self._pump_wake()

    def _soon(self) -> None:
        self._pump_wake()
        self._save_soon()

    def _tell(self, text: str, kind: str = "said") -> None:
        """Show a message; `deleted` offers to undo."""
        with self.lock:
            self._notices += 1
            self.put("notice", text=text, kind=kind, number=self._notices)

    def _save_soon(self) -> None:
        """Write the state for saved notebooks once the reader rests."""
        if self._saving is not None:
            self._saving.cancel()
        self._saving = threading.Timer(REST_SECONDS, self._save)
        self._saving.daemon = True
        self._saving.start()
