"""Tiny models and episodes for the tests of what looks into them."""

from __future__ import annotations

from functools import lru_cache

import jax

from workbench.selfref import ModelSpec, make_model
from workbench.tasks.episode_spec import EpisodeSpec
from workbench.widgets.microscope_drawn import Drawn
from workbench.widgets.microscope_episode import Kept

SPEC = EpisodeSpec("digits", ways=3, shots=2, queries=3, features=5)
TRAINING = {
    "data": "digits",
    "ways": 3,
    "shots": 2,
    "queries": 3,
    "features": 5,
    "rotations": 1,
    "variants": 1,
    "layers": 1,
    "hidden": 8,
    "heads": 2,
    "batch": 4,
    "point_every": 5,
    "valid_every": 20,
    "valid_episodes": 8,
    "test_episodes": 8,
    "warmup": 0,
}
"""Settings of the panel for a training of seconds."""


@lru_cache
def source() -> Drawn:
    """Episodes of digits, with their drawings."""
    return Drawn.of(SPEC)


@lru_cache
def examples(count: int = 2) -> Kept:
    """The first few of them, at hand."""
    return Kept([source().take(number) for number in range(count)])


@lru_cache
def model(kind: str = "srwm", **options):
    """A model of a kind with new parameters."""
    spec = ModelSpec(
        kind, SPEC.inputs, SPEC.outputs, layers=2, hidden=8, heads=2, **options
    )
    made = make_model(spec)
    return made, jax.jit(made.init)(jax.random.key(3))
