"""A growing table of numbers of bounded size: what a live curve is drawn from."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from workbench.widgets.decimate import step_starts

if TYPE_CHECKING:
    from collections.abc import Mapping

Merge = Literal["last", "mean", "min", "max"]


class Table:
    """Rows of float64 columns; when full, neighbours along the first column merge.

    The first column never decreases (individuals so far). A full table is cut to
    at most half its capacity by merging the rows that fall into the same of equal
    steps along it, so that old and new parts keep the same detail; each column
    says how its values merge, which keeps the minimum and maximum that a drawn
    band must not lose. Safe to append to from one thread and read from another.

    Parameters
    ----------
    columns
        Name of each column and how it merges; the first is the axis.
    capacity
        Largest number of rows kept; at least 4.
    """

    def __init__(self, columns: Mapping[str, Merge], capacity: int = 4096) -> None:
        if capacity < 4:
            raise ValueError(f"capacity is {capacity}; accepted: 4 or more")
        self.columns = tuple(columns)
        self.capacity = capacity
        self._merge = tuple(columns.values())
        self._rows = np.empty((capacity, len(self.columns)))
        self._size = 0
        self._taken = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._size

    def append(self, row: Mapping[str, float]) -> None:
        """Add one row if it is further along the axis; a missing column becomes NaN."""
        with self._lock:
            last = self._rows[self._size - 1, 0] if self._size else -np.inf
            if not row[self.columns[0]] > last:
                return
            if self._size == self.capacity:
                kept = _merged(self._rows, self._merge, self.capacity // 2)
                self._size = len(kept)
                self._rows[: self._size] = kept
                self._taken = 0
            self._rows[self._size] = [row.get(name, np.nan) for name in self.columns]
            self._size += 1

    def clear(self) -> None:
        """Forget all rows; the next `take` starts from the first row again."""
        with self._lock:
            self._size = self._taken = 0

    def take(self, everything: bool = False) -> tuple[dict[str, Any], bytes] | None:
        """Rows that no frame carried yet, as float32, or None.

        Returns
        -------
        `{"first", "rows", "columns"}` and the row-major bytes. `first` is the place
        of the first row sent; 0 replaces all that was sent before. With
        `everything`, all rows, even if there are none.
        """
        with self._lock:
            first = 0 if everything else self._taken
            if first == self._size and not everything:
                return None
            part = self._rows[first : self._size].astype(np.float32)
            self._taken = self._size
        meta = {"first": first, "rows": len(part), "columns": list(self.columns)}
        return meta, part.tobytes()

    def compact(self, rows: int = 2000) -> tuple[dict[str, Any], bytes]:
        """Return the whole table in at most `rows` rows, in the form of `take`."""
        with self._lock:
            part = self._rows[: self._size].copy()
        if len(part) > rows:
            part = _merged(part, self._merge, rows)
        data = part.astype(np.float32)
        meta = {"first": 0, "rows": len(data), "columns": list(self.columns)}
        return meta, data.tobytes()

    def array(self) -> np.ndarray:
        """Return a copy of the rows, float64 [rows, columns]."""
        with self._lock:
            return self._rows[: self._size].copy()


def _merged(rows: np.ndarray, merge: tuple[Merge, ...], limit: int) -> np.ndarray:
    """Merge rows into at most `limit` equal steps of the first column."""
    axis = rows[:, 0]
    starts = step_starts(axis, limit, axis[0], axis[-1])
    counts = np.diff(np.r_[starts, len(rows)])
    merged = np.empty((len(starts), rows.shape[1]))
    for column, how in enumerate(merge):
        values = rows[:, column]
        if how == "last":
            merged[:, column] = values[starts + counts - 1]
        elif how == "mean":
            merged[:, column] = np.add.reduceat(values, starts) / counts
        else:
            extreme = np.fmin if how == "min" else np.fmax
            merged[:, column] = extreme.reduceat(values, starts)
    return merged
