"""Run anything long in the background, keep it, and take it up again."""

from __future__ import annotations

from workbench.runs.experiment import (
    Event,
    Experiment,
    Progress,
    array_to_json,
    json_to_array,
    make_experiment,
    register_experiment,
)

__all__ = [
    "Event",
    "Experiment",
    "Progress",
    "array_to_json",
    "json_to_array",
    "make_experiment",
    "register_experiment",
]
