"""How well a trained model learns within episodes of classes that it never saw."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import jax
import jax.numpy as jnp
import numpy as np

from workbench.selfref.objective import rounds_of
from workbench.selfref.updates import CHUNK, judged
from workbench.tasks.episodes import Episodes, draw, make_episodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jax import Array

    from workbench.selfref.layers import Params
    from workbench.selfref.meta_spec import MetaSpec
    from workbench.tasks.episode_spec import EpisodeSpec, EpisodeSplit

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Means over episodes, with 95 % intervals.

    Attributes
    ----------
    score
        The share of right answers; for regression the mean squared error.
    low, high
        Its interval: over episodes, which are independent given the classes.
    loss
        Cross-entropy in nats, or the squared error.
    shots
        How many examples of a class came before, for each entry of ``by_shot``.
    by_shot, by_position
        The score by shots, and at each example (delayed labels only).
    neighbour
        The score of the nearest neighbour on the same features; None for regression.
    episodes
        How many were drawn.
    """

    score: float
    low: float
    high: float
    loss: float
    shots: tuple[int, ...]
    by_shot: tuple[float, ...]
    by_position: tuple[float, ...]
    neighbour: float | None
    split: str
    episodes: int

    def to_dict(self) -> dict[str, Any]:
        """Return the evaluation as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote, from JSON too."""
        lists = ("shots", "by_shot", "by_position")
        return cls(**{**values, **{name: tuple(values[name]) for name in lists}})


def evaluate(
    spec: MetaSpec,
    params: Params,
    split: EpisodeSplit = "test",
    episodes: int = 10_000,
    seed: int = 0,
) -> Evaluation:
    """Score parameters on episodes of a split, the same for equal seeds.

    Raises
    ------
    DatasetMissing
        If the data are not on this computer.
    ValueError
        If ``episodes`` is not 2 or more.
    """
    if episodes < 2:
        raise ValueError(f"episodes is {episodes}; accepted: 2 or more")
    source = make_episodes(spec.episodes, split)
    key = jax.random.key(seed)
    went, _ = judged(spec.compiled(), source.pools, params, key, episodes)
    sign = -1.0 if spec.episodes.regression else 1.0
    every = sign * went.score.astype(np.float64)
    spread = Z95 * every.std(ddof=1) / math.sqrt(episodes)
    by_shot = sign * went.by_shot.mean(axis=0, dtype=np.float64)
    by_position = sign * went.by_position.mean(axis=0, dtype=np.float64)
    return Evaluation(
        score=float(every.mean()),
        low=float(every.mean() - spread),
        high=float(every.mean() + spread),
        loss=float(went.loss.mean(dtype=np.float64)),
        shots=shots_of(spec.episodes),
        by_shot=tuple(by_shot.tolist()),
        by_position=tuple(by_position.tolist()) if spec.episodes.delayed else (),
        neighbour=nearest_neighbour(source, episodes, seed),
        split=split,
        episodes=episodes,
    )


def shots_of(spec: EpisodeSpec) -> tuple[int, ...]:
    """Return how many examples came before, for each entry of `Scores.by_shot`."""
    if spec.delayed:
        return tuple(range(spec.shots + 1))
    return tuple(range(spec.shots + 1 - rounds_of(spec), spec.shots + 1))


def nearest_neighbour(
    source: Episodes, episodes: int = 10_000, seed: int = 0
) -> float | None:
    """Return the share of queries whose nearest example has their label.

    By Euclidean distance between the features that a model is given, over the same
    episodes as `evaluate`: those of the last segment alone, as the queries are about
    it. None for regression.
    """
    if source.spec.regression:
        return None
    key = jax.random.key(seed)
    right = [
        np.asarray(_neighbours(source.spec, source.pools, jax.random.fold_in(key, i)))
        for i in range(-(-episodes // CHUNK))
    ]
    return float(np.concatenate(right)[:episodes].mean(dtype=np.float64))


@partial(jax.jit, static_argnames="spec")
def _neighbours(spec: EpisodeSpec, pools: tuple[Array, ...], key: Array) -> Array:
    def one(key: Array) -> Array:
        episode = draw(spec, pools, key)
        shown = episode.inputs[None, :, : spec.features]
        asked = episode.query_inputs[:, None, : spec.features]
        far = jnp.square(asked - shown).sum(axis=-1)
        far = jnp.where(episode.segments == spec.segments - 1, far, jnp.inf)
        return (episode.targets[far.argmin(axis=1)] == episode.query_targets).mean()

    return jax.vmap(one)(jax.random.split(key, CHUNK))
