"""Tasks to train on by name, with settings that were found to work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.spec import ModelSpec
from workbench.tasks.episode_spec import EpisodeSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

META_TASKS: Mapping[str, EpisodeSpec] = {
    "mnist-5k": EpisodeSpec("mnist-5k", queries=20, whiten=True, rotations=8),
    "digits": EpisodeSpec("digits", features=32, whiten=True, rotations=8),
    "omniglot": EpisodeSpec(
        "omniglot", encoder="directions", features=128, rotations=8, variants=4
    ),
    "cifar10": EpisodeSpec("cifar10", shots=5, queries=10, rotations=4),
    "sinusoid": EpisodeSpec("sinusoid", shots=10, queries=10),
}
"""Episodes to train on; `EpisodeSpec.but` changes them."""

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "mnist-5k": {"decay": "cosine"},
    "omniglot": {"decay": "cosine"},
}
"""What a training on a task has beside the defaults of `MetaSpec`."""


def meta_preset(kind: str, task: str, **settings: Any) -> MetaSpec:
    """Return the spec of training a kind of model on a task.

    ``settings`` are fields of `EpisodeSpec`, `ModelSpec` or `MetaSpec`, where both an
    episode and a training have one (``seed``) that of the training.

    Raises
    ------
    ValueError
        If there is no such task, no such field, or a value is not accepted.
    """
    if task not in META_TASKS:
        raise ValueError(f"no task {task!r}; accepted: {', '.join(META_TASKS)}")
    known = {*EpisodeSpec.checks, *MetaSpec.checks, *ModelSpec.checks}
    known -= {"data", "kind", "inputs", "outputs"}  # these follow from kind and task
    for name in settings:
        if name not in known:
            names = ", ".join(sorted(known))
            raise ValueError(f"no setting {name!r}; accepted: {names}")
    own = {
        name: settings.pop(name)
        for name in [*settings]
        if name in EpisodeSpec.checks and name not in MetaSpec.checks
    }
    usual = {"query_scale": 0.1, **SETTINGS.get(task, {})}
    settings = {**usual, "name": f"{kind} {task}", **settings}
    return MetaSpec.of(kind, META_TASKS[task].but(**own), **settings)
