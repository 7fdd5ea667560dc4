"""One update of training, compiled: draw episodes, run them, follow the gradient."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from workbench.selfref.model import make_model
from workbench.selfref.objective import Scores, answers, rates, rounds_of, scores
from workbench.tasks.episodes import Episode, draw

if TYPE_CHECKING:
    from jax import Array
    from jax.typing import ArrayLike

    from workbench.selfref.layers import Params
    from workbench.selfref.meta_spec import MetaSpec

WATCHED = ("loss", "score", "gradient", "change")
"""What is summed over the steps of a point of the curve."""
BAD = ("loss", "gradient")
"""What must be finite, in the order in which it is looked at."""
CHUNK = 128
"""Episodes that are scored at a time: few enough for small computers."""
LAST = 0.01
"""Of the rate, at the end of a cosine decay."""
_VALIDATION = 2**31 - 1  # a step that no training reaches


class Carry(NamedTuple):
    """The state of training, all of it on the device.

    Attributes
    ----------
    step
        Updates made.
    sums, summed
        Sums of `WATCHED` [4] since the last point of the curve, and over how many
        steps.
    bad
        Which of `BAD` was not finite at this step; -1 while all is well. Once it is
        set, nothing changes any more.
    """

    params: Params
    optimizer: optax.OptState
    step: Array
    sums: Array
    summed: Array
    bad: Array


def optimizer(spec: MetaSpec) -> optax.GradientTransformation:
    """Return Adam behind a clipped gradient, with the warm-up; `share` is the rest."""
    rate = optax.linear_schedule(
        spec.rate / (spec.warmup + 1), spec.rate, max(spec.warmup, 1)
    )
    adam = optax.adamw(rate, weight_decay=spec.weight_decay)
    # On one long vector: less to compile than an update for each array.
    return optax.flatten(optax.chain(optax.clip_by_global_norm(spec.clip), adam))


def share(spec: MetaSpec, step: int, seconds: float) -> float:
    """Return which part of its rate a run uses at a step, after so much time."""
    if spec.decay == "none":
        return 1.0
    done = step / spec.steps
    if spec.seconds is not None:  # whichever ends the run first
        done = min(1.0, max(done, seconds / spec.seconds))
    return LAST + (1 - LAST) * (1 + math.cos(math.pi * done)) / 2


def begin(spec: MetaSpec) -> Carry:
    """Return the state before the first step."""
    params = _first(spec.compiled(), jax.random.key(spec.seed))
    return Carry(
        params,
        optimizer(spec).init(params),
        jnp.int32(0),
        jnp.zeros(len(WATCHED)),
        jnp.int32(0),
        jnp.int32(-1),
    )


@partial(jax.jit, static_argnames="spec")
def _first(spec: MetaSpec, key: Array) -> Params:
    return make_model(spec.model).init(key)


def shapes(spec: MetaSpec) -> tuple[Params, optax.OptState]:
    """Return the shapes of parameters and optimizer state, without any numbers."""
    params = jax.eval_shape(make_model(spec.model).init, jax.random.key(0))
    return params, jax.eval_shape(optimizer(spec).init, params)


@partial(jax.jit, static_argnames="spec", donate_argnames="carry")
def update(
    spec: MetaSpec,
    pools: tuple[Array, ...],
    seed: Array,
    carry: Carry,
    part: ArrayLike = 1.0,
) -> Carry:
    """Make one update; ``spec`` is as `MetaSpec.compiled` returns it.

    ``part`` is the part of the rate that is used, see `share`.

    The episodes depend on the seed and the number of the step alone. A step whose loss
    or gradient is not finite changes nothing but ``bad``.
    """
    model = make_model(spec.model)
    bias = spec.label_bias * jnp.maximum(1 - carry.step / spec.label_bias_steps, 0)
    batch = _batch(spec, pools, jax.random.fold_in(seed, carry.step), spec.batch, bias)
    rounds = rounds_of(spec.episodes) if spec.dense else 1

    def loss(params: Params) -> tuple[Array, Scores]:
        said = answers(model, params, batch, rounds)
        went = scores(spec.episodes, batch, said, dense=spec.dense)
        return went.loss.mean(), went

    (value, went), gradient = jax.value_and_grad(loss, has_aux=True)(carry.params)
    norm = optax.tree.norm(gradient)
    finite = jnp.stack([jnp.isfinite(value), jnp.isfinite(norm)])
    good = finite.all() & (carry.bad < 0)
    changes, state = optimizer(spec).update(gradient, carry.optimizer, carry.params)
    changes = jax.tree.map(lambda change: part * change, changes)
    watched = jnp.stack([value, went.score.mean(), norm, went.change.mean()])
    new = Carry(
        optax.apply_updates(carry.params, changes),
        state,
        carry.step + 1,
        carry.sums + watched,
        carry.summed + 1,
        carry.bad,
    )
    kept = jax.tree.map(partial(jnp.where, good), new, carry)
    found = jnp.argmin(finite).astype(jnp.int32)
    return kept._replace(bad=jnp.where(good | (carry.bad >= 0), carry.bad, found))


def _batch(
    spec: MetaSpec, pools: tuple[Array, ...], key: Array, size: int, bias: Array | float
) -> Episode:
    one = partial(draw, spec.episodes, pools)
    return jax.vmap(one, in_axes=(0, None))(jax.random.split(key, size), bias)


def judged(
    spec: MetaSpec, pools: tuple[Array, ...], params: Params, key: Array, episodes: int
) -> tuple[Scores, float]:
    """Score so many episodes; ``spec`` is as `MetaSpec.compiled` returns it.

    Returns the scores as NumPy arrays, and the mean square of the targets (what a
    regression loses that always answers 0).
    """
    found, squares = [], []
    for i in range(-(-episodes // CHUNK)):
        went, square = _judge(spec, pools, params, jax.random.fold_in(key, i))
        found.append(jax.tree.map(np.asarray, went))
        squares.append(float(square))
    joined = jax.tree.map(lambda *parts: np.concatenate(parts)[:episodes], *found)
    return joined, float(np.mean(squares))


@partial(jax.jit, static_argnames="spec")
def _judge(
    spec: MetaSpec, pools: tuple[Array, ...], params: Params, key: Array
) -> tuple[Scores, Array]:
    batch = _batch(spec, pools, key, CHUNK, 0.0)
    said = answers(make_model(spec.model), params, batch, rounds_of(spec.episodes))
    went = scores(spec.episodes, batch, said, dense=spec.dense)
    return went, jnp.square(batch.query_targets).mean()


@partial(jax.jit, static_argnames="spec")
def rates_of(
    spec: MetaSpec, pools: tuple[Array, ...], params: Params, key: Array
) -> Array:
    """Return the mean self-given learning rates of an SRWM over a batch."""
    batch = _batch(spec, pools, key, min(spec.batch, 16), 0.0)
    return rates(make_model(spec.model), params, batch)


def validation_key(seed: int) -> Array:
    """Return the key of the episodes of every validation."""
    return jax.random.fold_in(jax.random.key(seed), _VALIDATION)
