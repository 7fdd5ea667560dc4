"""Curves of runs as arrays, read from the store bit by bit while nobody waits."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.runs import RunStore

PAGE = 20_000
"""Points read at once: some 50 ms."""
NUMBERS_KEPT = 2**25
"""Numbers kept of runs that are no longer wanted: 256 MiB."""
COLUMNS_KEPT = 16


@dataclass(slots=True)
class RunCurve:
    """The curve of a run as far as it has been read."""

    names: list[str] = field(default_factory=list)
    values: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """float64[capacity, names]; the first `read` rows count."""
    read: int = 0
    points: int = 0
    """Points in the store when it was last asked."""

    def column(self, name: str) -> np.ndarray | None:
        """Return a column, float64[read], or None if there is none."""
        if name not in self.names:
            return None
        return self.values[: self.read, self.names.index(name)]

    def take(self, rows: np.ndarray) -> None:
        """Add rows."""
        room = self.read + len(rows)
        if room > len(self.values):
            grown = np.empty((max(room, 2 * len(self.values)), len(self.names)))
            grown[: self.read] = self.values[: self.read]
            self.values = grown
        self.values[self.read : room] = rows
        self.read = room


class CurveCache:
    """The curves of the runs that are wanted.

    Parameters
    ----------
    store
        Where they are.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._curves: dict[str, RunCurve] = {}
        self._wanted: list[str] = []
        self._stale: set[str] = set()

    def get(self, run_id: str) -> RunCurve:
        """Return what has been read of a run's curve."""
        return self._curves.get(run_id, RunCurve())

    def want(self, runs: Iterable[str]) -> None:
        """Say which runs are to be read; of others what is there is kept a while."""
        self._wanted = list(runs)
        self._stale |= {run for run in self._wanted if run not in self._curves}
        kept = sum(curve.values.size for curve in self._curves.values())
        for run in list(self._curves):
            if run not in self._wanted and kept > NUMBERS_KEPT:
                kept -= self._curves.pop(run).values.size

    def changed(self) -> None:
        """Say that the store was written to: wanted runs may have more points."""
        self._stale |= set(self._wanted)

    @property
    def missing(self) -> int:
        """Points of wanted runs that have not been read."""
        curves = (self.get(run) for run in self._wanted)
        return sum(curve.points - curve.read for curve in curves)

    @property
    def points(self) -> int:
        """Points of wanted runs."""
        return sum(self.get(run).points for run in self._wanted)

    def load(self, seconds: float) -> bool:
        """Read for so long, at least one page if there is any; tell what came of it.

        Returns
        -------
        bool
            Whether there is anything new. Ask `missing` for what is left.
        """
        end = time.monotonic() + seconds
        news = False
        for run in [run for run in self._wanted if run in self._stale]:
            self._stale.discard(run)
            self._count(run)
            news = True
        for run in self._wanted:
            curve = self.get(run)
            while curve.read < curve.points:
                rows = self._store.columns(run, curve.names, curve.read, PAGE)
                if len(rows) == 0:
                    curve.points = curve.read
                    break
                curve.take(rows)
                news = True
                if time.monotonic() >= end:
                    return news
        return news

    def _count(self, run: str) -> None:
        points = self._store.points(run)
        curve = self._curves.get(run)
        # A resumed run drops what came after its checkpoint.
        if curve is None or points < curve.read:
            curve = self._curves[run] = RunCurve()
        if not curve.names:
            names = self._store.column_names(run)
            curve.names = names[:COLUMNS_KEPT]
            curve.values = np.empty((0, len(curve.names)))
        curve.points = points if curve.names else 0
