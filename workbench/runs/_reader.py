"""The reading half of the store: opens the file afresh, and only to read."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from workbench.runs._database import open_reader
from workbench.runs._rows import newest_readable, run_record
from workbench.runs.experiment import Event
from workbench.runs.records import (
    DamagedRunError,
    Note,
    RunStoreError,
    UnknownRunError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.runs.records import Checkpoint, RunRecord

    # A class with a method `list` can't say list[...] itself.
    Records = list[RunRecord]
    Points = list[dict[str, float]]
    Events = list[Event]
    Notes = list[Note]


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

    def get(self, run_id: str) -> RunRecord:
        """Return the run with this id, or whose id alone begins like this.

        Raises
        ------
        UnknownRunError
            If there is none, or several.
        """
        with self._reading() as connection:
            rows = []
            if connection is not None and run_id:
                rows = connection.execute(
                    "SELECT * FROM run WHERE substr(id, 1, ?)=? ORDER BY id",
                    (len(run_id), run_id),
                ).fetchall()
        if len(rows) == 1:
            return run_record(rows[0])
        exact = [row for row in rows if row["id"] == run_id]
        if exact:
            return run_record(exact[0])
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

    def list(self) -> Records:
        """Return all runs, newest first."""
        return [
            run_record(row)
            for row in self._rows("SELECT * FROM run ORDER BY created DESC, id DESC")
        ]

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
