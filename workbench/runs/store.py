"""Where runs are kept: one SQLite file in the folder of runs.

A run has one writer, its `Runner`; anybody may read meanwhile, from any process.
Points and events are numbered by the order in which they came, so that a run taken
up from a checkpoint can drop what came after it and write it again.
"""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import threading
import time
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.runs._database import open_writer, pack_arrays
from workbench.runs._environment import Owner, versions
from workbench.runs._reader import UNDO_DAYS, RunReader, default_folder
from workbench.runs._rows import dump, run_record
from workbench.runs.records import (
    RunBusyError,
    RunStoreError,
    UnknownRunError,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    from workbench.runs.experiment import Event
    from workbench.runs.records import Checkpoint, RunRecord

__all__ = ["UNDO_DAYS", "RunStore", "default_folder", "new_run_id"]

KEEP_CHECKPOINTS = 2
NAME_LENGTH = 200
TAG_LENGTH = 40
_TAG = re.compile(rf"""(?!-)[^\s,"']{{1,{TAG_LENGTH}}}""")
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_EPOCH = 1735689600  # the year 2025: ids keep nine digits until 2059
# The number of the next row.
_NEXT = {
    "curve": "SELECT coalesce(max(seq), -1) + 1 FROM curve WHERE run=?",
    "event": "SELECT coalesce(max(seq), -1) + 1 FROM event WHERE run=?",
    "checkpoint": "SELECT coalesce(max(number), -1) + 1 FROM checkpoint WHERE run=?",
}


def new_run_id() -> str:
    """Return a short id; ids sort by the second in which they were made."""
    number = (int(time.time()) - _EPOCH) << 15 | secrets.randbits(15)
    digits = [_DIGITS[number >> shift & 31] for shift in range(40, -5, -5)]
    return "".join(digits)


class RunStore(RunReader):
    """The runs in one folder.

    Parameters
    ----------
    path
        The folder; `default_folder` if not given. A name that ends in ``.db`` is
        the file itself. Nothing is created before the first run is.

    Notes
    -----
    May be used from several threads; writing waits for at most ten seconds for
    other processes. All methods raise `RunStoreError` if the file can't be read or
    was written by a newer workbench. Methods that write take an `owner`; if the run
    belongs to another by now, they raise `RunBusyError`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(path)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def create(
        self,
        kind: str,
        spec: Mapping[str, Any],
        *,
        name: str = "",
        seed: int | None = None,
        unit: str = "",
        total: int | None = None,
        run_id: str | None = None,
        owner: Owner | None = None,
    ) -> str:
        """Enter a new run and return its id."""
        run_id = run_id or new_run_id()
        now = time.time()
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO run (id, kind, name, spec, seed, unit, status, created, "
                "updated, position, total, seconds, metrics, versions, heartbeat) "
                "VALUES (?, ?, ?, ?, ?, ?, 'ready', ?, ?, 0, ?, 0.0, '{}', ?, ?)",
                (
                    run_id,
                    kind,
                    name or kind,
                    dump(spec),
                    dump(seed),
                    unit,
                    now,
                    now,
                    total,
                    dump(versions()),
                    now,
                ),
            )
            if owner is not None:
                _own(connection, run_id, owner)
        return run_id

    def append(
        self,
        run_id: str,
        points: Sequence[Mapping[str, float]],
        events: Sequence[Event],
        *,
        position: int = 0,
        owner: Owner | None = None,
    ) -> None:
        """Add points and events after those already stored.

        A point stands at the position that it has under the name of the run's
        unit, or else at `position`.
        """
        with self._writing(run_id, owner) as connection:
            unit = connection.execute(
                "SELECT unit FROM run WHERE id=?", (run_id,)
            ).fetchone()["unit"]
            start = _next(connection, "curve", run_id)
            connection.executemany(
                "INSERT INTO curve VALUES (?, ?, ?, ?)",
                [
                    (run_id, seq, int(point.get(unit, position)), dump(point))
                    for seq, point in enumerate(points, start)
                ],
            )
            start = _next(connection, "event", run_id)
            connection.executemany(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
                [
                    (run_id, seq, event.kind, event.position, dump(event.data))
                    for seq, event in enumerate(events, start)
                ],
            )

    def update(
        self,
        run_id: str,
        *,
        status: str | None = None,
        position: int | None = None,
        total: int | None = None,
        seconds: float | None = None,
        metrics: Mapping[str, float | int | str] | None = None,
        error: str | None = None,
        owner: Owner | None = None,
    ) -> None:
        """Change what the list of runs shows; what isn't given stays."""
        with self._writing(run_id, owner) as connection:
            connection.execute(
                "UPDATE run SET status=coalesce(?, status), "
                "position=coalesce(?, position), total=coalesce(?, total), "
                "seconds=coalesce(?, seconds), metrics=coalesce(?, metrics), "
                "error=coalesce(?, error), updated=?, heartbeat=? WHERE id=?",
                (
                    status,
                    position,
                    total,
                    seconds,
                    None if metrics is None else dump(metrics),
                    error,
                    time.time(),
                    time.time(),
                    run_id,
                ),
            )

    def beat(self, run_id: str, owner: Owner) -> None:
        """Tell that the owner is alive."""
        with self._writing(run_id, owner) as connection:
            connection.execute(
                "UPDATE run SET heartbeat=? WHERE id=?", (time.time(), run_id)
            )

    def checkpoint(
        self,
        run_id: str,
        position: int,
        state: Mapping[str, np.ndarray],
        *,
        seconds: float = 0.0,
        owner: Owner | None = None,
    ) -> None:
        """Keep a state that goes with all points and events stored so far."""
        blob = pack_arrays(state)
        with self._writing(run_id, owner) as connection:
            number = _next(connection, "checkpoint", run_id)
            connection.execute(
                "INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    number,
                    position,
                    seconds,
                    _next(connection, "curve", run_id),
                    _next(connection, "event", run_id),
                    zlib.crc32(blob),
                    blob,
                ),
            )
            connection.execute(
                "DELETE FROM checkpoint WHERE run=? AND number<=?",
                (run_id, number - KEEP_CHECKPOINTS),
            )

    def note(
        self, run_id: str, kind: str, text: str, *, owner: Owner | None = None
    ) -> None:
        """Remark on a run, apart from its results."""
        with self._writing(run_id, owner) as connection:
            connection.execute(
                "INSERT INTO note VALUES (?, ?, ?, ?)",
                (run_id, time.time(), kind, text),
            )

    def claim(self, run_id: str, owner: Owner) -> RunRecord:
        """Take a run over if nobody alive holds it; one that ended is left alone.

        Returns
        -------
        RunRecord
            The run as it was before.

        Raises
        ------
        RunBusyError
            If another runner, here or in another process, holds it.
        """
        with self._writing() as connection:
            row = _row(connection, run_id)
            record = run_record(row)
            if record.status in ("finished", "stopped"):
                return record
            _refuse_if_held(record, owner)
            _own(connection, run_id, owner)
        return record

    def release(self, run_id: str, owner: Owner) -> None:
        """Give a run back."""
        with self._writing(run_id, owner) as connection:
            connection.execute("UPDATE run SET token=NULL WHERE id=?", (run_id,))

    def rewind(
        self,
        run_id: str,
        checkpoint: Checkpoint | None,
        *,
        owner: Owner | None = None,
    ) -> None:
        """Drop what was stored after a checkpoint; everything, if it is None."""
        points = checkpoint.curve_rows if checkpoint else 0
        events = checkpoint.event_rows if checkpoint else 0
        with self._writing(run_id, owner) as connection:
            connection.execute(
                "DELETE FROM curve WHERE run=? AND seq>=?", (run_id, points)
            )
            connection.execute(
                "DELETE FROM event WHERE run=? AND seq>=?", (run_id, events)
            )
            connection.execute(
                "DELETE FROM checkpoint WHERE run=? AND number>?",
                (run_id, checkpoint.number if checkpoint else -1),
            )
            connection.execute(
                "UPDATE run SET status='paused', error=NULL, position=?, seconds=?, "
                "updated=? WHERE id=?",
                (
                    checkpoint.position if checkpoint else 0,
                    checkpoint.seconds if checkpoint else 0.0,
                    time.time(),
                    run_id,
                ),
            )

    def rename(self, run_id: str, name: str) -> RunRecord:
        """Give a run another name; its spec keeps the one it began with.

        Raises
        ------
        ValueError
            If the name is empty or too long.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= NAME_LENGTH:
            raise ValueError(
                f"name is {name!r}; accepted: 1 to {NAME_LENGTH} characters"
            )
        record = self.get(run_id)
        with self._writing() as connection:
            connection.execute("UPDATE run SET name=? WHERE id=?", (name, record.id))
        return self.get(record.id)

    def tag(
        self, run_id: str, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> RunRecord:
        """Add tags to a run and take others away; both may be there or not already.

        Raises
        ------
        ValueError
            If a new tag is empty, too long, or has spaces, commas or quotes in it.
        """
        for tag in add:
            if not _TAG.fullmatch(tag):
                raise ValueError(
                    f"tag is {tag!r}; accepted: 1 to {TAG_LENGTH} characters without "
                    "spaces, commas and quotes, the first of which is no dash"
                )
        record = self.get(run_id)
        with self._writing() as connection:
            had = json.loads(_row(connection, record.id)["tags"])
            connection.execute(
                "UPDATE run SET tags=? WHERE id=?",
                (dump(sorted({*had, *add} - {*remove})), record.id),
            )
        return self.get(record.id)

    def delete(self, run_id: str) -> RunRecord:
        """Delete a run; `undelete` brings it back for `UNDO_DAYS`.

        Raises
        ------
        RunBusyError
            If a runner holds it.
        """
        record = self.get(run_id)
        with self._writing() as connection:
            _refuse_if_held(run_record(_row(connection, record.id)), Owner.here())
            connection.execute(
                "UPDATE run SET deleted=? WHERE id=?", (time.time(), record.id)
            )
        return self.get(record.id, deleted=True)

    def undelete(self, run_id: str) -> RunRecord:
        """Bring a deleted run back."""
        record = self.get(run_id, deleted=True)
        with self._writing() as connection:
            connection.execute("UPDATE run SET deleted=NULL WHERE id=?", (record.id,))
        return self.get(record.id)

    def purge(self, *, older_than: float = 0.0) -> int:
        """Remove deleted runs for good, with all that belongs to them.

        Happens by itself, `UNDO_DAYS` after they were deleted, when a store is
        opened to write.

        Parameters
        ----------
        older_than
            Only those that were deleted more than so many seconds ago.

        Returns
        -------
        int
            How many were removed.
        """
        with self._writing() as connection:
            return _purge(connection, older_than)

    def close(self) -> None:
        """Close the file. The store opens it again when needed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _writing(
        self, run_id: str | None = None, owner: Owner | None = None
    ) -> Iterator[sqlite3.Connection]:
        """Give a connection inside a transaction, in which the owner was checked."""
        with self._lock:
            opened = self._connection is None
            if self._connection is None:
                self._connection = open_writer(self.path)
            connection = self._connection
            try:
                connection.execute("BEGIN IMMEDIATE")
                if opened:
                    _purge(connection, 86400 * UNDO_DAYS)
                if run_id is not None:
                    _check_owner(_row(connection, run_id), owner)
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                _roll_back(connection)
                raise RunStoreError(f"cannot write to {self.path}: {error}") from error
            except BaseException:
                _roll_back(connection)
                raise


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _row(connection: sqlite3.Connection, run_id: str) -> sqlite3.Row:
    row = connection.execute("SELECT * FROM run WHERE id=?", (run_id,)).fetchone()
    if row is None:
        raise UnknownRunError(f"no run {run_id!r}")
    return row


def _check_owner(row: sqlite3.Row, owner: Owner | None) -> None:
    if owner is not None and row["token"] != owner.token:
        where = f"process {row['pid']} on {row['host']}"
        raise RunBusyError(f"run {row['id']} was taken over by {where}")


def _refuse_if_held(record: RunRecord, owner: Owner) -> None:
    if record.pid is not None:
        here = (record.pid, record.host) == (owner.pid, owner.host)
        process = f"process {record.pid} on {record.host}"
        raise RunBusyError(
            f"run {record.id} is open in {'this process' if here else process}; "
            "close it there first"
        )


def _purge(connection: sqlite3.Connection, older_than: float) -> int:
    limit = time.time() - older_than
    return connection.execute("DELETE FROM run WHERE deleted<=?", (limit,)).rowcount


def _own(connection: sqlite3.Connection, run_id: str, owner: Owner) -> None:
    connection.execute(
        "UPDATE run SET token=?, host=?, pid=?, started=?, heartbeat=? WHERE id=?",
        (owner.token, owner.host, owner.pid, owner.started, time.time(), run_id),
    )


def _next(connection: sqlite3.Connection, table: str, run_id: str) -> int:
    return int(connection.execute(_NEXT[table], (run_id,)).fetchone()[0])
