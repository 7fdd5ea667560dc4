"""The settings of runs: which of them differ, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.runs import RunRecord

FEW = 4
ABSENT = "\u2013"


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
    found = {
        name: values
        for name, values in columns.items()
        if any(value != values[0] for value in values)
    }
    # Single values first: they are what is mostly asked for.
    return dict(sorted(found.items(), key=lambda item: _has_lists(item[1])))


def _has_lists(values: Sequence[Any]) -> bool:
    return any(isinstance(value, list | dict) for value in values)


def differing_fields(records: Sequence[RunRecord]) -> list[str]:
    """Return the settings that differ and are single values: what can be grouped by."""
    return [
        name for name, values in differing(records).items() if not _has_lists(values)
    ]


def field_text(record: RunRecord, name: str) -> str:
    """Return a setting of a run as text."""
    return value_text(settings(record).get(name))


def value_text(value: Any, first: Any = None) -> str:
    """Return a setting as text; a long list as what differs from a first one."""
    if value is None:
        return ABSENT
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


def labels(records: Iterable[RunRecord]) -> dict[str, str]:
    """Return names by which runs can be told apart.

    Runs of the same name are called by their seed too, then by the first setting in
    which they differ, and at last by their id.
    """
    names: dict[str, str] = {}
    groups: dict[str, list[RunRecord]] = {}
    for record in records:
        names[record.id] = record.name
        groups.setdefault(record.name, []).append(record)
    for group in groups.values():
        if len(group) == 1:
            continue
        for field in ["seed", *differing_fields(group)][:3]:
            for record in group:
                text = f"{field} {field_text(record, field)}"
                if text not in names[record.id]:
                    names[record.id] += f", {text}"
            if len({names[record.id] for record in group}) == len(group):
                break
        else:
            for record in group:
                names[record.id] = f"{record.name} ({record.id})"
    return names
