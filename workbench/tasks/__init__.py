"""Distributions of tasks as plain arrays: regression, images, and your own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from workbench.tasks.catalogue import CATALOGUE, Dataset
from workbench.tasks.class_images import read_class_images
from workbench.tasks.datasets import (
    DataLibrary,
    DatasetMissing,
    DatasetStatus,
    ImageData,
    data_folder,
)
from workbench.tasks.download import DownloadError, Source
from workbench.tasks.episode_spec import EpisodeSpec, EpisodeSplit
from workbench.tasks.formats import DatasetFormatError
from workbench.tasks.images import (
    HELD_OUT_PAIRS,
    SEARCH_PAIRS,
    ProjectedTasks,
    TenClassTasks,
)
from workbench.tasks.spec import (
    TaskSpec,
    register_task_spec,
    task_kinds,
    task_spec_from_dict,
)
from workbench.tasks.synthetic import AffineTasks, LinearTasks, TwoLayerTasks
from workbench.tasks.task import Task, TaskSet, default_order

if TYPE_CHECKING:
    from workbench.tasks.episodes import Episode, Episodes, make_episodes

__all__ = [
    "CATALOGUE",
    "HELD_OUT_PAIRS",
    "SEARCH_PAIRS",
    "AffineTasks",
    "DataLibrary",
    "Dataset",
    "DatasetFormatError",
    "DatasetMissing",
    "DatasetStatus",
    "DownloadError",
    "Episode",
    "EpisodeSpec",
    "EpisodeSplit",
    "Episodes",
    "ImageData",
    "LinearTasks",
    "ProjectedTasks",
    "Source",
    "Task",
    "TaskSet",
    "TaskSpec",
    "TenClassTasks",
    "TwoLayerTasks",
    "data_folder",
    "default_order",
    "make_episodes",
    "read_class_images",
    "register_task_spec",
    "task_kinds",
    "task_spec_from_dict",
]

_OF_EPISODES = {"Episode", "Episodes", "make_episodes"}


def __getattr__(name: str) -> Any:
    """Import on first use what needs JAX, which is slow to load."""
    if name not in _OF_EPISODES:
        raise AttributeError(f"module 'workbench.tasks' has no attribute {name!r}")
    return getattr(import_module("workbench.tasks.episodes"), name)
