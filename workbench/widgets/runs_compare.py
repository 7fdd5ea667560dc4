"""Runs side by side: settings that differ, and best programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.programs import Program, Space
from workbench.watch import winner
from workbench.widgets.diff_parts import diff_parts
from workbench.widgets.runs_settings import ABSENT, differing, labels, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.runs import RunRecord, RunStore

SHOWN = 12
"""Runs whose settings stand side by side."""


def settings_part(records: Sequence[RunRecord]) -> dict[str, Any]:
    """Return the table of the settings that differ."""
    shown = records[:SHOWN]
    names = labels(shown)
    rows = differing(shown)
    versions = [record.version or ABSENT for record in shown]
    table = [
        {"name": name, "values": [value_text(value, values[0]) for value in values]}
        for name, values in rows.items()
    ]
    if len(set(versions)) > 1:
        table.append({"name": "version", "values": versions})
    return {
        "runs": [{"id": r.id, "label": names[r.id]} for r in shown],
        "rows": table,
        "left_out": len(records) - len(shown),
    }


def best_of(
    store: RunStore, record: RunRecord
) -> tuple[Program, dict[str, Any]] | None:
    """Return the best program of a run, or the winner if it has one, and its scores.

    Raises
    ------
    ValueError
        If its text can't be read.
    """
    found = winner(store.events(record.id))
    if found is None or not found.get("text"):
        return None
    space = record.spec.get("space")
    parsed = Space.from_dict(space) if space else None
    return Program.from_text(str(found["text"]), parsed), found


def programs_part(
    store: RunStore, a: RunRecord, b: RunRecord, names: Mapping[str, str]
) -> dict[str, Any]:
    """Return how the best programs of two runs differ, or why that can't be told."""
    part: dict[str, Any] = {"a": a.id, "b": b.id, "titles": [names[a.id], names[b.id]]}
    try:
        found = [best_of(store, record) for record in (a, b)]
    except ValueError as error:
        return {**part, "note": f"A program can't be read: {error}"}
    if found[0] is None or found[1] is None:
        without = [names[r.id] for r, f in zip((a, b), found, strict=True) if f is None]
        return {**part, "note": f"No best program yet: {', '.join(without)}."}
    return {**part, "diff": diff_parts(found[0][0], found[1][0])}
