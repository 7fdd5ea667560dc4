"""What a model is asked in an episode, and how its answers are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import optax

from workbench.selfref import srwm
from workbench.selfref.blocks import affine

if TYPE_CHECKING:
    from jax import Array

    from workbench.selfref.layers import Params, State
    from workbench.selfref.model import Model
    from workbench.tasks.episode_spec import EpisodeSpec
    from workbench.tasks.episodes import Episode


class Answers(NamedTuple):
    """What a model says in a batch of episodes.

    Attributes
    ----------
    steps
        [episodes, T, outputs], at each example of the support.
    queries
        [episodes, rounds, queries, outputs], after each round that was asked for.
    change
        [episodes], the norm of what the sequence changed in the state: for an SRWM,
        of all its self-modifications together.
    """

    steps: Array
    queries: Array
    change: Array


class Scores(NamedTuple):
    """How a batch of episodes went.

    Attributes
    ----------
    loss
        [episodes], cross-entropy in nats, or the squared error.
    score
        [episodes], the share of right answers, or minus the squared error.
    by_shot
        [episodes, shots or shots + 1], the same by how many examples of the class
        (regression: points) came before: 1, 2, ... with synchronous labels (with
        segments, only after all); 0, 1, ... with delayed ones, over all segments, the
        last from the queries.
    by_position
        [episodes, T], the same at each example. With synchronous labels it tells
        nothing: the label is part of the input.
    change
        [episodes], see `Answers`.
    """

    loss: Array
    score: Array
    by_shot: Array
    by_position: Array
    change: Array


def answers(model: Model, params: Params, batch: Episode, rounds: int = 1) -> Answers:
    """Run a batch of episodes; ask the queries after each of ``rounds`` equal parts."""
    start = model.start(params)
    ask = jax.vmap(model.answer, in_axes=(None, 0, 0))
    episodes, length, width = batch.inputs.shape
    parts = batch.inputs.reshape(episodes, rounds, length // rounds, width)
    # From the one shared start, which is faster than a copy for each episode.
    begin = jax.vmap(model.run, in_axes=(None, None, 0))
    state, first = begin(params, start, parts[:, 0])
    steps = [first]
    queries = [ask(params, state, batch.query_inputs)[:, None]]
    if rounds > 1:
        go_on = jax.vmap(model.run, in_axes=(None, 0, 0))

        def one_round(state: State, xs: Array) -> tuple[State, tuple[Array, Array]]:
            state, ys = go_on(params, state, xs)
            return state, (ys, ask(params, state, batch.query_inputs))

        rest = jnp.swapaxes(parts[:, 1:], 0, 1)
        state, (ys, said) = jax.lax.scan(one_round, state, rest)
        steps.append(jnp.swapaxes(ys, 0, 1).reshape(episodes, -1, ys.shape[-1]))
        queries.append(jnp.swapaxes(said, 0, 1))
    change = jnp.zeros(episodes)
    pairs = zip(jax.tree.leaves(state), jax.tree.leaves(start), strict=True)
    for now, then in pairs:
        change += jnp.square(now - then).reshape(episodes, -1).sum(axis=1)
    return Answers(
        jnp.concatenate(steps, axis=1),
        jnp.concatenate(queries, axis=1),
        jnp.sqrt(change),
    )


def rounds_of(spec: EpisodeSpec) -> int:
    """Return how many equal parts a sequence has, after each of which one can ask.

    The rounds of shots; 1 with delayed labels, where every example is asked, and
    with segments: the queries are about the last, which may begin anywhere.
    """
    return 1 if spec.delayed or spec.segments > 1 else spec.shots


def losses(spec: EpisodeSpec, outputs: Array, targets: Array) -> Array:
    """Return the loss of each output [..., outputs] for its target [...]."""
    if spec.regression:
        return jnp.square(outputs[..., 0] - targets)
    return optax.softmax_cross_entropy_with_integer_labels(outputs, targets)


def hits(spec: EpisodeSpec, outputs: Array, targets: Array) -> Array:
    """Return 1 where the answer is right, or minus the squared error."""
    if spec.regression:
        return -losses(spec, outputs, targets)
    return (outputs.argmax(axis=-1) == targets).astype(jnp.float32)


def scores(spec: EpisodeSpec, batch: Episode, said: Answers, *, dense: bool) -> Scores:
    """Score the answers; the loss is that of training.

    It counts every example with delayed labels, the queries with synchronous ones:
    those after the last round, or after each (``dense``).
    """
    asked = jnp.broadcast_to(batch.query_targets[:, None], said.queries.shape[:-1])
    of_queries = hits(spec, said.queries, asked).mean(axis=-1)
    by_position = hits(spec, said.steps, batch.targets)
    if spec.delayed:
        loss = losses(spec, said.steps, batch.targets).mean(axis=1)
        seen = jax.nn.one_hot(batch.shots, spec.shots)
        right = (by_position[..., None] * seen).sum(axis=1)
        by_shot = right / jnp.maximum(seen.sum(axis=1), 1)
        by_shot = jnp.concatenate([by_shot, of_queries[:, -1:]], axis=1)
        score = by_position.mean(axis=1)
    else:
        every = losses(spec, said.queries, asked).mean(axis=-1)
        loss = every.mean(axis=1) if dense else every[:, -1]
        by_shot, score = of_queries, of_queries[:, -1]
    return Scores(loss, score, by_shot, by_position, said.change)


def rates(model: Model, params: Params, batch: Episode) -> Array:
    """Return the learning rates that an SRWM gives itself, [4] or [1], over a batch.

    Means over layers, heads, examples and episodes, for the parts y, q, k and b.
    """
    spec = model.spec
    rule = srwm.Rule(spec.rates, spec.reads, spec.input_softmax)

    def one_head(weights: Array, xs: Array) -> Array:
        def step(held: Array, x: Array) -> tuple[Array, Array]:
            seen = jax.nn.softmax(x) if spec.input_softmax else x
            made = srwm.read(seen @ held, spec.rates)
            return srwm.step(held, x, rule)[0], made.rates

        return jax.lax.scan(step, weights, xs)[1].mean(axis=0)

    def one_episode(xs: Array) -> Array:
        rows = affine(params["in"], xs)
        found = []
        for held, one in zip(model.start(params), params["blocks"], strict=True):
            heads = rows.reshape(len(rows), spec.heads, -1).swapaxes(0, 1)
            found.append(jax.vmap(one_head)(held, heads).mean(axis=0))
            rows = model.block.run(one, held, rows, None)[1]
        return jnp.stack(found).mean(axis=0)

    return jax.vmap(one_episode)(batch.inputs).mean(axis=0)
