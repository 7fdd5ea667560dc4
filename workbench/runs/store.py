"""Where runs are kept: one SQLite file in the folder of runs.

A run has one writer, its `Runner`; anybody may read meanwhile, from any process.
Points and events are numbered by the order in which they came, so that a run taken
up from a checkpoint can drop what came after it and write it again.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
import time
import zipfile
import zlib
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from workbench.runs._database import (
    open_reader,
    open_writer,
    pack_arrays,
    unpack_arrays,
)
from workbench.runs._environment import Owner, versions
from workbench.runs.experiment import Event
from workbench.runs.records import (
    Checkpoint,
    DamagedRunError,
    Note,
    RunBusyError,
    RunRecord,
    RunStoreError,
    UnknownRunError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

    # A class with a method `list` can't say list[...] itself.
    Records = list[RunRecord]
    Points = list[dict[str, float]]
    Events = list[Event]
    Notes = list[Note]

KEEP_CHECKPOINTS = 2
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_EPOCH = 1735689600  # the year 2025: ids keep nine digits until 2059
_LIVE = {"preparing", "running", "stopping"}


def default_folder() -> Path:
    """Return the folder of runs: the variable WORKBENCH_RUNS, or the user's data."""
    chosen = os.environ.get("WORKBENCH_RUNS")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("tain-workbench") / "runs"


def new_run_id() -> str:
    """Return a short id; ids sort by the second in which they were made."""
    number = (int(time.time()) - _EPOCH) << 15 | secrets.randbits(15)
    digits = [_DIGITS[number >> shift & 31] for shift in range(40, -5, -5)]
    return "".join(digits)


