"""Between rows of the tables and what the store gives back."""

from __future__ import annotations

import json
import time
import zlib
from typing import TYPE_CHECKING, Any

from workbench.runs._database import unpack_arrays
from workbench.runs._environment import Owner
from workbench.runs.records import Checkpoint, RunRecord

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

OLD_COLUMNS = 20
"""Columns of a run in the first schema, which had neither tags nor `deleted`."""
_ACTIVE = {"preparing", "running", "stopping"}


def dump(value: Any) -> str:
    """Return JSON; NumPy scalars count as numbers."""
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a run cannot keep a {type(value).__name__}: {value!r}")


def is_held(row: sqlite3.Row) -> bool:
    """Tell whether the run belongs to a runner whose process lives."""
    if row["token"] is None:
        return False
    owner = Owner(row["token"], row["host"], row["pid"], row["started"])
    return owner.is_alive(time.time() - row["heartbeat"])


def is_deleted(row: sqlite3.Row) -> bool:
    """Tell whether the run was deleted; in the first schema none was."""
    return len(row) > OLD_COLUMNS and row["deleted"] is not None


def run_record(row: sqlite3.Row) -> RunRecord:
    """Return a row of the table of runs; what died while active is interrupted."""
    held = is_held(row)
    status = row["status"]
    return RunRecord(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        spec=json.loads(row["spec"]),
        seed=json.loads(row["seed"]),
        unit=row["unit"],
        status="interrupted" if status in _ACTIVE and not held else status,
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
        # A file of the first schema, opened to read, does not have these.
        tags=tuple(json.loads(row["tags"])) if len(row) > OLD_COLUMNS else (),
        deleted=row["deleted"] if is_deleted(row) else None,
    )


def still(record: RunRecord | None, row: sqlite3.Row) -> bool:
    """Tell whether a record is what `run_record` would make of a row.

    Whoever holds a run may die without a trace in the row, so those are read anew.
    """
    return (
        record is not None
        and row["token"] is None
        and record.pid is None
        and record.updated == row["updated"]
        and record.name == row["name"]
        and record.status in (row["status"], "interrupted")
        and (len(row) <= OLD_COLUMNS or dump([*record.tags]) == row["tags"])
        and (record.deleted is not None) == is_deleted(row)
    )


def newest_readable(rows: Iterable[sqlite3.Row]) -> Checkpoint | None:
    """Return the first checkpoint that is whole, with warnings about those skipped."""
    warnings: list[str] = []
    for row in rows:
        if zlib.crc32(row["state"]) != row["crc"]:
            warnings.append(
                f"the checkpoint at {row['position']} is damaged; "
                "going back to the one before"
            )
            continue
        return Checkpoint(
            number=row["number"],
            position=row["position"],
            seconds=row["seconds"],
            curve_rows=row["curve_rows"],
            event_rows=row["event_rows"],
            state=unpack_arrays(row["state"]),
            warnings=tuple(warnings),
        )
    return None
