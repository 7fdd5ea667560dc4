"""How runs differ: their settings, and their best programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.programs import Program, Space
from workbench.watch import winner
from workbench.widgets.diff_parts import diff_parts
from workbench.widgets.runs_index import labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.runs import RunRecord, RunStore

SHOWN = 12
"""Runs whose settings stand side by side."""
FEW = 4
_ABSENT = "\u2013"


def flat(spec: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings under names with dots."""
    found: dict[str, Any] = {}
    for name, value in spec.items():
        if isinstance(value, dict) and value:
            found |= flat(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def settings(record: RunRecord) -> dict[str, Any]:
    """Return all on which a run's result depends, by name; not what it is called."""
    found = flat(record.spec)
    found.pop("name", None)
    if record.seed is not None:
        found.setdefault("seed", record.seed)
    return found


def differing(records: Sequence[RunRecord]) -> dict[str, list[Any]]:
    """Return the settings that differ, each with the value of each run.

    A setting that a run does not have is None there.
    """
    each = [settings(record) for record in records]
    names = dict.fromkeys(name for one in each for name in one)
    columns = {name: [one.get(name) for one in each] for name in names}
    return {
        name: values
        for name, values in columns.items()
        if any(value != values[0] for value in values)
    }


def differing_fields(records: Sequence[RunRecord]) -> list[str]:
    """Return the settings that differ and are single values: what can be grouped by."""
    return [
        name
        for name, values in differing(records).items()
        if not any(isinstance(value, list | dict) for value in values)
    ]


def field_text(record: RunRecord, name: str) -> str:
    """Return a setting of a run as text."""
    return value_text(settings(record).get(name))


def value_text(value: Any, first: Any = None) -> str:
    """Return a setting as text; a long list as what differs from a first one."""
    if value is None:
        return _ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and abs(value) >= 10_000:
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, list):
        return " ".join(str(value).split())
    words = [str(one).removesuffix("_OP").lower() for one in value]
    if len(words) <= FEW:
        return ", ".join(words)
    if isinstance(first, list) and value != first:
        before = [str(one).removesuffix("_OP").lower() for one in first]
        changes = [f"+{one}" for one in words if one not in before]
        changes += [f"\u2212{one}" for one in before if one not in words]
        if 0 < len(changes) <= 2 * FEW:
            return f"{len(words)}: {' '.join(changes)}"
    return f"{len(words)}: {', '.join(words[:FEW])}, …"


def settings_part(records: Sequence[RunRecord]) -> dict[str, Any]:
    """Return the table of the settings that differ."""
    shown = records[:SHOWN]
    names = labels(shown)
    rows = differing(shown)
    versions = [record.version or _ABSENT for record in shown]
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
