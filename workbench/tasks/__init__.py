"""Distributions of tasks as plain arrays: regression, images, and your own."""

from __future__ import annotations

from workbench.tasks.spec import (
    TaskSpec,
    register_task_spec,
    task_kinds,
    task_spec_from_dict,
)
from workbench.tasks.synthetic import AffineTasks, LinearTasks, TwoLayerTasks
from workbench.tasks.task import Task, TaskSet, default_order

__all__ = [
    "AffineTasks",
    "LinearTasks",
    "Task",
    "TaskSet",
    "TaskSpec",
    "TwoLayerTasks",
    "default_order",
    "register_task_spec",
    "task_kinds",
    "task_spec_from_dict",
]
