"""Series of trainings that were recorded, so that there is something to compare."""

from __future__ import annotations

import json
from typing import Any

from workbench.runs.shipped import shipped_folders

FOLDERS = shipped_folders("experiments")
SERIES = ("adaptation", "bootstrap")


def load_series(name: str) -> tuple[dict[str, Any], ...]:
    """Read the runs of a recorded series, one dict each.

    Parameters
    ----------
    name
        ``"bootstrap"``: interventions against the plateau, ``python -m
        experiments.bootstrap``; each run has its ``arm``, ``seed``, the step at which
        the plateau was ``left`` (None: never), ``steps`` and, at these, a ``curve``.
        ``"adaptation"``: two tasks in a row, ``python -m experiments.adaptation``; with
        the ``kind`` of model and its score on the ``first`` and the ``second`` task
        after each example.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    for folder in FOLDERS:
        path = folder / f"{name}.jsonl"
        if name in SERIES and path.exists():
            return tuple(map(json.loads, path.read_text().splitlines()))
    names = ", ".join(map(repr, SERIES))
    raise ValueError(f"name is {name!r}; accepted: {names}")
