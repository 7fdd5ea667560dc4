"""Run anything long in the background, keep it, and take it up again."""

from __future__ import annotations

from workbench.runs._environment import versions
from workbench.runs.background import RunsItself
from workbench.runs.experiment import (
    Event,
    Experiment,
    Progress,
    array_to_json,
    json_to_array,
    make_experiment,
    register_experiment,
)
from workbench.runs.query import RunQuery
from workbench.runs.records import (
    Checkpoint,
    DamagedRunError,
    Note,
    RunBusyError,
    RunRecord,
    RunStoreError,
    UnknownRunError,
)
from workbench.runs.runner import Runner
from workbench.runs.store import RunStore, default_folder

__all__ = [
    "Checkpoint",
    "DamagedRunError",
    "Event",
    "Experiment",
    "Note",
    "Progress",
    "RunBusyError",
    "RunQuery",
    "RunRecord",
    "RunStore",
    "RunStoreError",
    "Runner",
    "RunsItself",
    "UnknownRunError",
    "array_to_json",
    "default_folder",
    "json_to_array",
    "make_experiment",
    "register_experiment",
    "versions",
]
