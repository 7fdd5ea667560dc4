"""One run, opened: its best program, what it was made from, and what befell it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.runs import default_folder
from workbench.widgets.listing import function_parts
from workbench.widgets.runs_compare import best_of
from workbench.widgets.runs_index import row_part

if TYPE_CHECKING:
    from workbench.runs import RunRecord, RunStore

NOTES = 20


def detail_part(store: RunStore, record: RunRecord) -> dict[str, Any]:
    """Return what an opened run shows."""
    row = row_part(record)
    title = row.pop("name")
    part: dict[str, Any] = {
        **row,
        "title": title,
        "versions": record.versions,
        "updated": record.updated,
        "error": record.error or "",
        "open_code": code_to_open(store, record),
        "again_code": code_to_repeat(record),
        "notes": [
            {"time": note.time, "kind": note.kind, "text": note.text}
            for note in store.notes(record.id)[-NOTES:]
        ],
    }
    try:
        found = best_of(store, record)
    except ValueError as error:
        return {**part, "problem": f"Its best program can't be read: {error}"}
    if found is not None:
        program, scores = found
        part["functions"] = function_parts(program)
        part["at"] = scores.get("individuals")
    return part


def _store_code(store: RunStore) -> str:
    own = store.path == default_folder() / "runs.db"
    return "RunStore()" if own else f"RunStore({str(store.path)!r})"


def code_to_open(store: RunStore, record: RunRecord) -> str:
    """Return a cell that shows a run in a panel of its own, or takes it up."""
    made = f"Runner.resume_run({_store_code(store)}, {record.id!r})"
    if record.kind != "search":
        return (
            "from workbench.runs import Runner, RunStore\n\n"
            f"runner = {made}\nrunner.start()\n"
        )
    return (
        "from workbench.runs import Runner, RunStore\n"
        "from workbench.widgets import SearchPanel\n\n"
        f"runner = {made}\n"
        "panel = SearchPanel(search=runner.experiment)\npanel\n"
    )


def code_to_repeat(record: RunRecord) -> str:
    """Return a cell that makes the same run anew; empty for kinds not known here."""
    if record.kind != "search":
        return ""
    versions = ", ".join(f"{name} {value}" for name, value in record.versions.items())
    spec = json.dumps(record.spec, indent=1)
    return (
        f"# Run {record.id}: {versions}\n"
        "import json\n\n"
        "from workbench import SearchSpec\n"
        "from workbench.widgets import SearchPanel\n\n"
        f'spec = SearchSpec.from_dict(json.loads(r"""{spec}"""))\n'
        "panel = SearchPanel(spec=spec)\npanel\n"
    )
