"""Episodes drawn inside compiled code: pure functions of a key (JAX)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from workbench.tasks.episode_data import pool
from workbench.tasks.episode_spec import SPLITS, EpisodeSpec, EpisodeSplit

if TYPE_CHECKING:
    from jax import Array
    from jax.typing import ArrayLike

X_RANGE = 5.0
AMPLITUDE = (0.1, 5.0)


class Episode(NamedTuple):
    """One episode: T examples in order, then Q queries, each asked of the same state.

    Attributes
    ----------
    inputs
        [T, inputs]: features, then the label as one-hot with the token "no label"
        last. With delayed labels it is the label of the example before.
    targets
        [T], what the example is: its label (int32), or its number (float32).
    query_inputs
        [Q, inputs]. Of a query, the label is withheld.
    query_targets
        [Q].
    shots
        [T], how often the segment has shown this class before (regression: how many
        points).
    segments
        [T], the number of the segment.
    """

    inputs: Array
    targets: Array
    query_inputs: Array
    query_targets: Array
    shots: Array
    segments: Array


class _Segment(NamedTuple):
    """One task: features and labels of its examples and of its queries."""

    x: Array
    y: Array
    query_x: Array
    query_y: Array
    shots: Array


@dataclass(frozen=True, eq=False)
class Episodes:
    """A distribution of episodes over the classes of one split.

    Attributes
    ----------
    pools
        Features [classes, drawings, variants, features] of each data set that is
        used. Hand them to `draw` inside code that you compile, so that they are
        arguments and not constants.
    classes
        Names of the classes of each pool.
    """

    spec: EpisodeSpec
    split: EpisodeSplit
    pools: tuple[Array, ...] = field(repr=False)
    classes: tuple[tuple[str, ...], ...] = field(repr=False)

    @property
    def inputs(self) -> int:
        """Width of an input."""
        return self.spec.inputs

    @property
    def outputs(self) -> int:
        """Width of an output."""
        return self.spec.outputs

    def sample(self, key: Array, bias: ArrayLike = 0.0) -> Episode:
        """Return the episode of a key; see `draw`."""
        return _draw(self.spec, self.pools, key, bias)


def make_episodes(spec: EpisodeSpec, split: EpisodeSplit = "train") -> Episodes:
    """Read the data of a spec and return the episodes of one of its splits.

    The classes of "test" occur in no other split; "valid" has classes of its own too,
    where the spec names some. The split of a sinusoid makes no difference.

    Raises
    ------
    DatasetMissing
        If the data are not on this computer; the message says how to get them.
    ValueError
        For another split, or if the data have too few classes or drawings.
    """
    if split not in SPLITS:
        words = ", ".join(repr(word) for word in SPLITS)
        raise ValueError(f"split is {split!r}; accepted: {words}")
    if spec.regression:
        return Episodes(spec, split, (), ())
    parts = [pool(spec, split)]
    if spec.second and spec.second != spec.data:
        other = spec.but(data=spec.second, files=(), held_out=(), valid=())
        parts.append(pool(other, split))
    return Episodes(
        spec,
        split,
        tuple(jnp.asarray(part.features) for part in parts),
        tuple(part.classes for part in parts),
    )


def draw(
    spec: EpisodeSpec, pools: tuple[Array, ...], key: Array, bias: ArrayLike = 0.0
) -> Episode:
    """Return the episode of a key: a pure function, to be compiled and mapped.

    ``bias`` is the share of episodes whose labels are not permuted: class number c
    always has the label c modulo ways. That makes a part of training solvable without
    looking at the labels of the support, and so eases its beginning.
    """
    single = spec.segments == 1
    keys = [key] if single else jax.random.split(key, spec.segments + 1)
    parts = []
    for number in range(spec.segments):
        if spec.regression:
            parts.append(_sinusoid(spec, keys[number]))
        else:
            features = pools[number % len(pools)]
            parts.append(_classes(spec, features, keys[number], bias))
    where, segment = _cuts(spec, keys[-1])
    x = jnp.concatenate([part.x for part in parts])[where]
    y = jnp.concatenate([part.y for part in parts])[where]
    shots = jnp.concatenate([part.shots for part in parts])[where]
    last = parts[-1]
    before, query_before = _labels(spec, y, len(last.query_y))
    return Episode(
        jnp.concatenate([x, before], axis=1),
        y,
        jnp.concatenate([last.query_x, query_before], axis=1),
        last.query_y,
        shots,
        segment,
    )


_draw = jax.jit(draw, static_argnames="spec")


def _labels(spec: EpisodeSpec, y: Array, queries: int) -> tuple[Array, Array]:
    """Return the label part of the inputs, for examples and for queries."""
    if spec.regression:
        shown = jnp.stack([y / X_RANGE, jnp.zeros_like(y)], axis=1)
        none = jnp.array([[0.0, 1.0]])
    else:
        shown = jax.nn.one_hot(y, spec.ways + 1)
        none = jax.nn.one_hot(jnp.array([spec.ways]), spec.ways + 1)
    if spec.delayed:
        return jnp.concatenate([none, shown[:-1]]), jnp.repeat(shown[-1:], queries, 0)
    return shown, jnp.repeat(none, queries, 0)


def _cuts(spec: EpisodeSpec, key: Array) -> tuple[Array, Array]:
    """Return which example of all segments each position shows, and its segment."""
    position = jnp.arange(spec.length)
    if spec.cut == 0:
        return position, position // spec.segment_length
    cuts = jax.random.randint(key, (spec.segments,), 0, spec.cut + 1)
    ends = jnp.cumsum(spec.segment_length - cuts)
    segment = (position[:, None] >= ends[:-1]).sum(axis=1)
    skipped = jnp.concatenate([jnp.zeros(1, int), jnp.cumsum(cuts)])[segment]
    return position + skipped, segment


def _dice(key: Array, **shapes: tuple[int, ...]) -> dict[str, Array]:
    """Return uniform numbers of each shape.

    All from one call: the code of the generator is long, and compiled at each call.
    """
    sizes = [math.prod(shape) for shape in shapes.values()]
    thrown = jax.random.uniform(key, (sum(sizes),))
    parts = jnp.split(thrown, np.cumsum(sizes)[:-1])
    return {
        name: part.reshape(shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def _some(thrown: Array, count: int) -> Array:
    """Return the places of the largest numbers: a draw without repetition."""
    return lax.top_k(thrown, count)[1]


def _classes(
    spec: EpisodeSpec, features: Array, key: Array, bias: ArrayLike
) -> _Segment:
    ways, shots, queries = spec.ways, spec.shots, spec.queries
    count, drawings, variants, width = features.shape
    each = shots + -(-queries // ways)
    dice = _dice(
        key,
        classes=(count,),
        groups=(ways,),
        fixed=(1,),
        drawings=(ways, drawings),
        variants=(ways, each),
        order=(ways * shots,) if spec.delayed else (shots, ways),
        asked=(ways,),
        mixed=(queries,),
    )
    free = _some(dice["classes"], ways)
    groups = (dice["groups"] * (count // ways)).astype(jnp.int32)
    fixed = groups * ways + jnp.arange(ways)
    chosen = jnp.where(dice["fixed"] < bias, fixed, free)
    drawn = _some(dice["drawings"], each)
    variant = (dice["variants"] * variants).astype(jnp.int32)
    x = features[chosen[:, None], drawn, variant]
    if spec.projection == "random":
        matrix_key = jax.random.fold_in(key, 1)
        matrix = jax.random.normal(matrix_key, (width, width)) / math.sqrt(width)
        x = x @ matrix
    if spec.delayed:
        # Mixed as a whole: within a round the last label would follow from the others.
        place = _some(dice["order"], ways * shots)
        y, which = place % ways, place // ways
        earlier = jnp.tri(ways * shots, k=-1, dtype=jnp.int32)
        seen = ((y[:, None] == y) * earlier).sum(axis=1)
    else:
        # In rounds, so that after k rounds each class was shown k times.
        y = _some(dice["order"], ways).reshape(-1)
        which = seen = jnp.arange(ways * shots, dtype=jnp.int32) // ways
    asked = _some(dice["mixed"], queries)
    query_y = _some(dice["asked"], ways)[asked % ways]
    return _Segment(x[y, which], y, x[query_y, shots + asked // ways], query_y, seen)


def _sinusoid(spec: EpisodeSpec, key: Array) -> _Segment:
    """Return points of a sine: amplitude 0.1 to 5, phase 0 to pi, x in -5 to 5."""
    shots = spec.shots
    dice = _dice(key, x=(shots + spec.queries,), amplitude=(), phase=())
    x = 2 * X_RANGE * dice["x"] - X_RANGE
    low, high = AMPLITUDE
    amplitude = low + (high - low) * dice["amplitude"]
    y = amplitude * jnp.sin(x - jnp.pi * dice["phase"])
    column = x[:, None] / X_RANGE
    return _Segment(
        column[:shots], y[:shots], column[shots:], y[shots:], jnp.arange(shots)
    )
