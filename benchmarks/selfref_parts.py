"""Where the time of a training step goes: its parts, each compiled and timed alone."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp

from workbench.selfref.meta_presets import meta_preset
from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.model import make_model
from workbench.selfref.objective import answers, scores
from workbench.selfref.updates import begin, update
from workbench.tasks.episode_spec import EpisodeSpec
from workbench.tasks.episodes import Episode, draw, make_episodes

if TYPE_CHECKING:
    from collections.abc import Callable

SPEC = meta_preset("srwm", "mnist-5k")
TINY = MetaSpec.of(
    "srwm", EpisodeSpec("digits", features=8), hidden=8, heads=2, batch=2
)
WHOLE = "the whole step"


def parts(spec: MetaSpec, turns: int) -> tuple[str, dict[str, float]]:
    """Return what was timed in words, and processor seconds of each part of a step."""
    pools = make_episodes(spec.episodes, "train").pools
    keys = jax.random.split(jax.random.key(0), spec.batch)
    drawing = jax.jit(jax.vmap(partial(draw, spec.episodes), (None, 0)))
    batch = drawing(pools, keys)
    times: dict[str, float] = {}
    draws = _best(lambda: drawing(pools, keys), turns)
    for kind in ("fake-sr", "srwm"):
        one = spec.but(model=replace(spec.model, kind=kind))
        forward, both = _passes(one)
        params = begin(one).params
        times[f"{kind} forward"] = _best(partial(forward, params, batch), turns)
        times[f"{kind} both"] = _best(partial(both, params, batch), turns)
    whole = _step(spec, pools, turns)
    still, own = times["fake-sr forward"], times["srwm forward"]
    back, own_back = times["fake-sr both"] - still, times["srwm both"] - own
    found = {
        "drawing the episodes": draws,
        "all but the matrices, forward": still,
        "all but the matrices, backward": back,
        "the matrices, forward": own - still,
        "the matrices, backward": own_back - back,
    }
    found["Adam, measures, the rest"] = whole - sum(found.values())
    found[WHOLE] = whole
    return _told(spec), found


def _told(spec: MetaSpec) -> str:
    episodes, model = spec.episodes, spec.model
    return (
        f"{episodes.data}, {spec.batch} episodes {episodes.ways}-way "
        f"{episodes.shots}-shot with {episodes.queries} queries, "
        f"{model.layers} blocks, {model.hidden} wide, {model.heads} heads"
    )


def _passes(spec: MetaSpec) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return the loss of parameters and a batch, and its gradient, compiled."""
    model = make_model(spec.model)
    rounds = spec.episodes.shots if spec.dense else 1

    def loss(params: Any, batch: Episode) -> jax.Array:
        said = answers(model, params, batch, rounds)
        return scores(spec.episodes, batch, said, dense=spec.dense).loss.mean()

    return jax.jit(loss), jax.jit(jax.value_and_grad(loss))


def _step(spec: MetaSpec, pools: tuple[jax.Array, ...], turns: int) -> float:
    """Return the time of a whole update."""
    held, seed, compiled = [begin(spec)], jax.random.key(0), spec.compiled()

    def once() -> jax.Array:
        held[0] = update(compiled, pools, seed, held[0])
        return jnp.copy(held[0].step)

    return _best(once, turns)


def _best(call: Callable[[], Any], turns: int) -> float:
    """Return the least processor time of a call, of so many; the first compiles."""
    took = []
    for _ in range(turns + 1):
        began = time.process_time()
        jax.block_until_ready(call())
        took.append(time.process_time() - began)
    return min(took[1:])
