"""The episodes that ship: a few at hand at once, any number more from the data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.selfref.pretrained import FOLDERS
from workbench.widgets.microscope_episode import Example, Kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from workbench.tasks.episode_spec import EpisodeSpec
    from workbench.widgets.microscope_episode import Source

_ARRAYS = (
    "inputs",
    "targets",
    "query_inputs",
    "query_targets",
    "shots",
    "segments",
    "drawings",
)


def save_examples(path: Path, examples: Sequence[Example]) -> None:
    """Write episodes into an npz file, one array for each of their fields."""
    arrays: dict[str, Any] = {
        name: np.stack([getattr(one, name) for one in examples]) for name in _ARRAYS
    }
    np.savez_compressed(path, **arrays)


def _drawn(spec: EpisodeSpec) -> Source:
    # Drawing needs JAX, which takes seconds to load.
    return import_module("workbench.widgets.microscope_drawn").Drawn.of(spec)


def shipped_source(spec: EpisodeSpec) -> Source:
    """Return the episodes of the models that ship, of classes they never saw."""
    path = next(
        (found for folder in FOLDERS if (found := folder / "episodes.npz").exists()),
        None,
    )
    if path is None:
        return _drawn(spec)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in _ARRAYS}
    examples = [
        Example(spec, number, *(arrays[name][number] for name in _ARRAYS))
        for number in range(len(arrays["inputs"]))
    ]
    return Kept(examples, lambda: _drawn(spec))