class RunStore:
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
        folder = default_folder() if path is None else Path(path)
        self.path = folder if folder.suffix == ".db" else folder / "runs.db"
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return f"RunStore({str(self.path)!r})"

    # Writing

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
        row = {
            "id": run_id,
            "kind": kind,
            "name": name or kind,
            "spec": _dump(spec),
            "seed": _dump(seed),
            "unit": unit,
            "status": "ready",
            "created": now,
            "updated": now,
            "position": 0,
            "total": total,
            "seconds": 0.0,
            "metrics": "{}",
            "versions": _dump(versions()),
            "heartbeat": now,
        }
        columns = ", ".join(row)
        marks = ", ".join(f":{column}" for column in row)
        with self._writing() as connection:
            connection.execute(f"INSERT INTO run ({columns}) VALUES ({marks})", row)
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
            start = _count(connection, "curve", run_id)
            connection.executemany(
                "INSERT INTO curve VALUES (?, ?, ?, ?)",
                [
                    (run_id, seq, int(point.get(unit, position)), _dump(point))
                    for seq, point in enumerate(points, start)
                ],
            )
            start = _count(connection, "event", run_id)
            connection.executemany(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
                [
                    (run_id, seq, event.kind, event.position, _dump(event.data))
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
        given = {
            "status": status,
            "position": position,
            "total": total,
            "seconds": seconds,
            "metrics": None if metrics is None else _dump(metrics),
            "error": error,
        }
        row = {name: value for name, value in given.items() if value is not None}
        row["updated"] = row["heartbeat"] = time.time()
        changes = ", ".join(f"{column}=:{column}" for column in row)
        with self._writing(run_id, owner) as connection:
            connection.execute(
                f"UPDATE run SET {changes} WHERE id=:id", row | {"id": run_id}
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
            number = _count(connection, "checkpoint", run_id, "number")
            connection.execute(
                "INSERT INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    number,
                    position,
                    seconds,
                    _count(connection, "curve", run_id),
                    _count(connection, "event", run_id),
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

    def claim(self, run_id: str, owner: Owner) -> None:
        """Take a run over if nobody alive holds it.

        Raises
        ------
        RunBusyError
            If another runner, here or in another process, holds it.
        """
        with self._writing() as connection:
            row = _row(connection, run_id)
            if row["token"] is not None and _is_held(row):
                where = (
                    "this process"
                    if row["pid"] == owner.pid and row["host"] == owner.host
                    else f"process {row['pid']} on {row['host']}"
                )
                raise RunBusyError(
                    f"run {run_id} is open in {where}; close it there first"
                )
            _own(connection, run_id, owner)

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
                "UPDATE run SET status='paused', error=NULL, position=?, seconds=?, "
                "updated=? WHERE id=?",
                (
                    checkpoint.position if checkpoint else 0,
                    checkpoint.seconds if checkpoint else 0.0,
                    time.time(),
                    run_id,
                ),
            )

    def delete(self, run_id: str) -> None:
        """Delete a run with all that belongs to it.

        Raises
        ------
        RunBusyError
            If a runner holds it.
        """
        record = self.get(run_id)
        owner = Owner.here()
        self.claim(record.id, owner)
        with self._writing(record.id, owner) as connection:
            connection.execute("DELETE FROM run WHERE id=?", (record.id,))

    def close(self) -> None:
        """Close the file. The store opens it again when needed."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # Reading

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
            return _record(rows[0])
        exact = [row for row in rows if row["id"] == run_id]
        if exact:
            return _record(exact[0])
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
        warnings: list[str] = []
        for row in rows:
            state = _unpack(row)
            if state is not None:
                return Checkpoint(
                    row["position"],
                    row["seconds"],
                    row["curve_rows"],
                    row["event_rows"],
                    state,
                    tuple(warnings),
                )
            warnings.append(
                f"the checkpoint at {row['position']} is damaged; "
                "going back to the one before"
            )
        if rows:
            raise DamagedRunError(
                f"no checkpoint of run {run_id} can be read: it cannot go on. Its "
                "curve and events are still there; a new run of the same spec "
                "repeats it."
            )
        return None

    def list(self) -> Records:
        """Return all runs, newest first."""
        return [
            _record(row)
            for row in self._rows("SELECT * FROM run ORDER BY created DESC, id DESC")
        ]

    # Connections

    @contextmanager
    def _writing(
        self, run_id: str | None = None, owner: Owner | None = None
    ) -> Iterator[sqlite3.Connection]:
        """Give a connection inside a transaction, in which the owner was checked."""
        with self._lock:
            if self._connection is None:
                self._connection = open_writer(self.path)
            connection = self._connection
            try:
                connection.execute("BEGIN IMMEDIATE")
                if run_id is not None:
                    row = _row(connection, run_id)
                    if owner is not None and row["token"] != owner.token:
                        raise RunBusyError(
                            f"run {run_id} was taken over by process {row['pid']} on "
                            f"{row['host']}"
                        )
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                _roll_back(connection)
                raise RunStoreError(f"cannot write to {self.path}: {error}") from error
            except BaseException:
                _roll_back(connection)
                raise

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


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _row(connection: sqlite3.Connection, run_id: str) -> sqlite3.Row:
    row = connection.execute("SELECT * FROM run WHERE id=?", (run_id,)).fetchone()
    if row is None:
        raise UnknownRunError(f"no run {run_id!r}")
    return row


def _own(connection: sqlite3.Connection, run_id: str, owner: Owner) -> None:
    connection.execute(
        "UPDATE run SET token=?, host=?, pid=?, started=?, heartbeat=? WHERE id=?",
        (owner.token, owner.host, owner.pid, owner.started, time.time(), run_id),
    )


def _count(
    connection: sqlite3.Connection, table: str, run_id: str, column: str = "seq"
) -> int:
    """Return the number that the next row of a table gets."""
    row = connection.execute(
        f"SELECT max({column}) FROM {table} WHERE run=?", (run_id,)
    ).fetchone()
    return 0 if row[0] is None else int(row[0]) + 1


def _dump(value: Any) -> str:
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as a plain number."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a run cannot keep a {type(value).__name__}: {value!r}")


def _unpack(row: sqlite3.Row) -> dict[str, np.ndarray] | None:
    if zlib.crc32(row["state"]) != row["crc"]:
        return None
    try:
        return unpack_arrays(row["state"])
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error):
        return None


def _is_held(row: sqlite3.Row) -> bool:
    owner = Owner(row["token"], row["host"], row["pid"], row["started"])
    return owner.is_alive(time.time() - row["heartbeat"])


def _record(row: sqlite3.Row) -> RunRecord:
    held = row["token"] is not None and _is_held(row)
    status = row["status"]
    return RunRecord(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        spec=json.loads(row["spec"]),
        seed=json.loads(row["seed"]),
        unit=row["unit"],
        status="interrupted" if status in _LIVE and not held else status,
        created=row["created"],
        updated=row["updated"],
        position=row["position"],
        total=row["total"],
        seconds=row["seconds"],
        metrics=json.loads(row["metrics"]),
        versions=json.loads(row["versions"]),
        error=row["error"],
        host=row["host"] if held else None,
        pid=row["pid"] if held else None,
        heartbeat=row["heartbeat"],
    )
