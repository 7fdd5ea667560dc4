"""The reading half of the store: opens the file afresh, and only to read."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import platformdirs

from workbench.runs._database import open_reader
from workbench.runs._rows import is_deleted, newest_readable, run_record, still
from workbench.runs.experiment import Event
from workbench.runs.records import (
    DamagedRunError,
    Note,
    RunStoreError,
    UnknownRunError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.runs.records import Checkpoint, RunRecord

    # A class with a method `list` can't say list[...] itself.
    Records = list[RunRecord]
    Points = list[dict[str, float]]
    Events = list[Event]
    Notes = list[Note]
    Names = list[str]

UNDO_DAYS = 7.0
"""How long a deleted run can be brought back."""


def default_folder() -> Path:
    """Return the folder of runs: the variable WORKBENCH_RUNS, or the user's data."""
    chosen = os.environ.get("WORKBENCH_RUNS")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("tain-workbench") / "runs"


class RunReader:
    """What a store tells, while others may be writing to it."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        folder = default_folder() if path is None else Path(path)
        self.path = folder if folder.suffix == ".db" else folder / "runs.db"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def get(self, run_id: str, *, deleted: bool = False) -> RunRecord:
        """Return the run with this id, or whose id alone begins like this.

        Parameters
        ----------
        run_id
            The id or its beginning.
        deleted
            Look among deleted runs too.

        Raises
        ------
        UnknownRunError
            If there is none, or several, or it was deleted.
        """
        with self._reading() as connection:
            rows = []
            if connection is not None and run_id:
                rows = connection.execute(
                    "SELECT * FROM run WHERE substr(id, 1, ?)=? ORDER BY id",
                    (len(run_id), run_id),
                ).fetchall()
        gone = [] if deleted else [row for row in rows if is_deleted(row)]
        rows = [row for row in rows if row not in gone]
        if len(rows) == 1:
            return run_record(rows[0])
        exact = [row for row in rows if row["id"] == run_id]
        if exact:
            return run_record(exact[0])
        if not rows and gone:
            raise UnknownRunError(
                f"run {gone[0]['id']} was deleted; undelete it first, which is "
                f"possible for {UNDO_DAYS:g} days"
            )
        if not rows:
            raise UnknownRunError(f"no run {run_id!r} in {self.path}")
        some = ", ".join(row["id"] for row in rows[:5])
        more = ", ..." if len(rows) > len(rows[:5]) else ""
        raise UnknownRunError(f"{run_id!r} could be any of {some}{more}")

    def curve(self, run_id: str, start: int = 0) -> Points:
        """Return the points of the curve from number `start`."""
        return [
            json.loads(row["data"])
            for row in self._rows(
                "SELECT data FROM curve WHERE run=? AND seq>=? ORDER BY seq",
                (run_id, start),
            )
        ]

    def events(self, run_id: str, start: int = 0) -> Events:
        """Return the events from number `start`."""
        return [
            Event(row["kind"], row["position"], json.loads(row["data"]))
            for row in self._rows(
                "SELECT * FROM event WHERE run=? AND seq>=? ORDER BY seq",
                (run_id, start),
            )
        ]

    def notes(self, run_id: str) -> Notes:
        """Return the remarks on a run, oldest first."""
        return [
            Note(row["time"], row["kind"], row["text"])
            for row in self._rows(
                "SELECT * FROM note WHERE run=? ORDER BY rowid", (run_id,)
            )
        ]

    def load_checkpoint(self, run_id: str) -> Checkpoint | None:
        """Return the newest checkpoint that can be read; None if there never was one.

        Raises
        ------
        DamagedRunError
            If there are checkpoints but none can be read.
        """
        rows = self._rows(
            "SELECT * FROM checkpoint WHERE run=? ORDER BY number DESC", (run_id,)
        )
        found = newest_readable(rows)
        if rows and found is None:
            raise DamagedRunError(
                f"no checkpoint of run {run_id} can be read: it cannot go on. Its "
                "curve and events are still there; a new run of the same spec "
                "repeats it."
            )
        return found

    def list(
        self,
        *,
        deleted: bool = False,
        known: Mapping[str, RunRecord] = MappingProxyType({}),
    ) -> Records:
        """Return all runs, newest first; or those that were deleted.

        Deleted runs are kept for `UNDO_DAYS`, or until `RunStore.purge`.

        Parameters
        ----------
        deleted
            Return those that were deleted instead.
        known
            Records by id that an earlier call returned: those of runs that have not
            changed are returned again, which is fast.
        """
        records = [
            known[row["id"]] if still(known.get(row["id"]), row) else run_record(row)
            for row in self._rows("SELECT * FROM run ORDER BY created DESC, id DESC")
        ]
        return [r for r in records if (r.deleted is not None) == deleted]

    def columns(
        self,
        run_id: str,
        names: Sequence[str],
        start: int = 0,
        limit: int | None = None,
    ) -> np.ndarray:
        """Return columns of the curve, from number `start`, at most `limit` points.

        Returns
        -------
        float64[points, names]; NaN where a point lacks a column.
        """
        rows = self._rows(
            "SELECT data FROM curve WHERE run=? AND seq>=? ORDER BY seq LIMIT ?",
            (run_id, start, -1 if limit is None else limit),
        )
        # One text is read three times as fast as many.
        points = json.loads(f"[{','.join(row['data'] for row in rows)}]")
        values = [[point.get(name, math.nan) for name in names] for point in points]
        return np.array(values, np.float64).reshape(len(values), len(names))

    def column_names(self, run_id: str) -> Names:
        """Return the columns of the first point of the curve; none if there is none."""
        rows = self._rows(
            "SELECT data FROM curve WHERE run=? ORDER BY seq LIMIT 1", (run_id,)
        )
        return [*json.loads(rows[0]["data"])] if rows else []

    def points(self, run_id: str) -> int:
        """Return the number of points of the curve."""
        rows = self._rows(
            "SELECT coalesce(max(seq), -1) + 1 FROM curve WHERE run=?", (run_id,)
        )
        return int(rows[0][0]) if rows else 0

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        connection = open_reader(self.path)
        if connection is None:
            yield None
            return
        with closing(connection):
            try:
                yield connection
            except sqlite3.Error as error:
                raise RunStoreError(f"cannot read {self.path}: {error}") from error

    def _rows(
        self, query: str, values: tuple[str | int, ...] = ()
    ) -> Sequence[sqlite3.Row]:
        with self._reading() as connection:
            return connection.execute(query, values).fetchall() if connection else []
