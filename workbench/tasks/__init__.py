"""Distributions of tasks as plain arrays: regression, images, and your own."""

from __future__ import annotations

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
    "read_class_images",
    "register_task_spec",
    "task_kinds",
    "task_spec_from_dict",
]
