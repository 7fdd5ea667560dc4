"""The SQLite file: schema, connections, and arrays as bytes."""

from __future__ import annotations

import io
import sqlite3
import time
import zipfile
from typing import TYPE_CHECKING

import numpy as np

from workbench.runs.records import RunStoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA_VERSION = 2
BUSY_SECONDS = 10.0

SCHEMA = """
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL,
    seed TEXT NOT NULL,
    unit TEXT NOT NULL,
    status TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL,
    position INTEGER NOT NULL,
    total INTEGER,
    seconds REAL NOT NULL,
    metrics TEXT NOT NULL,
    versions TEXT NOT NULL,
    error TEXT,
    token TEXT,
    host TEXT,
    pid INTEGER,
    started TEXT,
    heartbeat REAL NOT NULL,
    tags TEXT NOT NULL DEFAULT '[]',
    deleted REAL
) STRICT;
CREATE TABLE curve (
    run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
    run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    position INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
    run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    seconds REAL NOT NULL,
    curve_rows INTEGER NOT NULL,
    event_rows INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (run, number)
) STRICT;
CREATE TABLE note (
    run TEXT NOT NULL REFERENCES run(id) ON DELETE CASCADE,
    time REAL NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
"""

# What leads from each version to the next. Columns are only added, so that a process
# of an older version that has the file open can go on writing.
MIGRATIONS = {
    1: (
        "ALTER TABLE run ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE run ADD COLUMN deleted REAL",
    ),
}


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open the file: mode "ro", "rw" or "rwc". Transactions are explicit."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        # The store guards its connection with a lock.
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    return connection


def open_writer(path: Path) -> sqlite3.Connection:
    """Open the file for writing; create or migrate its tables as need be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path, "rwc")
        read_version(connection, path)
        use_journal(connection)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("BEGIN IMMEDIATE")
    except (OSError, sqlite3.Error) as error:
        raise RunStoreError(f"cannot write runs to {path}: {error}") from error
    version = 0
    try:
        version = read_version(connection, path)
        for statement in _to_present_schema(version):
            connection.execute(statement)
        if version != SCHEMA_VERSION:
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        connection.close()
        raise RunStoreError(
            f"cannot bring {path} from schema {version} to {SCHEMA_VERSION}: {error}"
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _to_present_schema(version: int) -> list[str]:
    """Return the statements that lead from a version to the present one."""
    if version == 0:
        return SCHEMA.split(";\n")
    steps = range(version, SCHEMA_VERSION)
    return [statement for step in steps for statement in MIGRATIONS[step]]


def use_journal(connection: sqlite3.Connection) -> str:
    """Choose write-ahead logging, or a rollback journal where it is refused.

    Network file systems lack the shared memory that write-ahead logging needs.
    """
    mode = ""
    deadline = time.monotonic() + BUSY_SECONDS
    while not mode:
        try:
            mode = str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                mode = "delete"
            # SQLite doesn't itself wait here for a process that is just opening.
            elif time.monotonic() > deadline:
                raise
            else:
                time.sleep(0.01)
    level = "NORMAL" if mode == "wal" else "FULL"
    connection.execute(f"PRAGMA synchronous={level}")
    return mode


def open_reader(path: Path) -> sqlite3.Connection | None:
    """Open the file for reading; None where nothing has been stored."""
    if not path.exists():
        return None
    try:
        connection = connect(path, "ro")
        try:
            version = read_version(connection, path)
        except sqlite3.OperationalError:
            # After a crash a rollback journal may have to be played back first.
            connection.close()
            connection = connect(path, "rw")
            version = read_version(connection, path)
    except sqlite3.Error as error:
        raise RunStoreError(f"cannot read the runs in {path}: {error}") from error
    if version == 0:
        connection.close()
        return None
    return connection


def read_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the schema, 0 for an empty file.

    Raises
    ------
    RunStoreError
        If a newer workbench, or another program, wrote the file.
    """
    # One statement, so that both come from the same moment.
    version, tables = connection.execute(
        "SELECT user_version, (SELECT count(*) FROM sqlite_master) "
        "FROM pragma_user_version"
    ).fetchone()
    if version > SCHEMA_VERSION:
        connection.close()
        raise RunStoreError(
            f"{path} was written by a newer workbench (schema {version}; this one "
            f"knows up to {SCHEMA_VERSION}). Upgrade tain-workbench, or set "
            "WORKBENCH_RUNS to another folder."
        )
    if version == 0 and tables:
        connection.close()
        raise RunStoreError(f"{path} is not a store of runs")
    return int(version)


def pack_arrays(state: Mapping[str, np.ndarray]) -> bytes:
    """Return arrays as the bytes of an .npz file, lightly compressed.

    Raises
    ------
    ValueError
        If an array holds Python objects: those would need pickle.
    """
    buffer = io.BytesIO()
    # numpy.savez_compressed has no choice of level, and the default is slow.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in state.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


def unpack_arrays(blob: bytes) -> dict[str, np.ndarray]:
    """Return the arrays that `pack_arrays` packed.

    Raises
    ------
    ValueError, zipfile.BadZipFile, EOFError, KeyError, OSError
        If the bytes are damaged.
    """
    with np.load(io.BytesIO(blob), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
