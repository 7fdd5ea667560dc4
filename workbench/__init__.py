"""Evolve learning algorithms, read them, and watch it happen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.engine import evaluate, trace
    from workbench.evolution import PRESETS, Search, SearchSpec
    from workbench.programs import Instruction, Program, Space
    from workbench.tasks import (
        AffineTasks,
        LinearTasks,
        ProjectedTasks,
        Task,
        TaskSet,
        TenClassTasks,
        TwoLayerTasks,
    )

__version__ = "0.1.0"

__all__ = [
    "PRESETS",
    "AffineTasks",
    "Instruction",
    "LinearTasks",
    "Program",
    "ProjectedTasks",
    "Search",
    "SearchSpec",
    "Space",
    "Task",
    "TaskSet",
    "TenClassTasks",
    "TwoLayerTasks",
    "evaluate",
    "trace",
]

_ROOM_OF = {
    "Instruction": "programs",
    "Program": "programs",
    "Space": "programs",
    "Task": "tasks",
    "TaskSet": "tasks",
    "AffineTasks": "tasks",
    "LinearTasks": "tasks",
    "ProjectedTasks": "tasks",
    "TenClassTasks": "tasks",
    "TwoLayerTasks": "tasks",
    "evaluate": "engine",
    "trace": "engine",
    "Search": "evolution",
    "SearchSpec": "evolution",
    "PRESETS": "evolution",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its room on first use: numba is slow to load."""
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    return getattr(import_module(f"workbench.{_ROOM_OF[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
