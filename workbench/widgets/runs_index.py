"""The runs of a store as rows of a table: read when they changed, sorted, filtered."""

from __future__ import annotations

import math
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from workbench.runs import RunQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.runs import RunRecord, RunStore

LOOK_SECONDS = 5.0
"""After so long, runs are read even if nobody wrote: a process may have died."""
# The order in which a table by status makes sense: what goes on first.
_ORDER = (
    "running",
    "preparing",
    "stopping",
    "paused",
    "interrupted",
    "failed",
    "ready",
    "stopped",
    "finished",
)


class RunIndex:
    """All runs of a store that are not deleted.

    Parameters
    ----------
    store
        The store.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._records: dict[str, RunRecord] = {}
        self._stamp: object = None
        self._looked = -float("inf")
        self.generation = 0
        """Rises whenever a run changed."""

    def __len__(self) -> int:
        return len(self._records)

    def update(self, now: bool = False) -> None:
        """Read the runs if the file changed, or at once."""
        stamp = _stamp(self._store)
        due = time.monotonic() - self._looked > LOOK_SECONDS
        if not now and not due and stamp == self._stamp:
            return
        self._stamp, self._looked = stamp, time.monotonic()
        records = {
            record.id: record for record in self._store.list(known=self._records)
        }
        if list(records.values()) != list(self._records.values()):
            self.generation += 1
        self._records = records

    def get(self, run_id: str) -> RunRecord | None:
        """Return a run, or None if it is not there (any more)."""
        return self._records.get(run_id)

    def all(self) -> list[RunRecord]:
        """Return the runs, newest first."""
        return list(self._records.values())

    def query(self, text: str, sort: str, descending: bool) -> list[RunRecord]:
        """Return the runs that a filter finds, by a column of `SORTS`.

        Runs without a value come last, either way.
        """
        query = RunQuery(text)
        found = [record for record in self.all() if query.matches(record)]
        key = SORTS[sort]
        missing = [record for record in found if key(record) is None]
        there = [record for record in found if key(record) is not None]
        there.sort(key=key, reverse=descending)
        return there + missing


def _stamp(store: RunStore) -> object:
    """Return what differs when somebody wrote to the file."""
    stamps: list[tuple[int, int]] = []
    for suffix in ("", "-wal"):
        with suppress(OSError):
            status = store.path.with_name(store.path.name + suffix).stat()
            stamps.append((status.st_mtime_ns, status.st_size))
    return stamps


def _metric(name: str) -> Callable[[RunRecord], Any]:
    def value(record: RunRecord) -> float | None:
        found = record.metrics.get(name)
        if isinstance(found, int | float) and not math.isnan(found):
            return found
        return None

    return value


def rate(record: RunRecord) -> float | None:
    """Return units of work per second of running time."""
    return record.position / record.seconds if record.seconds > 0 else None


SORTS: dict[str, Callable[[RunRecord], Any]] = {
    "status": lambda run: _ORDER.index(run.status) if run.status in _ORDER else 99,
    "name": lambda run: run.name.casefold(),
    "summary": lambda run: summary(run.kind, run.spec).casefold(),
    "best": _metric("best"),
    "select": _metric("select"),
    "final": _metric("final"),
    "done": lambda run: run.position,
    "rate": rate,
    "seed": lambda run: run.seed,
    "seconds": lambda run: run.seconds,
    "created": lambda run: (run.created, run.id),
    "version": lambda run: run.version or None,
    "tags": lambda run: tuple(tag.casefold() for tag in run.tags) or None,
}
"""The columns by which runs can be sorted, and what is compared; None comes last."""


def row_part(record: RunRecord) -> dict[str, Any]:
    """Return what the table shows of a run."""
    return {
        "id": record.id,
        "name": record.name,
        "status": record.status,
        "summary": summary(record.kind, record.spec),
        **{name: SORTS[name](record) for name in ("best", "select", "final")},
        "done": record.position,
        "total": record.total,
        "unit": record.unit,
        "rate": rate(record),
        "seed": record.seed,
        "seconds": record.seconds,
        "created": record.created,
        "version": record.version,
        "tags": list(record.tags),
        "held": holder(record),
    }


def holder(record: RunRecord) -> str:
    """Return who holds a run: "here" for this process, "elsewhere", or nobody."""
    if record.pid is None:
        return ""
    here = (record.pid, record.host) == (os.getpid(), socket.gethostname())
    return "here" if here else "elsewhere"


def summary(kind: str, spec: Mapping[str, Any]) -> str:
    """Return in a few words what a run does."""
    tasks = spec.get("tasks")
    if kind == "meta" and {"model", "episodes"} <= spec.keys():
        model, episodes = spec["model"], spec["episodes"]
        size = f"{episodes.get('ways')}-way {episodes.get('shots')}-shot"
        return f"{model.get('kind')} on {episodes.get('data')}, {size}"
    if kind != "search" or not isinstance(tasks, dict):
        return kind
    how = "random search" if spec.get("strategy") == "random" else "evolution"
    several = spec.get("populations", 1)
    size = f"{spec.get('population', 0):,}"
    size = f"{several} \u00d7 {size}" if several != 1 else size
    return f"{tasks.get('kind')} tasks, {how}, {size}"
