"""What the runs panel shows, and when: the half of it that reads the store."""

from __future__ import annotations

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
from workbench.widgets.runs_index import RunIndex, row_part
from workbench.widgets.runs_lines import Chart, Choice
from workbench.widgets.runs_settings import labels
from workbench.widgets.runs_static import static_runs

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from workbench.runs import RunRecord

STATIC = Path(__file__).parent / "static"
ROWS_SENT = 80
SELECTED_AT_FIRST = 4
SELECTED_MOST = 64
LOAD_SECONDS = 0.05
REST_SECONDS = 1.0


class RunsShown(Panel):
    """The runs of a store and what is selected of them, as parts for a page."""

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

    def close(self) -> None:
        """Remove the panel; runs that it resumed are paused and saved."""
        if self._saving is not None:
            self._saving.cancel()
        for runner in vars(self).get("_runners", {}).values():
            runner.close(0)
        super().close()

    def complain(self, error: Exception) -> None:
        """Say what went wrong in a way that nobody foresaw."""
        self._tell(f"{type(error).__name__}: {error}", "problem")

    def static_html(self) -> str:
        """Return the newest runs and the curves for hosts without widgets."""
        if not self._picture:
            self._draw_picture()
        return self._picture

    def refresh(self) -> None:
        """Put what views show; the caller holds the lock."""
        try:
            self._look()
        except (RunStoreError, OSError) as error:
            # As long as the store can't be read, what was read of it stays.
            if self.part("notice").get("text") != str(error):
                self._tell(str(error), "problem")

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
